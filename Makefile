# Osier's front door. `make help` says what there is.
#
# Everything is made under build/; what may be kept between checkouts lies in ${OSIER_CACHE}, by
# default ~/.cache/osier. The parts are non-recursive: each *.mk names its outputs by their path.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
SHELL := /bin/sh
export LC_ALL := C

BUILD := build
OSIER_CACHE ?= $(HOME)/.cache/osier
export OSIER_CACHE
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

# ---- the machine ------------------------------------------------------------------------------
# make run CPUS=2 MEM=512M CPU=qemu64 ACCEL=kvm SCREEN=gtk UEFI=1 ICOUNT=1 KERNEL=debug
CPUS ?=
MEM ?=
CPU ?=
ACCEL ?=
SCREEN ?=
UEFI ?=
ICOUNT ?=
KERNEL ?=
LIMIT ?=
APPEND ?=

# CMD and RUN are the user's text: taken unexpanded, handed on in the environment, never read again
# by make or by a shell on this side.
unexport CMD RUN EXTRA SCRIPT APPEND AT ONLY LINE
export OSIER_CMD := $(value CMD)
export OSIER_RUN := $(value RUN)
export OSIER_EXTRA := $(value EXTRA)
export OSIER_SCRIPT := $(value SCRIPT)
export OSIER_APPEND := $(value APPEND)
export OSIER_AT := $(value AT)
export OSIER_ONLY := $(value ONLY)
export OSIER_LINE := $(value LINE)
export CPUS MEM CPU ACCEL SCREEN UEFI ICOUNT KERNEL LIMIT

# Recipes announce each small step with a line `  WORD  what`; tools/progress turns these into one
# line that is rewritten in place. With V=1 the commands themselves are shown instead.
Q := $(if $(V),,@)
PYTHON3 := /usr/bin/python3

# ---- the host ---------------------------------------------------------------------------------
# Included, hence made before anything else: the host's packages are there, or make stops.
ifneq (,$(filter-out help doctor clean,$(or $(MAKECMDGOALS),help)))
include $(BUILD)/host.mk
-load $(BUILD)/host/osier.so
endif

$(BUILD)/host.mk: toolchain/host-packages toolchain/host-check
	@mkdir -p $(@D)
	@toolchain/host-check --install
	@date -u '+# host checked %Y-%m-%d' >$@

$(BUILD)/host/osier.so: tools/make-exec.c | $(BUILD)/host.mk
	@mkdir -p $(@D)
	@gcc -shared -fPIC -O1 -Wall -o $@.new $< && mv $@.new $@

# ---- the parts --------------------------------------------------------------------------------
-include toolchain/toolchain.mk
-include kernel/kernel.mk
-include userland/userland.mk
-include ports/ports.mk
-include disk/disk.mk
-include tests/tests.mk

# ---- the front door ---------------------------------------------------------------------------
.PHONY: run image guest debug bench doctor help clean

# Builds in a make of its own, in parallel, its chatter on stderr; then the front door's recipe
# starts with nothing else running. The number tells the progress line how many objects are missing.
build_now = @$(PYTHON3) tools/progress.py $(words $(filter-out $(wildcard $(OBJECTS)),$(OBJECTS))) \
	$(MAKE) $(if $(V),,-s) -j$(JOBS) $1 >&2
OBJECTS = $(KERNEL_OBJECTS_release) $(KERNEL_OBJECTS_debug) $(LIBC_OBJS) $(USER_PROGRAMS)

.PHONY: ready
ready:
	$(call build_now,$(IMAGE))
run guest debug bench: ready

image:
	$(call build_now,$(IMAGE) compile_commands.json)

# Replace make by the program (tools/make-exec.c says why); where this make cannot load extensions,
# run it as an ordinary recipe: then make's own status is 2 for every failure.
replace_make = $(osier-exec $1,OSIER_CMD,$(value CMD),OSIER_RUN,$(value RUN),\
OSIER_EXTRA,$(value EXTRA),OSIER_SCRIPT,$(value SCRIPT),OSIER_APPEND,$(value APPEND),\
OSIER_AT,$(value AT),OSIER_LINE,$(value LINE),CPUS,$(CPUS),MEM,$(MEM),CPU,$(CPU),ACCEL,$(ACCEL),\
SCREEN,$(SCREEN),UEFI,$(UEFI),ICOUNT,$(ICOUNT),KERNEL,$(KERNEL),LIMIT,$(LIMIT))
dry_run = $(findstring n,$(firstword -$(MAKEFLAGS)))
become = $(if $(dry_run)$(if $(filter %/osier.so,$(.LOADED)),,no),@$1,$(replace_make))

run:
	$(call become,tools/vm.py run)

guest:
	$(call become,tools/vm.py guest)

debug:
	$(call become,tools/vm.py debug)

bench:
	$(call become,tools/bench.py)

doctor:
	@toolchain/host-check

clean:
	rm -rf $(BUILD)

help:
	@cat tools/help.txt

# For editors. Follows the lists of sources and the flags, not the sources' contents.
compile_commands.json: $(BUILD)/image/list $(wildcard */*.mk) tools/compile-commands.py \
		$(BUILD)/kernel/release/objects
	@echo "  INDEX    $@"
	@$(MAKE) -nB V=1 $(KERNEL_OBJECTS_debug) $(LIBC_OBJS) $(USER_PROGRAMS) 2>/dev/null | \
		tools/compile-commands.py $@
