"""From a share of the points to a grade."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from examgen.errors import InputError

LOWEST = 2  # grades without names are whole numbers from here up, as in Russia: three limits make 2, 3, 4 and 5


@dataclass(frozen=True)
class Scale:
    """Limits in percent, rising, and the grade from each on; `lowest` below the first."""

    lowest: str
    limits: tuple[tuple[Fraction, str], ...]

    def grade(self, share: Fraction) -> str:
        """The grade of a share of the points; a limit itself belongs to the better grade."""
        return [self.lowest, *(name for limit, name in self.limits if share * 100 >= limit)][-1]


def read_scale(text: str) -> Scale:
    """`50,70,85` for the grades 2, 3, 4, 5, or with names: `fail=0,pass=50`. Raises: InputError."""
    parts = [part.strip() for part in text.split(",")]
    found = [re.fullmatch(r"(?:([^=]{1,20})=)?\s*(\d{1,3}(?:\.\d{1,2})?)", part) for part in parts]
    limits = [Fraction(match[2]) for match in found if match]
    names = [match[1] for match in found if match]
    if len(limits) < len(parts) or limits != sorted(set(limits)) or limits[-1] > 100 or len({*map(bool, names)}) > 1:
        raise InputError(f"--scale {text[:60]}: give rising limits in percent, such as 50,70,85 or fail=0,pass=50")
    if names[0] is None:
        return Scale(str(LOWEST), tuple((limit, str(LOWEST + i)) for i, limit in enumerate(limits, 1)))
    named = [str(name).strip() for name in names]
    if limits[0] != 0 or len(set(named)) < len(named):
        raise InputError(f"--scale {text[:60]}: the first named grade begins at 0, and each name stands once")
    return Scale(named[0], tuple(zip(limits[1:], named[1:], strict=True)))
