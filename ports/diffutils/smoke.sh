#!/bin/sh
# diff, cmp, diff3, sdiff.
. "${TAP:-/extra/tap.sh}"

printf '1\n2\n3\n4\n' >old
printf '1\ntwo\n3\n4\n5\n' >new
diff old old
is "the same is status 0" 0 $?
is "normal" "2c2 < 2 --- > two 4a5 > 5" "$(echo $(diff old new))"
diff old new >/dev/null
is "different is status 1" 1 $?
diff old missing 2>/dev/null
is "trouble is status 2" 2 $?
is "unified" "@@ -1,4 +1,5 @@ 1 -2 +two 3 4 +5" "$(echo $(diff -u old new | tail -n +3))"
is "context" "*** 1,4 ****" "$(diff -c old new | grep '^\*\*\* 1')"
is "ed script" "4a 5 . 2c two ." "$(echo $(diff -e old new))"
is "brief" "Files old and new differ" "$(diff -q old new)"
printf 'a  b\n' >s1; printf 'a b\n' >s2
ok "ignore spaces" diff -b s1 s2
printf 'ABC\n' >u1; printf 'abc\n' >u2
ok "ignore case" diff -i u1 u2
mkdir d1 d2; echo x >d1/f; echo y >d2/f; echo z >d2/g
is "folders" "Only in d2: g" "$(diff -r d1 d2 | tail -n 1)"
is "side by side" "1 1 2 | two 3 3 4 4 > 5" "$(echo $(sdiff -w 30 old new))"
ok "cmp equal" cmp old old
is "cmp says where" "old new differ: char 3, line 2" "$(cmp old new)"
is "cmp lists" "3 62 164" "$(echo $(cmp -l old new 2>/dev/null | head -n 1))"
printf '1\n2\n3\nfour\n' >third
is "diff3" "====3 1:4c 2:4c 4 3:4c four" "$(echo $(diff3 old old third))"
is "diff3 merges" "1 two 3 4" "$(printf '1\ntwo\n3\n4\n' >mine; printf '1\n2\n3\n4\n' >base; printf '1\n2\n3\n4\n' >yours; echo $(diff3 -m mine base yours))"
seq 20000 >big1; seq 20000 | sed s/777/x/ >big2
is "large files" "$(seq 20000 | grep -c 777)" "$(diff big1 big2 | grep -c '^<')"

finish
