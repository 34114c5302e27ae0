/* The calling thread, and the state that stdio asks for around its locks. */
#include "thread.h"

pthread_t pthread_self(void)
{
	return thread_self();
}

int pthread_equal(pthread_t a, pthread_t b)
{
	return a == b;
}

int pthread_setcancelstate(int state, int *old)
{
	struct __pthread *self = thread_self();

	if (state != PTHREAD_CANCEL_ENABLE && state != PTHREAD_CANCEL_DISABLE)
		return EINVAL;
	if (old)
		*old = self->cancel_state;
	self->cancel_state = (unsigned char)state;
	return 0;
}

int pthread_setcanceltype(int type, int *old)
{
	struct __pthread *self = thread_self();

	if (type != PTHREAD_CANCEL_DEFERRED && type != PTHREAD_CANCEL_ASYNCHRONOUS)
		return EINVAL;
	if (old)
		*old = self->cancel_type;
	self->cancel_type = (unsigned char)type;
	return 0;
}
