; From the boot loader's hand-off to the first C function.
;
; Both protocols enter in 32-bit protected mode without paging, flat segments, interrupts off:
;   multiboot2  EAX = 0x36d76289, EBX = physical address of the information structure
;   PVH         EBX = physical address of hvm_start_info
; The code is independent of where it was loaded: EBP holds the physical address of the image's first byte, and
; every address below is EBP + (symbol - KERNEL_IMAGE_BASE). It maps the image at KERNEL_IMAGE_BASE (all pages writable
; and executable until direct_map.c gives them their rights), and its own page one to one, until it has jumped up.

%define KERNEL_IMAGE_BASE 0xffffffff80000000
; Adding this to a symbol of the image leaves its offset, modulo 2^64.
%define OFFSET 0x80000000

%define MULTIBOOT2_HEADER_MAGIC 0xe85250d6
%define PVH_MAGIC 0x336ec578

%define PRESENT_WRITE 3
%define LARGE 0x80

%define COM1 0x3f8

extern kernel_image_start, kernel_image_end
extern kernel_main, boot_cpu
extern kernel_root, image_pdpt, image_directory, image_tables, window_directory, window_table
extern identity_pdpt, identity_directory
global boot_multiboot2, boot_pvh, kernel_physical_base, boot_stack_guard, boot_stack, boot_stack_top

section .note.pvh note alloc noexec nowrite align=4
	dd 4, 8, 18			; owner's size, descriptor's size, XEN_ELFNOTE_PHYS32_ENTRY
	db "Xen", 0
	dq boot_pvh - KERNEL_IMAGE_BASE + 0x200000

section .bss.page_aligned nobits alloc noexec write align=4096
boot_stack_guard:
	resb 4096			; direct_map.c takes its mapping away
boot_stack:
	resb 16384
boot_stack_top:

section .boot progbits alloc exec nowrite align=4096

bits 32
multiboot2_header:
	dd MULTIBOOT2_HEADER_MAGIC
	dd 0				; i386
	dd multiboot2_header.end - multiboot2_header
	dd 0x100000000 - (MULTIBOOT2_HEADER_MAGIC + (multiboot2_header.end - multiboot2_header))
align 8
	dw 1, 0				; wants: memory map; takes if it is there: command line, modules, framebuffer, ACPI
	dd 12
	dd 6
align 8
	dw 5, 1				; framebuffer, optional
	dd 20
	dd 1024, 768, 32
align 8
	dw 6, 0				; modules page aligned
	dd 8
align 8
	dw 10, 0			; may be loaded anywhere in the low 4 GiB
	dd 24
	dd 0x100000, 0xffffffff, 0x200000, 1
align 8
	dw 0, 0
	dd 8
.end:

boot_pvh:
	mov edi, PVH_MAGIC
	jmp boot_common
boot_multiboot2:
	mov edi, eax
boot_common:
	cli
	cld
	; There is no stack yet. The second word of either structure is borrowed for one return address.
	mov edx, [ebx + 4]
	lea esp, [ebx + 8]
	call .here
.here:
	pop ebp
	mov [ebx + 4], edx
	sub ebp, boot_common.here - $$
	lea esp, [ebp + boot_stack_top + OFFSET]

	; Long mode and no-execute are required.
	mov eax, 0x80000000
	push ebx
	cpuid
	pop ebx
	cmp eax, 0x80000001
	jb .no_long_mode
	mov eax, 0x80000001
	push ebx
	cpuid
	pop ebx
	bt edx, 29
	jnc .no_long_mode
	bt edx, 20
	jnc .no_nx

	; The image, 4 KiB page by page: EAX the page, ECX how many are left, ESI the entry.
	mov ecx, kernel_image_end + OFFSET
	add ecx, 4095
	shr ecx, 12
	lea eax, [ebp + PRESENT_WRITE]
	lea esi, [ebp + image_tables + OFFSET]
.page:
	mov [esi], eax
	mov dword [esi + 4], 0
	add eax, 4096
	add esi, 8
	dec ecx
	jnz .page

	; Tables above: directory entries for four leaf tables, the window's, and the two roads from the root.
	lea eax, [ebp + image_tables + OFFSET + PRESENT_WRITE]
	lea esi, [ebp + image_directory + OFFSET]
	mov ecx, 4
.table:
	mov [esi], eax
	add eax, 4096
	add esi, 8
	dec ecx
	jnz .table

	lea eax, [ebp + window_table + OFFSET + PRESENT_WRITE]
	mov [ebp + window_directory + OFFSET + 510 * 8], eax
	lea eax, [ebp + image_directory + OFFSET + PRESENT_WRITE]
	mov [ebp + image_pdpt + OFFSET + 510 * 8], eax
	lea eax, [ebp + window_directory + OFFSET + PRESENT_WRITE]
	mov [ebp + image_pdpt + OFFSET + 511 * 8], eax
	lea eax, [ebp + image_pdpt + OFFSET + PRESENT_WRITE]
	mov [ebp + kernel_root + OFFSET + 511 * 8], eax

	; This page, one to one, for the moment of the switch.
	lea eax, [ebp + identity_pdpt + OFFSET + PRESENT_WRITE]
	mov [ebp + kernel_root + OFFSET], eax
	mov ecx, ebp
	shr ecx, 30
	lea eax, [ebp + identity_directory + OFFSET + PRESENT_WRITE]
	mov [ebp + identity_pdpt + OFFSET + ecx * 8], eax
	mov ecx, ebp
	shr ecx, 21
	mov eax, ecx
	and ecx, 511
	shl eax, 21
	or eax, PRESENT_WRITE | LARGE
	mov [ebp + identity_directory + OFFSET + ecx * 8], eax

	lea eax, [ebp + kernel_root + OFFSET]
	mov cr3, eax
	mov eax, 0x20			; PAE
	mov cr4, eax
	mov ecx, 0xc0000080		; EFER: long mode, no-execute
	rdmsr
	or eax, 0x900
	wrmsr
	mov eax, 0x80010023		; PG, WP, NE, MP, PE
	mov cr0, eax

	; A code segment of 64 bits.
	lea eax, [ebp + boot_gdt - $$]
	mov [ebp + boot_gdt_pointer - $$ + 2], eax
	lgdt [ebp + boot_gdt_pointer - $$]
	push dword 0x08
	lea eax, [ebp + boot_long_mode - $$]
	push eax
	retf

.no_long_mode:
	lea esi, [ebp + text_no_long_mode - $$]
	jmp boot_fail
.no_nx:
	lea esi, [ebp + text_no_nx - $$]

; Says the text at ESI on the serial line and in the corner of a VGA text screen, and stops.
boot_fail:
	mov edi, 0xb8000
.next:
	lodsb
	test al, al
	jz .stop
	mov ah, 0x4f
	mov [edi], ax
	add edi, 2
	mov bl, al
	mov ecx, 100000
	mov dx, COM1 + 5
.wait:
	in al, dx
	test al, 0x20
	loopz .wait
	mov dx, COM1
	mov al, bl
	out dx, al
	jmp .next
.stop:
	cli
	hlt
	jmp .stop

text_no_long_mode:
	db "osier: this CPU has no 64-bit mode; Osier needs x86_64", 13, 10, 0
text_no_nx:
	db "osier: this CPU has no no-execute pages (NX); Osier needs them", 13, 10, 0

align 8
boot_gdt:
	dq 0
	dq 0x00af9b000000ffff		; 0x08: code, 64 bits
	dq 0x00cf93000000ffff		; 0x10: data
boot_gdt_pointer:
	dw 23
	dd 0
	dd 0

bits 64
boot_long_mode:
	mov rax, boot_high
	jmp rax
boot_high:
	; Up here. The descriptors by their high address, then the one-to-one mapping goes.
	mov rax, boot_gdt
	mov [rel boot_gdt_pointer + 2], rax
	lgdt [rel boot_gdt_pointer]
	mov eax, 0x10
	mov ds, eax
	mov es, eax
	mov ss, eax
	xor eax, eax
	mov fs, eax
	mov gs, eax
	mov [rel kernel_root], rax
	mov rax, cr3
	mov cr3, rax
	mov rsp, boot_stack_top
	mov [rel kernel_physical_base], rbp

	; GS base: this CPU's struct cpu, before any C code.
	mov rax, boot_cpu
	mov rdx, rax
	shr rdx, 32
	mov ecx, 0xc0000101
	wrmsr

	; kernel_main(magic, information)
	mov edi, edi
	mov esi, ebx
	xor ebp, ebp
	push rbp			; a return address that ends backtraces
	push rbp
	mov rbp, rsp
	call kernel_main
	ud2

section .data
align 8
kernel_physical_base:
	dq 0
