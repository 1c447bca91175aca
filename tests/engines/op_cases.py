"""A small graph for each op and each way to call it, with data."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import count
from math import prod
from typing import Any

from examgen.graph import Builder, Graph, Ref
from examgen.model import nest


def one(op: str, *dims: tuple[int, ...], **attrs: Any) -> Graph:
    """A graph of one op, between squared inputs and a sum of squares: its operands are composed and its slope is not 1."""
    b = Builder()
    inputs = [b.power(b.input(f"x{i}", d), 2) for i, d in enumerate(dims)]
    return closed(b, b.op(op, *inputs, name="r", **attrs))


def closed(b: Builder, result: Ref) -> Graph:
    return b.build(b.reduce("sum", b.power(result, 2), name="out"))


def labelled(op: str, **attrs: Any) -> Graph:
    b = Builder()
    scores, labels = b.input("x0", (2, 2, 3)), b.input("y", (2, 2), discrete=True)
    return closed(b, b.op(op, scores, labels, name="r", **attrs))


def windows(stride: Any = (1, 1), padding: Any = (0, 0), **more: Any) -> dict[str, Any]:
    return {"stride": stride, "padding": padding, **more}


# two squares of sevenths lie on each piece
KNOTS, SLOPES = (Fraction(1, 5), Fraction(3, 5)), (Fraction(1, 4), Fraction(-1), Fraction(2))

CASES: dict[str, Graph] = {
    **{op: one(op, (2, 3)) for op in ("neg", "exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "abs", "step")},
    "floor": one("floor", (2, 3)),
    "piecewise": one("piecewise", (2, 3), knots=KNOTS, slopes=SLOPES, at=(Fraction(3), Fraction(-2)), base=Fraction(1, 2)),
    **{f"{op} broadcast": one(op, (2, 1, 3), (2, 1)) for op in ("add", "sub", "mul", "div", "maximum", "minimum")},
    **{f"pow {n}": one("pow", (3,), exponent=Fraction(n)) for n in ("3", "-2", "0", "3/2", "-1/3")},
    **{f"{op} all": one(op, (2, 3), axes=(-2, -1), keepdims=False) for op in ("sum", "mean", "amax", "amin")},
    **{f"{op} one axis": one(op, (2, 3, 2), axes=(-2,), keepdims=False) for op in ("sum", "mean", "amax", "amin")},
    **{f"{op} kept": one(op, (2, 3, 2), axes=(-3, -1), keepdims=True) for op in ("sum", "mean", "amax", "amin")},
    **{f"{op} scalar": one(op, (), axes=(), keepdims=False) for op in ("sum", "mean", "amax", "amin")},
    "matmul dot": one("matmul", (3,), (3,), ranks=(1, 1)),
    "matmul row": one("matmul", (3,), (3, 2), ranks=(1, 2)),
    "matmul column": one("matmul", (2, 3), (3,), ranks=(2, 1)),
    "matmul": one("matmul", (2, 3), (3, 4), ranks=(2, 2)),
    "transpose": one("transpose", (2, 3)),
    "transpose stack": one("transpose", (2, 3, 2)),
    "spread": one("spread", (2, 3), axes=(-2,), shape=(2, 4, 3)),
    "getitem": one("getitem", (2, 3, 2), index=(1, -1)),
    "softmax": one("softmax", (2, 3)),
    "softmax stack": one("softmax", (2, 2, 3)),
    "cross_entropy": labelled("cross_entropy"),
    "pick": labelled("pick", keepdims=False),
    "pick kept": labelled("pick", keepdims=True),
    "others": labelled("others"),
    "conv2d": one("conv2d", (1, 4, 5), (1, 1, 2, 3), **windows(dilation=(1, 1), groups=1)),
    "conv2d strided": one("conv2d", (1, 5, 6), (2, 1, 3, 2), **windows((2, 3), (1, 2), dilation=(1, 1), groups=1)),
    "conv2d dilated": one("conv2d", (1, 5, 5), (1, 1, 2, 2), **windows((1, 2), (0, 1), dilation=(2, 3), groups=1)),
    "conv2d groups": one("conv2d", (4, 2, 3), (4, 2, 2, 2), **windows(dilation=(1, 1), groups=2)),
    "conv2d batch": one("conv2d", (2, 2, 1, 3, 2), (2, 1, 2, 2), **windows(dilation=(1, 1), groups=1)),
    "maxpool": one("maxpool", (2, 4, 5), size=(2, 3), **windows((2, 1))),
    "maxpool padded": one("maxpool", (1, 3, 3), size=(2, 2), **windows((2, 2), (1, 1))),
    "avgpool padded": one("avgpool", (2, 1, 3, 3), size=(2, 3), **windows((2, 1), (1, 1))),
}


def data_of(graph: Graph) -> dict[str, Any]:
    """Different sevenths, alternating in sign, and labels that take every class."""
    numbers: Iterator[Fraction] = (Fraction(n * (-1) ** n, 7) for n in count(2))
    data: dict[str, Any] = {}
    for node in graph.inputs:
        of = [i % 3 for i in range(4)] if node["discrete"] else [next(numbers) for _ in range(prod(node.shape))]
        data[node.name] = nest(of, node.shape)
    return data
