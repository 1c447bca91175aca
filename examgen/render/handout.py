"""The list by which papers are handed out and signed for, as frozen data; it gives no reason for anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class HandoutRow:
    """One paper of the pile: `number` is its place in it, `row` and `seat` are 0 and texts empty where there are none."""

    number: int
    variant: int
    code: str
    row: int = 0
    seat: int = 0
    name: str = ""
    group: str = ""


@dataclass(frozen=True)
class Handout:
    """All papers of the pile; `spares` are for nobody yet, `large` numbers those that lie apart, in large print."""

    rows: Sequence[HandoutRow]
    spares: Sequence[HandoutRow] = ()
    large: Sequence[int] = ()

    def part(self, places: range) -> Handout:
        """The papers at these places of the pile, counted from 0."""
        rows, spares = ([row for row in some if row.number - 1 in places] for some in (self.rows, self.spares))
        return Handout(rows, spares, [number for number in self.large if number - 1 in places])

    @property
    def seated(self) -> bool:
        """Whether anybody has a seat."""
        return any(row.row for row in self.rows)

    @property
    def grouped(self) -> bool:
        """Whether anybody has a group."""
        return any(row.group for row in self.rows)
