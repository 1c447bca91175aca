"""Ops on whole arrays: leaves, reductions, matrix products, and what their backward passes need."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any

from examgen.ops import _cells as cells
from examgen.ops._op import Flat, Op, Shape, ShapeError

if TYPE_CHECKING:
    from examgen.graph import Builder, Graph, Node, Ref

MATRIX = "Petersen and Pedersen, The Matrix Cookbook, section 2"
REDUCTION = "as torch.sum, torch.mean, torch.amax"


def _given(attrs: dict[str, Any], *shapes: Shape) -> Shape:
    return tuple(attrs["shape"])


def reduced(attrs: dict[str, Any], x: Shape) -> Shape:
    """Shape without the reduced axes, or with length 1 there under keepdims."""
    axes = {axis % len(x) for axis in attrs["axes"]} if x else set()
    if attrs["keepdims"]:
        return tuple(1 if i in axes else n for i, n in enumerate(x))
    return tuple(n for i, n in enumerate(x) if i not in axes)


def _matmul_shape(attrs: dict[str, Any], x: Shape, y: Shape) -> Shape:
    if not 1 <= len(x) <= 2 or not 1 <= len(y) <= 2 or x[-1] != y[0]:
        raise ShapeError(f"shapes {x} and {y} have no matrix product: the inner lengths must agree")
    return x[:-1] + y[1:]


def _swapped(attrs: dict[str, Any], x: Shape) -> Shape:
    return (*x[:-2], x[-1], x[-2]) if len(x) > 1 else x


def _entry(attrs: dict[str, Any], x: Shape) -> Shape:
    index = attrs["index"]
    if len(index) > len(x) or any(not -n <= i < n for i, n in zip(index, x, strict=False)):
        raise ShapeError(f"index {list(index)} is outside shape {x}: indices count from 0")
    return x[len(index) :]


def _spread(b: Builder, node: Node, g: Ref) -> Ref:
    (x,) = b.inputs(node)
    axes = () if node["keepdims"] else node["axes"]
    return b.op("spread", g, axes=axes, shape=x.shape)


def _sum(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    return (_spread(b, node, g),)


def _mean(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    (x,) = b.inputs(node)
    return (_spread(b, node, g) * b.const(Fraction(prod(node.shape), prod(x.shape))),)


def _extreme(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    (x,) = b.inputs(node)
    shares = b.op("extreme_share", x, axes=node["axes"], largest=node.op == "amax")
    return (_spread(b, node, g) * shares,)


def _matmul(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    x, y = b.inputs(node)
    column, row = b.as_column, b.as_row
    if len(x.shape) == 1 and len(y.shape) == 1:
        return g * y, g * x
    if len(y.shape) == 1:
        return column(g) * row(y), b.matmul(b.transpose(x), g)
    if len(x.shape) == 1:
        return b.matmul(y, g), column(x) * row(g)
    return b.matmul(g, b.transpose(y)), b.matmul(b.transpose(x), g)


def _transpose(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    return (b.transpose(g),)


def _getitem(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    (x,) = b.inputs(node)
    return (b.op("put", g, index=node["index"], shape=x.shape),)


def reduction_groups(node: Node, source: Shape) -> dict[tuple[int, ...], list[int]]:
    """Result cell -> flat indices of the cells reduced into it."""
    axes = {axis % len(source) for axis in node["axes"]} if source else set()
    groups: dict[tuple[int, ...], list[int]] = {}
    for flat in range(prod(source)):
        rest, where = flat, []
        for length in reversed(source):
            rest, i = divmod(rest, length)
            where.append(i)
        cell = tuple(i for axis, i in enumerate(reversed(where)) if axis not in axes)
        groups.setdefault(cell, []).append(flat)
    return groups


def _reduction_tie(graph: Graph, node: Node, x: Flat) -> Iterator[str]:
    extreme = max if node.op == "amax" else min
    for members in reduction_groups(node, graph[node.inputs[0]].shape).values():
        found = [x[i] for i in members]
        if found.count(extreme(found)) > 1:
            yield f"{node.op} reached twice"


def _unspread(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    (x,) = b.inputs(node)
    total = b.reduce("sum", g, node["axes"]) if node["axes"] else g
    return (b.sum_to(total, x.shape),)


ARRAYS = (
    Op("input", _given, source="the task's data"),
    Op("const", _given, source="a number of the formula"),
    Op("gradient", lambda attrs, x: x, source="the output's gradient with respect to the operand: each engine's own"),
    Op("sum", reduced, _sum, latex="\\sum {0}", gate="\\Sigma", source=REDUCTION, cell=cells.reduction("+")),
    Op("mean", reduced, _mean, latex="\\operatorname{{mean}} {0}", gate="mean", source=REDUCTION, cell=cells.mean),
    Op(
        "amax", reduced, _extreme, _reduction_tie, "at a tie equal shares",
        latex="\\max {0}", gate="max", source=REDUCTION,
        cell=cells.reduction("max"),
    ),
    Op(
        "amin", reduced, _extreme, _reduction_tie, "at a tie equal shares",
        latex="\\min {0}", gate="min", source=REDUCTION,
        cell=cells.reduction("min"),
    ),
    Op("matmul", _matmul_shape, _matmul, latex="{0} {1}", gate="@", source=MATRIX, cell=cells.matmul),
    Op("transpose", _swapped, _transpose, latex="{0}^T", gate="T", source=MATRIX, cell=cells.transpose),
    Op("getitem", _entry, _getitem, latex="{0}_{{{index}}}", gate="[ ]", source="NumPy integer indexing", cell=cells.getitem),
    Op("sum_to", _given, source="transpose of broadcasting", cell=cells.sum_to),
    Op(
        "spread", _given, _unspread, source="transpose of a reduction: the axes come back and the number is repeated",
        cell=cells.spread,
    ),
    Op("extreme_share", lambda attrs, x: x, source="slope of amax and amin: equal shares at a tie", cell=cells.extreme_share),
    Op("put", _given, source="transpose of getitem: zeros around the entry", cell=cells.put),
)
