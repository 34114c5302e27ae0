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

# ---- saying what is done ----------------------------------------------------------------------
# $(call step,PART,TOTAL,WHAT) opens a recipe line of one of many small steps: on a terminal they
# share a line, elsewhere they are silent. $(call say,TEXT) opens one that deserves its own line.
# With V=1 the commands themselves are shown instead.
TERMINAL := $(if $(V),,$(shell test -t 2 && echo yes))
count = $(eval done.$1 := $(done.$1) x)$(words $(done.$1))
ifdef V
step =
say =
else ifdef TERMINAL
step = @printf '\r\033[K%s %s/%s %s' '$1' '$(call count,$1)' '$2' '$3' >&2;
say = @printf '\r\033[K%s\n' '$1' >&2;
else
step = @
say = @echo '$1' >&2;
endif
Q := $(if $(V),,@)

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
.PHONY: run image guest debug bench doctor help clean ready

# Builds in a make of its own, in parallel, its chatter on stderr; then the front door's recipe
# starts with nothing else running.
ready:
	@$(MAKE) $(if $(V),,-s) -j$(JOBS) $(READY) >&2

run guest debug bench: ready
run guest: READY = $(IMAGE)
debug bench: READY = $(IMAGE)

image:
	@$(MAKE) $(if $(V),,-s) -j$(JOBS) $(IMAGE) >&2

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
