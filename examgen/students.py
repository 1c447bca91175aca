"""Simulated students, many at once: honest ones, who round after each node as they like, and ones who make a mistake besides.

Written apart from the interval code: an expression of one cell is worked out for all students together in float64, and
what a student does to a number is drawn anew for every cell. Half of a class are of one habit: they round everything alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from examgen.graph import Graph, Node, routes, split
from examgen.mistaken import Place, solvers
from examgen.model import Answer, Ask, Exact, Instance, Leaf, cells
from examgen.ops import OPS
from examgen.ops._cells import At, Operand
from examgen.registry import asks_of, graph_of

Many = npt.NDArray[np.float64]  # one number of each student
Paper = Mapping[str, Sequence[Many] | None]  # box -> what the students write into its cells; None where nobody gets there
HABITS = ("keep", "half-up", "half-even", "cut")
FURTHER = (0, 0, 0, 1, 2, 3)  # decimals beyond those asked for, as often as they stand here
FRACTION = 2  # decimals, or more, of a fraction that somebody has where a whole number is asked
SLACK = 1e-9  # float64 beside decimal strings


@dataclass(frozen=True)
class Marked:
    """What a marker makes of simulated students who share a task.

    `refused` counts the cells of the `honest` ones that are not accepted. `accepted` says of each mistake that applies how
    many of the `mistaken` students who make it are accepted in all boxes at once.
    """

    honest: int
    refused: int
    mistaken: int
    accepted: Mapping[str, int]


def marked(
    instance: Instance, answers: Sequence[Answer], working: int, honest_each: int, mistaken_each: int, seed: int = 0
) -> Marked:
    """So many honest students by each route, and so many who make each mistake, marked by what the answers accept."""
    places = [answer.decimals for answer in answers]
    right = [refused(paper, answers) for paper in honest(instance, honest_each, working, places, seed)]
    wrong = {key: accepted(paper, answers) for key, paper in mistaken(instance, mistaken_each, working, places, seed)}
    return Marked(honest_each * len(right), sum(right), mistaken_each, wrong)


def honest(instance: Instance, count: int, working: int, places: Sequence[int], seed: int = 0) -> Iterator[Paper]:
    """What honest students write, for every route; `places` are the decimals asked of each box."""
    graph, asks = graph_of(instance.problem, instance.params), asks_of(instance)
    data, upstream = split(graph, instance.data)
    for number, both in enumerate(routes(graph)):
        nodes = [both.gradients[ask.node] if ask.gradient else ask.node for ask in asks]
        students = Class(count, working, (seed, 0, number))
        found = students.solve(both.graph, {**data, both.upstream: upstream}, nodes)
        parts = [_part(found[node], graph[ask.node].shape, ask.index or ()) for node, ask in zip(nodes, asks, strict=True)]
        yield students.hand_in(asks, parts, places)


def mistaken(
    instance: Instance, count: int, working: int, places: Sequence[int], seed: int = 0
) -> Iterator[tuple[str, Paper]]:
    """(mistake, what students write who make it throughout and round as honest ones do), for each that applies."""
    data, upstream = split(graph_of(instance.problem, instance.params), instance.data)
    for number, solver in enumerate(solvers(instance)):
        graph, students = solver.both.graph, Class(count, working, (seed, 1, number))
        nodes = [place.node for place in solver.places if place.node is not None]
        found = students.solve(graph, solver.given(data, upstream), nodes)
        parts = [_entered(graph, found, place) for place in solver.places]
        yield solver.mistake.key, students.hand_in(asks_of(instance), parts, places)


def refused(paper: Paper, answers: Sequence[Answer]) -> int:
    """How many cells that the students wrote are not accepted."""
    return sum(int(np.sum(~cell)) for cells_of in _judged(paper, answers) for cell in cells_of or ())


def accepted(paper: Paper, answers: Sequence[Answer]) -> int:
    """How many students are accepted in all boxes at once."""
    judged = list(_judged(paper, answers))
    if any(box is None for box in judged):
        return 0
    return int(np.sum(np.all([cell for box in judged for cell in box or ()], axis=0)))


def _judged(paper: Paper, answers: Sequence[Answer]) -> Iterator[list[npt.NDArray[np.bool_]] | None]:
    """Of every box which students are right in each of its cells; what is no number lies in no interval."""
    for answer in answers:
        written, ends = paper[answer.ask.key], [float(end) for end in cells(answer.accept)]
        if written is None:
            yield None
            continue
        bounds = zip(ends[::2], ends[1::2], strict=True)
        yield [(low - SLACK <= cell) & (cell <= high + SLACK) for cell, (low, high) in zip(written, bounds, strict=True)]


def _part(flat: list[Many], dims: Sequence[int], index: Sequence[int]) -> list[Many]:
    """The cells behind the first axes of an array."""
    for i, length in zip(index, dims, strict=False):
        size = len(flat) // length
        flat = flat[i * size : (i + 1) * size]
    return flat


def _entered(graph: Graph, found: Mapping[str, list[Many]], place: Place) -> list[Many] | None:
    """What belongs into a box; None where nobody gets there, or with more or fewer numbers than it has room for."""
    if place.node is None:
        return None
    dims = graph[place.node].shape
    left = dims[len(place.index) :]
    fits = left == place.shape or (not place.shape and prod(left) == 1)
    return _part(found[place.node], dims, place.index) if fits else None


class Class:
    """Students who share a task and a way to solve it."""

    def __init__(self, count: int, working: int, seed: Sequence[int]) -> None:
        self.count, self.working = count, working
        self.random = np.random.default_rng(seed)
        self.alike = self.random.random(count) < 0.5
        self.habit = self.random.integers(0, len(HABITS), count)

    def written(self, numbers: Many, least: int) -> Many:
        """Rounded to so many decimals or some more, each student as it likes; those of one habit to no more than asked."""
        habits = np.where(self.alike, self.habit, self.random.integers(0, len(HABITS), self.count))
        places = least + np.where(self.alike, 0, self.random.choice(FURTHER, self.count))
        with np.errstate(all="ignore"):
            return rounded(np.broadcast_to(numbers, (self.count,)).astype(np.float64), places, habits)

    def solve(self, graph: Graph, given: Mapping[str, Exact], wanted: Collection[str]) -> dict[str, list[Many]]:
        """Node -> one array of students per cell, for the nodes wanted and what leads to them."""
        found: dict[str, list[Many]] = {}
        for node in _needed(graph, wanted):
            if node.op in ("input", "const"):
                leaf = node["value"] if node.op == "const" else given[node.name]
                found[node.name] = [np.asarray(cell, np.float64) for cell in cells(leaf)]
            else:
                found[node.name] = [self.written(cell, self.working) for cell in self._cells(graph, node, found)]
        return found

    def hand_in(self, asks: Sequence[Ask], parts: Sequence[list[Many] | None], places: Sequence[int]) -> Paper:
        """Every answer rounded once more, to the decimals asked."""
        paper = {}
        for ask, part, decimals in zip(asks, parts, places, strict=True):
            least = FRACTION if ask.whole else decimals
            paper[ask.key] = part and [self.written(cell, least) for cell in part]
        return paper

    def _cells(self, graph: Graph, node: Node, found: Mapping[str, list[Many]]) -> Iterator[Many]:
        first = [Operand(graph[name].shape, [np.ravel(cell)[0] for cell in found[name]]) for name in node.inputs]
        rule = OPS[node.op].cell
        assert rule is not None
        for at in product(*map(range, node.shape)):
            yield self._worked(rule(node, at, *first), graph, node, found)

    def _worked(self, part: Any, graph: Graph, node: Node, found: Mapping[str, list[Many]]) -> Many:
        if isinstance(part, At):
            source = node.inputs[part.place]
            cell: Many = Operand(graph[source].shape, found[source])[part.index]
            return cell
        if isinstance(part, Leaf):
            return np.asarray(part.value, np.float64)
        with np.errstate(all="ignore"):
            return np.asarray(DO[part.do](*(self._worked(arg, graph, node, found) for arg in part.args)))


def rounded(numbers: Many, places: npt.NDArray[np.int64], habits: npt.NDArray[np.int64]) -> Many:
    """Each number as its student writes it down."""
    scale = 10.0**places
    scaled = numbers * scale
    near = np.round(scaled)
    scaled = np.where(np.abs(scaled - near) < 1e-7, near, scaled)  # a number of so many decimals is written as it is
    up = np.sign(scaled) * np.floor(np.abs(scaled) + 0.5)
    choices = [numbers * scale, up, np.round(scaled), np.trunc(scaled)]
    return np.asarray(np.choose(habits, choices) / scale)


def _needed(graph: Graph, wanted: Collection[str]) -> list[Node]:
    """The nodes that lead to those wanted, in order."""
    names, found = set(wanted), []
    for node in reversed(graph.nodes):
        if node.name in names:
            names.update(node.inputs)
            found.append(node)
    return found[::-1]


def _sum(*parts: Many) -> Many:
    return sum(parts[1:], parts[0])


def _product(*parts: Many) -> Many:
    result = parts[0]
    for factor in parts[1:]:
        result = result * factor
    return result


def _extreme(pick: np.ufunc) -> Callable[..., Many]:
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
    "floor": np.floor,
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
