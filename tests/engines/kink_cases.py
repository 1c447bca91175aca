"""Each op with a convention, placed on purpose where the convention decides, with the answers worked out by hand.

All numbers are exactly representable in float64, so that every engine sits on the kink and not beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from examgen.graph import Builder, Graph, Ref

HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)


@dataclass(frozen=True)
class Kink:
    """A graph with the op under test, data on its kink, and what must come out there.

    `value` is the output, `gradients` those of the inputs; `beside` is data without a kink (None where there is none).
    """

    op: str
    graph: Graph
    data: Mapping[str, Any]
    upstream: Any
    value: Any
    gradients: Mapping[str, Any]
    beside: Mapping[str, Any] | None


def unary(op: str, dims: tuple[int, ...] = (), **attrs: Any) -> Graph:
    b = Builder()
    return b.build(b.op(op, b.input("x", dims), name="f", **attrs))


def binary(op: str, x: tuple[int, ...] = (), y: tuple[int, ...] = ()) -> Graph:
    b = Builder()
    return b.build(b.op(op, b.input("x", x), b.input("y", y), name="f"))


def reduction(op: str, dims: tuple[int, ...], axes: tuple[int, ...] | None = None, *, keepdims: bool = False) -> Graph:
    b = Builder()
    return b.build(b.reduce(op, b.input("x", dims), axes, keepdims=keepdims, name="f"))


def pool(op: str, dims: tuple[int, ...], size: int, stride: int | None = None, padding: int = 0) -> Graph:
    b = Builder()
    return b.build(b.pool(op, b.input("x", dims), size, stride, padding, name="f"))


def by_cases(knots: Any, slopes: Any, at: Any, base: Any = 0, dims: tuple[int, ...] = (), *, log: bool = False) -> Graph:
    """A function by cases, of a number or of its logarithm."""
    b = Builder()
    x = b.input("x", dims)
    return b.build(b.piecewise(b.op("log", x) if log else x, knots, slopes, at, base, name="f"))


def behind_log(op: str) -> Graph:
    """The op at ln x and, with two operands, ln y: a kink among numbers that are no fractions."""
    b = Builder()
    operands: list[Ref] = [b.op("log", b.input("x"))]
    if op in ("maximum", "minimum"):
        operands.append(b.op("log", b.input("y")))
    return b.build(b.op(op, *operands, name="f"))


def twice(op: str) -> Graph:
    """Both operands are one node: the two halves meet again."""
    b = Builder()
    x = b.input("x")
    return b.build(b.op(op, x, x, name="f"))


KINKS: dict[str, Kink] = {
    "relu": Kink("relu", unary("relu", (3,)), {"x": (-1, 0, 2)}, (4, 4, 4), (0, 0, 2), {"x": (0, 0, 4)}, {"x": (-1, 1, 2)}),
    "relu behind ln": Kink("relu", behind_log("relu"), {"x": 1}, 4, 0, {"x": 0}, {"x": 2}),
    "step": Kink("step", unary("step", (3,)), {"x": (-2, 0, 3)}, (4, 4, 4), (0, 0, 1), {"x": (0, 0, 0)}, {"x": (-2, 1, 3)}),
    "step behind ln": Kink("step", behind_log("step"), {"x": 1}, 4, 0, {"x": 0}, {"x": 2}),
    "abs": Kink("abs", unary("abs", (3,)), {"x": (-2, 0, 3)}, (5, 5, 5), (2, 0, 3), {"x": (-5, 0, 5)}, {"x": (-2, 1, 3)}),
    "abs behind ln": Kink("abs", behind_log("abs"), {"x": 1}, 4, 0, {"x": 0}, {"x": 2}),
    "floor": Kink(
        "floor", unary("floor", (3,)), {"x": (-HALF, 0, 2)}, (4, 4, 4), (-1, 0, 2), {"x": (0, 0, 0)}, {"x": (-HALF, 1, 2)},
    ),
    "floor behind ln": Kink("floor", behind_log("floor"), {"x": 1}, 4, 0, {"x": 0}, {"x": HALF}),
    "ReLU of slope 1 at 0": Kink(
        "piecewise", by_cases((0,), (0, 1), (1,), dims=(3,)), {"x": (-1, 0, 2)}, (4, 4, 4), (0, 0, 2), {"x": (0, 4, 4)},
        {"x": (-1, -1, 2)},
    ),
    "|x| of slope 1/2 at 0": Kink(
        "piecewise", by_cases((0,), (-1, 1), (HALF,), dims=(3,)), {"x": (-3, 0, 2)}, (4, 4, 4), (3, 0, 2),
        {"x": (-4, 2, 4)}, {"x": (-3, 1, 2)},
    ),
    "clamp": Kink(
        "piecewise", by_cases((-1, 2), (0, 1, 0), (1, 0), -1, (5,)), {"x": (-3, -1, 1, 2, 4)}, (2,) * 5,
        (-1, -1, 1, 2, 2), {"x": (0, 2, 2, 0, 0)}, {"x": (-3, -2, 1, 1, 4)},
    ),
    "ReLU of slope 1 at 0, behind ln": Kink(
        "piecewise", by_cases((0,), (0, 1), (1,), log=True), {"x": 1}, 4, 0, {"x": 4}, {"x": HALF},
    ),
    "a roof behind ln": Kink(
        "piecewise", by_cases((-1, 0, 1), (0, HALF, -QUARTER, 2), (0, 1, 3), 3, log=True), {"x": 1}, 4, 3 + HALF, {"x": 4},
        {"x": QUARTER},
    ),
    "maximum": Kink(
        "maximum", binary("maximum"), {"x": 3, "y": 3}, 2, 3, {"x": 1, "y": 1}, {"x": 3, "y": 2},
    ),
    "maximum with a scalar": Kink(
        "maximum", binary("maximum", (3,)), {"x": (1, 2, 3), "y": 2}, (4, 4, 4), (2, 2, 3),
        {"x": (0, 2, 4), "y": 6}, {"x": (1, 3, 3), "y": 2},
    ),
    "maximum of one node": Kink("maximum", twice("maximum"), {"x": 3}, 1, 3, {"x": 1}, None),
    "maximum behind ln": Kink(
        "maximum", behind_log("maximum"), {"x": 1, "y": 1}, 4, 0, {"x": 2, "y": 2}, {"x": 1, "y": 2},
    ),
    "minimum": Kink("minimum", binary("minimum"), {"x": -3, "y": -3}, 2, -3, {"x": 1, "y": 1}, {"x": 3, "y": 2}),
    "minimum with a row": Kink(
        "minimum", binary("minimum", (2, 1), (1, 2)), {"x": ((1,), (5,)), "y": ((1, 4),)}, ((8, 8), (8, 8)),
        ((1, 1), (1, 4)), {"x": ((12,), (0,)), "y": ((12, 8),)}, {"x": ((2,), (5,)), "y": ((1, 4),)},
    ),
    "amax of all": Kink(
        "amax", reduction("amax", (2, 2)), {"x": ((7, 7), (7, 7))}, 2, 7,
        {"x": ((HALF, HALF), (HALF, HALF))}, {"x": ((7, 6), (5, 4))},
    ),
    "amax of rows": Kink(
        "amax", reduction("amax", (2, 3), (-1,)), {"x": ((5, 1, 5), (2, 3, 1))}, (1, 4), (5, 3),
        {"x": ((HALF, 0, HALF), (0, 4, 0))}, {"x": ((5, 1, 4), (2, 3, 1))},
    ),
    "amin of columns": Kink(
        "amin", reduction("amin", (2, 2), (-2,), keepdims=True), {"x": ((-1, 2), (-1, 3))}, ((2, 2),), ((-1, 2),),
        {"x": ((1, 2), (1, 0))}, {"x": ((-1, 2), (-2, 3))},
    ),
    "maxpool": Kink(
        "maxpool", pool("maxpool", (1, 2, 4), 2), {"x": (((1, 5, 2, 2), (5, 0, 2, 2)),)}, (((3, 4),),), (((5, 2),),),
        {"x": (((0, 3, 4, 0), (0, 0, 0, 0)),)}, {"x": (((1, 5, 2, 3), (4, 0, 1, 0)),)},
    ),
    "maxpool overlapping": Kink(
        "maxpool", pool("maxpool", (1, 2, 3), 2, 1), {"x": (((0, 6, 0), (6, 0, 6)),)}, (((1, 2),),), (((6, 6),),),
        {"x": (((0, 3, 0), (0, 0, 0)),)}, {"x": (((0, 5, 0), (6, 0, 6)),)},
    ),
    "maxpool padded": Kink(
        "maxpool", pool("maxpool", (1, 2, 2), 2, 2, 1), {"x": (((-1, -2), (-3, -4)),)}, (((1, 2), (3, 4)),),
        (((-1, -2), (-3, -4)),), {"x": (((1, 2), (3, 4)),)}, None,
    ),
    "maxpool padded, tied": Kink(
        "maxpool", pool("maxpool", (1, 2, 2), 2, 1, 1), {"x": (((-1, -1), (-1, -1)),)}, (((1,) * 3,) * 3,),
        (((-1,) * 3,) * 3,), {"x": (((4, 2), (2, 1)),)}, {"x": (((-1, -2), (-3, -4)),)},
    ),
    "avgpool padded": Kink(
        "avgpool", pool("avgpool", (1, 2, 2), 2, 2, 1), {"x": (((4, 8), (12, 16)),)}, (((4, 8), (12, 16)),),
        (((1, 2), (3, 4)),), {"x": (((1, 2), (3, 4)),)}, None,
    ),
}
