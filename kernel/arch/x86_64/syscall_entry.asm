; SYSCALL: rax the number, arguments in rdi rsi rdx r10 r8 r9, rcx the return address, r11 the flags. SFMASK has cleared
; IF, DF, TF, AC.
;
; The frame on the stack has the shape of a trap's; the fast path fills what restarts, signals and itself need and leaves the
; other slots open. It returns by SYSRET, to the instruction after SYSCALL: that one lies below the end of user space,
; where no page is ever mapped in the last 4 KiB, so it is canonical. Whatever may have changed the frame
; goes back by IRETQ.

%include "arch/x86_64/cpu_offsets.inc"
%include "arch/x86_64/cfi.inc"

extern syscall_table, syscall_count, syscall_dispatch, trap_return, trap_return_work
global syscall_entry, syscall_text_end

; The slots that the fast path left open.
%macro STORE_REST 0
	mov [rsp + FRAME_RBX], rbx
	mov [rsp + FRAME_RBP], rbp
	mov [rsp + FRAME_R12], r12
	mov [rsp + FRAME_R13], r13
	mov [rsp + FRAME_R14], r14
	mov [rsp + FRAME_R15], r15
	mov rcx, [rsp + FRAME_RIP]
	mov [rsp + FRAME_RCX], rcx
	mov rcx, [rsp + FRAME_RFLAGS]
	mov [rsp + FRAME_R11], rcx
%endmacro

align 16
CFI_ENTRY syscall_entry, 0
	swapgs
	mov [gs:CPU_USER_RSP], rsp
	mov rsp, [gs:CPU_KERNEL_STACK]
	push USER_SS
	push qword [gs:CPU_USER_RSP]
	push r11
	push USER_CS
	push rcx
	CFI_SUB 40
	push rax
	CFI_SUB 8
	push TRAP_SYSCALL
	CFI_SUB 8
	CFI_PUSH rdi
	CFI_PUSH rsi
	CFI_PUSH rdx
	CFI_PUSH r8
	CFI_PUSH r9
	CFI_PUSH r10
	sub rsp, 72
	CFI_SUB 72
	sti
	mov rcx, [gs:CPU_THREAD]
	test byte [rcx + THREAD_WORK], WORK_TRACE
	jnz .slow
	mov ecx, [rel syscall_count]
	cmp rax, rcx
	jae .slow
	shl eax, 4
	test byte [rax + syscall_table + 8], SYSCALL_FULL_FRAME
	jnz .full
	mov rcx, r10
	call [rax + syscall_table]
	cli
	mov rcx, [gs:CPU_THREAD]
	cmp dword [rcx + THREAD_WORK], 0
	jne .work
	mov rdi, [rsp + FRAME_RDI]
	mov rsi, [rsp + FRAME_RSI]
	mov rdx, [rsp + FRAME_RDX]
	mov r8, [rsp + FRAME_R8]
	mov r9, [rsp + FRAME_R9]
	mov r10, [rsp + FRAME_R10]
	mov rcx, [rsp + FRAME_RIP]
	mov r11, [rsp + FRAME_RFLAGS]
	mov rsp, [rsp + FRAME_RSP]
	swapgs
	o64 sysret

.work:
	mov [rsp + FRAME_RAX], rax
	STORE_REST
	jmp trap_return_work

.full:
	STORE_REST
	mov rcx, r10
	call [rax + syscall_table]
	mov [rsp + FRAME_RAX], rax
	jmp trap_return

.slow:
	mov [rsp + FRAME_RAX], rax
	STORE_REST
	mov rdi, rsp
	call syscall_dispatch
	mov [rsp + FRAME_RAX], rax
	jmp trap_return
CFI_END syscall_entry
syscall_text_end:
