"""One paper to print: which variant, and for whom and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Copy:
    """A sheet for somebody; `variant` 0 means that none is dealt yet, `row` and `seat` count from 1 and are 0 without one.

    `minutes` and `language` are None where they are the exam's; a `large` copy is enlarged; a `spare` one is for nobody.
    """

    variant: int = 0
    name: str = ""
    group: str = ""
    id: str = ""
    row: int = 0
    seat: int = 0
    minutes: int | None = None
    large: bool = False
    language: str | None = None
    spare: bool = False

    @property
    def place(self) -> tuple[int, int]:
        """Row and seat."""
        return self.row, self.seat

    @property
    def seated(self) -> bool:
        return self.row > 0


@dataclass(frozen=True)
class Room:
    """Rows of seats, all of them alike."""

    rows: int
    seats: int

    def __str__(self) -> str:
        return f"{self.rows}x{self.seats}"

    def __contains__(self, place: tuple[int, int]) -> bool:
        return 1 <= place[0] <= self.rows and 1 <= place[1] <= self.seats

    @property
    def size(self) -> int:
        """How many seats it has."""
        return self.rows * self.seats
