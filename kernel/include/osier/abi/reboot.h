/*
 * reboot(2): one command word. Only the superuser may.
 */
#ifndef OSIER_ABI_REBOOT_H
#define OSIER_ABI_REBOOT_H

#define RB_AUTOBOOT	0x01234567
#define RB_HALT_SYSTEM	0xcdef0123U
#define RB_POWER_OFF	0x4321fedcU
#define RB_ENABLE_CAD	0x89abcdefU
#define RB_DISABLE_CAD	0

#endif /* OSIER_ABI_REBOOT_H */
