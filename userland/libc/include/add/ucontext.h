/* Machine contexts. */
#ifndef _UCONTEXT_H
#define _UCONTEXT_H

#include <signal.h>

#include <sys/cdefs.h>

__BEGIN_DECLS
int getcontext(ucontext_t *) __attribute__((__returns_twice__));
int setcontext(const ucontext_t *);
int swapcontext(ucontext_t *__restrict, const ucontext_t *__restrict);
void makecontext(ucontext_t *, void (*)(void), int, ...);
__END_DECLS

#endif /* _UCONTEXT_H */
