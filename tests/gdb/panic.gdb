# run: vmdemo cow
# at: init
# A panic stops the debugger, with the machine still there to be looked at.
source tests/gdb/helpers.py
osier break-fault --name vmdemo --addr 0x10003010
continue
continue
osier mark before
set var work->fault->verdict = VERDICT_KERNEL_BUG
continue
bt
osier ps
osier fault
osier regions
osier timeline -n 3
osier check
osier back
delete
to-the-end
