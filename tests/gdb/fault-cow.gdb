# run: vmdemo cow
# at: init
# A copy-on-write fault of a child: who, where, why; the backtrace through the trap; the tables; what is different after.
source tests/gdb/helpers.py
osier break-fault --name vmdemo --kind cow --addr 0x10003010
continue
osier fault
bt
osier pagewalk 0x10003010
python
fault, walk = ask("fault"), ask("pagewalk 0x10003010")
require(fault["entry"] == [step["entry"] for step in walk["steps"]], "the record's entries are the tables'")
require(fault["frame_before"] == walk["steps"][3]["pfn"], "the record's frame is the leaf entry's")
require(fault["frame_refs"] == walk["steps"][3]["refs"], "the record's count is the frame's")
shared = sum(1 << n for n, step in enumerate(walk["steps"][:3]) if step["refs"] > 1)
require(fault["shared_levels"] == shared, "the record's shared levels are those with more than one reference")
require(not walk["allows"]["w"] and walk["allows"]["r"] and walk["allows"]["u"], "the path may be read, not written")
predicted = ask("predict 0x10003010 w")
require(predicted["verdict"] == fault["verdict"], "the prediction is the kernel's verdict")
no_wider_than(100, "osier fault", "osier pagewalk 0x10003010", "osier regions", "osier region 0x10003010", "osier ps",
              "osier objects", "osier page 0x10003010", "osier timeline", "osier check", "osier predict 0x10003010 x",
              "osier predict 0 w", "osier help")
before = fault
gdb.execute("osier return-to-user")
walk = ask("pagewalk 0x10003010")
require(walk["allows"]["w"] and walk["allows"]["u"], "afterwards the path may be written")
require(walk["steps"][3]["pfn"] != before["frame_before"], "the frame is another")
after = ask("page 0x10003010")
require(after["refs"] == 1 and len(after["entries"]) == 1, "it has one reference, from one entry")
old = ask(f"page {before['frame_before']} --pfn")
left = [place["space"] for entry in old["entries"] for place in entry["places"]]
require(old["refs"] == 1 and left == ["pid 3"], f"the old one is left to the parent: {left}")
end
