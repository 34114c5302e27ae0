#!/bin/sh
# gzip: compress, expand, test, against a stream made elsewhere.
. "${TAP:-/extra/tap.sh}"

seq 20000 >plain
sum=$(sha256sum <plain)
gzip -k plain
ok "it shrinks" [ "$(wc -c <plain.gz)" -lt 60000 ]
is "and comes back" "$sum" "$(gzip -dc plain.gz | sha256sum)"
ok "test" gzip -t plain.gz
is "zcat" "20000" "$(zcat plain.gz | tail -n 1)"
rm plain
gunzip plain.gz
is "gunzip in place" "$sum" "$(sha256sum <plain)"
is "as a filter" "osier" "$(echo osier | gzip | gzip -d)"
printf '\037\213\010\000\000\000\000\000\000\003\313\057\316\114\055\342\002\000\033\305\374\003\006\000\000\000' >given.gz
is "a stream made elsewhere" "osier" "$(gzip -dc given.gz)"
head -c 40 /dev/urandom >noise
gzip -c noise >noise.gz
is "what does not compress" "$(sha256sum <noise)" "$(gzip -dc noise.gz | sha256sum)"
head -c 200 noise.gz | head -c 30 >cut.gz
fails "a cut stream is an error" gzip -t cut.gz
echo no gzip >bad.gz
fails "another file is an error" gzip -t bad.gz
is "list" "108894" "$(gzip -k plain; set -- $(gzip -l plain.gz | tail -n 1); echo $2)"

finish
