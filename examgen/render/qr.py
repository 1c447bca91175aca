"""QR codes as SVG path data: what a scanner needs to know where a page belongs."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import segno

CORRECTION = "m"  # 15 % of a code may be unreadable, as after a fold


class Drawn(NamedTuple):
    """A code: modules on a side, and its dark ones as one path in units of a module."""

    side: int
    path: str


@lru_cache(maxsize=4096)
def drawn(text: str) -> Drawn:
    """The smallest code that holds the text; its quiet zone is left to the page."""
    code = segno.make(text, error=CORRECTION, micro=False, boost_error=False)
    rows = [list(row) for row in code.matrix_iter(border=0)]
    return Drawn(len(rows), "".join(_row(y, row) for y, row in enumerate(rows)))


def _row(y: int, row: list[int]) -> str:
    """The dark runs of a row, each as a rectangle."""
    pieces, x = [], 0
    for dark, modules in groupby(row):
        run = len(list(modules))
        if dark:
            pieces.append(f"M{x} {y}h{run}v1h-{run}z")
        x += run
    return "".join(pieces)
