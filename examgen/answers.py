"""How answers are rounded for print, and what is accepted: pure rules over exact numbers."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import Any

from examgen.graph import Graph
from examgen.model import Ask, Exact, each

GUARD = 4  # decimals beyond those of the answer in an accepted interval, rounded outward


def decimals_of(graph: Graph, ask: Ask, decimals: int) -> int:
    """0 for whole numbers; at least 3 for a gradient through exp, sigmoid or tanh; else the task's own."""
    if ask.whole:
        return 0
    return max(decimals, 3) if ask.gradient and graph.transcendental else decimals


def rounded(value: Exact, decimals: int) -> Exact:
    """Half-up (away from zero), cell by cell."""
    scale = 10**decimals

    def one(cell: Fraction) -> Fraction:
        size = floor(abs(cell) * scale + Fraction(1, 2))
        return Fraction(size if cell >= 0 else -size, scale)

    return each(value, one)


def accepted(value: Exact, decimals: int, *, whole: bool) -> Any:
    """The closed interval that is marked right, cell by cell, as a pair of decimal strings rounded outward.

    Whole numbers accept exactly themselves; others the exact value ± one unit of the last decimal asked.
    """

    def one(cell: Fraction) -> tuple[str, str]:
        if whole:
            return str(cell), str(cell)
        unit, places = Fraction(1, 10**decimals), decimals + GUARD
        low, high = floor((cell - unit) * 10**places), ceil((cell + unit) * 10**places)
        return decimal_text(low, places), decimal_text(high, places)

    return each(value, one)


def decimal_text(units: int, places: int) -> str:
    """So many units of the last of `places` decimals, with all of them written."""
    digits = str(abs(units)).rjust(places + 1, "0")
    return ("-" if units < 0 else "") + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)
