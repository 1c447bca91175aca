"""Feedback slips, four to a page: what one says, as frozen data, and how much of it a quarter of a page holds.

Texts are in the language of the paper, of any length and from anywhere. What is fitted stays within its quarter: print in
smaller letters is tried before sentences are shortened and boxes left out. Sizes of letters are in points, all else in mm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import NamedTuple

from examgen.render.language import say
from examgen.render.measuring import MM, clean, cut, lines, width

NO_BREAK = "\N{NO-BREAK SPACE}"
LEFT_OUT = "Boxes that found no room here: %(count)s."

WIDE, HIGH = 87.0, 130.0  # within a slip's margins
SIZES = (10.0, 9.2, 8.4, 7.6)  # of the letters of remarks, the first that fits
LEADING = 1.28  # from line to line, times the size
GAP = 0.9  # below a paragraph
LINES, LABEL_LINES, OTHER_LINES = 6, 2, 3  # at most: of a remark, of its labels, of another paragraph
NOTES = 2
COLUMNS, SPACE = 5, 3.0  # of points by task


class Letters(NamedTuple):
    """A part of a slip's head: the size of its letters, the height of its lines, and how many there may be."""

    size: float
    line: float
    most: int = 1


TITLE, NAME, FACTS = Letters(8, 3.6, 2), Letters(13, 5.6, 2), Letters(8.5, 4, 2)
TOTAL, BEFORE, GRADE = Letters(13, 6), Letters(8.5, 6), Letters(11, 6)
TASK, WORTH = Letters(7.5, 3.4), Letters(9.5, 4.6)
RULES = 9.0  # lines and white between the parts of a head


@dataclass(frozen=True)
class Remark:
    """What is to be said of `count` boxes: their labels, the points they are worth together, and why."""

    labels: str
    points: str
    says: str
    count: int = 1

    @property
    def apart(self) -> bool:
        """Whether so many labels stand on lines of their own; a few stand on the sentence's first line, in one piece."""
        return width(self.labels, SIZES[0]) > WIDE / 2

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The texts that begin on a new line."""
        points = _whole(f"({self.points})") + " " if self.points else ""
        return (self.labels, points + self.says) if self.apart else (_whole(f"{self.labels} ") + points + self.says,)


def _whole(text: str) -> str:
    """Not to be broken: the setter of lines breaks inside an emphasis where a break behind it would do."""
    return text.replace(" ", NO_BREAK)


@dataclass(frozen=True)
class Slip:
    """What one student is told.

    `facts` are the group, the variant and the like, `total` and `before` points with what they are, `tasks` the name and
    the points of each, `right` the sentence on boxes that need no remark.
    """

    name: str
    facts: str
    total: str
    tasks: tuple[tuple[str, str], ...]
    remarks: tuple[Remark, ...] = ()
    right: str = ""
    grade: str = ""
    before: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fitted:
    """A slip as it is printed: so much of it as there is room for, `size` of its letters, `left` the sentence on the rest.

    `columns` is how many tasks stand side by side, `apart` whether the grade has a line of its own.
    """

    title: str
    slip: Slip
    size: float
    columns: int
    apart: bool
    left: str = ""


def fitted(title: str, slip: Slip, language: str) -> Fitted:
    """Under this title, within a quarter of a page."""
    headed = _headed(slip)
    told = Fitted(cut(clean(title), TITLE.size, WIDE, TITLE.most), headed, SIZES[0], _columns(headed), _apart(headed))
    room = HIGH - _head(told)
    for size in SIZES:
        if sum(_heights(headed, size)) <= room:
            return replace(told, size=size)
    return _shortened(replace(told, size=SIZES[-1]), room, language)


def _headed(slip: Slip) -> Slip:
    """With a head that fits, and nothing in it that harms others."""
    return replace(
        slip,
        name=_line(slip.name, NAME), facts=_line(slip.facts, FACTS), grade=_line(slip.grade, GRADE),
        right=clean(slip.right), notes=tuple(map(clean, slip.notes)),
        remarks=tuple(replace(remark, says=clean(remark.says)) for remark in slip.remarks),
    )  # fmt: skip


def _line(text: str, letters: Letters) -> str:
    return cut(clean(text), letters.size, WIDE, letters.most)


def _columns(slip: Slip) -> int:
    """How many tasks stand side by side."""
    widest = max((max(width(name, TASK.size), width(worth, WORTH.size)) for name, worth in slip.tasks), default=0.0)
    return max(1, min(COLUMNS, int(WIDE / (widest + SPACE))))


def _apart(slip: Slip) -> bool:
    parts = (width(slip.total, TOTAL.size), width(slip.before, BEFORE.size), width(slip.grade, GRADE.size))
    return bool(slip.grade) and sum(parts) + 2 * SPACE > WIDE


def _head(told: Fitted) -> float:
    """The height of all above the remarks."""
    slip, rows = told.slip, -(-len(told.slip.tasks) // told.columns)
    texts = ((told.title, TITLE), (slip.name, NAME), (slip.facts, FACTS))
    words = sum(lines(text, letters.size, WIDE) * letters.line for text, letters in texts)
    return words + TOTAL.line + told.apart * GRADE.line + rows * (TASK.line + WORTH.line) + RULES


def _heights(slip: Slip, size: float) -> Iterator[float]:
    texts = ((slip.right,), *(remark.paragraphs for remark in slip.remarks), *((note,) for note in slip.notes))
    return (_height(size, *paragraphs) for paragraphs in texts if any(paragraphs))


def _height(size: float, *paragraphs: str) -> float:
    return sum(lines(text, size, WIDE) for text in paragraphs) * size * LEADING * MM + GAP


def _shortened(told: Fitted, room: float, language: str) -> Fitted:
    """As many remarks, in their order, as there is room for, each of a few lines."""
    slip, size = told.slip, told.size
    short = replace(
        slip,
        right=_few(slip.right, size, OTHER_LINES), notes=tuple(_few(note, size, OTHER_LINES) for note in slip.notes[:NOTES]),
        remarks=tuple(_brief(remark, size) for remark in slip.remarks),
    )  # fmt: skip
    if sum(_heights(short, size)) <= room:
        return replace(told, slip=short)
    count = str(sum(remark.count for remark in slip.remarks))
    room -= sum(_heights(replace(short, remarks=()), size)) + _height(size, _left_out(count, language))
    reached = accumulate(_height(size, *remark.paragraphs) for remark in short.remarks)
    kept = sum(height <= room for height in reached)
    rest = sum(remark.count for remark in short.remarks[kept:])
    return replace(told, slip=replace(short, remarks=short.remarks[:kept]), left=_left_out(str(rest), language))


def _left_out(count: str, language: str) -> str:
    return say(language, LEFT_OUT, {"count": count})


def _few(text: str, size: float, most: int) -> str:
    return cut(text, size, WIDE, most)


def _brief(remark: Remark, size: float) -> Remark:
    """A remark of a few lines: the end of the sentence is left out, and of very many labels."""
    headed = replace(remark, labels=_few(remark.labels, size, LABEL_LINES))
    before = len(replace(headed, says="").paragraphs[-1])
    return replace(headed, says=_few(headed.paragraphs[-1], size, LINES)[before:])
