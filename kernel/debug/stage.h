/*
 * Numbered boot stages, and a watchdog: a boot that makes no progress for 10 s says at which stage it stopped.
 */
#ifndef OSIER_DEBUG_STAGE_H
#define OSIER_DEBUG_STAGE_H

#include <osier/types.h>

/* The boot enters its next stage: logged, and the watchdog starts again. `name` is kept. */
void stage_enter(const char *name);
/* Progress within a stage. */
void stage_progress(void);
/* The first user program runs: no more watching. */
void stage_done(void);
bool stage_is_done(void);

/* From the timer interrupt while the boot lasts: complains, once a stage, when there was no progress for 10 s. */
void stage_watchdog_tick(void);

/* For waits before the timer runs: while (!ready) if (!stage_spin(&count, limit, "what for")) return -EIO; */
bool stage_spin(uint64_t *count, uint64_t limit, const char *what);

unsigned stage_number(void);
const char *stage_name(void);

#endif
