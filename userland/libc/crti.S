/* The first halves of _init and _fini; object files may add to them between here and crtn. */
	.section .init
	.globl	_init
	.type	_init, @function
_init:
	subq	$8, %rsp

	.section .fini
	.globl	_fini
	.type	_fini, @function
_fini:
	subq	$8, %rsp

	.section .note.GNU-stack, "", @progbits
