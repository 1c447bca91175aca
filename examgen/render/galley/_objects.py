"""The structure of set pages as objects: what holds pieces, and the elements of each piece."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pydyf

from examgen.render.galley._flow import Set
from examgen.render.galley._units import Unit
from examgen.render.typeset.tree import Element, descending

END = b"\0"
ELEMENTS = ("<article", "<section", "<table", "<tbody")  # what holds pieces and is an element
KINDS = dict(zip(ELEMENTS, ("/Art", "/Sect", "/Table", "/TBody"), strict=True))
BOX = re.compile(rb"/BBox \[([^\]]*)\]")


@dataclass
class Elements:
    """A unit's elements in one piece of code: `count` of them, `roots` first numbers, `owners` of its content."""

    code: bytes
    parts: list[tuple[str, Any]]
    count: int
    roots: list[int]
    owners: list[int]

    def write(
        self, base: int, page: int, above: int, content: int, formulas: Sequence[bytes], words: bytes, dy: float
    ) -> bytes:
        """The elements with numbers from `base`, on a page, below an element, their content counted from `content`."""
        values: list[Any] = []
        for kind, value in self.parts:
            if kind == "own":
                values.append(base + value)
            elif kind == "content":
                values.append(content + value)
            elif kind == "page":
                values.append(page)
            elif kind == "above":
                values.append(above)
            elif kind == "formula":
                values.append(formulas[value])
            elif kind == "words":
                values.append(words)
            else:
                values.append(value + dy)
        return self.code % tuple(values)


def elements(unit: Unit, attributes: Callable[[bytes], int]) -> Elements:
    """The elements of a unit."""
    numbers: dict[int, int] = {}
    for tree in unit.trees:
        for element in descending(tree):
            numbers[id(element)] = len(numbers)
    formulas = {id(element): place for place, element in enumerate(unit.formulas)}
    pictures = {id(element) for element in unit.figures}
    code, parts = [], []
    for tree in unit.trees:
        above = {id(kid): numbers[id(e)] for e in descending(tree) for kid in e.kids if isinstance(kid, Element)}
        for element in descending(tree):
            piece, own = b"", []
            for text, part in _element(element, numbers, above, formulas, pictures, attributes):
                piece += text
                if part is not None:
                    own.append(part)
            code.append(piece)
            parts += own
    roots = [numbers[id(tree)] for tree in unit.trees]
    return Elements(END.join(code), parts, len(numbers), roots, [numbers[id(owner)] for owner in unit.owners])


Told = Iterator[tuple[bytes, tuple[str, Any] | None]]


def _element(
    element: Element, numbers: dict[int, int], above: dict[int, int], formulas: dict[int, int], pictures: set[int],
    attributes: Callable[[bytes], int],
) -> Told:
    yield b"<</S%b/P %%d 0 R" % element.kind.encode(), (
        ("own", above[id(element)]) if id(element) in above else ("above", None)
    )
    if any(isinstance(kid, int) for kid in element.kids):
        yield b"/Pg %d 0 R", ("page", None)
    yield from _kids(element, numbers)
    if element.has:
        box = BOX.search(element.has)
        if box is None:
            yield b"/A %d 0 R" % attributes(element.has), None
        else:
            left, low, right, high = map(float, box[1].split())
            before, after = element.has[: box.start()].replace(b"%", b"%%"), element.has[box.end() :].replace(b"%", b"%%")
            yield b"/A " + before + b"/BBox [%g %%.2f %g " % (left, right), ("height", low)
            yield b"%.2f]" + after, ("height", high)
    for key, text in element.says.items():
        if key == "Alt" and id(element) in formulas:
            yield b"/Alt%b", ("formula", formulas[id(element)])
        elif key == "Alt" and id(element) in pictures:
            yield b"/Alt%b", ("words", None)
        else:
            yield b"/" + key.encode() + pydyf.String(text).data.replace(b"%", b"%%"), None
    yield b">>", None


def _kids(element: Element, numbers: dict[int, int]) -> Told:
    if not element.kids:
        return
    yield b"/K[", None
    for kid in element.kids:
        if isinstance(kid, int):
            yield b"%d ", ("content", kid)
        else:
            yield b"%d 0 R ", ("own", numbers[id(kid)])
    yield b"]", None


def nested(sets: Sequence[Set]) -> Iterator[tuple[tuple[int, ...], str]]:
    """What holds the pieces of a page and is an element: each by the path of its numbers, with its tag."""
    seen: dict[tuple[int, ...], str] = {}
    for one in sets:
        for depth in range(len(one.holders)):
            tag = one.holders[depth][1]
            if tag.startswith(ELEMENTS):
                seen.setdefault(path_of(one.holders[: depth + 1]), tag)
    yield from seen.items()


def kind_of(tag: str) -> bytes:
    """The type of the element of a tag."""
    return next(kind for start, kind in KINDS.items() if tag.startswith(start)).encode()


def path_of(holders: Sequence[tuple[int, str]]) -> tuple[int, ...]:
    """The numbers of those that are elements."""
    return tuple(number for number, tag in holders if tag.startswith(ELEMENTS))
