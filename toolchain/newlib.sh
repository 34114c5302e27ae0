#!/bin/sh
# Builds newlib, or takes it from the cache: newlib.sh BUILD_DIR
#
# Result: BUILD_DIR/newlib/{include,libc.a,libm.a}, straight from newlib; toolchain/sysroot.sh makes
# the sysroot out of it and our own layer. The cache key is a hash of everything the result depends
# on: the source, our patch, the headers newlib sees (userland/libc/include/replace and the ABI's),
# the compiler, this script. About a minute on two cores when nothing is cached.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
build=$1
cache=${OSIER_CACHE:-$HOME/.cache/osier}
source=${OSIER_NEWLIB_SOURCE:-/usr/src/newlib/newlib-3.3.0.tar.xz}
headers=$top/userland/libc/include/replace
abi=$top/kernel/include/osier/abi
gcc=${OSIER_HOST_GCC:-gcc}

mkdir -p "$build/log"
build=$(cd "$build" && pwd)
log=$build/log/newlib.log

if [ ! -f "$source" ]; then
	set -- /usr/src/newlib/newlib-*.tar.xz
	if [ ! -f "$1" ]; then
		echo "newlib's source is missing: apt-get install newlib-source" >&2
		exit 1
	fi
	echo "newlib: expected $source, trying $1" >&2
	source=$1
fi

# One build at a time in this tree; who comes second finds it done.
exec 9> "$build/newlib.lock"
flock 9

# syscall.h grows with every new call and no part of newlib looks at it.
key=$({
	sha256sum < "$source"
	$gcc --version | head -n 1
	cat "$top/toolchain/newlib.sh" "$top/toolchain/newlib/osier.patch" "$top/toolchain/compiler.sh"
	cd "$headers" && find . -type f | LC_ALL=C sort | xargs sha256sum
	cd "$abi" && find . -type f ! -name syscall.h | LC_ALL=C sort | xargs sha256sum
} | sha256sum | cut -c 1-24)

if [ -f "$build/newlib/key" ] && [ "$(cat "$build/newlib/key")" = "$key" ]; then
	exit 0
fi

fetch() {
	rm -rf "$build/newlib.new"
	mkdir -p "$build/newlib.new"
	tar -C "$build/newlib.new" -xf "$1"
	echo "$key" > "$build/newlib.new/key"
	rm -rf "$build/newlib"
	mv "$build/newlib.new" "$build/newlib"
}

if [ -f "$cache/newlib-$key.tar" ]; then
	echo "newlib: from the cache ($key)"
	fetch "$cache/newlib-$key.tar"
	exit 0
fi

work=$build/newlib-work
rm -rf "$work"
mkdir -p "$work"
: > "$log"

step() {
	printf 'newlib: %s\n' "$1"
}

fail() {
	echo "newlib: failed; the last lines of $log:" >&2
	tail -n 15 "$log" >&2
	exit 1
}

step "unpacking $(basename "$source")"
tar -C "$work" -xf "$source" --strip-components=1 >> "$log" 2>&1 || fail
(cd "$work" && patch -p1 < "$top/toolchain/newlib/osier.patch") >> "$log" 2>&1 || fail

# newlib looks into its own include folder first, so our headers go over its own there.
mkdir -p "$work/obj"
cp -r "$headers/." "$work/newlib/libc/include/"
mkdir -p "$work/newlib/libc/include/osier/abi"
cp "$abi"/*.h "$work/newlib/libc/include/osier/abi/"
"$top/toolchain/compiler.sh" "$work/sysroot" "$work/bin"
PATH=$work/bin:$PATH
export PATH

step "configuring"
(
	cd "$work/obj"
	CC=x86_64-osier-gcc AR=x86_64-osier-ar RANLIB=x86_64-osier-ranlib AS=x86_64-osier-as \
	CFLAGS='-O2 -g0 -ffunction-sections -fdata-sections' \
	"$work/newlib/configure" --host=x86_64-osier --target=x86_64-osier --prefix="$work/out" \
		--disable-multilib --disable-newlib-supplied-syscalls --enable-newlib-mb \
		--enable-newlib-retargetable-locking --enable-newlib-global-stdio-streams \
		--enable-newlib-global-atexit --enable-newlib-io-c99-formats \
		--enable-newlib-io-long-long --enable-newlib-io-long-double --enable-newlib-io-pos-args
) >> "$log" 2>&1 || fail

jobs=${OSIER_JOBS:-2}
step "compiling with $jobs jobs (about a minute)"
make -C "$work/obj" -j"$jobs" >> "$log" 2>&1 || fail

mkdir -p "$work/out"
cp -r "$work/newlib/libc/include" "$work/out/include"
for dir in "$work/newlib/libc/machine/x86_64/machine" "$work/newlib/libc/machine/x86_64/include" \
	"$work/newlib/libm/machine/x86_64/machine"; do
	if [ -d "$dir" ]; then
		cp -r "$dir/." "$work/out/include/machine/"
	fi
done
if [ -d "$work/newlib/libc/machine/x86_64/sys" ]; then
	cp -r "$work/newlib/libc/machine/x86_64/sys/." "$work/out/include/sys/"
fi
cp "$work/obj/newlib.h" "$work/obj/_newlib_version.h" "$work/out/include/"
find "$work/out/include" -name 'Makefile*' -delete
cp "$work/obj/libc.a" "$work/obj/libm.a" "$work/out/"

mkdir -p "$cache"
tar -C "$work/out" -cf "$cache/newlib-$key.tar.$$" .
mv "$cache/newlib-$key.tar.$$" "$cache/newlib-$key.tar"
fetch "$cache/newlib-$key.tar"
rm -rf "$work"
step "done ($key)"
