"""A simulated class: what each student does in each task, how it is spelled, and the points that are due for it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import isqrt
from typing import Any

from tests.grading.papers import CLEAR, EQUAL, Box, Cells, Paper, can_be_told, is_clear, worth

HABITS = (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN)
WORKING = 4  # decimals that everybody keeps at least on the way
DEEDS = ("right", "mistake", "mistake", "slip", "two slips", "cell", "skipped", "blank", "rubbish")
RUBBISH = ("не знаю", "?", "x", "12..5", "a = b", "1,2 или 3", "см. на обороте", "1/0", "=", "ln(-1)", "<b>0</b>", "🙂")
ABSENT = Fraction(1, 25)
TRIES = 200


@dataclass(frozen=True)
class Done:
    """What became of one task: the deed, the texts and the points due by label; the numbers meant, and the boxes left blank."""

    paper: Paper
    deed: str
    texts: Mapping[str, str]
    due: Mapping[str, Fraction]
    meant: Mapping[str, Any]
    blank: Sequence[str]

    def due_with(self, reading: str, boxes: Collection[str] | None = None) -> dict[str, Fraction]:
        """The points due where what a mistake leads to is right as well, in all boxes or in some by their labels."""
        found = self.paper.mistakes.get(reading, {})
        label = {box.key: box.label for box in self.paper.boxes}
        accepted = [
            key for key, value in self.meant.items()
            if found.get(key) is not None and same(value, found[key]) and (boxes is None or label[key] in boxes)
            and all(same(self.meant[above], found[above]) for above in self.paper.above(key) if above in self.meant)
        ]
        return points_of(self.paper, worth(self.paper, readable(self.paper, self.meant), self.blank, accepted))

    def is_near(self, reading: str) -> bool:
        """Whether some number is what a mistake leads to but for rounding, so that nobody can tell how it came about."""
        found = self.paper.mistakes.get(reading, {})
        for box in self.paper.boxes:
            value, other = self.meant.get(box.key), found.get(box.key)
            scalar = value is not None and other is not None and _shape(value) == _shape(other) == ()
            if scalar and not box.whole and EQUAL < abs(value - other) <= CLEAR / 10**box.decimals:
                return True
        return False


@dataclass(frozen=True)
class Student:
    """One student with what was done in each task; none for who was absent."""

    id: str
    code: str
    done: tuple[Done, ...]

    @property
    def absent(self) -> bool:
        return not self.done

    @property
    def unmarked(self) -> bool:
        """Absent, or with nothing in the row: then nobody knows."""
        return not any(self.texts.values())

    @property
    def texts(self) -> dict[str, str]:
        return {label: text for done in self.done for label, text in done.texts.items()}

    @property
    def due(self) -> dict[str, Fraction]:
        return {label: points for done in self.done for label, points in done.due.items()}


def points_of(paper: Paper, shares: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """By label."""
    return {box.label: shares[box.key] * box.points for box in paper.boxes}


def same(one: Any, other: Any) -> bool:
    """The same numbers in the same rows; a row alone may be nested or not."""
    return _shape(one) == _shape(other) and all(
        abs(left - right) <= EQUAL for left, right in zip(_flat(one), _flat(other), strict=True)
    )


def readable(paper: Paper, written: Mapping[str, Any]) -> dict[str, Cells]:
    """The boxes in which there are numbers of the kind asked."""
    return _numbers({key: value for key, value in written.items() if _fits(paper, key, value)})


def simulated(papers: Mapping[str, Sequence[Paper]], count: int, seed: int) -> list[Student]:
    """So many students, the variants dealt out in turn."""
    dice, codes, made = random.Random(seed), list(papers), Counter[tuple[str, str]]()
    return [_student(f"s{number:04}", codes[number % len(codes)], papers, dice, made) for number in range(count)]


def _student(
    name: str, code: str, papers: Mapping[str, Sequence[Paper]], dice: random.Random, made: Counter[tuple[str, str]]
) -> Student:
    if dice.random() < ABSENT:
        return Student(name, code, ())
    return Student(name, code, tuple(_done(paper, dice.choice(DEEDS), dice, made) for paper in papers[code]))


def _done(paper: Paper, deed: str, dice: random.Random, made: Counter[tuple[str, str]]) -> Done:
    """One task, tried until no number is another one by the way it is rounded; the rarest mistake `made` so far comes first."""
    for turn in range(TRIES):
        own, left_out, name = _plan(paper, deed, turn, dice, made)
        meant = own if deed == "mistake" else paper.shaped(paper.followed(_numbers(own)))
        written = {key: value for key, value in meant.items() if key not in left_out}
        clear = is_clear(paper, readable(paper, written))
        if clear and (done := _handed_in(paper, name, own, written, left_out, dice)):
            made[name, paper.problem] += 1
            return done
    raise AssertionError(f"{paper.problem}: {deed} leads to no clear numbers")


def _plan(
    paper: Paper, deed: str, turn: int, dice: random.Random, made: Counter[tuple[str, str]]
) -> tuple[dict[str, Any], dict[str, str], str]:
    """The numbers that are the student's own, the boxes with no number and what stands there instead, a name for it all."""
    boxes = paper.boxes
    if deed == "mistake":
        name = sorted(paper.mistakes, key=lambda mistake: made[mistake, paper.problem])[turn % len(paper.mistakes)]
        results = paper.mistakes[name]
        own = {key: value for key, value in results.items() if value is not None}
        return own, {key: "" for key, value in results.items() if value is None}, name
    if deed in ("slip", "two slips"):
        slips = dice.sample(boxes, 1 + (deed == "two slips"))
        return {box.key: _slip(paper.truth[box.key], box, dice) for box in slips}, {}, deed
    if deed == "cell" and (arrays := [box for box in boxes if box.shape]):
        box = dice.choice(arrays)
        cells, place = list(paper.truth[box.key]), dice.randrange(len(paper.truth[box.key]))
        cells[place] += dice.choice((-7, -3, -1, 1, 2, 5))
        return {box.key: tuple(cells)}, {}, deed
    if deed in ("skipped", "rubbish"):
        some = dice.sample(boxes, dice.randint(1, len(boxes)))
        return {}, {box.key: "" if deed == "skipped" else dice.choice(RUBBISH) for box in some}, deed
    return {}, {box.key: "" for box in boxes} if deed == "blank" else {}, deed


def _slip(cells: Cells, box: Box, dice: random.Random) -> Cells:
    """Every number moved by so much that nobody takes it for a rounded one; with decimals as many as were written."""
    if box.whole:
        return tuple(cell + dice.choice((-3, -2, 2, 4)) for cell in cells)
    moves = (-cell if cell else 1 for cell in cells) if box.key == "z" and dice.random() < 0.3 else None
    moved = moves or (cell + dice.choice((-1, 1)) * dice.uniform(0.15, 0.6) for cell in cells)
    places = dice.randint(box.decimals, WORKING)
    return tuple(round(cell, places) for cell in moved)


def _fits(paper: Paper, key: str, value: Any) -> bool:
    """Whether there is one number, or a square of them, where that is asked."""
    box = next(box for box in paper.boxes if box.key == key)
    count = len(_flat(value))
    return (len(_shape(value)) == 2 and count == isqrt(count) ** 2 > 1) if box.shape else count == 1


def _shape(value: Any) -> tuple[int, ...]:
    return (len(value), *_shape(value[0])) if isinstance(value, tuple) else ()


def _flat(value: Any) -> tuple[float, ...]:
    return tuple(cell for part in value for cell in _flat(part)) if isinstance(value, tuple) else (float(value),)


def _numbers(own: Mapping[str, Any]) -> dict[str, Cells]:
    return {key: _flat(value) for key, value in own.items()}


def _handed_in(
    paper: Paper, deed: str, own: Mapping[str, Any], written: Mapping[str, Any], left_out: Mapping[str, str],
    dice: random.Random,
) -> Done | None:
    """What the student writes, and what is due for it; none where nobody can tell with which numbers the student went on."""
    habit, found = dice.choice(HABITS), readable(paper, written)

    def kept(key: str, cells: Cells) -> Cells:
        return tuple(float(_rounded(cell, WORKING + dice.choice((0, 2, 8)), habit)) for cell in cells)

    worked = paper.followed({key: cells for key, cells in found.items() if key in own}, kept)
    texts, shown = dict[str, str](), dict[str, Cells]()
    for box in paper.boxes:
        numbers = worked[box.key] if box.key in found and box.key not in own else written.get(box.key, ())
        texts[box.label], shown[box.key] = spelled(numbers, box, habit, dice) if box.key in written else ("", ())
        texts[box.label] = left_out.get(box.key) or texts[box.label]
    if not can_be_told(paper, found, shown):
        return None
    blank = [key for key, text in left_out.items() if not text]
    return Done(paper, deed, texts, points_of(paper, worth(paper, found, blank)), written, blank)


def _rounded(number: float, places: int, habit: str) -> Decimal:
    # what float64 has lost is given back first: 0.1 + 0.2 is 0.3
    return Decimal(f"{number:.12f}").quantize(Decimal(1).scaleb(-places), habit)


def spelled(value: Any, box: Box, habit: str, dice: random.Random) -> tuple[str, Cells]:
    """A box as people fill it in: decimal marks and minus signs of all kinds, fractions, names in front, rows in many ways.

    With the numbers that stand there.
    """
    comma, minus = dice.random() < 0.5, dice.choice(("-", "-", "−", "–"))
    if not box.shape and _shape(value) in ((), (1,)):
        text, shown = _number(_flat(value)[0], box, habit, dice)
        cells: Cells = (shown,)
    else:
        text = _rows(value if len(_shape(value)) > 1 else _folded(_flat(value), box.shape), comma, dice)
        cells = _flat(value)
    text = text.replace(".", ",") if comma else text
    text = text.replace("-", minus) if "E" not in text else text
    return f"{dice.choice(('L = ', 'x=', '= ', 'f ≈ '))}{text}" if dice.random() < 0.1 else text, cells


def _number(number: float, box: Box, habit: str, dice: random.Random) -> tuple[str, float]:
    """A number as text, and the number that this states."""
    exact = Fraction(number).limit_denominator(60)
    way = dice.random()
    if exact.denominator > 1 and abs(exact - number) < 1e-12 and way < 0.3:
        return _fraction(exact, dice), number
    if box.whole:  # a fraction where a whole number is asked stays one
        return (f"{number:.0f}" if number.is_integer() else f"{number:.2f}"), number
    if way > 0.95:
        percent = _rounded(number * 100, box.decimals, habit)
        return f"{percent} %", float(percent) / 100
    found = _rounded(number, box.decimals + dice.choice((0, 0, 0, 1, 2)), habit)
    if way > 0.9:
        return f"{found.scaleb(1)}E-1", float(found)
    exactly = float(found) == number and "." in str(found) and dice.random() < 0.2
    return str(found).rstrip("0").rstrip(".") if exactly else str(found), float(found)


def _fraction(exact: Fraction, dice: random.Random) -> str:
    whole, rest = divmod(abs(exact.numerator), exact.denominator)
    sign = "-" if exact < 0 else ""
    if whole and dice.random() < 0.3:
        return f"{sign}{whole} {rest}/{exact.denominator}"
    chain = f" = {float(exact):.3f}" if dice.random() < 0.3 else ""
    return f"{exact.numerator}/{exact.denominator}{chain}"


def _folded(cells: Cells, shape: tuple[int, ...]) -> tuple[Cells, ...]:
    wide = shape[-1] if shape else len(cells)
    return tuple(cells[i : i + wide] for i in range(0, len(cells), wide))


def _rows(rows: Any, comma: bool, dice: random.Random) -> str:
    while len(_shape(rows)) > 2:  # a single channel
        (rows,) = rows
    texts = [[f"{float(cell):g}" if float(cell).is_integer() else f"{float(cell):.2f}" for cell in row] for row in rows]
    way = dice.choice(("plain", "lines", "brackets") if comma else ("plain", "lines", "brackets", "commas"))
    if way == "brackets":
        sign = "; " if comma else ", "
        return "[" + ", ".join(f"[{sign.join(row)}]" for row in texts) + "]"
    cell, row = {"plain": (" ", "; "), "lines": (" ", "\n"), "commas": (", ", "; ")}[way]
    return row.join(cell.join(texts_of) for texts_of in texts)
