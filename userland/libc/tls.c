/* Thread-local storage of a static program: variant II, one module, known at startup. */
#include "thread.h"
#include <string.h>
#include <sys/mman.h>

struct __pthread __osier_main_thread;
int __osier_has_tls;
int __osier_threaded;

static const Elf64_Phdr *tls_phdr;

/* The main thread's variables, where they are few; most programs have none, some have errno's. */
#define MAIN_TLS 256
static struct {
	char tls[MAIN_TLS];
	struct __pthread thread;
} main_block __attribute__((aligned(64)));

hidden size_t __osier_tls_align(void)
{
	return tls_phdr && tls_phdr->p_align > 64 ? tls_phdr->p_align : 64;
}

/* The variables end where the thread's structure begins. */
static size_t tls_variables(void)
{
	size_t align;

	if (!tls_phdr)
		return 0;
	align = tls_phdr->p_align ? tls_phdr->p_align : 1;
	return (tls_phdr->p_memsz + align - 1) & ~(align - 1);
}

hidden size_t __osier_tls_size(void)
{
	size_t align = __osier_tls_align();

	return ((tls_variables() + align - 1) & ~(align - 1)) + sizeof(struct __pthread);
}

hidden void __osier_tls_copy(struct __pthread *self)
{
	char *start = (char *)self - tls_variables();

	if (tls_phdr)
		memcpy(start, (const void *)tls_phdr->p_vaddr, tls_phdr->p_filesz);
	self->self = self;
}

hidden void __osier_tls_start(const Elf64_Phdr *phdr)
{
	struct __pthread *self = &main_block.thread;
	size_t size;

	if (__osier_has_tls)
		return;
	tls_phdr = phdr;
	size = __osier_tls_size();
	if (tls_variables() > MAIN_TLS || __osier_tls_align() > 64) {
		long block = raw(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (block < 0)
			__builtin_trap();	/* no way to run this program, nor to say so */
		self = (struct __pthread *)(block + (long)(size - sizeof *self));
	}
	memcpy(self, &__osier_main_thread, sizeof *self);
	__osier_tls_copy(self);
	raw(SYS_set_tls, self);
	__osier_has_tls = 1;
}
