"""Debian source packages, through apt and with apt's signature checks.

The machine's own configuration is read, never written: a private source list is derived from it
with `deb-src` entries, and apt keeps its indexes in a folder of ours. That works without root
rights. What was fetched once is kept, so that later builds need no network.

Invariants:
 1. Only packages that apt accepts as authenticated are unpacked (dpkg-source checks the hashes
    in the .dsc; apt checked the .dsc against the signed index).
 2. CACHE/src/NAME/ is complete or absent: it is filled aside and renamed.
"""

import glob
import os
import re
import shutil
import subprocess
import time

INDEX_AGE = 24 * 3600                            # seconds before indexes are asked for again


class SourceError(Exception):
    pass


def _one_line(text):
    """The deb-src form of a one-line sources file."""
    out = []
    for line in text.splitlines():
        line = line.split("#", 1)[0].strip()
        match = re.match(r"deb(?:-src)?\s+(?:\[(.*?)\]\s*)?(\S.*)", line)
        if match and not match[2].startswith("cdrom:"):
            options = [word for word in (match[1] or "").split() if not word.startswith("arch=")]
            out.append("deb-src " + (f"[{' '.join(options)}] " if options else "") + match[2])
    return sorted(set(out))


def _deb822(text):
    """The deb-src form of a deb822 .sources file, stanza by stanza."""
    out = []
    for stanza in re.split(r"\n\s*\n", text):
        lines = [line for line in stanza.splitlines() if line.strip() and line[0] != "#"]
        if not any(re.match(r"types\s*:", line, re.I) for line in lines):
            continue
        if any(re.match(r"enabled\s*:\s*(no|false|off|0)\s*$", line, re.I) for line in lines):
            continue
        kept, skipping = [], False
        for line in lines:
            if not line[0].isspace():
                skipping = bool(re.match(r"(types|architectures)\s*:", line, re.I))
            if not skipping:
                kept.append(line)
        out.append("\n".join(["Types: deb-src"] + kept))
    return out


def derive_source_list(etc, target):
    """Writes deb-src twins of all sources under etc (normally /etc/apt) into the folder target.

    Returns how many entries were written.
    """
    shutil.rmtree(target, ignore_errors=True)
    os.makedirs(target)
    lines, stanzas = [], []
    for path in [os.path.join(etc, "sources.list")] + \
            sorted(glob.glob(os.path.join(etc, "sources.list.d", "*.list"))):
        if os.path.isfile(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                lines += [line for line in _one_line(file.read()) if line not in lines]
    for path in sorted(glob.glob(os.path.join(etc, "sources.list.d", "*.sources"))):
        with open(path, encoding="utf-8", errors="replace") as file:
            stanzas += _deb822(file.read())
    if lines:
        with open(os.path.join(target, "osier.list"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    if stanzas:
        with open(os.path.join(target, "osier.sources"), "w", encoding="utf-8") as file:
            file.write("\n\n".join(stanzas) + "\n")
    return len(lines) + len(stanzas)


class Sources:
    """The source packages under cache; apt's own state lies in cache/apt."""

    def __init__(self, cache, say):
        self.apt = os.path.join(cache, "apt")
        self.packages = os.path.join(cache, "src")
        self.say = say
        self.ready = False

    def _apt_get(self, arguments, log, directory=None):
        command = ["apt-get", "-q", "-c", os.path.join(self.apt, "apt.conf")] + arguments
        with open(log, "a", encoding="utf-8") as file:
            file.write("$ " + " ".join(command) + "\n")
            file.flush()
            return subprocess.run(command, cwd=directory, stdout=file, stderr=file,
                                  stdin=subprocess.DEVNULL, check=False).returncode

    def _prepare(self, log, force):
        """Makes apt's private folders and reads the indexes when they are old."""
        if self.ready and not force:
            return
        for folder in ("lists/partial", "archives/partial", "sources"):
            os.makedirs(os.path.join(self.apt, folder), exist_ok=True)
        if not derive_source_list("/etc/apt", os.path.join(self.apt, "sources")):
            raise SourceError("no package sources are configured in /etc/apt")
        with open(os.path.join(self.apt, "apt.conf"), "w", encoding="utf-8") as file:
            file.write(f'''\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear Acquire::IndexTargets;
Acquire::IndexTargets::deb-src::Sources {{
    MetaKey "$(COMPONENT)/source/Sources";
    ShortDescription "Sources";
    Description "$(RELEASE)/$(COMPONENT) Sources";
    flatMetaKey "Sources";
    flatDescription "$(RELEASE) Sources";
    Optional "no";
}};
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "{self.apt}/sources";
Dir::State::Lists "{self.apt}/lists";
Dir::Cache "{self.apt}";
Dir::Cache::Archives "{self.apt}/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT::Sandbox::User "{'root' if os.getuid() == 0 else ''}";
APT::Get::Show-Versions "true";
APT::Get::Only-Source "true";
Acquire::Languages "none";
''')
        stamp = os.path.join(self.apt, "stamp")
        if force or not os.path.exists(stamp) or time.time() - os.path.getmtime(stamp) > INDEX_AGE:
            self.say("apt", "reading the source indexes")
            if self._apt_get(["update"], log) == 0:
                with open(stamp, "w", encoding="utf-8"):
                    pass
            else:                                # one archive of many may fail: try the others
                self.say("apt", f"not every source index could be read (see {log})")
        self.ready = True

    def cached(self, name):
        """The path of the kept .dsc of source package name, or None."""
        found = glob.glob(os.path.join(self.packages, name, "*.dsc"))
        return found[0] if found else None

    def fetch(self, name, log, refresh=False):
        """Fetches source package name unless it is here. Returns (dsc path, version).

        With refresh the archive is asked again; what it serves replaces what we had.
        """
        dsc = self.cached(name)
        if dsc and not refresh:
            return dsc, self.version(dsc)
        for tool in ("apt-get", "dpkg-source"):
            if not shutil.which(tool):
                raise SourceError(f"{tool} is missing: apt-get install apt dpkg-dev")
        self._prepare(log, False)
        aside = os.path.join(self.packages, f".{name}.{os.getpid()}")
        shutil.rmtree(aside, ignore_errors=True)
        os.makedirs(aside)
        try:
            for attempt in ("first", "again with fresh indexes"):
                if self._apt_get(["source", "--download-only", name], log, aside) == 0:
                    break
                if attempt != "first":
                    raise SourceError(f"apt-get could not fetch the source of {name} (see {log})")
                self._prepare(log, True)
            found = glob.glob(os.path.join(aside, "*.dsc"))
            if len(found) != 1:
                raise SourceError(f"apt-get brought no .dsc for {name} (see {log})")
            final = os.path.join(self.packages, name)
            shutil.rmtree(final, ignore_errors=True)
            os.rename(aside, final)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        dsc = self.cached(name)
        return dsc, self.version(dsc)

    @staticmethod
    def version(dsc):
        with open(dsc, encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("Version:"):
                    return line.split(":", 1)[1].strip()
        raise SourceError(f"{dsc}: no Version line")

    @staticmethod
    def unpack(dsc, target, log, skipped):
        """Unpacks the source with Debian's patches, but the skipped ones, into target, which must
        not exist.

        All files get one time stamp: make then sees nothing out of date that upstream generated
        (configure, man pages), whatever Debian's patches touched.
        """
        with open(log, "a", encoding="utf-8") as file:
            command = ["dpkg-source", "--no-check", "--skip-patches", "-x", dsc, target]
            file.write("$ " + " ".join(command) + "\n")
            file.flush()
            # --no-check skips only the maintainer's signature: apt has checked the .dsc itself
            # against the signed index, and the hashes inside it are checked here in any case.
            if subprocess.run(command, stdout=file, stderr=file, check=False).returncode != 0:
                raise SourceError(f"dpkg-source could not unpack {dsc} (see {log})")
            for patch in Sources._series(target):
                if patch in skipped:
                    continue
                command = ["patch", "-p1", "-s", "-f", "--no-backup-if-mismatch", "-i",
                           os.path.join("debian", "patches", patch)]
                file.write("$ " + " ".join(command) + "\n")
                file.flush()
                if subprocess.run(command, cwd=target, stdout=file, stderr=file,
                                  check=False).returncode != 0:
                    raise SourceError(f"Debian's {patch} does not apply (see {log})")
        stamp = os.path.getmtime(dsc)
        for folder, _, files in os.walk(target):
            for name in files:
                os.utime(os.path.join(folder, name), (stamp, stamp), follow_symlinks=False)

    @staticmethod
    def _series(target):
        """The names of Debian's patches, in order."""
        path = os.path.join(target, "debian", "patches", "series")
        if not os.path.isfile(path):
            return []
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = [line.split("#")[0].split() for line in file]
        return [line[0] for line in lines if line]
