# run: for scene in zero cow file shared mprotect split readonly bus; do vmdemo $scene; done
# at: init
# At every fault of every program: what `osier predict` says from the structures is what the kernel has decided.
source tests/gdb/helpers.py
python
from osierdbg import command, facts, kernel

class Compare(gdb.Breakpoint):
    """Never stops; compares and counts."""

    def __init__(self):
        super().__init__("vm_resolve_fault", internal=True)
        self.seen, self.verdicts = 0, set()

    def stop(self):
        command.begin(None)
        record = gdb.newest_frame().read_var("work")["fault"]
        if int(record) != int(kernel.current_thread()["fault"]):
            return False
        found = facts.from_record(record)
        process = kernel.current_process()
        space = process.space if process.space and process.space.pid == found.pid else kernel.Space(int(kernel.current_thread()["space"]))
        predicted = facts.predicted(space, found.address, found.access)
        self.seen += 1
        self.verdicts.add(found.verdict)
        if predicted.verdict != found.verdict:
            say(f"NOT OK: {found.verdict} at {found.address:#x} in pid {found.pid}, predicted {predicted.verdict}")
        return False

kernel.require_kernel()
compare = Compare()
try:
    gdb.execute("continue", to_string=True)
except gdb.error:
    pass
require(compare.seen > 100, "a hundred faults, each as predicted")
say(" ".join(sorted(compare.verdicts)))
say(f"{compare.seen} faults")
end
