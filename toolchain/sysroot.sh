#!/bin/sh
# Fills the sysroot: sysroot.sh headers|libraries SYSROOT BUILD_DIR
#
#   headers    newlib's, our replacements, our additions, the kernel's ABI; only files that changed
#              are touched, so that nothing is rebuilt without a reason
#   libraries  newlib's archives, less every member that our libosier.a replaces
#
# Our layer wins over newlib member by member. A newlib member that defines one of our symbols is
# left out of libc.a; it must then define nothing that we lack, or the link of some program would
# fail later, so that is checked here.
set -eu

what=$1
sysroot=$2
build=$3
top=$(cd "$(dirname "$0")/.." && pwd)

# One at a time in this tree.
exec 9> "$build/sysroot.lock"
flock 9

case $what in
headers)
	stage=$build/sysroot-headers
	rm -rf "$stage"
	mkdir -p "$stage/osier/abi" "$sysroot/include"
	cp -r "$build/newlib/include/." "$stage/"
	# What newlib declares and nobody defines, or cannot be included at all.
	rm -rf "$stage/threads.h" "$stage/ndbm.h" "$stage/regdef.h" "$stage/rpc" \
		"$stage/sys/custom_file.h" "$stage/sys/timeb.h" "$stage/ieeefp.h"
	rm -f "$stage/stdatomic.h"	# gcc's own knows _Atomic
	cp -r "$top/userland/libc/include/replace/." "$stage/"
	cp -r "$top/userland/libc/include/add/." "$stage/"
	cp "$top/kernel/include/osier/abi"/*.h "$stage/osier/abi/"
	# Both lists are sorted: what is only in the sysroot goes, what differs is copied.
	(cd "$sysroot/include" && find . -type f) | while read -r file; do
		[ -f "$stage/$file" ] || rm "$sysroot/include/$file"
	done
	(cd "$stage" && find . -type f) | while read -r file; do
		if ! cmp -s "$stage/$file" "$sysroot/include/$file"; then
			mkdir -p "$(dirname "$sysroot/include/$file")"
			cp "$stage/$file" "$sysroot/include/$file"
		fi
	done
	# Ports are cached by this: when it stays the same, they need linking only.
	(cd "$stage" && find . -type f | LC_ALL=C sort | xargs sha256sum) | sha256sum |
		cut -c 1-24 > "$build/sysroot-headers.key"
	rm -rf "$stage"
	;;
libraries)
	lib=$sysroot/lib
	defined() {
		nm -A --defined-only "$1" 2>/dev/null |
			awk '$2 ~ /^[TDBRVWSC]$/ { sub(/:[^:]*$/, "", $1); sub(/.*:/, "", $1); print $3, $1 }
			     $3 ~ /^[TDBRVWSC]$/ { sub(/:[^:]*$/, "", $1); sub(/.*:/, "", $1); print $4, $1 }' |
			LC_ALL=C sort -u
	}
	defined "$lib/libosier.a" > "$build/libosier.symbols"
	defined "$build/newlib/libc.a" > "$build/libc.symbols"
	awk 'NR == FNR { ours[$1] = 1; next } ($1 in ours) { print $2 }' \
		"$build/libosier.symbols" "$build/libc.symbols" | sort -u > "$build/libc.replaced"
	missing=$(awk -v drop="$build/libc.replaced" -v ours="$build/libosier.symbols" '
		BEGIN {
			while ((getline line < drop) > 0) gone[line] = 1
			while ((getline line < ours) > 0) { split(line, part, " "); have[part[1]] = 1 }
		}
		($2 in gone) && !($1 in have) && $1 !~ /_r$/ { print "  " $1 " (" $2 ")" }' \
		"$build/libc.symbols")
	if [ -n "$missing" ]; then
		echo "libosier.a replaces members of newlib without defining all they define:" >&2
		echo "$missing" >&2
		exit 1
	fi
	cp "$build/newlib/libc.a" "$lib/libc.a.new"
	# shellcheck disable=SC2046
	ar d "$lib/libc.a.new" $(cat "$build/libc.replaced")
	mv "$lib/libc.a.new" "$lib/libc.a"
	cp "$build/newlib/libm.a" "$lib/libm.a"
	for empty in pthread rt util crypt; do
		[ -f "$lib/lib$empty.a" ] || ar rc "$lib/lib$empty.a"
	done
	;;
*)
	echo "usage: sysroot.sh headers|libraries SYSROOT BUILD_DIR" >&2
	exit 2
	;;
esac
