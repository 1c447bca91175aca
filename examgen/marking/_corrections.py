"""What was decided after the exam: further answers that are right, boxes that do not count, points given by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from examgen.keyfile import KeyBox, KeyTask, KeyVariant
from examgen.marking._judging import Ends, around
from examgen.marking._reading import read_box
from examgen.model import cells, shape


@dataclass(frozen=True)
class Accept:
    """A further value, or what a known mistake leads to (another reading of the task), is right in a box of a variant.

    Without a `box` a reading is right in every box of the task; without a `variant` in all variants that have it.
    """

    reason: str
    box: str | None = None
    task: int | None = None
    variant: str | None = None
    value: str | None = None
    reading: str | None = None


@dataclass(frozen=True)
class Cancel:
    """A box that does not count: for nobody (`none`: its points leave the maximum), or for everybody (`full`)."""

    reason: str
    box: str
    variant: str | None = None
    give: Literal["none", "full"] = "none"


@dataclass(frozen=True)
class Given:
    """Points that a person gave to one student for one box."""

    reason: str
    student: str
    box: str
    points: Fraction


@dataclass(frozen=True)
class Corrections:
    """All of them; where two speak of one box, points by hand win over a cancelled box, and that over what is accepted."""

    accepts: tuple[Accept, ...] = ()
    cancels: tuple[Cancel, ...] = ()
    given: tuple[Given, ...] = ()

    def points(self, student: str, label: str) -> Given | None:
        """What a student was given for a box; the last word counts."""
        found = [given for given in self.given if (given.student, given.box) == (student, label)]
        return found[-1] if found else None

    def cancel(self, variant: KeyVariant, label: str) -> Cancel | None:
        """Whether a box does not count in a variant."""
        return next((found for found in self.cancels if found.box == label and _of(found.variant, variant)), None)

    def accepted(self, variant: KeyVariant, task: KeyTask, box: KeyBox) -> Iterator[tuple[Accept, Bounds]]:
        """What else is right in a box of a variant."""
        for accept in self.accepts:
            if _of(accept.variant, variant) and _speaks_of(accept, task, box):
                yield from ((accept, bounds) for bounds in _bounds(accept, task, box))


Bounds = tuple[tuple[int, ...], Ends]  # the shape, and the ends of every cell
NONE = Corrections()


def _of(code: str | None, variant: KeyVariant) -> bool:
    return code is None or code == variant.code


def _speaks_of(accept: Accept, task: KeyTask, box: KeyBox) -> bool:
    return accept.box == box.label or (accept.box is None and accept.task == task.number)


def _bounds(accept: Accept, task: KeyTask, box: KeyBox) -> Iterator[Bounds]:
    if accept.value is not None:
        written = read_box(accept.value, box)
        places = [box.decimals if place is None else place for place in cells(written.places)]
        flat = zip(cells(written.value), places, strict=True)
        yield shape(written.value), tuple(_around(cell, box, Fraction(1, 10**place)) for cell, place in flat)
    for mistake in task.mistakes:
        if mistake.key == accept.reading and mistake.results.get(box.key) is not None:
            yield around(mistake.results[box.key], box)


def _around(cell: Fraction, box: KeyBox, unit: Fraction) -> tuple[Fraction, Fraction]:
    slack = Fraction(0) if box.whole and cell.denominator == 1 else max(unit, box.unit)
    return cell - slack, cell + slack
