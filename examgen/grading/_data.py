"""A class as it is marked: who sat the exam, with which mark, and what is wrong with the table. Plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from examgen.marking import Mark


@dataclass(frozen=True)
class Entry:
    """One row of the table as it was read: answers and points by the label of a box, texts as they stand there.

    `line` is the first line of the row in the file. `status` is empty or `absent`.
    """

    line: int
    student: str
    variant: str
    name: str = ""
    group: str = ""
    status: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    points: Mapping[str, str] = field(default_factory=dict)

    @property
    def absent(self) -> bool:
        return self.status == "absent"

    @property
    def empty(self) -> bool:
        """Whether nothing stands in the row, so that nobody knows whether the student was there."""
        return not (self.absent or self.answers or self.points)


@dataclass(frozen=True)
class Complaint:
    """A row that cannot be marked, or something about it that a person should know."""

    line: int
    says: str


@dataclass(frozen=True)
class Marked:
    """One student with the mark; none for who was absent. `grade` is that of a scale, `before` the mark without corrections."""

    entry: Entry
    mark: Mark | None
    grade: str = ""
    before: Mark | None = None

    @property
    def changed(self) -> bool:
        """Whether corrections changed what the student has: points, or the maximum."""
        if self.mark is None or self.before is None:
            return False
        return (self.mark.points, self.mark.most) != (self.before.points, self.before.most)


def share(mark: Mark) -> Fraction:
    """Points as a share of those possible."""
    return mark.points / mark.most if mark.most else Fraction(1)
