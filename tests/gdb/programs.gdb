# run: vmdemo zero | cat; ps
# at: init
# Programs that sit at the same addresses: the symbols are those of the one that is stopped in.
source tests/gdb/helpers.py
python
from osierdbg import kernel, symbols
seen = {}
for turn in range(6):
    gdb.execute("osier break-fault --kind stack", to_string=True)
    try:
        gdb.execute("continue", to_string=True)
    except gdb.error:
        break
    gdb.execute("delete")
    if gdb.selected_thread() is None:
        break
    process = kernel.current_process()
    seen[process.name] = symbols.loaded()
    gdb.execute(f"osier break-fault --name {'vmdemo' if process.name != 'vmdemo' else 'ps'}", to_string=True)
    gdb.execute("continue", to_string=True)
    gdb.execute("delete")
    if gdb.selected_thread() is None:
        break
    process = kernel.current_process()
    seen[process.name] = symbols.loaded()
    outer = gdb.newest_frame()
    while outer.older():
        outer = outer.older()
    say(f"{process.name}: {outer.name()} in {symbols.loaded().split('/')[-1]}")
require(all(path is None or path.endswith(("/" + name, "/dash")) for name, path in seen.items()), f"each has its own: {sorted(seen)}")
end
