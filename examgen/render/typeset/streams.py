"""A page's content stream taken apart: what is drawn, what is text and in which marked content, in points of the page.

Source: ISO 32000-1, 8.4 (graphics state), 9.4 (text objects), 14.6 (marked content).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pydyf

from examgen.render.typeset.matrices import IDENTITY, Matrix, multiplied, numbers

PAINTING = frozenset((b"f", b"f*", b"F", b"S", b"s", b"B", b"B*", b"b", b"b*", b"sh", b"Do", b"EI"))
SETTING = frozenset((b"rg", b"RG", b"g", b"G", b"k", b"K", b"gs", b"w", b"J", b"j", b"M", b"d", b"cs", b"CS", b"sc", b"scn"))
WRITING = frozenset((b"BT", b"ET", b"Tm", b"Tf", b"TJ", b"Tj", b"Ts", b"Tc"))
PAGE = frozenset(  # what a page may say of itself; its further boxes are as large as the first
    ("Type", "Parent", "MediaBox", "BleedBox", "TrimBox", "Contents", "Resources", "StructParents", "Tabs", "Group")
)
COLOURS = {b"rg", b"g", b"k"}
OPAQUE = re.compile(rb"/[aA]1(\.0)? gs")  # the only transparency that our papers know: none
BLACK = b"0 0 0 rg"


@dataclass(frozen=True)
class Run:
    """One string of glyphs: where it begins, its font and size in points, its colour, and the glyphs as they are shown.

    `more` is what goes on in other fonts: font, size and glyphs.
    """

    x: float
    y: float
    font: bytes
    size: float
    colour: bytes
    shown: bytes
    more: tuple[tuple[bytes, float, bytes], ...] = ()


@dataclass(frozen=True)
class Item:
    """One piece of a page: text, or a drawing; `mcid` is None for what is no content. A drawing is standalone code."""

    mcid: int | None
    runs: tuple[Run, ...] = ()
    drawing: bytes = b""


@dataclass
class Page:
    """A page taken apart: pieces in their order, and all that is drawn without being content."""

    items: list[Item] = field(default_factory=list)
    lines: bytes = b""


class Unreadable(ValueError):
    """A stream holds what cannot be taken apart."""


@dataclass
class _State:
    """What the graphics state is where a piece begins."""

    matrix: Matrix = IDENTITY
    colour: bytes = BLACK
    stroke: bytes = b"0 0 0 RG"
    width: bytes = b"1 w"

    def copy(self) -> _State:
        return _State(self.matrix, self.colour, self.stroke, self.width)

    def follow(self, operator: bytes, line: bytes) -> None:
        """Takes note of one operation."""
        if operator == b"cm":
            self.matrix = multiplied(numbers(line), self.matrix)
        elif operator in COLOURS:
            self.colour = line
        elif operator in (b"RG", b"G", b"K"):
            self.stroke = line
        elif operator == b"w":
            self.width = line


def page_of(pdf: pydyf.PDF, reference: bytes) -> Page:
    """The pieces of a page of a document. Raises: Unreadable where the page has more than content."""
    page = pdf.objects[int(reference.split()[0])]
    if unknown := page.keys() - PAGE:
        raise Unreadable(f"a page has {', '.join(sorted(unknown))}")
    return taken_apart(pdf.objects[int(page["Contents"].split()[0])].stream)


def taken_apart(operands: Sequence[Any]) -> Page:
    """The pieces of one page. Raises: Unreadable."""
    page, kept = Page(), []
    state, stack = _State(), []
    lines = list(_lines(operands))
    place = 0
    while place < len(lines):
        operator, line = lines[place]
        if operator in (b"BDC", b"BMC"):
            end = _end(lines, place)
            item, rest = _item(lines[place : end + 1], state)
            if item is not None:
                page.items.append(item)
            kept += rest
            for inner, text in rest:
                state.follow(inner, text)
            place = end + 1
            continue
        if operator == b"q":
            stack.append(state.copy())
        elif operator == b"Q":
            state = stack.pop()
        state.follow(operator, line)
        kept.append((operator, line))
        place += 1
    page.lines = b"\n".join(line for _, line in _trimmed(kept))
    return page


def _lines(operands: Sequence[Any]) -> Iterator[tuple[bytes, bytes]]:
    """Operations: the operator, and its whole line."""
    parts: list[bytes] = []
    for operand in operands:
        data = operand if isinstance(operand, bytes) else operand.encode() if isinstance(operand, str) else operand.data
        parts.append(data)
        operator = data.rsplit(None, 1)[-1]
        if (len(parts) == 1 and operator.startswith(b"/")) or operator.endswith(b">>"):
            continue  # the tag and the properties of marked content come before its operator
        yield operator, b" ".join(parts)
        parts = []


def _end(lines: Sequence[tuple[bytes, bytes]], start: int) -> int:
    """Where marked content ends that begins here."""
    depth = 0
    for place in range(start, len(lines)):
        operator = lines[place][0]
        depth += (operator in (b"BDC", b"BMC")) - (operator == b"EMC")
        if not depth:
            return place
    raise Unreadable("marked content has no end")


def _item(block: Sequence[tuple[bytes, bytes]], state: _State) -> tuple[Item | None, list[tuple[bytes, bytes]]]:
    """A piece, and what of its operations stays among the lines: all of a drawing that is no content, outside of margins."""
    head, body = block[0][1], block[1:-1]
    found = re.search(rb"/MCID (\d+)", head)
    mcid = int(found[1]) if found else None
    texts = any(operator == b"BT" for operator, _ in body)
    painted = any(operator in PAINTING for operator, _ in body)
    if mcid is None and not texts and b"/Pagination" not in head:
        return None, list(body)
    if texts:
        under = [line for line in body if line[0] not in WRITING] if painted else _settings(body)  # a line below the text
        return Item(mcid, tuple(_runs(body, state.copy()))), under
    if not painted:
        return Item(mcid), _settings(body)
    start = b" ".join(b"%.6g" % number for number in state.matrix) + b" cm"
    code = b"\n".join((b"q", start, state.colour, state.stroke, state.width, *(line for _, line in _trimmed(body)), b"Q"))
    return Item(mcid, (), code), _settings(body)


def _settings(body: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """What a piece leaves set behind it."""
    depth, kept = 0, []
    for operator, line in body:
        depth += (operator == b"q") - (operator == b"Q")
        if not depth and operator in SETTING:
            kept.append((operator, line))
    return kept


def _trimmed(lines: Sequence[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Without opacity that is always full, and without states saved for nothing. Raises: Unreadable at transparency."""
    out: list[tuple[bytes, bytes]] = []
    for operator, line in lines:
        if operator == b"gs":
            if not OPAQUE.fullmatch(line):
                raise Unreadable("something is transparent")
            continue
        if operator == b"Q":
            while out and out[-1][0] != b"q" and out[-1][0] in SETTING | {b"cm"}:
                out.pop()  # set, and nothing drawn with it
            if out and out[-1][0] == b"q":
                out.pop()
                continue
        out.append((operator, line))
    yield from out


def _runs(body: Sequence[tuple[bytes, bytes]], state: _State) -> Iterator[Run]:
    """The strings of text of a piece."""
    text, font, size = IDENTITY, b"", 0.0
    stack: list[_State] = []
    run: Run | None = None
    for operator, line in body:
        if operator == b"q":
            stack.append(state.copy())
        elif operator == b"Q":
            state = stack.pop()
        elif operator == b"gs" and not OPAQUE.fullmatch(line):
            raise Unreadable("a text is transparent")
        elif operator == b"Tm":
            if run is not None:
                yield run
            text, run = multiplied(numbers(line), state.matrix), None
        elif operator == b"Tf":
            font, given, _ = line.split()
            size = float(given)
        elif operator == b"Ts" and numbers(line) != (0.0,):
            raise Unreadable("a text is raised")
        elif operator in (b"TJ", b"Tj"):
            run = _run(run, text, font, size, state.colour, line)
        else:
            state.follow(operator, line)
    if run is not None:
        yield run


def _run(before: Run | None, text: Matrix, font: bytes, size: float, colour: bytes, line: bytes) -> Run:
    """A string, or what one has become that goes on."""
    a, b, c, d, x, y = text
    if abs(b) > 1e-9 or abs(c) > 1e-9 or abs(a - d) > 1e-9 or a <= 0:
        raise Unreadable("a text is turned")
    if before is None:
        return Run(x, y, font, size * a, colour, line)
    return replace(before, more=(*before.more, (font, size * a, line)))
