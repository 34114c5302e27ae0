#!/bin/sh
# ed: a file edited by a script.
. "${TAP:-/extra/tap.sh}"

seq 5 >file
printf '%s\n' '2d' '$a' 'last' '.' '1s/1/one/' 'w' 'q' | ed -s file
is "delete, append, substitute" "one 3 4 5 last" "$(echo $(cat file))"
is "print a range" "3 4" "$(echo $(printf '2,3p\nq\n' | ed -s file))"
is "search" "last" "$(printf '/la/p\nq\n' | ed -s file)"
is "global" "3 5" "$(echo $(printf 'g/[35]/p\nq\n' | ed -s file))"
is "move and copy" "3 4 one 5 last 3" "$(echo $(printf '1m3\n1t$\n,p\nQ\n' | ed -s file))"
is "join" "one3" "$(printf '1,2j\n1p\nQ\n' | ed -s file)"
is "undo" "one" "$(printf '1d\nu\n1p\nQ\n' | ed -s file)"
is "line number" "5" "$(printf '$=\nq\n' | ed -s file)"
is "write elsewhere" "one" "$(printf '1w other\nq\n' | ed -s file; cat other)"
is "read" "6" "$(printf 'r other\n$=\nQ\n' | ed -s file)"
is "shell" "hello" "$(printf '!echo hello\nq\n' | ed -s file 2>/dev/null | head -n 1)"
printf 'q\n' | ed -s missing >/dev/null 2>&1
ok "goes on with a new file" [ ! -e missing ]
printf 'zz\nq\n' | ed -s file >/dev/null 2>&1
fails "an unknown command is an error" [ $? -eq 0 ]

finish
