/* The old place of <utime.h>. */
#include <utime.h>
