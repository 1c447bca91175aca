"""What each student of a class is told on a feedback slip: points, and why a box is not simply right; no right value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby

from examgen.grading._data import Marked
from examgen.marking import BoxMark, Mark, TaskMark
from examgen.render.language import say
from examgen.render.notation import num
from examgen.render.paper import Head
from examgen.render.slips import Remark, Slip

POINTS = "%(points)s of %(most)s"
TOTAL = "Points: %(points)s"
BEFORE = "before: %(points)s"
GRADE = "Grade: %(grade)s"
GROUP = "Group %(group)s"
VARIANT = "Variant %(code)s"
TASK = "Task %(number)s"
RIGHT = "Right: %(labels)s."
ALL_RIGHT = "All boxes are right."
IN_ROW = "Wrong in their order: %(cells)s."
IN_MATRIX = "Wrong in row, column: %(cells)s."
IN_MATRICES = "Wrong in matrix, row, column: %(cells)s."

RUN = 4  # labels that follow each other are written 1a–1d from so many on
TASKS = 12  # whose points are told one by one; the rest is told together
CELLS = 6  # wrong numbers whose places are told


def slips(marked: Sequence[Marked], title: str, language: str) -> str:
    """The document with a slip for each student who has a mark, in their order."""
    from examgen.render.html import slips_html  # templates are loaded for paper alone

    head = Head(title=title, language=language)
    there = [(one, one.mark) for one in marked if one.mark is not None]
    names = Counter(one.entry.name for one, _ in there)
    made = [_Writer(head).slip(one, mark, alone=names[one.entry.name] < 2) for one, mark in there]
    return slips_html(head, made)


class _Writer:
    """Puts marks into words of one language."""

    def __init__(self, head: Head) -> None:
        self.language, self.comma = head.language, head.decimal_comma

    def slip(self, one: Marked, mark: Mark, *, alone: bool) -> Slip:
        """One student's; `alone` unless another student has the same name: then the id tells them apart."""
        entry, names = one.entry, _names(mark)
        simply = [box.label for box in mark.boxes if _simply_right(box)]
        return Slip(
            name=entry.name or entry.student,
            facts=" · ".join(self._facts(one, mark, alone)),
            total=self._say(TOTAL, points=self._points(mark)),
            tasks=tuple(self._tasks(mark.tasks)),
            remarks=tuple(self._remarks(mark, names)),
            right=self._right(simply, names),
            grade=self._say(GRADE, grade=one.grade) if one.grade else "",
            before=self._say(BEFORE, points=self._points(one.before)) if one.before and one.changed else "",
            notes=mark.notes,
        )

    def _facts(self, one: Marked, mark: Mark, alone: bool) -> Iterator[str]:
        """The variant first: of what is too long the end is cut off."""
        yield self._say(VARIANT, code=mark.variant)
        if one.entry.group:
            yield self._say(GROUP, group=one.entry.group)
        if one.entry.name and not alone:
            yield one.entry.student

    def _tasks(self, tasks: Sequence[TaskMark]) -> Iterator[tuple[str, str]]:
        """The name and the points of each task; of very many the last ones together."""
        alone = len(tasks) if len(tasks) <= TASKS else TASKS - 1
        for group in (*((task,) for task in tasks[:alone]), tuple(tasks[alone:])):
            if group:
                numbers = str(group[0].number) if len(group) == 1 else f"{group[0].number}–{group[-1].number}"
                yield self._say(TASK, number=numbers), self._points(*group)

    def _right(self, simply: Sequence[str], names: Mapping[str, int]) -> str:
        if len(simply) == len(names):
            return self._say(ALL_RIGHT)
        return self._say(RIGHT, labels=_joined(simply, names)) if simply else ""

    def _remarks(self, mark: Mark, names: Mapping[str, int]) -> Iterator[Remark]:
        """Boxes of which the same is to be said are told together, if they got the same share of their points."""
        alike: dict[tuple[str, Fraction | None], list[BoxMark]] = {}
        for box in mark.boxes:
            if not _simply_right(box):
                says = " ".join((*box.says, *self._places(box)))
                alike.setdefault((says, box.points / box.most if box.most else None), []).append(box)
        for (says, _), boxes in alike.items():
            points = self._points(*boxes) if any(box.most for box in boxes) else ""
            yield Remark(_joined([box.label for box in boxes], names), points, says, len(boxes))

    def _places(self, box: BoxMark) -> Iterator[str]:
        """Where wrong numbers stand, counted from 1, unless a sentence says so or it is all of them."""
        told = len(box.cells) == 1 and len(box.cells[0]) == 2
        if box.status in ("wrong", "partial") and 0 < len(box.cells) <= CELLS and not told and not _is_block(box.cells):
            message = {1: IN_ROW, 2: IN_MATRIX}.get(len(box.cells[0]), IN_MATRICES)
            yield self._say(message, cells=", ".join(map(_place, box.cells)))

    def _points(self, *parts: Mark | TaskMark | BoxMark) -> str:
        """Points together, of the most there are."""
        points, most = sum(part.points for part in parts), sum(part.most for part in parts)
        return self._say(POINTS, points=self._number(Fraction(points)), most=self._number(Fraction(most)))

    def _number(self, points: Fraction) -> str:
        text = num(points, self.comma)
        return num(round(points, 2), self.comma) if "/" in text else text

    def _say(self, message: str, **values: str) -> str:
        return say(self.language, message, values)


def _simply_right(box: BoxMark) -> bool:
    return box.status == "right" and not box.says


def _names(mark: Mark) -> dict[str, int]:
    """The labels with numbers that are next to each other where two boxes of a task are."""
    return {box.label: place + box.task for place, box in enumerate(mark.boxes)}


def _joined(labels: Iterable[str], names: Mapping[str, int]) -> str:
    """Labels in the order of the sheet, many in a row as the first and the last."""
    pairs = enumerate(labels)
    runs = ([label for _, label in run] for _, run in groupby(pairs, key=lambda pair: names[pair[1]] - pair[0]))
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) >= RUN else ", ".join(run) for run in runs)


def _is_block(cells: Sequence[tuple[int, ...]]) -> bool:
    """Whether these may be all numbers of an array: of several rows and columns all that come before the last."""
    sizes = [max(axis) + 1 for axis in zip(*cells, strict=True)]
    count = 1
    for size in sizes:
        count *= size
    return len(sizes) > 1 and min(sizes) > 1 and count == len(cells)


def _place(cell: tuple[int, ...]) -> str:
    """3 in a row of numbers, (1, 2) in a matrix, (2.1, 1, 2) in one of several."""
    *before, row, column = [0, *(at + 1 for at in cell)] if len(cell) == 1 else [at + 1 for at in cell]
    if len(cell) == 1:
        return str(column)
    return f"({', '.join([*filter(None, ['.'.join(map(str, before))]), str(row), str(column)])})"
