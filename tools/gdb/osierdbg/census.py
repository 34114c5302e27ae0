"""Who refers to which frame: one pass over the tables of every space and the pages of every object."""

from . import guest, kernel, objects, tables


class Entry:
    """A leaf or upper entry that is not empty, in one table; several spaces may reach it."""

    def __init__(self, table, level, index, value):
        self.table, self.level, self.index, self.value = table, level, index, value
        self.pfn = (value & tables.ADDRESS) >> 12
        self.counts = level < 3 or not value & tables.SPECIAL


class Census:
    """Everything that is found by walking. `found[pfn]`: references that the structures account for."""

    def __init__(self):
        self.spaces = kernel.spaces()
        self.owners = {}                         # space address -> [Process]
        for process in kernel.processes():
            if process.space:
                self.owners.setdefault(process.space.address, []).append(process)
        self.users = {}                          # table -> [(space, first address it maps, path is writable)]
        self.levels = {}                         # table -> level
        self.entries = {}                        # pfn -> [Entry]
        self.roots = {}                          # table -> space
        self.objects = objects.all_objects()
        self.object_pages = {}                   # pfn -> [(object, index)]
        self.found = {}
        for space in self.spaces:
            self._walk(space)
        for obj in self.objects:
            if obj.kind == "device":
                continue
            for index, pfn in obj.pages():
                self.object_pages.setdefault(pfn, []).append((obj, index))
                self.found[pfn] = self.found.get(pfn, 0) + 1

    def _walk(self, space):
        root = space.root & tables.ADDRESS
        self.roots[root >> 12] = space
        self.found[root >> 12] = self.found.get(root >> 12, 0) + 1
        work = [(root, 0, 0, True)]
        while work:
            table, level, base, writable = work.pop()
            pfn = table >> 12
            first = pfn not in self.users
            self.users.setdefault(pfn, []).append((space, base, writable))
            self.levels[pfn] = level
            row = tables.user_entries(table) if level == 0 else tables.entries(table)
            for index, value in enumerate(row):
                if not value:
                    continue
                if first:
                    entry = Entry(pfn, level, index, value)
                    self.entries.setdefault(entry.pfn, []).append(entry)
                    if entry.counts:
                        self.found[entry.pfn] = self.found.get(entry.pfn, 0) + 1
                if level < 3 and value & tables.PRESENT:
                    work.append((value & tables.ADDRESS, level + 1, base + index * tables.span(level),
                                 writable and bool(value & tables.WRITE)))

    def title(self, space):
        processes = self.owners.get(space.address)
        return f"pid {processes[0].pid}" if processes else f"a space without process ({space.address:#x})"

    def places(self, entry):
        """[(space, address)] at which an entry is in effect."""
        return [(space, base + entry.index * tables.span(entry.level)) for space, base, _ in self.users[entry.table]]


def busy():
    """Names of the threads that are in the kernel on some CPU: references may be in their hands."""
    idle = kernel.enum("cpu_slot")["CPU_SLOT_IDLE_THREAD"]
    present, found = guest.gdb.selected_thread(), []
    try:
        for cpu in guest.gdb.selected_inferior().threads():
            cpu.switch()
            if not kernel.current_cpu_exists() or not guest.in_kernel():
                continue
            thread = kernel.current_thread()
            if int(thread) and int(guest.value("cpu_table")[guest.cpu_index()]["slots"][idle]) != int(thread):
                found.append(thread["name"].string(errors="replace"))
    finally:
        present.switch()
    return found
