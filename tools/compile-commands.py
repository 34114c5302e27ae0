#!/usr/bin/python3
"""Writes compile_commands.json: the compiler runs that make would do, read from a dry run.

    make -nB V=1 … | tools/compile-commands.py OUTPUT
"""

import json
import os
import re
import shlex
import sys


def main():
    top, entries = os.getcwd(), []
    for line in sys.stdin.read().replace("\\\n", " ").splitlines():
        if not re.match(r"\s*@?(\S*gcc|cc|clang\S*)\s", line) or ".c" not in line:
            continue
        try:
            words = shlex.split(line)
        except ValueError:
            continue
        sources = [word for word in words if word.endswith(".c")]
        if len(sources) >= 1 and "-o" in words:
            output = words[words.index("-o") + 1]
            for source in sources:
                entries.append({"directory": top, "file": source, "output": output,
                                "arguments": words})
    # The debug kernel's flags are the ones an editor should see: its assertions are code too.
    chosen = {}
    for entry in entries:
        if entry["file"] not in chosen or "/debug/" in entry["output"]:
            chosen[entry["file"]] = entry
    text = json.dumps([chosen[name] for name in sorted(chosen)], indent=1)
    with open(sys.argv[1] + ".new", "w", encoding="utf-8") as file:
        file.write(text + "\n")
    os.replace(sys.argv[1] + ".new", sys.argv[1])


main()
