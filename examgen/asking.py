"""A task on a terminal, as a student's sheet puts it: conventions, formulas, given numbers, and the boxes to be filled.

It is made of a `SheetTask`, which has no place for an answer, and nothing is worked out for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from examgen.explaining import given_step
from examgen.feedback import takes
from examgen.model import Instance, cells
from examgen.registry import problem
from examgen.render.notation import num, places
from examgen.render.paper import CLASSES, IMAGE, TRUE_CLASS, Box, SheetTask
from examgen.terminal import steps
from examgen.writing import Style, equation, plain, prose, write

TASK, POINTS, FIND = "Task %(number)s", "%(value)s p.", "Find:"
MESSAGES = (TASK, POINTS, FIND, IMAGE, TRUE_CLASS)


def task_parts(task: SheetTask, style: Style) -> Iterator[RenderableType]:
    """The task from its title to its boxes; `style` is one for text."""
    title = f"{style.say(TASK, {'number': task.number})}. {style.say(problem(task.problem).title)}"
    yield Rule(Text(f"{title} · {_points(task.points, style)}", "bold"), align="left")
    if task.formula:
        yield Padding(Text("\n".join(map(equation, task.formula))), (0, 0, 1, 2))
    yield Padding(Group(*_paragraphs(" ".join(task.says.values()))), (0, 0, 1, 0))
    yield from _given(task, style)
    yield Text(style.say(FIND), "bold")
    yield Padding(_boxes(task.boxes, style), (0, 0, 1, 2))
    for box in task.boxes:
        yield from _options(box)


def name_of(box: Box) -> str:
    """What is asked, as text: L₁ or ∂f/∂x."""
    return plain(box.symbol)


def wanted(box: Box, style: Style) -> str:
    """What a box takes: a whole number, so many decimals, a matrix of either."""
    whole = "integer" in (box.kind, box.cell_kind)
    return takes(box.shape if box.kind == "array" else (), whole, box.decimals, style.language, box.letters)


def _paragraphs(text: str) -> Iterator[RenderableType]:
    """Running text, and formulas on lines of their own."""
    for place, part in enumerate(prose(text).split("$$")):
        if place % 2:
            yield Padding(Text(part), (0, 0, 0, 4))
        elif part.strip():
            yield _emphasised(part.strip())


def _emphasised(text: str) -> Text:
    told = Text()
    for place, part in enumerate(text.split("**")):
        told.append(part, "bold" if place % 2 else "")
    return told


def _given(task: SheetTask, style: Style) -> Iterator[RenderableType]:
    """The numbers: a classifier's scores between their heads, as on paper, anything else as a worked solution begins."""
    if {"scores", "labels"} <= task.data.keys():
        yield Padding(_scores(task, style), (0, 0, 1, 2))
    else:
        step = given_step(Instance(task.problem, task.params, task.data))
        yield from steps(write([step], style, {}), style)


def _scores(task: SheetTask, style: Style) -> Table:
    """The scores with their true classes framed and named; ln k for a k where the scores are logarithms."""
    scores, labels, by_row = task.data["scores"], task.data["labels"], task.params.class_axis == 1
    classes = [style.say(name) for name in CLASSES]
    images = [style.say(IMAGE, {"number": i + 1}) for i in range(len(labels))]
    decimals = places(cells(scores))
    logarithm = "ln " if getattr(task.params, "log_scores", False) else ""
    table = Table(box=None, pad_edge=False, header_style="italic")
    table.add_column()
    for head in classes[: len(scores[0])] if by_row else images:
        table.add_column(f"{head} ", justify="right", overflow="fold")
    if by_row:
        table.add_column(f" {style.say(TRUE_CLASS)}", style="bold")
    for i, row in enumerate(scores):
        framed = [labels[i] == j if by_row else labels[j] == i for j in range(len(row))]
        shown = [_score(logarithm + num(score, style.comma, decimals), frame) for score, frame in zip(row, framed, strict=True)]
        head, end = (images[i], [Text(f" {classes[labels[i]]}")]) if by_row else (classes[i], [])
        table.add_row(Text(head, "italic"), *shown, *end)
    if not by_row:
        table.add_row(Text(style.say(TRUE_CLASS), "italic"), *(Text(f"{classes[label]} ", "bold") for label in labels))
    return table


def _score(text: str, framed: bool) -> Text:
    """In line with the others: brackets stand where those have room."""
    return Text(f"[{text}]", "bold") if framed else Text(f" {text} ")


def _options(box: Box) -> Iterator[RenderableType]:
    """The choices of a box, each behind its letter; the box's label stands in the table of boxes alone."""
    pairs = zip(box.letters, box.options, strict=True)
    lines = [Text.assemble((f"{letter}) ", "bold"), _emphasised(prose(option))) for letter, option in pairs]
    if lines:
        yield Padding(Group(Text(f"{name_of(box)}:", "bold"), *lines), (0, 0, 1, 2))


def _boxes(boxes: Sequence[Box], style: Style) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column()
    table.add_column(justify="right")
    for box in boxes:
        table.add_row(Text(box.label, "bold"), Text(name_of(box)), Text(wanted(box, style)), Text(_points(box.points, style)))
    return table


def _points(points: Fraction, style: Style) -> str:
    return style.say(POINTS, {"value": num(points, style.comma)})
