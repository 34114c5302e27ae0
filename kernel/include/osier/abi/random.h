/*
 * getrandom(2).
 */
#ifndef OSIER_ABI_RANDOM_H
#define OSIER_ABI_RANDOM_H

#define GRND_NONBLOCK	1
#define GRND_RANDOM	2
#define GRND_INSECURE	4

#endif /* OSIER_ABI_RANDOM_H */
