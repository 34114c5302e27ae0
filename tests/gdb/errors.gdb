# at: start
# At odd moments every command says what is wrong and what to type.
source tests/gdb/helpers.py
try osier ps
try osier fault
try osier pagewalk 0x1000
try osier back
try osier mark early
try osier
try osier nonsense
try osier help nonsense
try run
thbreak kernel_main
continue
try osier ps
try osier fault
try osier regions
try osier check
osier pagewalk 0xffffffff80000000
thbreak process_start_init
continue
try osier ps
try osier regions
try osier regions 7
try osier use 7
try osier use no-such-program
osier use
try osier fault
try osier step-into-fault
try osier return-to-user
try osier diff
try osier back nowhere
try osier mark bad/name
try osier pagewalk 0x900000000000
try osier pagewalk no_such_symbol
try osier pagewalk
try osier break-fault --kind nonsense
try osier predict 0x1000 q
try osier objects 9999
try osier page 0x7fffffffffff --pfn
try osier dot /no/such/folder/file
osier region 0xffffc00000004ef0
osier regions --kernel
osier check
file build/kernel/release/osier.elf
try osier ps
file build/userland/bin/vmdemo
try osier ps
file
try osier ps
