/* Thread types. The objects are plain memory: all zero is an initialised normal one. */
#ifndef _SYS__PTHREADTYPES_H
#define _SYS__PTHREADTYPES_H

#include <sys/sched.h>

typedef struct __pthread *pthread_t;
typedef unsigned int pthread_key_t;

typedef struct {
	void *stackaddr;	/* lowest address, or NULL */
	size_t stacksize;	/* 0: the default */
	size_t guardsize;
	int detachstate;
	int inheritsched;
	int schedpolicy;
	int contentionscope;
	struct sched_param schedparam;
	int __initialized;
} pthread_attr_t;

typedef struct {
	int __state;		/* 0 free, 1 held, 2 held and somebody may sleep */
	int __type;		/* PTHREAD_MUTEX_*, and whether processes share it */
	int __count;		/* of a recursive one, beyond the first */
	int __spare;
	long __owner;		/* of all but normal mutexes */
} pthread_mutex_t;

typedef struct {
	int __type;
	int __pshared;
	int __protocol;
	int __ceiling;
	int __robust;
} pthread_mutexattr_t;

typedef struct {
	unsigned int __sequence;
	int __waiters;
	clockid_t __clock;	/* 0: CLOCK_REALTIME */
	int __pshared;
	int __pad;
} pthread_cond_t;

typedef struct {
	clockid_t clock;
	int process_shared;
} pthread_condattr_t;

typedef struct {
	int __lock;		/* -1 a writer, else the number of readers */
	unsigned int __sequence;
	int __waiters;
	int __pshared;
} pthread_rwlock_t;

typedef struct {
	int process_shared;
} pthread_rwlockattr_t;

typedef struct {
	unsigned int __count;
	unsigned int __arrived;
	unsigned int __round;
	unsigned int __leaving;
} pthread_barrier_t;

typedef struct {
	int process_shared;
} pthread_barrierattr_t;

typedef struct {
	int __state;		/* 0 not run, 1 running, 2 running and waited for, 3 done */
} pthread_once_t;

typedef int pthread_spinlock_t;

#define _PTHREAD_MUTEX_INITIALIZER	{ 0, 0, 0, 0, 0 }
#define _PTHREAD_COND_INITIALIZER	{ 0, 0, 0, 0, 0 }
#define _PTHREAD_RWLOCK_INITIALIZER	{ 0, 0, 0, 0 }
#define _PTHREAD_ONCE_INIT		{ 0 }

#define PTHREAD_SCOPE_PROCESS	0
#define PTHREAD_SCOPE_SYSTEM	1
#define PTHREAD_INHERIT_SCHED	1
#define PTHREAD_EXPLICIT_SCHED	2
#define PTHREAD_CREATE_DETACHED	0
#define PTHREAD_CREATE_JOINABLE	1
#define PTHREAD_PROCESS_PRIVATE	0
#define PTHREAD_PROCESS_SHARED	1
#define PTHREAD_PRIO_NONE	0
#define PTHREAD_PRIO_INHERIT	1
#define PTHREAD_PRIO_PROTECT	2
#define PTHREAD_MUTEX_NORMAL	0
#define PTHREAD_MUTEX_RECURSIVE	1
#define PTHREAD_MUTEX_ERRORCHECK 2
#define PTHREAD_MUTEX_DEFAULT	PTHREAD_MUTEX_NORMAL

#endif /* _SYS__PTHREADTYPES_H */
