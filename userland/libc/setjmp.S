/*
 * setjmp and its family. A buffer holds rbx, rbp, r12 to r15, the stack pointer after the return,
 * the return address, whether the signal mask was saved, and the mask.
 */
	.macro	function name
	.section .text.\name, "ax", @progbits
	.globl	\name
	.type	\name, @function
\name:
	.endm

	.macro	save
	movq	%rbx, 0(%rdi)
	movq	%rbp, 8(%rdi)
	movq	%r12, 16(%rdi)
	movq	%r13, 24(%rdi)
	movq	%r14, 32(%rdi)
	movq	%r15, 40(%rdi)
	leaq	8(%rsp), %rax
	movq	%rax, 48(%rdi)
	movq	(%rsp), %rax
	movq	%rax, 56(%rdi)
	.endm

	function setjmp
	.globl	_setjmp
	.set	_setjmp, setjmp
	save
	movq	$0, 64(%rdi)
	xorl	%eax, %eax
	ret

	function sigsetjmp
	save
	movslq	%esi, %rsi
	movq	%rsi, 64(%rdi)
	testq	%rsi, %rsi
	jnz	__osier_sigsetjmp_save		/* returns 0 to our caller */
	xorl	%eax, %eax
	ret

	function longjmp
	.globl	_longjmp
	.set	_longjmp, longjmp
	.globl	siglongjmp
	.set	siglongjmp, longjmp
	cmpq	$0, 64(%rdi)
	je	1f
	pushq	%rdi
	pushq	%rsi
	subq	$8, %rsp
	call	__osier_sigsetjmp_restore
	addq	$8, %rsp
	popq	%rsi
	popq	%rdi
1:
	movl	%esi, %eax
	testl	%eax, %eax
	jnz	2f
	incl	%eax			/* longjmp(env, 0) returns 1 */
2:
	movq	0(%rdi), %rbx
	movq	8(%rdi), %rbp
	movq	16(%rdi), %r12
	movq	24(%rdi), %r13
	movq	32(%rdi), %r14
	movq	40(%rdi), %r15
	movq	48(%rdi), %rsp
	jmpq	*56(%rdi)

	.section .note.GNU-stack, "", @progbits
