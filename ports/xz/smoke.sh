#!/bin/sh
# xz: compress, expand, test.
. "${TAP:-/extra/tap.sh}"

seq 20000 >plain
sum=$(sha256sum <plain)
xz -k plain
ok "it shrinks" [ "$(wc -c <plain.xz)" -lt 40000 ]
is "and comes back" "$sum" "$(xz -dc plain.xz | sha256sum)"
ok "test" xz -t plain.xz
is "xzcat" "20000" "$(xzcat plain.xz | tail -n 1)"
rm plain
unxz plain.xz
is "unxz in place" "$sum" "$(sha256sum <plain)"
is "as a filter" "osier" "$(echo osier | xz | xz -d)"
head -c 100000 /dev/urandom >noise
is "what does not compress" "$(sha256sum <noise)" "$(xz <noise | xz -d | sha256sum)"
is "nothing" "0" "$(xz </dev/null | xz -d | wc -c)"
xz -k plain
head -c 500 plain.xz >cut.xz
fails "a cut stream is an error" xz -t cut.xz
echo other >bad.xz
fails "another file is an error" xz -t bad.xz
is "level 9" "$sum" "$(xz -9 <plain | xz -dc | sha256sum)"

finish
