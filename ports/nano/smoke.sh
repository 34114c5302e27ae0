#!/bin/sh
# nano, as far as it goes without a terminal.
. "${TAP:-/extra/tap.sh}"

is "version" "GNU nano, version 7.2" "$(nano --version | head -n 1 | sed 's/^ *//')"
ok "help" sh -c 'nano --help | grep -q -- --nowrap'
fails "needs a terminal" sh -c 'nano x </dev/null'

finish
