"""A class's answers or points, from a table to marks: with corrections, a scale, a summary and feedback."""

from __future__ import annotations

from examgen.grading._class import Class, mark_class
from examgen.grading._data import Complaint, Entry, Marked
from examgen.grading._decisions import NAME, corrections_at, read_corrections
from examgen.grading._scale import Scale, read_scale
from examgen.grading._slips import slips
from examgen.grading._summary import Summary, summary
from examgen.grading._table import Table, read_roster, read_table
from examgen.grading._terminal import parts
from examgen.grading._write import marks_csv, moodle_csv, points_csv, to_dict

__all__ = [
    "NAME",
    "Class",
    "Complaint",
    "Entry",
    "Marked",
    "Scale",
    "Summary",
    "Table",
    "corrections_at",
    "mark_class",
    "marks_csv",
    "moodle_csv",
    "parts",
    "points_csv",
    "read_corrections",
    "read_roster",
    "read_scale",
    "read_table",
    "slips",
    "summary",
    "to_dict",
]
