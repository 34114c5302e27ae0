/* Feature macros. */
#ifndef _FEATURES_H
#define _FEATURES_H

#include <sys/features.h>

#endif /* _FEATURES_H */
