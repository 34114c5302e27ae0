"""The state of one address space as pictures: Graphviz text, and SVG drawn here (no Graphviz needed)."""

import html

from . import kernel, objects, tables, words


def _colour(region):
    if region.has("GUARD"):
        return "#f4c7c3"
    if region.has("STACK"):
        return "#d9ead3"
    if region.object:
        return "#cfe2f3" if not region.has("SHARED") else "#fce5cd"
    return "#fff2cc" if region.prot & 2 else "#eeeeee"


def _quoted(text):
    return text.replace("\\", "\\\\").replace('"', '\\"')


def table_tree(space):
    """[(level, base, pfn, refs, live, parent key, entry)] of the user half, parents first; key = (level, base)."""
    found, work = [], [(space.root & tables.ADDRESS, 0, 0, None, None)]
    while work:
        table, level, base, parent, entry = work.pop(0)
        frame = kernel.Frame(table >> 12)
        found.append((level, base, table >> 12, frame.refs, frame.live, parent, entry))
        if level == 3:
            continue
        row = tables.user_entries(table) if level == 0 else tables.entries(table)
        for index, value in enumerate(row):
            if value & tables.PRESENT:
                work.append((value & tables.ADDRESS, level + 1, base + index * tables.span(level), (level, base),
                             (index, value)))
    return found


def leaf_runs(space):
    """{base of the PT: [(first address, pages, text)]}: neighbours whose entries look alike."""
    zero, runs = kernel.zero_frame(), {}
    for address, entry, _ in sorted(tables.leaves(space.root), key=lambda leaf: leaf[0]):
        base = address & ~(tables.span(2) - 1)
        pfn = (entry & tables.ADDRESS) >> 12
        text = tables.flag_words(entry, True) + (", frame of zeros" if pfn == zero else "")
        row = runs.setdefault(base, [])
        if row and row[-1][2] == text and row[-1][0] + (row[-1][1] << 12) == address:
            row[-1] = (row[-1][0], row[-1][1] + 1, text)
        else:
            row.append((address, 1, text))
    return runs


def dot(process):
    """Graphviz text: the region tree and the page tables of a process."""
    space, names = process.space, objects.file_names()
    lines = [f'digraph "{_quoted(process.title)}" {{', '  graph [fontname="sans-serif", rankdir=TB, compound=true];',
             '  node [fontname="monospace", fontsize=10, shape=box, style=filled, fillcolor=white];',
             '  edge [fontname="monospace", fontsize=9];', f'  subgraph cluster_regions {{ label="region tree of {_quoted(process.title)}";']
    nodes = space.tree()
    for region, _ in nodes:
        text = f"{words.span(region.start, region.end)}\\n{words.size(region.end - region.start)} {_quoted(objects.region_text(region, names))}"
        colour = "black" if region.parent_colour & 1 else "red"
        lines.append(f'    r{region.address:x} [label="{text}", fillcolor="{_colour(region)}", color={colour}];')
    for region, _ in nodes:
        for child, side in ((region.left, "left"), (region.right, "right")):
            if child:
                lines.append(f'    r{region.address:x} -> r{child:x} [label="{side}"];')
    lines += ["  }", '  subgraph cluster_tables { label="page tables";']
    for level, base, pfn, refs, live, _, _ in table_tree(space):
        shared = ', fillcolor="#d0e0e3"' if refs > 1 else ""
        lines.append(f'    t{level}_{base:x} [label="{tables.LEVELS[level]} {pfn:#x}\\nfrom {base:#x}\\n'
                     f'{words.plural(refs, "reference")}, {live} live"{shared}];')
    for level, base, _, _, _, parent, entry in table_tree(space):
        if parent:
            index, value = entry
            style = "" if value & tables.WRITE else ', style=dashed'
            lines.append(f'    t{parent[0]}_{parent[1]:x} -> t{level}_{base:x} [label="[{index}] W={value >> 1 & 1}"{style}];')
    for base, row in leaf_runs(space).items():
        text = "\\l".join(f"{start:#x} x{count}: {_quoted(what)}" for start, count, what in row[:16])
        more = f"\\land {len(row) - 16} more" if len(row) > 16 else ""
        lines.append(f'    p{base:x} [shape=note, label="{text}{more}\\l"]; t3_{base:x} -> p{base:x};')
    return "\n".join(lines + ["  }", "}", ""])


# ---- SVG ---------------------------------------------------------------------------------------------

BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y = 222, 44, 14, 34


def _svg_boxes(boxes, edges):
    """`boxes`: {key: (column, row, [lines], fill, stroke, dashed)}, `edges`: [(from, to, label, dashed)]."""
    place = {key: (box[0] * (BOX_WIDTH + GAP_X) + 8, box[1] * (BOX_HEIGHT + GAP_Y) + 8) for key, box in boxes.items()}
    width = max((x for x, _ in place.values()), default=0) + BOX_WIDTH + 8
    height = max((y for _, y in place.values()), default=0) + BOX_HEIGHT + 8
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" role="img">']
    for start, end, label, dashed in edges:
        (x1, y1), (x2, y2) = place[start], place[end]
        x1, x2, y1 = x1 + BOX_WIDTH / 2, x2 + BOX_WIDTH / 2, y1 + BOX_HEIGHT
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        out.append(f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" stroke="#666"{dash}/>')
        if label:
            out.append(f'<text x="{(x1 + x2) / 2 + 4:.0f}" y="{(y1 + y2) / 2 + 3:.0f}" class="edge">{html.escape(label)}</text>')
    for key, (_, _, texts, fill, stroke, _) in boxes.items():
        x, y = place[key]
        out.append(f'<rect x="{x:.0f}" y="{y:.0f}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="4" fill="{fill}" stroke="{stroke}" '
                   f'stroke-width="1.4"><title>{html.escape(chr(10).join(texts))}</title></rect>')
        for n, text in enumerate(texts[:3]):
            short = text if len(text) <= 34 else text[:33] + "…"
            out.append(f'<text x="{x + 6:.0f}" y="{y + 13 + 13 * n:.0f}" class="box">{html.escape(short)}</text>')
    return "\n".join(out + ["</svg>"])


def regions_svg(process):
    """The region tree, root on top; columns in order of address."""
    nodes, names = process.space.tree(), objects.file_names()
    boxes = {region.address: (column * 0.62, depth, [words.span(region.start, region.end), words.size(region.end - region.start),
                                                     objects.region_text(region, names)],
                              _colour(region), "#000" if region.parent_colour & 1 else "#d00", False)
             for column, (region, depth) in enumerate(nodes)}
    edges = [(region.address, child, "", False) for region, _ in nodes for child in (region.left, region.right) if child]
    return _svg_boxes(boxes, edges)


def tables_svg(process):
    """The page tables, root on top; what several spaces share is filled."""
    runs, boxes, edges, column = leaf_runs(process.space), {}, [], [0.0] * 5
    rows = table_tree(process.space)
    for level, base, pfn, refs, live, parent, entry in rows:
        at = max(column[level], boxes[parent][0] if parent else 0)
        boxes[level, base] = (at, level, [f"{tables.LEVELS[level]}  table {pfn:#x}", f"from {base:#x}",
                                          f"{words.plural(refs, 'reference')}, {live} live"],
                              "#d0e0e3" if refs > 1 else "#fff", "#333", False)
        column[level] = at + 1
        if parent:
            index, value = entry
            edges.append((parent, (level, base), f"[{index}] W={value >> 1 & 1}", not value & tables.WRITE))
        if level == 3:
            row = runs.get(base, [])
            text = [f"{start:#x} x{count} {what}" for start, count, what in row]
            boxes["pages", base] = (at, 4, text[:2] + [f"and {len(text) - 2} more runs"] if len(text) > 3 else text, "#fafafa", "#999", False)
            edges.append(((3, base), ("pages", base), "", False))
    return _svg_boxes(boxes, edges)
