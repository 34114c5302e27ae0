"""The facts of a fault: from the kernel's record (struct vm_fault), or, for an access that has not been made or not
been looked at yet, from the structures as they are."""

import gdb

from . import guest, kernel, objects, tables
from .classify import Facts, classify, region_allows
from .guest import OsierError

RESOLVERS = ("fail_with", "vm_resolve_fault", "resolve_zero", "resolve_cow", "resolve_object")
HANDLERS = RESOLVERS + ("vm_classify_fault", "handle", "look_up")
ENTRIES = ("page_fault", "page_fault_kernel", "handle_page_fault", "trap_dispatch", "vm_fault")
NUMBERS = ("address", "instruction", "error", "pid", "tid", "cpu", "sequence", "region_start", "region_end",
           "region_prot", "region_flags", "object_id", "object_index", "shared_levels", "frame_refs", "frame_before",
           "tables_copied", "tables_made", "retries", "pages_mapped", "frame_after", "signal", "code")
BOOLEANS = ("user_mode", "user_copy", "has_region", "has_object", "is_device", "path_writable", "frame_is_object",
            "frame_is_zero")
ACCESS = {"r": "READ", "w": "WRITE", "x": "EXECUTE"}


def from_record(pointer):
    """A struct vm_fault, as it stands."""
    record = pointer.dereference() if pointer.type.code == gdb.TYPE_CODE_PTR else pointer
    record.fetch_lazy()
    facts = Facts(**{name: int(record[name]) for name in NUMBERS}, **{name: bool(record[name]) for name in BOOLEANS})
    facts.access = kernel.enum_name(record["access"], "ACCESS_")
    facts.page_state = kernel.enum_name(record["page_state"], "PAGE_")
    facts.verdict = kernel.enum_name(record["verdict"], "VERDICT_")
    facts.outcome = kernel.enum_name(record["outcome"], "OUTCOME_")
    facts.entry = tuple(int(record["entry"][n]) for n in range(min(int(record["levels"]), 4)))
    if facts.verdict == "NONE":
        facts.entry = ()
    if not facts.has_object:                     # then nobody has written these
        facts.object_id, facts.object_index, facts.page_state = 0, 0, "UPTODATE"
    if not facts.has_region:
        facts.region_start = facts.region_end = facts.region_prot = facts.region_flags = 0
        facts.entry = ()
    return facts


def _page_state(obj, index):
    """As object_page_state has it."""
    if index >= (obj.size + 4095) >> 12:
        return "PAST_END"
    if obj.kind == "device":
        return "UPTODATE"
    pfn = obj.find(index)
    if pfn is None:
        return "ABSENT"
    flags, bits = kernel.Frame(pfn).flags, kernel.enum("frame_flags")
    if flags & bits["FRAME_BUSY"]:
        return "BUSY"
    return "UPTODATE" if flags & bits["FRAME_UPTODATE"] else "ABSENT"


def from_space(space, address, access):
    """What the kernel would find if user mode made this access now."""
    facts = Facts(address=address, access=access, pid=space.pid)
    facts.error = 4 | (2 if access == "WRITE" else 0) | (16 if access == "EXECUTE" else 0)
    region = space.find(address)
    if region is None:
        return facts
    facts.has_region = True
    facts.region_start, facts.region_end = region.start, region.end
    facts.region_prot, facts.region_flags = region.prot, region.flags
    if region.has("GUARD") or not region_allows(facts):
        return facts                             # neither object nor tables matter
    if region.object:
        obj = objects.Object(region.object)
        facts.has_object, facts.is_device, facts.object_id = True, obj.kind == "device", obj.id
        facts.object_index = region.object_page + ((address - region.start) >> 12)
        facts.page_state = _page_state(obj, facts.object_index)
    steps = tables.walk(space.root, address)
    facts.entry = tuple(step.entry for step in steps)
    facts.path_writable = all(step.entry & tables.WRITE for step in steps[:3])
    for step in steps[:3]:
        if step.entry and step.frame and step.frame.refs > 1:
            facts.shared_levels |= 1 << step.level
    leaf = steps[-1]
    if leaf.level == 3 and leaf.entry:
        facts.frame_before, facts.frame_is_zero = leaf.pfn, leaf.pfn == kernel.zero_frame()
        frame = leaf.frame
        if frame:
            facts.frame_refs, facts.frame_is_object = frame.refs, frame.kind == "object"
        if leaf.entry & tables.PRESENT:
            facts.error |= 1
    return facts


def predicted(space, address, access):
    """The facts with the verdict they would get."""
    facts = from_space(space, address, access)
    facts.verdict = classify(facts)
    return facts


def unchanged(facts, space):
    """Whether the tables still are as the facts have them."""
    return tuple(step.entry for step in tables.walk(space.root, facts.address)) == facts.entry


class Current:
    """The fault to talk about: `facts`, and `when`: entered (not looked at yet), deciding, decided, over, brought-in (the
    kernel brings a page in by itself)."""

    def __init__(self, facts, when):
        self.facts, self.when = facts, when


def _variable(frame, name):
    try:
        found = frame.read_var(name)
        return None if found.is_optimized_out else found
    except (ValueError, gdb.error):
        return None


def _entered(frames, process):
    """A fault that was taken and not looked at yet: from the arguments on the way to vm_fault."""
    address = error = instruction = None
    for name, frame in frames:
        if name == "vm_fault":
            address, error, instruction = (_variable(frame, n) for n in ("address", "error", "instruction"))
        elif name in ("handle_page_fault", "trap_dispatch") and instruction is None:
            trap = _variable(frame, "frame")
            if trap is not None and int(trap) > guest.KERNEL_HALF:
                error, instruction = trap["error"], trap["rip"]
        if name in ("page_fault", "page_fault_kernel") and instruction is None:
            older = frame.older()
            instruction = older.pc() if older else None
    address = int(address) if address is not None else guest.register("cr2")
    if instruction is None:
        return None
    word = int(error) if error is not None else _error_on_stack()
    access = "WRITE" if word & 2 else "EXECUTE" if word & 16 else "READ"
    facts = from_space(process.space, address, access)
    facts.error, facts.instruction, facts.user_mode = word, int(instruction), bool(word & 4)
    facts.user_copy = not facts.user_mode
    return Current(facts, "entered")


def _error_on_stack():
    """The hardware's error code at page_fault's first instruction."""
    return guest.read_u64(guest.register("rsp"))


def _frames():
    found, frame = [], gdb.newest_frame()
    while frame is not None and frame.is_valid() and len(found) < 24 and frame.pc() & guest.KERNEL_HALF:
        found.append((frame.name(), frame))
        frame = frame.older()
    return found


def current():
    """The fault being handled on the selected CPU; the thread's last one otherwise."""
    frames = _frames()
    for name, frame in frames:
        if name in HANDLERS:
            work = _variable(frame, "work") if name not in ("vm_classify_fault", "fail_with") else None
            pointer = work["fault"] if work is not None else _variable(frame, "fault")
            if pointer is None or int(pointer) == 0:
                continue
            facts = from_record(pointer)
            if not any(other == "vm_fault" for other, _ in frames):
                return Current(facts, "brought-in")
            if name in RESOLVERS:
                facts.outcome = "NONE"
            return Current(facts, "deciding" if facts.verdict == "NONE" else "decided" if facts.outcome == "NONE" else "over")
    thread = kernel.current_thread()
    if int(thread) == 0:
        raise OsierError("there are no threads yet: let the kernel boot further (`thbreak process_start_init`, then `continue`)")
    if int(thread["fault"]) == 0:
        raise OsierError("the current thread is the kernel's own: it has no user memory, so no page faults")
    process = kernel.current_process()
    if process and process.space and any(name in ENTRIES for name, _ in frames):
        entered = _entered(frames, process)
        if entered:
            record = from_record(thread["fault"])
            same = (record.address, record.instruction) == (entered.facts.address, entered.facts.instruction)
            if not same or record.outcome == "NONE" or _at_the_beginning(frames):
                return entered
    facts = from_record(thread["fault"])
    if facts.sequence == 0:
        raise OsierError("this thread has not taken a page fault yet: `osier break-fault`, then `continue`")
    return Current(facts, "over")


def _at_the_beginning(frames):
    """Whether vm_fault has only just been called: the record is still the fault's before."""
    name, frame = frames[0]
    function = frame.function()
    if name in ("page_fault", "page_fault_kernel"):
        return frame.pc() - int(guest.gdb.parse_and_eval(f"(unsigned long)&{name}")) < 0x20
    return name == "vm_fault" and function is not None and frame.pc() - int(function.value().address) < 0x40
