"""What stands on an English sheet, part by part and in its order, free of any typesetter's language.

The words that our templates hold are written here once more, since a typesetter that is compared with ours cannot read them.
Formulas stay LaTeX, and prose keeps its $formula$, $$formula on a line of its own$$ and **bold**.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from examgen.codes import page_label
from examgen.model import cells
from examgen.render import diagram, qr
from examgen.render.notation import indexed, num, places
from examgen.render.paper import CLASSES, Box, Head, SheetTask, SheetVariant

ALLOWED = {
    "none": "no calculator", "simple": "simple calculator allowed", "scientific": "scientific calculator allowed",
}
RULES = (
    "Keep at least {} decimals while working; round answers to {}. Fractions and expressions with $e$, $\\ln$ are{} allowed. "
    "Write the answer in its box and the working beside it: it earns partial credit. Crossed-out work is not marked."
)
PASSES = "Forward pass: find the values that are asked. Backward pass: find the gradients that are asked."
ROUNDING = (
    "Longer numbers are shown rounded to {} decimals (small ones to three significant digits), with ≈; calculations carry "
    "all digits. A framed number is the answer, rounded at the end."
)
EDGES = ("gate", "operand", "gradient from above", "× local derivative", "product")
FIRST_PAGE = 1  # tasks on the first page of a sheet, the others stand on the second: as our sheets come out
PAGES = 2
CODE = 10.5  # mm, a side of a page's code
ASKED, BOXES, MANY = (68.0, 30.0), (126.0, 24.0), 5  # mm of all answers and of one box; with more than so many of them
ARRAYS = (118.0, 22.0)
BLANK = (9.0, 16.0)  # mm of a blank cell, for whole numbers and for decimals
MATH = re.compile(r"(\$\$.+?\$\$|\$.+?\$)")


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Defined:
    """Formulas behind a few words, in one line."""

    words: str
    formulas: tuple[str, ...]


@dataclass(frozen=True)
class Scores:
    """A table of scores, an image a row: its name, its numbers, which of them is framed, and its true class."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...], int, str], ...]


@dataclass(frozen=True)
class Grids:
    """Tables of numbers side by side, each below its symbol."""

    grids: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]


@dataclass(frozen=True)
class Items:
    """A numbered list of sentences."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Circuit:
    """A circuit with its places in millimetres, from above."""

    drawing: diagram.Drawing


Block = Prose | Defined | Scores | Grids | Items | Circuit


def statement(task: SheetTask) -> tuple[Block, ...]:
    """What a task says and shows, down to its answer boxes."""
    if "scores" in task.data:
        return tuple(_of_scores(task))
    return tuple(_of_image(task) if task.diagram is None else _of_circuit(task, task.diagram))


def _of_scores(task: SheetTask) -> Iterator[Block]:
    yield Prose(_say(task, "orientation", "true_class"))
    yield _scores(task)
    yield Prose(_say(task, "formula", "reduction", "regularisation", "logarithm", "gradient"))


def _scores(task: SheetTask) -> Scores:
    rows, labels = task.data["scores"], task.data["labels"]
    shown = places(cells(rows))
    names = CLASSES[: len(rows[0])]
    return Scores(
        (*names, "true class"),
        tuple(
            (f"image {i}", tuple(num(score, False, shown) for score in row), label, names[label])
            for i, (row, label) in enumerate(zip(rows, labels, strict=True), start=1)
        ),
    )


def _of_circuit(task: SheetTask, drawn: diagram.Diagram) -> Iterator[Block]:
    yield Defined("Consider the function", task.formula)
    yield Prose(f"{PASSES} {_say(task, *task.says)}")
    yield Circuit(diagram.draw_circuit(drawn))


def _of_image(task: SheetTask) -> Iterator[Block]:
    yield Prose(_say(task, "channels", "filter"))
    images, filters = task.data["image"], task.data["kernels"]
    named = [(indexed("I", [i], [len(images)]), image) for i, image in enumerate(images)]
    sizes = [len(filters), len(images)]
    named += [(indexed("K", [f, c], sizes), part) for f, each in enumerate(filters) for c, part in enumerate(each)]
    yield Grids(tuple((name, tuple(tuple(map(num, row)) for row in rows)) for name, rows in named))
    convolved, clipped, pooled = (f"${line}$. " for line in task.formula)
    steps = "flip", "bias", "stride", "padding", "dilation"
    yield Items((convolved + _say(task, *steps), clipped + _say(task, "relu"), pooled + _say(task, "pool")))


def _say(task: SheetTask, *keys: str) -> str:
    return " ".join(task.says[key] for key in keys if key in task.says)


def allowance(head: Head) -> str:
    """Time and calculator, below the title."""
    return f"Time: {head.minutes} minutes · {ALLOWED[head.calculator]}"


def rules(head: Head) -> str:
    """What holds for all tasks."""
    return RULES.format(head.working, head.decimals, "" if head.exact_forms else " not")


def rounding(head: Head, task: SheetTask) -> str:
    """Where answers keep more decimals than the exam says, or fewer."""
    kept: dict[int, list[str]] = {}
    for box in task.boxes:
        if "integer" not in (box.kind, box.cell_kind) and box.decimals != head.decimals:
            kept.setdefault(box.decimals, []).append(box.label)
    return " ".join(f"Round {', '.join(labels)} to {decimals} decimals." for decimals, labels in kept.items())


def widths(boxes: Sequence[Box]) -> tuple[float, float]:
    """The room for all answers and for a lone number, mm."""
    return ARRAYS if any(box.kind == "array" for box in boxes) else BOXES if len(boxes) > MANY else ASKED


def pages(variant: SheetVariant) -> tuple[tuple[SheetTask, ...], ...]:
    """Its tasks page by page."""
    return variant.tasks[:FIRST_PAGE], variant.tasks[FIRST_PAGE:]


def footer(variant: SheetVariant, page: int) -> str:
    """Whose page it is."""
    return f"Variant {variant.number} · {variant.code} · page {page} of {PAGES}"


def code(head: Head, variant: SheetVariant, page: int) -> qr.Drawn:
    """What scanners read on a page."""
    return qr.drawn(page_label(head.exam, variant.code, page))


def parts(text: str) -> Iterator[tuple[bool, str]]:
    """Prose in pieces: whether a piece is a formula, and the piece with its dollar signs."""
    return ((i % 2 == 1, piece) for i, piece in enumerate(MATH.split(text)) if piece)
