#!/bin/sh
# Makes the x86_64-osier compiler: compiler.sh SYSROOT BINDIR
#
# It is the host's gcc behind a wrapper that gives it other headers, other start files and another C
# library. What holds for every compilation is on the wrapper's command line, the rest in a specs
# file. A test (tests/libc/toolchain.sh) sees to it that nothing of the host's libc leaks in.
set -eu

sysroot=$1
bin=$2
gcc=${OSIER_HOST_GCC:-gcc}

mkdir -p "$bin" "$sysroot/lib" "$sysroot/include"
sysroot=$(cd "$sysroot" && pwd)
bin=$(cd "$bin" && pwd)

# An entry with an empty body would swallow the next one, so every body says something.
cat > "$bin/osier.specs.new" <<SPECS
%rename cpp_options old_cpp_options

*cpp_options:
-nostdinc -isystem $sysroot/include -isystem include%s %(old_cpp_options)

*cc1:
%(cc1_cpu) -nostdinc -isystem $sysroot/include -isystem include%s -mlong-double-64 -fno-pie -fcf-protection=none

*link_libgcc:
-L$sysroot/lib -L .%s

*libgcc:
libgcc.a%s

*startfile:
$sysroot/lib/crt0.o $sysroot/lib/crti.o crtbeginT.o%s

*endfile:
crtend.o%s $sysroot/lib/crtn.o

*link:
%{!r:-static --gc-sections --eh-frame-hdr -z max-page-size=4096 -z noseparate-code -z norelro -z noexecstack} %{r:-r} -nostdlib -m elf_x86_64 --build-id=none

*lib:
-losier -lc

SPECS

# gcc's own "include" directory serves as include%s; limits.h and the like come from there.
cat > "$bin/x86_64-osier-gcc.new" <<WRAPPER
#!/bin/sh
# Made by toolchain/compiler.sh. The predefined macros of the host's system are taken away here,
# because in a specs file that would reach only preprocessor runs. -static keeps the host's default
# of position-independent programs out. The last options win over what a package's build adds.
unset CPATH C_INCLUDE_PATH LIBRARY_PATH GCC_EXEC_PREFIX COMPILER_PATH
exec $gcc -specs=$bin/osier.specs -static -U__linux__ -U__linux -Ulinux -U__gnu_linux__ -D__osier__=1 "\$@" -fno-stack-protector -fno-pie
WRAPPER
chmod +x "$bin/x86_64-osier-gcc.new"

# Replace only what changed: what is newer than the programs would rebuild them all.
for file in osier.specs x86_64-osier-gcc; do
	if cmp -s "$bin/$file.new" "$bin/$file"; then
		rm "$bin/$file.new"
	else
		mv "$bin/$file.new" "$bin/$file"
	fi
done

ln -sf x86_64-osier-gcc "$bin/x86_64-osier-cc"
for tool in ar ranlib as nm strip ld objdump objcopy readelf size strings addr2line; do
	ln -sf "$(command -v $tool)" "$bin/x86_64-osier-$tool"
done
