"""What a test is, how tests are run and reported.

A test is a function that takes a Log and returns, or raises Failure or Skip. Whatever else it raises
is a failure too. Each has its own time limit; what it says goes to build/test/NAME.log.
"""

import fnmatch
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build")
LOGS = os.path.join(BUILD, "test")
sys.path.insert(0, os.path.join(TOP, "tools"))


class Failure(Exception):
    """The reason, in one line first; more lines may follow."""


class Skip(Exception):
    pass


class Log:
    """A test's own file; write() takes text or bytes."""

    def __init__(self, name):
        path = os.path.join(LOGS, name.replace("/", "-") + ".log")
        self.path = os.path.relpath(path, TOP)
        self.file = open(path, "wb")             # pylint: disable=consider-using-with

    def write(self, data):
        self.file.write(data if isinstance(data, bytes) else data.encode(errors="replace"))
        self.file.flush()

    def close(self):
        self.file.close()


class Test:
    """`name` is KIND/WHAT. The function may return a short remark for the report's line."""

    def __init__(self, name, function):
        self.name, self.function = name, function

    def run(self, log, report):
        begin = time.monotonic()
        state, text = judge(lambda: self.function(log), log)
        report.result(state, self.name, time.monotonic() - begin, text)

    def only(self, wanted):
        return self if wanted(self.name) else None


class Several:
    """Tests that share one preparation. The function takes the log and their names and yields, for each, the
    name, a function that judges it (as a Test's does, without the log) and how many seconds it took."""

    def __init__(self, kind, names, function):
        self.name, self.kind, self.names, self.function = kind, kind, names, function

    def run(self, log, report):
        left = list(self.names)
        try:
            for name, judgement, seconds in self.function(log, list(self.names)):
                state, text = judge(judgement, log)
                report.result(state, f"{self.kind}/{name}", seconds, text)
                left.remove(name)
        finally:
            for name in left:
                report.result("FAIL", f"{self.kind}/{name}", 0, f"never ran\nlog: {log.path}")

    def only(self, wanted):
        names = [name for name in self.names if wanted(f"{self.kind}/{name}")]
        return Several(self.kind, names, self.function) if names else None


def judge(function, log):
    """=> (state, text) of one test."""
    try:
        state, text = "ok", function()
    except Skip as reason:
        state, text = "skip", str(reason)
    except Failure as reason:
        state, text = "FAIL", str(reason) + f"\nlog: {log.path}"
    except Exception:                            # pylint: disable=broad-except
        state, text = "FAIL", "the test itself broke\n" + traceback.format_exc() + f"log: {log.path}"
    if text:
        log.write(f"\n{state}: {text}\n")
    return state, text


def check(condition, reason):
    if not condition:
        raise Failure(reason)


def run_command(log, command, limit, environment=None, cwd=TOP, stdin=None):
    """Runs a host command in a process group of its own, output to the log. => (status, output)."""
    log.write("$ " + " ".join(command) + "\n")
    env = dict(os.environ, LC_ALL="C")
    env.update(environment or {})
    process = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE,
                               stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                               stderr=subprocess.STDOUT, start_new_session=True)
    try:
        output, _ = process.communicate(stdin, timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        log.write(output)
        raise Failure(f"no end after {limit} s: {' '.join(command)}") from None
    log.write(output)
    return process.returncode, output.decode(errors="replace")


class Report:
    """Prints a line a test as it ends, and the counts at the end."""

    def __init__(self):
        self.counts = {"ok": 0, "FAIL": 0, "skip": 0}
        self.lock = threading.Lock()
        self.failed = []

    def result(self, state, name, seconds, text=""):
        with self.lock:
            self.counts[state] += 1
            if state == "FAIL":
                self.failed.append(name)
            first, *rest = (text or "").splitlines() or [""]
            print(f"{state:4} {name}" + (f" ({first})" if first and state == "ok" else "") +
                  (f": {first}" if first and state != "ok" else "") + f"  {seconds:.1f} s")
            for line in rest:
                print("     | " + line)
            sys.stdout.flush()

    def end(self):
        if self.failed:
            print("\nfailed: " + " ".join(self.failed) + "\nlogs: build/test/")
        print(f"{self.counts['ok']} passed, {self.counts['FAIL']} failed, {self.counts['skip']} skipped")
        sys.stdout.flush()
        return 1 if self.counts["FAIL"] or not self.counts["ok"] else 0


def run_one(test, report):
    log = Log(test.name)
    try:
        test.run(log, report)
    except Exception:                            # pylint: disable=broad-except
        log.write(traceback.format_exc())
    finally:
        log.close()


def run_all(tests, workers):
    report, work = Report(), queue.SimpleQueue()
    for test in tests:
        work.put(test)

    def worker():
        while True:
            try:
                test = work.get_nowait()
            except queue.Empty:
                return
            run_one(test, report)

    threads = [threading.Thread(target=worker, daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return report.end()


def chosen(tests, patterns):
    """Those whose name has one of the words in it, or matches it as a shell pattern."""
    words = re.split(r"[\s,]+", patterns.strip()) if patterns.strip() else []

    def wanted(name):
        return not words or any(word in name or fnmatch.fnmatch(name, word) for word in words)

    return [test for test in (test.only(wanted) for test in tests) if test]
