"""QR codes: what a scanner needs to know where a page belongs, as bits and as SVG path data.

With one mask for all, the modules of a code depend linearly, over bits, on the text that it holds; so the codes of an exam are
put together from a few dozen that are made once.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import segno

CORRECTION = "m"  # 15 % of a code may be unreadable, as after a fold
MASK = 1  # of the standard's eight; a checkerboard by rows, which breaks up the runs of a short text
SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"  # of the standard's alphanumeric mode, in its order


class Drawn(NamedTuple):
    """A code: modules on a side, and its dark ones as one path in units of a module."""

    side: int
    path: str


class Modules(NamedTuple):
    """A code: modules on a side, and all of them as one number, the first row's first module its highest bit."""

    side: int
    bits: int


@lru_cache(maxsize=4096)
def drawn(text: str) -> Drawn:
    """The smallest code that holds a text of `SIGNS`; its quiet zone is left to the page."""
    side, bits = modules(text)
    rows = [bits >> side * (side - 1 - y) & (1 << side) - 1 for y in range(side)]
    return Drawn(side, "".join(_row(y, row, side) for y, row in enumerate(rows)))


def side(text: str) -> int:
    """How many modules stand on a side of the code of a text."""
    return _basis(len(text))[0]


def modules(text: str) -> Modules:
    """The modules of the smallest code that holds a text of `SIGNS`."""
    side, bits, basis = _basis(len(text))
    for place in range(0, len(text), 2):
        value = 0
        for sign in text[place : place + 2]:
            value = 45 * value + SIGNS.index(sign)
        for power, change in enumerate(basis[place // 2]):
            if value >> power & 1:
                bits ^= change
    return Modules(side, bits)


@lru_cache(maxsize=8)
def _basis(length: int) -> tuple[int, int, tuple[tuple[int, ...], ...]]:
    """The side and the code of zeros of a length, and how every bit of every pair of signs changes the code."""
    zeros = "0" * length
    # a text of digits alone would be packed otherwise: the mode is given
    side, start = _made(zeros)
    changes = []
    for place in range(0, length, 2):
        pair = len(zeros[place : place + 2])
        powers = range(11 if pair == 2 else 6)
        changes.append(tuple(start ^ _made(_with(zeros, place, pair, 1 << power))[1] for power in powers))
    return side, start, tuple(changes)


def _with(zeros: str, place: int, pair: int, value: int) -> str:
    signs = SIGNS[value // 45] + SIGNS[value % 45] if pair == 2 else SIGNS[value % 45]
    return zeros[:place] + signs + zeros[place + pair :]


def _made(text: str) -> tuple[int, int]:
    """A code as the library makes it."""
    code = segno.make(text, error=CORRECTION, micro=False, boost_error=False, mask=MASK, mode="alphanumeric")
    rows = [list(row) for row in code.matrix_iter(border=0)]
    return len(rows), int("".join(str(module) for row in rows for module in row), 2)


def _row(y: int, row: int, side: int) -> str:
    """The dark runs of a row, each as a rectangle."""
    pieces, x = [], 0
    for dark, run in groupby(f"{row:0{side}b}"):
        wide = len(list(run))
        if dark == "1":
            pieces.append(f"M{x} {y}h{wide}v1h-{wide}z")
        x += wide
    return "".join(pieces)
