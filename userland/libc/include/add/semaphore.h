/* POSIX semaphores. */
#ifndef _SEMAPHORE_H
#define _SEMAPHORE_H

#include <sys/types.h>
#include <sys/_timespec.h>
#include <fcntl.h>
#include <limits.h>

typedef struct {
	int __value;
	int __waiters;
	int __pshared;
	int __pad;
} sem_t;

#define SEM_FAILED	((sem_t *)0)

#include <sys/cdefs.h>

__BEGIN_DECLS
int sem_init(sem_t *, int, unsigned int);
int sem_destroy(sem_t *);
sem_t *sem_open(const char *, int, ...);
int sem_close(sem_t *);
int sem_unlink(const char *);
int sem_wait(sem_t *);
int sem_trywait(sem_t *);
int sem_timedwait(sem_t *__restrict, const struct timespec *__restrict);
int sem_post(sem_t *);
int sem_getvalue(sem_t *__restrict, int *__restrict);
__END_DECLS

#endif /* _SEMAPHORE_H */
