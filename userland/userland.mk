# Everything that runs in user mode and is written here. Included by the top Makefile.
#
#   make libc        the libc layer and the sysroot's libraries
#   make userland    own programs: bin/, tests/, bench/
#
# A program is one file (bin/NAME.c) or one folder (bin/NAME/*.c); it becomes
# $(BUILD)/userland/bin/NAME. The same for tests/. Extra flags for one program: CFLAGS_NAME.

.PHONY: libc userland

# ---- libc -------------------------------------------------------------------------------------

LIBC_OBJ := $(BUILD)/userland/libc
LIBC_SRC := $(wildcard userland/libc/*.c)
LIBC_ASM := $(wildcard userland/libc/*.S)
LIBC_START := $(addprefix $(SYSROOT)/lib/,crt0.o crti.o crtn.o)
LIBC_OBJS := $(patsubst userland/libc/%.c,$(LIBC_OBJ)/%.o,$(LIBC_SRC)) \
	$(patsubst userland/libc/%.S,$(LIBC_OBJ)/%.o,$(filter-out %/crt0.S %/crti.S %/crtn.S,$(LIBC_ASM)))
LIBC_CFLAGS := -std=gnu17 -O2 -g -Wall -Wextra -Wno-unused-parameter -ffunction-sections \
	-fdata-sections -fno-builtin -D_GNU_SOURCE -D_COMPILING_OSIER_LIBC

libc: $(SYSROOT_LIBS)

$(LIBC_OBJ)/%.o: userland/libc/%.c $(SYSROOT_HEADERS)
	@mkdir -p $(@D)
	@echo "  CC       $<"
	@$(OSIER_CC) $(LIBC_CFLAGS) -Iuserland/libc -MMD -MP -c -o $@ $<

$(LIBC_OBJ)/%.o: userland/libc/%.S $(SYSROOT_HEADERS)
	@mkdir -p $(@D)
	@echo "  AS       $<"
	@$(OSIER_CC) -g -MMD -MP -c -o $@ $<

$(SYSROOT)/lib/crt%.o: $(LIBC_OBJ)/crt%.o
	@mkdir -p $(@D)
	@cp $< $@

$(SYSROOT)/lib/libosier.a: $(LIBC_OBJS)
	@mkdir -p $(@D)
	@echo "  AR       $@"
	@rm -f $@
	@$(OSIER_AR) rc $@ $(LIBC_OBJS)

$(SYSROOT_LIBS): $(SYSROOT)/lib/libosier.a $(LIBC_START) $(BUILD)/newlib.stamp toolchain/sysroot.sh
	@toolchain/sysroot.sh libraries $(SYSROOT) $(BUILD)
	@touch $@

.SECONDARY: $(LIBC_OBJ)/crt0.o $(LIBC_OBJ)/crti.o $(LIBC_OBJ)/crtn.o

-include $(wildcard $(LIBC_OBJ)/*.d)

# ---- programs ---------------------------------------------------------------------------------

USER_CFLAGS := -std=gnu17 -O2 -g -Wall -Wextra -Wno-unused-parameter -D_GNU_SOURCE

# What people step through: a line is a few instructions, every call is in the backtrace.
CFLAGS_vmdemo := -Og -fno-inline -fno-optimize-sibling-calls

# $(call user_program,KIND,NAME,SOURCES)
define user_program
USER_PROGRAMS += $(BUILD)/userland/$(1)/$(2)
$(BUILD)/userland/$(1)/$(2): $(3) $(4) $(SYSROOT_LIBS) userland/userland.mk
	@mkdir -p $$(@D)
	@echo "  CC       $$@"
	@$(OSIER_CC) $$(USER_CFLAGS) $$(CFLAGS_$(2)) -Iuserland/$(1) -o $$@ $(3) $$(LIBS_$(2))
endef

user_names = $(basename $(notdir $(wildcard userland/$(1)/*.c)))
user_folders = $(sort $(notdir $(patsubst %/,%,$(dir $(wildcard userland/$(1)/*/*.c)))))

$(foreach kind,bin tests,\
	$(foreach name,$(call user_names,$(kind)),\
		$(eval $(call user_program,$(kind),$(name),userland/$(kind)/$(name).c,$(wildcard userland/$(kind)/*.h))))\
	$(foreach name,$(call user_folders,$(kind)),\
		$(eval $(call user_program,$(kind),$(name),$(wildcard userland/$(kind)/$(name)/*.c),$(wildcard userland/$(kind)/$(name)/*.h)))))

USER_BIN := $(filter $(BUILD)/userland/bin/%,$(USER_PROGRAMS))
USER_TESTS := $(filter $(BUILD)/userland/tests/%,$(USER_PROGRAMS))

# vmbench is shared with other systems: its own sources and flags, unchanged.
BENCH_SRC := $(filter-out %/true.c,$(wildcard userland/bench/*.c))
USER_BENCH := $(if $(BENCH_SRC),$(addprefix $(BUILD)/userland/bench/,vmbench vmbench-true))
BENCH_CFLAGS := -O2 -g -std=c11 -Wall -Wextra -Wshadow -Wno-unused-label

$(BUILD)/userland/bench/vmbench: $(BENCH_SRC) userland/bench/vmbench.h $(SYSROOT_LIBS)
	@mkdir -p $(@D)
	@echo "  CC       $@"
	@$(OSIER_CC) $(BENCH_CFLAGS) -DVMBENCH_PTHREAD -o $@ $(BENCH_SRC) -pthread

$(BUILD)/userland/bench/vmbench-true: userland/bench/true.c $(SYSROOT_LIBS)
	@mkdir -p $(@D)
	@echo "  CC       $@"
	@$(OSIER_CC) $(BENCH_CFLAGS) -o $@ $<

userland: $(USER_PROGRAMS) $(USER_BENCH)
