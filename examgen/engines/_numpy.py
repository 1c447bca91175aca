"""The textbook route: a forward table in NumPy, and the hand-written VJPs evaluated as the nodes they emit.

Runs in float64, or on object arrays of `Fraction` and, from the first exp or log on, of `mpmath.mpf` with 55 digits. Given
`count`, every array of the data is a stack of so many, along an axis in front, and so is every result.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from itertools import product
from math import floor, prod
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from examgen.engines._engine import Evaluation
from examgen.graph import Graph, Node, backward, irrational

Array = npt.NDArray[Any]

mp = mpmath.MPContext()
mp.dps = 55
LARGEST_BITS = 2000
LARGEST_POWER = 10**5  # of 2, of a number of 55 digits: it takes no more memory, and scores of 10,000 are put under exp
LARGE = 1 << 12  # cells of an array that is worth writing over instead of taking new memory


def evaluate(
    graph: Graph, data: Mapping[str, Any], upstream: Any = 1, numbers: str = "float",
    wanted: Collection[tuple[str, bool]] | None = None, count: int | None = None,
) -> Evaluation:
    """Every node's value and gradient as arrays, or those wanted: (node, whether its gradient).

    `numbers` is "float" (float64), "exact" or "whole". Exact numbers are fractions up to the first exp, log or the like, and
    have 55 digits from there on; "whole" leaves whole ones among them ints, which are faster. Arrays are not to be written
    to: equal nodes share one, and it may be a view of the data.
    Raises ZeroDivisionError or ValueError in exact numbers where a node has no value; float64 gives inf or nan.
    """
    if wanted is None:
        wanted = [(node.name, False) for node in graph.nodes] + [(node.name, True) for node in graph.differentiable]
    values = [name for name, gradient in wanted if not gradient]
    if len(values) == len(wanted) and graph.behind.isdisjoint(values):
        return Evaluation(run(graph, data, numbers, values, count), {})
    both = backward(graph)
    gradients = {name: both.gradients[name] for name, gradient in wanted if gradient}
    arrays = run(both.graph, {**data, both.upstream: upstream}, numbers, [*values, *gradients.values()], count)
    return Evaluation(
        {name: arrays[name] for name in values}, {name: arrays[gradient] for name, gradient in gradients.items()}
    )


def runs(device: str) -> tuple[tuple[bool, str, Callable[..., Evaluation]], ...]:
    """In exact numbers and in float64, on the CPU whatever the device."""
    return (True, "", partial(evaluate, numbers="whole")), (False, "", evaluate)


def run(
    graph: Graph, data: Mapping[str, Any], numbers: str = "float", wanted: Collection[str] | None = None,
    count: int | None = None, *, tolerant: bool = False,
) -> dict[str, Array]:
    """The value of every node, or of those wanted: a loop over the nodes and one table.

    With `tolerant` those that have no value, or no data, are left out; nothing is raised.
    """
    arrays: dict[str, Array] = {}
    lead = () if count is None else (count,)
    steps, same = _plan(graph, None if wanted is None else frozenset(wanted))
    with np.errstate(all="ignore"):
        for step in steps:
            if not tolerant:
                arrays[step.node.name] = _value(step, arrays, data, numbers, lead)
            elif all(name in arrays for name in step.sources):
                with suppress(ArithmeticError, ValueError, KeyError):
                    arrays[step.node.name] = _value(step, arrays, data, numbers, lead)
            for name in step.ends:
                arrays.pop(name, None)
    held = {name: arrays[same[name]] for name in (same if wanted is None else wanted) if same[name] in arrays}
    return {name: (_as_fractions if numbers == "exact" else _as_numbers)(array) for name, array in held.items()}


def _as_fractions(x: Array) -> Array:
    return np.asarray(_fractions(x), dtype=object) if x.dtype == object and _rational(x) else x


def _as_numbers(x: Array) -> Array:
    """Truth values, which steps are kept as, as 0 and 1."""
    return x.astype(np.float64) if x.dtype == np.bool_ else x


@dataclass(frozen=True)
class _Step:
    """One node to work out: whose arrays it reads, which of them nobody reads later, and which it may write over."""

    node: Node
    sources: tuple[str, ...]
    ends: tuple[str, ...]
    over: str | None


@lru_cache(maxsize=512)
def _plan(graph: Graph, wanted: frozenset[str] | None) -> tuple[tuple[_Step, ...], dict[str, str]]:
    """The steps without which the wanted nodes have no value, and under whose name each node's array stands.

    A node that repeats an earlier one (same op, inputs and attributes) is that node.
    """
    first: dict[Any, str] = {}
    same: dict[str, str] = {}
    for node in graph.nodes:
        what = node.name if node.op == "input" else (node.op, tuple(same[name] for name in node.inputs), node.attrs)
        same[node.name] = first.setdefault(what, node.name)
    needed = {same[name] for name in (same if wanted is None else wanted)}
    viewed = {same[name] for node in graph.nodes if node.op in VIEWS for name in node.inputs}
    steps = []
    for node in reversed(graph.nodes):
        if same[node.name] == node.name and node.name in needed:
            sources = tuple(same[name] for name in node.inputs)
            ends = tuple(name for name in dict.fromkeys(sources) if name not in needed)
            needed.update(sources)
            free = (graph[name] for name in ends if name not in viewed)
            over = next((x.name for x in free if x.op in FRESH and x.shape == node.shape and prod(x.shape) >= LARGE), None)
            steps.append(_Step(node, sources, ends, over))
    return tuple(reversed(steps)), same


def _value(step: _Step, arrays: Mapping[str, Array], data: Mapping[str, Any], numbers: str, lead: tuple[int, ...]) -> Array:
    node, exact = step.node, numbers != "float"
    if node.op == "input":
        return np.broadcast_to(_leaf(data[node.name], "int" if node["discrete"] else numbers), (*lead, *node.shape))
    if node.op == "const":
        value = _leaf(node["value"], numbers)
        return np.broadcast_to(value, (*lead, *node.shape)) if lead else value
    sources = [arrays[name] for name in step.sources]
    rule = TABLE[node.op]
    if lead and node.op in BROADCASTING:
        sources = [_aligned(x, len(node.shape)) for x in sources]
    if isinstance(rule, _Summing):
        rule = partial(rule, lead=len(lead))
    if exact:
        found = np.asarray(rule(node, *_alike(node, sources)), dtype=object)
        _check_size(node, found)
        return found
    if node.op != "mul":  # it alone makes the same numbers of truth values
        sources = [_as_numbers(x) for x in sources]
    if step.over and isinstance(rule, _Overwriting) and arrays[step.over].dtype == np.float64:
        return np.asarray(rule(node, *sources, out=arrays[step.over]))
    return np.asarray(rule(node, *sources))


class _Overwriting:
    """A row of the table whose result may be written over one of the operands, which has its shape."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, node: Node, *x: Array, out: Array | None = None) -> Any:
        return self.function(*x, out=out)


class _Summing:
    """A row of the table that sums over axes in front, and must be told how many of them are a stack's."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, node: Node, *x: Array, lead: int = 0) -> Any:
        return self.function(node, *x, lead=lead)


def _aligned(x: Array, rank: int) -> Array:
    """A stack of arrays of this many axes: what broadcasts gets its missing ones behind the stack's own."""
    return x.reshape(x.shape[0], *(1,) * (rank + 1 - x.ndim), *x.shape[1:])


def _check_size(node: Node, x: Array) -> None:
    """Raises OverflowError where exact numbers outgrow paper, before the next op makes them outgrow memory."""
    for cell in x.flat:
        if isinstance(cell, (int, Fraction)):
            size, largest = max(cell.numerator.bit_length(), cell.denominator.bit_length()), LARGEST_BITS
        else:
            size, largest = abs(mp.mag(cell)) if isinstance(cell, mp.mpf) and cell else 0, LARGEST_POWER
        if size > largest:
            raise OverflowError(f"{node.op} gives a number of more than {largest} bits")


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
    return exact.astype(np.float64) if numbers == "float" else np.asarray(_wholes(exact), dtype=object)


def _mpf(value: int | Fraction) -> Any:
    fraction = Fraction(value)
    return mp.mpf(fraction.numerator) / fraction.denominator


def _digits(x: Array) -> Array:
    return np.asarray(np.frompyfunc(_mpf, 1, 1)(x), dtype=object)


def _whole(value: int | Fraction) -> int | Fraction:
    """An int where it can be one: its arithmetic is many times faster than that of a fraction."""
    return int(value) if value.denominator == 1 else Fraction(value)


def _quotient(x: Any, y: Any) -> Any:
    """Of exact numbers: two ints would make a float."""
    return _whole(Fraction(x, y)) if isinstance(x, (int, Fraction)) and isinstance(y, (int, Fraction)) else x / y


_fractions = np.frompyfunc(Fraction, 1, 1)
_wholes = np.frompyfunc(_whole, 1, 1)
_floors = np.frompyfunc(lambda x: int(mp.floor(x)) if isinstance(x, mp.mpf) else floor(x), 1, 1)
_quotients = np.frompyfunc(_quotient, 2, 1)


def _div(x: Any, y: Any, out: Array | None = None) -> Any:
    exact = not hasattr(x, "dtype") or x.dtype == object  # a lone cell of objects is the number itself
    return _quotients(x, y) if exact else np.true_divide(x, y, out=out)


def _function(fast: Callable[..., Any], exact: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one array: NumPy's own in float64, mpmath's cell by cell on objects."""
    slow = np.frompyfunc(exact, 1, 1)
    return lambda node, x: slow(x) if x.dtype == object else fast(x)


def _sigmoid(x: Array) -> Array:
    return np.asarray(np.exp(-np.logaddexp(0, -x)))


def _pow(node: Node, x: Array) -> Any:
    exponent = node["exponent"]
    if exponent.denominator == 1 and (x.dtype == object or exponent > 0):
        return (_as_fractions(x) if exponent < 0 else x) ** int(exponent)  # an int to a negative power would be a float
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
    return [*map(_whole if _rational(x) else _mpf, stated)]


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
    return _where(x > y, zero + 1, _where(x == y, _div(zero + 1, 2), zero))


def _reduce(node: Node, x: Array, how: Callable[..., Any]) -> Any:
    return how(x, axis=tuple(node["axes"]), keepdims=node["keepdims"])


def _mean(node: Node, x: Array) -> Any:
    return _div(_reduce(node, x, np.sum), prod(x.shape[axis] for axis in node["axes"]))


def _extreme_share(node: Node, x: Array) -> Any:
    axes = tuple(node["axes"])
    extreme = (np.max if node["largest"] else np.min)(x, axis=axes, keepdims=True)
    hits = np.asarray(x == extreme, dtype=bool)
    count = hits.sum(axis=axes, keepdims=True)
    one = x - x + 1  # in the numbers of x
    return _div(_where(hits, one, one * 0), count.astype(object) if x.dtype == object else count)


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
    return np.broadcast_to(wide, _stacked(node["shape"], wide, len(node["shape"])))


def _stacked(shape: tuple[int, ...], like: Array, rank: int) -> tuple[int, ...]:
    """The shape behind the axes in front of the last `rank` ones of another array: those of a stack."""
    return (*like.shape[: like.ndim - rank], *shape)


def _getitem(node: Node, x: Array) -> Any:
    return x[(..., *node["index"], *(slice(None),) * len(node.shape))]


def _zeros(shape: tuple[int, ...], like: Array) -> Array:
    """Zeros in the numbers of `like`: an int 0 among fractions would divide to a float."""
    if like.dtype != object:
        return np.zeros(shape, dtype=like.dtype)
    return np.full(shape, like.flat[0] * 0 if like.size else 0, dtype=like.dtype)


def _put(node: Node, g: Array) -> Array:
    rank = len(node["shape"]) - len(node["index"])
    out = _zeros(_stacked(node["shape"], g, rank), g)
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
    np.put_along_axis(out, labels[..., None], _zeros((), g), axis=-1)
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


def _grouped(node: Node, kernels: Array, like: Array) -> Array:
    """Kernels as rows for one matrix product with `like`, of shape (..., groups, rows, columns)."""
    *stack, filters, _, _, _ = kernels.shape
    between = (1,) * (like.ndim - 3 - len(stack))
    return kernels.reshape(*stack, *between, node["groups"], filters // node["groups"], -1)


def _conv2d(node: Node, x: Array, kernels: Array) -> Array:
    columns = _columns(node, x, kernels.shape)
    product = np.matmul(_grouped(node, kernels, columns), columns)
    return np.asarray(product.reshape(*x.shape[:-3], *node.shape[-3:]))


def _conv2d_dk(node: Node, g: Array, x: Array, lead: int) -> Array:
    columns = _columns(node, x, node["shape"])
    rows = g.reshape(*columns.shape[:-2], g.shape[-3] // node["groups"], -1)
    product = np.matmul(rows, np.swapaxes(columns, -1, -2))
    total = np.asarray(product.sum(axis=tuple(range(lead, product.ndim - 3))))
    return total.reshape(*x.shape[:lead], *node["shape"])


def _conv2d_dx(node: Node, g: Array, kernels: Array) -> Array:
    groups, (kh, kw) = node["groups"], kernels.shape[-2:]
    shape = (*g.shape[:-3], *node["shape"][-3:])
    rows = g.reshape(*g.shape[:-3], groups, g.shape[-3] // groups, -1)
    product = np.matmul(np.swapaxes(_grouped(node, kernels, rows), -1, -2), rows)
    columns = product.reshape(*shape[:-2], kh * kw, *g.shape[-2:])
    out = _bordered(node, shape, columns)
    for k, cells in enumerate(_places(out, (kh, kw), g.shape[-2:], node["stride"], node["dilation"])):
        cells += columns[..., k, :, :]
    return _inner(node, out, shape)


def _bordered(node: Node, shape: tuple[int, ...], like: Array) -> Array:
    """Zeros for an image of the given shape and its padding."""
    (v, h), (*lead, rows, columns) = node["padding"], shape
    return _zeros((*lead, rows + 2 * v, columns + 2 * h), like)


def _inner(node: Node, x: Array, shape: tuple[int, ...]) -> Array:
    """The image without its padding."""
    v, h = node["padding"]
    return x[..., v : v + shape[-2], h : h + shape[-1]]


def _places(x: Array, size: Any, cells: Any, stride: Any, dilation: Any = (1, 1)) -> Iterator[Array]:
    """For each place in a window, in row order, the cells of all windows that lie there: views (..., H', W')."""
    (rows, columns), (sv, sh) = cells, stride
    for i, j in product(range(size[0]), range(size[1])):
        top, left = i * dilation[0], j * dilation[1]
        yield x[..., top : top + sv * (rows - 1) + 1 : sv, left : left + sh * (columns - 1) + 1 : sh]


def _floor(x: Array) -> Any:
    """What stands in the padding under max: less than every number."""
    return -np.inf if x.dtype != object else min(x.flat) - 1


def _pooled_places(node: Node, x: Array, cells: tuple[int, ...], fill: Any) -> Iterator[Array]:
    return _places(_padded(x, node["padding"], fill), node["size"], cells, node["stride"])


def _maxpool(node: Node, x: Array) -> Any:
    first, *rest = _pooled_places(node, x, node.shape[-2:], _floor(x))
    largest = first.copy()
    for cells in rest:
        np.maximum(largest, cells, out=largest)
    return largest


def _maxpool_dx(node: Node, g: Array, x: Array) -> Array:
    places = _pooled_places(node, x, g.shape[-2:], _floor(x))
    largest = next(places).copy()
    winner = np.zeros(g.shape, dtype=np.int32)
    for k, cells in enumerate(places, 1):
        beaten = np.asarray((cells > largest) | (cells != cells), dtype=bool)  # a nan wins, as in PyTorch
        np.maximum(largest, cells, out=largest)
        np.maximum(winner, beaten * np.int32(k), out=winner)
    out = _bordered(node, x.shape, g)
    for k, cells in enumerate(_places(out, node["size"], g.shape[-2:], node["stride"])):
        cells += g * (winner == k)  # in float64 faster than any choice between g and 0
    return _inner(node, out, x.shape)


def _avgpool(node: Node, x: Array) -> Any:
    return _div(sum(_pooled_places(node, x, node.shape[-2:], None)), prod(node["size"]))


def _avgpool_dx(node: Node, g: Array) -> Array:
    shape = _stacked(node["shape"], g, len(node["shape"]))
    out, part = _bordered(node, shape, g), _div(g, prod(node["size"]))
    for cells in _places(out, node["size"], g.shape[-2:], node["stride"]):
        cells += part
    return _inner(node, out, shape)


BROADCASTING = frozenset(("add", "sub", "mul", "div", "maximum", "minimum", "share"))
VIEWS = frozenset(("transpose", "getitem", "spread", "sum_to"))  # their results may be their operand's own cells
FRESH = frozenset(  # their results are in memory of their own
    ("add", "sub", "mul", "div", "neg", "relu", "others", "put_others", "softmax", "conv2d", "exp", "tanh", "sigmoid")
)

TABLE: dict[str, Callable[..., Any]] = {
    "add": _Overwriting(np.add),
    "sub": _Overwriting(np.subtract),
    "mul": _Overwriting(np.multiply),
    "div": _Overwriting(_div),
    "neg": _Overwriting(np.negative),
    "pow": _pow,
    "exp": _function(np.exp, mp.exp),
    "log": _function(np.log, mp.log),
    "sqrt": _function(np.sqrt, mp.sqrt),
    "sin": _function(np.sin, mp.sin),
    "cos": _function(np.cos, mp.cos),
    "tanh": _function(np.tanh, mp.tanh),
    "sigmoid": _function(_sigmoid, lambda x: 1 / (1 + mp.exp(-x))),
    "relu": _Overwriting(_relu),
    "abs": lambda node, x: abs(x),
    "floor": lambda node, x: _floors(x) if x.dtype == object else np.floor(x),
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
    "sum_to": _Summing(_sum_to),
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
    "conv2d_dk": _Summing(_conv2d_dk),
    "maxpool_dx": _maxpool_dx,
    "avgpool_dx": _avgpool_dx,
}
