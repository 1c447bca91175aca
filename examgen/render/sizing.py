"""What has to be set smaller, in more groups or on more lines, so that it stays on the page: widths in mm.

A table of drawn numbers has the size that its templates state; only what is longer is measured, since variants of a task must
not differ in their layout.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import ceil, prod
from typing import Any

from markupsafe import Markup

from examgen.model import cells
from examgen.render.measuring import width
from examgen.render.notation import math, num
from examgen.render.paper import Accepted, Box, MarkingTable, Strip, WrittenEdge
from examgen.render.sizes import MEASURE
from examgen.render.tracing import limited

PAGE = MEASURE
TEXT = 10.5  # pt of the text, and of numbers in a grid
CELL, WIDE_CELL = 7.0, 15.0  # of a grid, and of a table of scores or a matrix of decimals
BLANK, WIDE_BLANK = 9.0, 16.0  # of an answer's whole numbers and decimals
BLANKS = 126.0  # room for a blank beside its label, its symbol and its points
COLUMN, HEIGHT = 118.0, 200.0  # of the answers to arrays beside the working
BESIDE = 6.0  # between a number and its exact form, and around both
NAMED = 36.0  # the columns of variant and code on a marking sheet
MARKING = PAGE - NAMED  # room for the others
SMALL = 9.5  # pt of a key's tables
GATE, OPERAND = 10.0, 13.0  # columns of the names of wires
HEAD = 9.0  # pt of the heads of a marking sheet
UNBROKEN = re.compile("[-+−×±·]")  # signs behind which a head is broken
NARROWEST, WIDEST = 16.0, 40.0  # column of a marking sheet; a wider matrix is written in rows


def grid_size(
    comma: bool, rows: Sequence[Sequence[Any]], room: float = PAGE, *, wide: bool = False
) -> tuple[float, float]:
    """How wide a grid is, and by what its letters are made smaller; 0 where its cells are as always, or `wide` ones."""
    count, least = len(rows[0]), WIDE_CELL if wide else CELL
    cell = max(least, 1.8 + max(width(num(value, comma), TEXT) for row in rows for value in row))
    scale = min(1.0, room / (cell * count))
    usual = (cell, scale) == (least, 1.0)
    return limited((0.0, 1.0) if usual else (cell * count * scale, scale), usual, rows, least - 1.8, TEXT)


def side_by_side(comma: bool, grids: Iterable[Sequence[Sequence[Any]]], beside: float = 7.0) -> bool:
    """Whether grids fit next to each other, each with so much around it."""
    sizes = [(grid_size(comma, rows)[0] or CELL * len(rows[0])) + beside for rows in grids]
    return sum(sizes) <= PAGE


def score_size(
    comma: bool, scores: Sequence[Sequence[Any]], decimals: int, heads: Sequence[str], rows: Sequence[str],
    truth: Sequence[str], *, below: bool,
) -> tuple[float, float]:
    """How wide a column of a table of scores is, and by what all of the table is made smaller.

    `truth` are the names in the last column, or where they stand `below` the others in the last row.
    """
    column = max(WIDE_CELL, 5.4 + max(width(num(value, comma, decimals), TEXT) for value in cells(scores)))
    true = max(21.2, 4.6 + max(width(text, SMALL) for text in truth))
    inner = sum(max(column, 19.2, 4.6 + width(head, SMALL), true if below else 0.0) for head in heads)
    outer = 6.8 + max(WIDE_CELL, *(width(text, SMALL) for text in rows)) + (0.0 if below else true)
    return limited((column, min(1.0, PAGE / (inner + outer))), column == WIDE_CELL, scores, WIDE_CELL - 5.4, TEXT)


def blank_size(columns: int, wide: bool) -> float:
    """How wide an empty matrix is, where its cells have less room than always; else 0."""
    return BLANKS if columns * (WIDE_BLANK if wide else BLANK) > BLANKS else 0.0


def beside_working(boxes: Iterable[Box]) -> bool:
    """Whether the blanks for arrays, set line by line, fit a page next to the room for working."""
    lines, used, high = 0.0, COLUMN, 0.0
    for box in boxes:
        *parts, rows, columns = (1, 1, *box.shape) if box.kind == "array" else (1, 1, 1)
        wide = 30.0 + columns * (WIDE_BLANK if box.cell_kind == "number" else BLANK)
        for _ in range(prod(parts)):
            if used + wide > COLUMN:
                lines, used, high = lines + high, 0.0, 0.0
            used, high = used + wide, max(high, 7.6 * rows + 4.0)
    return lines + high < HEIGHT


def value_width(comma: bool, box: Box, found: Accepted) -> float:
    """How wide what is accepted in a box is in the key, matrices written as such, the exact form below a number."""
    decimals = 0 if "integer" in (box.cell_kind, box.kind) else box.decimals
    widest = max(width(num(value, comma, decimals), SMALL) for value in cells(found.rounded))
    if box.kind == "array":
        return prod(box.shape[:-2]) * (2.6 + box.shape[-1] * _small(widest))
    exact = found.exact if found.exact is not None and found.exact != found.rounded else None
    return max(widest, 0.85 * latex_width(comma, exact) + 2.0 if exact is not None else 0.0)


def latex_width(comma: bool, value: Any, points: float = SMALL) -> float:
    """About how wide a number, or LaTeX on one line, is."""
    text = Markup(math(value)).striptags() if isinstance(value, str) else Markup(num(value, comma)).striptags()
    return width(text, points) + 0.5 * text.count("=")


def small_width(comma: bool, rows: Sequence[Sequence[Any]], box: Box) -> float:
    """How wide each column of a small matrix of results is, to whole half millimetres."""
    decimals = 0 if "integer" in (box.cell_kind, box.kind) else box.decimals
    return _small(max(width(num(value, comma, decimals), SMALL) for row in rows for value in row))


def even_edges(edges: Iterable[WrittenEdge]) -> bool:
    """Whether the names of wires are as short as the columns of their table usually are."""
    return all(
        latex_width(False, edge.gate, TEXT) <= GATE and latex_width(False, edge.source, TEXT) <= OPERAND for edge in edges
    )


def _small(widest: float) -> float:
    return ceil(2 * max(5.0, widest + 1.6)) / 2


def column_groups(comma: bool, table: MarkingTable) -> list[tuple[list[int], str, list[float]]]:
    """The columns of a marking sheet, by number, in groups that fit the page; how tight each group has to be set, and how
    wide its columns are.
    """
    widths = [
        max(_head_width(box), 3.0 + max(value_width(comma, box, row.accepted[place]) for row in table.rows))
        for place, box in enumerate(table.boxes)
    ]
    kept = [
        min(WIDEST, wide) if box.kind == "array" else wide for box, wide in zip(table.boxes, widths, strict=True)
    ]
    groups: list[list[int]] = [[]]
    for place, wide in enumerate(kept):
        if groups[-1] and sum(kept[other] for other in groups[-1]) + wide > MARKING:
            groups.append([])
        groups[-1].append(place)
    found = []
    for group in groups:
        tight = _tightness(sum(widths[place] for place in group))
        room = _filling([(kept if "flat" in tight else widths)[place] for place in group])
        found.append((group, tight or _stacked(comma, table, group, room), room))
    return found


def _stacked(comma: bool, table: MarkingTable, group: Sequence[int], room: Sequence[float]) -> str:
    """Whether exact forms stand below their numbers: in all rows alike, where one of them has no room beside it."""
    for place, wide in zip(group, room, strict=True):
        found = [row.accepted[place] for row in table.rows if table.boxes[place].kind != "array"]
        if any(line_width(comma, table.boxes[place], each) + BESIDE > wide for each in found if each.exact is not None):
            return "stacked"
    return ""


def line_width(comma: bool, box: Box, found: Accepted) -> float:
    """How wide a number with its exact form beside it is."""
    decimals = 0 if "integer" in (box.cell_kind, box.kind) else box.decimals
    return width(num(found.rounded, comma, decimals), SMALL) + 0.85 * latex_width(comma, found.exact)


def _filling(widths: Sequence[float]) -> list[float]:
    """The widths of columns that fill the page together."""
    return [round(wide * (PAGE - NAMED) / sum(widths), 2) for wide in widths]


def _head_width(box: Box) -> float:
    text = Markup(math(box.symbol)).striptags()
    longest = max(width(part, HEAD) for part in UNBROKEN.split(text))
    return max(NARROWEST if box.kind != "array" else 7.0 * box.shape[-1] + 6.0, longest + 4.5)


def _tightness(wide: float) -> str:
    return "tight flat" if wide > MARKING - 4 else "tight" if wide > 110 else ""


def strip_columns(comma: bool, strip: Strip) -> tuple[int, bool]:
    """How many tasks of a strip stand side by side, three at most; and whether matrices have to be written in rows.

    Numbers are bold there, and an exact form stands beside its number.
    """
    widest = max(
        (
            24.0 + latex_width(comma, box.symbol + "=") + value_width(comma, box, found) * (1.1 if found.exact is None else 2)
            for task in strip.tasks
            for box, found in zip(task.boxes, task.accepted, strict=True)
        ),
        default=0.0,
    )
    return max(1, min(3, len(strip.tasks), int(PAGE / widest) if widest else 1)), widest > PAGE
