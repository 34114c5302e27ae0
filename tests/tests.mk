# make test: builds what the tests need, then tests/run.py runs them. ONLY=pattern for some.
#
# A host unit test is tests/unit/test_NAME.c; its first line says which kernel files it links:
#     // links: kernel/lib/tree.c kernel/lib/radix.c

UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))
UNIT_TESTS := $(UNIT_SOURCES:tests/unit/%.c=$(BUILD)/tests/unit/%)
UNIT_CFLAGS := -std=gnu17 -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all -DOSIER_HOST=1 -DCONFIG_DEBUG=1 -D_GNU_SOURCE -Wall -Wextra \
	-Wno-unused-parameter -Wno-sign-compare -Ikernel -Ikernel/include -Itests/unit \
	$(if $(WERROR),-Werror)

# A test that does not compile is one failed test: its messages go to the log beside it, the runner
# shows them, and the others run.
$(UNIT_TESTS): $(BUILD)/tests/unit/%: tests/unit/%.c tests/tests.mk
	@mkdir -p $(@D)
	@echo "  CC       $<"
	$(Q)rm -f $@; gcc $(UNIT_CFLAGS) -MMD -MP -MF $@.d -MT $@ -o $@ $< \
		$$(sed -n '1s,^// links:,,p' $<) -lcmocka >$@.log 2>&1 || :

-include $(UNIT_TESTS:=.d)

.PHONY: test test-build
test-build: $(IMAGE) $(UNIT_TESTS) compile_commands.json

# The ports that are not on the image are tested by `make ports-smoke`.
test:
	$(call build_now,test-build)
	@$(PYTHON3) tests/run.py
