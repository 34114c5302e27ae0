/*
 * Partition tables: GPT, and the older MBR.
 */
#ifndef OSIER_DEV_PARTITION_H
#define OSIER_DEV_PARTITION_H

struct block_device;

/* Reads the disk's partition table and registers what it finds as NAME1, NAME2, … A bad table is logged. Sleeps. */
void partition_scan(struct block_device *disk);

#endif
