/* Memory mappings. */
#ifndef _SYS_MMAN_H
#define _SYS_MMAN_H

#include <sys/types.h>
#include <osier/abi/mman.h>

#include <sys/cdefs.h>

__BEGIN_DECLS
void *mmap(void *, size_t, int, int, int, off_t);
int munmap(void *, size_t);
int mprotect(void *, size_t, int);
int msync(void *, size_t, int);
int mlock(const void *, size_t);
int munlock(const void *, size_t);
int mlockall(int);
int munlockall(void);
int posix_madvise(void *, size_t, int);
int shm_open(const char *, int, mode_t);
int shm_unlink(const char *);
#if __MISC_VISIBLE
int madvise(void *, size_t, int);
int mincore(void *, size_t, unsigned char *);
#endif
#if __GNU_VISIBLE
void *mremap(void *, size_t, size_t, int, ...);
int mlock2(const void *, size_t, unsigned int);
int memfd_create(const char *, unsigned int);
#endif
__END_DECLS

#endif /* _SYS_MMAN_H */
