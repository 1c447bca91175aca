"""Paragraphs of plain text broken into lines anew: words go on a line as long as they fit, as every browser does it.

Source: CSS Text Module Level 3, 5 (line breaking); UAX 14 for breaks behind hyphens and slashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from examgen.render.galley._faces import Faces
from examgen.render.galley._fragments import OPEN, TAG, Piece
from examgen.render.galley._lines import Unfit
from examgen.render.typeset.matrices import number
from examgen.render.typeset.streams import BLACK

BREAKS = re.compile(r"(?<=[-/])(?=[^\W\d])")  # places within a word where a line may end
NEAR = 0.004  # points


@dataclass(frozen=True)
class Pen:
    """How the text of a slot is set: face, size in points, colour, how far above the base line; `whole` where it is not broken.

    `before` and `after` are room around it; `hung` is where it stands if it is no part of the lines.
    """

    face: int
    size: float
    colour: bytes
    rise: float
    whole: bool
    before: float = 0.0
    after: float = 0.0
    hung: float | None = None


@dataclass
class Paragraph:
    """A look that is a paragraph: its pens by slots, spaces between them, where it begins, its room, and its lines.

    `kinds` are height and base line of a line by the strange fonts in it.
    """

    pens: list[Pen]
    spaced: list[bool]  # whether a space stands before the slot
    x: float
    y: float  # where its first line begins
    room: float
    more: float  # height beside its lines
    kinds: dict[frozenset[bytes], tuple[float, float]] = field(default_factory=dict)

    def kind(self, line: Sequence[Drop], faces: Faces) -> tuple[float, float]:
        """Height and base line of a line. Raises: Unfit."""
        strange = frozenset[bytes]().union(*(faces.strange(pen.face, text) for _, pen, text in line))
        if strange not in self.kinds:
            raise Unfit("no line with such letters was laid out")
        return self.kinds[strange]


Drop = tuple[float, Pen, str]  # where a text begins in its line, and how it is set
Bit = tuple[Pen, str, float, float]  # pen, text, width, room behind it


def broken(paragraph: Paragraph, texts: Sequence[str], faces: Faces) -> list[list[Drop]]:
    """The lines: text after text with where it begins. Raises: Unfit."""
    lines: list[list[Drop]] = [[]]
    x = 0.0
    for space, word in _words(paragraph, texts, faces):
        seen = sum(width + after for _, _, width, after in word)  # the room behind it must fit too
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
        if pen.hung is not None:
            continue
        text, begins = " ".join(raw.split()), apart or spaced or raw[:1].isspace()
        joined = bool(word) and pen.whole and word[-1][0].whole and not word[-1][3]
        if begins and joined:
            text = f" {text}"
        elif begins:
            if word:
                yield space, word
            word, space = [], faces.shown(0 if apart else pen.face, pen.size, " ")[0]
        for gap, bit, last in _bits(text, pen.whole):
            if gap is not None:
                yield space, word
                word, space = [], faces.shown(pen.face, pen.size, gap)[0] if gap else 0.0
            if pen.before and gap is None:
                word.append((pen, "", pen.before, 0.0))
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


def code(
    paragraph: Paragraph, texts: Sequence[str], lines: Sequence[Sequence[Drop]], faces: Faces
) -> tuple[float, bytes]:
    """The height of lines, and their code. Raises: Unfit."""
    each = list(zip(paragraph.pens, texts, strict=True))
    hung = [(pen.hung - paragraph.x, pen, text) for pen, text in each if pen.hung is not None]
    out, black, top = [], True, paragraph.y
    for i, line in enumerate([[*hung, *(lines[0] if lines else ())], *lines[1:]]):
        high, base = paragraph.kind(lines[i] if lines else (), faces)
        for x, pen, text in line:
            if not text.strip():
                continue
            if (pen.colour == BLACK) != black or pen.colour != BLACK:
                out.append(pen.colour)
                black = pen.colour == BLACK
            y = number(top - base + pen.rise)
            out.append(b"BT %b %b Td %b ET" % (number(paragraph.x + x), y, faces.shown(pen.face, pen.size, text)[1]))
        top -= high
    return paragraph.y - top, b"\n".join(out if black else [*out, BLACK])


def spaces(piece: Piece) -> list[bool]:
    """For each slot of a piece, whether a space stands before it. Raises: Unfit where a text is no slot."""
    found: list[bool] = []
    space = False
    for part in TAG.split(piece.look)[::2]:
        if part.startswith(OPEN):
            found.append(space)
            space = False
        elif part == " ":
            space = True
        elif part.strip():
            raise Unfit("a text of a paragraph is no slot")
    return found
