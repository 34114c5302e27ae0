# The disk image: build/osier.img, from the skeleton in disk/root, our programs, the ports, the
# kernels and GRUB. disk/make-image does it all in one go, in a second or two.
#
# build/image/ holds what goes in: programs without the debugger's tables, which `make debug` reads
# from where they were built.

IMAGE := $(BUILD)/osier.img
IMAGE_MIB ?= 256

IMAGE_KERNELS := $(BUILD)/image/osier.elf $(BUILD)/image/osier-debug.elf
IMAGE_PROGRAMS := $(patsubst $(BUILD)/userland/bin/%,$(BUILD)/image/root/bin/%,$(USER_BIN)) \
	$(patsubst $(BUILD)/userland/bench/%,$(BUILD)/image/root/bin/%,$(USER_BENCH)) \
	$(patsubst $(BUILD)/userland/tests/%,$(BUILD)/image/root/tests/%,$(USER_TESTS))
IMAGE_MANUAL := $(sort $(wildcard userland/man/man?/*.?))

define stripped
@mkdir -p $(@D)
$(Q)objcopy --strip-debug $< $@.new && mv $@.new $@
endef

$(BUILD)/image/osier.elf: $(BUILD)/kernel/release/osier.elf
	$(stripped)
$(BUILD)/image/osier-debug.elf: $(BUILD)/kernel/debug/osier.elf
	$(stripped)
$(BUILD)/image/root/bin/vmb%: $(BUILD)/userland/bench/vmb%
	$(stripped)
$(BUILD)/image/root/bin/%: $(BUILD)/userland/bin/%
	$(stripped)
$(BUILD)/image/root/tests/%: $(BUILD)/userland/tests/%
	$(stripped)

# The list of what goes in is a prerequisite: a program that is no more leaves the image.
$(BUILD)/image/list: FORCE
	@mkdir -p $(@D)
	@echo '$(IMAGE_PROGRAMS) $(IMAGE_MANUAL) $(IMAGE_PORTS) $(IMAGE_MIB)' | cmp -s - $@ || \
		echo '$(IMAGE_PROGRAMS) $(IMAGE_MANUAL) $(IMAGE_PORTS) $(IMAGE_MIB)' >$@

$(IMAGE): $(IMAGE_KERNELS) $(IMAGE_PROGRAMS) $(IMAGE_MANUAL) $(BASE_PORTS_STAMP) $(BUILD)/image/list \
		grub/grub.cfg grub/early.cfg disk/make-image disk/ext2.py disk/modes \
		$(shell find disk/root -type f -o -type d)
	@echo "  IMAGE    $@"
	$(Q)disk/make-image --output $@ --work $(BUILD)/image --size $(IMAGE_MIB) \
		--tree disk/root $(foreach port,$(IMAGE_PORTS),--tree $(BUILD)/ports/$(port)) \
		$(foreach program,$(IMAGE_PROGRAMS),--file $(patsubst $(BUILD)/image/root%,%,$(program))=$(program)) \
		$(foreach page,$(IMAGE_MANUAL),--file $(page:userland/%=/usr/share/%)=$(page)) \
		--file /boot/osier.elf=$(BUILD)/image/osier.elf \
		--file /boot/osier-debug.elf=$(BUILD)/image/osier-debug.elf \
		--file /boot/grub/grub.cfg=grub/grub.cfg --modes disk/modes
