# run: for scene in zero file shared mprotect stack segv readonly noexec guard bus; do vmdemo $scene; done
# at: init
# Every kind of fault once, with what the kernel will do about it.
source tests/gdb/helpers.py
python
def show(filters, *labels):
    """Goes to the next fault of vmdemo that fits, and shows some lines of its explanation."""
    gdb.execute("osier break-fault --name vmdemo " + filters, to_string=True)
    gdb.execute("continue", to_string=True)
    gdb.breakpoints()[-1].delete()
    wanted = False
    for line in lines("osier fault"):
        if line.startswith("  ") and line[2] != " ":
            wanted = line.split()[0] in labels
        if wanted or line.startswith("page"):
            say(line)

show("--kind zero --addr 0x10002000", "page", "verdict", "after")
show("--kind zero --addr 0x10002000", "page", "verdict", "after")
show("--kind file --addr 0x10000000", "region", "object", "verdict")
show("--kind file --addr 0x10000000", "object", "verdict", "after")
show("--kind object --addr 0x10001000", "region", "verdict", "after")
show("--kind cow --addr 0x10000000", "verdict", "after")
show("--kind stack --count 5", "region", "verdict", "after")
show("--kind segv", "region", "page", "verdict", "after")
show("--kind segv", "region", "verdict", "after")
show("--kind segv", "verdict", "after")
show("--kind guard", "region", "verdict", "after")
show("--kind bus", "region", "object", "verdict", "after")
end
bt
