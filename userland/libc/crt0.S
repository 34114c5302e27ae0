/*
 * Where a program begins. The kernel enters here with the stack described in osier/abi/auxv.h:
 * argc, the argument pointers, NULL, the environment pointers, NULL, the auxiliary vector.
 * main is named here, not in a library, so that the linker misses it by name when it is absent.
 */
	.text
	.globl	_start
	.type	_start, @function
_start:
	.cfi_startproc
	.cfi_undefined rip
	xorl	%ebp, %ebp		/* the outermost frame */
	movq	%rsp, %rdi
	movq	$main, %rsi
	andq	$-16, %rsp
	call	__osier_start
	hlt
	.cfi_endproc
	.size	_start, . - _start

	.section .note.GNU-stack, "", @progbits
