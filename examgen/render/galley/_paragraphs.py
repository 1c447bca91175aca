"""Paragraphs of plain text broken into lines anew: words go on a line as long as they fit, as every browser does it.

Source: CSS Text Module Level 3, 5 (line breaking); UAX 14 for breaks behind hyphens and slashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from examgen.render.galley._faces import Faces
from examgen.render.galley._fragments import OPEN, TAG, Piece, classes
from examgen.render.galley._lines import Unfit
from examgen.render.stamping._matrices import number

BREAKS = re.compile(r"(?<=[-/])(?=[^\W\d])")  # places within a word where a line may end
NEAR = 0.05  # points


@dataclass(frozen=True)
class Pen:
    """How the text of a slot is set: face, size in points, colour; `whole` where it is not broken; `after` is room behind it."""

    face: int
    size: float
    colour: bytes
    whole: bool
    after: float


@dataclass
class Paragraph:
    """A look that is a paragraph: its pens by slots, spaces between them, where it begins, its room, and its lines."""

    pens: list[Pen]
    spaced: list[bool]  # whether a space stands before the slot
    x: float
    y: float  # of the first base line
    room: float
    line: float  # height
    more: float  # height beside its lines
    known: dict[Any, Any] = field(default_factory=dict)


Bit = tuple[Pen, str, float, float]  # pen, text, width, room behind it


def broken(paragraph: Paragraph, texts: Sequence[str], faces: Faces) -> list[list[tuple[float, Pen, str]]]:
    """The lines: text after text with where it begins. Raises: Unfit."""
    lines: list[list[tuple[float, Pen, str]]] = [[]]
    x = 0.0
    for space, word in _words(paragraph, texts, faces):
        seen = sum(width + after for _, _, width, after in word) - word[-1][3]
        if lines[-1] and x + space + seen > paragraph.room + NEAR:
            lines.append([])
            x = 0.0
        elif lines[-1]:
            x += space
        for pen, text, width, after in word:
            lines[-1].append((x, pen, text))
            x += width + after
    return lines


def _words(paragraph: Paragraph, texts: Sequence[str], faces: Faces) -> Iterator[tuple[float, list[Bit]]]:
    """What is not broken, piece by piece, each with the space before it."""
    word: list[Bit] = []
    space, spaced = 0.0, False
    for pen, apart, raw in zip(paragraph.pens, paragraph.spaced, texts, strict=True):
        text, begins = " ".join(raw.split()), apart or spaced or raw[:1].isspace()
        joined = bool(word) and pen.whole and word[-1][0].whole and not word[-1][3]
        if begins and joined:
            text = f" {text}"
        elif begins:
            if word:
                yield space, word
            word, space = [], faces.shown(pen.face, pen.size, " ")[0]
        for gap, bit, last in _bits(text, pen.whole):
            if gap is not None:
                yield space, word
                word, space = [], faces.shown(pen.face, pen.size, gap)[0] if gap else 0.0
            word.append((pen, bit, faces.shown(pen.face, pen.size, bit)[0], pen.after if last else 0.0))
        spaced = raw[-1:].isspace()
    if word:
        yield space, word


def _bits(text: str, whole: bool) -> Iterator[tuple[str | None, str, bool]]:
    """Parts of a text between which a line may end: what stands before, None at its beginning; whether it is the last."""
    if whole:
        yield None, text, True
        return
    parts = [(" " if i else None, word) for i, word in enumerate(text.split(" "))]
    bits = [(gap if j == 0 else "", bit) for gap, word in parts for j, bit in enumerate(BREAKS.split(word))]
    for i, (gap, bit) in enumerate(bits):
        yield gap, bit, i + 1 == len(bits)


def code(paragraph: Paragraph, lines: Sequence[Sequence[tuple[float, Pen, str]]], faces: Faces) -> bytes:
    """The code of lines."""
    out = []
    for i, line in enumerate(lines):
        y = number(paragraph.y - i * paragraph.line)
        for x, pen, text in line:
            shown = faces.shown(pen.face, pen.size, text)[1]
            out.append(b"BT %b %b Td %b ET" % (number(paragraph.x + x), y, shown))
    return b"\n".join(out)


def pens(piece: Piece, styles: dict[int, tuple[int, float, bytes, bool]], gap: float) -> tuple[list[Pen], list[bool]]:
    """The pens of a piece whose slots have these styles; what is not broken has room behind it."""
    made: list[Pen] = []
    spaced: list[bool] = []
    slot, space = 0, False
    inside: list[bool] = []  # whether an open element is not broken
    ends: list[int] = []  # slots that end an element that is not broken
    for i, part in enumerate(TAG.split(piece.look)):
        if i % 2:
            if part.startswith("</"):
                if inside and inside.pop() and made:
                    ends.append(len(made) - 1)
            else:
                inside.append("led" in classes(part))
        elif part.startswith(OPEN):
            if slot not in styles:
                raise Unfit("a text is not found again")
            face, size, colour, whole = styles[slot]
            made.append(Pen(face, size, colour, whole, 0.0))
            spaced.append(space)
            slot, space = slot + 1, False
        elif part == " ":
            space = True
        elif part.strip():
            raise Unfit("a text of a paragraph is no slot")
    for place in ends:
        pen = made[place]
        made[place] = Pen(pen.face, pen.size, pen.colour, pen.whole, gap)
    return made, spaced
