#!/bin/sh
# bash: what it has beyond the POSIX shell.
. "${TAP:-/extra/tap.sh}"

run() { bash -c "$1"; }
is "version" "yes" "$(run '[[ $BASH_VERSION == 5.* ]] && echo yes')"
is "arrays" "3 c" "$(run 'a=(a b c); echo ${#a[@]} ${a[2]}')"
is "associative arrays" "value" "$(run 'declare -A m; m[key]=value; echo ${m[key]}')"
is "braces" "a1 a2 b1 b2" "$(run 'echo {a,b}{1..2}')"
is "substring and replace" "ier oSier" "$(run 'x=osier; echo ${x:2} ${x/s/S}')"
is "case conversion" "OSIER" "$(run 'x=osier; echo ${x^^}')"
is "[[ =~ ]]" "42" "$(run '[[ ab42cd =~ [0-9]+ ]] && echo ${BASH_REMATCH[0]}')"
is "arithmetic for" "0 1 2" "$(run 'for ((i = 0; i < 3; i++)); do echo $i; done' | paste -sd' ' -)"
is "here-string" "osier" "$(run 'read x <<< osier; echo $x')"
is "local and recursion" "120" "$(run 'f() { local n=$1; ((n < 2)) && echo 1 || echo $((n * $(f $((n - 1))))); }; f 5')"
is "printf -v" "  7" "$(run 'printf -v x %3d 7; echo "$x"')"
is "read -a" "b" "$(run 'read -ra w <<< "a b c"; echo ${w[1]}')"
is "mapfile" "2" "$(run 'mapfile -t l <<< $'"'"'a
b'"'"'; echo ${#l[@]}')"
is "pipefail" "1" "$(run 'set -o pipefail; false | true; echo $?')"
is "PIPESTATUS" "1 0" "$(run 'false | true; echo ${PIPESTATUS[@]}')"
is "extglob" "b.c" "$(touch a.o b.c; run 'shopt -s extglob
echo !(*.o)')"
is "trap DEBUG and EXIT" "end" "$(run 'trap "echo end" EXIT; :')"
is "jobs and wait -n" "3" "$(run '(exit 3) & wait -n; echo $?')"
is "coproc" "hello" "$(run 'coproc cat; echo hello >&${COPROC[1]}; read x <&${COPROC[0]}; echo $x' 2>/dev/null)"
is "getopts" "b" "$(run 'set -- -b; getopts ab o; echo $o')"
is "name references" "7" "$(run 'f() { declare -n r=$1; r=7; }; f x; echo $x')"
is "time zone date" "1970" "$(run 'printf "%(%Y)T\n" 0')"
is "10000 rounds" "50005000" "$(run 's=0; for ((i = 1; i <= 10000; i++)); do ((s += i)); done; echo $s')"
is "set -e" "1" "$(bash -ec 'false; echo no'; echo $?)"

finish
