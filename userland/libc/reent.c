/* newlib's per-thread state. The main thread's is the global one, which exit() flushes. */
#include "thread.h"
#include <reent.h>

struct _reent *__getreent(void)
{
	struct __pthread *self;

	if (!__osier_threaded)
		return _GLOBAL_REENT;
	self = thread_self();
	return self->reent ? self->reent : _GLOBAL_REENT;
}
