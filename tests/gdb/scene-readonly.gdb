# run: vmdemo readonly
# at: init
osier break-fault --kind segv
continue
osier fault
