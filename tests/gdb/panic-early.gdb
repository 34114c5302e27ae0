# append: selftest=assert
# at: start
# A panic before there are processes.
source tests/gdb/helpers.py
continue
bt 4
try osier ps
try osier fault
osier timeline
osier check
