/*
 * The devices that are no hardware: null, zero, full, random, urandom.
 */
#ifndef OSIER_DEV_MEMORY_DEVICES_H
#define OSIER_DEV_MEMORY_DEVICES_H

void memory_devices_init(void);

#endif
