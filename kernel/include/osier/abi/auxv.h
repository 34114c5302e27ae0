/*
 * The auxiliary vector that exec puts on the stack after the environment.
 * Stack at entry, from rsp: argc, argv[argc], NULL, envp[], NULL, pairs of 8-byte words until AT_NULL.
 * rsp is a multiple of 16; rdx is 0 (no function for atexit).
 */
#ifndef OSIER_ABI_AUXV_H
#define OSIER_ABI_AUXV_H

#define AT_NULL		0
#define AT_IGNORE	1
#define AT_EXECFD	2
#define AT_PHDR		3
#define AT_PHENT	4
#define AT_PHNUM	5
#define AT_PAGESZ	6
#define AT_BASE		7
#define AT_FLAGS	8
#define AT_ENTRY	9
#define AT_UID		11
#define AT_EUID		12
#define AT_GID		13
#define AT_EGID		14
#define AT_PLATFORM	15
#define AT_HWCAP	16
#define AT_CLKTCK	17
#define AT_SECURE	23
#define AT_RANDOM	25	/* address of 16 random bytes */
#define AT_HWCAP2	26
#define AT_EXECFN	31
#define AT_OSIER_TIMEPAGE 64	/* address of struct osier_timepage, see time.h */

#endif /* OSIER_ABI_AUXV_H */
