"""An answer strip recomputed from a student's own numbers, for a marker with a pen in hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from examgen.answers import rounded
from examgen.errors import InputError
from examgen.keyfile import Key, KeyBox, KeyTask
from examgen.marking._answers import by_label
from examgen.marking._following import Carried, Expected, Follower, interval, middle
from examgen.marking._reading import read_box
from examgen.marking._task import SIZE, size_of
from examgen.model import Exact, cells, each, nest, shape

DIGITS = 25  # that are right of what is worked out in intervals: rounding looks at no more


@dataclass(frozen=True)
class StripRow:
    """One box: the right number or numbers, and what follows from the student's own; both rounded for print.

    `own` says that the student's number stands here; `follows` is None where nothing comes out with it. `options` are what
    the choices are called, where the box is one.
    """

    task: int
    label: str
    right: Exact
    follows: Exact | None
    decimals: int
    own: bool
    options: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Whether something else than the right answer follows."""
        return bool(self.follows != self.right)


def follow(key: Key, variant: str, own: Mapping[str, str]) -> tuple[StripRow, ...]:
    """The strips of the tasks in which a student's own numbers stand, given by label as the student wrote them.

    Raises: InputError for an unknown variant or box, or a number that cannot be read or fits no box.
    """
    chosen = key[variant]
    told, unknown = by_label(own, chosen, key.language)
    if unknown:
        labels = ", ".join(box.label for box in chosen.boxes)
        raise InputError(f"variant {chosen.code} has no box {unknown[0]!r}: boxes are {labels}")
    rows = (row for task in chosen.tasks if any(box.label in told for box in task.boxes) for row in _task(task, told))
    return tuple(rows)


def right_values(key: Key, variant: str) -> dict[str, Exact]:
    """The right number or numbers of every box of a variant by its label, rounded for print. Raises: InputError."""
    return {row.label: row.right for task in key[variant].tasks for row in _task(task, {})}


def _task(task: KeyTask, told: Mapping[str, str]) -> Iterator[StripRow]:
    own = {place: _read(box, told[box.label]) for place, box in enumerate(task.boxes) if box.label in told}
    carried: Carried = {place: tuple(interval(cell) for cell in cells(value)) for place, value in own.items()}
    follower = Follower(task)
    sound = follower.expected({}, exact=True)
    for place, box in enumerate(task.boxes):
        above = {other: carried[other] for other in follower.order if other in carried and other in follower.above[place]}
        found = follower.expected(above, exact=True)
        follows = _number(box, found[0][place]) if found else None
        right = _number(box, sound[0][place]) if sound else each(box.value, Fraction)
        yield StripRow(task.number, box.label, right, own.get(place, follows), box.decimals, place in own, box.options)


def _read(box: KeyBox, text: str) -> Exact:
    try:
        value = read_box(text, box).value
    except InputError as error:
        raise InputError(f"{box.label}: {error}") from None
    if shape(value) != box.shape:
        size = SIZE.removesuffix(".") % {"found": size_of(shape(value)), "asked": size_of(box.shape)}
        raise InputError(f"{box.label}: {size[0].lower()}{size[1:]}: what follows cannot be worked out")
    return value


def _number(box: KeyBox, found: Expected) -> Exact:
    """Rounded for print, digits beyond those that are certain set aside first."""
    exact = [Fraction(round(middle(cell) * 10**DIGITS), 10**DIGITS) for cell in found]
    return rounded(nest(exact, box.shape), box.decimals or 2)
