# The target compiler and the sysroot. Included by the top Makefile.
#
#   make toolchain   build/bin/x86_64-osier-gcc and everything it needs to link a program
#
# What others may depend on:
#   $(OSIER_CC)          the compiler, for anything that only compiles
#   $(SYSROOT_HEADERS)   stamp: all headers are in place
#   $(SYSROOT_LIBS)      stamp: libraries and start files are in place, programs can be linked

BUILD ?= build
SYSROOT := $(BUILD)/sysroot
OSIER_CC := $(BUILD)/bin/x86_64-osier-gcc
OSIER_AR := $(BUILD)/bin/x86_64-osier-ar
SYSROOT_HEADERS := $(BUILD)/sysroot.headers
SYSROOT_LIBS := $(BUILD)/sysroot.libraries

LIBC_REPLACE := $(wildcard userland/libc/include/replace/*.h userland/libc/include/replace/*/*.h)
LIBC_ADD := $(wildcard userland/libc/include/add/*.h userland/libc/include/add/*/*.h)
ABI_HEADERS := $(wildcard kernel/include/osier/abi/*.h)

.PHONY: toolchain
toolchain: $(SYSROOT_LIBS)

$(BUILD)/compiler.stamp: toolchain/compiler.sh
	@mkdir -p $(BUILD)/bin
	@echo "  COMPILER $(OSIER_CC)"
	@toolchain/compiler.sh $(SYSROOT) $(BUILD)/bin
	@touch $@

$(OSIER_CC): $(BUILD)/compiler.stamp

# newlib.sh looks itself whether anything newlib depends on has changed.
$(BUILD)/newlib.stamp: toolchain/newlib.sh toolchain/newlib/osier.patch toolchain/compiler.sh \
		$(LIBC_REPLACE) $(filter-out %/syscall.h,$(ABI_HEADERS))
	@mkdir -p $(BUILD)
	@toolchain/newlib.sh $(BUILD)
	@touch $@

$(SYSROOT_HEADERS): $(BUILD)/compiler.stamp $(BUILD)/newlib.stamp toolchain/sysroot.sh \
		$(LIBC_REPLACE) $(LIBC_ADD) $(ABI_HEADERS)
	@echo "  HEADERS  $(SYSROOT)/include"
	@toolchain/sysroot.sh headers $(SYSROOT) $(BUILD)
	@touch $@
