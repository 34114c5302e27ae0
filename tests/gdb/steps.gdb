# run: vmdemo cow; vmdemo segv
# at: init
# From a C line into the fault that it makes, and back to the same instruction; a line without a fault; a fault that kills.
source tests/gdb/helpers.py
osier use vmdemo
python
source = open("userland/bin/vmdemo.c").read().splitlines()
line = next(n for n, text in enumerate(source, 1) if "child[0] = 'C';" in text)
last = next(n for n, text in enumerate(source, 1) if "*(volatile char *)BASE = 'X';" in text)
gdb.execute(f"break vmdemo.c:{line}")
gdb.execute(f"break vmdemo.c:{last}")
end
info breakpoints
continue
osier predict 0x10003010 w
osier step-into-fault
osier fault
bt 4
osier return-to-user
try osier return-to-user
osier fault
osier step-into-fault
try osier step-into-fault
continue
osier step-into-fault
osier fault
osier return-to-user
bt 3
