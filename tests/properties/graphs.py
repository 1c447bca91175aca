"""Random graphs with data to run them on: what the graph properties are checked over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import prod
from operator import add
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from examgen.graph import Builder, Graph, Ref
from examgen.model import nest
from examgen.ops.elementwise import broadcast

SHAPES: tuple[tuple[int, ...], ...] = ((), (2,), (3,), (1, 3), (2, 1), (2, 3), (3, 2), (2, 2, 3))
JUMPY = ("floor", "piecewise", "step")
SMOOTH = ("neg", "sin", "cos", "tanh", "sigmoid", "square", "cube", "log", "sqrt", "root", "softexp", "inverse")
UNARY = (*SMOOTH, *JUMPY, "relu", "abs")
BINARY = ("add", "sub", "mul", "maximum", "minimum", "div")
REDUCTIONS = ("sum", "mean", "amax", "amin")
KINDS = (*("unary",) * 4, *("binary",) * 4, "reduction", "matmul", "transpose", "getitem", "softmax", "spread")

OFF = Fraction(1, 37)  # no sum or quotient of sixteenths is likely to be whole behind it: there another rounding would decide

Draw = Any  # Hypothesis's function that draws


@dataclass(frozen=True)
class Case:
    """A graph, data for its inputs and an upstream gradient; all numbers are sixteenths."""

    graph: Graph
    data: Mapping[str, Any]
    upstream: Any


def some(examples: int) -> int:
    """So many examples, or as many fewer as the profile of the core suite wants."""
    return examples * settings.default.max_examples // 100


def numbers(draw: Draw, dims: tuple[int, ...]) -> Any:
    """Different numbers, so that ties do not come up at every turn."""
    size = prod(dims)
    sixteenths = st.integers(-40, 40).filter(bool)
    flat = draw(st.lists(sixteenths, min_size=size, max_size=size, unique=True))
    return nest([Fraction(n, 16) for n in flat], dims)


@st.composite
def array_graphs(draw: Draw) -> Case:
    """Inputs of several shapes, then a handful of ops on any that fit.

    The output is the last node, or the sum of squares of all that no other node uses, so that every op has a gradient.
    """
    b, data = Builder(), {}
    refs: list[Ref] = []
    for i in range(draw(st.integers(2, 3))):
        dims = draw(st.sampled_from(SHAPES))
        refs.append(b.input(f"x{i}", dims))
        data[f"x{i}"] = numbers(draw, dims)
    for _ in range(draw(st.integers(3, 8))):
        refs.append(_step(draw, b, refs))
    out = b.op("neg", refs[-1] if draw(st.booleans()) else _squares(b), name="out")
    return Case(b.build(out), data, numbers(draw, out.shape))


def _squares(b: Builder) -> Ref:
    nodes = b.build("x0").nodes
    used = {source for node in nodes for source in node.inputs}
    loose = [b.ref(node) for node in nodes if node.name not in used and node.op != "const"]
    return reduce(add, (b.reduce("sum", b.power(ref, 2)) for ref in loose))


def _step(draw: Draw, b: Builder, refs: list[Ref]) -> Ref:
    """One more node: of the kind drawn where an operand fits, else of one that always fits."""
    kind = draw(st.sampled_from(KINDS))
    x = draw(st.sampled_from(refs))
    if kind == "binary":
        return _binary(draw, b, x, [y for y in refs if y is x or _broadcasts(x, y)])
    if kind == "matmul":
        partners = [y for y in refs if 1 <= min(len(x.shape), len(y.shape)) and _multiplies(x, y)]
        if partners:
            return b.matmul(x, draw(st.sampled_from(partners)))
    if kind == "unary" or not x.shape:
        return unary(b, draw(st.sampled_from(UNARY)), x)
    return _of_array(draw, b, kind, x)


def _of_array(draw: Draw, b: Builder, kind: str, x: Ref) -> Ref:
    rank = len(x.shape)
    if kind == "transpose":
        return b.transpose(x) if rank > 1 else -x
    if kind == "getitem":
        count = draw(st.integers(1, rank))
        return b.op("getitem", x, index=tuple(draw(st.integers(-n, n - 1)) for n in x.shape[:count]))
    if kind == "softmax":
        return b.op("softmax", x)
    if kind == "spread":
        axis = draw(st.integers(-rank - 1, -1))
        place = rank + 1 + axis
        return b.op("spread", x, axes=(axis,), shape=(*x.shape[:place], draw(st.integers(1, 2)), *x.shape[place:]))
    axes = draw(st.sets(st.integers(-rank, -1), min_size=1))
    return b.reduce(draw(st.sampled_from(REDUCTIONS)), x, tuple(axes), keepdims=draw(st.booleans()))


def _broadcasts(x: Ref, y: Ref) -> bool:
    pairs = zip(reversed(x.shape), reversed(y.shape), strict=False)
    return all(m == n or 1 in (m, n) for m, n in pairs) and prod(broadcast({}, x.shape, y.shape)) <= 12


def _multiplies(x: Ref, y: Ref) -> bool:
    return max(len(x.shape), len(y.shape)) <= 2 and x.shape[-1] == y.shape[0]


def above_zero(b: Builder, x: Ref) -> Ref:
    """1 + x²: a base for what is not defined everywhere."""
    return b.const(1) + x * x


def _binary(draw: Draw, b: Builder, x: Ref, partners: list[Ref]) -> Ref:
    """With another operand where there is one, of another shape if possible: broadcasting has a gradient of its own."""
    others = [y for y in partners if y.name != x.name]
    wider = [y for y in others if y.shape != x.shape]
    y = draw(st.sampled_from((wider if wider and draw(st.booleans()) else others) or partners))
    op = draw(st.sampled_from(BINARY))
    return x / above_zero(b, y) if op == "div" else b.op(op, x, y)


def unary(b: Builder, op: str, x: Ref) -> Ref:
    if op in ("log", "sqrt"):
        return b.op(op, above_zero(b, x))
    if op == "softexp":
        return b.op("exp", b.op("tanh", x))
    if op in ("floor", "step"):
        return b.op(op, x + b.const(OFF))
    if op == "piecewise":
        return b.piecewise(x, (-OFF, 20 * OFF), (Fraction(1, 4), -1, 2), (3, -2), Fraction(1, 2))
    powers = {"square": Fraction(2), "cube": Fraction(3), "root": Fraction(3, 2), "inverse": Fraction(-1)}
    if op in powers:
        return b.power(above_zero(b, x) if powers[op] in (-1, Fraction(3, 2)) else x, powers[op])
    return b.op(op, x)


@st.composite
def conv_graphs(draw: Draw) -> Case:
    """A convolution with any options, ReLU or not, a pool or none, a batch axis or none."""
    b = Builder()
    groups, per_group, filters = (draw(st.integers(1, 2)) for _ in range(3))
    lead = draw(st.sampled_from(((), (2,))))
    height, width = draw(st.integers(4, 5)), draw(st.integers(4, 5))
    dims = {
        "image": (*lead, groups * per_group, height, width),
        "kernels": (groups * filters, per_group, draw(st.integers(1, 2)), draw(st.integers(1, 2))),
    }
    image, kernels = (b.input(name, shape) for name, shape in dims.items())
    how = {name: (draw(st.integers(low, 2)), draw(st.integers(low, 2))) for name, low in (("stride", 1), ("dilation", 1))}
    padding = (draw(st.integers(0, 1)), draw(st.integers(0, 1)))
    result = b.op("conv2d", image, kernels, **how, padding=padding, groups=groups, name="conv")
    if draw(st.booleans()):
        result = b.op("relu", result)
    pads = draw(st.integers(0, 1))
    if min(result.shape[-2:]) + 2 * pads >= 2 and draw(st.booleans()):
        result = b.pool(draw(st.sampled_from(("maxpool", "avgpool"))), result, 2, draw(st.integers(1, 2)), pads)
    data = {name: _repeating(draw, shape) for name, shape in dims.items()}
    return Case(b.build(b.op("neg", result, name="out")), data, _repeating(draw, result.shape))


def _repeating(draw: Draw, dims: tuple[int, ...]) -> Any:
    """Eighths from a drawn cycle of different numbers: an image is too large to draw cell by cell."""
    cycle = draw(st.lists(st.integers(-40, 40).filter(bool), min_size=7, max_size=11, unique=True))
    return nest([Fraction(cycle[i % len(cycle)] + i, 8) for i in range(prod(dims))], dims)


@st.composite
def labelled_graphs(draw: Draw) -> Case:
    """Scores and labels through each op that reads labels, with a batch axis or none."""
    b = Builder()
    rows, classes = draw(st.sampled_from(((), (1,), (3,), (2, 2)))), draw(st.integers(2, 4))
    scores, labels = b.input("scores", (*rows, classes)), b.input("labels", rows, discrete=True)
    start = b.op("tanh", scores, name="scaled") if draw(st.booleans()) else scores
    op = draw(st.sampled_from(("pick", "others", "cross_entropy", "softmax")))
    attrs = {"keepdims": draw(st.booleans())} if op == "pick" else {}
    result = b.op(op, start, *(() if op == "softmax" else (labels,)), name="chosen", **attrs)
    out = b.op("mul", result, result, name="out")
    drawn = [draw(st.integers(0, classes - 1)) for _ in range(prod(rows))]
    data = {"scores": _repeating(draw, scores.shape), "labels": nest(drawn, rows)}
    return Case(b.build(out), data, _repeating(draw, out.shape))
