"""osier dot, html: the state as a picture, as a page."""

import os

from . import picture, webpage
from .command import Command, chosen_space, number, write
from .guest import OsierError


def save(path, text):
    try:
        with open(os.path.expanduser(path), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise OsierError(f"{path}: {error.strerror}") from None
    return f"{path}: {len(text)} bytes"


class Dot(Command):
    """Writes the region tree and the page tables as Graphviz text: `osier dot FILE [PID]`. `dot -Tsvg FILE` draws it."""

    name = "dot"

    def arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument("pid", nargs="?", type=number)

    def run(self, options):
        process = chosen_space(options.pid)
        write([f"{process.title} -> " + save(options.file, picture.dot(process))])


class Html(Command):
    """Writes the whole state as one page for a browser: `osier html FILE [PID]`. The fault in words, region tree and page
    tables as pictures, regions, pages, events, processes, objects."""

    name = "html"

    def arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument("pid", nargs="?", type=number)

    def run(self, options):
        process = chosen_space(options.pid)
        write([f"{process.title} -> " + save(options.file, webpage.page(process))])
