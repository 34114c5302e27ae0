"""osier check: trees, tables, counts and objects against each other."""

from . import census, check_regions, check_tables, kernel, words
from .command import Command, chosen_space, number, pids
from .guest import OsierError


class Check(Command):
    """Checks the memory structures against each other: `osier check [PID]`. Region trees, page tables, reference counts,
    objects; names what disagrees. With PID, regions and entries of that process alone; counts are of all. A reference that
    a thread holds while it runs in the kernel is not a fault: such counts are notes then, and so is everything while a space
    is being changed."""

    name, json, limit = "check", True, 60

    def arguments(self, parser):
        parser.add_argument("pid", nargs="?", type=number)

    def candidates(self):
        return pids()

    def gather(self, options):
        only = chosen_space(options.pid).space.address if options.pid is not None else None
        if not int(kernel.kernel_space().value["regions"]["count"]):
            number_, name, _ = kernel.guest.boot_stage()
            raise OsierError(f"there is nothing to check yet: the kernel is at boot stage {number_} ({name})")
        busy = census.busy()
        trees = []
        for space in kernel.spaces():
            if only is None or space.address == only:
                title = f"pid {space.pid}"
                trees += [f"{title}: {text}" for text in check_regions.check_tree(space)]
                trees += [f"{title}: {text}" for text in check_regions.check_objects(space.regions())]
                trees += [f"{title}: {text}" for text in check_regions.check_counts(space)]
        if any("reached twice" in text or "deeper" in text for text in trees):
            return {"broken": trees, "notes": [], "busy": busy, "looked_at": {}}
        if only is None:
            trees += [f"the kernel: {text}" for text in check_regions.check_tree(kernel.kernel_space(), merged=False)]
        all_, frames = census.Census(), check_tables.Frames()
        broken = trees + check_tables.check_entries(all_, frames) + check_tables.check_regions_cover(all_, frames, only) + \
            check_tables.check_object_pages(all_, frames)
        wrong, notes = check_tables.check_references(all_, frames, busy)
        broken += wrong
        changing = [f"pid {space.pid}" for space in all_.spaces
                    if int(space.value["lock"]["state"]) & kernel.enum("rwlock_state")["RWLOCK_WRITER"]]
        if changing:                             # then nothing need agree yet
            broken, notes = [], broken + notes
        return {"broken": broken, "notes": notes, "busy": busy, "changing": changing, "looked_at": {
            "spaces": len(all_.spaces), "tables": len(all_.levels), "entries": sum(map(len, all_.entries.values())),
            "objects": len(all_.objects), "pages of objects": len(all_.object_pages)}}

    def text(self, data, options):
        looked = ", ".join(f"{count} {what}" for what, count in data["looked_at"].items())
        lines = [f"looked at {looked}"] if looked else []
        for text in data["broken"]:
            lines += [words.paint(line, "bad") for line in words.wrap("BROKEN: " + text, 8)]
        for text in data["notes"][:10]:
            lines += words.wrap("note: " + text, 6)
        if len(data["notes"]) > 10:
            lines.append(f"note: and {len(data['notes']) - 10} more of that kind")
        if data["notes"] and data.get("changing"):
            lines.append(f"(the space of {', '.join(data['changing'])} is being changed: `finish`, and check again)")
        elif data["notes"] and data["busy"]:
            lines.append(f"({', '.join(data['busy'])} runs in the kernel: stopped in user mode the notes would be decided)")
        return lines + ([] if data["broken"] else ["everything agrees" if not data["notes"] else "nothing is broken"])
