/*
 * ASSERT: broken means a bug; checked in the debug build only. VERIFY: checked in every build.
 * Declarations only: every layer may include it, and it compiles on the host.
 */
#ifndef OSIER_DEBUG_ASSERT_H
#define OSIER_DEBUG_ASSERT_H

#include <osier/compiler.h>

#ifdef OSIER_HOST
#include <assert.h>
#define ASSERT(condition) assert(condition)
#define VERIFY(condition) assert(condition)
#else

__noreturn __cold void assert_failed(const char *condition, const char *file, int line, const char *function);

#define VERIFY(condition)                                                                          \
	do {                                                                                       \
		if (unlikely(!(condition)))                                                        \
			assert_failed(#condition, __FILE__, __LINE__, __func__);                   \
	} while (0)

#ifdef CONFIG_DEBUG
#define ASSERT(condition) VERIFY(condition)
#else
#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (0)                                                                             \
			(void)(condition);                                                         \
	} while (0)
#endif

#endif
#endif
