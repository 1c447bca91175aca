"""A task as it stands on a terminal, as plain text."""

from __future__ import annotations

import io

from rich.console import Console

from examgen.asking import task_parts
from examgen.render.paper import SheetTask
from examgen.writing import Style

WIDTH = 80


def task_text(task: SheetTask, style: Style, width: int = WIDTH) -> str:
    """The same as plain text."""
    console = Console(file=io.StringIO(), width=width, color_system=None, legacy_windows=False)
    for part in task_parts(task, style):
        console.print(part, highlight=False)
    found = console.file
    assert isinstance(found, io.StringIO)
    return "".join(f"{line.rstrip()}\n" for line in found.getvalue().splitlines())
