/*
 * pic.h.
 */
#include "arch/x86_64/pic.h"

#include "arch/x86_64/cpu.h"

#define MASTER 0x20
#define SLAVE 0xa0

void pic_disable(void)
{
	/* Remapped to 32..47 as well: a spurious interrupt comes in spite of the mask. */
	outb(MASTER, 0x11);
	io_wait();
	outb(SLAVE, 0x11);
	io_wait();
	outb(MASTER + 1, 32);
	io_wait();
	outb(SLAVE + 1, 40);
	io_wait();
	outb(MASTER + 1, 4);
	io_wait();
	outb(SLAVE + 1, 2);
	io_wait();
	outb(MASTER + 1, 1);
	io_wait();
	outb(SLAVE + 1, 1);
	io_wait();
	outb(MASTER + 1, 0xff);
	outb(SLAVE + 1, 0xff);
}
