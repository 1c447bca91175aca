"""What marking finds: a mark with its points and reasons, task by task and box by box. Plain frozen data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from examgen.errors import InputError

Status = Literal["right", "followed", "partial", "implied", "wrong", "blank", "unreadable", "cancelled", "hand"]


@dataclass(frozen=True)
class BoxMark:
    """One answer box as it is marked: `points` of at most `most`.

    `status` is `right` (accepted), `followed` (follows from the student's own wrong value), `partial` (an array with a wrong
    cell), `implied` (blank, and all that depends on it is right), `wrong`, `blank`, `unreadable` (no number can be read),
    `cancelled` (counts for nobody, or for everybody) or `hand` (points that a person gave).
    `written` is what the student wrote; `says` are sentences for the student in the exam's language, which name no right
    value; `mistakes` are the keys of the named mistakes that lead to just this. `cells` are the (row, column, …) of an
    array that are wrong, counted from 0.
    """

    task: int
    label: str
    key: str
    points: Fraction
    most: Fraction
    status: Status
    written: str = ""
    says: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    cells: tuple[tuple[int, ...], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; points are numbers."""
        return {
            "label": self.label, "key": self.key, "points": number(self.points), "max": number(self.most),
            "status": self.status, "written": self.written, "says": list(self.says), "mistakes": list(self.mistakes),
            "cells": [list(cell) for cell in self.cells],
        }


@dataclass(frozen=True)
class TaskMark:
    """One task's boxes in the order of the sheet; `problem` is its type."""

    number: int
    problem: str
    boxes: tuple[BoxMark, ...]

    @property
    def points(self) -> Fraction:
        return sum((box.points for box in self.boxes), Fraction(0))

    @property
    def most(self) -> Fraction:
        return sum((box.most for box in self.boxes), Fraction(0))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; points are numbers."""
        return {
            "task": self.number, "problem": self.problem, "points": number(self.points), "max": number(self.most),
            "boxes": [box.to_dict() for box in self.boxes],
        }


@dataclass(frozen=True)
class Mark:
    """A student's mark: `mark.points` of `mark.most`, `mark["2a"]` for one box.

    `variant` is the code; `language` that of the sentences; `notes` are sentences about the answers as a whole.
    """

    variant: str
    language: str
    tasks: tuple[TaskMark, ...]
    notes: tuple[str, ...] = ()

    @property
    def points(self) -> Fraction:
        return sum((task.points for task in self.tasks), Fraction(0))

    @property
    def most(self) -> Fraction:
        return sum((task.most for task in self.tasks), Fraction(0))

    @property
    def boxes(self) -> Iterator[BoxMark]:
        """All boxes in the order of the sheet."""
        return (box for task in self.tasks for box in task.boxes)

    def __getitem__(self, label: str) -> BoxMark:
        """The box of that label. Raises: InputError, a ValueError, where there is none."""
        for box in self.boxes:
            if box.label == label:
                return box
        raise InputError(f"there is no box {label!r}: boxes are {', '.join(box.label for box in self.boxes)}")

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; points are numbers."""
        return {
            "variant": self.variant, "points": number(self.points), "max": number(self.most),
            "tasks": [task.to_dict() for task in self.tasks], "notes": list(self.notes),
        }


def number(points: Fraction) -> int | float:
    """Points as JSON has them: whole where they are."""
    return int(points) if points.denominator == 1 else float(points)
