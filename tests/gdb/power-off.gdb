# run: vmdemo cow
# at: init
# A guest that has turned itself off still stands: it can be looked at, cannot go on, and can be taken back.
source tests/gdb/helpers.py
osier break-fault --name vmdemo --kind cow --addr 0x10003010
continue
osier mark before
delete
continue
osier ps
osier check
osier timeline --kind fork
osier timeline --kind exec
osier timeline --kind exit
osier console -n 4
try continue
try next
osier back
osier fault
finish
to-the-end
try osier return-to-user
