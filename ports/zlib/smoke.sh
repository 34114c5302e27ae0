#!/bin/sh
# zlib by its example program.
. "${TAP:-/extra/tap.sh}"

seq 20000 >plain
sum=$(sha256sum <plain)
is "round trip" "$sum" "$(minigzip <plain | minigzip -d | sha256sum)"
minigzip <plain >plain.gz
ok "it shrinks" [ "$(wc -c <plain.gz)" -lt 60000 ]
head -c 100000 /dev/urandom >noise
is "what does not compress" "$(sha256sum <noise)" "$(minigzip <noise | minigzip -d | sha256sum)"
is "level 1" "$sum" "$(minigzip -1 <plain | minigzip -d | sha256sum)"

finish
