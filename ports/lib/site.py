"""The answers that a configure script gets without asking the compiler.

ports/config.site holds what a person answered. Whether a function, header, declaration, type or
member exists is not written down there: it is read off the C library itself. A name that is a
symbol of libc answers a link test as the linker would; a name that stands in no header answers a
compile test as the compiler would; all else is left to the test. That halves the time.
"""

import re

# Names that a compiler may know although no header says them.
LEFT_TO_TEST = {"main", "alloca", "printf", "exit", "_Bool", "bool"}

_QUOTED = r'"\$LINENO"\s+"([^"$]+)"\s+"(ac_cv_\w+)"'
_FUNCTIONS = re.compile(r"ac_fn_c_check_func\s+" + _QUOTED)
_HEADERS = re.compile(r"ac_fn_c_check_header_(?:compile|mongrel|preproc)\s+" + _QUOTED)
_DECLARATIONS = re.compile(r"ac_fn_(?:c_)?check_decl\s+" + _QUOTED)
_TYPES = re.compile(r"ac_fn_c_check_type\s+" + _QUOTED)
_MEMBERS = re.compile(r'ac_fn_c_check_member\s+"\$LINENO"\s+"([^"$]+)"\s+"([^"$]+)"\s+'
                      r'"(ac_cv_\w+)"')
_LISTS = re.compile(r'as_fn_append ac_(func|header)_c_list " ([^" ]+) ')
_LOOPS = re.compile(r"for ac_(func|header) in((?:(?:[ \t]|\\\n)+[A-Za-z0-9_/.]+)+)")


def _cache_name(kind, name):
    return f"ac_cv_{kind}_" + re.sub(r"[^A-Za-z0-9]", "_", name)


def _questions(script):
    """(kind, name, cache variable) for every plain existence test in a configure script."""
    found = set()
    for name, variable in _FUNCTIONS.findall(script):
        found.add(("func", name, variable))
    for name, variable in _HEADERS.findall(script):
        found.add(("header", name, variable))
    for name, variable in _DECLARATIONS.findall(script):
        found.add(("decl", name, variable))
    for name, variable in _TYPES.findall(script):
        found.add(("type", name, variable))
    for _, member, variable in _MEMBERS.findall(script):
        found.add(("member", member, variable))
    for kind, name in _LISTS.findall(script):
        found.add((kind, name, _cache_name(kind, name)))
    for kind, names in _LOOPS.findall(script):
        for name in names.replace("\\", " ").split():
            found.add((kind, name, _cache_name(kind, name)))
    return found


def answers(script, toolchain, others):
    """The lines for one configure script. With others (headers and libraries besides libc are on
    the search path) only what libc has is answered."""
    functions, words, lines = toolchain.functions(), toolchain.words, {}
    for kind, name, variable in _questions(script):
        parts = set(re.findall(r"\w+", name))
        if parts & LEFT_TO_TEST:
            continue
        if kind == "func":
            exists = name in functions
            # Another archive, or the compiler, may have what libc has not.
            if not exists and (others or name in words):
                continue
        elif kind == "header":
            exists = name in toolchain.headers
            if not exists and (others or toolchain.compiler_has(name)):
                continue
        elif others or parts <= words | {"struct", "union", "unsigned", "signed", "long", "int",
                                         "short", "char", "double", "float"}:
            continue                             # it may exist: how, the compiler knows
        else:
            exists = False
        lines[variable] = "yes" if exists else "no"
    return [f": ${{{variable}={value}}}" for variable, value in sorted(lines.items())]


def write_site(given, script, target, toolchain, others):
    """Writes the site file target: the given one, then what the library answers for script."""
    with open(given, encoding="utf-8") as file:
        text = file.read()
    with open(target, "w", encoding="utf-8") as file:
        file.write(text + "\n# Read off the C library:\n" +
                   "\n".join(answers(script, toolchain, others)) + "\n")
