; Where another CPU begins: in real mode, at a page below 1 MiB that this is copied to. It goes up to 64 bits on a root table of
; its own (the kernel's half, and the low 2 MiB one to one), jumps into the image, and takes the kernel's root.

%define PAGE 0x8000			; BOOT_AP_TRAMPOLINE
%define AT(label) (PAGE + (label) - ap_trampoline_start)

global ap_trampoline_start, ap_trampoline_end, ap_trampoline_parameters

section .rodata progbits alloc noexec nowrite align=16

ap_trampoline_start:
bits 16
	cli
	cld
	xor ax, ax
	mov ds, ax
	lgdt [AT(ap_gdt_pointer)]
	mov eax, cr0
	or al, 1
	mov cr0, eax
	jmp dword 0x08:AT(ap_protected)

bits 32
ap_protected:
	mov eax, 0x10
	mov ds, eax
	mov es, eax
	mov ss, eax
	mov eax, 0x20			; PAE
	mov cr4, eax
	mov eax, [AT(ap_parameter_root)]
	mov cr3, eax
	mov ecx, 0xc0000080		; EFER: long mode, no-execute
	rdmsr
	or eax, 0x900
	wrmsr
	mov eax, 0x80010023		; PG, WP, NE, MP, PE
	mov cr0, eax
	jmp 0x18:AT(ap_long)

bits 64
ap_long:
	mov eax, AT(ap_trampoline_parameters)
	mov rdi, [rax + 8]		; struct cpu
	mov rsp, [rax + 16]
	mov rdx, [rax + 24]		; the kernel's root
	mov rcx, [rax + 32]		; where to go on
	jmp rcx

align 8
ap_gdt:
	dq 0
	dq 0x00cf9b000000ffff		; 0x08: code, 32 bits
	dq 0x00cf93000000ffff		; 0x10: data
	dq 0x00af9b000000ffff		; 0x18: code, 64 bits
ap_gdt_pointer:
	dw 31
	dd AT(ap_gdt)
align 8
ap_trampoline_parameters:
ap_parameter_root:
	dq 0
	dq 0, 0, 0, 0
ap_trampoline_end:
