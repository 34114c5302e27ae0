"""What a port is: reading ports/NAME/recipe.

A recipe is a list of `key: value` lines; a value goes on over indented lines; `#` opens a
comment line. docs/porting.md explains every key. Unknown keys are errors, so that a
misspelt key cannot be silently ignored.
"""

import glob
import os
import re

LINES = {"install", "links", "devel"}            # one entry a line
SCRIPTS = {"prepare", "build"}                   # shell text, kept as written
WORDS = {"source", "version", "summary", "configure", "make", "depends", "relink",
         "tools", "environment", "skip",
         "folders"}
REQUIRED = {"source", "version", "summary"}


class RecipeError(Exception):
    pass


class Recipe:
    """One port. Fields that the recipe does not set are empty strings or empty lists."""

    def __init__(self, ports_dir, name):
        self.name = name
        self.directory = os.path.join(ports_dir, name)
        self.path = os.path.join(self.directory, "recipe")
        if not re.fullmatch(r"[a-z0-9][a-z0-9.+-]*", name):
            raise RecipeError(f"{name}: not a port's name")
        if not os.path.isfile(self.path):
            raise RecipeError(f"{name}: no such port (ports/{name}/recipe does not exist)")
        values = self._read()
        for key in REQUIRED - set(values):
            raise RecipeError(f"{self.path}: `{key}:` is missing")
        for key in WORDS:
            setattr(self, key, " ".join(values.get(key, [])))
        for key in SCRIPTS:
            setattr(self, key, "\n".join(values.get(key, [])))
        for key in LINES:
            setattr(self, key, [line.split() for line in values.get(key, [])])
        self.depends = self.depends.split()
        # `COMMAND=PACKAGE`, or one word where they are the same.
        self.tools = [(word.split("=")[0], word.split("=")[-1]) for word in self.tools.split()]
        self.has_configure = "configure" in values
        for key in ("install", "devel"):
            for entry in getattr(self, key):
                if len(entry) not in (2, 3) or not entry[1].startswith("/"):
                    raise RecipeError(f"{self.path}: {key}: want `FILE /DESTINATION [MODE]`, "
                                      f"got `{' '.join(entry)}`")
        for entry in self.links:
            if len(entry) != 2 or not entry[0].startswith("/"):
                raise RecipeError(f"{self.path}: links: want `/LINK TARGET`, "
                                  f"got `{' '.join(entry)}`")
        # What must be linked again when only the C library's archives changed.
        if self.relink:
            self.relink = self.relink.split()
        else:
            self.relink = [entry[0] for entry in self.install]
        self.patches = sorted(glob.glob(os.path.join(self.directory, "patches", "*.patch")))

    def _read(self):
        values, key = {}, None
        with open(self.path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                line = line.rstrip()
                if line.startswith("#") or not line:
                    continue
                if line[0] in " \t":
                    if key is None:
                        raise RecipeError(f"{self.path}:{number}: indented before any key")
                    values[key].append(line.strip() if key not in SCRIPTS else line)
                    continue
                match = re.fullmatch(r"([a-z]+):\s*(.*)", line)
                if not match or match[1] not in LINES | SCRIPTS | WORDS:
                    raise RecipeError(f"{self.path}:{number}: not a recipe line: {line}")
                key = match[1]
                if key in values:
                    raise RecipeError(f"{self.path}:{number}: `{key}:` stands twice")
                values[key] = [match[2]] if match[2] else []
        return values


def all_names(ports_dir):
    """The names of every port in the tree, sorted."""
    return sorted(os.path.basename(os.path.dirname(path))
                  for path in glob.glob(os.path.join(ports_dir, "*", "recipe")))


def with_dependencies(ports_dir, names):
    """Recipes for names and all they depend on, each after what it depends on."""
    done, order = {}, []

    def visit(name, chain):
        if name in chain:
            raise RecipeError("ports depend on each other: " + " -> ".join(chain + [name]))
        if name not in done:
            recipe = done[name] = Recipe(ports_dir, name)
            for dependency in recipe.depends:
                visit(dependency, chain + [name])
            order.append(recipe)

    for name in names:
        visit(name, [])
    return order
