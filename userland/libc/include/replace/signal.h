/* ISO C signals; the rest is in <sys/signal.h>. */
#ifndef _SIGNAL_H_
#define _SIGNAL_H_

#include "_ansi.h"
#include <sys/cdefs.h>
#include <sys/signal.h>

typedef int sig_atomic_t;
#if __MISC_VISIBLE
typedef _sig_func_ptr sig_t;
typedef _sig_func_ptr sighandler_t;
#endif

struct _reent;

__BEGIN_DECLS
_sig_func_ptr _signal_r(struct _reent *, int, _sig_func_ptr);
int _raise_r(struct _reent *, int);
_sig_func_ptr signal(int, _sig_func_ptr);
int raise(int);
void psignal(int, const char *);
#if __MISC_VISIBLE
extern const char *const sys_siglist[];
#endif
__END_DECLS

#endif /* _SIGNAL_H_ */
