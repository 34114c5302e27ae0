"""osier objects, page: what pages belong to, and everything that refers to one frame."""

from . import census, kernel, objects, tables, words
from .command import Command, chosen_process, number
from .guest import OsierError


class Objects(Command):
    """Lists the memory objects: `osier objects [ID] [--all]`. An object holds pages that more than one mapping may see: a
    file's page cache, shared memory, a window of device memory. Without --all only those with pages in memory or mappings;
    with ID one object, its pages and its mappers."""

    name, json = "objects", True

    def arguments(self, parser):
        parser.add_argument("id", nargs="?", type=number)
        parser.add_argument("--all", action="store_true")

    def gather(self, options):
        names, rows = objects.file_names(), []
        for obj in objects.all_objects():
            if options.id is not None and obj.id != options.id:
                continue
            regions = obj.regions()
            if options.id is None and not options.all and not obj.page_count and not regions:
                continue
            row = {"id": obj.id, "kind": obj.kind, "text": obj.text(names), "bytes": obj.size, "pages": obj.page_count,
                   "references": obj.refs, "mappers": len(regions), "address": obj.address}
            if options.id is not None:
                row["page_list"] = self.pages(obj)
                row["mapper_list"] = self.mappers(regions)
            rows.append(row)
        if options.id is not None and not rows:
            raise OsierError(f"there is no object {options.id}; `osier objects --all` lists them")
        return rows

    @staticmethod
    def pages(obj):
        found = []
        if obj.kind == "device":
            return found
        for index, pfn in obj.pages():
            frame = kernel.Frame(pfn)
            found.append({"index": index, "pfn": pfn, "refs": frame.refs, "flags": kernel.flag_names(frame.flags, "frame_flags")})
        return found

    @staticmethod
    def mappers(regions):
        spaces = {space.address: space.pid for space in kernel.spaces()}
        return [{"pid": spaces.get(int(region.value["space"]), 0), "start": region.start, "end": region.end,
                 "object_page": region.object_page, "text": objects.region_text(region)} for region in regions]

    def text(self, data, options):
        lines = words.table(("ID", "KIND", "SIZE", "PAGES", "REFS", "MAPPERS", "WHAT"),
                            [(row["id"], row["kind"], words.size(row["bytes"]), row["pages"], row["references"], row["mappers"],
                              row["text"]) for row in data], left=("KIND", "WHAT"))
        for row in data if options.id is not None else ():
            for mapper in row["mapper_list"]:
                lines.append(f"  mapped by pid {mapper['pid']}: {words.span(mapper['start'], mapper['end'])} {mapper['text']}")
            for first, last in runs(row["page_list"]):
                lines.append(f"  {self.run_text(first, last)}")
        return lines

    @staticmethod
    def run_text(first, last):
        flags = " ".join(first["flags"])
        if first is last:
            return f"page {first['index']}: frame {first['pfn']:#x}, {words.plural(first['refs'], 'reference')}, {flags}"
        return (f"pages {first['index']} to {last['index']}: frames {first['pfn']:#x} to {last['pfn']:#x}, "
                f"{words.plural(first['refs'], 'reference')} each, {flags}")


def runs(pages):
    """[(first, last)] of neighbours that are alike: frames in a row, the same count and flags."""
    found = []
    for page in pages:
        if found:
            first, last = found[-1]
            if (page["index"] == last["index"] + 1 and page["pfn"] == last["pfn"] + 1 and
                    page["refs"] == last["refs"] and page["flags"] == last["flags"]):
                found[-1] = (first, page)
                continue
        found.append((page, page))
    return found


class Page(Command):
    """Shows one frame: `osier page PFN` or `osier page ADDR [PID]`. Its references and everything that accounts for them:
    each table entry, in which spaces and at which addresses it is in effect, and the object it belongs to. A number is an
    address where a region of the process or the direct map has it, else a frame number; --pfn and --addr say which."""

    name, json = "page", True

    def arguments(self, parser):
        parser.add_argument("number", type=number)
        parser.add_argument("pid", nargs="?", type=number)
        parser.add_argument("--pfn", action="store_true")
        parser.add_argument("--addr", action="store_true")

    @staticmethod
    def frame_number(options):
        what, constants = options.number, kernel.constants()
        if constants.direct_map <= what < constants.direct_map + constants.direct_map_bytes:
            return (what - constants.direct_map) >> 12
        if constants.frame_array <= what < constants.kernel_image:
            return (what - constants.frame_array) // 16     # a struct frame
        if what >> 63:
            steps = tables.walk(kernel.kernel_root(), what)
        else:
            try:
                process = chosen_process(options.pid)
            except OsierError:
                process = None
            if options.pfn or not process or not process.space or not (options.addr or process.space.find(what)):
                return what
            steps = tables.walk(process.space.root, what)
        last = steps[-1]
        if not last.leaf or not last.entry:
            raise OsierError(f"no frame is mapped at {what:#x}: {last.label} is empty (`osier predict` tells what an access would do)")
        return last.pfn + ((what & tables.span(last.level) - 1) >> 12 if last.large else 0)

    def gather(self, options):
        pfn = self.frame_number(options)
        if not kernel.pfn_valid(pfn):
            raise OsierError(f"there is no frame {pfn:#x}: physical address {pfn << 12:#x} is not RAM")
        frame, all_ = kernel.Frame(pfn), census.Census()
        data = {"pfn": pfn, "physical": pfn << 12, "kind": frame.kind, "refs": frame.refs,
                "flags": kernel.flag_names(frame.flags, "frame_flags"), "zero": pfn == kernel.zero_frame(),
                "entries": [], "object": None, "root_of": None, "found": all_.found.get(pfn, 0), "busy": census.busy()}
        if frame.kind == "table":
            data["live"], data["level"] = frame.live, frame.level
        for entry in all_.entries.get(pfn, []):
            data["entries"].append({
                "table": entry.table, "level": entry.level, "index": entry.index, "value": entry.value, "counts": entry.counts,
                "flags": tables.flag_words(entry.value, entry.level == 3),
                "places": [{"space": all_.title(space), "address": address} for space, address in all_.places(entry)]})
        for obj, index in all_.object_pages.get(pfn, []):
            data["object"] = {"id": obj.id, "text": obj.text(objects.file_names()), "index": index}
        if pfn in all_.roots:
            data["root_of"] = all_.title(all_.roots[pfn])
        return data

    def text(self, data, options):
        kind = "the shared frame of zeros" if data["zero"] else data["kind"]
        head = f"frame {data['pfn']:#x}, physical {data['physical']:#x}: {kind}"
        if data["kind"] == "table":
            head += f", level {tables.LEVELS[data['level'] & 3]}, {words.plural(data['live'], 'live entry', 'live entries')}"
        lines = [words.paint(f"{head}, {words.plural(data['refs'], 'reference')}", "head")]
        if data["flags"]:
            lines.append(f"  flags    {', '.join(data['flags'])}")
        if data["root_of"]:
            lines.append(f"  root     of {data['root_of']}")
        if data["object"]:
            lines.append(f"  object   page {data['object']['index']} of object {data['object']['id']}, {data['object']['text']}")
        shown = data["entries"][:24]
        for entry in shown:
            name = f"{tables.entry_name(entry['level'], entry['index'])} of table {entry['table']:#x}"
            lines += words.labelled("entry", [f"{name}, {entry['flags']}" + ("" if entry["counts"] else ", not counted") + ": " +
                                              places_text(entry["places"])], 8)
        if len(data["entries"]) > len(shown):
            lines.append(f"           and {len(data['entries']) - len(shown)} more entries")
        if data["kind"] in ("data", "table", "object"):
            lines.append("  " + self.balance(data))
        return lines

    @staticmethod
    def balance(data):
        missing = data["refs"] - data["found"]
        if not missing:
            return f"accounts for {'all' if data['refs'] != 1 else 'the'} {words.plural(data['refs'], 'reference')}"
        if missing > 0 and data["busy"]:
            return f"{words.plural(missing, 'reference')} more: perhaps in the hands of what runs in the kernel now ({data['busy'][0]})"
        return words.paint(f"BROKEN: {words.plural(data['refs'], 'reference')}, {data['found']} of them accounted for", "bad")


def places_text(places):
    return ", ".join(f"{place['space']} at {place['address']:#x}" for place in places[:6]) + \
        (f" and {len(places) - 6} more" if len(places) > 6 else "")
