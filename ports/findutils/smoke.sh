#!/bin/sh
# find and xargs.
. "${TAP:-/extra/tap.sh}"

mkdir -p t/a/b t/c
echo 1 >t/one.c
echo 22222 >t/a/two.c
echo 3 >t/a/b/three.h
: >t/c/empty
ln -s ../one.c t/c/link
sorted() { echo $(sort); }
is "all" "t t/a t/a/b t/a/b/three.h t/a/two.c t/c t/c/empty t/c/link t/one.c" "$(find t | sorted)"
is "by name" "t/a/two.c t/one.c" "$(find t -name '*.c' | sorted)"
is "by type" "t t/a t/a/b t/c" "$(find t -type d | sorted)"
is "links" "t/c/link" "$(find t -type l)"
is "empty files" "t/c/empty" "$(find t -type f -empty)"
is "by size" "t/a/two.c" "$(find t -type f -size +5c)"
is "depth" "t/a t/c t/one.c" "$(find t -mindepth 1 -maxdepth 1 | sorted)"
is "or and not" "t/a/b/three.h t/c/empty" "$(find t -type f ! -name '*.c' -o -name '*.h' | sorted)"
is "prune" "t t/c t/c/empty t/c/link t/one.c" "$(find t -path t/a -prune -o -print | sorted)"
is "path pattern" "t/a/b t/a/b/three.h" "$(find t -path '*/b*' | sorted)"
is "regular expression" "t/one.c" "$(find t -regex 't/o.*')"
is "printf" "f one.c 2" "$(find t/one.c -printf '%y %f %s')"
is "exec" "22222" "$(find t -name two.c -exec cat {} \;)"
is "exec many" "3" "$(find t -type f -name '*.[ch]' -exec sh -c 'echo $#' x {} +)"
touch -d '2001-01-01' t/one.c
is "older" "t/one.c" "$(find t -type f -mtime +300)"
is "newer" "3" "$(find t -type f -newer t/one.c | wc -l)"
chmod 700 t/a/two.c
is "by mode" "t/a/two.c" "$(find t -type f -perm 700)"
is "print0 and xargs -0" "4" "$(find t -type f -print0 | xargs -0 sh -c 'echo $#' x)"
is "xargs -n" "1 2
3 4
5" "$(seq 5 | xargs -n 2)"
is "xargs -I" "<a> <b>" "$(echo $(printf 'a\nb\n' | xargs -I % echo '<%>'))"
is "xargs quotes" "two words" "$(echo '"two words"' | xargs -n 1)"
is "xargs status" "123" "$(echo x | xargs sh -c 'exit 5'; echo $?)"
is "xargs of 20000 words" "20000" "$(seq 20000 | xargs echo | wc -w)"
find t -name '*.h' -delete
fails "delete" [ -e t/a/b/three.h ]
fails "a missing folder is an error" find nothing-here

finish
