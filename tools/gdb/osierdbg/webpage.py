"""The whole state as one page that a browser opens from a file: no scripts, no network."""

import html
import time

import gdb

from . import explain, facts, kernel, objects, picture, timeline, words

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 1200px; padding: 0 1em; color: #222; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; border-bottom: 1px solid #ccc; }
pre, table, svg text { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 12.5px; }
pre { background: #f6f6f6; padding: .8em 1em; overflow-x: auto; }
table { border-collapse: collapse; } th, td { padding: .15em .8em .15em 0; text-align: left; white-space: nowrap; }
th { border-bottom: 1px solid #999; } td.n { text-align: right; } .picture { overflow-x: auto; }
svg text.box { font-size: 10px; } svg text.edge { font-size: 10px; fill: #555; } .key { color: #555; }
@media (prefers-color-scheme: dark) { body { background: #1b1b1b; color: #ddd; } pre { background: #262626; }
  .picture { background: #fff; } .key { color: #aaa; } }
"""


def _table(heads, rows):
    out = ["<table><tr>" + "".join(f"<th>{html.escape(head)}</th>" for head in heads) + "</tr>"]
    for row in rows:
        cells = "".join(f'<td{" class=n" if isinstance(cell, int) else ""}>{html.escape(str(cell))}</td>' for cell in row)
        out.append(f"<tr>{cells}</tr>")
    return "\n".join(out + ["</table>"])


def _fault(process):
    try:
        current = facts.current()
    except gdb.GdbError as error:
        return f"<p>{html.escape(str(error))}</p>"
    if process.pid != current.facts.pid:
        return "<p>The selected CPU runs another process.</p>"
    live = current.when != "over" and facts.unchanged(current.facts, process.space)
    explanation = explain.Explanation(current.facts, process, live)
    lines = explain.headline(current.facts, process.title, f"page fault {current.facts.sequence}") + explain.body(explanation)
    return "<pre>" + html.escape("\n".join(lines)) + "</pre>"


def _events(process):
    rows = []
    for event in timeline.events():
        if event.pid == process.pid:
            what = f"{event.access} {event.verdict} {event.outcome}" if event.kind == "fault" else f"to {event.second:#x}"
            rows.append((event.sequence, event.kind, f"{event.address:#x}", what, event.tables >> 4, event.tables & 15))
    return _table(("event", "what", "address", "", "tables copied", "made"), rows[-100:]) if rows else "<p>None in the trace.</p>"


def _pages(process):
    """One line for each run of pages that look alike."""
    rows = []
    for _, runs in sorted(picture.leaf_runs(process.space).items()):
        for start, count, text in runs:
            rows.append((f"{start:#x}", count, text))
    return _table(("from", "pages", "entries"), rows)


def page(process):
    """The page's text."""
    names = objects.file_names()
    processes = [(p.pid, p.parent_pid, p.state(), int(p.space.value["regions"]["count"]) if p.space else 0,
                  int(p.space.value["minor_faults"]) + int(p.space.value["major_faults"]) if p.space else 0, p.name)
                 for p in kernel.processes()]
    regions = [(words.span(r.start, r.end), words.size(r.end - r.start), objects.region_text(r, names))
               for r in process.space.regions()]
    things = [(obj.id, obj.kind, words.size(obj.size), obj.page_count, obj.refs, obj.text(names)) for obj in objects.all_objects()
              if obj.page_count or obj.regions()]
    title = html.escape(f"Osier: {process.title}")
    key = ("<p class=key>Filled tables have more than one reference: several address spaces share them. A dashed line is an entry "
           "with W=0: writing below it faults. Red boxes are red nodes of the tree.</p>")
    return "\n".join([
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style></head><body>',
        f"<h1>{title}</h1><p class=key>{time.strftime('%Y-%m-%d %H:%M:%S')}</p>",
        "<h2>The page fault</h2>", _fault(process), "<h2>Region tree</h2>", f"<div class=picture>{picture.regions_svg(process)}</div>",
        "<h2>Page tables</h2>", f"<div class=picture>{picture.tables_svg(process)}</div>", key,
        "<h2>Regions</h2>", _table(("range", "size", "what"), regions), "<h2>Pages</h2>", _pages(process),
        "<h2>Events of this process</h2>", _events(process),
        "<h2>Processes</h2>", _table(("pid", "parent", "state", "regions", "faults", "name"), processes),
        "<h2>Objects</h2>", _table(("id", "kind", "size", "pages", "references", "what"), things), "</body></html>", ""])
