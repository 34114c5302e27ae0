"""vm_objects: their kind, their pages (a radix tree), who maps them, and what files are called."""

from . import guest, kernel, words

SLOTS, BITS = 64, 6
KINDS = {"OBJECT_INODE": "file", "OBJECT_SHARED": "shared", "OBJECT_DEVICE": "device"}


class Object:
    """A vm_object."""

    def __init__(self, address):
        self.address = int(address)
        self.value = kernel.at(address, "vm_object")
        self.id, self.size = int(self.value["id"]), int(self.value["size"])
        self.kind = KINDS[kernel.enum_name(self.value["kind"])]
        self.refs = int(self.value["refs"]["count"])
        self.page_count = int(self.value["pages"]["count"])

    def pages(self):
        """[(index, frame number)] of the pages that are resident."""
        found = []
        tree = self.value["pages"]
        root, height = int(tree["root"]), int(tree["height"])
        slots = kernel.offset_of("radix_node", "slots")

        def walk(node, height, base):
            if height == 0:
                found.append((base, pfn_of(node)))
                return
            for number, slot in enumerate(guest.read_words(node + slots, SLOTS)):
                if slot:
                    walk(slot, height - 1, base | number << BITS * (height - 1))

        if root:
            walk(root, height, 0)
        return found

    def find(self, index):
        """The frame number at an index, or None."""
        tree = self.value["pages"]
        node, height = int(tree["root"]), int(tree["height"])
        slots = kernel.offset_of("radix_node", "slots")
        if index >> BITS * height:
            return None
        while node and height:
            node = guest.read_u64(node + slots + 8 * (index >> BITS * (height - 1) & SLOTS - 1))
            height -= 1
        return pfn_of(node) if node else None

    def regions(self):
        return [kernel.Region(int(value.address))
                for value in kernel.each_in_list(self.value["regions"], "region", "object_link")]

    @property
    def title(self):
        return f"object {self.id}"

    def text(self, names=None):
        """`file /bin/sh`, `shared memory`, `device at 0xfd000000`."""
        if self.kind == "file":
            name = (names or file_names()).get(self.address)
            return f"file {name}" if name else "file without a name"
        if self.kind == "device":
            return f"device at {int(self.value['device_base']):#x}"
        return "shared memory"


def pfn_of(frame_address):
    return (frame_address - kernel.constants().frame_array) // 16


def all_objects():
    """Every object, oldest first."""
    return [Object(int(value.address)) for value in kernel.each_in_list(guest.static("kernel/vm/object.c", "all_objects"), "vm_object", "all_link")]


# ---- names of files ------------------------------------------------------------------------------

def _path(dentry):
    """The path of a struct dentry, over mounts, as far as it has one."""
    parts, steps = [], 0
    flags = kernel.enum("dentry_flags")
    while steps < 64:
        if int(dentry["flags"]) & flags["DENTRY_ROOT"]:
            covered = dentry["mount"]["covered"]
            if int(covered) == 0:
                break
            dentry, steps = covered.dereference(), steps + 1
            continue
        if int(dentry["flags"]) & flags["DENTRY_ANONYMOUS"]:
            return None
        parts.append(dentry["name"].string(errors="replace"))
        if int(dentry["parent"]) == int(dentry.address):
            break
        dentry = dentry["parent"].dereference()
        steps += 1
    return "/" + "/".join(reversed(parts))


def executable_path(process):
    """`/bin/vmdemo`, or None."""
    file = process.value["executable"]
    if int(file) == 0 or int(file["dentry"]) == 0:
        return None
    return _path(file["dentry"].dereference())


_names = {}                                     # object address -> path; asked for again when one is missing


def file_names():
    """{address of the object: path} of what is cached by name: the whole name table, read once a stop."""
    if not _names:
        _name_mounts()
        count = int(guest.static("kernel/fs/name_cache.c", "bucket_count"))
        buckets = guest.static("kernel/fs/name_cache.c", "buckets")
        stride = buckets.type.target().sizeof
        inner = buckets.type.target()["dentries"].bitpos // 8
        offset = kernel.offset_of("dentry", "hash_link")
        base = int(buckets)
        data = guest.read(base, stride * count)
        for n in range(count):
            head = base + n * stride + inner
            node = int.from_bytes(data[n * stride + inner:n * stride + inner + 8], "little")
            steps = 0
            while node != head and node >= guest.KERNEL_HALF and steps < 10000:
                dentry = kernel.at(node - offset, "dentry")
                inode = int(dentry["inode"])
                if inode:
                    _names.setdefault(inode, _path(dentry))    # the object is the inode's first member
                node, steps = int(dentry["hash_link"]["next"]), steps + 1
    return _names


def _name_mounts():
    """The roots of mounts, which no directory names, and the caches of block devices."""
    for mount in kernel.each_in_list(guest.static("kernel/fs/mount.c", "mounts"), "mount", "link"):
        root = mount["root"].dereference()
        _names.setdefault(int(root["inode"]), _path(root))
    for cache in kernel.each_in_list(guest.static("kernel/fs/block_file.c", "caches"), "block_cache", "link"):
        _names.setdefault(int(cache["object"].address), "/dev/" + cache["device"]["name"].string())


def forget_names():
    _names.clear()


# ---- regions in words ----------------------------------------------------------------------------

def region_text(region, names=None):
    """`rw- private anonymous [heap]`, `r-x private file /bin/sh page 0`."""
    if region.has("GUARD"):
        text = [words.prot(region.prot), "guard"]
    else:
        text = [words.prot(region.prot), "shared" if region.has("SHARED") else "private"]
        if region.object:
            obj = Object(region.object)
            text.append("memory" if obj.kind == "shared" and region.has("SHARED") else obj.text(names))
            text.append(f"page {region.object_page}")
        else:
            text.append("reserved" if region.has("RESERVED") else "anonymous")
    if region.name:
        text.append(region.name)
    return " ".join(text)
