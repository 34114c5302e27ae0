/* Thread-specific values. A thread's table is made when it first sets one. */
#include "thread.h"
#include <stdlib.h>

typedef void destructor_function(void *);

static int key_lock;
static unsigned char key_used[PTHREAD_KEYS_MAX];
static destructor_function *destructors[PTHREAD_KEYS_MAX];

int pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
	int error = EAGAIN;

	__osier_lock(&key_lock);
	for (unsigned int i = 0; i < PTHREAD_KEYS_MAX; i++) {
		if (!key_used[i]) {
			key_used[i] = 1;
			destructors[i] = destructor;
			*key = i;
			error = 0;
			break;
		}
	}
	__osier_unlock(&key_lock);
	return error;
}

/*
 * A key that comes back must read as NULL in every thread. Threads cannot reach each other's
 * tables, so each deletion makes the values of its key old: see generation.
 */
static unsigned int generation[PTHREAD_KEYS_MAX];

struct table {
	const void *value[PTHREAD_KEYS_MAX];
	unsigned int generation[PTHREAD_KEYS_MAX];
};

int pthread_key_delete(pthread_key_t key)
{
	int error = EINVAL;

	__osier_lock(&key_lock);
	if (key < PTHREAD_KEYS_MAX && key_used[key]) {
		key_used[key] = 0;
		destructors[key] = NULL;
		generation[key]++;
		error = 0;
	}
	__osier_unlock(&key_lock);
	return error;
}

void *pthread_getspecific(pthread_key_t key)
{
	struct table *table = (struct table *)thread_self()->values;

	if (!table || key >= PTHREAD_KEYS_MAX || table->generation[key] != generation[key])
		return NULL;
	return (void *)table->value[key];
}

int pthread_setspecific(pthread_key_t key, const void *value)
{
	struct __pthread *self = thread_self();
	struct table *table = (struct table *)self->values;

	if (key >= PTHREAD_KEYS_MAX || !key_used[key])
		return EINVAL;
	if (!table) {
		if (!value)
			return 0;
		table = calloc(1, sizeof *table);
		if (!table)
			return ENOMEM;
		self->values = (const void **)table;
	}
	table->generation[key] = generation[key];
	table->value[key] = value;
	return 0;
}

hidden void __osier_key_destroy(struct __pthread *self)
{
	struct table *table = (struct table *)self->values;
	int again = 1;

	if (!table)
		return;
	for (int round = 0; again && round < PTHREAD_DESTRUCTOR_ITERATIONS; round++) {
		again = 0;
		for (unsigned int key = 0; key < PTHREAD_KEYS_MAX; key++) {
			destructor_function *destructor = destructors[key];
			void *value = (void *)table->value[key];

			if (!value || !destructor || table->generation[key] != generation[key])
				continue;
			table->value[key] = NULL;
			destructor(value);
			again = 1;
		}
	}
	self->values = NULL;
	free(table);
}
