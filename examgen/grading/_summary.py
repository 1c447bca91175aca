"""What a class's marks say of the exam: how hard each box was, which mistakes were made, how the points are spread."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from examgen.grading._class import Class
from examgen.grading._data import share
from examgen.marking import BoxMark, Mark, number

BINS = 10  # of the histogram: each a tenth of the points possible, the last with full marks


@dataclass(frozen=True)
class BoxSummary:
    """One box over all students who had it: the mean share of its points, and how many were right, followed and so on."""

    task: int
    problem: str
    label: str
    key: str
    name: str
    students: int
    share: Fraction
    statuses: dict[str, int]


@dataclass(frozen=True)
class MistakeSummary:
    """How many students made a mistake in a task, or one of several that lead to the same, and what to tell them."""

    task: int
    keys: tuple[str, ...]
    says: str
    students: int


@dataclass(frozen=True)
class Summary:
    """The class as a whole; `histogram` counts students by tenths of the points possible."""

    marked: int
    absent: int
    mean: Fraction
    median: Fraction
    most: Fraction
    boxes: tuple[BoxSummary, ...]
    mistakes: tuple[MistakeSummary, ...]
    histogram: tuple[int, ...]
    grades: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "marked": self.marked, "absent": self.absent, "mean": float(self.mean), "median": float(self.median),
            "max": number(self.most),
            "boxes": [{**vars(box), "share": float(box.share)} for box in self.boxes],
            "mistakes": [vars(mistake) for mistake in self.mistakes],
            "histogram": list(self.histogram), "grades": self.grades,
        }


def summary(found: Class) -> Summary:
    """Of everybody who was there."""
    marks = [mark for _, mark in found.present]
    totals = sorted(mark.points for mark in marks)
    middle = len(totals) // 2
    median = (totals[middle] + totals[~middle]) / 2 if totals else Fraction(0)
    mean = sum(totals, Fraction(0)) / len(totals) if totals else Fraction(0)
    most = max((mark.most for mark in marks), default=Fraction(0))
    grades = Counter(one.grade for one, _ in found.present if one.grade)
    absent = sum(one.entry.absent for one in found.students)
    return Summary(
        len(marks), absent, mean, median, most, tuple(_boxes(found, marks)), tuple(_mistakes(found)), tuple(_histogram(marks)),
        dict(sorted(grades.items())),
    )


def _histogram(marks: list[Mark]) -> list[int]:
    bins = Counter(min(BINS - 1, int(share(mark) * BINS)) for mark in marks)
    return [bins[place] for place in range(BINS)]


def _boxes(sat: Class, marks: list[Mark]) -> list[BoxSummary]:
    """In the order of the sheet; where a task's problems take turns, each by itself. Boxes that count for nobody are out."""
    found: dict[tuple[int, str, str, str], list[BoxMark]] = {}
    for mark in marks:
        for task in mark.tasks:
            for place, box in enumerate(task.boxes):
                found.setdefault((task.number, task.problem, f"{place:03}", box.key), []).append(box)
    return [
        BoxSummary(
            task, problem, boxes[0].label, key, sat.names[task, problem, key], len(boxes), _mean(boxes),
            dict(Counter(box.status for box in boxes)),
        )
        for (task, problem, _, key), boxes in sorted(found.items())
    ]


def _mean(boxes: list[BoxMark]) -> Fraction:
    counted = [box.points / box.most for box in boxes if box.most]
    return sum(counted, Fraction(0)) / len(counted) if counted else Fraction(1)


def _mistakes(found: Class) -> list[MistakeSummary]:
    """Most frequent first, each student once; mistakes that lead to the same in somebody's boxes count together."""
    counted: Counter[tuple[int, tuple[str, ...]]] = Counter()
    for _, mark in found.present:
        counted.update({(box.task, box.mistakes) for box in mark.boxes if box.mistakes})
    return [
        MistakeSummary(task, keys, " ".join(dict.fromkeys(found.says[task, key] for key in keys)), students)
        for (task, keys), students in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
