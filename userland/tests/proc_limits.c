/*
 * Many processes, limits, memory that runs out: the right errno, and a system that goes on with all its memory.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#include "tap.h"

static long free_kib(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return (long)((info.freeram + info.bufferram) * info.mem_unit / 1024);
}

static int reap_all(void)
{
	int status, count = 0;

	while (wait(&status) > 0)
		count++;
	return count;
}

static void thousand(void)
{
	int fds[2], made = 0, right = 0, status;
	char byte;

	(void)!pipe(fds);
	while (made < 1000) {
		pid_t pid = fork();

		if (pid == 0) {
			close(fds[1]);
			_exit(read(fds[0], &byte, 1) == 0 ? 5 : 6);
		}
		if (pid < 0)
			break;
		made++;
	}
	/* Each costs some 60 KiB; a machine without that much says so. */
	ok(made == 1000 || (free_kib() < 100000 && (errno == ENOMEM || errno == EAGAIN)), "%d processes at once", made);
	close(fds[1]);
	close(fds[0]);
	for (int i = 0; i < made; i++)
		if (wait(&status) > 0 && WEXITSTATUS(status) == 5)
			right++;
	is(right, made, "and each ends as it should");
}

static void process_limit(void)
{
	is(exit_of_child({
		   struct rlimit limit = { 20, 20 };
		   int made = 0;
		   setrlimit(RLIMIT_NPROC, &limit);
		   setgid(600);
		   setuid(600);
		   for (;;) {
			   pid_t pid = fork();
			   if (pid == 0) {
				   pause();
				   _exit(0);
			   }
			   if (pid < 0)
				   break;
			   made++;
		   }
		   if (errno != EAGAIN || made != 19)
			   _exit(1);
		   kill(-1, SIGKILL);
		   _exit(reap_all() == 19 ? 0 : 2);
	   }), 0, "RLIMIT_NPROC stops a fork bomb with EAGAIN");
}

/* Every process holds memory of its own, until one cannot be made. */
static void memory_runs_out(void)
{
	long before = free_kib();
	int made = 0;

	is(exit_of_child({
		   size_t size = 8 << 20;
		   int error = 0;
		   setpgid(0, 0);
		   for (;;) {
			   pid_t pid = fork();
			   if (pid == 0) {
				   char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
				   if (p == MAP_FAILED)
					   _exit(errno == ENOMEM ? 1 : 2);
				   memset(p, 1, size);
				   pause();
				   _exit(0);
			   }
			   if (pid < 0) {
				   error = errno;
				   break;
			   }
			   made++;
			   {
				   int status = 0;
				   if (waitpid(-1, &status, WNOHANG) > 0) {
					   error = WEXITSTATUS(status) == 1 ? ENOMEM : 0;
					   break;
				   }
			   }
			   usleep(20000);
			   if (made > 2000)
				   break;
		   }
		   signal(SIGTERM, SIG_IGN);
		   kill(0, SIGTERM);
		   _exit(made > 2000 ? 3 : error == ENOMEM || error == EAGAIN ? 0 : 4);
	   }), 0, "memory runs out with ENOMEM, and nobody else is killed");
	for (int i = 0; i < 100 && free_kib() < before - 2048; i++)
		usleep(50000);
	ok(free_kib() >= before - 2048, "all of it comes back (%ld KiB before, %ld after)", before, free_kib());
}

static void big_promises(void)
{
	is(exit_of_child({
		   char *p = mmap(NULL, 1ul << 40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		   _exit(p == MAP_FAILED && errno == ENOMEM ? 0 : 1);
	   }), 0, "a mapping beyond the machine: ENOMEM");
	is(exit_of_child({
		   struct rlimit limit = { 32 << 20, 32 << 20 };
		   setrlimit(RLIMIT_AS, &limit);
		   _exit(mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
			 errno == ENOMEM && fork() >= 0 ? 0 : 1);
	   }), 0, "RLIMIT_AS");
}

static void cpu_and_file_size(void)
{
	struct rlimit limit = { 1, 2 };

	is(exit_of_child({
		   setrlimit(RLIMIT_CPU, &limit);
		   for (;;)
			   ;
	   }), 1000 + SIGXCPU, "RLIMIT_CPU: SIGXCPU after a second of work");
	is(exit_of_child({
		   setrlimit(RLIMIT_CPU, &limit);
		   signal(SIGXCPU, SIG_IGN);
		   for (;;)
			   ;
	   }), 1000 + SIGKILL, "... and SIGKILL at the hard limit");
	limit.rlim_cur = limit.rlim_max = 1000;
	is(exit_of_child({
		   char block[600] = { 0 };
		   int fd = open("/tmp/fsize", O_RDWR | O_CREAT | O_TRUNC, 0600);
		   setrlimit(RLIMIT_FSIZE, &limit);
		   signal(SIGXFSZ, SIG_IGN);
		   if (write(fd, block, 600) != 600 || write(fd, block, 600) != 400 || write(fd, block, 1) != -1 ||
		       errno != EFBIG)
			   _exit(1);
		   signal(SIGXFSZ, SIG_DFL);
		   (void)!write(fd, block, 1);
	   }), 1000 + SIGXFSZ, "RLIMIT_FSIZE: a short write, EFBIG, SIGXFSZ");
	unlink("/tmp/fsize");
}

static void nothing_leaks(void)
{
	long before, after;

	for (int round = 0; round < 2; round++) {
		before = free_kib();
		for (int i = 0; i < 200; i++)
			in_child({
				int fds[2];
				char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
				memset(p, 1, 1 << 20);
				(void)!pipe(fds);
				open("/bin/sh", O_RDONLY);
				signal(SIGUSR1, SIG_IGN);
				setsid();
				if (i & 1)
					execl("/bin/true", "true", NULL);
			});
		after = free_kib();
	}
	ok(after >= before - 256, "200 lives leave nothing behind (%ld KiB before, %ld after)", before, after);
}

/* A stack is promised as it grows: ours grows while there is something to promise. */
__attribute__((noinline)) static void grow_stack(void)
{
	volatile char deep[65536];

	for (size_t i = 0; i < sizeof deep; i += 4096)
		deep[i] = 1;
}

int main(void)
{
	grow_stack();
	thousand();
	process_limit();
	big_promises();
	cpu_and_file_size();
	nothing_leaks();
	memory_runs_out();
	return done();
}
