"""The textbook route: a forward table in NumPy, and the hand-written VJPs evaluated as the nodes they emit.

Runs in float64, or on object arrays of `Fraction` and, from the first exp or log on, of `mpmath.mpf` with 55 digits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from math import prod
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from examgen.engines._engine import Evaluation
from examgen.graph import Graph, Node, backward, irrational
from examgen.model import Exact

Array = npt.NDArray[Any]

mp = mpmath.MPContext()
mp.dps = 55
LARGEST_BITS = 2000


def evaluate(graph: Graph, data: Mapping[str, Exact], upstream: Exact = 1, numbers: str = "float") -> Evaluation:
    """Every node's value and gradient as arrays; `numbers` is "float" (float64) or "exact".

    Exact numbers are fractions up to the first exp, log or the like, and have 55 digits from there on.
    Raises ZeroDivisionError or ValueError in exact numbers where a node has no value; float64 gives inf or nan.
    """
    both = backward(graph)
    arrays = run(both.graph, {**data, both.upstream: upstream}, numbers)
    return Evaluation(
        {node.name: arrays[node.name] for node in graph.nodes},
        {node: arrays[gradient] for node, gradient in both.gradients.items()},
    )


def runs(device: str) -> tuple[tuple[bool, str, Callable[..., Evaluation]], ...]:
    """In exact numbers and in float64, on the CPU whatever the device."""
    return (True, "", partial(evaluate, numbers="exact")), (False, "", evaluate)


def run(graph: Graph, data: Mapping[str, Any], numbers: str = "float") -> dict[str, Array]:
    """Every node's value: a loop over the nodes and one table."""
    arrays: dict[str, Array] = {}
    exact = numbers == "exact"
    with np.errstate(all="ignore"):
        for node in graph.nodes:
            if node.op == "input":
                given = _leaf(data[node.name], "int" if node["discrete"] else numbers)
                arrays[node.name] = np.broadcast_to(given, node.shape)
            elif node.op == "const":
                arrays[node.name] = _leaf(node["value"], numbers)
            else:
                sources = [arrays[source] for source in node.inputs]
                result = TABLE[node.op](node, *(_alike(node, sources) if exact else sources))
                arrays[node.name] = np.asarray(result, dtype=object if exact else None)
                if exact:
                    _check_size(node, arrays[node.name])
    return arrays


def _check_size(node: Node, x: Array) -> None:
    """Raises OverflowError where exact numbers outgrow paper, before the next op makes them outgrow memory."""
    for cell in x.flat:
        if isinstance(cell, (int, Fraction)):
            size = max(cell.numerator.bit_length(), cell.denominator.bit_length())
        else:
            size = abs(mp.mag(cell)) if isinstance(cell, mp.mpf) and cell else 0
        if size > LARGEST_BITS:
            raise OverflowError(f"{node.op} gives a number of more than {LARGEST_BITS} bits")


def _alike(node: Node, sources: list[Array]) -> list[Array]:
    """Fractions made 55-digit numbers where the op, or another operand, needs them."""
    if not irrational(node) and all(_rational(x) for x in sources):
        return sources
    return [_digits(x) if x.dtype == object and _rational(x) else x for x in sources]


def _rational(x: Array) -> bool:
    return x.size == 0 or isinstance(x.flat[0], (int, Fraction, np.integer))


def _leaf(value: Any, numbers: str) -> Array:
    if isinstance(value, np.ndarray) and numbers == "float":
        return value if value.dtype == np.float64 else value.astype(np.float64)
    if numbers == "int":
        return np.asarray(value, dtype=np.int64)
    exact = np.asarray(value, dtype=object)
    return np.asarray(exact.astype(np.float64) if numbers == "float" else _fractions(exact))


def _mpf(value: int | Fraction) -> Any:
    fraction = Fraction(value)
    return mp.mpf(fraction.numerator) / fraction.denominator


def _digits(x: Array) -> Array:
    return np.asarray(np.frompyfunc(_mpf, 1, 1)(x), dtype=object)


_fractions = np.frompyfunc(Fraction, 1, 1)


def _function(fast: Callable[..., Any], exact: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one array: NumPy's own in float64, mpmath's cell by cell on objects."""
    slow = np.frompyfunc(exact, 1, 1)
    return lambda node, x: slow(x) if x.dtype == object else fast(x)


def _sigmoid(x: Array) -> Array:
    return np.asarray(np.exp(-np.logaddexp(0, -x)))


def _pow(node: Node, x: Array) -> Any:
    exponent = node["exponent"]
    if exponent.denominator == 1 and (x.dtype == object or exponent > 0):
        return x ** int(exponent)
    return x ** (mp.mpf(exponent.numerator) / exponent.denominator if x.dtype == object else float(exponent))


def _where(test: Any, x: Any, y: Any) -> Array:
    return np.asarray(np.where(np.asarray(test, dtype=bool), x, y))


def _share(node: Node, x: Array, y: Array) -> Any:
    zero = (x - y) * 0  # in the numbers and the shape of the operands
    return _where(x > y, zero + 1, _where(x == y, (zero + 1) / 2, zero))


def _reduce(node: Node, x: Array, how: Callable[..., Any]) -> Any:
    return how(x, axis=tuple(node["axes"]), keepdims=node["keepdims"])


def _mean(node: Node, x: Array) -> Any:
    return _reduce(node, x, np.sum) / prod(x.shape[axis] for axis in node["axes"])


def _extreme_share(node: Node, x: Array) -> Any:
    axes = tuple(node["axes"])
    extreme = (np.max if node["largest"] else np.min)(x, axis=axes, keepdims=True)
    hits = np.asarray(x == extreme, dtype=bool)
    count = hits.sum(axis=axes, keepdims=True)
    one = x - x + 1  # in the numbers of x
    return _where(hits, one, one * 0) / (count.astype(object) if x.dtype == object else count)


def _sum_to(node: Node, x: Array) -> Any:
    lead = x.ndim - len(node["shape"])
    x = x.sum(axis=tuple(range(lead)))
    short = tuple(axis for axis, n in enumerate(node["shape"]) if n == 1 and np.shape(x)[axis] != 1)
    return np.asarray(x).sum(axis=short, keepdims=True) if short else x


def _spread(node: Node, x: Array) -> Any:
    return np.broadcast_to(np.expand_dims(x, tuple(node["axes"])), node["shape"])


def _zeros(shape: tuple[int, ...], like: Array) -> Array:
    """Zeros in the numbers of `like`: an int 0 among fractions would divide to a float."""
    return np.full(shape, like.flat[0] * 0 if like.size else 0, dtype=like.dtype)


def _put(node: Node, g: Array) -> Array:
    out = _zeros(node["shape"], g)
    out[node["index"]] = g
    return out


def _pick(node: Node, scores: Array, labels: Array) -> Array:
    column = np.take_along_axis(scores, labels[..., None], axis=-1)
    return column if node["keepdims"] else column[..., 0]


def _wrong_classes(labels: Array, classes: int) -> Array:
    """Indices of the wrong classes in order, one row per label."""
    k = np.arange(classes - 1)
    return np.asarray(k + (k >= labels[..., None]))


def _others(node: Node, scores: Array, labels: Array) -> Array:
    return np.take_along_axis(scores, _wrong_classes(labels, scores.shape[-1]), axis=-1)


def _put_others(node: Node, g: Array, labels: Array) -> Array:
    out = _zeros(node["shape"], g)
    np.put_along_axis(out, _wrong_classes(labels, out.shape[-1]), g, axis=-1)
    return out


def _one_hot(node: Node, labels: Array) -> Any:
    return (labels[..., None] == np.arange(node["classes"])).astype(np.int64)


def _exp(x: Array) -> Any:
    return np.frompyfunc(mp.exp, 1, 1)(x) if x.dtype == object else np.exp(x)


def _softmax(node: Node, x: Array) -> Any:
    e = _exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _cross_entropy(node: Node, x: Array, labels: Array) -> Any:
    shifted = x - x.max(axis=-1, keepdims=True)
    total = _exp(shifted).sum(axis=-1)
    log = np.frompyfunc(mp.log, 1, 1)(total) if x.dtype == object else np.log(total)
    return log - np.take_along_axis(shifted, labels[..., None], axis=-1)[..., 0]


def _padded(x: Array, padding: tuple[int, int], fill: Any = None) -> Array:
    """Padded on every side, with zeros unless told."""
    v, h = padding
    if v == h == 0:
        return x
    *lead, rows, columns = x.shape
    out = _zeros((*lead, rows + 2 * v, columns + 2 * h), x)
    if fill is not None:
        out[...] = fill
    out[..., v : v + rows, h : h + columns] = x
    return out


def _windows(x: Array, size: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int] = (1, 1)) -> Array:
    """View of shape (..., H', W', kH, kW) of the windows over (..., H, W)."""
    reach = tuple(d * (s - 1) + 1 for s, d in zip(size, dilation, strict=True))
    view = sliding_window_view(x, reach, axis=(-2, -1))
    return view[..., :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


def _columns(node: Node, x: Array, kernels: tuple[int, ...]) -> Array:
    """Windows as columns for one matrix product: (..., groups, C/groups·kH·kW, H'·W')."""
    view = _windows(_padded(x, node["padding"]), (kernels[-2], kernels[-1]), node["stride"], node["dilation"])
    view = np.moveaxis(view, (-2, -1), (-4, -3))
    lead, groups = view.shape[:-5], node["groups"]
    return view.reshape(*lead, groups, -1, view.shape[-2] * view.shape[-1])


def _grouped(node: Node, kernels: Array) -> Array:
    return kernels.reshape(node["groups"], kernels.shape[0] // node["groups"], -1)


def _conv2d(node: Node, x: Array, kernels: Array) -> Array:
    product = np.matmul(_grouped(node, kernels), _columns(node, x, kernels.shape))
    return np.asarray(product.reshape(*x.shape[:-3], *node.shape[-3:]))


def _conv2d_dk(node: Node, g: Array, x: Array) -> Array:
    columns = _columns(node, x, node["shape"])
    rows = g.reshape(*columns.shape[:-2], g.shape[-3] // node["groups"], -1)
    product = np.matmul(rows, np.swapaxes(columns, -1, -2))
    return np.asarray(product.sum(axis=tuple(range(product.ndim - 3)))).reshape(node["shape"])


def _conv2d_dx(node: Node, g: Array, kernels: Array) -> Array:
    shape, groups, (kh, kw) = node["shape"], node["groups"], kernels.shape[-2:]
    rows = g.reshape(*g.shape[:-3], groups, g.shape[-3] // groups, -1)
    product = np.matmul(np.swapaxes(_grouped(node, kernels), -1, -2), rows)
    columns = product.reshape(*shape[:-2], kh, kw, *g.shape[-2:])
    return _folded(columns, shape, node["stride"], node["padding"], node["dilation"])


def _folded(columns: Array, shape: tuple[int, ...], stride: Any, padding: Any, dilation: Any = (1, 1)) -> Array:
    """Windows' cells (..., kH, kW, H', W') added up where they lie in an image of the given shape."""
    (sv, sh), (pv, ph), (dv, dh) = stride, padding, dilation
    out = _zeros((*shape[:-2], shape[-2] + 2 * pv, shape[-1] + 2 * ph), columns)
    kh, kw, rows, cols = columns.shape[-4:]
    for i in range(kh):
        for j in range(kw):
            top, left = i * dv, j * dh
            out[..., top : top + sv * rows : sv, left : left + sh * cols : sh] += columns[..., i, j, :, :]
    return out[..., pv : pv + shape[-2], ph : ph + shape[-1]]


def _floor(x: Array) -> Any:
    """What stands in the padding under max: less than every number."""
    return -np.inf if x.dtype != object else min(x.flat) - 1


def _pooled_windows(node: Node, x: Array, fill: Any) -> Array:
    return _windows(_padded(x, node["padding"], fill), node["size"], node["stride"])


def _maxpool(node: Node, x: Array) -> Any:
    return _pooled_windows(node, x, _floor(x)).max(axis=(-2, -1))


def _maxpool_dx(node: Node, g: Array, x: Array) -> Array:
    view = _pooled_windows(node, x, _floor(x))
    kh, kw = node["size"]
    first = np.asarray(view.reshape(*view.shape[:-2], -1)).argmax(axis=-1)
    spread = np.stack([np.where(first == k, g, g * 0) for k in range(kh * kw)], axis=-3)
    columns = spread.reshape(*g.shape[:-2], kh, kw, *g.shape[-2:])
    return _folded(columns, x.shape, node["stride"], node["padding"])


def _avgpool(node: Node, x: Array) -> Any:
    return _pooled_windows(node, x, None).sum(axis=(-2, -1)) / prod(node["size"])


def _avgpool_dx(node: Node, g: Array) -> Array:
    kh, kw = node["size"]
    columns = np.broadcast_to((g / (kh * kw))[..., None, None, :, :], (*g.shape[:-2], kh, kw, *g.shape[-2:]))
    return _folded(columns, node["shape"], node["stride"], node["padding"])


TABLE: dict[str, Callable[..., Any]] = {
    "add": lambda node, x, y: x + y,
    "sub": lambda node, x, y: x - y,
    "mul": lambda node, x, y: x * y,
    "div": lambda node, x, y: x / y,
    "neg": lambda node, x: -x,
    "pow": _pow,
    "exp": _function(np.exp, mp.exp),
    "log": _function(np.log, mp.log),
    "sqrt": _function(np.sqrt, mp.sqrt),
    "sin": _function(np.sin, mp.sin),
    "cos": _function(np.cos, mp.cos),
    "tanh": _function(np.tanh, mp.tanh),
    "sigmoid": _function(_sigmoid, lambda x: 1 / (1 + mp.exp(-x))),
    "relu": lambda node, x: _where(x > 0, x, x * 0),
    "abs": lambda node, x: abs(x),
    "maximum": lambda node, x, y: _where(x > y, x, y),
    "minimum": lambda node, x, y: _where(x < y, x, y),
    "step": lambda node, x: _where(x > 0, x * 0 + 1, x * 0),
    "sign": lambda node, x: _where(x > 0, x * 0 + 1, _where(x < 0, x * 0 - 1, x * 0)),
    "share": _share,
    "sum": lambda node, x: _reduce(node, x, np.sum),
    "mean": _mean,
    "amax": lambda node, x: _reduce(node, x, np.max),
    "amin": lambda node, x: _reduce(node, x, np.min),
    "matmul": lambda node, x, y: x @ y,
    "transpose": lambda node, x: np.swapaxes(x, -1, -2),
    "getitem": lambda node, x: x[node["index"]],
    "sum_to": _sum_to,
    "spread": _spread,
    "extreme_share": _extreme_share,
    "put": _put,
    "pick": _pick,
    "others": _others,
    "one_hot": _one_hot,
    "put_others": _put_others,
    "softmax": _softmax,
    "cross_entropy": _cross_entropy,
    "conv2d": _conv2d,
    "maxpool": _maxpool,
    "avgpool": _avgpool,
    "conv2d_dx": _conv2d_dx,
    "conv2d_dk": _conv2d_dk,
    "maxpool_dx": _maxpool_dx,
    "avgpool_dx": _avgpool_dx,
}
