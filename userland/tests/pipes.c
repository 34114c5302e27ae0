/*
 * Pipes, FIFOs, poll and select.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

#include "tap.h"

static volatile sig_atomic_t broken;

static void on_pipe(int signal)
{
	broken++;
}

static void ends(void)
{
	struct sigaction action = { .sa_handler = on_pipe };
	char buffer[16];
	int fds[2];

	is(pipe(fds), 0, "pipe");
	is(write(fds[1], "abc", 3), 3, "write");
	is(read(fds[0], buffer, 16), 3, "a read takes what there is");
	fails_with(ESPIPE, lseek(fds[0], 0, SEEK_SET));
	fails_with(EBADF, write(fds[0], "x", 1));
	fails_with(EBADF, read(fds[1], buffer, 1));
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	fails_with(EAGAIN, read(fds[0], buffer, 1));
	close(fds[1]);
	is(read(fds[0], buffer, 1), 0, "no writer: end of file");
	close(fds[0]);

	(void)!pipe(fds);
	sigaction(SIGPIPE, &action, NULL);
	close(fds[0]);
	fails_with(EPIPE, write(fds[1], "x", 1));
	is(broken, 1, "no reader: SIGPIPE");
	close(fds[1]);
	is(exit_of_child({
		   signal(SIGPIPE, SIG_DFL);
		   (void)!pipe(fds);
		   close(fds[0]);
		   (void)!write(fds[1], "x", 1);
	   }), 1000 + SIGPIPE, "which kills");
	fails_with(EINVAL, pipe2(fds, 0x40000000));
}

static void capacity(void)
{
	static char block[65536];
	int fds[2], status;
	ssize_t total = 0, got;
	pid_t pid;

	(void)!pipe2(fds, O_NONBLOCK);
	while ((got = write(fds[1], block, 4096)) > 0)
		total += got;
	ok(errno == EAGAIN && total == 65536, "a pipe holds 65536 bytes (%zd)", total);
	fails_with(EAGAIN, write(fds[1], block, 1));
	is(read(fds[0], block, 4096), 4096, "a page read");
	is(write(fds[1], block, 4096), 4096, "makes room for a page");
	close(fds[0]);
	close(fds[1]);

	(void)!pipe(fds);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		for (int i = 0; i < 64; i++) {
			memset(block, i, sizeof block);
			if (write(fds[1], block, sizeof block) != sizeof block)
				_exit(1);
		}
		_exit(0);
	}
	close(fds[1]);
	total = 0;
	status = 0;
	while ((got = read(fds[0], block, 10000)) > 0) {
		for (ssize_t i = 0; i < got; i++)
			if (block[i] != (char)((total + i) / 65536))
				status = 1;
		total += got;
	}
	is(total, 64 * 65536, "4 MiB through a pipe");
	is(status, 0, "... in order");
	waitpid(pid, &status, 0);
	is(status, 0, "the writer is content");
	close(fds[0]);
}

static long elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

static void polling(void)
{
	struct timespec begin;
	struct pollfd fd[3];
	struct timeval wait = { 0, 50000 };
	fd_set set;
	int fds[2], status;
	pid_t pid;

	(void)!pipe(fds);
	fd[0] = (struct pollfd){ fds[0], POLLIN, 0 };
	fd[1] = (struct pollfd){ fds[1], POLLOUT, 0 };
	fd[2] = (struct pollfd){ 999, POLLIN, 0 };
	is(poll(fd, 1, 0), 0, "an empty pipe is not readable");
	is(poll(fd, 2, 1000), 1, "but writable");
	is(fd[1].revents, POLLOUT, "... POLLOUT");
	is(poll(fd + 2, 1, 0), 1, "a closed descriptor");
	is(fd[2].revents, POLLNVAL, "... POLLNVAL");
	clock_gettime(CLOCK_MONOTONIC, &begin);
	is(poll(fd, 1, 60), 0, "poll waits its time");
	ok(elapsed_ms(&begin) >= 60 && elapsed_ms(&begin) < 3000, "... not less (%ld ms)", elapsed_ms(&begin));
	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	is(select(fds[0] + 1, &set, NULL, NULL, &wait), 0, "so does select");
	ok(!FD_ISSET(fds[0], &set), "... and clears the bit");
	pid = fork();
	if (pid == 0) {
		usleep(50000);
		(void)!write(fds[1], "x", 1);
		_exit(0);
	}
	is(poll(fd, 1, 5000), 1, "poll is woken by a writer");
	is(fd[0].revents, POLLIN, "... POLLIN");
	waitpid(pid, &status, 0);
	FD_SET(fds[0], &set);
	is(select(fds[0] + 1, &set, NULL, NULL, NULL), 1, "select sees it");
	close(fds[1]);
	is(poll(fd, 1, 1000), 1, "no writer any more");
	is(fd[0].revents, POLLIN | POLLHUP, "... POLLHUP, and what is left to read");
	close(fds[0]);
	FD_SET(999, &set);
	fails_with(EBADF, select(1000, &set, NULL, NULL, &wait));
	fails_with(EINVAL, select(-1, &set, NULL, NULL, &wait));
	fd[0].fd = -1;
	is(poll(fd, 1, 10), 0, "a negative descriptor is passed over");
}

static void fifos(void)
{
	char byte = 0;
	int status, fd;
	pid_t pid;

	unlink("/tmp/fifo");
	is(mkfifo("/tmp/fifo", 0600), 0, "mkfifo");
	fails_with(ENXIO, open("/tmp/fifo", O_WRONLY | O_NONBLOCK));
	pid = fork();
	if (pid == 0) {
		fd = open("/tmp/fifo", O_WRONLY);
		_exit(write(fd, "f", 1) == 1 ? 0 : 1);
	}
	fd = open("/tmp/fifo", O_RDONLY);
	ok(read(fd, &byte, 1) == 1 && byte == 'f', "both ends meet");
	waitpid(pid, &status, 0);
	is(read(fd, &byte, 1), 0, "end of file once the writer is gone");
	close(fd);
	unlink("/tmp/fifo");
}

int main(void)
{
	ends();
	capacity();
	polling();
	fifos();
	return done();
}
