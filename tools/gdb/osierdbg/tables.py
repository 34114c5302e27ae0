"""Page tables: a walk level by level, what denies an access, who shares a table, and whole tables at once."""

import struct

from . import guest, kernel, words

PRESENT, WRITE, USER, PWT, PCD = 1, 2, 4, 8, 16
ACCESSED, DIRTY, LARGE, GLOBAL, HELD, SPECIAL = 32, 64, 128, 256, 512, 1024
NO_EXECUTE = 1 << 63
ADDRESS = 0x000ffffffffff000
LEVELS = ("root", "PDPT", "PD", "PT")
ENTRIES = 512


def index(address, level):
    return address >> (39 - 9 * level) & 511


def span(level):
    """Bytes that one entry of a level spans."""
    return 1 << (39 - 9 * level)


def canonical(address):
    return address >> 47 in (0, 0x1ffff)


def physical(address, length):
    return guest.read_physical(address, length, kernel.constants().direct_map)


def entry_name(level, number):
    return f"{LEVELS[level]}[{number}]"


class Step:
    """One entry of a walk."""

    def __init__(self, level, address, table):
        self.level, self.name = level, LEVELS[level]
        self.index = index(address, level)
        self.table = table                      # physical address of the table that holds the entry
        self.entry = int.from_bytes(physical(table + 8 * self.index, 8), "little")
        self.target = self.entry & ADDRESS
        self.pfn = self.target >> 12
        self.large = bool(self.entry & LARGE) and level in (1, 2)
        self.leaf = level == 3 or self.large
        self.label = entry_name(level, self.index)

    @property
    def frame(self):
        """struct frame of what the entry points at; None where there is none or the entry does not count."""
        if not self.entry or self.entry & SPECIAL or self.large or not kernel.pfn_valid(self.pfn):
            return None
        try:
            return kernel.Frame(self.pfn)
        except guest.gdb.MemoryError:            # the array is not there yet
            return None

    def flags(self):
        return flag_words(self.entry, self.leaf)

    def data(self):
        frame = self.frame
        return {"level": self.name, "index": self.index, "entry": self.entry, "flags": self.flags(), "leaf": self.leaf,
                "large": self.large, "pfn": self.pfn if self.entry else None, "refs": frame.refs if frame else None}


def flag_words(entry, leaf):
    if not entry:
        return "empty"
    found = []
    if entry & HELD and not entry & PRESENT:
        found.append("HELD")
    elif not entry & PRESENT:
        found.append("not present")
    found.append("W=1" if entry & WRITE else "W=0")
    if leaf:
        found.append("NX" if entry & NO_EXECUTE else "X")
    found.append("user" if entry & USER else "kernel")
    if entry & PWT and not entry & PCD:
        found.append("write-combining")
    for bit, name in ((PCD, "uncached"), (GLOBAL, "global"), (SPECIAL, "special"), (ACCESSED, "A"), (DIRTY, "D")):
        if entry & bit and (leaf or bit != DIRTY):
            found.append(name)
    return " ".join(found)


def walk(root, address):
    """The steps from the root; ends at the leaf, or at the first entry that is not present."""
    steps, table = [], root & ADDRESS
    for level in range(4):
        step = Step(level, address, table)
        steps.append(step)
        if step.leaf or not step.entry & PRESENT:
            break
        table = step.target
    return steps


class Permission:
    """What the path as a whole allows, and the step that denies writing, user mode and execution (None: none does)."""

    def __init__(self, steps):
        last = steps[-1]
        self.mapped = last.leaf and bool(last.entry & PRESENT)
        self.denies = {"r": None if self.mapped else len(steps) - 1}
        for kind, forbids in (("w", lambda s: not s.entry & WRITE), ("u", lambda s: not s.entry & USER),
                              ("x", lambda s: bool(s.entry & NO_EXECUTE))):
            first = next((n for n, step in enumerate(steps) if forbids(step)), None)
            self.denies[kind] = first if self.mapped else len(steps) - 1

    def allows(self, kind):
        return self.denies[kind] is None

    def text(self):
        if not self.mapped:
            return "no access"
        return ("r" + ("w" if self.allows("w") else "-") + ("x" if self.allows("x") else "-") +
                (" for user mode" if self.allows("u") else " for the kernel only"))


def step_text(step, zero):
    text = f"{step.label:<10}"
    if not step.entry:
        return text + " empty"
    text += f" {step.entry:#018x}  {step.flags():<15}"
    if step.large:
        return text + f" -> {words.size(span(step.level))} page at {step.target:#x}"
    if step.leaf:
        if step.pfn == zero:
            return text + f" -> frame {step.pfn:#x}, the shared frame of zeros"
        frame = step.frame
        return text + (f" -> frame {step.pfn:#x}" +
                       (f", {words.plural(frame.refs, 'reference')}, {frame.kind}" if frame else ", without a struct frame"))
    frame = step.frame
    shared = f", {frame.refs} references: shared" if frame and step.entry & USER and frame.refs > 1 else ""
    return text + f" -> table {step.pfn:#x}{shared}"


def sharers(spaces, own, address, level, table):
    """The other spaces whose walk of an address goes through the same table below `level`."""
    found = []
    for space in spaces:
        if space.address == own:
            continue
        steps = walk(space.root, address)
        if len(steps) > level and steps[level].entry and steps[level].target == table:
            found.append(space)
    return found


# ---- whole tables --------------------------------------------------------------------------------

_tables = {}                                    # physical address -> entries; read once a stop


def forget():
    _tables.clear()


def entries(table):
    """The 512 entries of a table."""
    table &= ADDRESS
    if table not in _tables:
        _tables[table] = struct.unpack(f"<{ENTRIES}Q", physical(table, 8 * ENTRIES))
    return _tables[table]


def user_entries(root):
    return entries(root)[:kernel.constants().user_root_entries]


def leaves(root):
    """(address, entry, path) of every leaf entry of the user half that is not empty; `path` is the tuple of
    (level, index, entry) above it."""
    def below(table, level, base, path):
        row = user_entries(table) if level == 0 else entries(table)
        for number, entry in enumerate(row):
            if not entry:
                continue
            address = base + number * span(level)
            if level == 3:
                yield address, entry, path
            elif entry & PRESENT:
                yield from below(entry & ADDRESS, level + 1, address, path + ((level, number, entry),))

    yield from below(root, 0, 0, ())
