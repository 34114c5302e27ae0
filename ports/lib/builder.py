"""Builds one port: tree, configure, make, install, package.

Places, per port NAME:
    CACHE/src/SOURCE/            the Debian source package
    CACHE/tree/CHECKOUT/NAME/    the build tree and its state, kept so that a change in the C
                                 library costs one link (see inputs.py)
    CACHE/pkg/NAME-KEY.tar       the finished package
    BUILD/ports/NAME/            the package as it goes onto the image
    BUILD/ports-devel/NAME/      headers and libraries for ports that depend on this one
    BUILD/log/ports/NAME.log

Invariants:
 1. BUILD/ports/NAME/ holds exactly what its recipe installs, stripped, or does not exist.
 2. A package is renamed into place when complete; a failed build leaves no package.
 3. One process builds one tree at a time: the tree's lock file is held throughout.
"""

import fcntl
import glob
import hashlib
import json
import os
import shutil
import stat
import subprocess
import tarfile
import time

from lib import inputs
from lib.site import write_site
from lib.sources import Sources

KEPT_PACKAGES = 3                                # a port, newest first


class BuildError(Exception):
    pass


class Places:
    """Where everything lies, for one checkout."""

    def __init__(self, top, build, cache):
        self.top, self.build, self.cache = top, build, cache
        self.ports = os.path.join(top, "ports")
        self.images = os.path.join(build, "ports")
        self.devel = os.path.join(build, "ports-devel")
        self.logs = os.path.join(build, "log", "ports")
        self.work = os.path.join(build, "ports-work")
        self.packages = os.path.join(cache, "pkg")
        checkout = hashlib.sha256(build.encode()).hexdigest()[:12]
        self.trees = os.path.join(cache, "tree", checkout)
        for folder in (self.images, self.devel, self.logs, self.work, self.packages, self.trees):
            os.makedirs(folder, exist_ok=True)
        with open(os.path.join(self.trees, "checkout"), "w", encoding="utf-8") as file:
            file.write(build)
        self._drop_orphans()

    def _drop_orphans(self):
        """Removes the trees of checkouts that are no more."""
        for mark in glob.glob(os.path.join(self.cache, "tree", "*", "checkout")):
            with open(mark, encoding="utf-8") as file:
                if not os.path.isdir(file.read()):
                    shutil.rmtree(os.path.dirname(mark), ignore_errors=True)


class Builder:
    def __init__(self, recipe, given, places, site, dsc, progress, jobs):
        self.recipe, self.given, self.places = recipe, given, places
        self.site, self.dsc, self.progress, self.jobs = site, dsc, progress, jobs
        self.name = recipe.name
        self.log = os.path.join(places.logs, self.name + ".log")
        self.home = os.path.join(places.trees, self.name)
        self.tree = os.path.join(self.home, "tree")
        self.own_site = os.path.join(self.home, "config.site")
        self.state_path = os.path.join(self.home, "state.json")
        self.package = os.path.join(places.packages, f"{self.name}-{given.key}.tar")
        self.stamp = os.path.join(places.images, f".{self.name}.key")

    # ---- steps

    def run(self, clean=False):
        """Makes BUILD/ports/NAME match its inputs. Returns what had to be done."""
        os.makedirs(self.home, exist_ok=True)
        with open(os.path.join(self.home, "lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not clean and self._installed():
                return "unchanged"
            did = "from cache"
            if clean or not os.path.isfile(self.package):
                did = self._build(clean)
                self._prune()
            self._unpack_package()
            return did

    def _build(self, clean):
        with open(self.log, "w", encoding="utf-8"):
            pass
        extent, why = self.given.compare(None if clean else self._state(), self.tree)
        if extent != inputs.REBUILD:
            try:
                self.progress.say(self.name, f"make again: {why}")
                self._remove_state()
                self._make(again=True)
                self._pack()
                return "linked again" if extent == inputs.RELINK else "made again"
            except BuildError:
                self.progress.say(self.name, "that failed: building from scratch")
        else:
            self.progress.say(self.name, f"unpack: {why}")
        self._remove_state()
        shutil.rmtree(self.tree, ignore_errors=True)
        Sources.unpack(self.dsc, self.tree, self.log, self.recipe.skip.split())
        for patch in self.recipe.patches:
            self._shell("patch", f"patch -p1 --no-backup-if-mismatch < {patch!r}")
        self._configure()
        self._make()
        self._pack()
        return "built"

    def _configure(self):
        if self.recipe.prepare:
            self.progress.say(self.name, "prepare")
            self._shell("prepare", self.recipe.prepare)
        if self.recipe.has_configure:
            self.progress.say(self.name, "configure")
            with open(os.path.join(self.tree, "configure"), encoding="utf-8",
                      errors="replace") as file:
                write_site(self.site, file.read(), self.own_site, self.given.toolchain,
                           bool(self.recipe.depends))
            self._shell("configure", "\"$CONFIG_SHELL\" ./configure --host=x86_64-osier "
                        "--build=x86_64-pc-linux-gnu --prefix=/usr --bindir=/bin --sysconfdir=/etc "
                        "--disable-nls " + self.recipe.configure)

    def _make(self, again=False):
        if again:
            for name in self.recipe.relink:
                for path in glob.glob(os.path.join(self.tree, name)):
                    if os.path.isfile(path) and not _is_script(path):
                        os.unlink(path)
        self.progress.say(self.name, "make")
        if self.recipe.build:
            self._shell("build", self.recipe.build)
        else:
            for folder in self.recipe.folders.split() or ["."]:
                self._shell("make", f"make -C {folder} -j{self.jobs} MAKEINFO=true "
                                    f"{self.recipe.make}")

    def _pack(self):
        """Collects what the recipe installs and makes the package of it."""
        self.progress.say(self.name, "install")
        stage = os.path.join(self.places.work, f"{self.name}.{os.getpid()}")
        shutil.rmtree(stage, ignore_errors=True)
        try:
            os.makedirs(os.path.join(stage, "image"))
            os.makedirs(os.path.join(stage, "devel"))
            for entry in self.recipe.install:
                self._install(os.path.join(stage, "image"), entry, strip=True)
            for entry in self.recipe.devel:
                self._install(os.path.join(stage, "devel"), entry, strip=False)
            for link, target in self.recipe.links:
                path = os.path.join(stage, "image", link.lstrip("/"))
                os.makedirs(os.path.dirname(path), exist_ok=True)
                os.symlink(target, path)
            aside = f"{self.package}.{os.getpid()}"
            with tarfile.open(aside, "w") as tar:
                tar.add(stage, arcname=".", filter=_plain_owner)
            os.rename(aside, self.package)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
        with open(self.state_path + ".new", "w", encoding="utf-8") as file:
            json.dump(self.given.state(), file)
        os.rename(self.state_path + ".new", self.state_path)

    def _install(self, root, entry, strip):
        """Installs `FILE DESTINATION [MODE]`; FILE may be a pattern or a folder, and a
        destination that ends in / is a folder."""
        pattern, destination = entry[0], entry[1]
        found = sorted(glob.glob(os.path.join(self.tree, pattern)))
        if not found:
            raise BuildError(f"install: {pattern} was not built")
        for path in found:
            target = os.path.join(root, destination.lstrip("/"))
            if destination.endswith("/"):
                target = os.path.join(target, os.path.basename(path))
            elif len(found) > 1:
                raise BuildError(f"install: {pattern} is many files: {destination} must end in /")
            if os.path.isdir(path):
                shutil.copytree(path, target, symlinks=True, dirs_exist_ok=True)
                continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if os.path.islink(path) and destination.endswith("/"):
                os.symlink(os.readlink(path), target)
                continue
            shutil.copyfile(path, target)
            program = _is_elf(target)
            runs = program or os.stat(path).st_mode & stat.S_IXUSR
            os.chmod(target, int(entry[2], 8) if len(entry) == 3 else 0o755 if runs else 0o644)
            if strip and program:
                subprocess.run([os.path.join(self.places.build, "bin", "x86_64-osier-strip"),
                                target], check=True)

    # ---- the package and the image

    def devel_key(self):
        """A hash of what ports that depend on this one see of it. A new C library alone, which
        this one was linked with again, does not change it."""
        root, digest = os.path.join(self.places.devel, self.name), hashlib.sha256()
        for folder, folders, files in os.walk(root):
            folders.sort()
            for name in sorted(files):
                path = os.path.join(folder, name)
                digest.update(f"{os.path.relpath(path, root)}\n{os.path.getsize(path)}\n".encode())
                with open(path, "rb") as file:
                    digest.update(file.read())
        return digest.hexdigest()

    def _installed(self):
        try:
            with open(self.stamp, encoding="utf-8") as file:
                return file.read() == self.given.key
        except FileNotFoundError:
            return False

    def _unpack_package(self):
        aside = os.path.join(self.places.work, f"{self.name}.new.{os.getpid()}")
        shutil.rmtree(aside, ignore_errors=True)
        os.makedirs(aside)
        if os.path.exists(self.stamp):
            os.unlink(self.stamp)
        with tarfile.open(self.package) as tar:
            tar.extractall(aside)
        os.utime(self.package)                                 # least recently used goes first
        for part, home in (("image", self.places.images), ("devel", self.places.devel)):
            target = os.path.join(home, self.name)
            shutil.rmtree(target, ignore_errors=True)
            if os.path.isdir(os.path.join(aside, part)):
                os.rename(os.path.join(aside, part), target)
        shutil.rmtree(aside, ignore_errors=True)
        with open(self.stamp, "w", encoding="utf-8") as file:
            file.write(self.given.key)

    def _prune(self):
        packages = sorted(glob.glob(os.path.join(self.places.packages, self.name + "-" + "?" * 32 +
                                                 ".tar")), key=os.path.getmtime, reverse=True)
        for path in packages[KEPT_PACKAGES:]:
            os.unlink(path)

    # ---- small things

    def _state(self):
        try:
            with open(self.state_path, encoding="utf-8") as file:
                return json.load(file)
        except (FileNotFoundError, ValueError):
            return None

    def _remove_state(self):
        """While the tree changes it has no state: an interrupted build is begun again."""
        if os.path.exists(self.state_path):
            os.unlink(self.state_path)

    def _environment(self):
        keep = ("HOME", "USER", "LOGNAME", "TMPDIR", "http_proxy", "https_proxy")
        env = {name: os.environ[name] for name in keep if name in os.environ}
        cppflags, ldflags = [], []
        for dependency in self.recipe.depends:
            devel = os.path.join(self.places.devel, dependency)
            cppflags.append(f"-I{devel}/include")
            ldflags.append(f"-L{devel}/lib")
        prefix = "x86_64-osier-"
        env.update({
            "PATH": os.path.join(self.places.build, "bin") + ":" +
                    os.environ.get("PATH", "/usr/bin:/bin"),
            "LC_ALL": "C", "TZ": "UTC0", "CONFIG_SHELL": "/bin/sh", "SHELL": "/bin/sh",
            "CONFIG_SITE": self.own_site, "JOBS": str(self.jobs),
            "PORT": self.recipe.directory, "DEVEL": self.places.devel,
            "SYSROOT": self.given.toolchain.sysroot,
            "CC": prefix + "gcc", "AR": prefix + "ar", "RANLIB": prefix + "ranlib",
            "STRIP": prefix + "strip", "NM": prefix + "nm", "CC_FOR_BUILD": "gcc",
            "BUILD_CC": "gcc", "CFLAGS": "-O2", "CPPFLAGS": " ".join(cppflags),
            "LDFLAGS": " ".join(ldflags), "SOURCE_DATE_EPOCH": "1700000000",
        })
        for word in self.recipe.environment.split():
            name, _, value = word.partition("=")
            env[name] = value
        return env

    def _shell(self, step, text):
        begin = time.monotonic()
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"\n==== {self.name}: {step}\n{text}\n----\n")
            log.flush()
            # The limit is for a configure script that runs what it should only have linked.
            code = subprocess.run(["/bin/sh", "-e", "-c", "ulimit -t 120\n" + text], cwd=self.tree, stdout=log,
                                  stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
                                  env=self._environment()).returncode
            log.write(f"---- {step}: status {code}, {time.monotonic() - begin:.1f} s\n")
        if code != 0:
            raise BuildError(f"{step} failed with status {code}")


def _is_elf(path):
    with open(path, "rb") as file:
        head = file.read(18)
    return head[:4] == b"\x7fELF" and head[16:18] in (b"\x02\0", b"\x03\0")


def _is_script(path):
    """Installed scripts and data are not made by linking: they stay."""
    with open(path, "rb") as file:
        return file.read(4) != b"\x7fELF"


def _plain_owner(entry):
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mtime = 1700000000
    return entry
