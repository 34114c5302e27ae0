/* The memory type range registers, as the firmware left them. */
#ifndef OSIER_ARCH_MTRR_H
#define OSIER_ARCH_MTRR_H

/* One line on the default type and how many ranges are used; the ranges at debug level. Nothing where there are no MTRRs. */
void mtrr_log(void);

#endif
