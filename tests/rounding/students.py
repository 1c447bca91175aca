"""Simulated honest students, many at once: each rounds after each node as it likes, by one of the routes, and writes an answer.

Written apart from the interval code: an expression of one cell is worked out for all students together in float64, and
what a student does to a number is drawn anew for every cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from examgen.graph import Backward, Graph, Node, routes
from examgen.model import Ask, Exact, Instance, Leaf, cells
from examgen.ops import OPS
from examgen.ops._cells import At, Operand
from examgen.registry import asks_of, graph_of
from examgen.verifying import split

Many = npt.NDArray[np.float64]  # one number of each student
HABITS = ("keep", "half-up", "half-even", "cut")
SLACK = 1e-9  # float64 beside decimal strings


def rounded(numbers: Many, places: npt.NDArray[np.int64], habits: npt.NDArray[np.int64]) -> Many:
    """Each number as its student writes it down."""
    scale = 10.0**places
    scaled = numbers * scale
    near = np.round(scaled)
    scaled = np.where(np.abs(scaled - near) < 1e-7, near, scaled)  # a number of so many decimals is written as it is
    up = np.sign(scaled) * np.floor(np.abs(scaled) + 0.5)
    choices = [numbers * scale, up, np.round(scaled), np.trunc(scaled)]
    return np.choose(habits, choices) / scale


class Class:
    """Students who share a task and a route."""

    def __init__(self, count: int, working: int, seed: int) -> None:
        self.count, self.working = count, working
        self.random = np.random.default_rng(seed)

    def habits(self) -> npt.NDArray[np.int64]:
        return self.random.integers(0, len(HABITS), self.count)

    def written(self, numbers: Many, least: int) -> Many:
        """Rounded to so many decimals or some more, each student as it likes."""
        places = least + self.random.choice([0, 0, 0, 1, 2, 3], self.count)
        return rounded(np.broadcast_to(numbers, (self.count,)).astype(np.float64), places, self.habits())

    def solve(self, both: Backward, data: Mapping[str, Exact], upstream: Exact) -> dict[str, list[Many]]:
        """Node -> one array of students per cell."""
        found: dict[str, list[Many]] = {}
        for node in both.graph.nodes:
            if node.op in ("input", "const"):
                given = node["value"] if node.op == "const" else upstream if node.name == both.upstream else data[node.name]
                found[node.name] = [np.float64(float(cell)) for cell in cells(given)]
            else:
                found[node.name] = [self.written(cell, self.working) for cell in self._cells(both.graph, node, found)]
        return found

    def _cells(self, graph: Graph, node: Node, found: Mapping[str, list[Many]]) -> Iterator[Many]:
        first = [Operand(graph[name].shape, [np.ravel(cell)[0] for cell in found[name]]) for name in node.inputs]
        rule = OPS[node.op].cell
        assert rule is not None
        for at in product(*map(range, node.shape)):
            yield self._worked(rule(node, at, *first), graph, node, found)

    def _worked(self, part: Any, graph: Graph, node: Node, found: Mapping[str, list[Many]]) -> Many:
        if isinstance(part, At):
            source = node.inputs[part.place]
            return Operand(graph[source].shape, found[source])[part.index]
        if isinstance(part, Leaf):
            return np.float64(float(part.value))
        with np.errstate(all="ignore"):
            return np.asarray(DO[part.do](*(self._worked(arg, graph, node, found) for arg in part.args)))


def _sum(*parts: Many) -> Many:
    return sum(parts[1:], parts[0])


def _product(*parts: Many) -> Many:
    result = parts[0]
    for factor in parts[1:]:
        result = result * factor
    return result


def _extreme(pick: Callable[..., Any]) -> Callable[..., Many]:
    def rule(own: Many, *others: Many) -> Many:
        every = np.broadcast_arrays(own, *others)
        best = pick.reduce(every)
        return np.where(every[0] == best, 1.0 / sum(other == best for other in every), 0.0)

    return rule


DO: dict[str, Callable[..., Many]] = {
    "+": _sum,
    "*": _product,
    "-": np.subtract,
    "/": np.divide,
    "**": np.power,
    "neg": np.negative,
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "max": lambda *parts: np.maximum.reduce(np.broadcast_arrays(*parts)),
    "min": lambda *parts: np.minimum.reduce(np.broadcast_arrays(*parts)),
    "step": lambda x: np.where(x > 0, 1.0, 0.0),
    "sign": np.sign,
    "share": lambda x, y: np.where(x > y, 1.0, np.where(x == y, 0.5, 0.0)),
    "largest": _extreme(np.maximum),
    "smallest": _extreme(np.minimum),
}


def answers(
    instance: Instance, count: int, working: int, places: Sequence[int], seed: int = 0
) -> Iterator[tuple[Ask, list[Many]]]:
    """(box, what the students write into each of its cells) for every route; `places` are the decimals of each box."""
    graph = graph_of(instance.problem, instance.params)
    data, upstream = split(graph, instance.data)
    for number, both in enumerate(routes(graph)):
        students = Class(count, working, 1000 * seed + number)
        found = students.solve(both, data, upstream)
        for ask, decimals in zip(asks_of(instance), places, strict=True):
            node = both.gradients[ask.node] if ask.gradient else ask.node
            numbers = _part(found[node], graph[ask.node].shape, ask)
            yield ask, [students.written(cell, decimals) for cell in numbers]


def _part(flat: list[Many], dims: Sequence[int], ask: Ask) -> list[Many]:
    for i, length in zip(ask.index or (), dims, strict=False):
        size = len(flat) // length
        flat = flat[i * size : (i + 1) * size]
    return flat


def refused(written: Many, low: str, high: str) -> int:
    """How many of the answers lie outside an accepted interval."""
    return int(np.sum((written < float(low) - SLACK) | (written > float(high) + SLACK)))
