#!/bin/sh
# dash: the shell language, from quoting to traps and job status.
. "${TAP:-/extra/tap.sh}"
SHELL_UNDER_TEST=${SHELL_UNDER_TEST:-/bin/dash}

# -- words, quoting, expansion

name=osier
is "double quotes expand" "a osier b" "a $name b"
is "single quotes do not" 'a $name b' 'a $'"name b"
is "default value" "none" "${unset_one:-none}"
is "assign default" "x y" "${assigned:=x} ${assigned%x}y"
is "alternative value" "set" "${name:+set}"
is "length" 5 "${#name}"
path=/usr/lib/libc.so.1
is "shortest suffix" "/usr/lib/libc.so" "${path%.*}"
is "longest suffix" "/usr/lib/libc" "${path%%.*}"
is "shortest prefix" "usr/lib/libc.so.1" "${path#*/}"
is "longest prefix" "libc.so.1" "${path##*/}"
is "arithmetic" "14 2 1 8 255" "$((2 + 3 * 4)) $((17 % 5)) $((3 > 2)) $((1 << 3)) $((0xff))"
is "arithmetic assigns" "6 6" "$((sum = 2 * 3)) $sum"
is "64-bit arithmetic" "9223372036854775807" "$((9223372036854775807))"
is "nested substitution" "inner outer" "$(echo "$(echo inner) outer")"
is "back quotes" "back quotes" "`echo \`echo back\` quotes`"
is "trailing newlines go" "x" "$(printf 'x\n\n\n')"
set -- one "two words" three
is "positional parameters" "3 two words" "$# $2"
count() { echo $#; }
is "\"\$@\" keeps words" 3 "$(count "$@")"
is "\$* splits" 4 "$(count $*)"
is "\"\$*\" joins" "one:two words:three" "$(IFS=:; echo "$*")"
shift 2
is "shift" "1 three" "$# $1"
fields() { IFS=:; set -- $1; echo "$# $1 $7"; }
is "field splitting by IFS" "7 root /bin/sh" "$(fields root:x:0:0:root:/root:/bin/sh)"

# -- files and patterns

mkdir globs
for file in a.c b.c c.h .hidden; do
	: >globs/$file
done
is "pattern *" "globs/a.c globs/b.c" "$(echo globs/*.c)"
is "pattern [!]" "globs/c.h" "$(echo globs/[!ab]*)"
is "pattern ?" "globs/a.c globs/b.c globs/c.h" "$(echo globs/?.?)"
is "no match stays" "globs/*.z" "$(echo globs/*.z)"
is "set -f" "globs/*.c" "$(set -f; echo globs/*.c)"
is "tilde" "/home/x" "$(HOME=/home/x; echo ~)"

# -- redirection and here-documents

echo first >file
echo second >>file
is "output and append" "first
second" "$(while read -r line; do echo "$line"; done <file)"
is "here-document expands" "name osier, sum 3" "$(read -r line <<EOF
name $name, sum $((1 + 2))
EOF
echo "$line")"
is "quoted here-document does not" 'name $name' "$(read -r line <<'EOF'
name $name
EOF
echo "$line")"
indented() {
	while read -r line; do
		echo "<$line>"
	done <<-EOF
		tabs
		go
	EOF
}
is "<<- strips tabs" "<tabs>
<go>" "$(indented)"
is "a long here-document" 3000 "$(
	total=0
	while read -r number; do
		total=$((total + number))
	done <<EOF
$(i=0; while [ $i -lt 1500 ]; do echo 2; i=$((i + 1)); done)
EOF
	echo $total)"
is "standard error to standard output" "oops" "$( { echo oops >&2; } 2>&1)"
exec 5>numbered
echo through five >&5
exec 5>&-
is "numbered descriptors" "through five" "$(read -r line <numbered; echo "$line")"
fails "a closed descriptor fails" sh -c 'echo x >&5'
is "noclobber" "first" "$(set -C; (echo lost >file) 2>/dev/null; read -r line <file; echo "$line")"
fails "a missing file is an error" sh -c 'read x </nonexistent/file'

# -- control flow and functions

is "for" "1-2-3-" "$(for i in 1 2 3; do printf '%s-' $i; done)"
is "while, break, continue" "1 3 4 " "$(i=0
	while :; do
		i=$((i + 1))
		[ $i -eq 2 ] && continue
		[ $i -gt 4 ] && break
		printf '%s ' $i
	done)"
is "break out of two" "a1 " "$(for x in a b; do for y in 1 2; do printf '%s ' $x$y; break 2; done; done)"
is "until" "3" "$(i=0; until [ $i -eq 3 ]; do i=$((i + 1)); done; echo $i)"
kind() {
	case $1 in
	[0-9]*) echo number ;;
	a|e|i|o|u) echo vowel ;;
	*.c) echo source ;;
	"") echo empty ;;
	*) echo other ;;
	esac
}
is "case" "number vowel source empty other" \
	"$(kind 42) $(kind e) $(kind x.c) $(kind '') $(kind zz)"
is "if, elif, else" "middle" "$(x=5; if [ $x -lt 3 ]; then echo low
	elif [ $x -lt 7 ]; then echo middle; else echo high; fi)"
factorial() {
	if [ "$1" -le 1 ]; then
		echo 1
	else
		echo $(($1 * $(factorial $(($1 - 1)))))
	fi
}
is "recursion with substitution" 3628800 "$(factorial 10)"
fibonacci() {
	local n=$1
	if [ $n -lt 2 ]; then
		result=$n
		return
	fi
	fibonacci $((n - 1))
	local first=$result
	fibonacci $((n - 2))
	result=$((result + first))
}
fibonacci 13
is "recursion with local variables" 233 "$result"
outer=kept
change() { local outer; outer=changed; }
change
is "local" "kept" "$outer"
status() { return 7; }
status
is "return" 7 $?
is "a subshell is apart" "outside" "$(x=outside; (x=inside); echo $x)"
is "a group is not" "inside" "$(x=outside; { x=inside; }; echo $x)"
is "and, or, not" "yes no yes" \
	"$(true && echo yes) $(false || echo no) $(! false && echo yes)"
is "eval" "indirect" "$(a=b; b=indirect; eval "echo \$$a")"
is "getopts" "a b=val rest" "$(set -- -a -b val rest
	while getopts ab: option; do
		case $option in
		a) printf 'a ' ;;
		b) printf 'b=%s ' "$OPTARG" ;;
		esac
	done
	shift $((OPTIND - 1)); echo "$1")"
echo 'sourced=$((20 + 1)); sourced_function() { echo from file; }' >part
. ./part
is "dot" "21 from file" "$sourced $(sourced_function)"
alias_result=$($SHELL_UNDER_TEST -c 'alias hi="echo hello"
hi there')
is "alias" "hello there" "$alias_result"
is "printf" "[  42] [ff] [ab   ] [3.142]" "$(printf '[%4d] [%x] [%-5s] [%.3f]' 42 255 ab 3.14159)"
is "read splits and keeps the rest" "a/b/c d" "$(echo 'a b c d' | { read -r x y z; echo "$x/$y/$z"; })"
is "readonly" "failure" "$($SHELL_UNDER_TEST -c 'readonly r=1; r=2; echo success' 2>/dev/null || echo failure)"
is "export and environment" "seen" "$(VISIBLE=seen $SHELL_UNDER_TEST -c 'echo $VISIBLE')"
is "command -v" "cd" "$(command -v cd)"
is "umask" "0077" "$(umask 077; umask)"
is "cd and pwd" "$work/globs" "$(cd globs && pwd)"
is "cd -" "$work" "$(cd globs && cd - >/dev/null && pwd)"
ok "test: files" [ -d globs -a -f file -a -s file -a ! -e nothing ]

# -- errors

$SHELL_UNDER_TEST -ec 'false; echo not reached' >after
is "set -e stops" 1 $?
is "and says no more" "" "$(read -r line <after; echo "$line")"
$SHELL_UNDER_TEST -c 'if' 2>/dev/null
is "syntax error is status 2" 2 $?
$SHELL_UNDER_TEST -c '/nonexistent/program' 2>/dev/null
is "command not found is 127" 127 $?
: >plain
$SHELL_UNDER_TEST -c './plain' 2>/dev/null
is "not executable is 126" 126 $?
$SHELL_UNDER_TEST -uc 'echo $nothing_here' 2>/dev/null
is "set -u" 2 $?

# -- processes: pipelines, background, wait, signals, traps

is "pipeline of five" "2 3" "$(printf '3\n1\n2\n' | while read -r x; do echo $x; done |
	{ read -r a; read -r b; read -r c; printf '%s\n' "$b" "$c" "$a"; } |
	while read -r x; do [ "$x" -gt 1 ] && echo "$x"; done |
	{ read -r x; read -r y; echo "$x $y"; } )"
false | true
is "a pipeline's status is its last" 0 $?
exit_with() { return "$1"; }
(exit 3) &
wait $!
is "wait for a background job" 3 $?
jobs_sum=0
pids=
for code in 1 2 3 4 5; do
	$SHELL_UNDER_TEST -c "exit $code" &
	pids="$pids $!"
done
for pid in $pids; do
	wait "$pid"
	jobs_sum=$((jobs_sum + $?))
done
is "five background jobs" 15 $jobs_sum
wait
is "wait for nothing" 0 $?
$SHELL_UNDER_TEST -c 'while :; do :; done' &
victim=$!
ok "kill -0 finds a job" kill -0 $victim
kill -TERM $victim
wait $victim 2>/dev/null
is "a killed job is 128+15" 143 $?
fails "and then it is gone" kill -0 $victim
is "trap EXIT" "body end" "$($SHELL_UNDER_TEST -c 'trap "echo end" EXIT; printf "body "')"
is "trap a signal" "before caught after" "$($SHELL_UNDER_TEST -c '
	trap "printf \"caught \"" USR1
	printf "before "
	kill -USR1 $$
	echo after')"
is "ignore a signal" "alive" "$($SHELL_UNDER_TEST -c 'trap "" TERM; kill -TERM $$; echo alive')"
is "reset a trap" 143 "$($SHELL_UNDER_TEST -c 'trap "" TERM; trap - TERM; kill -TERM $$'; echo $?)"
is "trap lists" "trap -- 'echo x' INT" "$(trap 'echo x' INT; trap)"
is "a trap interrupts wait" "woken 0" "$($SHELL_UNDER_TEST -c '
	trap "printf \"woken \"" USR1
	parent=$$
	(kill -USR1 $parent; while :; do :; done) &
	wait $!
	[ $? -gt 128 ] && echo 0
	kill -9 $!')"
is "\$\$ is the same in a subshell" "$$" "$( (echo $$) )"
is "exec replaces the shell" "replaced" "$($SHELL_UNDER_TEST -c 'exec echo replaced; echo not reached')"
is "jobs names a running job" "1" "$($SHELL_UNDER_TEST -c '
	while :; do :; done &
	jobs >jobs
	read -r line <jobs
	case $line in *Running*) echo 1 ;; esac
	kill -9 $!')"

# -- a script of more than 200 lines, run by its #! line

{
	echo "#!$SHELL_UNDER_TEST"
	echo 'total=0'
	i=1
	while [ $i -le 70 ]; do
		echo "step_$i() {"
		echo "	total=\$((total + $i * \$1))"
		echo '}'
		i=$((i + 1))
	done
	i=1
	while [ $i -le 70 ]; do
		echo "step_$i 2"
		i=$((i + 1))
	done
	echo 'echo $total'
} >script
lines=0
while read -r line; do
	lines=$((lines + 1))
done <script
is "the script's lines" 283 $lines
is "a long script" 4970 "$($SHELL_UNDER_TEST ./script)"
chmod 755 script
is "and by its #! line" 4970 "$(./script)"
big=0123456789abcdef
i=0
while [ $i -lt 12 ]; do
	big=$big$big
	i=$((i + 1))
done
is "a 64 KiB string" 65536 ${#big}
is "through a pipe" 65536 "$(echo "$big" | { read -r x; echo ${#x}; })"

finish
