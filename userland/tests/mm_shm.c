/*
 * Shared memory by key and by name: who may get, attach and control it; when it goes; attachments cut up, read-only, inherited.
 *
 * Mutations this catches: the mode looked at only when the segment is made; a creator who loses rights by giving the segment away; a
 * removed segment that can be found by its key; memory freed at IPC_RMID instead of the last detach, or never; an attachment that counts
 * twice after munmap cuts it; a read-only attachment that mprotect opens; ids one after another.
 */
#include <grp.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include "mm.h"

#define KEY 0x4d4d5348

static unsigned long attached(int id)
{
	struct shmid_ds data;

	return shmctl(id, IPC_STAT, &data) ? 9999 : (unsigned long)data.shm_nattch;
}

/* The segment's line of /proc/sysvipc/shm. => whether there is one. */
static bool listed(int id, long *mode, long *attachments)
{
	static char text[65536];
	long key, number, rights, size, creator, last, count;

	if (slurp("/proc/sysvipc/shm", text, sizeof text) < 0)
		return false;
	for (char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (sscanf(line, "%ld %ld %lo %ld %ld %ld %ld", &key, &number, (unsigned long *)&rights, &size, &creator, &last, &count) == 7 &&
		    number == id) {
			*mode = rights;
			*attachments = count;
			return true;
		}
	return false;
}

static void become(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) || setgid(gid) || setuid(uid))
		_exit(90);
}

static bool may_attach(int id, int flags)
{
	char *at = shmat(id, NULL, flags);

	if (at == (char *)-1)
		return false;
	shmdt(at);
	return true;
}

static void basics(void)
{
	int id = shmget(KEY, 3 * PAGE + 1, IPC_CREAT | IPC_EXCL | 0640), other;
	struct shmid_ds data;
	char *a, *b;
	long mode, count;

	ok(id >= 0, "shmget");
	is(shmget(KEY, 1, 0), id, "the key finds it");
	is(shmctl(id, IPC_STAT, &data), 0, "IPC_STAT");
	ok(data.shm_segsz == 3 * PAGE + 1 && (data.shm_perm.mode & 0777) == 0640 && data.shm_nattch == 0 && data.shm_cpid == getpid() &&
		   data.shm_lpid == 0 && data.shm_atime == 0 && data.shm_dtime == 0 && data.shm_ctime != 0 && data.shm_perm.__key == KEY &&
		   data.shm_perm.uid == getuid() && data.shm_perm.cuid == getuid(),
	   "... tells what it is");
	a = shmat(id, NULL, 0);
	b = shmat(id, NULL, 0);
	ok(a != (char *)-1 && b != (char *)-1 && a != b, "attached twice");
	is(attached(id), 2, "nattch");
	strcpy(a, "hello");
	a[4 * PAGE - 1] = 'e';
	ok(!strcmp(b, "hello") && b[4 * PAGE - 1] == 'e', "both show the same, to the end of the last page");
	is(exit_of_child(_exit(attached(id) == 4 && !strcmp(b, "hello") && strcpy(a, "child") ? 5 : 6)), 5, "a child has both");
	ok(!strcmp(b, "child") && attached(id) == 2, "its exit detaches its own");
	shmctl(id, IPC_STAT, &data);
	ok(data.shm_lpid != 0 && data.shm_atime != 0, "IPC_STAT knows of the attaching");
	ok(listed(id, &mode, &count) && (mode & 0777) == 0640 && count == 2, "/proc/sysvipc/shm lists it");
	is(shmdt(a), 0, "shmdt");
	faults_with(SIGSEGV, SEGV_MAPERR, a, "what was detached is not mapped", read_byte(a));
	is(attached(id), 1, "nattch");

	/* Removal waits for the last detach. */
	is(shmctl(id, IPC_RMID, NULL), 0, "IPC_RMID while attached");
	fails_with(ENOENT, shmget(KEY, 1, 0));
	ok(!strcmp(b, "child"), "the memory is there still");
	ok(listed(id, &mode, &count) && (mode & 01000) && count == 1, "and listed, marked for removal");
	is(shmctl(id, IPC_STAT, &data), 0, "it can be asked about");
	ok(data.shm_perm.mode & 01000, "... and says so");
	other = shmget(KEY, PAGE, IPC_CREAT | IPC_EXCL | 0600);
	ok(other >= 0 && other != id, "its key is free for another");
	a = shmat(id, NULL, 0);
	ok(a != (char *)-1 && !strcmp(a, "child"), "the id attaches still");
	shmdt(a);
	shmdt(b);
	ok(!listed(id, &mode, &count), "the last detach removes it");
	fails_with(EINVAL, shmctl(id, IPC_STAT, &data));
	fails_with(EINVAL, shmat(id, NULL, 0));
	shmctl(other, IPC_RMID, NULL);
	ok(!listed(other, &mode, &count), "one that nobody has attached goes at once");
}

static void placing(void)
{
	int id = shmget(IPC_PRIVATE, 2 * PAGE, 0600);
	char *room = (char *)0x2100000000, *at;

	ok(shmat(id, room, 0) == room, "attached at an address");
	fails_with(EINVAL, shmat(id, room, 0));
	fails_with(EINVAL, shmat(id, room + PAGE, 0));
	fails_with(EINVAL, shmat(id, room + 8 * PAGE + 5, 0));
	ok(shmat(id, room + 8 * PAGE + 5, SHM_RND) == room + 8 * PAGE, "SHM_RND rounds down");
	write_byte(room + 3, 'r');
	is(read_byte(room + 8 * PAGE + 3), 'r', "one memory");
	ok(mmap(room + 16 * PAGE, 2 * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0) == room + 16 * PAGE, "something else");
	fails_with(EINVAL, shmat(id, room + 16 * PAGE, 0));
	ok(shmat(id, room + 16 * PAGE, SHM_REMAP) == room + 16 * PAGE && read_byte(room + 16 * PAGE + 3) == 'r', "SHM_REMAP replaces it");
	is(attached(id), 3, "three attachments");
	munmap(room + 16 * PAGE, 2 * PAGE);
	is(attached(id), 2, "munmap of all of one detaches it");

	/* Cut up. */
	munmap(room, PAGE);
	is(attached(id), 2, "munmap of the first page does not");
	at = room + 8 * PAGE;
	mprotect(at + PAGE, PAGE, PROT_READ);
	faults_with(SIGSEGV, SEGV_ACCERR, at + PAGE, "part of an attachment protected", write_byte(at + PAGE, 1));
	at[0] = 'w';
	is(shmdt(at), 0, "shmdt takes all pieces");
	faults_with(SIGSEGV, SEGV_MAPERR, at, "... the first", read_byte(at));
	faults_with(SIGSEGV, SEGV_MAPERR, at + PAGE, "... and the second", read_byte(at + PAGE));
	is(shmdt(room), 0, "shmdt by the address of attachment, though its first page is gone");
	faults_with(SIGSEGV, SEGV_MAPERR, room + PAGE, "... takes the rest", read_byte(room + PAGE));
	is(attached(id), 0, "none is left");
	at = shmat(id, NULL, 0);
	is(at[0], 'w', "what was written stays as long as the segment");
	shmdt(at);
	shmctl(id, IPC_RMID, NULL);
}

static void reading(void)
{
	int id = shmget(IPC_PRIVATE, PAGE, 0600);
	char *at = shmat(id, NULL, SHM_RDONLY);

	ok(at != (char *)-1 && at[0] == 0, "attached for reading");
	faults_with(SIGSEGV, SEGV_ACCERR, at + 1, "writing it", write_byte(at + 1, 1));
	fails_with(EACCES, mprotect(at, PAGE, RW));
	faults_with(SIGSEGV, SEGV_ACCERR, at + 1, "... still", write_byte(at + 1, 1));
	is(mprotect(at, PAGE, PROT_NONE), 0, "less is allowed");
	is(mprotect(at, PAGE, PROT_READ), 0, "and back");
	is(exit_of_child(_exit(mprotect(at, PAGE, RW) == -1 && errno == EACCES ? 1 : 2)), 1, "a child cannot open it either");
	shmdt(at);
	shmctl(id, IPC_RMID, NULL);
}

/* Each case in a child with that user and group; the segment is root's, given to user 100, group 200, by IPC_SET. */
static void rights(void)
{
	static const struct {
		unsigned mode;
		uid_t uid;
		gid_t gid;
		bool get_read, get_write, attach_read, attach_write, stat, control;
		const char *name;
	} cases[] = {
		{ 0600, 100, 999, 1, 1, 1, 1, 1, 1, "owner, 0600" },
		{ 0400, 100, 999, 1, 0, 1, 0, 1, 1, "owner, 0400" },
		{ 0066, 100, 200, 0, 0, 0, 0, 0, 1, "owner, 0066: what others have is not his" },
		{ 0060, 101, 200, 1, 1, 1, 1, 1, 0, "group, 0060" },
		{ 0640, 101, 200, 1, 0, 1, 0, 1, 0, "group, 0640" },
		{ 0606, 101, 200, 0, 0, 0, 0, 0, 0, "group, 0606" },
		{ 0660, 101, 201, 0, 0, 0, 0, 0, 0, "others, 0660" },
		{ 0664, 101, 201, 1, 0, 1, 0, 1, 0, "others, 0664" },
		{ 0666, 101, 201, 1, 1, 1, 1, 1, 0, "others, 0666" },
		{ 0662, 101, 201, 0, 0, 0, 0, 0, 0, "others, 0662" },
		{ 0000, 0, 0, 1, 1, 1, 1, 1, 1, "root, 0000" },
	};
	int id = shmget(KEY, PAGE, IPC_CREAT | IPC_EXCL | 0600);
	struct shmid_ds data;

	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		shmctl(id, IPC_STAT, &data);
		data.shm_perm.uid = 100;
		data.shm_perm.gid = 200;
		data.shm_perm.mode = (unsigned short)cases[i].mode;
		is(shmctl(id, IPC_SET, &data), 0, "IPC_SET to %04o", cases[i].mode);
		int found = exit_of_child({
			int bits = 0;

			if (cases[i].uid)
				become(cases[i].uid, cases[i].gid);
			bits |= shmget(KEY, 0, 0400) == id ? 1 : errno == EACCES ? 0 : 64;
			bits |= shmget(KEY, 0, 0600) == id ? 2 : errno == EACCES ? 0 : 64;
			bits |= may_attach(id, SHM_RDONLY) ? 4 : errno == EACCES ? 0 : 64;
			bits |= may_attach(id, 0) ? 8 : errno == EACCES ? 0 : 64;
			bits |= !shmctl(id, IPC_STAT, &data) ? 16 : errno == EACCES ? 0 : 64;
			/* Set to what it is: allowed to who owns it. */
			data.shm_perm.uid = 100;
			data.shm_perm.gid = 200;
			data.shm_perm.mode = (unsigned short)cases[i].mode;
			bits |= !shmctl(id, IPC_SET, &data) ? 32 : errno == EPERM ? 0 : 64;
			if (!(bits & 32))
				bits |= shmctl(id, IPC_RMID, NULL) == -1 && errno == EPERM ? 0 : 64;
			_exit(bits);
		});
		is(found, cases[i].get_read | cases[i].get_write << 1 | cases[i].attach_read << 2 | cases[i].attach_write << 3 |
				  cases[i].stat << 4 | cases[i].control << 5,
		   "%s", cases[i].name);
	}
	is(exit_of_child(become(101, 201); _exit(shmget(KEY, 0, 0) == id)), 1, "get that asks for nothing needs nothing");
	/* The creator keeps the right to control what it gave away. */
	int made = exit_of_child({
		become(300, 300);
		int mine = shmget(IPC_PRIVATE, PAGE, 0600);

		shmctl(mine, IPC_STAT, &data);
		data.shm_perm.uid = 100;
		bool good = !shmctl(mine, IPC_SET, &data) && !shmctl(mine, IPC_STAT, &data) && data.shm_perm.uid == 100 &&
			    data.shm_perm.cuid == 300 && may_attach(mine, 0);

		_exit(good && !shmctl(mine, IPC_RMID, NULL) ? 1 : 2);
	});
	is(made, 1, "a creator who gave it away attaches and removes it");
	/* The right is looked at with every attach. */
	data.shm_perm.uid = 100;
	data.shm_perm.gid = 200;
	data.shm_perm.mode = 0666;
	shmctl(id, IPC_SET, &data);
	is(exit_of_child({
		   char *at;

		   become(101, 201);
		   at = shmat(id, NULL, 0);
		   if (at == (char *)-1)
			   _exit(2);
		   _exit(at[0] == 0 ? 1 : 3);
	   }),
	   1, "another user attaches");
	data.shm_perm.mode = 0600;
	shmctl(id, IPC_SET, &data);
	is(exit_of_child(become(101, 201); _exit(may_attach(id, SHM_RDONLY))), 0, "once it may not, it cannot again");
	shmctl(id, IPC_RMID, NULL);
}

static void ids(void)
{
	int made[16], near = 0;

	for (int i = 0; i < 16; i++)
		made[i] = shmget(IPC_PRIVATE, PAGE, 0600);
	for (int i = 1; i < 16; i++)
		near += abs(made[i] - made[i - 1]) < 3;
	ok(near < 3 || !on_osier, "ids cannot be guessed from others");
	for (int i = 0; i < 16; i++)
		shmctl(made[i], IPC_RMID, NULL);
	int again = shmget(IPC_PRIVATE, PAGE, 0600);
	bool reused = false;

	for (int i = 0; i < 16; i++)
		reused |= made[i] == again;
	ok(!reused, "an old id names nothing new");
	shmctl(again, IPC_RMID, NULL);
}

/* exec and exit detach; memory comes back. */
static void freeing(void)
{
	long before = meminfo("MemFree:"), promised = meminfo("Committed_AS:"), mode, count;
	int id = shmget(IPC_PRIVATE, 256 * PAGE, 0600);
	char *at = shmat(id, NULL, 0);

	memset(at, 1, 256 * PAGE);
	ok(before - meminfo("MemFree:") > 900 || !on_osier, "a megabyte is used");
	shmctl(id, IPC_RMID, NULL);
	is(exit_of_child(memset(at, 2, PAGE); _exit(at[0] + (shmdt(at) ? 100 : 0))), 2, "a child detaches its own");
	is(at[0], 2, "not its parent's");
	shmdt(at);
	ok(!listed(id, &mode, &count), "gone");
	if (on_osier) {
		ok(before - meminfo("MemFree:") < 64, "its memory is free again: %ld KiB", meminfo("MemFree:") - before);
		is(meminfo("Committed_AS:"), promised, "and so is its promise");
	}
}

static void by_name(void)
{
	int fd = shm_open("/mm_shm", O_RDWR | O_CREAT | O_TRUNC, 0640), other;
	struct stat st;
	char *a, *b;

	ok(fd >= 0, "shm_open");
	ok(!stat("/dev/shm/mm_shm", &st) && (st.st_mode & 0777) == 0640 && S_ISREG(st.st_mode), "it stands in /dev/shm");
	is(ftruncate(fd, 2 * PAGE), 0, "ftruncate");
	a = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
	other = shm_open("/mm_shm", O_RDONLY, 0);
	b = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, other, 0);
	strcpy(a + PAGE, "by name");
	ok(!strcmp(b + PAGE, "by name"), "two mappings of it");
	fails_with(EACCES, mprotect(b, PAGE, RW));
	is(exit_of_child(become(101, 201); _exit(shm_open("/mm_shm", O_RDONLY, 0) == -1 && errno == EACCES)), 1, "others may not");
	close(fd);
	close(other);
	shm_unlink("/mm_shm");
	ok(!strcmp(b + PAGE, "by name") && stat("/dev/shm/mm_shm", &st) == -1, "mappings outlive close and unlink");
	munmap(a, 2 * PAGE);
	munmap(b, 2 * PAGE);
}

int main(void)
{
	int old = shmget(KEY, 0, 0);

	if (old >= 0)
		shmctl(old, IPC_RMID, NULL);
	umask(022);
	catch_faults();
	basics();
	placing();
	reading();
	rights();
	ids();
	freeing();
	by_name();
	ok(structures_good(), "structures");
	return done();
}
