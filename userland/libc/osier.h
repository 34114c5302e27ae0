/*
 * What the files of the libc layer share, and nobody else sees: system calls and startup state.
 */
#ifndef OSIER_LIBC_H
#define OSIER_LIBC_H

#include <errno.h>
#include <stddef.h>
#include <osier/abi/syscall.h>

#define hidden __attribute__((visibility("hidden")))

/* The auxiliary vector, as exec left it on the stack. */
extern hidden unsigned long *__osier_auxv;

/* True from the first pthread_create on: locks and the reentrancy structure must be honest. */
extern hidden int __osier_threaded;

/* Raw calls: the result is the kernel's, -errno on failure. Arguments are given as longs. */
static inline long osier_syscall0(long n)
{
	long ret;
	__asm__ volatile("syscall" : "=a"(ret) : "a"(n) : "rcx", "r11", "memory");
	return ret;
}

static inline long osier_syscall1(long n, long a)
{
	long ret;
	__asm__ volatile("syscall" : "=a"(ret) : "a"(n), "D"(a) : "rcx", "r11", "memory");
	return ret;
}

static inline long osier_syscall2(long n, long a, long b)
{
	long ret;
	__asm__ volatile("syscall" : "=a"(ret) : "a"(n), "D"(a), "S"(b) : "rcx", "r11", "memory");
	return ret;
}

static inline long osier_syscall3(long n, long a, long b, long c)
{
	long ret;
	__asm__ volatile("syscall" : "=a"(ret) : "a"(n), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline long osier_syscall4(long n, long a, long b, long c, long d)
{
	long ret;
	register long r10 __asm__("r10") = d;
	__asm__ volatile("syscall" : "=a"(ret) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline long osier_syscall5(long n, long a, long b, long c, long d, long e)
{
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	__asm__ volatile("syscall" : "=a"(ret) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline long osier_syscall6(long n, long a, long b, long c, long d, long e, long f)
{
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall" : "=a"(ret)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* raw(SYS_x, ...): the kernel's result; call(SYS_x, ...): -1 and errno on failure. */
#define OSIER_ARG(x)	((long)(x))
#define OSIER_1(n)				osier_syscall0(n)
#define OSIER_2(n, a)				osier_syscall1(n, OSIER_ARG(a))
#define OSIER_3(n, a, b)			osier_syscall2(n, OSIER_ARG(a), OSIER_ARG(b))
#define OSIER_4(n, a, b, c) \
	osier_syscall3(n, OSIER_ARG(a), OSIER_ARG(b), OSIER_ARG(c))
#define OSIER_5(n, a, b, c, d) \
	osier_syscall4(n, OSIER_ARG(a), OSIER_ARG(b), OSIER_ARG(c), OSIER_ARG(d))
#define OSIER_6(n, a, b, c, d, e) \
	osier_syscall5(n, OSIER_ARG(a), OSIER_ARG(b), OSIER_ARG(c), OSIER_ARG(d), OSIER_ARG(e))
#define OSIER_7(n, a, b, c, d, e, f) \
	osier_syscall6(n, OSIER_ARG(a), OSIER_ARG(b), OSIER_ARG(c), OSIER_ARG(d), OSIER_ARG(e), \
		       OSIER_ARG(f))
#define OSIER_PICK(_1, _2, _3, _4, _5, _6, _7, name, ...) name
#define raw(...) \
	OSIER_PICK(__VA_ARGS__, OSIER_7, OSIER_6, OSIER_5, OSIER_4, OSIER_3, OSIER_2, OSIER_1, 0) \
	(__VA_ARGS__)

/* Turns the kernel's result into the C library's: -1 with errno set, or the value. */
static inline long result(long value)
{
	if (__builtin_expect((unsigned long)value > -4096UL, 0)) {
		errno = (int)-value;
		return -1;
	}
	return value;
}

#define call(...)	result(raw(__VA_ARGS__))

/*
 * cancel_call(SYS_x, ...): as call, in functions where a thread may be cancelled. The slow way is
 * there only in programs that create threads.
 */
extern long __osier_cancel_call(long n, long a, long b, long c, long d, long e, long f)
	__attribute__((weak));

#define OSIER_CANCEL(n, a, b, c, d, e, f, ...) \
	__osier_cancel_call(n, OSIER_ARG(a), OSIER_ARG(b), OSIER_ARG(c), OSIER_ARG(d), \
			    OSIER_ARG(e), OSIER_ARG(f))
#define cancel_raw(...) \
	(__osier_threaded ? OSIER_CANCEL(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0) : raw(__VA_ARGS__))
#define cancel_call(...)	result(cancel_raw(__VA_ARGS__))

#endif /* OSIER_LIBC_H */
