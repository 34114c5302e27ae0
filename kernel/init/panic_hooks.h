/*
 * What the upper layers can tell a panic.
 */
#ifndef OSIER_INIT_PANIC_HOOKS_H
#define OSIER_INIT_PANIC_HOOKS_H

void panic_hooks_init(void);

#endif
