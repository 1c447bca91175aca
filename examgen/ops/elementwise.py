"""Ops that work cell by cell, with NumPy's broadcasting."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from examgen.ops import _cells as cells
from examgen.ops._op import Flat, Op, Shape, ShapeError

if TYPE_CHECKING:
    from examgen.graph import Builder, Graph, Node, Ref

CALCULUS = "Rumelhart, Hinton and Williams, 1986: chain rule"
CS231N = "CS231n, backpropagation, intuitions"


def broadcast(attrs: dict[str, Any], *shapes: Shape) -> Shape:
    """NumPy's rule: align at the right, an axis of length 1 stretches."""
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(s)) + s for s in shapes]
    result = []
    for lengths in zip(*padded, strict=True):
        longest = max(lengths) if 0 not in lengths else 0
        if any(n not in (1, longest) for n in lengths):
            raise ShapeError(f"shapes {' and '.join(map(str, shapes))} do not broadcast: align them at the right")
        result.append(longest)
    return tuple(result)


def same(attrs: dict[str, Any], *shapes: Shape) -> Shape:
    return shapes[0]


def spread_index(source: Shape, target: Shape) -> list[int]:
    """For each cell of `target`, row by row, the flat index of the cell of `source` that broadcasting puts there."""
    padded = (1,) * (len(target) - len(source)) + source
    index = [0]
    for length, stretched in zip(padded, target, strict=True):
        index = [i * length + (j if length > 1 else 0) for i in index for j in range(stretched)]
    return index


def _add(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    x, y = b.inputs(node)
    return b.sum_to(g, x.shape), b.sum_to(g, y.shape)


def _sub(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    x, y = b.inputs(node)
    return b.sum_to(g, x.shape), b.sum_to(-g, y.shape)


def _mul(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    x, y = b.inputs(node)
    return b.sum_to(g * y, x.shape), b.sum_to(g * x, y.shape)


def _div(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    x, y = b.inputs(node)
    return b.sum_to(g / y, x.shape), b.sum_to(-(g * x / (y * y)), y.shape)


def _neg(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    return (-g,)


def _pow(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    (x,) = b.inputs(node)
    n = Fraction(node["exponent"])
    if n == 0:
        return (g * b.const(0),)
    return (g * b.const(n) * b.power(x, n - 1),)


def _exp(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    return (g * b.ref(node),)


def _log(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    (x,) = b.inputs(node)
    return (g / x,)


def _sqrt(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    return (g / (b.const(2) * b.ref(node)),)


def _sin(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    return (g * b.op("cos", *b.inputs(node)),)


def _cos(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    return (-(g * b.op("sin", *b.inputs(node))),)


def _tanh(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    y = b.ref(node)
    return (g * (b.const(1) - y * y),)


def _sigmoid(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    y = b.ref(node)
    return (g * (y * (b.const(1) - y)),)


def _relu(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    return (g * b.op("step", *b.inputs(node)),)


def _abs(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    return (g * b.op("sign", *b.inputs(node)),)


def _maximum(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    x, y = b.inputs(node)
    return b.sum_to(g * b.op("share", x, y), x.shape), b.sum_to(g * b.op("share", y, x), y.shape)


def _minimum(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    x, y = b.inputs(node)
    return b.sum_to(g * b.op("share", y, x), x.shape), b.sum_to(g * b.op("share", x, y), y.shape)


def _floor(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    return (g * b.const(0),)


def _tanh_of_exponentials(b: Builder, node: Node, name: str | None) -> Ref:
    (x,) = b.inputs(node)
    up, down = b.op("exp", x), b.op("exp", -x)
    return b.op("div", up - down, up + down, name=name)


def _tanh_of_the_double(b: Builder, node: Node, name: str | None) -> Ref:
    (x,) = b.inputs(node)
    e = b.op("exp", b.const(2) * x)
    return b.op("div", e - b.const(1), e + b.const(1), name=name)


def _sigmoid_on_paper(b: Builder, node: Node, name: str | None) -> Ref:
    (x,) = b.inputs(node)
    return b.op("div", b.const(1), b.const(1) + b.op("exp", -x), name=name)


def _zero(graph: Graph, node: Node, x: Flat) -> Iterator[str]:
    for cell in x:
        if cell == 0:
            yield f"{node.op} at 0"


def _tie(graph: Graph, node: Node, x: Flat, y: Flat) -> Iterator[str]:
    first, second = (graph[name].shape for name in node.inputs)
    for i, j in zip(spread_index(first, node.shape), spread_index(second, node.shape), strict=True):
        if x[i] == y[j]:
            yield f"{node.op} of two equal numbers"


def _step(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    return (g * b.const(0),)


ELEMENTWISE = (
    Op("add", broadcast, _add, latex="{0} + {1}", gate="+", source=CS231N, cell=cells.cellwise("+")),
    Op("sub", broadcast, _sub, latex="{0} - {1}", gate="−", source=CS231N, cell=cells.cellwise("-")),
    Op("mul", broadcast, _mul, latex="{0} \\cdot {1}", gate="×", source=CS231N, cell=cells.cellwise("*")),
    Op("div", broadcast, _div, latex="\\frac{{{0}}}{{{1}}}", gate="÷", source=CS231N, cell=cells.cellwise("/")),
    Op("neg", same, _neg, latex="-{0}", gate="×(−1)", source=CS231N, cell=cells.cellwise("neg")),
    Op("pow", same, _pow, latex="{0}^{{{exponent}}}", gate="x^n", source=CALCULUS, cell=cells.power),
    Op("exp", same, _exp, latex="e^{{{0}}}", gate="exp", source=CS231N, transcendental=True, cell=cells.cellwise("exp")),
    Op("log", same, _log, latex="\\ln {0}", gate="ln", source=CALCULUS, transcendental=True, cell=cells.cellwise("log")),
    Op(
        "sqrt", same, _sqrt, latex="\\sqrt{{{0}}}", gate="\\sqrt{x}", source=CALCULUS, transcendental=True,
        cell=cells.cellwise("sqrt"),
    ),
    Op("sin", same, _sin, latex="\\sin {0}", gate="sin", source=CALCULUS, transcendental=True, cell=cells.cellwise("sin")),
    Op("cos", same, _cos, latex="\\cos {0}", gate="cos", source=CALCULUS, transcendental=True, cell=cells.cellwise("cos")),
    Op(
        "tanh", same, _tanh, latex="\\tanh {0}", gate="tanh", source=CALCULUS, transcendental=True,
        cell=cells.cellwise("tanh"),
        ways=(None, _tanh_of_exponentials, _tanh_of_the_double),
    ),
    Op(
        "sigmoid", same, _sigmoid, expand=_sigmoid_on_paper, transcendental=True,
        latex="\\sigma({0})", gate="σ", source=CS231N,
        cell=cells.cellwise("sigmoid"),
        unfolded=_sigmoid_on_paper,
    ),
    Op(
        "relu", same, _relu, _zero, "slope 0 at 0",
        latex="\\max(0, {0})", gate="ReLU", source="Nair and Hinton, 2010; slope at 0 as torch.relu",
        cell=cells.relu,
    ),
    Op(
        "abs", same, _abs, _zero, "slope 0 at 0", latex="|{0}|", gate="|x|", source="slope at 0 as torch.abs",
        cell=cells.cellwise("abs"),
    ),
    Op(
        "floor", same, _floor, convention="slope 0 everywhere, at the jumps too", latex="\\lfloor {0} \\rfloor",
        gate="\\lfloor x \\rfloor", source="as torch.floor", cell=cells.cellwise("floor"),
    ),
    Op(
        "maximum", broadcast, _maximum, _tie, "at a tie half to each",
        latex="\\max({0}, {1})", gate="max", source=CS231N + "; tie as torch.maximum",
        cell=cells.cellwise("max"),
    ),
    Op(
        "minimum", broadcast, _minimum, _tie, "at a tie half to each",
        latex="\\min({0}, {1})", gate="min", source=CS231N + "; tie as torch.minimum",
        cell=cells.cellwise("min"),
    ),
    Op(
        "step", same, _step, convention="0 at 0; slope 0 everywhere, at the jump too",
        latex="[{0} > 0]", gate="[ > 0]", source="slope of relu", cell=cells.cellwise("step"),
    ),
    Op("sign", same, latex="\\operatorname{{sign}} {0}", source="slope of abs", cell=cells.cellwise("sign")),
    Op(
        "share", broadcast, latex="[{0} > {1}]", source="slope of maximum in its first operand, 1/2 at a tie",
        cell=cells.cellwise("share"),
    ),
)
