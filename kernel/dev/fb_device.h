/*
 * /dev/fb0: the framebuffer for programs.
 */
#ifndef OSIER_DEV_FB_DEVICE_H
#define OSIER_DEV_FB_DEVICE_H

/* Registers it where there is a framebuffer. */
void fb_device_init(void);

#endif
