"""How answers are rounded for print, and what is accepted: pure rules over exact numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from examgen.graph import Graph
from examgen.honesty import SCALE, Interval, widened
from examgen.model import Ask, Exact, cells, each, nest, shape

GUARD = 4  # decimals beyond those of the answer in an accepted interval, rounded outward
LARGEST = 10**30  # of any value or gradient: far beyond what can be printed, far within float64


def decimals_of(graph: Graph, ask: Ask, decimals: int) -> int:
    """0 for whole numbers; at least 3 for a gradient through exp, sigmoid or tanh; else the task's own."""
    if ask.whole:
        return 0
    return max(decimals, 3) if ask.gradient and graph.transcendental else decimals


def snapped(cell: Any) -> int | Fraction:
    """An engine's number as a fraction, of 45 decimals behind exp or log, so that equal numbers are equal.

    Raises: ValueError for what is no real number of a size that can be written out.
    """
    rational = isinstance(cell, (int, Fraction))
    if not rational and not hasattr(cell, "_mpf_"):
        raise ValueError("it is no real number")
    if not abs(cell) <= LARGEST:  # infinite, or no number at all
        raise ValueError("it is too large")
    # mpmath's own round goes through a float, which keeps 16 digits
    return cell if rational else Fraction(int(cell.context.nint(cell * 10**45)), 10**45)


def rounded(value: Exact, decimals: int) -> Exact:
    """Half-up (away from zero), cell by cell."""
    return each(value, lambda cell: Fraction(half_up(cell, decimals), 10**decimals))


def half_up(value: int | Fraction, decimals: int) -> int:
    """A number rounded half-up (away from zero), in units of the last of its decimals."""
    numerator, denominator = value.numerator, value.denominator
    size = (2 * abs(numerator) * int(10**decimals) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


def accepted(value: Exact, reach: Any, decimals: int, *, whole: bool) -> Any:
    """The closed interval that is marked right, cell by cell, as a pair of decimal strings rounded outward.

    `reach` is nested as `value`: what honest solvers have before they round the answer itself, or None where that is not
    known. Whole numbers accept exactly themselves; others what honest solvers write, and the exact value ± one unit of the
    last decimal asked.
    """
    flat = list(cells(value))
    reached = [None] * len(flat) if reach is None else reach
    return nest([_accepted(cell, near, decimals, whole) for cell, near in zip(flat, reached, strict=True)], shape(value))


def _accepted(cell: Fraction, reach: Interval | None, decimals: int, whole: bool) -> tuple[str, str]:
    if whole:
        return str(cell), str(cell)
    places = decimals + GUARD
    scale, slack = 10**places, 10**GUARD
    low = cell.numerator * scale // cell.denominator - slack
    high = -(-cell.numerator * scale // cell.denominator) + slack
    if reach is not None:
        ends = widened(reach, decimals)
        low, high = min(low, ends[0] * scale // SCALE), max(high, -(-ends[1] * scale // SCALE))
    return decimal_text(low, places), decimal_text(high, places)


def units(interval: tuple[str, str], decimals: int) -> Fraction:
    """How wide an accepted interval is, in units of the last decimal asked."""
    low, high = (Fraction(end) for end in interval)
    return (high - low) * int(10**decimals)


def decimal_text(units: int, places: int) -> str:
    """So many units of the last of `places` decimals, with all of them written."""
    digits = str(abs(units)).rjust(places + 1, "0")
    return ("-" if units < 0 else "") + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)
