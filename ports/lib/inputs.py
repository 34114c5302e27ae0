"""What a built port depends on, as hashes: compiler set-up, C library, recipe.

Two answers come out of it. The package key names a finished package: same key, same package, in
any checkout. Where there is no package under the key, compare() says how little of a kept build
tree must be done again.
"""

import glob
import hashlib
import os
import re
import subprocess
import tempfile

# Raise this when the way ports are built changes so that old packages are of no use.
DRIVER_VERSION = "1"

# How much of a kept tree is still good, from all of it to nothing.
RELINK, REMAKE, REBUILD = "relink", "remake", "build"


def _digest(*parts):
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def _without_debug(path):
    """The file less its debugging tables, which name the folder it was built in."""
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run(["objcopy", "--strip-debug", "--enable-deterministic-archives", path,
                        file.name], check=True)
        return _read(file.name)


class Toolchain:
    """The compiler set-up and the C library that lie in a build folder, hashed once."""

    def __init__(self, top, build):
        self.build = build
        self.bin = os.path.join(build, "bin")
        self.cc = os.path.join(self.bin, "x86_64-osier-gcc")
        self.sysroot = os.path.join(build, "sysroot")
        if not os.access(self.cc, os.X_OK):
            raise FileNotFoundError(f"{self.cc} is not there yet: make toolchain first")
        if not os.path.isfile(os.path.join(self.sysroot, "lib", "libc.a")):
            raise FileNotFoundError(f"{self.sysroot}/lib/libc.a is not there yet")

        # The checkout's own path is in the wrapper and the specs; it must not change the key.
        texts = []
        for path in sorted(glob.glob(os.path.join(self.bin, "x86_64-osier-*")) +
                           glob.glob(os.path.join(self.bin, "*.specs"))):
            if os.path.islink(path) or not os.path.isfile(path):
                texts.append(f"{os.path.basename(path)} -> "
                             f"{os.path.basename(os.path.realpath(path))}")
            else:
                text = _read(path).replace(build.encode(), b"@BUILD@")
                texts.append(os.path.basename(path) + "\n" +
                             text.replace(top.encode(), b"@TOP@").decode(errors="replace"))
        version = subprocess.run([self.cc, "-v"], stderr=subprocess.STDOUT, check=False,
                                 stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1:]
        binutils = subprocess.run([self.cc, "-Wl,--version"], stderr=subprocess.DEVNULL,
                                  check=False, stdout=subprocess.PIPE,
                                  text=True).stdout.splitlines()[:1]
        self.compiler = _digest(*texts, *version, *binutils)

        self.headers = {}
        root = os.path.join(self.sysroot, "include")
        for folder, _, files in os.walk(root):
            for name in files:
                path = os.path.join(folder, name)
                self.headers[os.path.relpath(path, root)] = _digest(_read(path))
        libraries = sorted(glob.glob(os.path.join(self.sysroot, "lib", "*.[ao]")))
        self.libraries = _digest(*[_without_debug(path) for path in libraries])
        self.header_hash = _digest(*[f"{k} {v}" for k, v in sorted(self.headers.items())])
        self._archives = libraries
        self._words = self._functions = None
        self._own_headers = None

    @staticmethod
    def _symbols(libraries):
        """Every global name that the archives define."""
        out = subprocess.run(["nm", "-g", "--defined-only", "-P"] + libraries, check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        return set(re.findall(r"^(\w+) [A-Z]\b", out, re.M))

    @property
    def words(self):
        """Every identifier in the headers, the headers' names, and the libraries' symbols:
        whatever a configure script can find or miss."""
        if self._words is None:
            words = self._symbols(self._archives)
            for name in self.headers:
                text = _read(os.path.join(self.sysroot, "include", name))
                text = re.sub(rb"/\*.*?\*/|//[^\n]*", b" ", text, flags=re.S)
                words.update(re.findall(r"[A-Za-z_]\w+", text.decode(errors="replace")))
                words.add(name)
            self._words = words
        return self._words

    def functions(self):
        """The names that a configure script's link test finds without any -l option."""
        if self._functions is None:
            libraries = [os.path.join(self.sysroot, "lib", name)
                         for name in ("libc.a", "libosier.a")]
            self._functions = self._symbols([path for path in libraries if os.path.isfile(path)])
        return self._functions

    def compiler_has(self, header):
        """Whether the compiler brings this header itself (stdarg.h and its like)."""
        if self._own_headers is None:
            self._own_headers = subprocess.run([self.cc, "-print-file-name=include"], check=True,
                                               stdout=subprocess.PIPE, text=True).stdout.strip()
        return os.path.isfile(os.path.join(self._own_headers, header))


class Inputs:
    """All that goes into one port."""

    def __init__(self, recipe, toolchain, site, dsc, dependency_keys):
        self.recipe, self.toolchain = recipe, toolchain
        self.base = _digest(DRIVER_VERSION, _read(recipe.path), _read(site), _read(dsc),
                            toolchain.compiler, *[_read(path) for path in recipe.patches],
                            *dependency_keys)
        self.key = _digest(self.base, toolchain.header_hash, toolchain.libraries)[:32]

    def state(self):
        """What to write beside a build tree, for compare()."""
        return {"base": self.base, "headers": self.toolchain.header_hash,
                "libraries": self.toolchain.libraries, "words": sorted(self.toolchain.words)}

    def compare(self, state, tree):
        """How much of the tree, built when state was written, must be done again, and why.

        A new header text alone needs only make (where the tree tracks header dependencies); a
        name that appeared or went, and that the configure script asks for, needs all of it.
        """
        if not state or state.get("base") != self.base:
            return REBUILD, "recipe, sources or compiler changed" if state else "first build"
        if state["headers"] == self.toolchain.header_hash:
            if state["libraries"] == self.toolchain.libraries:
                return RELINK, "same inputs"
        elif not _tracks_headers(tree):
            return REBUILD, "a header changed"
        changed = set(state["words"]) ^ self.toolchain.words
        asked = changed & _asked_for(tree)
        if asked:
            return REBUILD, "configure asks for " + ", ".join(sorted(asked)[:3])
        if state["headers"] != self.toolchain.header_hash:
            return REMAKE, "a header changed"
        return RELINK, "the C library changed"


def _tracks_headers(tree):
    """Whether the tree's makefiles know which headers each object was built from."""
    return any(glob.glob(os.path.join(tree, pattern), recursive=True)
               for pattern in ("**/.deps/*.Po", "**/.deps/**/*.Po"))


def _asked_for(tree):
    """Every word in the tree's configure script and its templates, header names included."""
    words = set()
    for name in ("configure", "config.h.in", "config.hin", "lib/config.hin"):
        path = os.path.join(tree, name)
        if os.path.isfile(path):
            text = _read(path).decode(errors="replace")
            words.update(re.findall(r"[A-Za-z_]\w+", text))
            words.update(re.findall(r"[a-z0-9_]+(?:/[a-z0-9_]+)*\.h", text))
    return words
