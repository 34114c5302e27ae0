/*
 * Clocks, sleeping, interval and POSIX timers.
 */
#include <poll.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

#include "tap.h"

static volatile sig_atomic_t alarms, value;

static void on_alarm(int signal, siginfo_t *info, void *context)
{
	alarms++;
	value = info->si_value.sival_int;
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void clocks(void)
{
	struct timespec a, b, real;
	struct tms tms;

	is(clock_gettime(CLOCK_MONOTONIC, &a), 0, "CLOCK_MONOTONIC");
	clock_gettime(CLOCK_MONOTONIC, &b);
	ok(b.tv_sec > a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec), "it does not go back");
	is(clock_gettime(CLOCK_REALTIME, &real), 0, "CLOCK_REALTIME");
	ok(real.tv_sec > 1600000000, "it is a plausible year");
	is(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a), 0, "CLOCK_PROCESS_CPUTIME_ID");
	is(clock_getres(CLOCK_MONOTONIC, &a), 0, "clock_getres");
	fails_with(EINVAL, clock_gettime((clockid_t)999, &a));
	ok(times(&tms) != (clock_t)-1, "times");
}

static void sleeping(void)
{
	struct timespec rest = { 0, 50000000 }, bad = { 0, 1000000000 }, at;
	long begin = now_ms();

	is(nanosleep(&rest, NULL), 0, "nanosleep");
	ok(now_ms() - begin >= 50, "... not less than asked for (%ld ms)", now_ms() - begin);
	fails_with(EINVAL, nanosleep(&bad, NULL));
	bad.tv_nsec = -1;
	fails_with(EINVAL, nanosleep(&bad, NULL));
	clock_gettime(CLOCK_MONOTONIC, &at);
	begin = now_ms();
	at.tv_nsec += 30000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	is(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL), 0, "an absolute sleep");
	ok(now_ms() - begin >= 29, "... until then");
	at = (struct timespec){ 0, 1 };
	is(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL), 0, "a time that is past");
}

static void intervals(void)
{
	struct sigaction action = { .sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO };
	struct itimerval timer = { { 0, 20000 }, { 0, 20000 } }, old;
	long begin = now_ms();

	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGVTALRM, &action, NULL);
	is(setitimer(ITIMER_REAL, &timer, NULL), 0, "setitimer");
	while (alarms < 3 && now_ms() - begin < 3000)
		pause();
	ok(alarms >= 3 && now_ms() - begin >= 60, "it fires again and again");
	memset(&timer, 0, sizeof timer);
	is(setitimer(ITIMER_REAL, &timer, &old), 0, "switched off");
	is(old.it_interval.tv_usec, 20000, "the old interval is told");
	is(alarm(100), 0, "alarm");
	ok(alarm(0) >= 99, "tells what was left");
	fails_with(EINVAL, setitimer(9, &timer, NULL));
	alarms = 0;
	timer.it_value.tv_usec = 30000;
	is(setitimer(ITIMER_VIRTUAL, &timer, NULL), 0, "ITIMER_VIRTUAL");
	begin = now_ms();
	while (!alarms && now_ms() - begin < 5000)
		;
	is(alarms, 1, "it counts the time of this program");
}

static void posix_timers(void)
{
	struct sigaction action = { .sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 3, .sigev_value.sival_int = 77 };
	struct itimerspec spec = { { 0, 0 }, { 0, 20000000 } }, left;
	long begin = now_ms();
	timer_t id;

	sigaction(SIGRTMIN + 3, &action, NULL);
	alarms = 0;
	is(timer_create(CLOCK_MONOTONIC, &event, &id), 0, "timer_create");
	is(timer_settime(id, 0, &spec, NULL), 0, "timer_settime");
	is(timer_gettime(id, &left), 0, "timer_gettime");
	ok(left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 20000000, "... what is left");
	while (!alarms && now_ms() - begin < 3000)
		usleep(5000);
	ok(alarms == 1 && value == 77, "its signal brings its value");
	is(timer_delete(id), 0, "timer_delete");
	fails_with(EINVAL, timer_delete(id));
}

/* Stopped and continued in the middle: the rest of the first time, not a new one, and no EINTR. */
static void stopped(void)
{
	for (int which = 0; which < 2; which++) {
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			struct timespec time = { 0, 400000000 };
			long begin = now_ms();
			int result = which ? nanosleep(&time, NULL) : poll(NULL, 0, 400);

			_exit(result == 0 && now_ms() - begin >= 400 && now_ms() - begin < 700 ? 0 : 1);
		}
		usleep(200000);
		kill(pid, SIGSTOP);
		usleep(50000);
		kill(pid, SIGCONT);
		waitpid(pid, &status, 0);
		is(status, 0, "%s goes on after a stop, and keeps its end", which ? "nanosleep" : "poll");
	}
}

int main(void)
{
	clocks();
	stopped();
	sleeping();
	intervals();
	posix_timers();
	return done();
}
