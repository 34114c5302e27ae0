# Ports: real programs from Debian's source packages, built by ports/build (see docs/porting.md).
#
#   make ports              all of them          make ports NAME=sed     one, and what it needs
#   make ports-smoke        every port's smoke test in the guest; NAME=sed for one
#   make ports-list         names, versions, what they are
#
# The disk image carries IMAGE_PORTS, staged from build/ports/NAME/ once BASE_PORTS_STAMP is there.

# What every image has. A port belongs here only if it builds everywhere, quickly.
BASE_PORTS := dash coreutils sed grep

# More for the image: make run PORTS='less vim', or PORTS=all.
ALL_PORTS := $(patsubst ports/%/recipe,%,$(wildcard ports/*/recipe))
ifeq ($(PORTS),all)
IMAGE_PORTS := $(ALL_PORTS)
else
IMAGE_PORTS := $(sort $(BASE_PORTS) $(PORTS))
endif

BASE_PORTS_STAMP := $(BUILD)/ports/.stamp-$(firstword $(shell echo $(IMAGE_PORTS) | cksum))
PORTS_DRIVER := ports/build $(wildcard ports/lib/*.py) ports/config.site

$(BASE_PORTS_STAMP): $(PORTS_DRIVER) $(SYSROOT_LIBS) \
		$(foreach port,$(IMAGE_PORTS),ports/$(port)/recipe $(wildcard ports/$(port)/patches/*))
	@$(PYTHON3) ports/build $(IMAGE_PORTS)
	@touch $@

.PHONY: ports ports-list ports-smoke ports-refresh
ports: $(SYSROOT_LIBS)
	@$(PYTHON3) ports/build $(NAME)

ports-list:
	@$(PYTHON3) ports/build --list

# Asks the archive again for every source package that is kept: security updates.
ports-refresh:
	@$(PYTHON3) ports/build --fetch --refresh $(NAME)

ports-smoke: ports
	@ports/smoke $(NAME)
