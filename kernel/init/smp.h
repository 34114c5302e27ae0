/*
 * The other CPUs: `cpus=N` on the kernel's command line starts up to N of them, this one included. Default: 1.
 */
#ifndef OSIER_INIT_SMP_H
#define OSIER_INIT_SMP_H

/* In the boot thread. A CPU that does not come is logged and left out. */
void smp_start(void);

#endif
