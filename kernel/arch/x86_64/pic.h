/*
 * The two 8259 controllers: moved out of the way of exceptions and masked for good.
 */
#ifndef OSIER_ARCH_PIC_H
#define OSIER_ARCH_PIC_H

/* Before the first sti: IRQ 0 would come as vector 8, which is a double fault. */
void pic_disable(void);

#endif
