/* pthread_atfork. Handlers before the fork run last one first, those after it first one first. */
#include "thread.h"
#include <stdlib.h>
#include <unistd.h>

struct handlers {
	struct handlers *next, *previous;
	void (*prepare)(void);
	void (*parent)(void);
	void (*child)(void);
};

static int lock;
static struct handlers *first, *last;

int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	struct handlers *h = malloc(sizeof *h);

	if (!h)
		return ENOMEM;
	*h = (struct handlers){ .prepare = prepare, .parent = parent, .child = child };
	__osier_lock(&lock);
	h->previous = last;
	if (last)
		last->next = h;
	else
		first = h;
	last = h;
	__osier_unlock(&lock);
	return 0;
}

/* when: -1 before, 0 after in the parent, 1 after in the child. The lock is held all along. */
void __osier_atfork(int when)
{
	if (when < 0) {
		__osier_lock(&lock);
		for (struct handlers *h = last; h; h = h->previous) {
			if (h->prepare)
				h->prepare();
		}
		return;
	}
	for (struct handlers *h = first; h; h = h->next) {
		void (*f)(void) = when ? h->child : h->parent;

		if (f)
			f();
	}
	__osier_unlock(&lock);
}
