/*
 * The line in the kernel's log that says, in words, what a process died of.
 */
#ifndef OSIER_PROC_FAULT_LOG_H
#define OSIER_PROC_FAULT_LOG_H

#include "proc/signal.h"

/* For the calling process, about to end by a synchronous signal. Sleeps. */
void fault_log(int signal, const struct signal_info *);

#endif
