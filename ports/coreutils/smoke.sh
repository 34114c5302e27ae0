#!/bin/sh
# coreutils: text, sums, files and system tools against known output.
. "${TAP:-/extra/tap.sh}"

# -- text

seq 20 >numbers
is "seq" "1 2 3 4 5" "$(seq -s ' ' 5)"
is "seq by step" "10 7 4 1" "$(echo $(seq 10 -3 1))"
is "seq of fractions" "0.5 1.0 1.5" "$(echo $(seq 0.5 0.5 1.5))"
is "seq of a million, wc" "1000000" "$(seq 1000000 | wc -l)"
is "wc of all three" "20 20 51" "$(set -- $(wc numbers); echo $1 $2 $3)"
is "head" "1 2 3" "$(echo $(head -n 3 numbers))"
is "tail" "19 20" "$(echo $(tail -n 2 numbers))"
is "tail from a line" "18 19 20" "$(echo $(tail -n +18 numbers))"
is "head by bytes" "1
2" "$(head -c 4 numbers)"
is "sort" "apple banana cherry" "$(echo $(printf 'cherry\napple\nbanana\n' | sort))"
is "sort numbers backwards" "100 20 3" "$(echo $(printf '3\n100\n20\n' | sort -rn))"
is "sort by key" "b:1 c:2 a:3" "$(echo $(printf 'a:3\nb:1\nc:2\n' | sort -t: -k2n))"
is "sort -u" "a b" "$(echo $(printf 'b\na\nb\na\n' | sort -u))"
is "sort 20000 lines" "00000 19999 20000" "$(
	seq 19999 -1 0 | while read -r n; do printf '%05d\n' "$n"; done | sort >sorted
	echo $(head -n 1 sorted) $(tail -n 1 sorted) $(wc -l <sorted))"
is "uniq -c" "2 a 1 b 3 c" "$(echo $(printf 'a\na\nb\nc\nc\nc\n' | uniq -c))"
is "uniq -d" "a" "$(printf 'a\na\nb\n' | uniq -d)"
is "cut fields" "root:/bin/sh" "$(echo root:x:0:0::/root:/bin/sh | cut -d: -f1,7)"
is "cut characters" "cde" "$(echo abcdefg | cut -c3-5)"
is "tr case" "HELLO" "$(echo hello | tr a-z A-Z)"
is "tr squeeze and delete" "abc" "$(echo aaxbbxcc | tr -d x | tr -s abc)"
is "paste" "1:a 2:b" "$(printf '1\n2\n' >p1; printf 'a\nb\n' >p2; echo $(paste -d: p1 p2))"
is "join" "1 a x" "$(printf '1 a\n2 b\n' >j1; printf '1 x\n3 y\n' >j2; join j1 j2)"
is "comm" "common" "$(printf 'a\ncommon\n' >c1; printf 'common\nz\n' >c2; comm -12 c1 c2)"
is "nl" "1 a 2 b" "$(echo $(printf 'a\nb\n' | nl))"
is "fold" "abc def g" "$(echo $(echo abcdefg | fold -w 3))"
is "fmt" "one two three" "$(printf 'one\ntwo\nthree\n' | fmt)"
is "expand" "a       b" "$(printf 'a\tb\n' | expand)"
is "unexpand" "$(printf '\tb')" "$(echo '        b' | unexpand)"
is "tac" "3 2 1" "$(echo $(seq 3 | tac))"
split -l 5 numbers part.
is "split" "5 part.aa part.ab part.ac part.ad" "$(echo $(wc -l <part.ad) part.*)"
is "cat" "20" "$(cat part.* | wc -l)"
is "cat restores what split cut" "$(sha256sum <numbers)" "$(cat part.* | sha256sum)"
is "od" "0000000 6f 73 69 65 72 0000005" "$(echo $(printf osier | od -tx1))"
is "tsort" "a b c" "$(echo $(printf 'a b\nb c\n' | tsort))"
is "factor" "1000000007: 1000000007" "$(factor 1000000007)"
is "factor a composite" "600851475143: 71 839 1471 6857" "$(factor 600851475143)"
is "numfmt" "1.5K" "$(numfmt --to=iec 1536)"
is "base64" "b3NpZXI=" "$(printf osier | base64)"
is "base64 back" "osier" "$(printf b3NpZXI= | base64 -d)"
is "shuf keeps the lines" "210" "$(sum=0; for n in $(shuf numbers); do sum=$((sum + n)); done; echo $sum)"
is "tee" "both both" "$(echo both | tee copy) $(cat copy)"
is "printf" "  7|0x1f|abc  |2.50" "$(printf '%3d|%#x|%-5s|%.2f' 7 31 abc 2.5)"
is "yes" "y y y" "$(echo $(yes | head -n 3))"
is "cksum" "3015617425 6" "$(printf 'hello\n' | cksum)"

# -- digests of known input

is "md5sum" "d41d8cd98f00b204e9800998ecf8427e" "$(md5sum </dev/null | cut -d' ' -f1)"
is "sha1sum" "a9993e364706816aba3e25717850c26c9cd0d89d" "$(printf abc | sha1sum | cut -d' ' -f1)"
is "sha256sum" "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" \
	"$(printf abc | sha256sum | cut -d' ' -f1)"
is "sha512sum" "ddaf35a193617abacc417349ae204131" \
	"$(printf abc | sha512sum | cut -c1-32)"
is "sha256sum of a megabyte" "30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58" \
	"$(head -c 1048576 /dev/zero | sha256sum | cut -d' ' -f1)"
sha256sum numbers >sums
ok "sha256sum -c" sha256sum --status -c sums
echo changed >>numbers
fails "sha256sum -c sees a change" sha256sum --status -c sums

# -- files

mkdir -p a/b/c
ok "mkdir -p" [ -d a/b/c ]
fails "mkdir of what is there" mkdir a
echo content >a/file
cp a/file a/copy
is "cp" "content" "$(cat a/copy)"
cp -r a tree
is "cp -r" "content" "$(cat tree/file)"
ok "and its folders" [ -d tree/b/c ]
mv a/copy a/b/moved
is "mv into a folder" "content" "$(cat a/b/moved)"
fails "and the old name is gone" [ -e a/copy ]
mv a/b/moved a/b/c/again
mv a/b renamed
is "mv a folder" "content" "$(cat renamed/c/again)"
ln a/file a/hard
is "hard link" "2" "$(stat -c %h a/file)"
ok "the same file" [ a/file -ef a/hard ]
ln -s file a/soft
is "readlink" "file" "$(readlink a/soft)"
is "through a symbolic link" "content" "$(cat a/soft)"
is "realpath" "$work/a/file" "$(realpath a/soft)"
chmod 640 a/file
is "chmod by number" "640" "$(stat -c %a a/file)"
chmod u+x,g-r,o=r a/file
is "chmod by letters" "-rwx---r--" "$(stat -c %A a/file)"
is "ls" "file hard soft" "$(echo $(ls a))"
is "ls -F" "file* hard* soft@" "$(echo $(ls -F a))"
is "ls -l" "-rwx---r-- 2 8" "$(set -- $(ls -l a/hard); echo $1 $2 $5)"
is "ls -R" "tree: b copy file tree/b: c tree/b/c:" "$(echo $(ls -R tree))"
touch -d '2001-02-03 04:05:06' a/file
is "touch and date -r" "2001-02-03T04:05:06" "$(date -r a/file +%Y-%m-%dT%H:%M:%S)"
is "ls -t" "new a" "$(touch new; echo $(ls -dt new a))"
truncate -s 5000 sparse
is "truncate" "5000" "$(stat -c %s sparse)"
rm a/hard
is "rm" "1" "$(stat -c %h a/file)"
rm -r tree
fails "rm -r" [ -e tree ]
rmdir renamed/c 2>/dev/null
is "rmdir of a full folder" "1" "$?"
dd if=/dev/zero of=blocks bs=1k count=64 2>/dev/null
is "dd" "65536" "$(wc -c <blocks)"
is "dd from the middle" "cde" "$(printf abcdefg | dd bs=1 skip=2 count=3 2>/dev/null)"
is "du" "64" "$(du -k --apparent-size blocks | cut -f1)"
install -m 750 numbers installed
is "install" "750" "$(stat -c %a installed)"
is "mktemp" "yes" "$(f=$(mktemp "$work/x.XXXXXX") && [ -f "$f" ] && echo yes)"
mkfifo fifo
echo "through a fifo" >fifo &
is "mkfifo" "through a fifo" "$(cat fifo)"
wait
is "basename and dirname" "libc.so /usr/lib" "$(basename /usr/lib/libc.so) $(dirname /usr/lib/libc.so)"
is "dircolors knows" "yes" "$(dircolors -b | head -n 1 | { read -r x; case $x in LS_COLORS=*) echo yes; esac; })"

# -- test, expr, conditions

ok "test numbers" test 3 -lt 20
fails "test fails" test 3 -gt 20
ok "test strings" test abc != abd
ok "[ -f ]" /bin/[ -f numbers ]
is "expr arithmetic" "17" "$(expr 3 + 2 \* 7)"
is "expr match" "sier" "$(expr osier : 'o\(.*\)')"
is "expr length" "5" "$(expr length osier)"
true
is "true" 0 $?
/bin/false
is "false" 1 $?

# -- time and system

is "date of the epoch" "Thu Jan  1 00:00:00 UTC 1970" "$(date -u -d @0 '+%a %b %e %H:%M:%S UTC %Y')"
is "date arithmetic" "2024-02-29" "$(date -u -d '2024-03-01 1 day ago' +%Y-%m-%d)"
is "date of a billion" "2001-09-09 01:46:40" "$(date -u -d @1000000000 '+%Y-%m-%d %H:%M:%S')"
is "date runs" "yes" "$(a=$(date +%s); sleep 1; b=$(date +%s); [ "$b" -gt "$a" ] && [ "$a" -gt 1000000000 ] && echo yes)"
is "sleep of a fraction" "0" "$(sleep 0.1; echo $?)"
is "env" "seen" "$(env -i VISIBLE=seen /bin/printenv VISIBLE)"
is "uname" "yes" "$([ -n "$(uname -s)" ] && [ "$(uname -m)" = x86_64 ] && echo yes)"
is "id" "$(id -u)" "$(set -- $(id -u); echo $1)"
is "pwd" "$work" "$(/bin/pwd)"
is "nproc" "yes" "$([ "$(nproc)" -ge 1 ] && echo yes)"
timeout 0.2 sleep 10
is "timeout" 124 $?
is "nice" "5" "$(nice -n 5 nice)"
is "kill by name" "TERM" "$(/bin/kill -l 15)"
is "seq | sort | uniq | wc in one line" "7" "$(seq 700 | while read -r n; do echo $((n % 7)); done | sort | uniq -c | wc -l)"
is "ls -lR of a tree" "yes" "$([ "$(ls -lR /bin/ | sort | uniq -c | head | wc -l)" -eq 10 ] && echo yes)"

finish
