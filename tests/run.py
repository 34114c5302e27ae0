#!/usr/bin/python3
"""Runs Osier's tests; `make test` builds what they need first. ONLY (OSIER_ONLY) chooses some by name.

One line a test; the last line counts; the exit status is 0 only if nothing failed and something ran.
"""

import os
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from runner import boot, core, debugger, guest, host, hostile     # noqa: E402


def main():
    shutil.rmtree(core.LOGS, ignore_errors=True)
    os.makedirs(core.LOGS)
    everything = host.tests() + guest.tests() + boot.tests() + hostile.tests() + debugger.tests()
    tests = core.chosen(everything, os.environ.get("OSIER_ONLY", ""))
    if os.environ.get("OSIER_LIST"):
        print("\n".join(name for test in tests for name in getattr(test, "names", [test.name])))
        return 0
    if not tests:
        print(f"no test matches ONLY={os.environ.get('OSIER_ONLY')}; there are:")
        print("  " + "\n  ".join(name for test in everything for name in getattr(test, "names", [test.name])))
    return core.run_all(tests, max(1, min(2, os.cpu_count() or 1)))


sys.exit(main())
