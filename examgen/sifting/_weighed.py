"""Effort and traits of a whole stack, as `effort` counts them one by one: numbers in whole units of its grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from examgen.effort import FUNCTIONS, GRID, LEFT, SECONDS, Profile, Work
from examgen.graph import Node
from examgen.sifting._fixed import PLACES, Array, Doubt
from examgen.sifting._stack import Given
from examgen.sifting._walk import Spans, gathered
from examgen.sifting._written import Column, Made, Row, Unwritable, Written, windows, written

ONE = 10**GRID
STEP = 10 ** (PLACES - GRID)
LOSS, NEAR = 10, 1e-5  # what float64 may lose, of numbers up to 1 and of those it rounds to the grid
Grid = Mapping[str, Array]  # node -> (candidates, cells), in units of the grid


def gridded(work: Work, held: Mapping[str, int], spans: Spans, doubt: Doubt) -> Grid:
    """All that is worked out, on the grid; a number in doubt lies where float64 might round it either way."""
    largest = np.max([np.abs(spans[held[node.name]]).max(axis=(0, 2)) for node in work.needed], axis=0)
    loss = (LOSS + largest // 10**PLACES)[:, None]
    found = {}
    for node in work.needed:
        if node.name in work.labels:
            found[node.name] = spans[held[node.name]][0] * ONE
            continue
        low, high = spans[held[node.name]][0], spans[held[node.name]][-1]
        below, above = ((end + STEP // 2) // STEP for end in (low - loss, high + loss))
        doubt.add(below != above)
        found[node.name] = below
    return found


@dataclass(frozen=True, eq=False)
class Weighed:
    """What makes the candidates of a stack as hard as others."""

    seconds: Array
    active: Array
    clipped: Array
    zeros: Array
    negatives: Array
    clean: Array | None

    def profile(self, candidate: int, mistakes: frozenset[str]) -> Profile:
        clean = None if self.clean is None else bool(self.clean[candidate])
        counts = (self.active, self.clipped, self.zeros, self.negatives)
        active, clipped, zeros, negatives = (int(count[candidate]) for count in counts)
        return Profile(float(self.seconds[candidate]), active, clipped, zeros, negatives, clean, mistakes)


def weighed(work: Work, grid: Grid, stack: Given, decimals: int, doubt: Doubt) -> Weighed:
    """The profiles of all candidates. Raises: Unwritable."""
    none = np.zeros((stack.count, 0), dtype=np.int64)
    hinged = np.concatenate([none, *(grid[name] for name in work.hinges)], axis=-1)
    means = [grid[name] for name in work.means]
    clean = (np.concatenate(means, axis=-1) % 10 ** (GRID - decimals) == 0).all(axis=-1) if means else None
    seconds = _Counting(work, grid, stack, doubt).seconds()
    counts = (hinged > 0).sum(axis=-1), (hinged < 0).sum(axis=-1)
    return Weighed(seconds, *counts, stack.zeros, stack.negatives, clean)


class _Counting:
    """Seconds of all cells that a box needs."""

    def __init__(self, work: Work, grid: Grid, stack: Given, doubt: Doubt) -> None:
        self.work, self.grid, self.stack, self.doubt = work, grid, stack, doubt
        self.wanted: dict[str, Array] = {}  # node -> which cells a box needs; of one row where all candidates need the same

    def seconds(self) -> Array:
        boxed = [place for box in self.work.boxes for place in box]
        total = np.full(self.stack.count, SECONDS["read"] + SECONDS["copy"] * len(boxed))
        for name, cell in boxed:
            self._wanted(name)[:, cell] = True
        for node in reversed(self.work.needed):
            if node.name in self.wanted and node.op not in ("input", "const"):
                total = total + self._node(node)
        return np.asarray(total)

    def _wanted(self, name: str) -> Array:
        return self.wanted.setdefault(name, np.zeros((1, self.grid[name].shape[1]), dtype=bool))

    def _node(self, node: Node) -> Array:
        graph = self.work.both.graph
        cells = written(node, tuple(graph[name].shape for name in node.inputs))
        wanted, chosen = self.wanted[node.name], self._chosen(node)
        numbers = np.array([round(number * ONE) for number in cells.numbers])
        ends = np.broadcast_to(numbers, (self.stack.count, len(numbers)))
        row = np.concatenate([*(self.grid[name] for name in node.inputs), ends], axis=-1)
        cost = self._worked(cells.column, row, chosen, value=False)[1]
        self._pass_on(node, cells, wanted, chosen)
        found = (cost * wanted).sum(axis=-1)
        if node.name in self.work.drawn:
            found = found + SECONDS["circuit"] * (wanted[:, 0] & (self.grid[node.name][:, 0] != 0))
        return np.asarray(found)

    def _chosen(self, node: Node) -> Array | None:
        """Labels, or the winner of every window."""
        if node.op == "one_hot":
            return np.asarray(self.grid[node.inputs[0]] // ONE)
        if node.op in ("pick", "others", "put_others"):
            return np.asarray(self.grid[node.inputs[1]] // ONE)
        if node.op != "maxpool_dx":
            return None
        graph = self.work.both.graph
        places = windows(node, *(graph[name].shape for name in node.inputs))
        best = self.grid[node.inputs[1]][:, places].argmax(axis=-1)[..., None]
        return np.asarray(np.take_along_axis(np.broadcast_to(places, (self.stack.count, *places.shape)), best, axis=-1)[..., 0])

    def _pass_on(self, node: Node, cells: Written, wanted: Array, chosen: Array | None) -> None:
        """What the wanted cells are worked out from is wanted too."""
        row = _bottom(cells.column)
        places = row.places[None] if row.chosen is None else row.chosen(chosen)  # type: ignore[arg-type]  # there where it is asked
        places = places.reshape(len(places), wanted.shape[1], -1)
        rows = max(len(places), len(wanted))
        sizes = [self.grid[name].shape[1] for name in node.inputs]
        found = np.zeros((rows, sum(sizes) + len(cells.numbers)), dtype=bool)
        which, cell = np.nonzero(np.broadcast_to(wanted, (rows, wanted.shape[1])))
        found[which[:, None], places[which if len(places) > 1 else 0, cell]] = True
        for name, part in zip(node.inputs, np.split(found, np.cumsum(sizes), axis=1), strict=False):
            self.wanted[name] = self._wanted(name) | part

    def _worked(self, column: Column, row: Array, chosen: Array | None, *, value: bool = True) -> tuple[Array, Array]:
        """Values and seconds of cells; values only where an operation around them looks at them."""
        if isinstance(column, Row):
            found = gathered(column, row, chosen)
            return found, np.zeros(found.shape, dtype=np.int64)
        numbers, spent = self._worked(column.args, row, chosen)
        dims = (*numbers.shape[:-1], -1, column.parts)
        if value and column.do not in VALUED:
            raise Unwritable(f"{column.do} within other operations")
        result, cost = COUNTED[column.do](column, numbers.reshape(dims), self.doubt, value)
        if self.work.written and column.do in LEFT:
            cost = np.full(cost.shape, SECONDS["copy"])
        return result, cost + spent.reshape(dims).sum(axis=-1)


def _bottom(column: Column) -> Row:
    while isinstance(column, Made):
        column = column.args
    return column


def _whole(x: Array) -> Array:
    return np.asarray(x % ONE == 0)


def _digit(x: Array) -> Array:
    tenth = ONE // 10
    return np.asarray((np.abs(x) < 10 * ONE) & (_whole(x) | ((x % tenth == 0) & (np.abs(x) < ONE))))


def _added(x: Array, y: Array) -> Array:
    small = (x >= 0) & (x < 10 * ONE) & (y >= 0) & (y < 10 * ONE)
    whole = np.where(small, SECONDS["small sum"], SECONDS["sum"])
    return np.where((x == 0) | (y == 0), 0, np.where(_whole(x) & _whole(y), whole, SECONDS["decimal sum"]))


def _multiplied(x: Array, y: Array) -> Array:
    short = np.where(_digit(x) & _digit(y), SECONDS["small product"], SECONDS["calculator"])
    copied = (np.abs(x) == ONE) | (np.abs(y) == ONE)
    return np.where((x == 0) | (y == 0), 0, np.where(copied, SECONDS["copy"], short))


def _rounded(x: Array, doubt: Doubt, *, value: bool = True) -> Array:
    """To the grid; without `value` nothing counts but whether the result has few digits."""
    halfway = np.abs(x - np.floor(x) - 0.5) < NEAR * (1 + np.abs(x) / ONE)
    if not value:
        halfway &= (np.floor(x) % (ONE // 10) == 0) | (np.ceil(x) % (ONE // 10) == 0)
    doubt.add(halfway)
    return np.asarray(np.rint(np.nan_to_num(x)).astype(np.int64))


def _sum(column: Made, x: Array, doubt: Doubt, value: bool) -> tuple[Array, Array]:
    total, cost = x[..., 0], np.zeros(x.shape[:-1], dtype=np.int64)
    for part in range(1, x.shape[-1]):
        cost = cost + _added(total, x[..., part])
        total = total + x[..., part]
    return total, cost


def _difference(column: Made, x: Array, doubt: Doubt, value: bool) -> tuple[Array, Array]:
    return x[..., 0] - x[..., 1], _added(x[..., 0], -x[..., 1])


def _product(column: Made, x: Array, doubt: Doubt, value: bool) -> tuple[Array, Array]:
    if column.parts > 2:
        raise Unwritable("a product of several numbers")
    one, other = x[..., 0], x[..., 1]
    return _rounded(one / ONE * other, doubt) if value else one, _multiplied(one, other)


def _quotient(column: Made, x: Array, doubt: Doubt, value: bool) -> tuple[Array, Array]:
    above, below = x[..., 0], x[..., 1]
    found = _rounded(above / np.where(below == 0, ONE, below) * ONE, doubt, value=value)
    found = np.where(below == 0, 0, found)
    easy = _whole(above) & _whole(below) & _whole(found) & _digit(below) & _digit(found)
    free = (above == 0) | (np.abs(below) == ONE)
    return found, np.where(free, 0, np.where(easy, SECONDS["small product"], SECONDS["calculator"]))


def _power(column: Made, x: Array, doubt: Doubt, value: bool) -> tuple[Array, Array]:
    base = x[..., 0]
    return base, _multiplied(base, base) if column.exponent == 2 else np.full(base.shape, SECONDS["calculator"])


def _fixed(seconds: float, choose: Callable[[Array], Array] = lambda x: x[..., 0]) -> Callable[..., tuple[Array, Array]]:
    return lambda column, x, doubt, value: (choose(x), np.full(x.shape[:-1], int(seconds)))


VALUED = frozenset(  # of what can stand within other operations
    ("+", "-", "*", "/", "neg", "abs", "floor", "max", "min", "step")
)
COUNTED: Mapping[str, Callable[..., tuple[Array, Array]]] = {
    "+": _sum,
    "-": _difference,
    "*": _product,
    "/": _quotient,
    "**": _power,
    "neg": _fixed(0, lambda x: -x[..., 0]),
    "abs": _fixed(0, lambda x: np.abs(x[..., 0])),
    "floor": _fixed(SECONDS["copy"], lambda x: x[..., 0] // ONE * ONE),
    "max": _fixed(SECONDS["copy"], lambda x: x.max(axis=-1)),
    "min": _fixed(SECONDS["copy"], lambda x: x.min(axis=-1)),
    **dict.fromkeys((*FUNCTIONS, "sigmoid"), _fixed(SECONDS["function"])),
    "step": _fixed(0, lambda x: np.where(x[..., 0] > 0, ONE, 0)),
    **dict.fromkeys(("sign", "share", "largest", "smallest"), _fixed(0)),
}
