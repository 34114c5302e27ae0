# run: vmdemo cow
# at: init
# dot and html write files that parse, with every region and table in them.
source tests/gdb/helpers.py
osier break-fault --name vmdemo --kind cow --addr 0x10003010
continue
python
import html.parser, os, re, tempfile, xml.etree.ElementTree
folder = tempfile.mkdtemp(prefix="osier-test-")
picture, page = os.path.join(folder, "a.dot"), os.path.join(folder, "a.html")
gdb.execute(f"osier dot {picture}", to_string=True)
gdb.execute(f"osier html {page}", to_string=True)
text = open(picture).read()
regions = ask("regions")["regions"]
require(all(f"[{r['start']:#x}-{r['end']:#x})" in text for r in regions), "each region is in the picture")
require(text.count("{") == text.count("}") and text.startswith("digraph"), "braces match")
nodes = set(re.findall(r"^ *(\w+) \[", text, re.M))
edges = re.findall(r"(\w+) -> (\w+)", text)
require(all(a in nodes and b in nodes for a, b in edges) and len(edges) >= len(regions) - 1, "edges join nodes that are there")

class Reader(html.parser.HTMLParser):
    VOID = {"meta", "br", "link"}

    def __init__(self):
        super().__init__()
        self.open, self.wrong = [], []

    def handle_starttag(self, tag, attributes):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

text = open(page).read()
reader = Reader()
reader.feed(text)
require(not reader.open and not reader.wrong, "the page's tags match")
drawings = [xml.etree.ElementTree.fromstring(found) for found in re.findall(r"<svg.*?</svg>", text, re.S)]
boxes = [len(drawing.findall("{http://www.w3.org/2000/svg}rect")) for drawing in drawings]
require(len(drawings) == 2 and boxes[0] == len(regions), "a box for each region")
require("COW_COPY" in text and "src=" not in text and "http://" not in text.replace("http://www.w3.org/2000/svg", ""), "the fault is told, nothing is fetched")

def overlap(drawing):
    places = [(float(r.get("x")), float(r.get("y")), float(r.get("width"))) for r in drawing.findall("{http://www.w3.org/2000/svg}rect")]
    return [(a, b) for n, a in enumerate(places) for b in places[n + 1:] if a[1] == b[1] and abs(a[0] - b[0]) < a[2]]
require(not any(overlap(drawing) for drawing in drawings), "no two boxes overlap")
for path in (picture, page):
    os.remove(path)
os.rmdir(folder)
end
