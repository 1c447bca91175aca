"""A student's answers marked by `key.json` alone: right, following from the student's own numbers, or wrong and why."""

from __future__ import annotations

from examgen.marking._answers import text_of
from examgen.marking._corrections import NONE, Accept, Cancel, Corrections, Given
from examgen.marking._following import Follower
from examgen.marking._grading import VARIANT, Marker, grade, points_of
from examgen.marking._marks import BoxMark, Mark, TaskMark, number
from examgen.marking._reading import read_box
from examgen.marking._strip import StripRow, follow, right_values

__all__ = [
    "NONE",
    "VARIANT",
    "Accept",
    "BoxMark",
    "Cancel",
    "Corrections",
    "Follower",
    "Given",
    "Mark",
    "Marker",
    "StripRow",
    "TaskMark",
    "follow",
    "grade",
    "number",
    "points_of",
    "read_box",
    "right_values",
    "text_of",
]
