/* The second halves of _init and _fini. */
	.section .init
	addq	$8, %rsp
	ret

	.section .fini
	addq	$8, %rsp
	ret

	.section .note.GNU-stack, "", @progbits
