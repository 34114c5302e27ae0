/*
 * ioctl(2) requests. Linux numbers.
 */
#ifndef OSIER_ABI_IOCTL_H
#define OSIER_ABI_IOCTL_H

#define TCGETS		0x5401	/* struct termios * */
#define TCSETS		0x5402
#define TCSETSW		0x5403
#define TCSETSF		0x5404
#define TCSBRK		0x5409	/* int: 0 sends a break, otherwise drain */
#define TCXONC		0x540a
#define TCFLSH		0x540b
#define TIOCEXCL	0x540c
#define TIOCNXCL	0x540d
#define TIOCSCTTY	0x540e
#define TIOCGPGRP	0x540f	/* pid_t * */
#define TIOCSPGRP	0x5410
#define TIOCOUTQ	0x5411
#define TIOCSTI		0x5412
#define TIOCGWINSZ	0x5413	/* struct winsize * */
#define TIOCSWINSZ	0x5414
#define FIONREAD	0x541b	/* int * */
#define TIOCINQ		FIONREAD
#define TIOCCONS	0x541d
#define FIONBIO		0x5421	/* int * */
#define TIOCNOTTY	0x5422
#define TIOCGSID	0x5429	/* pid_t * */
#define TIOCGPTN	0x80045430U	/* unsigned int *: number of the pseudo-terminal */
#define TIOCSPTLCK	0x40045431U	/* int * */
#define FIONCLEX	0x5450
#define FIOCLEX		0x5451
#define FIOASYNC	0x5452

struct winsize {
	unsigned short ws_row;
	unsigned short ws_col;
	unsigned short ws_xpixel;
	unsigned short ws_ypixel;
};

#define BLKGETSIZE64	0x80081272U	/* unsigned long *: bytes */
#define BLKSSZGET	0x1268U		/* int * */
#define BLKFLSBUF	0x1261U

/* /dev/fb0 */
#define FBIOGET_OSIER	0x4600	/* struct osier_fbinfo * */

struct osier_fbinfo {
	unsigned int width;		/* pixels */
	unsigned int height;
	unsigned int pitch;		/* bytes a line */
	unsigned int bits;		/* a pixel */
	unsigned char red_shift, red_bits;
	unsigned char green_shift, green_bits;
	unsigned char blue_shift, blue_bits;
	unsigned char __pad[2];
	unsigned long size;		/* bytes to map */
};

#endif /* OSIER_ABI_IOCTL_H */
