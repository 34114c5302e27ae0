# The disk image: build/osier.img, from the skeleton in disk/root, our programs, the ports, the
# kernels and GRUB. disk/make-image does it all in one go, in a second or two.

IMAGE := $(BUILD)/osier.img
IMAGE_MIB ?= 256

KERNELS := $(BUILD)/kernel/release/osier.elf $(BUILD)/kernel/debug/osier.elf
# The image's kernels carry no debugger's tables; `make debug` reads those from build/kernel.
BOOT_KERNELS := $(BUILD)/image/osier.elf $(BUILD)/image/osier-debug.elf

$(BUILD)/image/osier.elf: $(BUILD)/kernel/release/osier.elf
$(BUILD)/image/osier-debug.elf: $(BUILD)/kernel/debug/osier.elf
$(BOOT_KERNELS):
	@mkdir -p $(@D)
	$(Q)objcopy --strip-debug $< $@.new && chmod 644 $@.new && mv $@.new $@

IMAGE_TREES := disk/root $(USERLAND_ROOT) $(foreach port,$(IMAGE_PORTS),$(BUILD)/ports/$(port))
IMAGE_NEEDS := $(BOOT_KERNELS) $(USERLAND_STAMP) $(BASE_PORTS_STAMP) grub/grub.cfg grub/early.cfg \
	disk/make-image disk/ext2.py disk/modes $(shell find disk/root -mindepth 1)

$(IMAGE): $(IMAGE_NEEDS)
	$(call say,disk image: $(IMAGE_MIB) MiB, GRUB for BIOS and UEFI, ext2 root)
	$(Q)disk/make-image --output $@ --work $(BUILD)/image --size $(IMAGE_MIB) \
		$(foreach tree,$(IMAGE_TREES),--tree $(tree)) --modes disk/modes \
		--file /boot/osier.elf=$(BUILD)/image/osier.elf \
		--file /boot/osier-debug.elf=$(BUILD)/image/osier-debug.elf \
		--file /boot/grub/grub.cfg=grub/grub.cfg
