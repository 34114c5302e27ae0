; From one kernel context to another (context.h).

%include "arch/x86_64/cfi.inc"

global switch_context, thread_entry_trampoline

; switch_context(from, to)
align 16
CFI_FUNCTION switch_context
	CFI_PUSH rbp
	CFI_PUSH rbx
	CFI_PUSH r12
	CFI_PUSH r13
	CFI_PUSH r14
	CFI_PUSH r15
	mov [rdi], rsp
	mov rsp, rsi
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbx
	pop rbp
	CFI_SUB -48
	ret
CFI_END switch_context

; Where a new thread begins: context_init left the function in r12 and its argument in r13.
CFI_FUNCTION thread_entry_trampoline
	[section .debug_frame]
	db 0x07, DW_rip			; nobody called it
	[section .text]
	mov rdi, r13
	call r12
	ud2
CFI_END thread_entry_trampoline
