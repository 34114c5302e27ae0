"""How things are called, in one place. Colour only where a terminal shows it."""

import os
import sys

import gdb

WIDTH = 100
COLOURS = {"good": "32", "bad": "31;1", "note": "33", "head": "1", "dim": "2", "shared": "36"}
UNITS = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def colour_is_on():
    if os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb":
        return False
    return bool(gdb.parameter("style enabled")) and sys.__stdout__ is not None and sys.__stdout__.isatty()


def paint(text, kind):
    return f"\x1b[{COLOURS[kind]}m{text}\x1b[0m" if text and colour_is_on() else text


def plural(count, word, many=None):
    return f"{count} {word if count == 1 else many or word + 's'}"


def size(count):
    """Exact where a unit divides it, else one decimal."""
    for unit, name in UNITS:
        if count >= unit:
            return f"{count // unit} {name}" if count % unit == 0 else f"{count / unit:.1f} {name}"
    return f"{count} B"


def prot(bits):
    bits = int(bits)
    return ("r" if bits & 1 else "-") + ("w" if bits & 2 else "-") + ("x" if bits & 4 else "-")


def span(start, end):
    return f"[{start:#x}-{end:#x})"


def joined(words):
    """`a, b and c`."""
    words = list(words)
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def visible(text):
    """Columns that a text takes: escape sequences take none."""
    count, at = 0, 0
    while at < len(text):
        if text[at] == "\x1b":
            at = text.index("m", at) + 1
            continue
        count, at = count + 1, at + 1
    return count


NO_BREAK = "\u00a0"                             # a blank that no line ends at; printed as a blank


def wrap(text, indent, width=WIDTH):
    """Lines no wider than `width` where words allow it; all but the first begin with `indent` blanks."""
    lines, line = [], ""
    for word in text.split(" "):
        limit = width - (indent if lines else 0)
        if line.strip() and visible(line) + 1 + visible(word) > limit:
            lines.append(line)
            line = word
        else:
            line = line + " " + word if line else word
    lines.append(line)
    return [(" " * indent if number else "") + line.replace(NO_BREAK, " ").rstrip() for number, line in enumerate(lines)]


def labelled(label, texts, width=12):
    """`  label        text`, wrapped; several texts stand below each other."""
    lines = []
    for text in texts:
        head = f"  {label if not lines else '':<{width}} "
        wrapped = wrap(text, 0, WIDTH - len(head))
        lines.append(head + wrapped[0])
        lines += [" " * len(head) + rest for rest in wrapped[1:]]
    return lines


def table(heads, rows, left=()):
    """Columns as wide as they must be; numbers to the right, columns named in `left` to the left."""
    widths = [max([len(head)] + [visible(str(row[n])) for row in rows]) for n, head in enumerate(heads)]

    def line(cells):
        out = []
        for n, cell in enumerate(cells):
            text = str(cell)
            blanks = " " * (widths[n] - visible(text))
            out.append(text + blanks if heads[n] in left else blanks + text)
        return "  ".join(out).rstrip()

    return [paint(line(heads), "head")] + [line(row) for row in rows]
