/* The environment, beyond newlib's getenv and setenv. */
#include "osier.h"
#include <stdlib.h>
#include <unistd.h>
#include <sys/auxv.h>

int clearenv(void)
{
	static char *empty[1];

	environ = empty;
	return 0;
}

char *secure_getenv(const char *name)
{
	return getauxval(AT_SECURE) ? NULL : getenv(name);
}
