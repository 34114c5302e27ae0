"""Whether a region tree keeps its promises: kernel/vm/region.h 1 to 4, kernel/lib/tree.h 1, 2 and 4, docs/vm.md R5."""

from . import guest, kernel, words


def _where(region):
    return f"region {words.span(region.start, region.end)}"


def check_tree(space, merged=True):
    """Sentences, one for each thing that is wrong. `merged`: neighbours that are alike should be one."""
    found = []
    nodes = {}
    order = []

    def visit(address, parent, depth):
        """=> number of black nodes on the way to a leaf below, or None when that differs."""
        if not address:
            return 1
        if depth > 64 or address in nodes:
            found.append(f"node {address:#x} is reached twice: a link of the tree is broken")
            return None
        region = nodes[address] = kernel.Region(address)
        if region.parent_colour & ~1 != parent:
            found.append(f"{_where(region)}: its parent pointer names {region.parent_colour & ~1:#x}, its parent is {parent:#x}")
        left = visit(region.left, address, depth + 1)
        order.append(region)
        right = visit(region.right, address, depth + 1)
        black = region.parent_colour & 1
        for child in (region.left, region.right):
            if not black and child in nodes and not nodes[child].parent_colour & 1:
                found.append(f"{_where(region)} and its child at {nodes[child].start:#x} are both red")
        if left is not None and right is not None and left != right:
            found.append(f"{_where(region)}: {left} black nodes to the left, {right} to the right")
            return None
        return None if left is None or right is None else left + black

    root = int(space.value["regions"]["tree"]["root"])
    visit(root, 0, 0)
    found += _check_order(order, space, merged)
    for region in order:
        found += _check_subtree(region, nodes)
    counted = int(space.value["regions"]["count"])
    if counted != len(order):
        found.append(f"the tree has {words.plural(len(order), 'node')}, and its count says {counted}")
    return found


def _check_order(order, space, merged):
    found, previous = [], None
    for region in order:
        if region.start >= region.end or region.start & 4095 or region.end & 4095:
            found.append(f"{_where(region)} is empty or not page aligned")
        if previous and region.start < previous.end:
            found.append(f"{_where(region)} overlaps {_where(previous)}")
        elif previous and merged and alike(previous, region):
            found.append(f"{_where(previous)} and {_where(region)} are alike and touch: they should be one")
        if region.prot & ~region.max_prot:
            found.append(f"{_where(region)} has {words.prot(region.prot)}, and may have {words.prot(region.max_prot)} at the most")
        if not region.object and region.has("SHARED"):
            found.append(f"{_where(region)} is shared, and has no object to share")
        if int(region.value["space"]) not in (space.address, 0):
            found.append(f"{_where(region)} says that it belongs to another space, {int(region.value['space']):#x}")
        previous = region
    return found


def alike(lower, upper):
    """As region_can_merge has it."""
    if lower.end != upper.start or lower.has("KERNEL"):
        return False
    same = all(getattr(lower, name) == getattr(upper, name) for name in ("object", "prot", "max_prot", "memtype", "flags")) \
        and int(lower.value["name"]) == int(upper.value["name"])
    return same and (not lower.object or lower.object_page + lower.pages == upper.object_page)


def _check_subtree(region, nodes):
    """first_start, last_end, largest_gap from the node and its two children."""
    found = []
    first, last, gap = region.start, region.end, 0
    left, right = nodes.get(region.left), nodes.get(region.right)
    if left:
        first = left.first_start
        gap = max(gap, left.largest_gap, region.start - left.last_end)
    if right:
        last = right.last_end
        gap = max(gap, right.largest_gap, right.first_start - region.end)
    for name, wanted in (("first_start", first), ("last_end", last), ("largest_gap", gap)):
        if getattr(region, name) != wanted:
            found.append(f"{_where(region)}: {name} says {getattr(region, name):#x}, the subtree's is {wanted:#x}")
    return found


def check_objects(order):
    """R4: a region with an object is in that object's list exactly once."""
    found = []
    offset = kernel.offset_of("region", "object_link")
    for region in order:
        if not region.object:
            continue
        head = region.object + kernel.offset_of("vm_object", "regions")
        node, seen, steps = guest.read_u64(head), 0, 0
        while node != head and node >= guest.KERNEL_HALF and steps < 100000:
            seen += node == region.address + offset
            node, steps = guest.read_u64(node), steps + 1
        if seen != 1:
            found.append(f"{_where(region)} is {seen} times in its object's list of mappers")
    return found


def check_counts(space):
    """The sums that a space keeps."""
    found, regions = [], space.regions()
    mapped = sum(region.pages for region in regions)
    data = sum(region.pages for region in regions if region.prot & 2 and not region.has("SHARED") and not region.has("STACK"))
    for name, wanted in (("mapped_pages", mapped), ("data_pages", data)):
        if int(space.value[name]) != wanted:
            found.append(f"{name} says {int(space.value[name])}, its regions have {wanted}")
    return found
