"""The cells of a node written out once for all candidates of a structure, from the op table's own `cell` rules.

What a person puts on paper for each cell becomes one expression over arrays of cells. Where labels or winners decide which
cells take part, their places are found for every candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import prod

import numpy as np
import numpy.typing as npt

from examgen.graph import Node
from examgen.model import Leaf, Term
from examgen.ops import OPS
from examgen.ops._cells import ONE, ZERO, At, Operand, Part, window
from examgen.sifting._fixed import LARGEST

Shape = tuple[int, ...]
Places = npt.NDArray[np.intp]

NONE, WHOLE = 0, 1  # the numbers that stand behind the cells of the operands, before those of the node itself
ALONE: Mapping[str, tuple[Leaf, ...]] = {"+": (), "*": (ONE,), "/": (ONE,)}  # what a lone cell is written out with


class Unwritable(ValueError):
    """The cells of a node are not written out alike."""


@dataclass(frozen=True, eq=False)
class Row:
    """Cells as they stand: for each its place in the row of all operands' cells and the node's numbers.

    Where candidates differ, `chosen` finds the places from labels or winners: (candidates, cells).
    """

    count: int
    places: Places
    chosen: Callable[[Places], Places] | None = None


@dataclass(frozen=True, eq=False)
class Made:
    """Each cell made by the same operation from so many `parts`, which stand one behind the other in `args`."""

    do: str
    parts: int
    args: Column
    exponent: int = 1


Column = Row | Made


@dataclass(frozen=True, eq=False)
class Written:
    """A node's cells, and the numbers behind those of its operands: 0, 1, and its own."""

    column: Column
    numbers: tuple[Fraction, ...]


@lru_cache(maxsize=4096)
def written(node: Node, shapes: tuple[Shape, ...]) -> Written:
    """All cells of a node over operands of these shapes. Raises: Unwritable."""
    if node.op in CHOSEN:
        return CHOSEN[node.op](node, shapes)
    rule = OPS[node.op].cell
    if rule is None:
        raise Unwritable(node.op)
    operands = [Operand(dims, ()) for dims in shapes]
    try:
        parts = [rule(node, at, *operands) for at in product(*map(range, node.shape))]
    except IndexError:  # it looks at a number
        raise Unwritable(node.op) from None
    return _Writer(shapes).written(parts)


class _Writer:
    """Puts parts of cells one behind the other, and gathers the numbers among them."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self.shapes = shapes
        self.starts = [sum(map(prod, shapes[:place])) for place in range(len(shapes) + 1)]
        self.numbers: dict[Fraction, int] = {Fraction(0): NONE, Fraction(1): WHOLE}

    def written(self, parts: Sequence[Part]) -> Written:
        column = self._column(parts)
        return Written(column, tuple(self.numbers))

    def _column(self, parts: Sequence[Part]) -> Column:
        terms = [part for part in parts if isinstance(part, Term)]
        if not terms:
            return Row(len(parts), np.array([self._place(part) for part in parts], dtype=np.intp))
        kinds = {term.do for term in terms}
        do = "+" if "+" in kinds else terms[0].do  # a sum of one part is written as that part
        if do != "+" and len(kinds) > 1:
            raise Unwritable("cells of different kinds")
        if do == "**":
            return self._power(parts)
        rows = [part.args if isinstance(part, Term) and part.do == do else self._alone(do, part) for part in parts]
        most = max(map(len, rows))
        padded = [row if len(row) == most else self._padded(do, row, most) for row in rows]
        return Made(do, most, self._column([part for row in padded for part in row]))

    def _alone(self, do: str, part: Part) -> tuple[Part, ...]:
        if do not in ALONE or (do != "+" and part != ZERO):  # a factor of 1 would be counted as work
            raise Unwritable(f"{do} in some cells alone")
        return (part, *ALONE[do])

    def _padded(self, do: str, row: Sequence[Part], most: int) -> tuple[Part, ...]:
        """As many parts as the others have, with what leaves a sum, a largest or a smallest as it is."""
        if do not in ("+", "max", "min"):
            raise Unwritable(f"{do} of more parts in some cells")
        return (*row, *(ZERO if do == "+" else row[0],) * (most - len(row)))

    def _power(self, parts: Sequence[Part]) -> Column:
        if not all(isinstance(part, Term) for part in parts) or len({part.args[1] for part in parts}) > 1:
            raise Unwritable("different powers")
        exponent = Fraction(parts[0].args[1].value)
        if exponent.denominator > 1 or exponent < 2 or exponent % 2:
            raise Unwritable(f"the power {exponent}")
        return Made("**", 1, self._column([part.args[0] for part in parts]), int(exponent))

    def _place(self, part: Part) -> int:
        if isinstance(part, Leaf):
            if abs(part.value) > LARGEST:
                raise Unwritable(f"a number such as {part.value}")
            return self.starts[-1] + self.numbers.setdefault(Fraction(part.value), len(self.numbers))
        assert isinstance(part, At)
        flat = 0
        for i, length in zip(part.index, self.shapes[part.place], strict=True):
            flat = flat * length + i
        return self.starts[part.place] + flat


def _chosen(count: int, choose: Callable[[Places], Places]) -> Written:
    return Written(Row(count, np.zeros(0, dtype=np.intp), choose), (Fraction(0), Fraction(1)))


def _pick(node: Node, shapes: Sequence[Shape]) -> Written:
    rows, classes = prod(shapes[1]), shapes[0][-1]
    starts = np.arange(rows) * classes
    return _chosen(rows, lambda labels: starts + labels)


def _others(node: Node, shapes: Sequence[Shape]) -> Written:
    rows, classes = prod(shapes[1]), shapes[0][-1]
    starts, behind = np.arange(rows)[:, None] * classes, np.arange(classes - 1)

    def choose(labels: Places) -> Places:
        return np.asarray((starts + behind + (behind >= labels[..., None])).reshape(len(labels), -1))

    return _chosen(rows * (classes - 1), choose)


def _put_others(node: Node, shapes: Sequence[Shape]) -> Written:
    rows, classes = prod(shapes[1]), node.shape[-1]
    starts, each, none = np.arange(rows)[:, None] * (classes - 1), np.arange(classes), sum(map(prod, shapes)) + NONE

    def choose(labels: Places) -> Places:
        own = labels[..., None]
        return np.asarray(np.where(each == own, none, starts + each - (each > own)).reshape(len(labels), -1))

    return _chosen(rows * classes, choose)


def _one_hot(node: Node, shapes: Sequence[Shape]) -> Written:
    each, none = np.arange(node.shape[-1]), sum(map(prod, shapes)) + NONE

    def choose(labels: Places) -> Places:
        return np.asarray(np.where(each == labels[..., None], none - NONE + WHOLE, none).reshape(len(labels), -1))

    return _chosen(prod(node.shape), choose)


def windows(node: Node, pooled: Shape, image: Shape) -> Places:
    """The flat cells under every window of a pooling: (windows, cells of one). Raises: Unwritable where some are smaller."""
    found = [[_flat(index, image) for index in window(node, at, image)] for at in product(*map(range, pooled))]
    if len({len(cells) for cells in found}) != 1:
        raise Unwritable("windows over the edge")
    return np.array(found, dtype=np.intp)


def _flat(index: Sequence[int], dims: Shape) -> int:
    flat = 0
    for i, length in zip(index, dims, strict=True):
        flat = flat * length + i
    return flat


def _maxpool_dx(node: Node, shapes: Sequence[Shape]) -> Written:
    """`chosen` takes the winner of every window, as a flat cell of the image."""
    pooled, image = shapes
    over: list[list[int]] = [[] for _ in range(prod(image))]
    for place, cells in enumerate(windows(node, pooled, image).tolist()):
        for cell in cells:
            over[cell].append(place)
    most, none = max(1, *map(len, over)), sum(map(prod, shapes)) + NONE
    covering = np.array([places + [-1] * (most - len(places)) for places in over])
    each = np.arange(prod(image))[:, None]

    def choose(winners: Places) -> Places:
        won = (covering >= 0) & (winners[:, covering] == each)
        return np.asarray(np.where(won, covering, none).reshape(len(winners), -1))

    found = _chosen(prod(image) * most, choose)
    return Written(Made("+", most, found.column), found.numbers)


CHOSEN: Mapping[str, Callable[[Node, Sequence[Shape]], Written]] = {
    "pick": _pick, "others": _others, "put_others": _put_others, "one_hot": _one_hot, "maxpool_dx": _maxpool_dx,
}
