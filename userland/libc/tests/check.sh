#!/bin/sh
# Tests of the compiler, the headers and libc that need no guest. From the top of the tree, after
# `make toolchain`. Prints complaints, or one line that says what was checked.
#
#   compiler   nothing of the host's libc on any command line; the right predefined macros; ld -r
#   headers    each public header compiles alone, in four dialects; every function declared in one
#              is defined in a library, but for the list below
#   programs   the TAP programs userland/tests/libc_* pass on Linux, where on_linux.c translates
#              their system calls (left out where tracing is not allowed)
set -u

build=${BUILD:-build}
cc=$build/bin/x86_64-osier-gcc
work=$build/tests/libc
mkdir -p "$work"
complaints=0

complain() {
	echo "$*"
	complaints=$((complaints + 1))
}

# ---- compiler ----

cat > "$work/hello.c" <<'C'
#include <stdio.h>
#if defined(__linux__) || defined(linux) || !defined(__osier__) || __SIZEOF_LONG_DOUBLE__ != 8
#error wrong predefined macros
#endif
int main(void) { puts("hello"); return 0; }
C
$cc -O2 -Wall -o "$work/hello" "$work/hello.c" || complain "hello.c does not compile"
C_INCLUDE_PATH=/usr/include LIBRARY_PATH=/usr/lib $cc -### -o "$work/hello" "$work/hello.c" \
	2> "$work/commands"
for word in $(grep -v '^[A-Z_]*=' "$work/commands" | tr -d '"'); do
	case $word in
	-I/usr*|/usr/include*|-L/usr/lib|-L/lib*|-lgcc_s|-pie|-dynamic-linker|*/crt1.o|*/Scrt1.o)
		complain "the host leaks into a command line: $word" ;;
	esac
done
count=$(tr ' ' '\n' < "$work/commands" | grep -c "^-L$(pwd)")
[ "$count" = 1 ] || complain "$count library folders of the sysroot, should be 1"
$cc -c -o "$work/part.o" "$work/hello.c" && $cc -r -o "$work/both.o" "$work/part.o" ||
	complain "ld -r does not work"
$cc -E -v -xc /dev/null 2>&1 | sed -n '/^#include </,/^End/p' | grep '^ ' > "$work/search"
for folder in $(grep -v -e "^ $(pwd)/$build/sysroot/include$" -e '/gcc/[^/]*/[^/]*/include$' \
	"$work/search"); do
	complain "header search path: $folder"
done
if readelf -lW "$work/hello" | grep -q INTERP; then
	complain "programs are not static"
fi

# ---- headers ----

include=$build/sysroot/include
(cd "$include" && find . -name '*.h' | sed 's|^\./||' | LC_ALL=C sort |
	grep -v -e '^machine/' -e '^ssp/' -e '^osier/' -e '/_' -e '^_') > "$work/headers"
while read -r header; do
	printf '#include <%s>\nextern int used;\n' "$header" > "$work/one.c"
	for dialect in c99 c11 gnu17 'gnu17 -D_GNU_SOURCE'; do
		$cc -std=$dialect -Wall -fsyntax-only "$work/one.c" 2> "$work/one.err" &&
			! [ -s "$work/one.err" ] ||
			complain "<$header> alone, -std=$dialect: $(head -n 3 "$work/one.err" | tail -n 1)"
	done
done < "$work/headers"

# Declared by newlib, offered by nobody: reentrant forms that are macros inside newlib, iconv (not
# configured), DES, BSD network helpers.
undefined_allowed='iconv_close iconv_open iconv crypt encrypt setkey cuserid
	getpeereid iruserok rresvport ruserok revoke setdtablesize vhangup sched_getcpu __xpg_basename
	clock_getenable_attr clock_setenable_attr posix_devctl'
{
	echo '#define _GNU_SOURCE'
	sed 's/.*/#include <&>/' "$work/headers"
} > "$work/all.c"
$cc -aux-info "$work/all.aux" -fsyntax-only "$work/all.c" 2>/dev/null
$cc -aux-info "$work/all.aux" -c -o "$work/all.o" "$work/all.c" ||
	complain "all headers together do not compile"
sed -n 's|^/\* [^ ]* \*/ extern .*[ *]\([A-Za-z_][A-Za-z0-9_]*\) (.*|\1|p' "$work/all.aux" |
	grep -v -e '^_' -e '_r$' -e '^int$' -e '^void$' -e '^stderr$' | LC_ALL=C sort -u > "$work/declared"
{
	sed 's/.*/extern char & __asm__("&");/' "$work/declared" | sed 's/extern char \([a-z_A-Z0-9]*\) /extern char sym_\1 /'
	echo 'char *all[] = {'
	sed 's/.*/\&sym_&,/' "$work/declared"
	echo '}; int main(void) { return all[0] != 0; }'
} > "$work/refer.c"
$cc -w -fno-builtin -Wl,--no-gc-sections -Wl,--warn-unresolved-symbols -o "$work/refer" \
	"$work/refer.c" -lm 2>&1 | sed -n "s/.*undefined reference to \`\([^']*\)'.*/\1/p" |
	LC_ALL=C sort -u > "$work/undefined"
for name in $(cat "$work/undefined"); do
	case " $(echo $undefined_allowed) " in
	*" $name "*) ;;
	*) complain "declared, not defined: $name" ;;
	esac
done

# ---- programs ----

programs=0
left_out=
sed -n 's/^\tSYS_\([a-z0-9_]*\) = \([0-9]*\),.*/CALL(\1, \2)/p' \
	kernel/include/osier/abi/syscall.h > "$work/osier_calls.inc"
if gcc -O1 -g -Wall -I"$work" -o "$work/on_linux" userland/libc/tests/on_linux.c &&
	"$work/on_linux" "$work/hello" > "$work/hello.out" 2>&1; then
	OSIER_SH=$(pwd)/$(echo "$build"/ports/dash/bin/dash)
	[ -x "$OSIER_SH" ] && export OSIER_SH || unset OSIER_SH
	for program in "$build"/userland/tests/libc_*; do
		[ -x "$program" ] || continue
		name=$(basename "$program")
		# system() and popen() need a shell that is Osier's.
		[ -n "${OSIER_SH:-}" ] || case $name in libc_stdio|libc_process) continue ;; esac
		timeout -k 5 60 "$work/on_linux" "$program" > "$work/$name.tap" 2>&1
		status=$?
		bad=$(grep -c '^not ok' "$work/$name.tap")
		if [ $status != 0 ] || [ "$bad" != 0 ] || ! grep -q '^1\.\.' "$work/$name.tap"; then
			complain "$name on Linux: status $status, $bad failed: $(grep -m 1 '^not ok' "$work/$name.tap")"
		fi
		programs=$((programs + 1))
	done
else
	left_out=", programs left out (no tracing here)"
fi

[ $complaints = 0 ] || exit 1
echo "$(wc -l < "$work/headers") headers, $(wc -l < "$work/declared") functions," \
	"$programs programs on Linux$left_out"
