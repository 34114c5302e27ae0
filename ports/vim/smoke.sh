#!/bin/sh
# vim in its silent ex mode, scripted.
. "${TAP:-/extra/tap.sh}"

edit() { vim -u NONE -N -i NONE -n -es "$@" </dev/null; }
seq 5 >file
edit -c '2d' -c 'wq' file
is "delete a line" "1 3 4 5" "$(echo $(head -n 4 file))"
seq 5 >file
edit -c '%s/3/three/' -c 'wq' file
is "substitute" "three" "$(sed -n 3p file)"
edit -c 'g/[45]/d' -c 'wq' file
is "global" "1 2 three" "$(echo $(cat file))"
edit -c '1m$' -c 'wq' file
is "move" "2 three 1" "$(echo $(cat file))"
edit -c 'sort' -c 'wq' file
is "sort" "1 2 three" "$(echo $(cat file))"
edit -c '$' -c "normal Aabc" -c wq file
is "normal mode" "1 2 threeabc" "$(echo $(cat file))"
edit -c 'w copy' -c 'q' file
is "write elsewhere" "$(cat file)" "$(cat copy)"
seq 20000 >big
edit -c '%s/$/x/' -c 'wq' big
is "a large file" "20000 20000x" "$(wc -l <big | tr -d ' ') $(tail -n 1 big)"

finish
