; Entries into the kernel by exception and interrupt, and the way back. See trap_frame.h for the contract.
;
; The direction flag is user mode's to set and so is AC: both are cleared at once. GS base is user mode's until swapgs,
; which is done exactly when the frame's CS says that user mode was interrupted; the four traps that have stacks of their
; own may come between the two and look at GS base itself.

%include "arch/x86_64/cpu_offsets.inc"
%include "arch/x86_64/cfi.inc"
%include "arch/x86_64/patch.inc"

extern trap_dispatch, irq_dispatch, return_work
global page_fault, trap_common, irq_common, trap_return, trap_return_work, enter_user, trap_stub_table
global entry_text_start, entry_text_end

entry_text_start:

; What C code may clobber; rsp points at the frame's vector before.
%macro PUSH_CALLER_SAVED 0
	CFI_PUSH rdi
	CFI_PUSH rsi
	CFI_PUSH rdx
	CFI_PUSH r8
	CFI_PUSH r9
	CFI_PUSH r10
	CFI_PUSH rax
	CFI_PUSH rcx
	CFI_PUSH r11
%endmacro

%macro PUSH_CALLEE_SAVED 0
	CFI_PUSH rbx
	CFI_PUSH rbp
	CFI_PUSH r12
	CFI_PUSH r13
	CFI_PUSH r14
	CFI_PUSH r15
%endmacro

; The same into a frame whose slots were left open.
%macro STORE_CALLEE_SAVED 0
	mov [rsp + FRAME_RBX], rbx
	mov [rsp + FRAME_RBP], rbp
	mov [rsp + FRAME_R12], r12
	mov [rsp + FRAME_R13], r13
	mov [rsp + FRAME_R14], r14
	mov [rsp + FRAME_R15], r15
%endmacro

%macro POP_CALLEE_SAVED 0
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbp
	pop rbx
	CFI_SUB -48
%endmacro

%macro POP_CALLER_SAVED 0
	pop r11
	pop rcx
	pop rax
	pop r10
	pop r9
	pop r8
	pop rdx
	pop rsi
	pop rdi
	CFI_SUB -72
%endmacro

; Vector 14. The way from user mode is the one that counts: it saves what C clobbers, the rest only for return_work.
align 16
CFI_ENTRY page_fault, 48
	cld
	USER_ACCESS_END
	test byte [rsp + 16], 3
	jz page_fault_kernel
	swapgs
	push 14
	CFI_SUB 8
	PUSH_CALLER_SAVED
	sub rsp, 48
	CFI_SUB 48
	mov rdi, rsp
	call trap_dispatch
	cli
	mov rax, [gs:CPU_THREAD]
	cmp dword [rax + THREAD_WORK], 0
	jne .work
	swapgs
	add rsp, 48
	CFI_SUB -48
	POP_CALLER_SAVED
	add rsp, 16
	CFI_SUB -16
	iretq
.work:
	CFI_AT FRAME_SIZE
	STORE_CALLEE_SAVED
	jmp trap_return_work
CFI_END page_fault

CFI_ENTRY page_fault_kernel, 48
	push 14
	CFI_SUB 8
	PUSH_CALLER_SAVED
	PUSH_CALLEE_SAVED
	mov rdi, rsp
	call trap_dispatch
	jmp trap_return
CFI_END page_fault_kernel

; Every other exception. The stub has pushed the vector and, where the CPU does not, an error code of 0.
align 16
CFI_ENTRY trap_common, 56
	cld
	USER_ACCESS_END
	test byte [rsp + 24], 3
	jz .kernel
	swapgs
.kernel:
	PUSH_CALLER_SAVED
	PUSH_CALLEE_SAVED
	mov rdi, rsp
	call trap_dispatch

; From here on the frame is full. Loops until there is no work left.
trap_return:
	cli
	test byte [rsp + FRAME_CS], 3
	jz .restore
	mov rax, [gs:CPU_THREAD]
	cmp dword [rax + THREAD_WORK], 0
	jne trap_return_work
	swapgs
.restore:
	POP_CALLEE_SAVED
	POP_CALLER_SAVED
	add rsp, 16
	CFI_SUB -16
	iretq
trap_return_work:
	CFI_AT FRAME_SIZE
	sti
	mov rdi, rsp
	call return_work
	jmp trap_return
CFI_END trap_common

; Interrupts: vector and a 0 for the error code are on the stack.
align 16
CFI_ENTRY irq_common, 56
	cld
	USER_ACCESS_END
	test byte [rsp + 24], 3
	jz .kernel
	swapgs
.kernel:
	PUSH_CALLER_SAVED
	sub rsp, 48
	CFI_SUB 48
	mov edi, [rsp + FRAME_VECTOR]
	call irq_dispatch
	test byte [rsp + FRAME_CS], 3
	jz .restore
	mov rax, [gs:CPU_THREAD]
	cmp dword [rax + THREAD_WORK], 0
	jne .work
	swapgs
.restore:
	add rsp, 48
	CFI_SUB -48
	POP_CALLER_SAVED
	add rsp, 16
	CFI_SUB -16
	iretq
.work:
	CFI_AT FRAME_SIZE
	STORE_CALLEE_SAVED
	jmp trap_return_work
CFI_END irq_common

; Debug, NMI, double fault, machine check: on a stack of their own, at any instruction. Whose GS base it is, the MSR
; says: the kernel's is in the upper half, and user mode cannot set its own.
align 16
CFI_ENTRY trap_own_stack, 56
	cld
	USER_ACCESS_END
	PUSH_CALLER_SAVED
	PUSH_CALLEE_SAVED
	xor ebx, ebx
	mov ecx, MSR_GS_BASE
	rdmsr
	test edx, edx
	js .kernel_gs
	swapgs
	inc ebx
.kernel_gs:
	; A debug exception of user mode goes on on the thread's stack: it sends a signal, and may sleep.
	cmp dword [rsp + FRAME_VECTOR], 1
	jne .stay
	test byte [rsp + FRAME_CS], 3
	jz .stay
	mov rsi, rsp
	mov rdi, [gs:CPU_KERNEL_STACK]
	sub rdi, FRAME_SIZE
	mov rsp, rdi
	mov ecx, FRAME_SIZE / 8
	rep movsq
	mov rdi, rsp
	call trap_dispatch
	jmp trap_return
.stay:
	mov rdi, rsp
	call trap_dispatch
	cli
	test ebx, ebx
	jz .restore
	swapgs
.restore:
	POP_CALLEE_SAVED
	POP_CALLER_SAVED
	add rsp, 16
	CFI_SUB -16
	iretq
CFI_END trap_own_stack

; enter_user(frame)
CFI_FUNCTION enter_user
	mov rsp, rdi
	jmp trap_return
CFI_END enter_user

; One stub a vector.
%macro STUB 1
	%assign vector %1
	%if vector == 14
	; its own, above
	%else
	%if vector == 8 || vector == 10 || vector == 11 || vector == 12 || vector == 13 || vector == 17 || vector == 21
	CFI_ENTRY trap_stub_ %+ vector, 48
	%else
	CFI_ENTRY trap_stub_ %+ vector, 40
	push 0
	CFI_SUB 8
	%endif
	push vector
	CFI_SUB 8
	%if vector == 1 || vector == 2 || vector == 8 || vector == 18
	jmp trap_own_stack
	%elif vector < 32
	jmp trap_common
	%else
	jmp irq_common
	%endif
	CFI_END trap_stub_ %+ vector
	%endif
%endmacro

%assign number 0
%rep 256
	STUB number
	%assign number number + 1
%endrep

entry_text_end:

section .rodata progbits alloc noexec nowrite align=8
trap_stub_table:
%assign number 0
%rep 256
	%if number == 14
	dq page_fault
	%else
	dq trap_stub_ %+ number
	%endif
	%assign number number + 1
%endrep
