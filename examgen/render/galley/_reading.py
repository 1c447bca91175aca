"""A page read back from its code: every glyph and every stroke by where it stands, so that two pages can be told apart.

Source: ISO 32000-1, 7.8 (content streams), 8.10 (form XObjects), 9.4 (text objects).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from examgen.render.galley._drawings import strokes
from examgen.render.typeset.matrices import IDENTITY, Matrix, multiplied

TOKEN = re.compile(rb"\[[^\]]*\]|<<.*?>>|<[0-9A-Fa-f]*>|/[^\s/<\[(]+|[-+.\d]+|[A-Za-z]+\*?")
SHOWN = re.compile(rb"<([0-9A-Fa-f]*)>|([-+.\d]+)")
OPERATOR = re.compile(rb"[A-Za-z]+\*?")
NUMBER = re.compile(rb"(?<![^\s\[])[-+.\d]+")
FORM = re.compile(rb"/E(\d+) Do\b")
NEAR = 0.5  # points by which the same mark may stand elsewhere
FINE = 20  # times finer than places, colours and widths of strokes are compared
Kind = tuple[Any, ...]  # what a mark is, wherever it stands
Marks = dict[Kind, list[tuple[float, ...]]]


class Alien(ValueError):
    """A page shows what cannot be read back."""


@dataclass(frozen=True)
class Font:
    """What the glyphs of a font mean, and how wide they are in thousandths of its size."""

    means: Mapping[int, str]
    widths: Mapping[int, float]


@dataclass
class _Pen:
    """The state of text and graphics that glyphs depend on."""

    matrix: Matrix = IDENTITY
    colour: tuple[float, ...] = (0.0, 0.0, 0.0)
    line: Matrix = IDENTITY
    along: float = 0.0
    font: bytes = b""
    size: float = 0.0
    spacing: float = 0.0
    stack: list[tuple[Matrix, tuple[float, ...]]] = field(default_factory=list)


def marks(code: bytes, fonts: Mapping[bytes, Font], forms: Sequence[bytes] = ()) -> Marks:
    """All that can be seen on a page. Raises: Alien."""
    while FORM.search(code):
        code = FORM.sub(lambda found: b"q\n%b\nQ" % forms[int(found[1])], code)
    found: Marks = {}
    pen, drawing = _Pen(), []
    for operator, operands in _operations(code):
        if operator in TEXTUAL:
            for kind, place in _written(pen, operator, operands, fonts):
                found.setdefault(kind, []).append(place)
            continue
        _follow(pen, operator, operands)
        if operator in (b"BDC", b"BMC", b"EMC", b"gs"):
            continue
        drawing.append(b" ".join([*operands, operator]))
    for stroke in strokes(b"\n".join(drawing)):
        left, bottom, right, top = stroke.corners
        if left < right + NEAR and bottom < top + NEAR:
            numbers = [float(part) for setting in stroke.settings for part in NUMBER.findall(setting)]
            kind = stroke.paint, len(numbers)
            found.setdefault(kind, []).append((left, bottom, right, top, *(FINE * number for number in numbers)))
    return found


def _operations(code: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
    operands: list[bytes] = []
    for token in TOKEN.findall(code):
        if OPERATOR.fullmatch(token):
            yield token, operands
            operands = []
        else:
            operands.append(token)


TEXTUAL = frozenset((b"BT", b"ET", b"Tf", b"Td", b"Tm", b"Tc", b"Ts", b"Tj", b"TJ"))


def _follow(pen: _Pen, operator: bytes, operands: Sequence[bytes]) -> None:
    if operator == b"q":
        pen.stack.append((pen.matrix, pen.colour))
    elif operator == b"Q":
        pen.matrix, pen.colour = pen.stack.pop()
    elif operator == b"cm":
        pen.matrix = multiplied(tuple(map(float, operands)), pen.matrix)
    elif operator == b"rg":
        pen.colour = tuple(map(float, operands))
    elif operator in (b"Do", b"sh") or (operator == b"gs" and not re.fullmatch(rb"/[aA]1(\.0)?", operands[0])):
        raise Alien("a page shows a picture, or something through which others can be seen")


def _written(
    pen: _Pen, operator: bytes, operands: Sequence[bytes], fonts: Mapping[bytes, Font]
) -> Iterator[tuple[Kind, tuple[float, ...]]]:
    """Glyphs: what they mean and their colour, where they begin, and their size."""
    if operator == b"BT":
        pen.line, pen.along = IDENTITY, 0.0
    elif operator == b"Tf":
        pen.font, pen.size = operands[0], float(operands[1])
    elif operator in (b"Td", b"Tm"):
        matrix = tuple(map(float, operands))
        pen.line, pen.along = (*IDENTITY[:4], *matrix) if operator == b"Td" else matrix, 0.0
    elif operator == b"Tc":
        pen.spacing = float(operands[0])
    elif operator in (b"Tj", b"TJ"):
        font = fonts[pen.font]
        whole = multiplied(pen.line, pen.matrix)
        for shown, back in SHOWN.findall(operands[0]):
            pen.along -= float(back) * pen.size / 1000 if back else 0.0
            for i in range(0, len(shown), 4):
                glyph = int(shown[i : i + 4], 16)
                x, y = whole[0] * pen.along + whole[4], whole[1] * pen.along + whole[5]
                if font.means[glyph].strip():
                    yield (font.means[glyph], pen.colour), (x, y, abs(whole[3]) * pen.size)
                pen.along += font.widths[glyph] * pen.size / 1000 + pen.spacing


def differing(one: Marks, other: Marks) -> str:
    """The first mark of one page that the other one lacks; empty where they show the same."""
    for here, there in ((one, other), (other, one)):
        for kind, places in here.items():
            lost = _lost(places, there.get(kind, ()))
            if lost is not None:
                return f"{kind[0]!r} at {', '.join(f'{number:.1f}' for number in lost)}"
    return ""


def _lost(places: Sequence[tuple[float, ...]], others: Sequence[tuple[float, ...]]) -> tuple[float, ...] | None:
    """The first place that is none of the others."""
    cells: dict[tuple[int, int], list[tuple[float, ...]]] = {}
    for place in others:
        cells.setdefault((int(place[0]), int(place[1])), []).append(place)
    for place in places:
        x, y = int(place[0]), int(place[1])
        near = (each for i in (x, x - 1, x + 1) for j in (y, y - 1, y + 1) for each in cells.get((i, j), ()))
        if not any(all(abs(a - b) <= NEAR for a, b in zip(place, each, strict=True)) for each in near):
            return place
    return None
