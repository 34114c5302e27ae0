#!/bin/sh
# tar: archive, list, extract, with modes, links and long names.
. "${TAP:-/extra/tap.sh}"

mkdir -p tree/sub
seq 1000 >tree/numbers
echo x >tree/sub/file
chmod 640 tree/sub/file
ln -s numbers tree/soft
ln tree/numbers tree/hard
long=$(printf 'n%.0s' $(seq 150))
echo long >tree/$long
touch -d '2001-02-03 04:05:06' tree/numbers
tar -cf a.tar tree
is "list" "7" "$(tar -tf a.tar | wc -l)"
mkdir out
tar -xpf a.tar -C out
is "content" "$(sha256sum <tree/numbers)" "$(sha256sum <out/tree/numbers)"
is "mode" "640" "$(stat -c %a out/tree/sub/file)"
is "time" "$(stat -c %Y tree/numbers)" "$(stat -c %Y out/tree/numbers)"
is "symbolic link" "numbers" "$(readlink out/tree/soft)"
ok "hard link" [ out/tree/numbers -ef out/tree/hard ]
is "a name of 150" "long" "$(cat out/tree/$long)"
is "one file to standard output" "x" "$(tar -xOf a.tar tree/sub/file)"
is "verbose list" "-rw-r-----" "$(tar -tvf a.tar tree/sub/file | cut -c1-10)"
ok "compare" tar -df a.tar
echo changed >tree/sub/file
fails "compare sees a change" tar -df a.tar
is "exclude" "0" "$(tar -cf - --exclude=sub tree | tar -tf - | grep -c sub)"
echo more >more
tar -rf a.tar more
is "append" "more" "$(tar -tf a.tar | tail -n 1)"
is "strip components" "x" "$(tar -xOf a.tar --strip-components=1 tree/sub/file)"
is "through a pipe" "changed" "$(tar -cf - tree | tar -xOf - tree/sub/file)"
head -c 5300 a.tar >cut.tar
fails "a cut archive is an error" tar -tf cut.tar

finish
