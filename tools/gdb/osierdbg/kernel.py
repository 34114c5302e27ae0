"""The kernel's structures as Python sees them. Reads memory only; never calls into the guest.

Everything is reached through the kernel's own symbols and types, so a changed field is an error that names the
field, not a wrong number.
"""

import gdb

PAGE = 4096
DIRECT_MAP = 0xffff800000000000
FRAME_ARRAY = 0xffffe00000000000


class OsierError(gdb.GdbError):
    """A sentence for the user: what is wrong, what to type."""


def require_kernel():
    """Whether there is a kernel with symbols, and a machine that has come far enough to have structures."""
    if gdb.lookup_global_symbol("trap_dispatch") is None:
        raise OsierError("no Osier kernel is loaded: type `file build/kernel/debug/osier.elf`, or start with `make debug`")
    if gdb.selected_thread() is None:
        raise OsierError("not connected to a guest: start with `make debug`, or `target remote` to a waiting QEMU")
    try:
        ready = int(value("cpu_count"))
    except gdb.MemoryError:
        raise OsierError("paging is not on yet: the kernel's addresses mean nothing until it is "
                         "(`thbreak kernel_main`, then `continue`)") from None
    if ready == 0 or int(value("vm_spaces.next")) == 0:
        raise OsierError("the kernel has no processes yet: let it boot further (`thbreak init_launch`, then `continue`)")


def value(expression):
    return gdb.parse_and_eval(expression)


def struct(name):
    return gdb.lookup_type("struct " + name)


_offsets = {}


def container(pointer, type_name, member):
    """The structure that a list or tree node is part of."""
    key = (type_name, member)
    if key not in _offsets:
        offset, kind = 0, struct(type_name)
        for part in member.split("."):
            field = kind[part]
            offset += field.bitpos // 8
            kind = field.type
        _offsets[key] = offset
    return gdb.Value(int(pointer) - _offsets[key]).cast(struct(type_name).pointer())


def each_in_list(head, type_name, member):
    """Entries of an intrusive list; stops at a broken link rather than running for ever."""
    node, seen = head["next"], 0
    while int(node) != int(head.address):
        if int(node) == 0 or seen > 1000000:
            raise OsierError(f"the list of {type_name} is broken after {seen} entries")
        yield container(node, type_name, member)
        node = node["next"]
        seen += 1


def read_u64(address):
    data = gdb.selected_inferior().read_memory(address, 8)
    return int.from_bytes(bytes(data), "little")


def read_words(address, count):
    data = bytes(gdb.selected_inferior().read_memory(address, 8 * count))
    return [int.from_bytes(data[i:i + 8], "little") for i in range(0, len(data), 8)]


def enum_name(val, prefix=""):
    text = str(val).split("::")[-1]
    return text[len(prefix):] if text.startswith(prefix) else text


def enum_value(name, enumerator):
    for field in gdb.lookup_type("enum " + name).fields():
        if field.name == enumerator:
            return field.enumval
    raise OsierError(f"enum {name} has no {enumerator}: the script and this kernel are of different builds")


def this_cpu():
    """struct cpu of the CPU that GDB has selected."""
    number = gdb.selected_thread().num - 1
    return value("cpu_table")[number].dereference()


def current_thread():
    return this_cpu()["thread"]


class Process:
    """A process as ps shows it; `space` is a struct vm_space or None."""

    def __init__(self, pointer):
        self.pointer = pointer
        self.pid = int(pointer["pid"])
        self.name = pointer["name"].string()
        self.state = enum_name(pointer["state"], "PROCESS_").lower()
        space = pointer["space"]
        self.space = Space(space) if int(space) else None

    @property
    def threads(self):
        return list(each_in_list(self.pointer["threads"], "thread", "process_link"))


class Space:
    def __init__(self, pointer):
        self.pointer = pointer
        self.address = int(pointer)
        self.root = int(pointer["mmu"]["root"])
        self.pid = int(pointer["owner_pid"])

    def regions(self):
        """In order of address."""
        return [region for region, _ in self.tree()]

    def tree(self):
        """(region, depth) in order of address."""
        region_type = struct("region").pointer()

        def walk(node, depth):
            if int(node) == 0:
                return
            if depth > 64:
                raise OsierError("the region tree is deeper than 64: it is broken")
            region = node.cast(region_type)  # the node is the first member
            yield from walk(node["left"], depth + 1)
            yield region, depth
            yield from walk(node["right"], depth + 1)

        yield from walk(self.pointer["regions"]["tree"]["root"], 0)

    def find(self, address):
        node = self.pointer["regions"]["tree"]["root"]
        region_type = struct("region").pointer()
        while int(node):
            region = node.cast(region_type)
            if address < int(region["start"]):
                node = node["left"]
            elif address >= int(region["end"]):
                node = node["right"]
            else:
                return region
        return None


def processes():
    return [Process(pointer) for pointer in each_in_list(value("process_all"), "process", "all_link")]


def find_process(pid):
    for process in processes():
        if process.pid == pid:
            return process
    known = ", ".join(str(p.pid) for p in processes())
    raise OsierError(f"no process {pid}; there are: {known}")


def current_process():
    thread = current_thread()
    if int(thread) == 0 or int(thread["process"]) == 0:
        return None
    return Process(thread["process"])


def frame(pfn):
    """struct frame of a frame number."""
    kind = struct("frame")
    return gdb.Value(FRAME_ARRAY + pfn * kind.sizeof).cast(kind.pointer()).dereference()


# ---- words ---------------------------------------------------------------------------------------

def prot_text(prot):
    prot = int(prot)
    return ("r" if prot & 1 else "-") + ("w" if prot & 2 else "-") + ("x" if prot & 4 else "-")


def flag_names(flags, enum):
    names = []
    for field in gdb.lookup_type("enum " + enum).fields():
        if int(flags) & field.enumval:
            names.append(field.name.split("_", 1)[1].lower().replace("_", " "))
    return names


def object_text(obj):
    if int(obj) == 0:
        return "anonymous"
    kind = enum_name(obj["kind"], "OBJECT_").lower()
    kind = {"inode": "file", "shared": "shared memory", "device": "device"}.get(kind, kind)
    return f"{kind} (object {int(obj['id'])})"


def region_text(region):
    """`rw- private anonymous [heap]`."""
    flags = int(region["flags"])
    shared = flags & enum_value("region_flags", "REGION_SHARED")
    words = [prot_text(region["prot"]), "shared" if shared else "private", object_text(region["object"])]
    if int(region["object"]):
        words.append(f"page {int(region['object_page'])}")
    if flags & enum_value("region_flags", "REGION_GUARD"):
        words = [prot_text(region["prot"]), "guard"]
    if int(region["name"]):
        words.append(region["name"].string())
    return " ".join(words)


def size_text(size):
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit and size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} B"
