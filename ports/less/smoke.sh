#!/bin/sh
# less, as far as it goes without a terminal.
. "${TAP:-/extra/tap.sh}"

seq 1000 >numbers
is "passes through a pipe" "$(sha256sum <numbers)" "$(less numbers | sha256sum)"
is "from standard input" "1000" "$(seq 1000 | less | tail -n 1)"
is "version" "less 590" "$(less --version | head -n 1 | cut -d' ' -f1,2)"

finish
