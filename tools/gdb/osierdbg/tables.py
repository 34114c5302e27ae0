"""Page tables: a walk level by level, with what denies an access."""

from . import kernel

PRESENT, WRITE, USER, PWT, PCD = 1, 2, 4, 8, 16
ACCESSED, DIRTY, LARGE, GLOBAL, HELD, SPECIAL = 32, 64, 128, 256, 512, 1024
NO_EXECUTE = 1 << 63
ADDRESS = 0x000ffffffffff000
LEVELS = ("root", "PDPT", "PD", "PT")


def index(address, level):
    return address >> (39 - 9 * level) & 511


def canonical(address):
    top = address >> 47
    return top in (0, 0x1ffff)


class Step:
    """One entry of a walk."""

    def __init__(self, level, address, table):
        self.level, self.name = level, LEVELS[level]
        self.index = index(address, level)
        self.table = table                      # physical address of the table that holds the entry
        self.entry = kernel.read_u64(kernel.DIRECT_MAP + table + 8 * self.index)
        self.target = self.entry & ADDRESS
        self.large = bool(self.entry & LARGE) and level in (1, 2)
        self.leaf = level == 3 or self.large

    @property
    def refs(self):
        """References to what the entry points at; None where there is no struct frame."""
        if not self.entry or self.entry & SPECIAL or self.large:
            return None
        return int(kernel.frame(self.target >> 12)["refs"])

    def flags(self):
        entry, words = self.entry, []
        if not entry:
            return "empty"
        if entry & HELD:
            words.append("HELD (PROT_NONE keeps the frame)")
        elif not entry & PRESENT:
            words.append("not present")
        words.append("W=1" if entry & WRITE else "W=0")
        if self.leaf:
            words.append("NX" if entry & NO_EXECUTE else "X")
        words.append("user" if entry & USER else "kernel")
        for bit, name in ((PCD, "uncached"), (GLOBAL, "global"), (SPECIAL, "special"), (ACCESSED, "A"), (DIRTY, "D")):
            if entry & bit and not (bit == DIRTY and not self.leaf):
                words.append(name)
        if entry & PWT and not entry & PCD:
            words.append("write-combining")
        return " ".join(words)


def walk(root, address):
    steps, table = [], root & ADDRESS
    for level in range(4):
        step = Step(level, address, table)
        steps.append(step)
        if step.leaf or not step.entry & PRESENT:
            break
        table = step.target
    return steps


def effective(steps):
    """(text, index of the step that denies writing or None)."""
    last = steps[-1]
    if not last.leaf or not last.entry & PRESENT:
        return "no access: the walk ends at the " + last.name, len(steps) - 1
    write, user, execute, denies = True, True, True, None
    for number, step in enumerate(steps):
        if not step.entry & WRITE and write:
            write, denies = False, number
        user = user and bool(step.entry & USER)
        execute = execute and not step.entry & NO_EXECUTE
    text = "r" + ("w" if write else "-") + ("x" if execute else "-") + (" user" if user else " kernel only")
    return text, denies


def zero_frame():
    pointer = kernel.value("pt_zero_frame")
    return (int(pointer) - kernel.FRAME_ARRAY) // kernel.struct("frame").sizeof


def step_text(step, zero):
    text = f"{step.name + '[' + str(step.index) + ']':<10}"
    if not step.entry:
        return text + " empty"
    pfn = step.target >> 12
    text += f" {step.entry:#018x}  {step.flags():<28}"
    if step.large:
        return text + f" -> large page at {step.target:#x}"
    if step.leaf:
        if pfn == zero:
            return text + f" -> frame {pfn:#x}, the shared zero frame"
        refs = step.refs
        return text + (f" -> frame {pfn:#x}" if refs is None else
                       f" -> frame {pfn:#x}, {refs} reference{'s' if refs != 1 else ''}")
    refs = step.refs
    shared = f", shared: {refs} references" if step.entry & USER and refs and refs > 1 else ""
    return text + f" -> table {pfn:#x}{shared}"
