/*
 * Bringing up the devices, in the order that init calls. All may sleep: threads and timers work.
 */
#ifndef OSIER_DEV_DEV_H
#define OSIER_DEV_DEV_H

/* Entropy, clock, memory devices, console and terminals. Before the first user process; nothing here can fail for good. */
void dev_init_basic(void);
/* PCI and the disks on it, with their partitions. */
void dev_init_disks(void);

#endif
