"""A student's answers marked by `key.json` alone: right, following from the student's own numbers, or wrong and why."""

from __future__ import annotations

from examgen.marking._marks import BoxMark, Mark, TaskMark

__all__ = ["BoxMark", "Mark", "TaskMark"]
