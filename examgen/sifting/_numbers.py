"""The numbers of one candidate out of a stack, as the exact ones that a problem looks at; where it cannot tell, it says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from examgen.sifting._fixed import UNIT, Array
from examgen.sifting._walk import Spans


class Undecided(ArithmeticError):
    """A question that the bounds of a number leave open."""


class Between:
    """A number between two bounds: what it is compared with must lie outside them."""

    __slots__ = ("high", "low")

    def __init__(self, low: Fraction, high: Fraction) -> None:
        self.low, self.high = low, high

    def _above(self, other: Any) -> bool:
        if isinstance(other, Between):
            low, high = other.low, other.high
        elif isinstance(other, (int, float, Fraction)):
            low = high = Fraction(other)
        else:
            raise Undecided
        if self.low > high:
            return True
        if self.high < low:
            return False
        raise Undecided

    def __gt__(self, other: Any) -> bool:
        return self._above(other)

    __ge__ = __gt__

    def __lt__(self, other: Any) -> bool:
        return not self._above(other)

    __le__ = __lt__

    def __eq__(self, other: object) -> bool:
        self._above(other)  # it is apart from it, or that is open
        return False

    __hash__ = None  # type: ignore[assignment]  # how Python is told that there is no hash

    def __bool__(self) -> bool:
        return self != 0

    def __neg__(self) -> Between:
        return Between(-self.high, -self.low)

    def __abs__(self) -> Between:
        return self if self > 0 else -self


class Numbers(Mapping[str, list[Any]]):
    """Node -> its flat cells, made numbers when they are asked for."""

    def __init__(self, holders: Mapping[str, int], spans: Spans, candidate: int) -> None:
        self.holders, self.spans, self.candidate = holders, spans, candidate

    def __getitem__(self, name: str) -> list[Any]:
        return listed(self.spans[self.holders[name]][:, self.candidate])

    def __iter__(self) -> Iterator[str]:
        return iter(self.holders)

    def __len__(self) -> int:
        return len(self.holders)


def listed(span: Array) -> list[Any]:
    """The cells of one candidate's span, of shape (bounds, cells)."""
    low, high = span[0], span[-1]
    if span is low or len(span) == 1 or np.array_equal(low, high):
        if not (low % UNIT).any():
            found: list[Any] = (low // UNIT).tolist()
            return found
        return [Fraction(cell, UNIT) for cell in low.tolist()]
    return [
        Fraction(a, UNIT) if a == b else Between(Fraction(a, UNIT), Fraction(b, UNIT))
        for a, b in zip(low.tolist(), high.tolist(), strict=True)
    ]
