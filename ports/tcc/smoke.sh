#!/bin/sh
# tcc: compiles and runs C programs inside Osier.
. "${TAP:-/extra/tap.sh}"

CC=tcc
[ -d /usr/lib/tcc ] || CC="tcc -B/extra/usr/lib/tcc"
cat >hello.c <<'EOF'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <unistd.h>
#include <sys/wait.h>
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static unsigned long fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
struct point { double x, y; };
static struct point add(struct point a, struct point b) { return (struct point){ a.x + b.x, a.y + b.y }; }
int main(int argc, char **argv)
{
	int numbers[] = { 5, 3, 9, 1 }, status;
	struct point p = add((struct point){ 1.5, 2 }, (struct point){ 2, 0.25 });
	qsort(numbers, 4, sizeof numbers[0], compare);
	printf("%d %d %lu %.2f %.2f %s\n", numbers[0], numbers[3], fibonacci(20), p.x, p.y, argv[1]);
	fflush(stdout);
	if (fork() == 0)
		_exit(7);
	wait(&status);
	close(99);
	printf("child %d, %s\n", WEXITSTATUS(status), errno == EBADF ? "EBADF" : "?");
	return 3;
}
EOF
ok "compiles and links" $CC -o hello hello.c
is "and runs" "1 9 6765 3.50 2.25 word
child 7, EBADF" "$(./hello word)"
./hello word >/dev/null
is "its status" 3 $?
echo 'int twice(int x) { return 2 * x; }' >a.c
echo 'int twice(int); int main(void) { return twice(21); }' >b.c
ok "compiles apart" $CC -c a.c b.c
ok "links objects" $CC -o ab a.o b.o
./ab
is "two objects" 42 $?
echo 'int main(void) { return __osier__ + (sizeof(long) == 8); }' >define.c
$CC -o define define.c && ./define
is "knows where it is" 2 $?
echo 'int main(void) { retrun 0; }' >wrong.c
fails "an error is an error" $CC -o wrong wrong.c
is "and says where" "wrong.c:1" "$($CC -o wrong wrong.c 2>&1 | grep -o 'wrong.c:1' | head -n 1)"

finish
