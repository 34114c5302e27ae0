/*
 * Device numbers: major and minor in a 64-bit dev_t, Linux's encoding.
 */
#ifndef OSIER_ABI_SYSMACROS_H
#define OSIER_ABI_SYSMACROS_H

#include <osier/abi/types.h>

#define OSIER_MKDEV(ma, mi) \
	((((dev_t)(ma) & 0xfffff000UL) << 32) | (((dev_t)(ma) & 0xfffUL) << 8) | \
	 (((dev_t)(mi) & 0xffffff00UL) << 12) | ((dev_t)(mi) & 0xffUL))
#define OSIER_MAJOR(d) \
	((unsigned int)((((dev_t)(d) >> 32) & 0xfffff000UL) | (((dev_t)(d) >> 8) & 0xfffUL)))
#define OSIER_MINOR(d) \
	((unsigned int)((((dev_t)(d) >> 12) & 0xffffff00UL) | ((dev_t)(d) & 0xffUL)))

#endif /* OSIER_ABI_SYSMACROS_H */
