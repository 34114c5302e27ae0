/*
 * init: process 1. It mounts what a system needs, opens the console, runs a login shell on it for as
 * long as the machine is up, reaps orphans, and ends the machine when asked to.
 *
 * When the host gave a command (fw_cfg opt/osier/run, seen as /dev/fw_cfg_run), init runs that in
 * place of the shell, its output going to the host, reports its status and powers off.
 *
 * Not here: run levels, services, getty's questions. Signals it understands, from poweroff(8) and
 * friends: SIGUSR2 powers off, SIGTERM reboots, SIGUSR1 halts.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONSOLE		"/dev/console"
#define COMMAND_FILE	"/dev/fw_cfg_run"

enum { SHORT_LIFE = 2, LONGEST_PAUSE = 30 };	/* seconds */

static char *const environment[] = {
	"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
	"HOME=/root",
	"USER=root",
	"LOGNAME=root",
	"SHELL=/bin/sh",
	"TERM=linux",
	"TMPDIR=/tmp",
	NULL,
};

/* Says something on the console, whatever descriptor 2 is by now. */
static void say(const char *format, ...)
{
	char text[256] = "init: ";
	va_list arguments;
	int length, fd;

	va_start(arguments, format);
	length = vsnprintf(text + 6, sizeof text - 8, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	if (length > (int)sizeof text - 9)
		length = sizeof text - 9;
	strcpy(text + 6 + length, "\n");
	fd = open(CONSOLE, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (write(fd < 0 ? 2 : fd, text, length + 7) < 0) {
		/* No console at all: there is nobody to tell. */
	}
	if (fd >= 0)
		close(fd);
}

/* Mounts unless `witness`, a name in what would be mounted, is there already. */
static void mount_unless(const char *witness, const char *source, const char *target, const char *type,
	unsigned long flags)
{
	if (witness && access(witness, F_OK) == 0)
		return;
	if (mount(source, target, type, flags, NULL) < 0 && errno != EBUSY)
		say("cannot mount %s on %s: %s", type, target, strerror(errno));
}

static void mount_all(void)
{
	struct stat root, tmp;

	mount_unless("/dev/zero", "devfs", "/dev", "devfs", 0);
	mount_unless("/proc/meminfo", "proc", "/proc", "proc", 0);
	if (stat("/", &root) == 0 && stat("/tmp", &tmp) == 0 && root.st_dev == tmp.st_dev)
		mount_unless(NULL, "tmpfs", "/tmp", "tmpfs", MS_NODEV | MS_NOSUID);
	if (chmod("/tmp", 01777) < 0)
		say("cannot set the mode of /tmp: %s", strerror(errno));
	if (access("/dev/vdb", F_OK) == 0)
		mount_unless(NULL, "/dev/vdb", "/extra", "ext2", MS_RDONLY);
}

/* Makes path the descriptors 0 (read), 1 and 2 (write) that `which` has bits for. */
static int redirect(const char *path, int flags, int which)
{
	int fd = open(path, flags);

	if (fd < 0)
		return -1;
	for (int target = 0; target < 3; target++)
		if ((which & 1 << target) && fd != target && dup2(fd, target) < 0)
			return -1;
	if (fd > 2)
		close(fd);
	return 0;
}

static void set_host_name(void)
{
	char name[64];
	int fd = open("/etc/hostname", O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return;
	length = read(fd, name, sizeof name);
	close(fd);
	while (length > 0 && (name[length - 1] == '\n' || name[length - 1] == ' '))
		length--;
	if (length > 0)
		syscall(SYS_sethostname, name, (size_t)length);
}

/* A child with init's handlers undone; the caller's code in it must not return. */
static pid_t spawn(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGUSR1, SIG_DFL);
		signal(SIGUSR2, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
	}
	return pid;
}

/* Ends the machine: everybody is asked, then told; what is written reaches the disk. */
static __attribute__((noreturn)) void end_machine(unsigned command)
{
	kill(-1, SIGTERM);
	kill(-1, SIGCONT);
	for (int i = 0; i < 50; i++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (kill(-1, 0) < 0 && errno == ESRCH)
			break;
		nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000 * 1000 }, NULL);
	}
	kill(-1, SIGKILL);
	sync();
	reboot(command);
	say("the machine does not end: %s", strerror(errno));
	for (;;)
		pause();
}

/* Runs as a signal handler and does not return: everything it calls may be called from one. */
static void end_as_asked(int signal)
{
	end_machine(signal == SIGUSR2 ? RB_POWER_OFF : signal == SIGTERM ? RB_AUTOBOOT : RB_HALT_SYSTEM);
}

static void catch_endings(void)
{
	struct sigaction action = { .sa_handler = end_as_asked };

	sigfillset(&action.sa_mask);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* Reaps until `pid` has ended; its wait status. Orphans are reaped on the way. */
static int wait_for(pid_t pid)
{
	int status;

	for (;;) {
		pid_t ended = waitpid(-1, &status, 0);

		if (ended == pid)
			return status;
		if (ended < 0 && errno != EINTR)
			return 127 << 8;
	}
}

/* Sleeps, reaping meanwhile. */
static void pause_for(int seconds)
{
	struct timespec left = { .tv_sec = seconds };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* ---- the host's command ---------------------------------------------------------------------- */

/* The whole text of the host's command, or NULL when there is none. */
static char *host_command(void)
{
	size_t length = 0, room = 4096;
	int fd = open(COMMAND_FILE, O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : malloc(room);
	ssize_t got;

	while (text && (got = read(fd, text + length, room - length - 1)) > 0) {
		length += got;
		if (length == room - 1) {
			char *larger = realloc(text, room *= 2);

			if (!larger)
				free(text);
			text = larger;
		}
	}
	if (text)
		text[length] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

static void report_status(int status)
{
	int number = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	int fd = open("/dev/hostctl", O_WRONLY | O_CLOEXEC);
	char text[32];
	int length = snprintf(text, sizeof text, "exit %d\n", number);

	if (fd < 0 || write(fd, text, length) != length)
		say("the command ended with status %d", number);
	if (fd >= 0)
		close(fd);
}

static __attribute__((noreturn)) void run_host_command(char *command)
{
	pid_t pid = spawn();

	if (pid == 0) {
		setsid();
		if (redirect("/dev/null", O_RDONLY, 1) < 0)
			close(0);
		/* Without the host's channels (a debugger's machine has none) the console serves. */
		if (redirect("/dev/hostout", O_WRONLY, 2) < 0)
			redirect(CONSOLE, O_WRONLY | O_NOCTTY, 2);
		if (redirect("/dev/hosterr", O_WRONLY, 4) < 0)
			redirect(CONSOLE, O_WRONLY | O_NOCTTY, 4);
		if (chdir("/root") < 0)
			say("/root: %s", strerror(errno));
		execve("/bin/sh", (char *[]){ "sh", "-c", command, NULL }, environment);
		dprintf(2, "init: cannot run /bin/sh: %s\n", strerror(errno));
		_exit(127);
	}
	if (pid < 0) {
		say("cannot start a process: %s", strerror(errno));
		report_status(126 << 8);
	} else {
		report_status(wait_for(pid));
	}
	end_machine(RB_POWER_OFF);
}

/* ---- the login shell ------------------------------------------------------------------------- */

static __attribute__((noreturn)) void become_login_shell(void)
{
	setsid();
	if (redirect(CONSOLE, O_RDWR, 7) < 0) {
		say("cannot open " CONSOLE ": %s", strerror(errno));
		_exit(126);
	}
	if (ioctl(0, TIOCSCTTY, 0) < 0)
		say("the console is no controlling terminal: %s", strerror(errno));
	if (chdir("/root") < 0)
		say("/root: %s", strerror(errno));
	/* "-sh": a shell whose name begins with a minus is a login shell. */
	execve("/bin/sh", (char *[]){ "-sh", NULL }, environment);
	say(errno == ENOENT ? "there is no shell: /bin/sh does not exist (%s)" :
		"cannot run /bin/sh: %s", strerror(errno));
	_exit(127);
}

/* A shell that ends at once again and again is started ever more slowly. */
static __attribute__((noreturn)) void keep_shell(void)
{
	int wait = 0;

	for (;;) {
		time_t begin = time(NULL);
		pid_t pid = spawn();
		int status;

		if (pid == 0)
			become_login_shell();
		if (pid < 0) {
			say("cannot start a process: %s", strerror(errno));
			status = 126 << 8;
		} else {
			status = wait_for(pid);
		}
		if (WIFSIGNALED(status))
			say("the shell was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
		if (WIFEXITED(status) && WEXITSTATUS(status) < 126)
			wait = 0;
		else if (time(NULL) - begin < SHORT_LIFE)
			wait = wait ? (2 * wait < LONGEST_PAUSE ? 2 * wait : LONGEST_PAUSE) : 1;
		if (wait) {
			say("trying again in %d s", wait);
			pause_for(wait);
		}
	}
}

int main(void)
{
	char *command;

	if (getpid() != 1) {
		fprintf(stderr, "init: only process 1 is init\n");
		return 1;
	}
	mount_all();
	if (redirect(CONSOLE, O_RDWR | O_NOCTTY, 7) < 0)
		redirect("/dev/null", O_RDWR, 7);
	umask(022);
	set_host_name();
	catch_endings();
	command = host_command();
	if (command)
		run_host_command(command);
	keep_shell();
}
