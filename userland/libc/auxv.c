/* The auxiliary vector. */
#include "osier.h"
#include <sys/auxv.h>

unsigned long getauxval(unsigned long type)
{
	for (unsigned long *entry = __osier_auxv; entry[0] != AT_NULL; entry += 2) {
		if (entry[0] == type)
			return entry[1];
	}
	errno = ENOENT;
	return 0;
}
