; The console's font, made by make_font.py.
section .rodata progbits alloc noexec nowrite align=8

global console_font, console_font_end
align 8
console_font:
incbin "build/kernel/font.bin"
console_font_end:
