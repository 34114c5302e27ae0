"""The kernel's structures as Python sees them: processes, spaces, regions, frames, objects.

Everything is reached through the kernel's own symbols and types, so a changed field is an error that names the
field, not a wrong number. Constants come from the debug ABI.
"""

import gdb

from . import abi, guest
from .guest import OsierError

LIMIT = 1000000                                 # entries of a list before it counts as broken

_abi = None


def require_kernel():
    """A kernel that has come far enough to have structures. Sets what the rest of this file relies on."""
    global _abi
    guest.require_guest()
    _abi = abi.check()
    if int(guest.value("vm_spaces")["next"]) == 0 or not current_cpu_exists():
        number, name, _ = guest.boot_stage()
        raise OsierError(f"the kernel is only at boot stage {number} ({name}): let it boot further "
                         "(`thbreak process_start_init`, then `continue`)")


def constants():
    return _abi


def current_cpu_exists():
    index = guest.cpu_index()
    return index < int(guest.value("cpu_count")) and int(guest.value("cpu_table")[index]) != 0


# ---- structures ----------------------------------------------------------------------------------

_types, _offsets = {}, {}


def struct(name):
    if name not in _types:
        _types[name] = guest.lookup_type("struct " + name)
    return _types[name]


def forget_types():
    _types.clear()
    _offsets.clear()
    _enums.clear()


def at(address, name):
    """The structure at an address, read at once."""
    value = gdb.Value(int(address)).cast(struct(name).pointer()).dereference()
    value.fetch_lazy()
    return value


def offset_of(name, member):
    key = (name, member)
    if key not in _offsets:
        offset, kind = 0, struct(name)
        for part in member.split("."):
            field = kind[part]
            offset += field.bitpos // 8
            kind = field.type
        _offsets[key] = offset
    return _offsets[key]


def each_in_list(head, name, member):
    """The structures on an intrusive list; a broken link ends it with an error rather than never."""
    end, offset = int(head.address), offset_of(name, member)
    node, seen = int(head["next"]), 0
    while node != end:
        if node < guest.KERNEL_HALF or seen > LIMIT:
            raise OsierError(f"the list of struct {name} is broken after {seen} entries")
        yield at(node - offset, name)
        node = guest.read_u64(node)
        seen += 1


_enums = {}


def enum(name):
    """{enumerator: value}"""
    if name not in _enums:
        _enums[name] = {field.name: field.enumval for field in guest.lookup_type("enum " + name).fields()}
    return _enums[name]


def enum_name(value, prefix=""):
    text = str(value).split("::")[-1]
    return text[len(prefix):] if text.startswith(prefix) else text


def enum_text(number, name, prefix=""):
    """The enumerator for a plain number; the number where there is none."""
    for text, value in enum(name).items():
        if value == number:
            return text[len(prefix):] if text.startswith(prefix) else text
    return str(number)


def flag_names(flags, name):
    return [text.split("_", 1)[1].lower().replace("_", " ") for text, bit in enum(name).items() if int(flags) & bit]


# ---- CPUs, threads, processes --------------------------------------------------------------------

def cpus():
    table = guest.value("cpu_table")
    return [table[n].dereference() for n in range(int(guest.value("cpu_count"))) if int(table[n])]


def current_thread():
    """struct thread * of the CPU that GDB has selected; 0 before there are threads."""
    return guest.value("cpu_table")[guest.cpu_index()]["thread"]


def threads():
    return list(each_in_list(guest.value("thread_list"), "thread", "all_link"))


class Process:
    """A process; `space` is None once it has ended."""

    def __init__(self, value):
        self.value, self.address = value, int(value.address)
        self.pid, self.name = int(value["pid"]), value["name"].string(errors="replace")
        self.zombie = enum_name(value["state"]) == "PROCESS_ZOMBIE"
        space = int(value["space"])
        self.space = Space(space) if space else None

    @property
    def title(self):
        return f"pid {self.pid} {self.name}"

    @property
    def parent_pid(self):
        parent = self.value["parent"]
        return int(parent["pid"]) if int(parent) else 0

    def threads(self):
        return list(each_in_list(self.value["threads"], "thread", "process_link"))

    def state(self):
        if self.zombie:
            return "zombie"
        if int(self.value["stop_signal"]):
            return "stopped"
        on_cpu = {int(cpu["thread"]) for cpu in cpus()}
        states = ["running" if int(t.address) in on_cpu else enum_name(t["state"], "THREAD_").lower()
                  for t in self.threads()]
        for state in ("running", "ready", "waiting", "sleeping"):
            if state in states:
                return state
        return states[0] if states else "ending"


class Space:
    """An address space."""

    def __init__(self, address):
        self.address = int(address)
        self.value = at(address, "vm_space")
        self.root = int(self.value["mmu"]["root"])
        self.pid = int(self.value["owner_pid"])
        self._regions = None

    def tree(self):
        """[(region, depth)] in order of address."""
        found = []

        def walk(node, depth):
            if not node:
                return
            if depth > 64 or len(found) > LIMIT:
                raise OsierError("the region tree is deeper than 64: a link of it is broken")
            region = Region(node)               # the node is the region's first member
            walk(region.left, depth + 1)
            found.append((region, depth))
            walk(region.right, depth + 1)

        walk(int(self.value["regions"]["tree"]["root"]), 0)
        return found

    def regions(self):
        if self._regions is None:
            self._regions = [region for region, _ in self.tree()]
        return self._regions

    def find(self, address):
        """The region that holds an address, by walking down the tree as the kernel does."""
        node, steps = int(self.value["regions"]["tree"]["root"]), 0
        while node and steps < 64:
            region = Region(node)
            if address < region.start:
                node = region.left
            elif address >= region.end:
                node = region.right
            else:
                return region
            steps += 1
        return None


class Region:
    """A region, as plain numbers."""

    def __init__(self, address):
        value = at(address, "region")
        self.address, self.value = int(address), value
        self.left, self.right = int(value["node"]["left"]), int(value["node"]["right"])
        self.parent_colour = int(value["node"]["parent_colour"])
        for name in ("start", "end", "first_start", "last_end", "largest_gap", "object", "object_page", "prot",
                     "max_prot", "memtype", "flags"):
            setattr(self, name, int(value[name]))
        self.name = value["name"].string(errors="replace") if int(value["name"]) else ""

    def has(self, flag):
        return bool(self.flags & enum("region_flags")["REGION_" + flag])

    @property
    def pages(self):
        return (self.end - self.start) >> 12


def spaces():
    """Every user space, also those of processes on their way in or out."""
    return [Space(int(value.address)) for value in each_in_list(guest.value("vm_spaces"), "vm_space", "all_link")]


def processes():
    return [Process(value) for value in each_in_list(guest.value("process_all"), "process", "all_link")]


def find_process(pid):
    found = processes()
    for process in found:
        if process.pid == pid:
            return process
    known = ", ".join(f"{p.pid} {p.name}" for p in found)
    raise OsierError(f"no process {pid}; there are: {known}" if known else f"no process {pid}: there are none yet")


def current_process():
    """The process of the thread that runs on the selected CPU, or None."""
    thread = current_thread()
    if int(thread) == 0 or int(thread["process"]) == 0:
        return None
    return Process(thread["process"].dereference())


# ---- frames --------------------------------------------------------------------------------------

class Frame:
    """struct frame of a frame number, as plain numbers."""

    def __init__(self, pfn):
        self.pfn = pfn
        low, word = guest.read_words(_abi.frame_array + 16 * pfn, 2)
        self.refs, self.kind_number = low & 0xffffffff, low >> 32 & 0xff
        self.order, self.flags, self.word = low >> 40 & 0xff, low >> 48, word
        self.kind = enum_text(self.kind_number, "frame_kind", "FRAME_").lower()
        self.live, self.level = word >> 32 & 0xffff, word >> 48
        self.index = word >> 32

    @property
    def object(self):
        """Address of the vm_object that an object's frame names."""
        return _abi.direct_map + ((self.order << 32 | self.word & 0xffffffff) << 3)


def pfn_valid(pfn):
    """Whether there is a struct frame for that number."""
    runs, count = guest.value("frame_runs"), int(guest.value("frame_run_count"))
    return any(int(runs[n]["first"]) <= pfn < int(runs[n]["last"]) for n in range(count))


def zero_frame():
    """Number of the shared frame of zeros; None before there is one."""
    frame = int(guest.value("pt_zero_frame"))
    return (frame - _abi.frame_array) // 16 if frame else None


def kernel_root():
    """The root table whose upper half is the kernel's: whatever is loaded, before there is another."""
    return int(guest.value("kernel_mmu")["root"]) or guest.register("cr3")


def kernel_space():
    return Space(int(guest.value("kernel_space").address))
