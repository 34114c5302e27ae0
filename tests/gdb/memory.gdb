# run: vmdemo shared; vmdemo file
# at: init
# objects and page: every reference of a frame is accounted for, for private, shared, file and table frames.
source tests/gdb/helpers.py
osier break-fault --name vmdemo --addr 0x10001000
continue
osier objects
python
regions = {r["start"]: r for r in ask("regions")["regions"]}
obj = regions[0x10000000]["object"]
one = ask(f"objects {obj}")[0]
require(one["kind"] == "shared" and one["bytes"] == 8 * 4096, "the shared mapping's object")
require([m["pid"] for m in one["mapper_list"]] == [3, 4], f"parent and child map it: {one['mapper_list'] and [m['pid'] for m in one['mapper_list']]}")
gdb.execute("delete")
gdb.execute("osier return-to-user", to_string=True)
gdb.execute("osier page 0x10001000")
page = ask("page 0x10001000")
require(page["kind"] == "object" and page["object"] == {"id": obj, "text": "shared memory", "index": 1}, "the frame knows its object")
require(page["refs"] == page["found"] == 2, "one reference of the object, one of the entry")
require("dirty" in page["flags"], "it is dirty")
text = ask("page 0x400000")
require(text["kind"] == "object" and text["object"]["text"] == "file /bin/vmdemo", "the program's text is its file's page")
require(text["refs"] == text["found"], "whose references are all accounted for")
walk = ask("pagewalk 0x400000")
for step in walk["steps"][:3]:
    table = ask(f"page {step['pfn']} --pfn")
    require(table["kind"] == "table" and table["refs"] == table["found"], f"the {step['level']} entry's table: {table['refs']} references")
require(ask("page pt_zero_frame")["zero"], "a struct frame is an argument too")
end
osier page 0
