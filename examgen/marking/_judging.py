"""One box beside what is accepted in it: which numbers are wrong, what that is worth, and which known mistakes it shows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from examgen.honesty import SCALE, Interval
from examgen.keyfile import KeyBox, KeyTask, KnownMistake, Rules
from examgen.marking._following import Expected, interval, middle
from examgen.model import cells, shape
from examgen.written import Written

Ends = Sequence[tuple[Fraction, Fraction]]  # of every cell, flat
WHOLE = Fraction(1, 10**9)  # a double nearer to a whole number than this is that number
FRACTION = Fraction(1, 100)  # to how much a fraction is written where a whole number is asked
HALF = Fraction(1, 2)
FURTHEST = 20  # units of the last decimal: what rounding on the way leads further away is nobody's honest result


@dataclass
class Answer:
    """One box while its task is marked: what was written, and what has become of it so far.

    `share` is that of the box's points; `wrong` are the numbers, counted flat, that are not accepted.
    """

    box: KeyBox
    text: str
    written: Written | None = None
    status: str = "blank"
    share: Fraction = Fraction(0)
    says: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    wrong: tuple[int, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of what was written."""
        assert self.written is not None
        return shape(self.written.value)

    @property
    def fits(self) -> bool:
        """Whether there is a number for every one asked."""
        return self.written is not None and self.shape == self.box.shape

    def carried(self, *, exact: bool = False) -> Expected:
        """Where the numbers lie with which the student went on from here: a written decimal hides what was rounded or cut off.

        `exact`: they are what was written.
        """
        assert self.written is not None
        pairs = zip(cells(self.written.value), cells(self.written.places), strict=True)
        return tuple(interval(cell) if exact else self._behind(cell, places) for cell, places in pairs)

    def _behind(self, cell: Fraction, places: int | None) -> Interval:
        """From half a unit nearer to 0, if it was rounded up, to a whole one further away, if it was cut off."""
        if places is None or (self.box.whole and cell.denominator == 1):
            return interval(cell)
        unit = Fraction(1, 10 ** max(places, self.box.decimals))
        below, above = (unit / 2, unit) if cell > 0 else (unit, unit / 2) if cell < 0 else (unit, unit)
        return interval(cell, below, above)

    def misses(self, ends: Ends) -> tuple[int, ...]:
        """The numbers that lie outside."""
        assert self.written is not None
        pairs = enumerate(zip(cells(self.written.value), ends, strict=True))
        return tuple(place for place, (cell, (low, high)) in pairs if not low <= cell <= high)

    def shows(self, dims: tuple[int, ...], ends: Ends) -> bool:
        """Whether the student wrote just these numbers, of that shape."""
        return self.long_as(dims) and not self.misses(ends)

    def long_as(self, dims: tuple[int, ...]) -> bool:
        """Whether as many numbers were written, along the same axes; axes of length 1 may be left out."""
        return self.written is not None and _long(shape(self.written.value)) == _long(dims)


def _long(dims: Sequence[int]) -> list[int]:
    """A shape without the axes that may be left out."""
    return [length for length in dims if length != 1]


def share(wrong: int, count: int, rules: Rules) -> Fraction:
    """What a box is worth with so many of its numbers wrong, as a share of its points."""
    if not wrong or rules.cells == "each":
        return Fraction(count - wrong, count)
    return HALF if wrong == 1 and count > 1 and rules.cells == "half" else Fraction(0)


def followed(box: KeyBox, expected: Expected) -> Ends:
    """What is accepted where this follows from a student's own numbers: as far as rounding can lead, give or take a unit."""
    return [_near(found, box) for found in expected]


def _near(found: Interval, box: KeyBox) -> tuple[Fraction, Fraction]:
    low, high, near = Fraction(found[0], SCALE), Fraction(found[1], SCALE), Fraction(round(middle(found)))
    if box.whole and max(high - near, near - low) < WHOLE:
        return near, near
    slack = FRACTION if box.whole else box.unit
    return low - slack, high + slack


def within(ends: Ends, reached: Sequence[Expected], box: KeyBox) -> Ends:
    """The same, no further than `FURTHEST` from what comes out where nobody rounds on the way.

    `reached` has that for several ways: of those that a way may agree with, the one counts that loses the fewest digits.
    """
    return [_capped(pair, [found[place] for found in reached], box) for place, pair in enumerate(ends)]


def _capped(ends: tuple[Fraction, Fraction], reached: Sequence[Interval], box: KeyBox) -> tuple[Fraction, Fraction]:
    found = [(Fraction(low, SCALE), Fraction(high, SCALE)) for low, high in reached]
    low, high = min((pair for pair in found if pair[0] <= ends[1] and ends[0] <= pair[1]), key=_width, default=ends)
    furthest = FURTHEST * (FRACTION if box.whole else box.unit)
    return max(ends[0], low - furthest), min(ends[1], high + furthest)


def _width(pair: tuple[Fraction, Fraction]) -> Fraction:
    return pair[1] - pair[0]


def certain(found: Expected, box: KeyBox) -> bool:
    """Whether an exact number is known to the decimals asked, whatever digits were lost on the way."""
    return all(high - low < box.unit * SCALE for low, high in found)


def around(result: Any, box: KeyBox) -> tuple[tuple[int, ...], Ends]:
    """The shape of a result, and what honest rounding makes of it: as much as is accepted in the box, a unit at least."""
    wide = [
        (Fraction(value) - low, high - Fraction(value))
        for value, (low, high) in zip(cells(box.value), box.accept, strict=True)
    ]
    least = FRACTION if box.whole else box.unit
    down, up = max([least, *(low for low, _ in wide)]), max([least, *(high for _, high in wide)])
    return shape(result), [_rounded(Fraction(cell), box, down, up) for cell in cells(result)]


def _rounded(cell: Fraction, box: KeyBox, down: Fraction, up: Fraction) -> tuple[Fraction, Fraction]:
    near = Fraction(round(cell))
    if box.whole and abs(cell - near) < WHOLE:
        return near, near
    return cell - down, cell + up


def name_mistakes(task: KeyTask, answers: Sequence[Answer], above: Sequence[Collection[int]]) -> None:
    """Names in every wrong box the known mistake that leads to what stands there: the one that explains most of the task.

    Who made it shows it already in the boxes `above` that it leads astray, if anything is written there.
    """
    written = {place for place, answer in enumerate(answers) if answer.written is not None}
    wrong = [place for place in written if answers[place].status in ("wrong", "partial")]
    if not wrong:
        return
    led = [(mistake, {place for place in written if _leads_to(mistake, answers[place])}) for mistake in task.mistakes]
    ranked = [(_rank(mistake, shown, [answers[place] for place in written]), mistake, shown) for mistake, shown in led if shown]
    for place in wrong:
        answer, before = answers[place], written & set(above[place])
        fitting = [
            (rank, mistake) for rank, mistake, shown in ranked
            if place in shown and not any(answers[other].box.key in mistake.results for other in before - shown)
        ]
        best = min((rank for rank, _ in fitting), default=None)
        found = [mistake for rank, mistake in fitting if rank == best]
        answer.mistakes = tuple(mistake.key for mistake in found)
        if found and not answer.says:
            answer.says = tuple(dict.fromkeys(mistake.says for mistake in found))


def contradicted(mistake: KnownMistake, before: Sequence[Answer]) -> bool:
    """Whether a mistake leads elsewhere than to what stands in one of these boxes."""
    return any(answer.box.key in mistake.results and not _leads_to(mistake, answer) for answer in before)


def _rank(mistake: KnownMistake, shown: Collection[int], written: Sequence[Answer]) -> tuple[int, int]:
    """Boxes that a mistake explains, most first, then those that speak against it."""
    return -len(shown), sum(answer.box.key in mistake.results for answer in written) - len(shown)


def _leads_to(mistake: KnownMistake, answer: Answer) -> bool:
    result = mistake.results.get(answer.box.key)
    return result is not None and answer.long_as(shape(result)) and answer.shows(*around(result, answer.box))


def coarse(answer: Answer) -> bool:
    """Whether numbers would be right but for the last decimal, which was left out."""
    box = answer.box
    if box.whole or not answer.fits or answer.written is None:
        return False
    flat = zip(cells(answer.written.value), cells(answer.written.places), cells(box.value), box.accept, strict=True)
    return all(low <= cell <= high or _shortened(cell, places, value, box) for cell, places, value, (low, high) in flat)


def _shortened(cell: Fraction, places: int | None, value: float, box: KeyBox) -> bool:
    """One decimal too few, no more: whoever guesses whole numbers is not told that one is near."""
    return places is not None and places == box.decimals - 1 and abs(cell - Fraction(value)) * 10**places < 1


def in_shape(answer: Answer, place: int) -> tuple[int, ...]:
    """Where a number of an array stands, counted from 0 along each axis."""
    found = []
    for length in reversed(answer.box.shape):
        place, at = divmod(place, length)
        found.append(at)
    return tuple(reversed(found))
