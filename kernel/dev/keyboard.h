/*
 * The PS/2 keyboard.
 */
#ifndef OSIER_DEV_KEYBOARD_H
#define OSIER_DEV_KEYBOARD_H

#include <osier/types.h>

struct tty;

/* Its keys go to `tty`. `application_keys`: the terminal wants the other form of the cursor keys. */
void keyboard_init(struct tty *tty, const bool *application_keys);

#endif
