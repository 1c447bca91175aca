"""The report on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table as Shown
from rich.text import Text

from examgen.audit._report import Audit
from examgen.audit._sections import Table, sections

INDENT = (0, 0, 0, 2)


def parts(audit: Audit) -> Iterator[RenderableType]:
    """What is printed, one after another, without the columns that only a page has room for."""
    for section in sections(audit):
        yield Text(section.title, "bold")
        for line in section.lines:
            yield Padding(Text(line), INDENT)
        for table in section.tables:
            yield Padding(_shown(table), INDENT)
        yield Text("")


def _shown(table: Table) -> Shown:
    shown = Shown(box=None, pad_edge=False, header_style="italic")
    kept = [place for place in range(len(table.heads)) if place not in table.extra]
    for place in kept:
        number = place in table.numbers
        shown.add_column(table.heads[place], justify="right" if number else "left", no_wrap=number)
    for row in table.rows:
        shown.add_row(*(Text(row[place]) for place in kept))
    return shown
