"""The table of the textbook route: what each op does to arrays, whose last axes are those of one task."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from examgen.engines import _numpy_windows as windows
from examgen.engines._numpy_numbers import Array, as_fractions, div, floors, mp, mpf, rational, stacked, whole, zeros
from examgen.graph import Node


class Overwriting:
    """A row of the table whose result may be written over one of the operands, which has its shape."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, node: Node, *x: Array, out: Array | None = None) -> Any:
        return self.function(*x, out=out)


class Summing:
    """A row of the table that sums over axes in front, and must be told how many of them are a stack's."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, node: Node, *x: Array, lead: int = 0) -> Any:
        return self.function(node, *x, lead=lead)


def _function(fast: Callable[..., Any], exact: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one array: NumPy's own in float64, mpmath's cell by cell on objects."""
    slow = np.frompyfunc(exact, 1, 1)
    return lambda node, x: slow(x) if x.dtype == object else fast(x)


def _sigmoid(x: Array) -> Array:
    return np.asarray(np.exp(-np.logaddexp(0, -x)))


def _pow(node: Node, x: Array) -> Any:
    exponent = node["exponent"]
    if exponent.denominator == 1 and (x.dtype == object or exponent > 0):
        return (as_fractions(x) if exponent < 0 else x) ** int(exponent)  # an int to a negative power would be a float
    return x ** (mp.mpf(exponent.numerator) / exponent.denominator if x.dtype == object else float(exponent))


def _where(test: Any, x: Any, y: Any) -> Array:
    return np.asarray(np.where(np.asarray(test, dtype=bool), x, y))


def _relu(x: Array, out: Array | None = None) -> Array:
    return _where(x > 0, x, x * 0) if x.dtype == object else np.asarray(np.maximum(x, 0, out=out))


def _step(node: Node, x: Array) -> Array:
    """As booleans in float64, which multiply as 0 and 1 and take an eighth of the memory."""
    return _where(x > 0, x * 0 + 1, x * 0) if x.dtype == object else np.asarray(x > 0)


def _stated(stated: Iterable[Fraction], x: Array) -> list[Any]:
    """Numbers that an op states, of the kind that its operand holds."""
    if x.dtype != object:
        return [*map(float, stated)]
    return [*map(whole if rational(x) else mpf, stated)]


def _piecewise(node: Node, x: Array) -> Array:
    knots, slopes = _stated(node["knots"], x), _stated(node["slopes"], x)
    (value,) = _stated((node["base"],), x)
    result = np.asarray(value + slopes[0] * (x - knots[0]))
    for place, knot in enumerate(knots):
        value = value + slopes[place] * (knot - knots[place - 1]) if place else value
        result = _where(x > knot, value + slopes[place + 1] * (x - knot), result)
    return result


def _share(node: Node, x: Array, y: Array) -> Any:
    zero = (x - y) * 0  # in the numbers and the shape of the operands
    return _where(x > y, zero + 1, _where(x == y, div(zero + 1, 2), zero))


def _reduce(node: Node, x: Array, how: Callable[..., Any]) -> Any:
    return how(x, axis=tuple(node["axes"]), keepdims=node["keepdims"])


def _mean(node: Node, x: Array) -> Any:
    return div(_reduce(node, x, np.sum), prod(x.shape[axis] for axis in node["axes"]))


def _extreme_share(node: Node, x: Array) -> Any:
    axes = tuple(node["axes"])
    extreme = (np.max if node["largest"] else np.min)(x, axis=axes, keepdims=True)
    hits = np.asarray(x == extreme, dtype=bool)
    count = hits.sum(axis=axes, keepdims=True)
    one = x - x + 1  # in the numbers of x
    return div(_where(hits, one, one * 0), count.astype(object) if x.dtype == object else count)


def _matmul(node: Node, x: Array, y: Array) -> Any:
    rows, columns = node["ranks"]
    if x.ndim == rows:  # no stack
        return x @ y
    product = (x[..., None, :] if rows == 1 else x) @ (y[..., None] if columns == 1 else y)
    if columns == 1:
        product = product[..., 0]
        return product[..., 0] if rows == 1 else product
    return product[..., 0, :] if rows == 1 else product


def _sum_to(node: Node, x: Array, lead: int) -> Any:
    more = x.ndim - lead - len(node["shape"])
    x = x.sum(axis=tuple(range(lead, lead + more))) if more else x  # a sum over no axis would copy
    short = tuple(axis for axis, n in enumerate(node["shape"], lead) if n == 1 and np.shape(x)[axis] != 1)
    return np.asarray(x).sum(axis=short, keepdims=True) if short else x


def _spread(node: Node, x: Array) -> Any:
    wide = np.expand_dims(x, tuple(node["axes"]))
    return np.broadcast_to(wide, stacked(node["shape"], wide, len(node["shape"])))


def _getitem(node: Node, x: Array) -> Any:
    return x[(..., *node["index"], *(slice(None),) * len(node.shape))]


def _put(node: Node, g: Array) -> Array:
    rank = len(node["shape"]) - len(node["index"])
    out = zeros(stacked(node["shape"], g, rank), g)
    out[(..., *node["index"], *(slice(None),) * rank)] = g  # without the dots a lone cell would hold the array g
    return out


def _pick(node: Node, scores: Array, labels: Array) -> Array:
    column = np.take_along_axis(scores, labels[..., None], axis=-1)
    return column if node["keepdims"] else column[..., 0]


def _behind(labels: Array, classes: int) -> Array:
    """For each label, which of the wrong classes in order stand behind it."""
    return np.asarray(np.arange(classes - 1) >= labels[..., None])


def _others(node: Node, scores: Array, labels: Array) -> Array:
    return _where(_behind(labels, scores.shape[-1]), scores[..., 1:], scores[..., :-1])


def _put_others(node: Node, g: Array, labels: Array) -> Array:
    out = np.empty((*g.shape[:-1], node["shape"][-1]), dtype=g.dtype)
    out[..., :-1] = g
    np.copyto(out[..., 1:], g, where=_behind(labels, out.shape[-1]))
    np.put_along_axis(out, labels[..., None], zeros((), g), axis=-1)
    return out


def _one_hot(node: Node, labels: Array) -> Any:
    return (labels[..., None] == np.arange(node["classes"])).astype(np.int8)


def _exponentials(x: Array) -> Array:
    """exp of numbers that nobody else reads."""
    return np.asarray(np.frompyfunc(mp.exp, 1, 1)(x) if x.dtype == object else np.exp(x, out=x))


def _below_largest(x: Array) -> Array:
    return np.asarray(x - x.max(axis=-1, keepdims=True))


def _softmax(node: Node, x: Array) -> Any:
    e = _exponentials(_below_largest(x))
    e /= e.sum(axis=-1, keepdims=True)
    return e


def _cross_entropy(node: Node, x: Array, labels: Array) -> Any:
    shifted = _below_largest(x)
    true = np.take_along_axis(shifted, labels[..., None], axis=-1)[..., 0]
    total = _exponentials(shifted).sum(axis=-1)
    return (np.frompyfunc(mp.log, 1, 1)(total) if x.dtype == object else np.log(total)) - true


BROADCASTING = frozenset(("add", "sub", "mul", "div", "maximum", "minimum", "share"))
VIEWS = frozenset(("transpose", "getitem", "spread", "sum_to"))  # their results may be their operand's own cells
FRESH = frozenset(  # their results are in memory of their own
    ("add", "sub", "mul", "div", "neg", "relu", "others", "put_others", "softmax", "conv2d", "exp", "tanh", "sigmoid")
)


TABLE: dict[str, Callable[..., Any]] = {
    "add": Overwriting(np.add),
    "sub": Overwriting(np.subtract),
    "mul": Overwriting(np.multiply),
    "div": Overwriting(div),
    "neg": Overwriting(np.negative),
    "pow": _pow,
    "exp": _function(np.exp, mp.exp),
    "log": _function(np.log, mp.log),
    "sqrt": _function(np.sqrt, mp.sqrt),
    "sin": _function(np.sin, mp.sin),
    "cos": _function(np.cos, mp.cos),
    "tanh": _function(np.tanh, mp.tanh),
    "sigmoid": _function(_sigmoid, lambda x: 1 / (1 + mp.exp(-x))),
    "relu": Overwriting(_relu),
    "abs": lambda node, x: abs(x),
    "floor": lambda node, x: floors(x) if x.dtype == object else np.floor(x),
    "piecewise": _piecewise,
    "maximum": lambda node, x, y: _where(x > y, x, y),
    "minimum": lambda node, x, y: _where(x < y, x, y),
    "step": _step,
    "sign": lambda node, x: _where(x > 0, x * 0 + 1, _where(x < 0, x * 0 - 1, x * 0)),
    "share": _share,
    "sum": lambda node, x: _reduce(node, x, np.sum),
    "mean": _mean,
    "amax": lambda node, x: _reduce(node, x, np.max),
    "amin": lambda node, x: _reduce(node, x, np.min),
    "matmul": _matmul,
    "transpose": lambda node, x: np.swapaxes(x, -1, -2),
    "getitem": _getitem,
    "sum_to": Summing(_sum_to),
    "spread": _spread,
    "extreme_share": _extreme_share,
    "put": _put,
    "pick": _pick,
    "others": _others,
    "one_hot": _one_hot,
    "put_others": _put_others,
    "softmax": _softmax,
    "cross_entropy": _cross_entropy,
    "conv2d": windows.conv2d,
    "maxpool": windows.maxpool,
    "avgpool": windows.avgpool,
    "conv2d_dx": windows.conv2d_dx,
    "conv2d_dk": Summing(windows.conv2d_dk),
    "maxpool_dx": windows.maxpool_dx,
    "avgpool_dx": windows.avgpool_dx,
}
