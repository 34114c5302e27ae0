# run: vmdemo cow
# at: init
# osier check finds nothing in a healthy kernel, and each of a dozen faults that are planted in its memory, by name.
source tests/gdb/helpers.py
osier use vmdemo
python
source = open("userland/bin/vmdemo.c").read().splitlines()
line = next(n for n, text in enumerate(source, 1) if "_exit(child[0] != 'C');" in text)
gdb.execute(f"break vmdemo.c:{line}")
end
continue
osier check
python
from osierdbg import guest, kernel, objects, tables

def plant(what, address, value, length, expected):
    """Writes into the kernel's memory, checks, and puts back what was there."""
    inferior = gdb.selected_inferior()
    before = bytes(inferior.read_memory(address, length))
    inferior.write_memory(address, value.to_bytes(length, "little"))
    try:
        broken = ask("check")["broken"]
    finally:
        inferior.write_memory(address, before)
    found = [text for text in broken if expected in text]
    require(bool(found), f"{what}: {found[0] if found else broken}")

process = kernel.current_process()
constants = kernel.constants()
steps = tables.walk(process.space.root, 0x10003010)
data, table = steps[3], steps[3].table >> 12
entry = constants.direct_map + data.table + 8 * data.index
frame = constants.frame_array + 16 * data.pfn
region = process.space.find(0x10003010)
field = lambda name: region.address + kernel.offset_of("region", name)
text = process.space.find(0x400000)
program = objects.Object(text.object)
slots = kernel.offset_of("radix_node", "slots")
page = program.find(0)

plant("a leaked reference", frame, data.frame.refs + 1, 4, f"frame {data.pfn:#x} (data) has 2 references")
plant("a lost reference", constants.frame_array + 16 * page, kernel.Frame(page).refs - 1, 4, f"frame {page:#x} (object) has")
other = tables.walk(process.space.root, 0x400000)
upper = next(step for step in other[:3] if step.frame.refs > 1)
plant("W left after fork", constants.direct_map + upper.table + 8 * upper.index, upper.entry | tables.WRITE, 8,
      "references: a write would reach all of them")
plant("an entry outside every region", entry + 8 * 32, data.entry, 8, "0x10023000: an entry outside every region")
plant("a page that can be executed", entry, data.entry & ~tables.NO_EXECUTE, 8, "0x10003000: the page can be executed")
plant("an entry that is neither present nor held", entry, data.entry & ~tables.PRESENT, 8, "neither empty, nor present, nor held")
plant("a lost entry", entry, 0, 8, f"frame {data.pfn:#x} (data) is allocated, and nothing refers to it")
plant("a wrong count of live entries", constants.frame_array + 16 * table + 12, 77, 2, f"table {table:#x} (PT) counts 77 live entries")
plant("a wrong gap in the tree", field("largest_gap"), 0x5000, 8, "largest_gap says 0x5000")
plant("overlapping regions", field("end"), 0x7fff7f8000, 8, "overlaps region [0x10000000-0x7fff7f8000)")
plant("too many rights", field("max_prot"), 1, 1, "has rw-, and may have r-- at the most")
plant("a wrong sum", process.space.address + kernel.offset_of("vm_space", "mapped_pages"), 3, 8, "mapped_pages says 3")
plant("a missing radix slot", int(program.value["pages"]["root"]) + slots + 8 * 0, 0, 8, "its radix tree holds") \
    if int(program.value["pages"]["height"]) == 1 else say("radix is higher")
plant("a frame of another page", constants.frame_array + 16 * page + 12, 9, 4, f"page 0: frame {page:#x} names page 9")
link = text.address + kernel.offset_of("region", "object_link")
before, after = guest.read_u64(link + 8), guest.read_u64(link)
plant("a region that its object forgot", before, after, 8, "is 0 times in its object's list of mappers")
plant("a broken parent pointer", region.address, 0, 8, "its parent pointer names")
end
osier check
