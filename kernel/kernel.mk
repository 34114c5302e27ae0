# The kernel, in two variants: release (what is measured) and debug (assertions, lock ranks, poison, UBSan).
#
#   make kernel            both
#   make kernel-release    build/kernel/release/osier.elf
#   make kernel-debug      build/kernel/debug/osier.elf
#
# WERROR=1 makes warnings errors. V=1 shows the commands.

KERNEL_CC ?= gcc
KERNEL_LD ?= ld
KERNEL_NM ?= nm
KERNEL_OBJCOPY ?= objcopy
NASM ?= nasm
PYTHON3 ?= python3

KERNEL_C := $(sort $(shell find kernel -name '*.c' -not -path '*/tests/*'))
KERNEL_ASM := $(sort $(shell find kernel -name '*.asm'))

KERNEL_CFLAGS := -std=gnu17 -ffreestanding -fno-pic -fno-pie -mno-red-zone -mcmodel=kernel -mgeneral-regs-only \
	-fno-stack-protector -fno-omit-frame-pointer -fcf-protection=none -fno-asynchronous-unwind-tables \
	-fno-strict-aliasing -fno-common -fno-delete-null-pointer-checks \
	-Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wmissing-prototypes -Wstrict-prototypes -Wvla \
	-Wundef -Wframe-larger-than=2048 -Ikernel -Ikernel/include $(if $(WERROR),-Werror)
KERNEL_CFLAGS_release := -O2 -g
KERNEL_CFLAGS_debug := -Og -g3 -DCONFIG_DEBUG=1 -fno-optimize-sibling-calls \
	-fsanitize=undefined -fno-sanitize=alignment,object-size,pointer-overflow
KERNEL_NASMFLAGS := -f elf64 -g -F dwarf -Ikernel/ -w+error=label-orphan
KERNEL_LDFLAGS := -static -nostdlib -z max-page-size=4096 -z noexecstack --no-warn-rwx-segments --build-id=sha1 \
	--no-dynamic-linker

# The sanitiser's own handlers, and code that runs before there is a place to report to, are not instrumented.
KERNEL_NO_SANITIZE := kernel/debug/ubsan.c kernel/debug/early_serial.c

# The debugger finds every structure and enumeration it needs in this one file, used or not.
build/kernel/release/init/debug_abi.c.o build/kernel/debug/init/debug_abi.c.o: KERNEL_CFLAGS += -fno-eliminate-unused-debug-types

kernel_quiet := $(if $(V),,@)

.PHONY: kernel kernel-release kernel-debug
kernel: kernel-release kernel-debug
kernel-release: build/kernel/release/osier.elf
kernel-debug: build/kernel/debug/osier.elf

# $(1): variant
define kernel_variant
KERNEL_OBJECTS_$(1) := $$(KERNEL_C:kernel/%=build/kernel/$(1)/%.o) $$(KERNEL_ASM:kernel/%=build/kernel/$(1)/%.o)

build/kernel/$(1)/%.c.o: kernel/%.c kernel/kernel.mk
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo "  CC      $(1) kernel/$$*.c")
	$$(kernel_quiet)$$(KERNEL_CC) $$(KERNEL_CFLAGS) $$(KERNEL_CFLAGS_$(1)) \
		$$(if $$(filter $$<,$$(KERNEL_NO_SANITIZE)),-fno-sanitize=all) -MMD -MP -c -o $$@ $$<

# Local labels are kept out of the symbol table: the debugger would take them for functions.
build/kernel/$(1)/%.asm.o: kernel/%.asm kernel/kernel.mk
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo "  NASM    $(1) kernel/$$*.asm")
	$$(kernel_quiet)$$(NASM) $$(KERNEL_NASMFLAGS) $$(if $$(filter debug,$(1)),-DCONFIG_DEBUG=1) \
		-MD $$(@:.o=.d) -MP -MT $$@ -o $$@.tmp $$<
	$$(kernel_quiet)$$(KERNEL_OBJCOPY) --wildcard --strip-symbol='[a-z]*.*' --strip-symbol='..@*' $$@.tmp $$@ && rm -f $$@.tmp

# The list of objects is a prerequisite: a deleted source file links the kernel anew.
build/kernel/$(1)/objects: FORCE
	@mkdir -p $$(@D)
	@echo '$$(KERNEL_OBJECTS_$(1))' | cmp -s - $$@ || echo '$$(KERNEL_OBJECTS_$(1))' > $$@

# Linked twice: once to learn where the functions are, then with the table of them, which comes last and moves nothing.
build/kernel/$(1)/osier.elf: $$(KERNEL_OBJECTS_$(1)) build/kernel/$(1)/objects kernel/osier.lds kernel/debug/make_symbols.py
	@echo "  LINK    $$@"
	$$(kernel_quiet)$$(KERNEL_LD) $$(KERNEL_LDFLAGS) -S -T kernel/osier.lds -o build/kernel/$(1)/pass1.elf $$(KERNEL_OBJECTS_$(1))
	$$(kernel_quiet)$$(KERNEL_NM) -n build/kernel/$(1)/pass1.elf | $$(PYTHON3) kernel/debug/make_symbols.py build/kernel/$(1)/symbols.bin
	$$(kernel_quiet)$$(NASM) -f elf64 -DBLOB='"build/kernel/$(1)/symbols.bin"' -o build/kernel/$(1)/symbols.o kernel/debug/symbols.inc
	$$(kernel_quiet)$$(KERNEL_LD) $$(KERNEL_LDFLAGS) -T kernel/osier.lds -o $$@.tmp $$(KERNEL_OBJECTS_$(1)) build/kernel/$(1)/symbols.o
	$$(kernel_quiet)mv $$@.tmp $$@

-include $$(KERNEL_OBJECTS_$(1):.o=.d)
endef

# The screen's font: GNU Unifont, as GRUB's package has it.
KERNEL_FONT ?= /usr/share/grub/unicode.pf2
build/kernel/font.bin: kernel/dev/make_font.py $(KERNEL_FONT)
	@mkdir -p $(@D)
	$(kernel_quiet)$(PYTHON3) kernel/dev/make_font.py $(KERNEL_FONT) $@.tmp && mv $@.tmp $@
build/kernel/release/dev/font.asm.o build/kernel/debug/dev/font.asm.o: build/kernel/font.bin

$(eval $(call kernel_variant,release))
$(eval $(call kernel_variant,debug))

.PHONY: FORCE
FORCE:
