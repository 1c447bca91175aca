"""A class's marks as tables that spreadsheets and Moodle open, as JSON, and an empty table of points for markers of paper."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from examgen.grading._class import Class
from examgen.grading._data import Complaint, Marked, share
from examgen.grading._summary import summary
from examgen.keyfile import Key
from examgen.marking import BoxMark, Mark
from examgen.marking import number as plain
from examgen.render.language import decimal_mark
from examgen.spreadsheets import harmless, written

PLACES = 4  # decimals of points, at most


class _Writer:
    """Rows for a spreadsheet of the exam's language: where decimals have a comma, semicolons part the cells."""

    def __init__(self, language: str) -> None:
        self.comma = decimal_mark(language) == ","
        self.rows: list[list[str]] = []

    def row(self, cells: Iterable[Any]) -> None:
        self.rows.append([self._cell(cell) for cell in cells])

    def _cell(self, cell: Any) -> str:
        return self.number(Fraction(cell)) if isinstance(cell, (int, Fraction)) else harmless(str(cell))

    def number(self, points: Fraction) -> str:
        """Points with the decimal mark that the spreadsheet expects."""
        return shown(points).replace(".", ",") if self.comma else shown(points)

    def bytes(self) -> bytes:
        """The rows as a file."""
        return written(self.rows, ";" if self.comma else ",")


def shown(points: Fraction) -> str:
    """Points with as many decimals as they need."""
    return f"{float(round(points, PLACES)):.{PLACES}f}".rstrip("0").rstrip(".")


def marks_csv(found: Class) -> bytes:
    """A row per student: points, per task and per box, and reasons. Boxes have their maximum in the head.

    Such a table can be given to `grade` again: its points then count as given by hand.
    """
    writer = _Writer(found.language)
    tasks = sorted({task.number for _, mark in found.present for task in mark.tasks})
    boxes = _heads([{box.label: box.most for box in mark.boxes} for _, mark in found.present], writer.number)
    graded = any(one.grade for one in found.students)
    corrected = any(one.before is not None for one in found.students)
    extra = ["grade"] * graded + ["points before"] * corrected
    head = ["id", "name", "group", "variant", "status", "points", "max", "percent", *extra]
    writer.row([*head, *(f"task {task}" for task in tasks), *boxes.values(), "reasons"])
    for one in found.students:
        writer.row(_row(one, tasks, list(boxes), graded, corrected))
    return writer.bytes()


def _row(one: Marked, tasks: Sequence[int], labels: Sequence[str], graded: bool, corrected: bool) -> Iterator[Any]:
    entry, mark = one.entry, one.mark
    yield from (entry.student, entry.name, entry.group, entry.variant, entry.status)
    if mark is None:
        yield from [""] * (3 + graded + corrected + len(tasks) + len(labels) + 1)
        return
    yield from (mark.points, mark.most, Fraction(round(share(mark) * 100, 1)))
    yield from [one.grade] * graded
    yield from [one.before.points if one.before else ""] * corrected
    totals = {task.number: task.points for task in mark.tasks}
    points = {box.label: box.points for box in mark.boxes}
    yield from (totals.get(task, "") for task in tasks)
    yield from (points.get(label, "") for label in labels)
    yield " | ".join(reasons(mark))


def reasons(mark: Mark) -> Iterator[str]:
    """Why boxes are not simply right, and what the marker noticed."""
    told: dict[str, list[str]] = {}
    for box in _told(mark):
        told.setdefault(" ".join(box.says) or box.status, []).append(box.label)
    yield from (f"{', '.join(labels)}: {says}" for says, labels in told.items())
    yield from mark.notes


def _told(mark: Mark) -> Iterator[BoxMark]:
    return (box for box in mark.boxes if box.status != "right" or box.says)


def _heads(papers: Sequence[Mapping[str, Fraction]], number: Callable[[Fraction], str]) -> dict[str, str]:
    """Label -> the head of a column, with the points that the box is worth; those of several problems as a range."""
    worth: dict[str, set[Fraction]] = {}
    for paper in papers:
        for label, most in paper.items():
            worth.setdefault(label, set()).add(most)
    return {label: f"{label} ({'–'.join(dict.fromkeys(map(number, (min(of), max(of)))))})" for label, of in sorted_boxes(worth)}


def sorted_boxes(worth: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """By task, then by letter, short labels first."""
    def place(label: str) -> tuple[int, int, str]:
        digits = "".join(char for char in label if char.isdigit())
        return int(digits or 0), len(label), label

    return sorted(worth.items(), key=lambda pair: place(pair[0]))


def moodle_csv(found: Class) -> bytes:
    """What Moodle's grade import takes: id, grade, feedback. Who was absent has no grade."""
    writer = _Writer(found.language)
    writer.row(["ID number", "Name", "Grade", "Maximum", "Feedback"])
    for one in found.students:
        mark = one.mark
        if mark is None:
            writer.row([one.entry.student, one.entry.name, "", "", ""])
        else:
            writer.row([one.entry.student, one.entry.name, mark.points, mark.most, " | ".join(reasons(mark))])
    return writer.bytes()


def points_csv(key: Key, roster: Sequence[Mapping[str, str]] = ()) -> bytes:
    """An empty table of points: a column per box with its maximum in the head, a row per student of the roster.

    Without a roster there are as many empty rows as the exam has variants, with their codes.
    """
    writer = _Writer(key.language)
    heads = _heads([{box.label: box.points for box in variant.boxes} for variant in key.variants], writer.number)
    writer.row(["id", "name", "group", "variant", "status", *heads.values()])
    rows = roster or [{"variant": variant.code} for variant in key.variants]
    for row in rows:
        writer.row([*(row.get(name, "") for name in ("id", "name", "group", "variant")), "", *[""] * len(heads)])
    return writer.bytes()


def to_dict(found: Class) -> dict[str, Any]:
    """All of it as plain data for JSON."""
    return {
        "title": found.title,
        "students": [_student(one) for one in found.students],
        "complaints": [_complaint(complaint) for complaint in found.complaints],
        "notes": [_complaint(note) for note in found.notes],
        "summary": summary(found).to_dict(),
    }


def _student(one: Marked) -> dict[str, Any]:
    entry = one.entry
    told: dict[str, Any] = {"id": entry.student, "name": entry.name, "group": entry.group, "status": entry.status or "present"}
    if one.mark is not None:
        told |= one.mark.to_dict() | {"grade": one.grade or None}
    if one.before is not None:
        told["before"] = plain(one.before.points)
    return told


def _complaint(complaint: Complaint) -> dict[str, Any]:
    return {"line": complaint.line, "says": complaint.says}
