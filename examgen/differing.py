"""What variants must not have in common: the numbers of a task, an array on the way, the first box, the final answers.

Variants come one after another, and each looks back on those before it, so that the first of a long exam are those of a
short one. Compared are numbers as they are printed, and arrays on the way cell by cell.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from examgen.answers import decimals_of
from examgen.effort import GRID, Numbers, Work
from examgen.model import cells

PATIENCE = 16  # candidates that a rule may refuse for one variant before it has no room left and looks back half as far
LAST_PATIENCE = 400  # of the rule on the variant beside
ENDLESS = 10**9
DATA, FIRST, FINAL, ANSWERS, NEIGHBOUR = "numbers", "first box", "final answer", "answers as a whole", "final answer beside"

Printed = tuple[int, ...]


@dataclass(frozen=True)
class Marks:
    """What a task of a variant is known by: rule -> what no other variant should have; its answers, box by box."""

    rules: Mapping[str, Hashable]
    answers: tuple[Printed, ...]
    final: Printed


def marks_of(work: Work, numbers: Numbers, data: Mapping[str, Any], decimals: int) -> Marks:
    """The marks of an instance whose numbers are worked out."""
    asked = [decimals_of(work.graph, ask, decimals) for ask in work.asks]
    boxes = [
        tuple(printed(numbers[name][cell], places) for name, cell in box)
        for box, places in zip(work.boxes, asked, strict=True)
    ]
    return marks(work, numbers, data, boxes)


def marks(work: Work, numbers: Numbers, data: Mapping[str, Any], boxes: list[Printed]) -> Marks:
    """The same where the boxes are known as they are printed."""
    values = [box for ask, box in zip(work.asks, boxes, strict=True) if not ask.gradient]
    final = (values or boxes)[-1]
    given = tuple((name, tuple(cells(data[name]))) for name in sorted(data))
    arrays = {f"array {name}": tuple(numbers[name]) for name in work.arrays}
    asked = {DATA: (work.graph, given), FIRST: boxes[0], FINAL: final, ANSWERS: tuple(boxes)}
    return Marks({**asked, **arrays}, tuple(boxes), final)


def printed(number: float, decimals: int) -> int:
    """A number of the grid rounded half-up, in units of the grid."""
    unit: int = 10 ** (GRID - decimals)
    size: int = (abs(round(number * 10**GRID)) + unit // 2) // unit * unit
    return size if number >= 0 else -size


@dataclass
class Seen:
    """The marks of all that came before, of one problem type.

    A rule looks back on everything, as far as the parameters have the room: where it refuses too many candidates for one
    variant it looks back half as far from then on. The numbers themselves never repeat, and the final answer beside only
    where there is hardly another.
    """

    count: int = 0
    reach: dict[str, int] = field(default_factory=dict)  # rule -> how far it looks back, where that is not endless
    last: dict[tuple[str, Hashable], int] = field(default_factory=dict)
    patience: dict[str, int] = field(default_factory=dict)

    def add(self, marks: Marks) -> None:
        """Takes note of a variant that is kept."""
        for rule, mark in marks.rules.items():
            self.last[rule, mark] = self.count
        self.count += 1
        self.patience.clear()

    def repeated(self, marks: Marks, neighbour: Printed | None = None) -> str | None:
        """The first rule that a candidate breaks; `neighbour` is the final answer of the same task in the variant before."""
        return next(self._repeated(marks, neighbour), None)

    def _repeated(self, marks: Marks, neighbour: Printed | None) -> Iterator[str]:
        if marks.final == neighbour and self._holds(NEIGHBOUR, 1):
            yield NEIGHBOUR
        for rule, mark in marks.rules.items():
            before = self.last.get((rule, mark))
            if before is not None and self._holds(rule, self.count - before):
                yield rule

    def _holds(self, rule: str, distance: int) -> bool:
        """Whether a rule looks back so far, once its patience is tried."""
        reach = self.reach.get(rule, ENDLESS)
        if distance > reach or rule == DATA:
            return distance <= reach
        self.patience[rule] = self.patience.get(rule, 0) + 1
        if self.patience[rule] >= (LAST_PATIENCE if rule == NEIGHBOUR else PATIENCE):
            self.reach[rule] = 0 if rule == NEIGHBOUR else min(reach, self.count) // 2
            self.patience[rule] = 0
        return True
