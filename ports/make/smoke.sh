#!/bin/sh
# make: dependencies, patterns, functions, parallel jobs.
. "${TAP:-/extra/tap.sh}"

cat >Makefile <<'EOF'
all: joined
joined: a.out b.out
	cat $^ >$@
%.out: %.in
	tr a-z A-Z <$< >$@
.PHONY: all show fail wide
show:
	@echo $(words one two three) $(patsubst %.c,%.o,x.c y.c) $(shell echo shell) $(NAME)
fail:
	@false
wide: w1 w2 w3 w4
	@cat w1 w2 w3 w4
w%:
	@sleep 0.2; echo $* >$@
EOF
echo aa >a.in
echo bb >b.in
ok "builds" make -s
is "in order" "AA BB" "$(echo $(cat joined))"
is "nothing to do" "make: Nothing to be done for 'all'." "$(make)"
sleep 1
touch b.in
is "only what changed" "tr a-z A-Z <b.in >b.out cat a.out b.out >joined" "$(echo $(make))"
is "functions and variables" "3 x.o y.o shell value" "$(make -s show NAME=value)"
make -s fail 2>/dev/null
is "an error is status 2" 2 $?
is "dry run" "tr a-z A-Z <a.in >a.out" "$(rm a.out; make -n a.out)"
is "four jobs" "1 2 3 4" "$(echo $(make -s -j4 wide))"
make -s nothing-known 2>/dev/null
is "no rule is status 2" 2 $?

finish
