/*
 * COM1 by polling: works from the first C instruction to the last words of a panic, in any context.
 */
#ifndef OSIER_DEBUG_EARLY_SERIAL_H
#define OSIER_DEBUG_EARLY_SERIAL_H

#include <osier/types.h>

/* 115200 8N1, no interrupts; registers itself as a log console where there is a port. */
void early_serial_init(void);
bool early_serial_present(void);
/* A newline is sent as CR LF. Gives up on a port that never gets ready. */
void early_serial_write(const char *text, size_t bytes);

#endif
