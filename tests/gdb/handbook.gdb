# run: vmdemo cow
# at: init
# The session in docs/debugger.md, line by line.
source tests/gdb/helpers.py
python
import re
text = open("docs/debugger.md").read()
session = re.findall(r"^\(gdb\) (.*?)(?:  .*)?$", text, re.M)
for command in session:
    say(f"(gdb) {command}")
    gdb.execute(command)
require(len(session) == 12, "the session has twelve commands")
named = set(re.findall(r"^\| `([^|]*)` \|", text.split("## One fault")[0], re.M))
named = {name for row in named for name in re.findall(r"(?:^|`|, )([a-z][a-z-]*)", row)}
from osierdbg import command
missing = [name for name in command.COMMANDS if name not in named]
require(not missing, f"each command is in the table {missing or ''}".strip())
end
