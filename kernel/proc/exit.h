/*
 * How threads and processes end.
 */
#ifndef OSIER_PROC_EXIT_H
#define OSIER_PROC_EXIT_H

#include <osier/compiler.h>
#include <osier/types.h>

#include "proc/signal.h"

struct process;
struct thread;

/* The calling thread ends; the last one ends its process. */
__noreturn void thread_end(void);
/* The same; if it turns out to be the last, the process ends with this wait status. */
__noreturn void thread_end_with(int status);
/* The calling process ends with a wait status (W_EXITCODE); all its threads. */
__noreturn void process_end(int status);
/* The default action of a signal that ends; says so in the log where it was a fault. */
__noreturn void process_end_by_signal(int signal, const struct signal_info *);

/* exec: ends all other threads of the calling process and waits until they are gone. => 0 or -EINTR (being killed). */
int process_end_other_threads(void);

/* Wakes a parent in vfork. => process_lock held. */
void process_vfork_done_locked(struct process *);

#endif
