/* posix_memalign over newlib's memalign. */
#include "osier.h"
#include <malloc.h>
#include <stdlib.h>

int posix_memalign(void **out, size_t align, size_t size)
{
	int saved = errno;
	void *block;

	if (align < sizeof(void *) || (align & (align - 1)))
		return EINVAL;
	block = memalign(align, size);
	errno = saved;
	if (!block)
		return ENOMEM;
	*out = block;
	return 0;
}
