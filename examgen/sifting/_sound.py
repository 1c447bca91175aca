"""Which candidates of a stack sit on no kink for certain, by their exact values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import prod

import numpy as np

from examgen.graph import Graph, Node, irrational
from examgen.model import cells
from examgen.ops import OPS
from examgen.ops.arrays import reduction_groups
from examgen.ops.conv import pool_windows
from examgen.ops.elementwise import spread_index
from examgen.sifting._fixed import Array, Doubt
from examgen.sifting._walk import Spans
from examgen.sifting._written import Unwritable

Flat = Array  # (candidates, cells)
LARGEST_BITS = 1900  # of a numerator or a denominator: exact arithmetic refuses one of 2000
DECIMAL, SIZE, COUNT = 47, 14, 14  # bits of 10^14, of the largest number reckoned with, of how many cells a mean is taken


def doubt_kinks(graph: Graph, holders: Mapping[str, int], spans: Spans, doubt: Doubt) -> None:
    """Puts candidates in doubt that may sit on a kink. Raises: Unwritable where an op has a rule that is not known here."""
    for node in graph.nodes:
        if OPS[node.op].kinks is None:
            continue
        if node.op not in NEAR:
            raise Unwritable(node.op)
        operands = [spans[holders[name]] for name in node.inputs]
        doubt.add(NEAR[node.op](graph, node, *operands))


def _near_zero(graph: Graph, node: Node, x: Array) -> Flat:
    return np.asarray((x[0] <= 0) & (x[-1] >= 0))


def _near_tie(graph: Graph, node: Node, x: Array, y: Array) -> Flat:
    one, other = (spread_index(graph[name].shape, node.shape) for name in node.inputs)
    return np.asarray((x[0][:, one] <= y[-1][:, other]) & (x[-1][:, one] >= y[0][:, other]))


def _near_equals(low: Array, high: Array) -> Array:
    """Whether another than the first that is largest may reach it: over the last axis."""
    best = low.argmax(axis=-1)[..., None]
    reached = high >= np.take_along_axis(low, best, axis=-1)
    return np.asarray((reached & (np.arange(low.shape[-1]) != best)).any(axis=-1))


def _near_extremes(graph: Graph, node: Node, x: Array) -> Flat:
    groups = list(reduction_groups(node, graph[node.inputs[0]].shape).values())
    x = x if node.op == "amax" else -x[::-1]
    return np.stack([_near_equals(x[0][:, members], x[-1][:, members]) for members in groups], axis=-1)


def _near_pool_tie(graph: Graph, node: Node, x: Array) -> Flat:
    """A window of zeros behind a ReLU passes nothing either way."""
    source = graph[node.inputs[0]]
    height, width = source.shape[-2:]
    found = []
    for start in range(0, x.shape[-1], height * width):
        for members in pool_windows((height, width), node["size"], node["stride"], node["padding"]):
            low, high = (bound[:, start + np.array(members)] for bound in (x[0], x[-1]))
            nothing = (low == 0).all(axis=-1) & (high == 0).all(axis=-1) & (source.op == "relu")
            found.append(_near_equals(low, high) & ~nothing)
    return np.stack(found, axis=-1)


NEAR: Mapping[str, Callable[..., Flat]] = {
    "relu": _near_zero, "abs": _near_zero, "maximum": _near_tie, "minimum": _near_tie,
    "amax": _near_extremes, "amin": _near_extremes, "maxpool": _near_pool_tie,
}


@lru_cache(maxsize=1024)
def small(graph: Graph, whole: bool) -> bool:
    """Whether no exact number of the graph can outgrow what exact arithmetic takes, its data being `whole` or of 14 decimals.

    Counted are the bits of a common denominator of each node's cells; numerators are hand-sized, and so hardly longer.
    """
    found: dict[str, int] = {}
    for node in graph.nodes:
        found[node.name] = _bits(node, [found[name] for name in node.inputs], 0 if whole else DECIMAL)
    return max(found.values()) < LARGEST_BITS


def _bits(node: Node, operands: list[int], bits: int) -> int:
    if irrational(node):
        return 0  # of so many digits from here on
    if node.op == "input":
        return bits
    if node.op == "const":
        return sum(cell.denominator.bit_length() - 1 for cell in cells(node["value"]))
    if node.op == "div":
        return prod(node.shape) * (sum(operands) + SIZE)
    if node.op == "pow":
        exponent = int(node["exponent"])
        return exponent * operands[0] if exponent > 0 else prod(node.shape) * -exponent * (operands[0] + SIZE)
    return sum(operands) + COUNT
