/*
 * The way to the host: hostout, hosterr, hostctl (QEMU's isa-debugcon), and fw_cfg_run (a command it was given).
 */
#ifndef OSIER_DEV_HOST_H
#define OSIER_DEV_HOST_H

/* Registers those that the machine has. */
void host_devices_init(void);

#endif
