"""osier ps, use, regions, region, pagewalk: processes and what their addresses mean."""

import os

from . import check_regions, kernel, objects, symbols, tables, words
from .command import Command, address, choose, chosen_process, chosen_space, number, pids, write
from .guest import OsierError


class Ps(Command):
    """Lists the processes, with their address spaces and faults."""

    name, json = "ps", True

    def gather(self, options):
        current = kernel.current_process()
        rows = []
        for process in kernel.processes():
            space = process.space.value if process.space else None
            rows.append({
                "pid": process.pid, "parent": process.parent_pid, "state": process.state(), "name": process.name,
                "threads": int(process.value["thread_count"]),
                "current": bool(current and current.address == process.address),
                "regions": int(space["regions"]["count"]) if space is not None else 0,
                "mapped_bytes": int(space["mapped_pages"]) * 4096 if space is not None else 0,
                "minor_faults": int((space if space is not None else process.value)["minor_faults"]),
                "major_faults": int((space if space is not None else process.value)["major_faults"])})
        if not rows:
            number_, name, _ = kernel.guest.boot_stage()
            raise OsierError(f"there are no processes yet: the kernel is at boot stage {number_} ({name})")
        return rows

    def text(self, data, options):
        return words.table(
            ("PID", "", "PPID", "STATE", "REGIONS", "MAPPED", "FAULTS", "MAJOR", "THREADS", "NAME"),
            [(row["pid"], "*" if row["current"] else "", row["parent"], row["state"], row["regions"],
              words.size(row["mapped_bytes"]), row["minor_faults"] + row["major_faults"], row["major_faults"],
              row["threads"], row["name"]) for row in data], left=("STATE", "NAME", ""))


class Use(Command):
    """Sticks to one process: `osier use PID`. The other commands then mean it, and its program's symbols are loaded.
    `osier use PROGRAM` loads the symbols of a program that need not run yet, so that `break` knows its lines. Without an
    argument: whatever runs."""

    name, needs_kernel = "use", False

    def arguments(self, parser):
        parser.add_argument("what", nargs="?")

    def candidates(self):
        return pids() + [os.path.basename(path) for path in symbols.programs()]

    def run(self, options):
        if options.what and not options.what.isdigit():
            path = symbols.pin(options.what)
            if not path:
                raise OsierError(f"no program `{options.what}` under build/userland or build/ports")
            write([f"symbols of {os.path.relpath(path)}; `break FILE:LINE` works, `osier use` lets the symbols follow again"])
            return
        symbols.unpin()
        kernel.require_kernel()
        choose(int(options.what) if options.what else None)
        try:
            process = chosen_process()
        except OsierError:
            choose(None)
            if options.what:
                raise
            write(["using whatever runs; at the moment a kernel thread"])
            return
        path, remark = symbols.follow(process)
        text = f"using {process.title}" if options.what else f"using whatever runs; at the moment {process.title}"
        write([text + (f", symbols of {os.path.relpath(path)}" if path else f"; {remark}" if remark else
                       f"; no symbols found for {symbols.program_path(process)}")])


def region_data(region, names):
    return {"start": region.start, "end": region.end, "prot": words.prot(region.prot), "may": words.prot(region.max_prot),
            "flags": kernel.flag_names(region.flags, "region_flags"), "text": objects.region_text(region, names),
            "object": objects.Object(region.object).id if region.object else None, "object_page": region.object_page,
            "name": region.name}


class Regions(Command):
    """Draws the region tree of a process: `osier regions [PID] [--list] [--kernel]`. In order of address from top to bottom;
    what hangs below a node in the tree is drawn to its right. --list: without the tree; --kernel: the kernel's own regions.
    The tree's invariants are checked."""

    name, json = "regions", True

    def arguments(self, parser):
        parser.add_argument("pid", nargs="?", type=number)
        parser.add_argument("--list", action="store_true")
        parser.add_argument("--kernel", action="store_true")

    def candidates(self):
        return pids()

    def gather(self, options):
        process = None if options.kernel else chosen_space(options.pid)
        space = process.space if process else kernel.kernel_space()
        nodes = space.tree()
        names = objects.file_names() if any(region.object for region, _ in nodes) else {}
        found = []
        for region, depth in nodes:
            found.append(dict(region_data(region, names), depth=depth, red=not region.parent_colour & 1,
                              address=region.address, left=region.left, right=region.right))
        return {"pid": process.pid if process else 0, "name": process.name if process else "the kernel",
                "title": process.title if process else "the kernel", "mapped_bytes": sum(r.end - r.start for r, _ in nodes),
                "regions": found, "broken": check_regions.check_tree(space)}

    def text(self, data, options):
        lines = [words.paint(f"{data['title']}: {words.plural(len(data['regions']), 'region')}, "
                             f"{words.size(data['mapped_bytes'])} mapped", "head")]
        stems = [""] * len(data["regions"]) if options.list else draw_tree(data["regions"])
        rows = [(stem + words.span(region["start"], region["end"]), words.size(region["end"] - region["start"]), region["text"])
                for stem, region in zip(stems, data["regions"])]
        first, second = (max((len(row[n]) for row in rows), default=0) for n in (0, 1))
        for text, size, what in rows:
            lines.append(f"  {text:<{first}}  {size:>{second}}  {what}")
        if data["broken"]:
            return lines + [words.paint("  BROKEN: " + problem, "bad") for problem in data["broken"]]
        return lines + ["  the tree's invariants hold"]


def draw_tree(regions):
    """The stems before each line: root at the left margin, each child under a branch of its parent."""
    by_address = {region["address"]: n for n, region in enumerate(regions)}
    stems = [""] * len(regions)

    def draw(node, corner, above, below):
        """`above`, `below`: what stands left of the lines of the left and of the right subtree."""
        if node not in by_address:
            return
        region = regions[by_address[node]]
        draw(region["left"], above + ".-", above + "  ", above + "| ")
        stems[by_address[node]] = corner
        draw(region["right"], below + "'-", below + "| ", below + "  ")

    root = next((region["address"] for region in regions if region["depth"] == 0), None)
    if root is not None:
        draw(root, "", "", "")
    return stems


class Region(Command):
    """Explains one region: `osier region ADDR [PID]`. Its object, its neighbours, the hole before it."""

    name, json = "region", True

    def arguments(self, parser):
        parser.add_argument("address", type=address)
        parser.add_argument("pid", nargs="?", type=number)

    def gather(self, options):
        if options.address >> 63:
            space, title = kernel.kernel_space(), "the kernel's space"
        else:
            process = chosen_space(options.pid)
            space, title = process.space, process.title
        regions, names = space.regions(), objects.file_names()
        here = space.find(options.address)
        before = [region for region in regions if region.end <= options.address]
        after = [region for region in regions if region.start > options.address]
        data = {"space": title, "address": options.address}
        for label, region in (("before", before[-1] if before else None), ("here", here), ("after", after[0] if after else None)):
            data[label] = region_data(region, names) if region else None
        if here:
            data["hole_before"] = here.start - (before[-1].end if before else 0)
            data["node"], data["nodes"] = [r.address for r in regions].index(here.address) + 1, len(regions)
            data["largest_gap"] = here.largest_gap
            if here.object:
                obj = objects.Object(here.object)
                data["object"] = {"id": obj.id, "text": obj.text(names), "kind": obj.kind, "bytes": obj.size, "pages": obj.page_count,
                                  "mappers": len(obj.regions()), "references": obj.refs}
        return data

    def text(self, data, options):
        def line(region):
            return f"{words.span(region['start'], region['end'])} {region['text']}" if region else "none"

        lines = [f"{data['space']}, address {data['address']:#x}"]
        lines += words.labelled("before", [line(data["before"])], 9)
        lines += words.labelled("here", [line(data["here"])], 9)
        lines += words.labelled("after", [line(data["after"])], 9)
        here = data["here"]
        if not here:
            low, high = data["before"], data["after"]
            if low and high:
                lines += words.labelled("hole", [f"{words.size(high['start'] - low['end'])}: {low['end']:#x} to {high['start']:#x}"], 9)
            return lines
        lines += words.labelled("hole", [(words.size(data["hole_before"]) if data["hole_before"] else "none") + " before it"], 9)
        flags = ", ".join(here["flags"]) or "none"
        lines += words.labelled("flags", [f"{flags}; may become {here['may']}; node {data['node']} of {data['nodes']}"], 9)
        obj = data.get("object")
        if obj:
            lines += words.labelled("object", [
                f"{obj['id']}, {obj['text']}, {words.size(obj['bytes'])}, {words.plural(obj['pages'], 'page')} in memory, mapped by "
                f"{words.plural(obj['mappers'], 'region')}, {words.plural(obj['references'], 'reference')}"], 9)
        return lines


class Pagewalk(Command):
    """Walks the page tables: `osier pagewalk ADDR [PID]`. Four levels with their flags, reference counts, what the path as
    a whole allows, and the level that denies."""

    name, json = "pagewalk", True

    def arguments(self, parser):
        parser.add_argument("address", type=address)
        parser.add_argument("pid", nargs="?", type=number)

    def gather(self, options):
        if options.address >> 63:
            root, title = kernel.kernel_root(), "the kernel's half"
        else:
            process = chosen_space(options.pid)
            root, title = process.space.root, process.title
        steps, zero = tables.walk(root, options.address), kernel.zero_frame()
        permission = tables.Permission(steps)
        return {"space": title, "root": root, "address": options.address, "steps": [step.data() for step in steps],
                "allows": {kind: permission.allows(kind) for kind in "rwxu"},
                "denied_at": {kind: where for kind, where in permission.denies.items() if where is not None},
                "effective": permission.text(), "text": [tables.step_text(step, zero) for step in steps],
                "zero": steps[-1].leaf and steps[-1].pfn == zero}

    def text(self, data, options):
        lines = [f"{data['space']}, root table {data['root'] >> 12:#x}, address {data['address']:#x}"]
        wanted = "r" if not data["allows"]["r"] else "w"
        for number_, (step, text) in enumerate(zip(data["steps"], data["text"])):
            denies = number_ == data["denied_at"].get("r") if wanted == "r" else "W=0" in step["flags"]
            lines.append("  " + text + words.paint("  <-" if denies else "", "bad"))
        mark = "" if data["allows"]["w"] else f"   (<- denies {'everything' if wanted == 'r' else 'writing'})"
        return lines + [f"  effective: {data['effective']}{mark}"]
