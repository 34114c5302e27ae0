"""Makes an ext2 file system in a file from a description: no root rights, no loop device, no mount.

mke2fs makes it empty, debugfs fills it. The result depends on the description alone (not on the
user's id, umask, clock or the order of directory entries), so the same input gives the same bytes.

Not a general archiver: extended attributes and access lists are not carried over.
"""

import os
import stat
import subprocess
import uuid

EPOCH = 1767225600                               # 2026-01-01: the time stamp of every file
BLOCK = 4096
NAMESPACE = uuid.UUID("7a3b1f0c-5e0d-4c39-9d0a-05e1e4000001")


class Ext2Error(Exception):
    pass


class Entry:
    """One name: kind is d, f, l, c, b, p or h (another name of the file `target`)."""

    def __init__(self, kind, mode, uid=0, gid=0, source=None, target=None, device=None):
        self.kind, self.mode, self.uid, self.gid = kind, mode, uid, gid
        self.source, self.target, self.device = source, target, device


class Tree:
    """The names of a file system to be, by absolute path."""

    def __init__(self):
        self.entries = {"/": Entry("d", 0o755)}

    def add(self, path, entry):
        parent = os.path.dirname(path)
        if parent not in self.entries:
            self.add(parent, Entry("d", 0o755))
        self.entries[path] = entry

    def overlay(self, folder):
        """Adds a host folder's files: owned by root, 755 or 644 by their run bit."""
        names = {}
        for directory, folders, files in os.walk(folder):
            folders.sort()
            base = "/" + os.path.relpath(directory, folder) if directory != folder else ""
            for name in folders + sorted(files):
                source = os.path.join(directory, name)
                path = base + "/" + name
                status = os.lstat(source)
                if stat.S_ISLNK(status.st_mode):
                    self.add(path, Entry("l", 0o777, target=os.readlink(source)))
                elif stat.S_ISDIR(status.st_mode):
                    if path not in self.entries:
                        self.add(path, Entry("d", 0o755))
                elif stat.S_ISREG(status.st_mode):
                    identity = (status.st_dev, status.st_ino)
                    if status.st_nlink > 1 and identity in names:
                        self.add(path, Entry("h", 0, target=names[identity]))
                        continue
                    names[identity] = path
                    mode = 0o755 if status.st_mode & 0o111 else 0o644
                    self.add(path, Entry("f", mode, source=source))
                else:
                    raise Ext2Error(f"{source}: neither file, folder nor link")

    def read_modes(self, name):
        """Applies a list of modes, owners, folders and device nodes (disk/modes says its form)."""
        with open(name, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                words = line.split("#", 1)[0].split()
                if not words:
                    continue
                try:
                    self._mode_line(words)
                except (ValueError, IndexError, KeyError) as error:
                    raise Ext2Error(f"{name}:{number}: {line.strip()!r}: {error!r}") from error

    def _mode_line(self, words):
        kind, path, mode = words[0], words[1], int(words[2], 8)
        uid, gid = int(words[3]), int(words[4])
        if kind == "=":                           # must be there already
            entry = self.entries[path]
            if entry.kind == "h":
                entry = self.entries[entry.target]
            entry.mode, entry.uid, entry.gid = mode, uid, gid
        elif kind == "d":
            if path in self.entries:
                entry = self.entries[path]
                entry.mode, entry.uid, entry.gid = mode, uid, gid
            else:
                self.add(path, Entry("d", mode, uid, gid))
        elif kind in "cb":
            self.add(path, Entry(kind, mode, uid, gid, device=(int(words[5]), int(words[6]))))
        elif kind == "p":
            self.add(path, Entry(kind, mode, uid, gid))
        else:
            raise ValueError("unknown kind " + kind)


def _quote(text):
    if "\n" in text:
        raise Ext2Error(f"{text!r}: a name with a newline cannot go on the image")
    return '"' + text.replace('"', '""') + '"'


TYPE_BITS = {"d": stat.S_IFDIR, "f": stat.S_IFREG, "l": stat.S_IFLNK, "c": stat.S_IFCHR,
             "b": stat.S_IFBLK, "p": stat.S_IFIFO}


def _script(tree):
    """The debugfs commands that fill the file system; folders come before what is in them."""
    links = {}
    for path, entry in tree.entries.items():
        if entry.kind == "h":
            links[entry.target] = links.get(entry.target, 1) + 1
    for path in sorted(tree.entries, key=lambda path: path.split("/")):
        entry, name = tree.entries[path], _quote(path)
        folder, last = os.path.split(path)
        if entry.kind == "h":
            continue
        if path != "/":
            yield f"cd {_quote(folder)}"
            if entry.kind == "d":
                yield f"mkdir {_quote(last)}"
            elif entry.kind == "f":
                yield f"write {_quote(entry.source)} {_quote(last)}"
            elif entry.kind == "l":
                yield f"symlink {_quote(last)} {_quote(entry.target)}"
            elif entry.kind == "p":
                yield f"mknod {_quote(last)} p"
            else:
                yield f"mknod {_quote(last)} {entry.kind} {entry.device[0]} {entry.device[1]}"
        yield f"sif {name} mode 0{TYPE_BITS[entry.kind] | entry.mode:o}"
        yield f"sif {name} uid {entry.uid}"
        yield f"sif {name} gid {entry.gid}"
        for field in ("atime", "ctime", "mtime", "crtime"):
            yield f"sif {name} {field} @{EPOCH}"
        for field in ("atime_extra", "ctime_extra", "mtime_extra", "crtime_extra", "generation"):
            yield f"sif {name} {field} 0"
        if path in links:
            yield f"sif {name} links_count {links[path]}"
    for path in sorted(tree.entries):
        entry = tree.entries[path]
        if entry.kind == "h":
            yield f"ln {_quote(entry.target)} {_quote(path)}"


def make(output, tree, size, label):
    """Writes the file system of `size` bytes to the file `output`, which is replaced."""
    environment = dict(os.environ, E2FSPROGS_FAKE_TIME=str(EPOCH), LC_ALL="C", TZ="UTC",
                       PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin", DEBUGFS_PAGER="cat")
    if os.path.exists(output):
        os.unlink(output)
    with open(output, "wb") as file:
        file.truncate(size)
    identity = uuid.uuid5(NAMESPACE, label)
    subprocess.run(
        ["mke2fs", "-q", "-F", "-t", "ext2", "-b", str(BLOCK), "-I", "256", "-m", "0", "-L", label,
         "-U", str(identity), "-O", "none,filetype,sparse_super,large_file",
         "-E", f"root_owner=0:0,lazy_itable_init=0,nodiscard,hash_seed={identity}", output],
        check=True, env=environment, stdout=subprocess.DEVNULL)
    script = "\n".join(_script(tree)) + "\n"
    result = subprocess.run(["debugfs", "-w", "-f", "-", output], input=script, text=True,
                            env=environment, capture_output=True, check=False)
    complaints = [line for line in result.stderr.splitlines() if not line.startswith("debugfs 1.")]
    if result.returncode or complaints:
        raise Ext2Error("debugfs: " + "\n".join(complaints[:10]))
