"""Whether page tables, frames and objects agree: docs/vm.md P1 to P4 and O1, the invariants of kernel/vm/space.h and
kernel/mm/frame.h. Names what disagrees with what."""

from . import guest, kernel, objects, tables, words


def _entry(census, entry):
    places = census.places(entry)
    where = f"{census.title(places[0][0])} at {places[0][1]:#x}" if places else "nowhere"
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return f"{tables.entry_name(entry.level, entry.index)} of table {entry.table:#x} ({where}{more})"


class Frames:
    """struct frame by number, read once; the whole array in few large reads."""

    def __init__(self):
        self.known = {}

    def __getitem__(self, pfn):
        if pfn not in self.known:
            self.known[pfn] = kernel.Frame(pfn) if kernel.pfn_valid(pfn) else None
        return self.known[pfn]


def check_entries(census, frames):
    """Kinds, levels, counts of live entries; W where a table or a frame is shared."""
    found, live = [], {}
    zero = kernel.zero_frame()
    for pfn, entries in census.entries.items():
        for entry in entries:
            live[entry.table] = live.get(entry.table, 0) + 1
            if entry.level < 3:
                found += _check_upper(census, frames, entry)
            else:
                found += _check_leaf(census, frames, entry, zero)
    for pfn, level in census.levels.items():
        frame = frames[pfn]
        if frame is None or frame.kind != "table":
            found.append(f"table {pfn:#x} ({tables.LEVELS[level]}) is in use, and its frame says {frame.kind if frame else 'nothing'}")
            continue
        if frame.live != live.get(pfn, 0):
            found.append(f"table {pfn:#x} ({tables.LEVELS[level]}) counts {words.plural(frame.live, 'live entry', 'live entries')}, "
                         f"and has {live.get(pfn, 0)}")
        if level != frame.level and level:
            found.append(f"table {pfn:#x} is used at level {level}, and its frame says {frame.level}")
    return found


def _check_upper(census, frames, entry):
    child, found = frames[entry.pfn], []
    name = _entry(census, entry)
    if not entry.value & tables.PRESENT or not entry.value & tables.USER or entry.value & tables.NO_EXECUTE:
        found.append(f"{name} is {tables.flag_words(entry.value, True)}: upper entries are present, user and executable")
    if child and child.refs > 1 and entry.value & tables.WRITE:
        found.append(f"{name} has W=1, and the table it points at has {child.refs} references: a write would reach all of them (P1)")
    return found


def _check_leaf(census, frames, entry, zero):
    found, name = [], _entry(census, entry)
    present, held = bool(entry.value & tables.PRESENT), bool(entry.value & tables.HELD)
    if present == held:
        found.append(f"{name} is {entry.value:#x}: neither empty, nor present, nor held")
    if not entry.counts:
        if entry.pfn == zero and entry.value & tables.WRITE:
            found.append(f"{name} has W=1 for the shared frame of zeros")
        return found
    frame = frames[entry.pfn]
    if frame is None or frame.kind not in ("data", "object") or not frame.refs:
        state = f"{frame.kind} with {words.plural(frame.refs, 'reference')}" if frame else "not RAM"
        return found + [f"{name} maps frame {entry.pfn:#x}, which is {state}"]
    writable = entry.value & tables.WRITE and all(writable for _, _, writable in census.users[entry.table])
    if frame.kind == "data" and writable and frame.refs != 1:
        found.append(f"{name} can be written, and frame {entry.pfn:#x} has {frame.refs} references: "
                     "copy-on-write would be passed by (P2)")
    return found


def check_regions_cover(census, frames, only=None):
    """Entries lie inside regions, give no more than these allow, and map the page that the object has."""
    found, resident = [], {}
    for obj in census.objects:
        if obj.kind != "device":
            resident[obj.address] = (obj, dict(obj.pages()))
    for space in census.spaces:
        if only is not None and space.address != only:
            continue
        regions, at = space.regions(), 0
        for address, value, path in sorted(tables.leaves(space.root), key=lambda leaf: leaf[0]):
            while at < len(regions) and regions[at].end <= address:
                at += 1
            where = f"{census.title(space)} at {address:#x}"
            if at == len(regions) or address < regions[at].start:
                found.append(f"{where}: an entry outside every region ({tables.flag_words(value, True)}, "
                             f"frame {(value & tables.ADDRESS) >> 12:#x})")
                continue
            found += _check_rights(where, regions[at], value, path)
            found += _check_object(where, regions[at], address, value, resident, frames)
    return found


def _check_rights(where, region, value, path):
    found = []
    writable = value & tables.WRITE and all(entry & tables.WRITE for _, _, entry in path)
    if not value & tables.PRESENT:
        return found
    if region.has("GUARD"):
        found.append(f"{where}: a page is mapped in a guard region")
    elif not region.prot:
        found.append(f"{where}: the entry is present, and the region allows nothing")
    if writable and not region.prot & 2:
        found.append(f"{where}: the page can be written, and the region is {words.prot(region.prot)}")
    if not value & tables.NO_EXECUTE and not region.prot & 4:
        found.append(f"{where}: the page can be executed, and the region is {words.prot(region.prot)}")
    return found


def _check_object(where, region, address, value, resident, frames):
    pfn = (value & tables.ADDRESS) >> 12
    frame = None if value & tables.SPECIAL else frames[pfn]
    if frame is None or frame.kind != "object":
        if frame is not None and region.has("SHARED"):
            return [f"{where}: a shared mapping, and frame {pfn:#x} is not its object's"]
        return []
    index = region.object_page + ((address - region.start) >> 12)
    if region.object not in resident:
        return [f"{where}: frame {pfn:#x} belongs to an object, and the region has none"]
    obj, pages = resident[region.object]
    if pages.get(index) != pfn:
        has = f"frame {pages[index]:#x}" if index in pages else "nothing"
        return [f"{where}: maps frame {pfn:#x}, and page {index} of object {obj.id} is {has}"]
    return []


def check_object_pages(census, frames):
    """O1: a page's frame names its object and index; the radix tree counts what it holds."""
    found = []
    for obj in census.objects:
        if obj.kind == "device":
            continue
        pages = obj.pages()
        if len(pages) != obj.page_count:
            found.append(f"{obj.title}: its radix tree holds {words.plural(len(pages), 'page')}, and counts {obj.page_count}")
        for index, pfn in pages:
            frame = frames[pfn]
            if frame is None or frame.kind != "object":
                found.append(f"{obj.title}, page {index}: frame {pfn:#x} is {frame.kind if frame else 'not RAM'}")
            elif frame.object != obj.address or frame.index != index:
                found.append(f"{obj.title}, page {index}: frame {pfn:#x} names page {frame.index} of another place")
    return found


def check_references(census, frames, busy):
    """(broken, notes): each frame's count against what refers to it; frames that nothing refers to."""
    broken, notes = [], []
    pt = "kernel/arch/x86_64/pt.c"
    cached = {objects.pfn_of(int(guest.static(pt, "root_cache")[n])) for n in range(int(guest.static(pt, "root_cache_count")))}
    for pfn, wanted in sorted(census.found.items()):
        frame = frames[pfn]
        if frame is None or frame.refs == wanted:
            continue
        what = f"frame {pfn:#x} ({frame.kind})"
        if frame.refs > wanted:
            text = f"{what} has {words.plural(frame.refs, 'reference')}, {wanted} of them accounted for"
            (notes if busy else broken).append(text + (": in use now, or leaked" if busy else ": one was leaked"))
        else:
            broken.append(f"{what} has {words.plural(frame.refs, 'reference')}, and {wanted} entries or objects refer to it")
    for pfn in _unreached(census, cached):
        (notes if busy else broken).append(f"frame {pfn:#x} ({kernel.Frame(pfn).kind}) is allocated, and nothing refers to it")
    return broken, notes


SCAN_LIMIT = 1 << 21                            # frames: 8 GiB of RAM


def _unreached(census, cached):
    """Frames of kind data, table, object that no structure leads to."""
    kinds = kernel.enum("frame_kind")
    wanted = {kinds["FRAME_DATA"], kinds["FRAME_TABLE"], kinds["FRAME_OBJECT"]}
    runs, found = guest.value("frame_runs"), []
    kernel_tables = _kernel_tables()
    for n in range(int(guest.value("frame_run_count"))):
        first, last = int(runs[n]["first"]), int(runs[n]["last"])
        if last - first > SCAN_LIMIT:
            continue
        for at in range(first, last, 65536):
            count = min(65536, last - at)
            data = guest.read(kernel.constants().frame_array + 16 * at, 16 * count)
            kind_bytes = data[4::16]
            for kind in wanted:
                place = kind_bytes.find(kind)
                while place >= 0:
                    pfn = at + place
                    if pfn not in census.found and pfn not in cached and pfn not in kernel_tables:
                        found.append(pfn)
                    place = kind_bytes.find(kind, place + 1)
    return sorted(found)


def _kernel_tables():
    """The tables of the kernel's half below the root slots that regions use."""
    constants, found = kernel.constants(), set()
    work = [(kernel.kernel_root() & tables.ADDRESS, 0)]
    while work:
        table, level = work.pop()
        found.add(table >> 12)
        row = tables.entries(table)
        for index in range(constants.user_root_entries if level == 0 else 0, 512):
            entry = row[index]
            if entry & tables.PRESENT and level < 3 and not (level and entry & tables.LARGE):
                work.append((entry & tables.ADDRESS, level + 1)) if level < 2 else found.add((entry & tables.ADDRESS) >> 12)
    return found
