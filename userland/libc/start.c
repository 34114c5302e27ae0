/*
 * From the entry point to main and from exit to the kernel.
 *
 * A program that uses nothing pays for nothing: stdio, atexit and the reentrancy structure are
 * reached through weak references, thread-local storage is set up only when the program has some.
 */
#include "osier.h"
#include <osier/abi/auxv.h>
#include <stdlib.h>
#include <unistd.h>
#include <reent.h>
#include <elf.h>
#include "thread.h"

unsigned long *__osier_auxv;
hidden char *__osier_program_name;
char *__progname = "";			/* its last part; what programs' own error() asks for */
char **environ;

/* newlib defines environ as a pointer to its own empty array; __environ is what some call it. */
extern char **__environ __attribute__((alias("environ")));

typedef int main_function(int, char **, char **);
typedef void init_function(void);

extern init_function *__preinit_array_start[] __attribute__((weak, visibility("hidden")));
extern init_function *__preinit_array_end[] __attribute__((weak, visibility("hidden")));
extern init_function *__init_array_start[] __attribute__((weak, visibility("hidden")));
extern init_function *__init_array_end[] __attribute__((weak, visibility("hidden")));
extern init_function *__fini_array_start[] __attribute__((weak, visibility("hidden")));
extern init_function *__fini_array_end[] __attribute__((weak, visibility("hidden")));
extern init_function _init, _fini;

/* Present only in programs that use them. */
extern void __call_exitprocs(int, void *) __attribute__((weak));
extern struct _reent *const _global_impure_ptr __attribute__((weak));

/*
 * Linux hands AT_PLATFORM to every program, Osier to none. Packages' configure scripts now and then
 * run what they should only have linked; on Linux our call numbers would mean something else, so
 * such a program ends here.
 */
hidden __attribute__((noreturn)) void __osier_start(unsigned long *stack, main_function *main)
{
	int argc = (int)stack[0];
	char **argv = (char **)(stack + 1);
	char **envp = argv + argc + 1;
	unsigned long *auxv = (unsigned long *)envp;
	Elf64_Phdr *phdr = NULL;
	unsigned long phnum = 0;

	__osier_program_name = argv[0];
	if (argv[0]) {
		__progname = argv[0];
		for (char *c = argv[0]; *c; c++) {
			if (*c == '/')
				__progname = c + 1;
		}
	}
	environ = envp;
	while (*auxv)
		auxv++;
	__osier_auxv = ++auxv;

	for (; auxv[0] != AT_NULL; auxv += 2) {
		if (auxv[0] == AT_PHDR)
			phdr = (Elf64_Phdr *)auxv[1];
		else if (auxv[0] == AT_PHNUM)
			phnum = auxv[1];
		else if (auxv[0] == AT_PLATFORM)
			__builtin_trap();	/* Linux, see above */
	}
	for (; phdr && phnum; phnum--, phdr++) {
		if (phdr->p_type == PT_TLS && phdr->p_memsz)
			__osier_tls_start(phdr);
	}

	for (init_function **f = __preinit_array_start; f != __preinit_array_end; f++)
		(*f)();
	_init();
	for (init_function **f = __init_array_start; f != __init_array_end; f++)
		(*f)();

	exit(main(argc, argv, envp));
}

void exit(int status)
{
	if (__call_exitprocs)
		__call_exitprocs(status, NULL);
	for (init_function **f = __fini_array_end; f != __fini_array_start;)
		(*--f)();
	_fini();
	if (&_global_impure_ptr && _global_impure_ptr->__cleanup)
		_global_impure_ptr->__cleanup(_global_impure_ptr);
	_exit(status);
}

void _exit(int status)
{
	for (;;)
		raw(SYS_exit, status);
}

void _Exit(int status) __attribute__((alias("_exit")));
