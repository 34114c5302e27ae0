/*
 * What the compiler is told beyond C: hints, attributes, access that is not torn or repeated.
 */
#ifndef OSIER_INCLUDE_COMPILER_H
#define OSIER_INCLUDE_COMPILER_H

#include <stddef.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#ifndef __must_check
#define __must_check __attribute__((warn_unused_result))
#endif
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef __packed
#define __packed __attribute__((packed))
#endif
#ifndef __aligned
#define __aligned(n) __attribute__((aligned(n)))
#endif
#ifndef __unused
#define __unused __attribute__((unused))
#endif
#ifndef __used
#define __used __attribute__((used))
#endif
#ifndef __printf_format
#define __printf_format(string, first) __attribute__((__format__(__printf__, string, first)))
#endif
#ifndef __section
#define __section(name) __attribute__((section(name)))
#endif
#ifndef __cold
#define __cold __attribute__((cold))
#endif
#ifndef __noreturn
#define __noreturn __attribute__((noreturn))
#endif
#define fallthrough __attribute__((fallthrough))

#ifndef static_assert
#define static_assert _Static_assert
#endif

/* Reads or writes exactly once, whatever the optimiser would like. Orders nothing by itself. */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))

#define barrier() __asm__ volatile("" ::: "memory")

/* C11 orders over plain fields, so that structures stay readable in the debugger. */
#define load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define store_release(p, value) __atomic_store_n((p), (value), __ATOMIC_RELEASE)

#define container_of(pointer, type, member)                                                        \
	({                                                                                         \
		const __typeof__(((type *)0)->member) *container_member_ = (pointer);              \
		(type *)((char *)container_member_ - offsetof(type, member));                      \
	})

#define ARRAY_SIZE(array)                                                                          \
	(sizeof(array) / sizeof((array)[0]) +                                                      \
	 0 * sizeof(struct {                                                                       \
		 int must_be_array : !__builtin_types_compatible_p(__typeof__(array),              \
								   __typeof__(&(array)[0]));       \
	 }))

#define min(a, b)                                                                                  \
	({                                                                                         \
		__typeof__(a) min_a_ = (a);                                                        \
		__typeof__(b) min_b_ = (b);                                                        \
		min_a_ < min_b_ ? min_a_ : min_b_;                                                 \
	})
#define max(a, b)                                                                                  \
	({                                                                                         \
		__typeof__(a) max_a_ = (a);                                                        \
		__typeof__(b) max_b_ = (b);                                                        \
		max_a_ > max_b_ ? max_a_ : max_b_;                                                 \
	})
#define clamp(value, low, high) min(max((value), (low)), (high))

#endif
