"""A class's summary on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from examgen.grading._class import Class
from examgen.grading._data import Marked
from examgen.grading._summary import BINS, Summary, summary
from examgen.grading._write import shown

WIDTH = 40  # of the longest bar
MISTAKES = 10  # of the commonest
HANDS = 20  # students who are listed with points by hand over typed answers


def parts(found: Class) -> Iterator[RenderableType]:
    """The points of the class, its boxes, its mistakes; then what people decided."""
    told = summary(found)
    yield Text(
        f"{told.marked} marked, {told.absent} absent; mean {float(told.mean):.2f}, median {shown(told.median)}"
        f" of {shown(told.most)} points"
    )
    if told.marked:
        yield _histogram(told)
        yield _boxes(told)
    if told.mistakes:
        yield _mistakes(told)
    if told.grades:
        yield Text("grades: " + ", ".join(f"{grade}: {count}" for grade, count in told.grades.items()))
    yield from map(Text, by_hand(found))
    yield from map(Text, changes(found))


def by_hand(found: Class) -> list[str]:
    """A line for each student whose typed answer people have overruled, then how many have points by hand besides."""
    told, others = [], 0
    for one, mark in found.present:
        given = [box for box in mark.boxes if box.status == "hand"]
        over = [f"{box.label} {shown(box.points)}/{shown(box.most)}" for box in given if box.written]
        told += [f"by hand, over what was typed: {_who(one)} has {', '.join(over)}"] * bool(over)
        others += bool(given) and not over
    if len(told) > HANDS:
        more = f"by hand, over what was typed: … and {len(told) - HANDS} more students (--json names all of them)"
        told = [*told[:HANDS], more]
    return [*told, *[f"{others} student{'s' * (others != 1)} marked by hand"] * bool(others)]


def changes(found: Class) -> list[str]:
    """Whose mark corrections changed."""
    if all(one.before is None for one in found.students):
        return []
    listed = [
        f"changed: {_who(one)} has {shown(one.mark.points)} of {shown(one.mark.most)},"
        f" before {shown(one.before.points)} of {shown(one.before.most)}"
        for one in found.changed
        if one.mark is not None and one.before is not None
    ]
    return [*listed, f"corrections changed {len(listed)} of {len(found.present)} marks"]


def _who(one: Marked) -> str:
    """Id and name, without what would move a terminal's cursor."""
    told = f"{one.entry.student} ({one.entry.name})" if one.entry.name else one.entry.student
    return "".join(letter if letter.isprintable() else " " for letter in told)


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="italic")
    for head in heads:
        table.add_column(head, justify="right" if head in ("students", "share", "wrong", "blank") else "left")
    return table


def _histogram(told: Summary) -> Table:
    table = _table("points", "students", "")
    largest = max(told.histogram)
    for place, count in enumerate(told.histogram):
        last = "]" if place == BINS - 1 else ")"
        bar = "█" * -(-count * WIDTH // largest) if largest else ""
        table.add_row(f"[{place * 100 // BINS}, {(place + 1) * 100 // BINS}{last} %".replace("[", "\\["), str(count), bar)
    return table


def _boxes(told: Summary) -> Table:
    table = _table("box", "what", "students", "share", "wrong", "blank")
    for box in told.boxes:
        wrong = sum(box.statuses.get(status, 0) for status in ("wrong", "partial", "unreadable"))
        blank = box.statuses.get("blank", 0)
        what = Text(f"{box.problem}: {box.name}")
        table.add_row(box.label, what, str(box.students), f"{float(box.share):.0%}", str(wrong), str(blank))
    return table


def _mistakes(told: Summary) -> Table:
    table = _table("students", "task", "mistake", "rule")
    for mistake in told.mistakes[:MISTAKES]:
        keys = " or ".join(mistake.keys)
        table.add_row(str(mistake.students), str(mistake.task), keys, Text(mistake.says))
    return table
