/* Locking of streams for more than one call. */
#include <stdio.h>
#include <sys/lock.h>

void flockfile(FILE *f)
{
	__lock_acquire_recursive(f->_lock);
}

int ftrylockfile(FILE *f)
{
	return __lock_try_acquire_recursive(f->_lock);
}

void funlockfile(FILE *f)
{
	__lock_release_recursive(f->_lock);
}
