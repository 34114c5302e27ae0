# run: vmdemo split
# at: init
# ps, use, regions as tree and list, region; symbols follow what runs; JSON.
source tests/gdb/helpers.py
osier use vmdemo
break vmdemo.c:split
osier use
continue
osier ps
osier regions
osier regions --list
osier region 0x42f010
osier region 0x5000000
osier use 1
osier regions
try osier use 77
osier use
finish
info symbol $pc
osier regions
python
found = ask("regions")["regions"]
require([r["start"] for r in found] == sorted(r["start"] for r in found), "in order of address")
maps = [r for r in found if r["start"] >> 24 == 0x10]
say([hex(r["start"]) + " " + r["prot"] for r in maps])
require(len([r for r in found if r["depth"] == 0]) == 1, "one root")
row = [p for p in ask("ps") if p["current"]]
require(len(row) == 1 and row[0]["name"] == "vmdemo", "ps marks what runs")
require(ask("region 0x10000000")["here"]["prot"] == "rw-", "region as JSON")
end
