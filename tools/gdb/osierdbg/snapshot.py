"""An address space at one moment, as plain data, and what is different between two of them."""

from . import kernel, objects, tables, words


class Snapshot:
    """Regions, tables, leaf entries with their frames, and counts."""

    def __init__(self, process):
        space, names = process.space, objects.file_names()
        self.title, self.pid, self.space = process.title, process.pid, space.address
        self.regions = {region.start: (region.end, objects.region_text(region, names)) for region in space.regions()}
        self.leaves, self.tables = {}, {}
        self._frames = {}
        self._walk(space)
        self.counts = {"regions": int(space.value["regions"]["count"]), "pages mapped": int(space.value["mapped_pages"]),
                       "pages promised": int(space.value["promised"]), "minor faults": int(space.value["minor_faults"]),
                       "major faults": int(space.value["major_faults"]), "tables": len(self.tables),
                       "entries": len(self.leaves)}
        counters, verdicts = space.value["fault_count"], kernel.enum("vm_verdict")
        for name, number in verdicts.items():
            if name != "VERDICT_COUNT" and int(counters[number]):
                self.counts["faults " + name[8:]] = int(counters[number])

    def _frame(self, pfn):
        if pfn not in self._frames:
            self._frames[pfn] = kernel.Frame(pfn) if kernel.pfn_valid(pfn) else None
        return self._frames[pfn]

    def _walk(self, space):
        zero = kernel.zero_frame()
        work = [(space.root & tables.ADDRESS, 0, 0)]
        while work:
            table, level, base = work.pop()
            frame = self._frame(table >> 12)
            self.tables[level, base] = (table >> 12, frame.refs if frame else 0)
            row = tables.user_entries(table) if level == 0 else tables.entries(table)
            for index, entry in enumerate(row):
                if not entry:
                    continue
                address = base + index * tables.span(level)
                if level == 3:
                    pfn = (entry & tables.ADDRESS) >> 12
                    counted = None if entry & tables.SPECIAL else self._frame(pfn)
                    self.leaves[address] = (pfn, tables.flag_words(entry, True), counted.refs if counted else None, pfn == zero)
                elif entry & tables.PRESENT:
                    work.append((entry & tables.ADDRESS, level + 1, address))


# ---- differences -----------------------------------------------------------------------------------

def difference(old, new):
    """Sentences by heading: {heading: [sentence]}."""
    found = {"regions": _regions(old, new), "tables": _tables(old, new), "pages": _pages(old, new), "counts": _counts(old, new)}
    return {heading: lines for heading, lines in found.items() if lines}


def _cover(regions, start, end):
    return [(s, e, text) for s, (e, text) in sorted(regions.items()) if s < end and e > start]


def _regions(old, new):
    found = []
    gone = {start: old.regions[start] for start in old.regions if new.regions.get(start) != old.regions[start]}
    come = {start: new.regions[start] for start in new.regions if old.regions.get(start) != new.regions[start]}
    done = set()
    for start, (end, text) in sorted(gone.items()):
        now = [piece for piece in _cover(come, start, end)]
        if now and (now[0][0], now[-1][1]) == (start, end) and len(now) > 1:
            found.append(f"{words.span(start, end)} was split into {len(now)}:")
            found += [f"    {words.span(s, e)} {t}" for s, e, t in now]
            done.update(s for s, _, _ in now)
        elif now and now[0][:2] == (start, end):
            found.append(f"{words.span(start, end)} changed: {text} -> {now[0][2]}")
            done.add(start)
        elif any(s in come and len(_cover(gone, s, come[s][0])) > 1 for s, _, _ in now):
            continue                             # told from the side of what it merged into
        elif len(now) == 1 and now[0][2].split(" page ")[0] == text.split(" page ")[0]:
            found.append(f"{words.span(start, end)} is now {words.span(now[0][0], now[0][1])} {now[0][2]}")
            done.add(now[0][0])
        else:
            found.append(f"{words.span(start, end)} is gone: {text}")
    for start, (end, text) in sorted(come.items()):
        before = _cover(gone, start, end)
        if start in done:
            continue
        if len(before) > 1:
            found.append(f"{len(before)} regions merged into {words.span(start, end)} {text}")
        else:
            found.append(f"{words.span(start, end)} is new: {text}")
    return found


def _tables(old, new):
    found = []
    for key in sorted(set(old.tables) | set(new.tables)):
        level, base = key
        name = f"{'root' if level == 0 else tables.LEVELS[level]} for {base:#x}"
        was, now = old.tables.get(key), new.tables.get(key)
        if was == now:
            continue
        if was is None:
            found.append(f"{name}: made, table {now[0]:#x}")
        elif now is None:
            found.append(f"{name}: gone, table {was[0]:#x}")
        elif was[0] != now[0]:
            found.append(f"{name}: copied, {was[0]:#x} ({words.plural(was[1], 'reference')}) -> {now[0]:#x} ({now[1]})")
        else:
            found.append(f"{name}: table {now[0]:#x} has {was[1]} -> {words.plural(now[1], 'reference')}")
    return found


def _page_text(was, now):
    if was is None:
        return "now frame {pfn}, " + now[1] if not now[3] else "now the shared frame of zeros, " + now[1]
    if now is None:
        return "gone, was frame {old}" if not was[3] else "gone, was the frame of zeros"
    parts = []
    if was[0] != now[0]:
        parts.append(f"frame {'of zeros' if was[3] else '{old}'} -> {'that of zeros' if now[3] else '{pfn}'}")
    if was[1] != now[1]:
        parts.append(f"{was[1]} -> {now[1]}")
    if was[2] != now[2] and was[0] == now[0]:
        parts.append(f"references {was[2]} -> {now[2]}")
    return ", ".join(parts)


def _pages(old, new):
    """Neighbours that changed in the same way share a line."""
    runs = []
    for address in sorted(set(old.leaves) | set(new.leaves)):
        was, now = old.leaves.get(address), new.leaves.get(address)
        if was == now:
            continue
        text = _page_text(was, now)
        if not text:
            continue
        numbers = (was[0] if was else 0, now[0] if now else 0)
        if runs and runs[-1][2] == text and runs[-1][1] == address:
            runs[-1][1] = address + 4096
        else:
            runs.append([address, address + 4096, text, numbers])
    found = []
    for start, end, text, (before, after) in runs:
        count = (end - start) >> 12
        where = f"{start:#x}" if count == 1 else f"{words.span(start, end)} {count} pages"
        more = "" if count == 1 else " …"
        found.append(f"{where}: " + text.replace("{pfn}", f"{after:#x}{more}").replace("{old}", f"{before:#x}{more}"))
    return found


def _counts(old, new):
    return [f"{name} {old.counts.get(name, 0)} -> {new.counts.get(name, 0)} ({new.counts.get(name, 0) - old.counts.get(name, 0):+d})"
            for name in dict.fromkeys(list(old.counts) + list(new.counts)) if old.counts.get(name, 0) != new.counts.get(name, 0)]
