# TAP for the smoke tests of ports: sourced by each smoke.sh in the guest. Needs only a POSIX shell.
#
#   is NAME WANTED GOT         one test: the two strings are the same
#   ok NAME COMMAND [ARG...]   one test: the command succeeds
#   fails NAME COMMAND ...     one test: the command fails, quietly
#   finish                     prints the plan and leaves, with status 1 if anything failed
#
# The test runs in an empty folder of its own, $work, which finish removes.

tap_count=0
tap_failed=0
work=${TMPDIR:-/tmp}/smoke.$$
LC_ALL=C
TZ=UTC0
export LC_ALL TZ
umask 022
mkdir -p "$work" && cd "$work" || { echo "Bail out! no folder to work in"; exit 1; }

is() {
	tap_count=$((tap_count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $tap_count - $1"
		return 0
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	printf 'wanted: %s\ngot:    %s\n' "$2" "$3" | while IFS= read -r tap_line; do
		echo "# $tap_line"
	done
}

ok() {
	tap_name=$1
	shift
	"$@"
	is "$tap_name" "status 0" "status $?"
}

fails() {
	tap_name=$1
	shift
	if "$@" >/dev/null 2>&1; then
		is "$tap_name" "failure" "success"
	else
		is "$tap_name" "failure" "failure"
	fi
}

finish() {
	cd / && rm -rf "$work"
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ] || exit 1
	exit 0
}
