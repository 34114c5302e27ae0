/* Terminals. */
#ifndef _TERMIOS_H
#define _TERMIOS_H

#include <sys/termios.h>

#endif /* _TERMIOS_H */
