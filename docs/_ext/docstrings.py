"""Docstrings as the site reads them: sections by their first word, and nothing but `code` has a meaning in them.

A class that lives in a private module is found under its public name.
"""

from __future__ import annotations

import re
from typing import Any

SECTIONS = ("Shapes", "Gives", "Conventions", "Raises", "Source")
SECTION = re.compile(rf"({'|'.join(SECTIONS)})(:| (?=`))\s*")
CODE = re.compile(r"(`[^`]+`)")
PRIVATE = re.compile(r"\._\w+(?=\.)")
MEANT = re.compile(r"([*|\\]|_(?!\w))")


def escaped(line: str) -> str:
    """A line with every sign of reStructuredText outside of `code` as the sign that it is."""
    parts = CODE.split(line)
    return "".join(part if i % 2 else MEANT.sub(r"\\\1", part) for i, part in enumerate(parts))


def lines_of(docstring: list[str]) -> list[str]:
    """Its lines with a field for each section; examples and indented blocks stay as they are."""
    found: list[str] = []
    inside = False  # a section lasts until an empty line
    for line in docstring:
        if begun := SECTION.match(line):
            found += [] if inside or not found else [""]
            found.append(f":{begun[1]}: {escaped(line[begun.end():])}")
            inside = True
        elif line.startswith((" ", ">>>", "...")) or not line:
            inside = False
            found += ["::", "", line] if line.startswith(" ") and not (found and found[-1].startswith(" ")) else [line]
        else:
            found.append(f"   {escaped(line)}" if inside else escaped(line))
    return found


def read(app: Any, what: str, name: str, thing: object, options: Any, lines: list[str]) -> None:
    lines[:] = lines_of(lines)


def public(app: Any, env: Any, node: Any, shown: Any) -> Any:
    """A link to where a package shows what one of its private modules holds; None where there is no such place."""
    target = PRIVATE.sub("", node["reftarget"])
    if node.get("refdomain") != "py" or target == node["reftarget"]:
        return None
    return env.get_domain("py").resolve_xref(env, node["refdoc"], app.builder, node["reftype"], target, node, shown)


def setup(app: Any) -> dict[str, bool]:
    app.connect("missing-reference", public)
    app.connect("autodoc-process-docstring", read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
