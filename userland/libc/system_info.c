/* The system: its name, its figures, its end. */
#include "osier.h"
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

int uname(struct utsname *name)
{
	return (int)call(SYS_uname, name);
}

int gethostname(char *buf, size_t size)
{
	struct utsname name;
	size_t length;

	if (uname(&name) < 0)
		return -1;
	length = strlen(name.nodename) + 1;
	memcpy(buf, name.nodename, length < size ? length : size);
	if (length > size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

int sethostname(const char *name, size_t n)
{
	return (int)call(SYS_sethostname, name, n);
}

int getdomainname(char *buf, size_t size)
{
	struct utsname name;

	if (uname(&name) < 0)
		return -1;
	if (strlen(name.domainname) >= size) {
		errno = EINVAL;
		return -1;
	}
	strcpy(buf, name.domainname);
	return 0;
}

/* There is no network to take an identity from: a hash of the name will do. */
long gethostid(void)
{
	struct utsname name;
	unsigned int hash = 2166136261U;

	if (uname(&name) < 0)
		return 0;
	for (const char *p = name.nodename; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619U;
	return (int)hash;
}

int sysinfo(struct sysinfo *info)
{
	return (int)call(SYS_sysinfo, info);
}

long get_phys_pages(void)
{
	struct sysinfo info;

	if (sysinfo(&info) < 0)
		return -1;
	return (long)(info.totalram * info.mem_unit / 4096);
}

long get_avphys_pages(void)
{
	struct sysinfo info;

	if (sysinfo(&info) < 0)
		return -1;
	return (long)(info.freeram * info.mem_unit / 4096);
}

int getloadavg(double load[], int n)
{
	struct sysinfo info;

	if (n < 0 || sysinfo(&info) < 0)
		return -1;
	if (n > 3)
		n = 3;
	for (int i = 0; i < n; i++)
		load[i] = (double)info.loads[i] / 65536.0;
	return n;
}

int reboot(int command)
{
	return (int)call(SYS_reboot, command);
}

int prctl(int option, ...)
{
	va_list ap;
	long a[4];

	va_start(ap, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return (int)call(SYS_prctl, option, a[0], a[1], a[2], a[3]);
}

/* The PEEK requests return the word itself; the kernel stores it through the data pointer. */
long ptrace(int request, ...)
{
	va_list ap;
	pid_t pid;
	void *addr, *data;
	long word;

	va_start(ap, request);
	pid = va_arg(ap, pid_t);
	addr = va_arg(ap, void *);
	data = va_arg(ap, void *);
	va_end(ap);
	if (request >= PTRACE_PEEKTEXT && request <= PTRACE_PEEKUSER) {
		if (call(SYS_ptrace, request, pid, addr, &word) < 0)
			return -1;
		errno = 0;
		return word;
	}
	return call(SYS_ptrace, request, pid, addr, data);
}
