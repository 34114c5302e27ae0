"""Tests that run inside a guest: TAP programs in one boot of the debug kernel, ports' smoke tests, and
what the front door promises about `make guest`."""

import glob
import os
import re
import shutil
import subprocess
import tempfile
import time

from .core import BUILD, TOP, Failure, Several, Skip, Test, check, run_command

PROGRAM_LIMIT = 60                               # seconds for one TAP program under the debug kernel
SMOKE_LIMIT = 300


def run_guest(log, command, limit=60, **settings):
    """=> (status, stdout, stderr, Guest). The serial log goes to the test's log."""
    from vm import Guest, Machine                # pylint: disable=import-outside-toplevel
    extra = settings.pop("extra", None)
    options = settings.pop("options", ())
    out, err = bytearray(), bytearray()
    guest = Guest(Machine(**settings), command, limit, extra, options)
    log.write(f"guest: {command}\n")
    status = guest.run(out.extend, err.extend)
    log.write(b"--- stdout\n" + bytes(out) + b"\n--- stderr\n" + bytes(err) + b"\n--- log\n" + guest.log)
    log.write(f"\n--- status {status} {guest.reason}\n")
    return status, out.decode(errors="replace"), err.decode(errors="replace"), guest


def explain(guest, status):
    tail = "\n".join(guest.log_tail(12)) if guest.reason else ""
    return f"{guest.reason or 'status ' + str(status)}\n{tail}".strip()


class Tap:
    """What a TAP program printed, judged: a missing plan is a failure."""

    def __init__(self, text):
        self.plan, self.passed, self.failed, self.skipped = None, 0, [], 0
        for line in text.splitlines():
            if match := re.match(r"1\.\.(\d+)\s*(?:#\s*skip\b\s*(.*))?$", line, re.I):
                self.plan = int(match[1])
                self.why = match[2]
            elif match := re.match(r"(not )?ok\b[ \t]*(.*)$", line):
                if re.search(r"#\s*(skip|todo)\b", match[2], re.I):
                    self.skipped += 1
                elif match[1]:
                    self.failed.append(match[2] or "?")
                else:
                    self.passed += 1

    def judge(self, text, status):
        """Raises Failure or Skip, or returns a remark."""
        seen = self.passed + self.skipped + len(self.failed)
        tail = "\n".join(line for line in text.splitlines()[-30:] if line.startswith(("#", "not ok"))) or \
            "\n".join(text.splitlines()[-5:])
        if self.failed:
            raise Failure(f"{len(self.failed)} of {seen} failed: {'; '.join(self.failed[:4])}\n{tail}")
        if self.plan is None:
            raise Failure(f"no plan line (status {status})\n{tail}")
        if self.plan != seen:
            raise Failure(f"planned {self.plan}, ran {seen} (status {status})\n{tail}")
        if status:
            raise Failure(f"status {status} after {seen} checks that passed\n{tail}")
        if not self.passed:
            raise Skip(self.why if self.plan == 0 and self.why else "all checks skipped")
        return f"{self.passed} checks" + (f", {self.skipped} skipped" if self.skipped else "")


def _tap_programs(log, names, options=()):
    """All of them in one boot; one that ends the boot (panic, hang) fails, and the rest get another."""
    from vm import Guest, Machine                # pylint: disable=import-outside-toplevel
    left = list(names)
    while left:
        script = "cd /tmp\n" + "".join(
            f"echo; echo '=== begin {name}'; /tests/{name} </dev/null 2>&1; echo; echo \"=== end {name} $?\"\n"
            for name in left)
        guest, out = Guest(Machine(KERNEL="debug"), script, PROGRAM_LIMIT, options=options), bytearray()
        marks = [time.monotonic()]               # when the boot, then each program, was done

        def take(data, guest=guest, out=out, marks=marks):
            out.extend(data)
            if out.count(b"\n=== end ") >= len(marks):
                marks.append(time.monotonic())
                guest.give_time(PROGRAM_LIMIT)   # each program has its own limit

        status = guest.run(take, take)
        log.write(bytes(out) + b"\n--- log\n" + guest.log + f"\n--- status {status} {guest.reason}\n".encode())
        text = out.decode(errors="replace")
        marks.append(time.monotonic())
        for number, name in enumerate(list(left)):
            match = re.search(rf"^=== begin {re.escape(name)}$\n(.*?)(?:^=== end {re.escape(name)} (\d+)$|\Z)",
                              text, re.M | re.S)
            left.remove(name)
            trouble = explain(guest, status)
            seconds = marks[number + 1] - marks[number] if number + 1 < len(marks) else 0
            yield name, lambda match=match, trouble=trouble: _judge_program(match, trouble), seconds
            if not match or match[2] is None:
                break


def _judge_program(match, trouble):
    check(match, f"did not start: {trouble}")
    if match[2] is None:
        raise Failure(f"the guest did not survive it: {trouble}\n" + "\n".join(match[1].splitlines()[-5:]))
    return Tap(match[1]).judge(match[1], int(match[2]))


def _smoke(port):
    """The port's smoke test, from /extra with its programs (what is on the image comes first)."""
    def run(log):
        built = os.path.join(BUILD, "ports", port)
        with tempfile.TemporaryDirectory(prefix="osier-smoke-") as folder:
            for source in (os.path.join(TOP, "ports", "tap.sh"), os.path.join(TOP, "ports", port, "smoke.sh")):
                shutil.copy(source, folder)
            shutil.copytree(built, folder, symlinks=True, dirs_exist_ok=True)
            status, out, err, guest = run_guest(
                log, "PATH=/bin:/extra/bin exec sh /extra/smoke.sh", SMOKE_LIMIT, extra=folder)
        if guest.reason:
            raise Failure(explain(guest, status))
        return Tap(out).judge(out + err, status)

    return Test("port/" + port, run)


# ---- the front door ------------------------------------------------------------------------------

QUOTING = "printf '%s|' \"a  b\" 'c$HOME' \"$(echo d)\" 'e\"f' g\\#h 'i\nj' 'ü%' '$(shell x)' '$$'; echo >&2 err; exit 37"


def _make_guest(log, limit=60, **variables):
    """`make guest`, as a user types it. => (status, stdout, stderr)."""
    command = ["make", "guest"] + [f"{name}={value}" for name, value in variables.items()]
    result = subprocess.run(command, cwd=TOP, capture_output=True, timeout=limit, check=False,
                            stdin=subprocess.DEVNULL)
    log.write(repr(command) + "\n" + repr(result) + "\n")
    return result.returncode, result.stdout.decode(), result.stderr.decode()


def _quoting(log):
    status, out, err = _make_guest(log, CMD=QUOTING)
    check(out == 'a  b|c$HOME|d|e"f|g#h|i\nj|ü%|$(shell x)|$$|', f"stdout is {out!r}")
    check(status == 37, f"status is {status}, the command's is 37")
    check("err\n" in err, f"stderr is {err!r}")


def _quick(log):
    begin = time.monotonic()
    status, out, _ = _make_guest(log, CMD="true")
    seconds = time.monotonic() - begin
    check(status == 0 and out == "", f"status {status}, stdout {out!r}")
    check(seconds < 5, f"`true` took {seconds:.1f} s")


def _extra(log):
    with tempfile.TemporaryDirectory(prefix="osier-extra-") as folder:
        with open(os.path.join(folder, "run me"), "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\necho \"ran with $1\"\n")
        os.chmod(os.path.join(folder, "run me"), 0o755)
        os.mkdir(os.path.join(folder, "sub"))
        with open(os.path.join(folder, "sub", "data"), "wb") as file:
            file.write(b"x" * 100000)
        status, out, err = _make_guest(log, EXTRA=folder, CMD="'/extra/run me' it; wc -c </extra/sub/data; test -x /extra/sub/data")
    check(out.split() == ["ran", "with", "it", "100000"], f"stdout {out!r}, stderr {err!r}")
    check(status == 1, f"status {status}: a file without run bit got one")


def _limit(log):
    status, _, err = _make_guest(log, LIMIT=3, CMD="sleep 100")
    check(status == 124, f"status {status} for a command that outlives LIMIT")
    check("LIMIT" in err, f"stderr does not say why: {err!r}")


def _signal(log):
    status, _, _ = _make_guest(log, CMD="kill -KILL $$")
    check(status == 128 + 9, f"status {status} for a command killed by signal 9")


def _bad_machine(log):
    status, _, err = _make_guest(log, CPU="no-such-cpu", CMD="true")
    check(status == 121, f"status {status} when QEMU cannot start")
    check("no-such-cpu" in err, f"stderr does not say why: {err!r}")
    status, _, err = _make_guest(log, EXTRA="/no/such/folder", CMD="true")
    check(status == 121 and "/no/such/folder" in err, f"status {status}, {err!r} for a missing EXTRA")


def _panic(log):
    status, _, err = _make_guest(log, APPEND="selftest=panic", CMD="true")
    check(status == 120, f"status {status} when the guest panics")
    check("asked for" in err, f"stderr does not have the panic's text: {err!r}")


def _broken(name, reason, function):
    """The kernel breaks something on purpose (selftest=NAME): the panic must say what, and where."""
    def run(log):
        status, _, _, guest = run_guest(log, "true", 60, options=[f"selftest={name}"], KERNEL="debug")
        check(status == 120, f"no panic: {explain(guest, status)}")
        check(re.search(reason, guest.panic + "\n" + guest.log.decode(errors="replace")), f"the panic says {guest.panic!r}")
        text = guest.log.decode(errors="replace")
        check(function in text[text.rfind(guest.panic[:20]):], f"the backtrace does not name {function}")
        return guest.panic

    return Test("panic/" + name, run)


def _no_progress(log):
    """A boot that stands still says at which stage within some ten seconds."""
    _, _, _, guest = run_guest(log, "true", 16, options=["selftest=hang"], KERNEL="debug")
    check(re.search(r"no progress for 10 s in stage \d+", guest.log.decode(errors="replace")),
          "nothing was said: " + "\n".join(guest.log_tail(5)))


def _large_output(log):
    status, out, _, guest = run_guest(log, "seq 200000", 120)
    check(status == 0, explain(guest, status))
    check(out == "".join(f"{n}\n" for n in range(1, 200001)), f"{len(out)} bytes came, or not in order")


def _machine(cpu, memory, cpus, kernel):
    def run(log):
        command = "echo works; grep MemTotal /proc/meminfo; cat /proc/self/maps >/dev/null && ls -l / | sort | wc -l"
        status, out, _, guest = run_guest(log, command, 120, CPU=cpu, MEM=memory, CPUS=cpus, KERNEL=kernel)
        check(status == 0 and out.startswith("works\n"), explain(guest, status) + "\n" + out)
        found = re.search(r"MemTotal:\s+(\d+)", out)
        return f"MemTotal {int(found[1]) // 1024} MiB" if found else None

    return Test(f"boot/{cpu}-{memory}-{cpus}cpu-{kernel}", run)


def _icount(log):
    """The deterministic machine: the same work takes the same time, whatever the host does meanwhile."""
    work = ("read from rest </proc/uptime; i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done; "
            "read to rest </proc/uptime; echo $from $to")
    seen = []
    for _ in range(2):
        status, out, _, guest = run_guest(log, work, 120, ICOUNT=1)
        check(status == 0, explain(guest, status))
        begin, end = (float(word) for word in out.split())
        seen.append(round(end - begin, 2))
    check(seen[0] > 0.05 and abs(seen[0] - seen[1]) <= 0.02, f"two runs took {seen} s of virtual time")
    return f"{seen[0]} s of virtual time"


def tests():
    programs = sorted(os.path.splitext(os.path.basename(path.rstrip("/")))[0]
                      for path in glob.glob(os.path.join(TOP, "userland/tests/*.c")) +
                      [os.path.dirname(name) for name in glob.glob(os.path.join(TOP, "userland/tests/*/*.c"))])
    programs = sorted(set(programs))
    found = [Several("guest", programs, _tap_programs)]
    # The same again with page tables copied down to the leaves by fork: what programs see must not differ.
    found += [Several("eager", [name for name in programs if name.startswith(("proc_", "mm_", "libc_process"))],
                      lambda log, names: _tap_programs(log, names, ["fork=eager"]))]
    found += [Test("frontdoor/quoting", _quoting), Test("frontdoor/quick", _quick), Test("frontdoor/extra", _extra),
              Test("frontdoor/limit", _limit), Test("frontdoor/signal", _signal),
              Test("frontdoor/bad-machine", _bad_machine), Test("frontdoor/output", _large_output),
              Test("frontdoor/icount", _icount), Test("frontdoor/panic", _panic),
              Test("panic/no-progress", _no_progress)]
    found += [_broken(*what) for what in (
        ("stack", "stack", "dig"), ("null", "null|page fault|0x0", "test_null"), ("write-text", "write|page fault", "test_write_text"),
        ("assert", "assertion", "test_assert"), ("rank", "rank", "test_rank"), ("ubsan", "overflow", "test_ubsan"))]
    found += [_machine(*what) for what in (
        ("max", "1G", 1, "debug"), ("qemu64", "1G", 1, "release"), ("qemu64", "1G", 1, "debug"), ("max", "16M", 1, "release"),
        ("qemu64", "16M", 1, "release"), ("max", "4G", 1, "release"), ("max", "1G", 2, "release"))]
    found += [_smoke(os.path.basename(os.path.dirname(path)))
              for path in sorted(glob.glob(os.path.join(TOP, "ports/*/smoke.sh")))
              if os.path.isdir(os.path.join(BUILD, "ports", os.path.basename(os.path.dirname(path))))]
    return found
