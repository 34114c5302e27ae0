/* System V shared memory: straight to kernel/proc/shm.c. */
#include <osier/types.h>

#include "proc/shm.h"
#include "sys/sys.h"

long sys_shmget(int key, size_t size, int flags)
{
	return shm_get(key, size, flags);
}

long sys_shmat(int id, vaddr_t address, int flags)
{
	return shm_attach(id, address, flags);
}

long sys_shmdt(vaddr_t address)
{
	return shm_detach(address);
}

long sys_shmctl(int id, int command, vaddr_t buffer)
{
	return shm_control(id, command, buffer);
}
