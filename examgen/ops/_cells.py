"""One cell of an op's result, written out as an expression over cells of its operands: what a person puts on paper.

Every rule takes the node, the index of the cell and the operands, and gives a `Term` whose leaves are numbers or `At`
(a cell of an operand). Operands carry their numbers, since labels and winners decide which cells take part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from examgen.model import Index, Leaf, Term

if TYPE_CHECKING:
    from examgen.graph import Node

Shape = tuple[int, ...]


@dataclass(frozen=True)
class At:
    """A cell of the operand in that place."""

    place: int
    index: Index


@dataclass(frozen=True)
class Operand:
    """An operand's shape and its numbers, flat in row order."""

    shape: Shape
    cells: Sequence[Any]

    def __getitem__(self, index: Index) -> Any:
        flat = 0
        for i, length in zip(index, self.shape, strict=True):
            flat = flat * length + i
        return self.cells[flat]


Part = Any  # Term, Leaf or At: terms of this module have At among their leaves until they are looked up
Rule = Callable[..., Part]

ZERO, ONE = Leaf(0), Leaf(1)


def total(parts: Sequence[Part]) -> Part:
    """A sum: of one part that part, of none 0."""
    return (Term("+", tuple(parts)) if len(parts) > 1 else parts[0]) if parts else ZERO


def aligned(index: Index, dims: Shape) -> Index:
    """The cell that broadcasting puts there: aligned at the right, an axis of length 1 stretches."""
    tail = index[len(index) - len(dims) :]
    return tuple(i if length > 1 else 0 for i, length in zip(tail, dims, strict=True))


def cellwise(do: str) -> Rule:
    """Cell by cell, broadcast."""

    def rule(node: Node, at: Index, *operands: Operand) -> Part:
        return Term(do, tuple(At(place, aligned(at, x.shape)) for place, x in enumerate(operands)))

    return rule


def relu(node: Node, at: Index, x: Operand) -> Part:
    return Term("max", (ZERO, At(0, at)))


def piecewise(node: Node, at: Index, x: Operand) -> Part:
    """The larger or smaller of two lines, a number held between two bounds, or else a sum of ramps."""
    cell, base, knots, slopes = At(0, at), Fraction(node["base"]), node["knots"], node["slopes"]
    if len(knots) == 1:
        # a factor of 1 or 0 beside another: cells whose parts are of one kind are worked out many at once
        lines = [_line(cell, slope, base - slope * knots[0], bare=set(slopes) <= {0, 1}) for slope in slopes]
        return Term("max" if slopes[1] >= slopes[0] else "min", tuple(lines))
    if slopes == (0, 1, 0) and base == knots[0]:
        return Term("min", (Term("max", (cell, Leaf(knots[0]))), Term("max", (Leaf(knots[1]), Leaf(knots[1])))))
    parts: list[Part] = [Leaf(base), _times(-slopes[0], _ramp(Leaf(knots[0]), cell))]
    for before, after, knot in zip((Fraction(0), *slopes[1:]), slopes[1:], knots, strict=False):
        parts.append(_times(after - before, _ramp(cell, Leaf(knot))))
    return Term("+", tuple(parts))


def _line(x: Part, slope: Fraction, constant: Fraction, *, bare: bool) -> Part:
    rising = x if bare and slope else _times(slope, x) if slope else Leaf(constant)
    return Term("+", (rising, Leaf(constant))) if slope and constant else rising


def _ramp(x: Part, y: Part) -> Part:
    return Term("max", (ZERO, Term("-", (x, y))))


def _times(factor: Fraction, part: Part) -> Part:
    return Term("*", (Leaf(Fraction(factor)), part))


def power(node: Node, at: Index, x: Operand) -> Part:
    return Term("**", (At(0, at), Leaf(Fraction(node["exponent"]))))


def _axes(node: Node, rank: int) -> set[int]:
    return {axis % rank for axis in node["axes"]} if rank else set()


def _group(node: Node, at: Index, dims: Shape) -> list[Index]:
    """The cells that are reduced into one cell of the result."""
    axes = _axes(node, len(dims))
    kept = iter(at if not node["keepdims"] else [i for axis, i in enumerate(at) if axis not in axes])
    ranges = [range(n) if axis in axes else (next(kept),) for axis, n in enumerate(dims)]
    return list(product(*ranges))


def reduction(do: str) -> Rule:
    def rule(node: Node, at: Index, x: Operand) -> Part:
        cells = tuple(At(0, index) for index in _group(node, at, x.shape))
        return Term(do, cells) if len(cells) > 1 else cells[0]

    return rule


def mean(node: Node, at: Index, x: Operand) -> Part:
    cells = [At(0, index) for index in _group(node, at, x.shape)]
    return Term("/", (total(cells), Leaf(len(cells)))) if len(cells) > 1 else cells[0]


def extreme_share(node: Node, at: Index, x: Operand) -> Part:
    axes = {axis % len(x.shape) for axis in node["axes"]} if x.shape else set()
    ranges = [range(n) if axis in axes else (at[axis],) for axis, n in enumerate(x.shape)]
    others = (At(0, index) for index in product(*ranges) if index != at)
    return Term("largest" if node["largest"] else "smallest", (At(0, at), *others))


def matmul(node: Node, at: Index, x: Operand, y: Operand) -> Part:
    row, column = at[: len(x.shape) - 1], at[len(x.shape) - 1 :]
    return total([Term("*", (At(0, (*row, k)), At(1, (k, *column)))) for k in range(x.shape[-1])])


def transpose(node: Node, at: Index, x: Operand) -> Part:
    return At(0, (*at[:-2], at[-1], at[-2]) if len(at) > 1 else at)


def getitem(node: Node, at: Index, x: Operand) -> Part:
    return At(0, (*(i % n for i, n in zip(node["index"], x.shape, strict=False)), *at))


def put(node: Node, at: Index, g: Operand) -> Part:
    index = tuple(i % n for i, n in zip(node["index"], node.shape, strict=False))
    return At(0, at[len(index) :]) if at[: len(index)] == index else ZERO


def sum_to(node: Node, at: Index, x: Operand) -> Part:
    lead = len(x.shape) - len(at)
    ranges = [range(n) for n in x.shape[:lead]]
    for i, n, length in zip(at, x.shape[lead:], node.shape, strict=True):
        ranges.append(range(n) if length == 1 else range(i, i + 1))
    return total([At(0, index) for index in product(*ranges)])


def spread(node: Node, at: Index, x: Operand) -> Part:
    axes = {axis % len(node.shape) for axis in node["axes"]}
    return At(0, aligned(tuple(i for axis, i in enumerate(at) if axis not in axes), x.shape))


def pick(node: Node, at: Index, scores: Operand, labels: Operand) -> Part:
    row = at[:-1] if node["keepdims"] else at
    return At(0, (*row, int(labels[row])))


def others(node: Node, at: Index, scores: Operand, labels: Operand) -> Part:
    return At(0, (*at[:-1], at[-1] + (at[-1] >= labels[at[:-1]])))


def put_others(node: Node, at: Index, g: Operand, labels: Operand) -> Part:
    label = int(labels[at[:-1]])
    return ZERO if at[-1] == label else At(0, (*at[:-1], at[-1] - (at[-1] > label)))


def one_hot(node: Node, at: Index, labels: Operand) -> Part:
    return ONE if at[-1] == labels[at[:-1]] else ZERO


def softmax(node: Node, at: Index, x: Operand) -> Part:
    exponentials = [Term("exp", (At(0, (*at[:-1], k)),)) for k in range(x.shape[-1])]
    return Term("/", (exponentials[at[-1]], total(exponentials)))


def cross_entropy(node: Node, at: Index, x: Operand, labels: Operand) -> Part:
    return Term("neg", (Term("log", (softmax(node, (*at, int(labels[at])), x),)),))


def taps(node: Node, at: Index, kernels: Shape, image: Shape) -> Iterator[tuple[Index, Index]]:
    """(cell of the kernels, cell of the image) for each product in a cell of a map; cells of the padding are left out."""
    *lead, f, top, left = at
    first = f // (kernels[0] // node["groups"]) * kernels[1]
    for c, i, j in product(*map(range, kernels[1:])):
        y, x = (
            at * stride - padding + k * dilation
            for at, k, stride, padding, dilation in zip(
                (top, left), (i, j), node["stride"], node["padding"], node["dilation"], strict=True
            )
        )
        if 0 <= y < image[-2] and 0 <= x < image[-1]:
            yield (f, c, i, j), (*lead, first + c, y, x)


def conv2d(node: Node, at: Index, image: Operand, kernels: Operand) -> Part:
    return total([Term("*", (At(0, x), At(1, k))) for k, x in taps(node, at, kernels.shape, image.shape)])


def conv2d_dx(node: Node, at: Index, g: Operand, kernels: Operand) -> Part:
    """Over the maps of the pixel's group and the weights that lay over it."""
    *lead, c, y, x = at
    filters, channels = kernels.shape[0] // node["groups"], kernels.shape[1]
    first = c // channels * filters
    parts = []
    for f, i, j in product(range(first, first + filters), *map(range, kernels.shape[-2:])):
        cell = _moved((y, x), (i, j), node, g.shape)
        if cell is not None:
            parts.append(Term("*", (At(0, (*lead, f, *cell)), At(1, (f, c % channels, i, j)))))
    return total(parts)


def _moved(pixel: Index, tap: Index, node: Node, dims: Shape) -> Index | None:
    """The cell of the map whose window has the tap over the pixel, or None where there is none."""
    found = []
    for axis, (at, k) in enumerate(zip(pixel, tap, strict=True)):
        place, rest = divmod(at + node["padding"][axis] - k * node["dilation"][axis], node["stride"][axis])
        if rest or not 0 <= place < dims[axis - 2]:
            return None
        found.append(place)
    return tuple(found)


def conv2d_dk(node: Node, at: Index, g: Operand, image: Operand) -> Part:
    """Over the cells of the filter's map and the pixels that lay under the weight."""
    f, c, i, j = at
    channel = f // (node.shape[0] // node["groups"]) * node.shape[1] + c
    parts = []
    for cell in product(*map(range, g.shape[:-3]), *map(range, g.shape[-2:])):
        y, x = (
            place * stride - padding + k * dilation
            for place, k, stride, padding, dilation in zip(
                cell[-2:], (i, j), node["stride"], node["padding"], node["dilation"], strict=True
            )
        )
        if 0 <= y < image.shape[-2] and 0 <= x < image.shape[-1]:
            lead = cell[:-2]
            parts.append(Term("*", (At(0, (*lead, f, *cell[-2:])), At(1, (*lead, channel, y, x)))))
    return total(parts)


def window(node: Node, at: Index, image: Shape) -> list[Index]:
    """The cells under a pooling window in row order, without those of the padding."""
    *lead, top, left = at
    y0, x0 = (i * s - p for i, s, p in zip((top, left), node["stride"], node["padding"], strict=True))
    (height, width), (rows, columns) = node["size"], image[-2:]
    return [
        (*lead, y, x)
        for y, x in product(range(y0, y0 + height), range(x0, x0 + width))
        if 0 <= y < rows and 0 <= x < columns
    ]


def winner(node: Node, at: Index, image: Operand) -> Index:
    """The first largest cell of a pooling window, in row order."""
    return max(window(node, at, image.shape), key=lambda index: image[index])


def maxpool(node: Node, at: Index, x: Operand) -> Part:
    cells = tuple(At(0, index) for index in window(node, at, x.shape))
    return Term("max", cells) if len(cells) > 1 else cells[0]


def avgpool(node: Node, at: Index, x: Operand) -> Part:
    cells = [At(0, index) for index in window(node, at, x.shape)]
    size = prod(node["size"])
    return Term("/", (total(cells), Leaf(size))) if size > 1 else cells[0]


def _over(at: Index, g: Operand) -> Iterator[Index]:
    """The pooled cells of the same plane."""
    return product(*(range(i, i + 1) for i in at[:-2]), *map(range, g.shape[-2:]))


def maxpool_dx(node: Node, at: Index, g: Operand, image: Operand) -> Part:
    return total([At(0, cell) for cell in _over(at, g) if winner(node, cell, image) == at])


def avgpool_dx(node: Node, at: Index, g: Operand) -> Part:
    size = prod(node["size"])
    found = [At(0, cell) for cell in _over(at, g) if at in window(node, cell, node.shape)]
    return Term("/", (total(found), Leaf(size))) if found and size > 1 else total(found)
