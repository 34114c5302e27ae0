# run: vmdemo cow
# at: init
osier break-fault --kind cow --addr 0x10003010
continue
osier ps
osier regions
osier pagewalk 0x10003010
osier fault
backtrace
