; The instructions that touch user memory (usercopy.h). Each that may fault is named in the exception table with the
; place to go on at; what a failed `rep` has left over is in rcx.

%include "arch/x86_64/cfi.inc"
%include "arch/x86_64/patch.inc"

global usercopy_copy, usercopy_clear, usercopy_string, usercopy_load32, usercopy_exchange32

%define MINUS_EFAULT -14

; FIXUP label, place
%macro FIXUP 2
	[section .extable progbits alloc noexec nowrite align=8]
	dq %1, %2
	[section .text]
%endmacro

; usercopy_copy(to, from, bytes)
align 16
CFI_FUNCTION usercopy_copy
	USER_ACCESS_BEGIN
	mov rcx, rdx
	shr rcx, 3
	and edx, 7
.words:
	rep movsq
	mov ecx, edx
.bytes:
	rep movsb
.done:
	mov rax, rcx
	USER_ACCESS_END
	ret
	; The word that faulted may begin before the page that is missing: up to it by bytes, so that the count is exact.
.words_failed:
	lea rcx, [rcx * 8 + rdx]
.retry:
	rep movsb
	jmp .done
	FIXUP .words, .words_failed
	FIXUP .bytes, .done
	FIXUP .retry, .done
CFI_END usercopy_copy

; usercopy_clear(to, bytes)
align 16
CFI_FUNCTION usercopy_clear
	USER_ACCESS_BEGIN
	xor eax, eax
	mov rcx, rsi
	shr rcx, 3
	and esi, 7
.words:
	rep stosq
	mov ecx, esi
.bytes:
	rep stosb
.done:
	mov rax, rcx
	USER_ACCESS_END
	ret
.words_failed:
	lea rcx, [rcx * 8 + rsi]
.retry:
	rep stosb
	jmp .done
	FIXUP .words, .words_failed
	FIXUP .bytes, .done
	FIXUP .retry, .done
CFI_END usercopy_clear

; usercopy_string(to, from, size): eight bytes at a time until one of them is 0, then byte by byte.
align 16
CFI_FUNCTION usercopy_string
	USER_ACCESS_BEGIN
	xor eax, eax
	mov r10, 0x0101010101010101
	mov r11, 0x8080808080808080
	sub rdx, 8
	jb .tail
.words:
	mov r8, [rsi + rax]
	mov rcx, r8
	sub rcx, r10
	mov r9, r8
	not r9
	and rcx, r9
	test rcx, r11
	jnz .tail
	mov [rdi + rax], r8
	add rax, 8
	cmp rax, rdx
	jbe .words
.tail:
	add rdx, 8
.next:
	cmp rax, rdx
	jae .done
.byte:
	mov cl, [rsi + rax]
	mov [rdi + rax], cl
	test cl, cl
	jz .done
	inc rax
	jmp .next
.done:
	USER_ACCESS_END
	ret
.byte_failed:
	mov rax, MINUS_EFAULT
	USER_ACCESS_END
	ret
	FIXUP .words, .tail
	FIXUP .byte, .byte_failed
CFI_END usercopy_string

; usercopy_load32(value, from)
align 16
CFI_FUNCTION usercopy_load32
	USER_ACCESS_BEGIN
.load:
	mov edx, [rsi]
	USER_ACCESS_END
	mov [rdi], edx
	xor eax, eax
	ret
.failed:
	USER_ACCESS_END
	mov eax, MINUS_EFAULT
	ret
	FIXUP .load, .failed
CFI_END usercopy_load32

; usercopy_exchange32(to, expected, wanted, old)
align 16
CFI_FUNCTION usercopy_exchange32
	mov eax, esi
	USER_ACCESS_BEGIN
.exchange:
	lock cmpxchg [rdi], edx
	USER_ACCESS_END
	mov [rcx], eax
	xor eax, eax
	ret
.failed:
	USER_ACCESS_END
	mov eax, MINUS_EFAULT
	ret
	FIXUP .exchange, .failed
CFI_END usercopy_exchange32
