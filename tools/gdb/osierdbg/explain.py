"""A page fault in words. The verdict is the kernel's own, from struct vm_fault; nothing is decided here."""

import gdb

from . import kernel, symbols, tables

RESOLVER = {
    "DEMAND_ZERO": "resolve_zero", "ZERO_SHARE": "resolve_zero", "STACK_GROW": "resolve_zero",
    "COW_COPY": "resolve_cow", "COW_REUSE": "resolve_cow", "PTE_UPGRADE": "resolve_cow",
    "OBJECT_MAP": "resolve_object", "OBJECT_COPY": "resolve_object", "OBJECT_WRITE": "resolve_object",
    "OBJECT_FILL": "resolve_object", "OBJECT_WAIT": "resolve_object",
}

WHY = {
    "NONE": "not decided yet: the fault has only just been taken (`break vm_resolve_fault` stops once it is)",
    "DEMAND_ZERO": "the region promises zeros and the page is being written for the first time",
    "ZERO_SHARE": "the region promises zeros and the page is only being read: the shared zero frame will do",
    "COW_REUSE": "the page and every table on its path belong to this space alone: no copy is needed",
    "OBJECT_MAP": "the object has the page in memory: only the entry is missing",
    "OBJECT_COPY": "the mapping is private: the writer gets a copy, the object keeps its page",
    "OBJECT_WRITE": "the mapping is shared and the page is clean: it is marked dirty before writing is allowed",
    "OBJECT_FILL": "the object does not have the page in memory: it is brought in first",
    "OBJECT_WAIT": "somebody else is bringing the page in: wait for it",
    "PTE_UPGRADE": "the entry is stricter than the region: mprotect gave rights since, and this gives them to the page",
    "STACK_GROW": "the stack is reserved up to its limit, and this page is being used for the first time",
    "STALE_TLB": "the tables allow the access already: the CPU remembered an older entry",
    "SEGV_MAPERR": "no region holds this address",
    "SEGV_ACCERR": "the region does not allow this access",
    "SEGV_GUARD": "this is a guard region: it exists to be hit",
    "BUS_ADRERR": "the page lies past the end of the object",
    "BUS_OBJERR": "the object could not deliver the page",
    "KERNEL_BUG": "the kernel touched memory that it must not touch",
}

SIGNALS = {11: ("SIGSEGV", {1: "SEGV_MAPERR", 2: "SEGV_ACCERR"}), 7: ("SIGBUS", {2: "BUS_ADRERR", 3: "BUS_OBJERR"})}


def current_fault():
    """The struct vm_fault being handled, or the last one of the current thread."""
    frame = gdb.newest_frame()
    for _ in range(12):
        if frame is None or not frame.is_valid():
            break
        if frame.name() in ("vm_resolve_fault", "handle", "look_up", "resolve_zero", "resolve_cow", "resolve_object"):
            try:
                work = frame.read_var("work")
                return work["fault"] if work.type.code == gdb.TYPE_CODE_PTR else work["fault"]
            except (ValueError, gdb.error):
                pass
        frame = frame.older()
    thread = kernel.current_thread()
    if int(thread) == 0 or int(thread["fault"]) == 0:
        raise kernel.OsierError("the current thread is the kernel's own: it has no user memory, so no page faults")
    return thread["fault"]


class Fault:
    def __init__(self, pointer):
        self.pointer = pointer
        self.address = int(pointer["address"])
        self.verdict = kernel.enum_name(pointer["verdict"], "VERDICT_")
        self.outcome = kernel.enum_name(pointer["outcome"], "OUTCOME_")
        self.access = kernel.enum_name(pointer["access"], "ACCESS_")
        self.entries = [int(pointer["entry"][i]) for i in range(int(pointer["levels"]))]
        self.shared = int(pointer["shared_levels"])
        self.levels = len(self.entries)

    def __getitem__(self, name):
        return self.pointer[name]


def error_text(error):
    words = ["present" if error & 1 else "not present", "write" if error & 2 else "read"]
    if error & 4:
        words.append("user")
    if error & 8:
        words.append("reserved bit")
    if error & 16:
        words.append("fetch")
    return ", ".join(words)


def who(fault):
    pid = int(fault["pid"])
    for process in kernel.processes():
        if process.pid == pid:
            return f"pid {pid} {process.name}", process
    return f"pid {pid}", None


def region_lines(fault):
    if not fault["has_region"]:
        return ["none: no region of this space holds the address"]
    start, end = int(fault["region_start"]), int(fault["region_end"])
    process = who(fault)[1]
    if process and process.space:
        regions = process.space.regions()
        for number, region in enumerate(regions, 1):
            if int(region["start"]) == start:
                return [f"[{start:#x}-{end:#x}) {kernel.region_text(region)}, node {number} of {len(regions)}"]
    return [f"[{start:#x}-{end:#x}) {kernel.prot_text(fault['region_prot'])}"]


def table_lines(fault):
    """What the walk found, from the record: where it is shared, where it ended, what the leaf said."""
    if not fault.levels:
        return ["not looked at: the decision was made before"]
    lines, zero = [], tables.zero_frame()
    partner = ""
    process = who(fault)[1]
    if process and process.space and int(process.space.pointer["forked_from"]):
        partner = f" (pid {int(process.space.pointer['forked_from'])} is its parent by fork)"
    for level, entry in enumerate(fault.entries):
        name = f"{tables.LEVELS[level]}[{tables.index(fault.address, level)}]"
        if not entry:
            lines.append(f"{name} is empty" + (": nothing below it exists" if level < 3 else ": no frame yet"))
        elif level == 3:
            pfn = (entry & tables.ADDRESS) >> 12
            state = "held" if entry & tables.HELD else "W=1" if entry & tables.WRITE else "W=0"
            if pfn == zero:
                lines.append(f"{name} {state} -> the shared zero frame {pfn:#x}")
            else:
                refs = int(fault["frame_refs"])
                text = f"{name} {state} -> frame {pfn:#x}, {refs} reference{'s' if refs != 1 else ''}"
                if fault.shared:
                    text += ", in a table that spaces share"
                lines.append(text)
        elif fault.shared >> level & 1:
            refs = int(kernel.frame((entry & tables.ADDRESS) >> 12)["refs"])
            lines.append(f"{name} W={1 if entry & tables.WRITE else 0}: its table is shared, {refs} references now{partner}")
            partner = ""
        elif not entry & tables.WRITE:
            lines.append(f"{name} W=0: its table was shared, and has one owner again")
    return lines or ["every table on the path exists and is this space's own"]


def why(fault):
    if fault.verdict == "COW_COPY":
        if fault.shared:
            return "the region allows writing, and the path to the page is shared"
        return f"the region allows writing, and the frame has {int(fault['frame_refs'])} references"
    if fault.verdict == "SEGV_ACCERR":
        return f"the region is {kernel.prot_text(fault['region_prot'])}, and this is a {fault.access.lower()}"
    return WHY.get(fault.verdict, "?")


def tables_to_copy(fault):
    """Once one table is shared or missing, each one below it is new too."""
    for level in range(3):
        if level >= fault.levels or not fault.entries[level]:
            return 0, 3 - level
        if fault.shared >> level & 1:
            missing = sum(1 for entry in range(level + 1, 3) if entry >= fault.levels or not fault.entries[entry])
            return 3 - level - missing, missing
    return 0, 0


def after(fault):
    done = fault.outcome in ("DONE",)
    if fault.verdict in ("SEGV_MAPERR", "SEGV_ACCERR", "SEGV_GUARD", "BUS_ADRERR", "BUS_OBJERR"):
        if fault["user_copy"]:
            return "the system call's copy ends here, and the call fails with EFAULT"
        number = 7 if fault.verdict.startswith("BUS") else 11
        name, codes = SIGNALS[number]
        code = {"SEGV_GUARD": "SEGV_MAPERR"}.get(fault.verdict, fault.verdict)
        return f"nothing is mapped; the program gets {name}, si_code {code}, si_addr {fault.address:#x}"
    if fault.verdict in ("NONE", "KERNEL_BUG"):
        return "the kernel panics" if fault.verdict == "KERNEL_BUG" else "-"
    copied, made = tables_to_copy(fault)
    if done:
        copied, made = int(fault["tables_copied"]), int(fault["tables_made"])
    words = []
    if copied:
        words.append(f"{copied} table{'s' if copied != 1 else ''} copied for this path")
    if made:
        words.append(f"{made} table{'s' if made != 1 else ''} made")
    pt = f"PT[{tables.index(fault.address, 3)}]"
    new = int(fault["frame_after"])
    frame = f"frame {new:#x}" if done and new else "a new frame"
    old = int(fault["frame_before"])
    words.append({
        "DEMAND_ZERO": f"{pt} writable, {frame} of zeros", "STACK_GROW": f"{pt} writable, {frame} of zeros",
        "ZERO_SHARE": f"{pt} read-only, the shared zero frame",
        "COW_COPY": f"{pt} writable, {frame} with a copy; frame {old:#x} left to its other owners",
        "COW_REUSE": f"{pt} writable, the same frame {old:#x}",
        "OBJECT_MAP": f"{pt} read-only, the object's own page"
                      + (f", and {int(fault['pages_mapped']) - 1} resident neighbours" if done and int(fault["pages_mapped"]) > 1 else ""),
        "OBJECT_COPY": f"{pt} writable, {frame} with a copy of the object's page",
        "OBJECT_WRITE": f"{pt} writable, the object's own page, marked dirty",
        "OBJECT_FILL": "the page is in the object; then this fault is looked at again",
        "OBJECT_WAIT": "the page is in the object; then this fault is looked at again",
        "PTE_UPGRADE": f"{pt} present with the region's rights", "STALE_TLB": "the old translation is forgotten",
    }[fault.verdict])
    if fault.verdict not in ("OBJECT_FILL", "OBJECT_WAIT"):
        words.append("the instruction runs again")
    return "; ".join(words)


def path(fault):
    resolver = RESOLVER.get(fault.verdict)
    text = "vm_fault -> vm_classify_fault -> vm_resolve_fault"
    if resolver:
        text += f" -> {resolver} -> pt_own, pt_set"
    return text


def explain(pointer):
    """The lines of `osier fault`."""
    fault = Fault(pointer)
    name, process = who(fault)
    path_of_program = symbols.use_program(process)
    error = int(fault["error"])
    mode = "user mode" if fault["user_mode"] else "the kernel's user copy" if fault["user_copy"] else "kernel mode"
    lines = [f"page fault {int(fault['sequence'])} in {name}: {fault.access} from {mode} at {fault.address:#018x}"
             f"   (error {error:#x}: {error_text(error)})"]
    address = int(fault["instruction"])
    place, text = symbols.source_line(address)
    words = []
    if place:
        words.append(place)
    if text:
        words.append(text)
    asm = symbols.instruction(address)
    if asm:
        words.append(asm)
    words.append(f"at {address:#x}")
    if not path_of_program and fault["user_mode"]:
        words.append("(no symbols of this program)")

    def add(label, texts):
        for number, item in enumerate(texts):
            lines.append(f"  {label if number == 0 else '':<12} {item}")

    add("instruction", ["   ".join(words)])
    add("region", region_lines(fault))
    add("page table", table_lines(fault))
    add("verdict", [f"{fault.verdict}: {why(fault)}"])
    add("path", [path(fault)])
    add("after", [after(fault)])
    if fault.outcome not in ("NONE",):
        add("outcome", [fault.outcome + (f", after {int(fault['retries'])} retries" if int(fault["retries"]) else "")])
    return lines
