/*
 * The system's name, for uname and /proc/version.
 */
#include "proc/system_name.h"

#include "lib/string.h"
#include "sync/spinlock.h"

static struct spinlock name_lock = SPINLOCK_INIT("hostname", LOCK_RANK_LIST);
static char host_name[HOST_NAME_MAX_LEN + 1] = "osier";

void system_name(struct utsname *name)
{
	memset(name, 0, sizeof(*name));
	string_copy(name->sysname, "Osier", sizeof(name->sysname));
	string_copy(name->release, "0.1", sizeof(name->release));
	string_copy(name->version, "#1", sizeof(name->version));
	string_copy(name->machine, "x86_64", sizeof(name->machine));
	string_copy(name->domainname, "(none)", sizeof(name->domainname));
	spin_lock(&name_lock);
	string_copy(name->nodename, host_name, sizeof(name->nodename));
	spin_unlock(&name_lock);
}

void system_set_host_name(const char *text)
{
	spin_lock(&name_lock);
	string_copy(host_name, text, sizeof(host_name));
	spin_unlock(&name_lock);
}
