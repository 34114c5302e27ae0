"""Osier's commands for GDB: `osier help` lists them. Sourced by `make debug`."""

import os
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from osierdbg import start  # noqa: E402

start.register()
gdb.write("Osier's commands are loaded: `osier help`, or `o` for short.\n")
