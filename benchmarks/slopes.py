"""What one more piece of a batch costs: several things measured at two sizes, in turn with each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks.processes import NotRun

Found = tuple[int, float, int]  # pieces, seconds, bytes


@dataclass(frozen=True)
class Line:
    """What a batch costs: each piece, and once; a piece's bytes."""

    each: float
    once: float
    bytes: float = 0.0


@dataclass(frozen=True)
class Subject:
    """What is measured at two sizes: a count goes in; pieces, seconds and bytes come out."""

    sizes: tuple[int, int]
    measure: Callable[[int], Found]


@dataclass
class Slopes:
    """What was measured by name, or why it was not; of so many rounds the best counts."""

    rounds: int
    lines: dict[str, Line | NotRun] = field(default_factory=dict)

    def measure(self, subjects: Mapping[str, Subject]) -> None:
        """Measures several things, all of them once before any of them again."""
        best: dict[tuple[str, int], Found] = {}
        for _round in range(self.rounds):
            for place in (0, 1):
                for name, subject in subjects.items():
                    if name not in self.lines:
                        self._once_more(name, subject, subject.sizes[place], best)
        for name, subject in subjects.items():
            if name not in self.lines:
                self.lines[name] = line(*(best[name, size] for size in subject.sizes))

    def _once_more(self, name: str, subject: Subject, size: int, best: dict[tuple[str, int], Found]) -> None:
        try:
            found = subject.measure(size)
        except NotRun as reason:
            self.lines[name] = reason
            return
        best[name, size] = min(found, best.get((name, size), found), key=lambda done: done[1])

    def __getitem__(self, name: str) -> Line:
        """What was measured. Raises: NotRun where it was not."""
        found = self.lines[name]
        if isinstance(found, NotRun):
            raise NotRun(f"{name}: {found}")
        return found


def line(small: Found, large: Found) -> Line:
    """The straight line through two sizes."""
    more = large[0] - small[0]
    each = (large[1] - small[1]) / more
    return Line(each, small[1] - each * small[0], (large[2] - small[2]) / more)
