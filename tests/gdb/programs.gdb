# run: vmdemo zero; ps; vmdemo zero
# at: init
# Programs that sit at the same addresses: symbols, backtrace and breakpoints are those of the one that is stopped in.
source tests/gdb/helpers.py
python
from osierdbg import symbols
for name in ("vmdemo", "ps", "vmdemo"):
    gdb.execute(f"osier break-fault --name {name} --count 4", to_string=True)
    gdb.execute("continue", to_string=True)
    gdb.breakpoints()[-1].delete()
    outer = gdb.newest_frame()
    while outer.older():
        outer = outer.older()
    say(f"{name}: {symbols.loaded().split('/')[-1]}, from {outer.name()}")
end
osier use ps
break main
info breakpoints
osier use

to-the-end
