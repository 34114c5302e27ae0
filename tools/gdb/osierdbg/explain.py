"""A page fault in words. The verdict is the kernel's own, from struct vm_fault, or said to be a prediction; nothing
is decided here."""

from . import kernel, objects, symbols, tables, words

RESOLVER = {
    "DEMAND_ZERO": "resolve_zero -> pt_own, pt_set", "ZERO_SHARE": "resolve_zero -> pt_own, pt_set",
    "STACK_GROW": "resolve_zero -> pt_own, pt_set",
    "COW_COPY": "resolve_cow -> pt_own, pt_set", "COW_REUSE": "resolve_cow -> pt_own, pt_set",
    "PTE_UPGRADE": "resolve_cow -> pt_own, pt_set",
    "OBJECT_MAP": "resolve_object -> map_page -> pt_own, pt_set",
    "OBJECT_COPY": "resolve_object -> copy_page -> pt_own, pt_set",
    "OBJECT_WRITE": "resolve_object -> write_page -> pt_own, pt_set",
    "OBJECT_FILL": "resolve_object -> bring_in, and from the start again",
    "OBJECT_WAIT": "resolve_object -> bring_in, and from the start again",
    "STALE_TLB": "invlpg",
}

WHY = {
    "NONE": "not decided yet",
    "DEMAND_ZERO": "the region promises zeros, and the page is written for the first time",
    "ZERO_SHARE": "the region promises zeros, and the page is only read: the shared frame of zeros will do",
    "COW_REUSE": "the page and every table on its path belong to this space alone: no copy is needed",
    "OBJECT_MAP": "the object has the page in memory: only the entry is missing",
    "OBJECT_COPY": "the mapping is private: the writer gets a copy, the object keeps its page",
    "OBJECT_WRITE": "the mapping is shared and the page is clean: it is marked dirty before writing is allowed",
    "OBJECT_FILL": "the object does not have the page in memory: it is brought in first",
    "OBJECT_WAIT": "somebody else is bringing the page in: wait for it",
    "PTE_UPGRADE": "the entry is stricter than the region: rights given since are now given to the page",
    "STACK_GROW": "the stack is reserved up to its limit, and this page is used for the first time",
    "STALE_TLB": "the tables allow the access already: the CPU remembered an older entry",
    "SEGV_MAPERR": "no region holds this address",
    "SEGV_GUARD": "this is a guard region: it exists to be hit",
    "BUS_ADRERR": "the page lies past the end of the object",
    "BUS_OBJERR": "the object could not deliver the page",
    "KERNEL_BUG": "the kernel touched memory that it must not touch",
}

SIGNAL = {"SEGV_MAPERR": ("SIGSEGV", "SEGV_MAPERR"), "SEGV_GUARD": ("SIGSEGV", "SEGV_MAPERR"),
          "SEGV_ACCERR": ("SIGSEGV", "SEGV_ACCERR"), "BUS_ADRERR": ("SIGBUS", "BUS_ADRERR"),
          "BUS_OBJERR": ("SIGBUS", "BUS_OBJERR")}


def error_text(error):
    found = ["present" if error & 1 else "not present", "write" if error & 2 else "fetch" if error & 16 else "read"]
    found.append("user" if error & 4 else "kernel")
    if error & 8:
        found.append("reserved bit")
    return ", ".join(found)


class Explanation:
    """One fault, with what is around it while that is still as the fault found it (`live`)."""

    def __init__(self, facts, process, live):
        self.facts, self.process, self.live = facts, process, live
        self.space = process.space if process else None
        self.zero = kernel.zero_frame()
        self.sharers = {}                        # level -> other spaces that use the same table
        if live and self.space and facts.shared_levels:
            spaces = kernel.spaces()
            for level in range(min(facts.levels, 3)):
                if facts.shared_levels >> level & 1 or self.sharers:
                    self.sharers[level] = tables.sharers(spaces, self.space.address, facts.address, level,
                                                         facts.entry[level] & tables.ADDRESS)

    # -- parts ---------------------------------------------------------------------------------

    def instruction(self):
        facts = self.facts
        if not facts.instruction:
            return None
        place, text = symbols.source_line(facts.instruction)
        assembly = symbols.instruction(facts.instruction)
        found = [place, text, assembly and assembly.replace(" ", words.NO_BREAK), f"at{words.NO_BREAK}{facts.instruction:#x}"]
        return "   ".join(word for word in found if word)

    def region(self):
        facts = self.facts
        if not facts.has_region:
            hole = self.neighbours()
            return "none holds the address" + (f": {hole}" if hole else "")
        here = self.space.find(facts.address) if self.space else None
        if here and (here.start, here.end) == (facts.region_start, facts.region_end):
            order = [region.address for region in self.space.regions()]
            return (f"{words.span(here.start, here.end)} {objects.region_text(here)}, "
                    f"node {order.index(here.address) + 1} of {len(order)}")
        kind = "shared" if facts.region_flags & 1 else "private"
        return (f"{words.span(facts.region_start, facts.region_end)} {words.prot(facts.region_prot)} {kind} "
                f"{'object ' + str(facts.object_id) if facts.has_object else 'anonymous'} (as it was)")

    def neighbours(self):
        if not self.space:
            return None
        regions, address = self.space.regions(), self.facts.address
        low = max((r.end for r in regions if r.end <= address), default=None)
        high = min((r.start for r in regions if r.start > address), default=None)
        if low is None and high is None:
            return None
        return (f"a hole between {low:#x} and {high:#x}" if low and high else
                f"nothing below {high:#x}" if high else f"nothing above {low:#x}")

    def page(self):
        """What the object has at the page."""
        facts = self.facts
        if not facts.has_object or facts.is_device:
            return None
        state = {"ABSENT": "not in memory", "BUSY": "being read", "UPTODATE": "in memory", "ERROR": "unreadable",
                 "PAST_END": "past the end"}.get(facts.page_state, facts.page_state)
        return f"page {facts.object_index} of object {facts.object_id}: {state}"

    def table(self):
        facts, found = self.facts, []
        if not facts.entry:
            alone = not facts.has_region or facts.verdict.startswith("SEGV")
            return ["not looked at" + (": the region decides alone" if alone else "")]
        for level, entry in enumerate(facts.entry):
            name = tables.entry_name(level, tables.index(facts.address, level))
            if level == 3:
                found.append(self.leaf_text(name, entry))
            elif not entry:
                found.append(f"{name} is empty: no {tables.LEVELS[level + 1]} below it yet")
            elif facts.shared_levels >> level & 1:
                others = self.sharers.get(level)
                with_whom = ", ".join(f"pid {space.pid}" for space in others or [])
                refs = kernel.Frame((entry & tables.ADDRESS) >> 12).refs if self.live else 0
                text = f"{name} W={entry >> 1 & 1}: its table " + (f"has {words.plural(refs, 'reference')}" if refs else "was shared")
                found.append(text + (f" (shared with {with_whom} since fork)" if with_whom else ""))
            elif not entry & tables.WRITE:
                found.append(f"{name} W=0: its table was shared, and has one owner again")
        return found

    def leaf_text(self, name, entry):
        facts = self.facts
        if not entry:
            return f"{name} is empty: no frame yet"
        pfn = (entry & tables.ADDRESS) >> 12
        state = "held" if entry & tables.HELD else f"W={entry >> 1 & 1}"
        if pfn == self.zero:
            return f"{name} {state} -> the shared frame of zeros, {pfn:#x}"
        if entry & tables.SPECIAL:
            return f"{name} {state} -> device memory at {pfn << 12:#x}"
        text = f"{name} {state} -> frame {pfn:#x}, {words.plural(facts.frame_refs, 'reference')}"
        if facts.frame_is_object:
            text += ", the object's own"
        if facts.shared_levels:
            count = len(self.sharers.get(2) or []) + 1
            text += f", in a table that {count} spaces share" if count > 1 else ", below a shared table"
        return text

    def why(self):
        facts = self.facts
        if facts.verdict == "COW_COPY":
            if facts.shared_levels:
                return "the region allows writing, and the path to the page is shared"
            return f"the region allows writing, and the frame has {words.plural(facts.frame_refs, 'reference')}"
        if facts.verdict == "SEGV_ACCERR":
            verb = {"READ": "read", "WRITE": "write", "EXECUTE": "run"}[facts.access]
            return f"the region is {words.prot(facts.region_prot)}, and this access wants to {verb} it"
        return WHY.get(facts.verdict, "?")

    def path(self):
        verdict = self.facts.verdict
        text = "vm_fault -> vm_classify_fault -> vm_resolve_fault"
        if verdict in RESOLVER:
            rest = RESOLVER[verdict]
            return text + " -> " + (rest.replace("map_page", "map_device") if self.facts.is_device else rest)
        if verdict in SIGNAL:
            return text + ("; then the copy's fixup" if self.facts.user_copy else "; then signal_force, signal_deliver")
        return text

    def missing_tables(self):
        """(to copy, to make): below the first table that is missing or shared every level needs a new one."""
        facts = self.facts
        for level in range(3):
            if level >= facts.levels or not facts.entry[level]:
                return 0, 3 - level
            if facts.shared_levels >> level & 1:
                made = sum(1 for below in range(level + 1, 3) if below >= facts.levels or not facts.entry[below])
                return 3 - level - made, made
        return 0, 0

    def others(self):
        pids = {space.pid for spaces in self.sharers.values() for space in spaces}
        if not pids and self.live and self.space:
            for space in kernel.spaces():        # fork=eager: tables of their own, the frame in common
                steps = tables.walk(space.root, self.facts.address)
                if space.address != self.space.address and len(steps) == 4 and steps[3].pfn == self.facts.frame_before:
                    pids.add(space.pid)
        return ", ".join(f"pid {pid}" for pid in sorted(pids)) if pids else "its other owners"

    def after(self):
        facts, over = self.facts, self.facts.outcome == "DONE"
        if facts.verdict in SIGNAL:
            if facts.user_copy:
                return ["nothing is mapped", "the copy ends here, and the system call fails with EFAULT"]
            signal, code = SIGNAL[facts.verdict]
            return ["nothing is mapped", f"the program gets {signal}, si_code {code}, si_addr {facts.address:#x}"]
        if facts.verdict == "KERNEL_BUG":
            return ["the kernel panics"]
        if facts.verdict == "NONE":
            return ["-"]
        found = []
        copied, made = (facts.tables_copied, facts.tables_made) if over else self.missing_tables()
        if facts.verdict not in ("OBJECT_FILL", "OBJECT_WAIT", "STALE_TLB"):
            if copied:
                found.append(f"{words.plural(copied, 'table')} copied for this path")
            if made:
                found.append(f"{words.plural(made, 'table')} made for this path")
        entry = tables.entry_name(3, tables.index(facts.address, 3))
        new = f"frame {facts.frame_after:#x}" if over and facts.frame_after else "a new frame"
        old = f"frame {facts.frame_before:#x}"
        writable = facts.region_prot & 2 and facts.access == "WRITE"
        around = facts.pages_mapped - 1 if over else 0
        ahead = [f"{words.plural(around, 'page')} after it too: the writes follow one another"] if around > 0 else []
        found += {
            "DEMAND_ZERO": [f"{entry} writable, {new} of zeros"] + ahead,
            "STACK_GROW": [f"{entry} writable, {new} of zeros, charged to the stack"],
            "ZERO_SHARE": [f"{entry} read-only, the shared frame of zeros"] +
                          ([f"{words.plural(around, 'page')} around it too"] if around > 0 else []),
            "COW_COPY": [f"{entry} writable, {new} with a copy"] + ahead + [f"{old} left to {self.others()}"],
            "COW_REUSE": [f"{entry} writable, the same {old}"],
            "OBJECT_MAP": [f"{entry} read-only, the object's own page"] +
                          ([f"{words.plural(around, 'resident neighbour')} mapped too"] if around > 0 else []),
            "OBJECT_COPY": [f"{entry} writable, {new} with a copy of the object's page"],
            "OBJECT_WRITE": [f"{entry} writable, the object's own page, marked dirty"],
            "OBJECT_FILL": ["the page is in the object, and this fault is looked at again"],
            "OBJECT_WAIT": ["the page is in the object, and this fault is looked at again"],
            "PTE_UPGRADE": [f"{entry} present with the region's rights" + ("" if writable else ", writing aside")],
            "STALE_TLB": ["the old translation is forgotten"],
        }[facts.verdict]
        if facts.verdict not in ("OBJECT_FILL", "OBJECT_WAIT"):
            found.append("the instruction runs again")
        return found

    # -- the whole -----------------------------------------------------------------------------

    def data(self):
        facts = self.facts
        found = {name: getattr(facts, name) for name in facts.FIELDS}
        found.update(entry=list(facts.entry), why=self.why(), path=self.path(), after=self.after(),
                     region=self.region(), page_table=self.table(), program=self.process.name if self.process else None)
        return found


def sentences(parts):
    """Items that end in `;` but the last, each on a line of its own where it is long."""
    return [part + (";" if n < len(parts) - 1 else "") for n, part in enumerate(parts)]


def mode(facts):
    return "user mode" if facts.user_mode else "the kernel's user copy" if facts.user_copy else "kernel mode"


def body(explanation):
    """The lines below the headline."""
    facts, lines = explanation.facts, []
    where = explanation.instruction()
    if where:
        lines += words.labelled("instruction", [where])
    lines += words.labelled("region", [explanation.region()])
    page = explanation.page()
    if page:
        lines += words.labelled("object", [page])
    lines += words.labelled("page table", sentences(explanation.table()))
    kind = "bad" if facts.verdict in SIGNAL or facts.verdict == "KERNEL_BUG" else "good"
    lines += words.labelled("verdict", [f"{words.paint(facts.verdict, kind)}: {explanation.why()}"])
    lines += words.labelled("path", [explanation.path()])
    lines += words.labelled("after", ["; ".join(explanation.after())])
    return lines


def headline(facts, title, name):
    text = f"{name} in {title}: {facts.access} from {mode(facts)} at {facts.address:#x}"
    error = f"(error {facts.error:#x}: {error_text(facts.error)})"
    if words.visible(text) + 2 + len(error) <= words.WIDTH:
        return [text + "  " + error]
    return [text, "  " + error]
