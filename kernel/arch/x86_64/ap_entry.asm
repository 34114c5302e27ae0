; The first instructions of another CPU inside the image: rdi its struct cpu, rsp its stack, rdx the kernel's root.

global ap_entry
extern ap_start

section .text

bits 64
ap_entry:
	mov cr3, rdx
	mov rax, rdi
	mov rdx, rdi
	shr rdx, 32
	mov ecx, 0xc0000101		; GS base, before any C code
	wrmsr
	xor ebp, ebp
	push rbp			; a return address that ends backtraces
	push rbp
	mov rbp, rsp
	call ap_start
	ud2
