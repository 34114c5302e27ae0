#!/bin/sh
# bzip2: compress, expand, test.
. "${TAP:-/extra/tap.sh}"

seq 20000 >plain
sum=$(sha256sum <plain)
bzip2 -k plain
ok "it shrinks" [ "$(wc -c <plain.bz2)" -lt 40000 ]
is "and comes back" "$sum" "$(bzip2 -dc plain.bz2 | sha256sum)"
ok "test" bzip2 -t plain.bz2
is "bzcat" "20000" "$(bzcat plain.bz2 | tail -n 1)"
rm plain
bunzip2 plain.bz2
is "bunzip2 in place" "$sum" "$(sha256sum <plain)"
is "as a filter" "osier" "$(echo osier | bzip2 | bzip2 -d)"
head -c 100000 /dev/urandom >noise
is "what does not compress" "$(sha256sum <noise)" "$(bzip2 <noise | bzip2 -d | sha256sum)"
is "nothing" "0" "$(bzip2 </dev/null | bzip2 -d | wc -c)"
bzip2 -k plain
head -c 500 plain.bz2 >cut.bz2
fails "a cut stream is an error" bzip2 -t cut.bz2
echo other >bad.bz2
fails "another file is an error" bzip2 -t bad.bz2
is "level 9" "$sum" "$(bzip2 -9 <plain | bzip2 -dc | sha256sum)"

finish
