"""What each op means in SymPy: one expression per cell, and the functions whose slopes at a kink are a convention.

A rule says what *one cell* of the result is: `rule(node, at, *operands)` with `at` the cell's index. Reading a cell of
an operand broadcasts as NumPy does, so rules need not speak of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from sympy import Add, Function, Integer, Mul, Rational, S, cos, exp, log, sin, tanh

from examgen.graph import Node
from examgen.model import Exact, cells, shape

Expr = Any  # a SymPy expression: the library has no annotations
Index = tuple[int, ...]


def indices(dims: Index) -> Iterator[Index]:
    """Every index into an array of the given shape, in row-major order."""
    return product(*map(range, dims))


class Cells:
    """An array of anything, read by a full index; a longer index, or one into an axis of length 1, broadcasts."""

    def __init__(self, dims: Index, of: Callable[[Index], Any]) -> None:
        self.shape = dims
        self._cells = {at: of(at) for at in indices(dims)}

    @classmethod
    def of_value(cls, value: Exact) -> Cells:
        """Nested tuples (or a bare number) as cells."""
        flat = cells(value)
        return cls(shape(value), lambda _: next(flat))

    def __getitem__(self, at: Index) -> Any:
        mine = at[len(at) - len(self.shape) :]
        return self._cells[tuple(0 if n == 1 else i for i, n in zip(mine, self.shape, strict=True))]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cells.values())


class RealFunction(Function):  # type: ignore[misc]  # SymPy has no annotations
    """A function that takes and gives real numbers: of anything else, SymPy's `tanh` seeks complex periods, in minutes."""

    is_real = True


class Slope(RealFunction):
    """A number that tells pieces of a function apart; piecewise constant, so its own derivative is 0."""

    def fdiff(self, argindex: int = 1) -> Expr:
        return S.Zero


class IsPositive(Slope):
    """1 where the argument is above 0, else 0: the slope of relu, which is 0 at 0."""


class Sign(Slope):
    """-1, 0 or 1: the slope of abs, which is 0 at 0."""


class Wins(Slope):
    """1 where the first argument is larger, 1/2 at a tie, else 0."""


class LargestShare(Slope):
    """(i, *x): 1/m where x_i is one of the m largest, else 0."""


class LeastShare(Slope):
    """(i, *x): 1/m where x_i is one of the m least, else 0."""


class IsFirstLargest(Slope):
    """(i, *x): 1 where x_i is the first of the largest, else 0."""


class IsEqual(Slope):
    """1 where two class numbers are equal, else 0."""


class WrongClass(Slope):
    """(label, k): number of the k-th class other than the label, counted from 0."""


class Relu(RealFunction):
    """max(0, x)."""

    def fdiff(self, argindex: int = 1) -> Expr:
        return IsPositive(self.args[0])


class Floor(Slope):
    """The largest whole number that is not above the argument."""


class Absolute(RealFunction):
    """|x|; SymPy's own `Abs` splits into real and imaginary parts."""

    def fdiff(self, argindex: int = 1) -> Expr:
        return Sign(self.args[0])


class Larger(RealFunction):
    """max(x, y); SymPy's own `Max` is differentiated by comparing all arguments symbolically, in minutes."""

    def fdiff(self, argindex: int = 1) -> Expr:
        x, y = self.args
        return Wins(x, y) if argindex == 1 else Wins(y, x)


class Smaller(RealFunction):
    """min(x, y)."""

    def fdiff(self, argindex: int = 1) -> Expr:
        x, y = self.args
        return Wins(y, x) if argindex == 1 else Wins(x, y)


class Largest(RealFunction):
    """The largest of several numbers, ties sharing the slope."""

    def fdiff(self, argindex: int = 1) -> Expr:
        return LargestShare(Integer(argindex - 1), *self.args)


class Least(RealFunction):
    """The least of several numbers, ties sharing the slope."""

    def fdiff(self, argindex: int = 1) -> Expr:
        return LeastShare(Integer(argindex - 1), *self.args)


class FirstLargest(RealFunction):
    """The largest of several numbers, the first of equals taking the slope."""

    def fdiff(self, argindex: int = 1) -> Expr:
        return IsFirstLargest(Integer(argindex - 1), *self.args)


class Chosen(RealFunction):
    """(class number, *scores): the score of that class."""

    def fdiff(self, argindex: int = 1) -> Expr:
        return IsEqual(self.args[0], Integer(argindex - 2))


class RealPower(RealFunction):
    """x**n for a fraction n; SymPy's own `Pow` would cancel roots and divide by a base that can be 0."""

    def fdiff(self, argindex: int = 1) -> Expr:
        x, n = self.args
        return n * RealPower(x, n - 1)


def _pow(node: Node, at: Index, x: Cells) -> Expr:
    n = Rational(node["exponent"].numerator, node["exponent"].denominator)
    return x[at] ** n if n.is_Integer else RealPower(x[at], n)


def _piecewise(node: Node, at: Index, x: Cells) -> Expr:
    """A sum of ramps: one that rises behind a knot has slope 0 at it, and one that falls before it takes the slope away."""
    knots, slopes, own = (list(map(_rational, node[name])) for name in ("knots", "slopes", "at"))
    parts = [_rational(node["base"]), slopes[0] * (x[at] - knots[0])]
    for knot, here, before, after in zip(knots, own, slopes, slopes[1:], strict=False):
        beyond = x[at] - knot
        parts += [(after - here) * Relu(beyond), (here - before) * (beyond + Relu(-beyond))]
    return Add(*parts)


def _rational(value: Any) -> Expr:
    return Rational(value.numerator, value.denominator)


def _members(node: Node, at: Index, x: Cells) -> list[Expr]:
    """The cells that a reduction puts together in the result's cell `at`."""
    rank = len(x.shape)
    over = {axis % rank for axis in node["axes"]}
    kept = iter(i for axis, i in enumerate(at) if not (node["keepdims"] and axis in over))
    ranges = (range(n) if axis in over else (next(kept),) for axis, n in enumerate(x.shape))
    return [x[where] for where in product(*ranges)]


def _mean(node: Node, at: Index, x: Cells) -> Expr:
    members = _members(node, at, x)
    return Add(*members) / len(members)


def _matmul(node: Node, at: Index, x: Cells, y: Cells) -> Expr:
    row, column = at[: len(x.shape) - 1], at[len(x.shape) - 1 :]
    return Add(*(x[(*row, k)] * y[(k, *column)] for k in range(y.shape[0])))


def _transpose(node: Node, at: Index, x: Cells) -> Expr:
    return x[(*at[:-2], at[-1], at[-2])] if len(at) > 1 else x[at]


def _spread(node: Node, at: Index, x: Cells) -> Expr:
    new = {axis % len(at) for axis in node["axes"]}
    return x[tuple(i for axis, i in enumerate(at) if axis not in new)]


def _getitem(node: Node, at: Index, x: Cells) -> Expr:
    return x[(*(i % n for i, n in zip(node["index"], x.shape, strict=False)), *at)]


def _row(at: Index, x: Cells) -> list[Expr]:
    """The scores of all classes in one row."""
    return [x[(*at, j)] for j in range(x.shape[-1])]


def _pick(node: Node, at: Index, scores: Cells, labels: Cells) -> Expr:
    row = at[:-1] if node["keepdims"] else at
    return Chosen(labels[row], *_row(row, scores))


def _others(node: Node, at: Index, scores: Cells, labels: Cells) -> Expr:
    *row, k = at
    return Chosen(WrongClass(labels[tuple(row)], Integer(k)), *_row(tuple(row), scores))


def _softmax(node: Node, at: Index, x: Cells) -> Expr:
    return exp(x[at]) / Add(*map(exp, _row(at[:-1], x)))


def _cross_entropy(node: Node, at: Index, scores: Cells, labels: Cells) -> Expr:
    """ln Σ exp(s_j - s_y): this way round it reads as ln(9/2), not -ln(2/9), and cancels no digits."""
    row = _row(at, scores)
    true = Chosen(labels[at], *row)
    return log(Add(*(exp(s - true) for s in row)))


def _conv2d(node: Node, at: Index, x: Cells, kernels: Cells) -> Expr:
    *lead, f, i, j = at
    filters, channels, height, width = kernels.shape
    first = f // (filters // node["groups"]) * channels
    rows = _covered(i, height, node["stride"][0], node["padding"][0], node["dilation"][0], x.shape[-2])
    columns = _covered(j, width, node["stride"][1], node["padding"][1], node["dilation"][1], x.shape[-1])
    return Add(*(
        Mul(x[(*lead, first + c, row, column)], kernels[(f, c, a, b)])
        for c, (a, row), (b, column) in product(range(channels), rows, columns)
    ))


def _covered(cell: int, size: int, stride: int, padding: int, dilation: int, length: int) -> list[tuple[int, int]]:
    """(Place in the window, place in the image) of each cell under it, along one axis; the padding is left out."""
    places = ((k, cell * stride - padding + k * dilation) for k in range(size))
    return [(k, place) for k, place in places if 0 <= place < length]


def _window(node: Node, at: Index, x: Cells) -> list[Expr]:
    """The image's cells under one pooling window, in row order."""
    *lead, i, j = at
    rows, columns = (
        _covered(cell, node["size"][axis], node["stride"][axis], node["padding"][axis], 1, x.shape[axis - 2])
        for axis, cell in enumerate((i, j))
    )
    return [x[(*lead, row, column)] for (_, row), (_, column) in product(rows, columns)]


def _avgpool(node: Node, at: Index, x: Cells) -> Expr:
    return Add(*_window(node, at, x)) / (node["size"][0] * node["size"][1])


TABLE: dict[str, Callable[..., Expr]] = {
    "add": lambda node, at, x, y: x[at] + y[at],
    "sub": lambda node, at, x, y: x[at] - y[at],
    "mul": lambda node, at, x, y: x[at] * y[at],
    "div": lambda node, at, x, y: x[at] / y[at],
    "neg": lambda node, at, x: -x[at],
    "pow": _pow,
    "exp": lambda node, at, x: exp(x[at]),
    "log": lambda node, at, x: log(x[at]),
    "sqrt": lambda node, at, x: RealPower(x[at], S.Half),
    "sin": lambda node, at, x: sin(x[at]),
    "cos": lambda node, at, x: cos(x[at]),
    "tanh": lambda node, at, x: tanh(x[at]),
    "sigmoid": lambda node, at, x: 1 / (1 + exp(-x[at])),
    "relu": lambda node, at, x: Relu(x[at]),
    "step": lambda node, at, x: IsPositive(x[at]),
    "abs": lambda node, at, x: Absolute(x[at]),
    "floor": lambda node, at, x: Floor(x[at]),
    "piecewise": _piecewise,
    "maximum": lambda node, at, x, y: Larger(x[at], y[at]),
    "minimum": lambda node, at, x, y: Smaller(x[at], y[at]),
    "sum": lambda node, at, x: Add(*_members(node, at, x)),
    "mean": _mean,
    "amax": lambda node, at, x: Largest(*_members(node, at, x)),
    "amin": lambda node, at, x: Least(*_members(node, at, x)),
    "matmul": _matmul,
    "transpose": _transpose,
    "spread": _spread,
    "getitem": _getitem,
    "pick": _pick,
    "others": _others,
    "softmax": _softmax,
    "cross_entropy": _cross_entropy,
    "conv2d": _conv2d,
    "maxpool": lambda node, at, x: FirstLargest(*_window(node, at, x)),
    "avgpool": _avgpool,
}


def compose(node: Node, *operands: Cells) -> Cells:
    """The node's cells as expressions of its operands' cells."""
    rule = TABLE[node.op]
    return Cells(node.shape, lambda at: rule(node, at, *operands))
