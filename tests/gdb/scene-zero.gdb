# run: vmdemo zero
# at: init
osier break-fault --kind zero --addr 0x10002000
continue
osier fault
osier predict 0x10003000 w
osier predict 0x10003000 x
osier predict 0x10008000 r
osier return-to-user
