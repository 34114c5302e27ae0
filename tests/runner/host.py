"""Tests that need no guest: unit tests with sanitizers, checkers, the image, the host check."""

import glob
import hashlib
import os
import re
import stat
import subprocess
import tempfile

from .core import BUILD, TOP, Failure, Skip, Test, check, run_command

ROOT_OFFSET = 8 << 20                            # where disk/make-image puts the root partition


def _unit(source):
    name = os.path.basename(source)[:-2]
    program = os.path.join(BUILD, "tests", "unit", name)

    def run(log):
        if not os.path.exists(program):
            messages = ""
            if os.path.exists(program + ".log"):
                with open(program + ".log", encoding="utf-8", errors="replace") as file:
                    messages = "".join(file.readlines()[:15])
            raise Failure("does not compile\n" + messages)
        status, output = run_command(log, [program], 240, {
            "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0", "UBSAN_OPTIONS": "print_stacktrace=1",
            "CMOCKA_MESSAGE_OUTPUT": "STDOUT"})
        failed = re.findall(r"^\[  FAILED  \] (\w+)$", output, re.M)
        count = len(re.findall(r"^\[       OK \]", output, re.M))
        if status:
            why = re.findall(r"^(.*(?:ERROR: |runtime error: |Assertion|error: Failure).*)$", output, re.M)
            raise Failure(f"status {status}, failed: {' '.join(dict.fromkeys(failed)) or 'see log'}\n" +
                          "\n".join(why[:6]))
        check(count > 0, "ran no test")
        return f"{count} tests"

    return Test("unit/" + name.replace("test_", ""), run)


def _checker(path):
    def run(log):
        status, output = run_command(log, [path], 120)
        lines = [line for line in output.splitlines() if line.strip()]
        if status == 77:
            raise Skip(lines[-1] if lines else "")
        if status:
            raise Failure(f"{len(lines)} complaints\n" + "\n".join(lines[:15]))
        return lines[-1] if lines else None

    return Test("check/" + os.path.basename(path), run)


def _image():
    from vm import IMAGE                         # pylint: disable=import-outside-toplevel
    check(os.path.exists(IMAGE), "there is no image")
    return IMAGE


def _fsck(log):
    status, output = run_command(log, ["/sbin/e2fsck", "-fn", f"{_image()}?offset={ROOT_OFFSET}"], 60)
    check(status == 0, f"e2fsck: status {status}\n{output}")
    return output.splitlines()[-1]


def _partitions(log):
    status, output = run_command(log, ["/sbin/sfdisk", "--verify", _image()], 30)
    check(status == 0 and "No errors detected" in output, f"sfdisk --verify: {output}")


def _owners(log):
    """Modes, owners and device nodes of disk/modes as debugfs sees them on the image."""
    wanted = []
    with open(os.path.join(TOP, "disk", "modes"), encoding="utf-8") as file:
        for line in file:
            words = line.split("#", 1)[0].split()
            if words:
                kind = {"d": stat.S_IFDIR, "=": stat.S_IFREG, "c": stat.S_IFCHR, "b": stat.S_IFBLK}[words[0]]
                wanted.append((words[1], kind | int(words[2], 8), int(words[3]), int(words[4])))
    wanted.append(("/bin/sh", None, 0, 0))
    wanted.append(("/bin/init", stat.S_IFREG | 0o755, 0, 0))
    wanted.append(("/etc/passwd", stat.S_IFREG | 0o644, 0, 0))
    script = "".join(f"stat {path}\n" for path, *_ in wanted)
    result = subprocess.run(["/sbin/debugfs", "-f", "-", f"{_image()}?offset={ROOT_OFFSET}"], input=script,
                            capture_output=True, text=True, check=False, timeout=60)
    log.write(result.stdout + result.stderr)
    answers = re.split(r"^debugfs: stat .*$", result.stdout, flags=re.M)[1:]
    check(len(answers) == len(wanted), "debugfs answered for fewer names than asked")
    for (path, mode, uid, gid), answer in zip(wanted, answers):
        found = re.search(r"Mode:\s+(\d+)", answer)
        owner = re.search(r"User:\s+(\d+)\s+Group:\s+(\d+)", answer)
        check(found and owner, f"{path} is not on the image")
        if mode is not None:
            check(int(found[1], 8) == mode & 0o7777, f"{path}: mode {found[1]}, wanted {mode & 0o7777:o}")
        check((int(owner[1]), int(owner[2])) == (uid, gid), f"{path}: owner {owner[1]}:{owner[2]}")
    return f"{len(wanted)} names"


def _setuid(log):
    """The image maker's own promises on a small tree: setuid bits, hard links, odd names, sameness."""
    with tempfile.TemporaryDirectory(prefix="osier-image-") as folder:
        tree = os.path.join(folder, "tree")
        os.makedirs(os.path.join(tree, "bin"))
        for name, text in (("bin/su", b"su" * 5000), ("bin/with space \"quote\"", b"x"), ("sparse", bytes(300000))):
            with open(os.path.join(tree, name), "wb") as file:
                file.write(text)
        os.chmod(os.path.join(tree, "bin/su"), 0o755)
        os.link(os.path.join(tree, "bin/su"), os.path.join(tree, "bin/su2"))
        os.symlink("/bin/su", os.path.join(tree, "link"))
        modes = os.path.join(folder, "modes")
        with open(modes, "w", encoding="utf-8") as file:
            file.write("= /bin/su 4755 0 0\nc /dev/null 666 0 5 1 3\nb /dev/vda 660 0 6 254 0\nd /home/x 700 7 8\n")
        digests = []
        for number in range(2):
            image = os.path.join(folder, f"image{number}")
            status, output = run_command(log, [
                "sh", "-c", 'umask $0; exec "$@"', "077" if number else "022", os.path.join(TOP, "disk", "make-image"), "--output", image, "--work", os.path.join(folder, "work"),
                "--size", "32", "--tree", tree, "--modes", modes], 60)
            check(status == 0, f"make-image: {output}")
            with open(image, "rb") as file:
                digests.append(hashlib.sha256(file.read()).hexdigest())
        check(digests[0] == digests[1], "two images of the same input differ")
        where = f"{image}?offset={ROOT_OFFSET}"
        status, output = run_command(log, ["/sbin/e2fsck", "-fn", where], 60)
        check(status == 0, f"e2fsck: {output}")

        def ask(path):
            return run_command(log, ["/sbin/debugfs", "-R", f"stat {path}", where], 30)[1]

        text = ask("/bin/su")
        check(re.search(r"Mode:\s+04755", text), "the setuid bit is lost")
        check(re.search(r"Links: 2", text), "the hard link is lost")
        check(re.search(r"User:\s+7\s+Group:\s+8", ask("/home/x")), "the owner is lost")
        check("(New-style) 01:03" in ask("/dev/null") or "01:03" in ask("/dev/null"), "the device number is lost")
        check("character special" in ask("/dev/null"), "the device node is lost")
    return "setuid, links, nodes, byte for byte the same"


def _host_check(log):
    """A missing and a too old tool are named, with the command that installs them."""
    script = os.path.join(TOP, "toolchain", "host-check")
    with tempfile.TemporaryDirectory(prefix="osier-host-") as folder:
        copy = os.path.join(folder, "host-check")
        with open(script, "rb") as source, open(copy, "wb") as target:
            target.write(source.read())
        os.chmod(copy, 0o755)
        with open(os.path.join(folder, "host-packages"), "w", encoding="utf-8") as file:
            file.write("make make 4.0 builds\ngcc gcc 99.1 compiles\nosier-no-such osier-no-such 1 nothing\n")
        status, output = run_command(log, [copy], 30)
    check(status == 1, f"status {status} for a machine that lacks tools")
    check("gcc: gcc 12" in output or re.search(r"gcc: gcc [\d.]+ is too old, 99.1", output), "the old tool is not named")
    check("osier-no-such is missing" in output, "the missing tool is not named")
    check("apt-get install --no-install-recommends gcc osier-no-such" in output, "the command is not given")


def tests():
    found = [_unit(source) for source in sorted(glob.glob(os.path.join(TOP, "tests/unit/test_*.c")))]
    found += [_checker(path) for path in sorted(glob.glob(os.path.join(TOP, "tests/check/*")))
              if os.access(path, os.X_OK) and os.path.isfile(path)]
    found += [Test("image/fsck", _fsck), Test("image/partitions", _partitions), Test("image/owners", _owners),
              Test("image/maker", _setuid), Test("host/check", _host_check)]
    return found
