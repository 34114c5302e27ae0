/*
 * getcontext, setcontext and swapcontext: the registers a call keeps, the signal mask, the FPU's
 * control words. Offsets are those of ucontext_t; context.c checks them.
 */
#define GREGS		40
#define R8		(GREGS + 0 * 8)
#define R9		(GREGS + 1 * 8)
#define R12		(GREGS + 4 * 8)
#define R13		(GREGS + 5 * 8)
#define R14		(GREGS + 6 * 8)
#define R15		(GREGS + 7 * 8)
#define RDI		(GREGS + 8 * 8)
#define RSI		(GREGS + 9 * 8)
#define RBP		(GREGS + 10 * 8)
#define RBX		(GREGS + 11 * 8)
#define RDX		(GREGS + 12 * 8)
#define RCX		(GREGS + 14 * 8)
#define RSP		(GREGS + 15 * 8)
#define RIP		(GREGS + 16 * 8)
#define SIGMASK		296
#define FPSTATE		304

	.macro	function name
	.section .text.\name, "ax", @progbits
	.globl	\name
	.type	\name, @function
\name:
	.endm

	.macro	save ucp
	movq	%rbx, RBX(\ucp)
	movq	%rbp, RBP(\ucp)
	movq	%r12, R12(\ucp)
	movq	%r13, R13(\ucp)
	movq	%r14, R14(\ucp)
	movq	%r15, R15(\ucp)
	leaq	8(%rsp), %rax
	movq	%rax, RSP(\ucp)
	movq	(%rsp), %rax
	movq	%rax, RIP(\ucp)
	fnstcw	FPSTATE(\ucp)
	stmxcsr	FPSTATE + 24(\ucp)
	.endm

	function getcontext
	save	%rdi
	pushq	%rdi
	call	__osier_context_getmask		/* (ucp): fills uc_sigmask */
	popq	%rdi
	xorl	%eax, %eax
	ret

	function setcontext
	pushq	%rdi
	call	__osier_context_setmask		/* (ucp): takes uc_sigmask */
	popq	%rdi
.Lload_context:
	fldcw	FPSTATE(%rdi)
	ldmxcsr	FPSTATE + 24(%rdi)
	movq	RBX(%rdi), %rbx
	movq	RBP(%rdi), %rbp
	movq	R12(%rdi), %r12
	movq	R13(%rdi), %r13
	movq	R14(%rdi), %r14
	movq	R15(%rdi), %r15
	movq	RSP(%rdi), %rsp
	pushq	RIP(%rdi)
	movq	RSI(%rdi), %rsi
	movq	RDX(%rdi), %rdx
	movq	RCX(%rdi), %rcx
	movq	R8(%rdi), %r8
	movq	R9(%rdi), %r9
	movq	RDI(%rdi), %rdi
	xorl	%eax, %eax
	ret

	function swapcontext
	save	%rdi
	pushq	%rsi
	call	__osier_context_swapmask	/* (out, in): both masks */
	popq	%rdi
	jmp	.Lload_context

/* Where a function made by makecontext returns to: rbx is its context. */
	function __osier_context_end
	movq	%rbx, %rdi
	andq	$-16, %rsp
	call	__osier_context_next
	hlt

	.section .note.GNU-stack, "", @progbits
