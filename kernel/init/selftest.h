/*
 * `selftest=NAME` on the kernel's command line breaks something on purpose, so that tests can see how it is reported:
 * panic, stack, null, write-text, ubsan, assert, hang, idle, rank; sleep only measures; task tries the scheduler.
 */
#ifndef OSIER_INIT_SELFTEST_H
#define OSIER_INIT_SELFTEST_H

/* In the boot thread, before devices. Returns when there is nothing to do or the name is unknown (logged). */
void selftest_run(void);

void selftest_task(void);	/* selftest_task.c */

#endif
