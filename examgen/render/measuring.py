"""How much room words take in the paper's own fonts, so that what must fit is shortened before it is set."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import groupby
from math import ceil

from examgen.render.faces import face, faces
from examgen.spreadsheets import JOINERS

MM = 25.4 / 72  # of a point
FOREIGN = 1.5  # em: wide for a character that another font has to lend
MARKS = 2  # accents on one letter: a tower of them would reach into other lines
LONGEST = 2000  # characters that are looked at
MORE = "…"
NAMES = (11.0, 9.5, 8.5, 7.5)  # sizes of a printed name, points


def clean(text: str) -> str:
    """Words on one line, without characters that nobody sees and those that turn the direction of all that follows."""
    composed = unicodedata.normalize("NFC", text[:LONGEST])
    seen = "".join(char if _seen(char) else " " if char.isspace() else "" for char in composed)
    runs = ("".join(run)[: MARKS if mark else None] for mark, run in groupby(seen, _is_mark))
    return " ".join("".join(runs).split())


def _seen(char: str) -> bool:
    return char in JOINERS or unicodedata.category(char)[0] not in "CZ"


def _is_mark(char: str) -> bool:
    return char in JOINERS or unicodedata.category(char)[0] == "M"


def width(text: str, size: float) -> float:
    """In mm at so many points, set bold, which is wider."""
    return sum(map(_advance, text)) * size * MM


def lines(text: str, size: float, room: float) -> int:
    """The lines that a text fills in a column of so many mm; a word that is too long for one goes on in the next."""
    count, used, space = 1, 0.0, width(" ", size)
    for word in text.split(" "):
        need = width(word, size)
        if used and used + space + need > room:
            count, used = count + 1, 0.0
        used += need + space if used else need
        if used > room:
            count += ceil(need / (room - FOREIGN * size * MM)) - 1
            used = room
    return count


def fitting(text: str, room: float, sizes: Sequence[float] = NAMES) -> float:
    """The largest size at which a name fits in so many mm; the smallest breaks one that fits at none into lines."""
    return next((size for size in sizes if width(text, size) <= room), sizes[-1])


def cut(text: str, size: float, room: float, most: int = 1) -> str:
    """As much of a text as so many lines hold."""
    if lines(text, size, room) <= most:
        return text
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if lines(text[:middle] + MORE, size, room) <= most else (low, middle)
    return text[:low].rstrip() + MORE


def _advance(char: str) -> float:
    if _is_mark(char):
        return 0.0
    return _advances().get(ord(char), FOREIGN)


@cache
def _advances() -> dict[int, float]:
    """Of each character the widest of its upright faces, in em."""
    from fontTools.ttLib import TTFont  # here, since only paper needs it

    found: dict[int, float] = {}
    for name in (name for name, (_, style, _) in faces().items() if style == "normal"):
        with TTFont(io.BytesIO(face(name) or b""), lazy=True) as font:
            unit, metrics = font["head"].unitsPerEm, font["hmtx"]
            for code, glyph in font.getBestCmap().items():
                found[code] = max(found.get(code, 0.0), metrics[glyph][0] / unit)
    return found
