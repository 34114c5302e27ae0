# run: vmdemo split
# at: init
# snap and diff over a split and a merge; the timeline; twenty times to a checkpoint and back.
source tests/gdb/helpers.py
break vm_protect
continue
osier snap whole
osier mark here
finish
osier diff
osier snap three
continue
finish
osier diff three
osier diff whole three
osier timeline --kind protect
osier timeline --pid 3 -n 3
osier marks
osier back
osier diff whole
python
import time
from osierdbg import checkpoint, guest
good, slowest = 0, 0
pc, memory = guest.register("pc"), guest.read(int(gdb.parse_and_eval("(unsigned long)&trace_boot_ring")), 65536)
for turn in range(20):
    gdb.execute("stepi", to_string=True)
    gdb.execute("finish", to_string=True)
    begin = time.monotonic()
    checkpoint.load("here")
    slowest = max(slowest, time.monotonic() - begin)
    good += guest.register("pc") == pc and guest.read(int(gdb.parse_and_eval("(unsigned long)&trace_boot_ring")), 65536) == memory
require(good == 20, f"{good} of 20 times back where it was")
require(slowest < 5, "quickly")
end
continue
bt 1
try osier back nowhere
