/*
 * dmesg: the kernel's log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { KLOG_READ = 0, LARGEST = 1 << 20 };

int main(void)
{
	char *text = malloc(LARGEST);
	long length = text ? syscall(SYS_klog, KLOG_READ, text, (size_t)LARGEST) : -1;

	if (length < 0) {
		perror("dmesg");
		return 1;
	}
	if (fwrite(text, 1, length, stdout) != (size_t)length || fflush(stdout) != 0) {
		perror("dmesg: standard output");
		return 1;
	}
	return 0;
}
