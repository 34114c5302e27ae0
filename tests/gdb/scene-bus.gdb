# run: vmdemo bus
# at: init
osier break-fault --kind bus
continue
osier fault
