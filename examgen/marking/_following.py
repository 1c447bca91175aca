"""A task followed from a student's own numbers: what comes out on every honest way, and which boxes depend on which.

The graph is walked through in intervals as for what is accepted, so that honest rounding is allowed for; it proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce
from itertools import product
from math import ceil, floor, prod
from operator import or_
from typing import Any

from examgen.graph import Backward, Node, routes
from examgen.honesty import SCALE, Interval, Unbounded, Walk, needed, walked
from examgen.keyfile import KeyBox, KeyTask
from examgen.model import Leaf
from examgen.ops import OPS
from examgen.ops._cells import At, Operand

LARGEST = 10**15  # behind larger numbers the 30 decimals of an interval tell nothing any more
Carried = Mapping[int, tuple[Interval, ...]]  # a box, by its place in the task -> where each of its cells is taken to lie
Expected = tuple[Interval, ...]  # of each cell of a box


def interval(cell: Fraction, below: Fraction = Fraction(0), above: Fraction = Fraction(0)) -> Interval:
    """A number, with what may be missing below and above it."""
    return floor((cell - below) * SCALE), ceil((cell + above) * SCALE)


def middle(found: Interval) -> Fraction:
    """The number in the middle."""
    return Fraction(found[0] + found[1], 2 * SCALE)


@dataclass(frozen=True)
class _Place:
    """Where a box finds its cells on one route: a node and their numbers in it."""

    node: str
    cells: tuple[int, ...]


class Follower:
    """One task, ready to be followed from any numbers that a student may have written."""

    def __init__(self, task: KeyTask) -> None:
        self.task = task
        self._found: dict[Any, tuple[tuple[Expected, ...] | None, ...]] = {}

    @cached_property
    def order(self) -> tuple[int, ...]:
        """The boxes as a person works them out: values as they follow from each other, gradients from the output back, then
        what follows from those."""
        graph = self.task.graph
        rank = {node.name: place for place, node in enumerate(graph.nodes)}

        def key(place: int) -> tuple[int, int, int]:
            box = self.task.boxes[place]
            turn = 1 if box.gradient else 2 * (box.node in graph.behind)
            return turn, -rank[box.node] if box.gradient else rank[box.node], place

        return tuple(sorted(range(len(self.task.boxes)), key=key))

    @cached_property
    def above(self) -> tuple[frozenset[int], ...]:
        """Of each box those that it depends on, whichever way it is worked out."""
        found: list[set[int]] = [set() for _ in self.task.boxes]
        for route in self._routes:
            for place, boxes in enumerate(route.dependence()):
                found[place] |= {other for other in boxes if self._passes_on(other, place)}
        return tuple(map(frozenset, found))

    def _passes_on(self, place: int, other: int) -> bool:
        """Whether a box can be on the way to another one; gradients that are one number may be none of each other's.

        The gradient at a node comes from those at the nodes that are worked out from it.
        """
        box, end = self.task.boxes[place], self.task.boxes[other]
        if self.order.index(place) > self.order.index(other):
            return False
        return not (box.gradient and end.gradient) or end.node in self._origins[box.node]

    @cached_property
    def _origins(self) -> dict[str, frozenset[str]]:
        """Of each node those that it is worked out from, and itself."""
        found: dict[str, frozenset[str]] = {}
        for node in self.task.graph.nodes:
            found[node.name] = frozenset((node.name,)).union(*(found[name] for name in node.inputs))
        return found

    @cached_property
    def below(self) -> tuple[frozenset[int], ...]:
        """Of each box those that depend on it."""
        everything = range(len(self.task.boxes))
        return tuple(frozenset(other for other in everything if place in self.above[other]) for place in everything)

    def expected(self, carried: Carried, *, exact: bool = False) -> tuple[tuple[Expected, ...], ...]:
        """For every way to work the task out that these numbers allow: what comes out in each box; each result once.

        `exact` leaves no room for rounding on the way.
        """
        return tuple(dict.fromkeys(found for found in self.ways(carried, exact=exact) if found is not None))

    def ways(self, carried: Carried, *, exact: bool = False) -> tuple[tuple[Expected, ...] | None, ...]:
        """The same way by way, in an order that does not change; None for one on which nobody gets anywhere."""
        asked = (frozenset(carried.items()), exact)
        if asked not in self._found:
            self._found[asked] = tuple(_followed(route, carried, exact) for route in self._routes)
        return self._found[asked]

    @cached_property
    def _routes(self) -> tuple[_Route, ...]:
        graph, boxes = self.task.graph, self.task.boxes
        asked = frozenset(box.node for box in boxes if box.gradient)
        pairs = zip(routes(graph), needed(graph, asked), strict=True)
        return tuple(_Route(self.task, both, nodes) for both, nodes in pairs)


class _Route:
    """One way to work a task out, walked through once, and again from a student's own numbers where they matter."""

    def __init__(self, task: KeyTask, both: Backward, nodes: Sequence[Node]) -> None:
        self.task, self.both, self.nodes = task, both, nodes
        self.places = tuple(map(self._place, task.boxes))
        self._walks: dict[bool, Walk] = {}

    def _place(self, box: KeyBox) -> _Place:
        dims = self.task.graph[box.node].shape
        size, first = prod(dims[len(box.index) :]), 0
        for i, length in zip(box.index, dims, strict=False):
            first = first * length + i % length
        return _Place(self.both.holder(box.node, gradient=box.gradient), tuple(range(first * size, (first + 1) * size)))

    def _walk(self, exact: bool) -> Walk:
        """The task without anything carried."""
        if exact not in self._walks:
            working = None if exact else self.task.working
            self._walks[exact] = walked(self.both, self.nodes, self.task.data, self.task.upstream, working)
        return self._walks[exact]

    def follow(self, carried: Carried, exact: bool) -> tuple[Expected, ...]:
        """What comes out in each box; those carried hold what is carried. Raises: Unbounded."""
        walk, own = self._walk(exact).branch(), self._own(carried)
        moved: set[str] = set()
        for node in self.nodes:
            if not moved.isdisjoint(node.inputs):
                walk.add(node, None)
                moved.add(node.name)
            if node.name in own:
                walk.carry(node.name, own[node.name])
                moved.add(node.name)
            if node.name in moved and any(max(-low, high) > LARGEST * SCALE for low, high in walk.found[node.name]):
                raise Unbounded("a number larger than anybody works with by hand")
        return tuple(tuple(walk.found[place.node][cell] for cell in place.cells) for place in self.places)

    def _own(self, carried: Carried) -> dict[str, dict[int, Interval]]:
        own: dict[str, dict[int, Interval]] = {}
        for box, intervals in carried.items():
            place = self.places[box]
            own.setdefault(place.node, {}).update(zip(place.cells, intervals, strict=True))
        return own

    def dependence(self) -> tuple[set[int], ...]:
        """Of each box all others whose cells are read on the way to it, or that stand in the same place."""
        walk, marks = self._walk(False), dict[str, list[int]]()
        for node in self.nodes:
            marks[node.name] = _read(walk, node, marks)
            for box, place in enumerate(self.places):
                for cell in place.cells if place.node == node.name else ():
                    marks[node.name][cell] |= 1 << box
        found = []
        for box, place in enumerate(self.places):
            read = reduce(or_, (marks[place.node][cell] for cell in place.cells))
            found.append({other for other in range(len(self.places)) if other != box and read >> other & 1})
        return tuple(found)


def _followed(route: _Route, carried: Carried, exact: bool) -> tuple[Expected, ...] | None:
    try:
        return route.follow(carried, exact)
    except Unbounded:
        return None


def _read(walk: Walk, node: Node, marks: Mapping[str, list[int]]) -> list[int]:
    """The marks of all that each cell of a node is worked out from, one bit a box."""
    cell_of, count = OPS[node.op].cell, prod(node.shape)
    if node.op in ("input", "const") or cell_of is None:
        return [0] * count
    operands = [Operand(walk.graph[name].shape, walk.middle[name]) for name in node.inputs]
    parts = [list(_leaves(cell_of(node, at, *operands))) for at in product(*map(range, node.shape))]
    named = {leaf.place for leaves in parts for leaf in leaves}
    # an operand that no cell reads by itself, such as the image in which the winners were found, decides what is read
    deciding = (mark for place, name in enumerate(node.inputs) if place not in named for mark in marks[name])
    everywhere = reduce(or_, deciding, 0)
    flat = [Operand(walk.graph[name].shape, marks[name]) for name in node.inputs]
    return [reduce(or_, (flat[leaf.place][leaf.index] for leaf in leaves), everywhere) for leaves in parts]


def _leaves(part: Any) -> Iterator[At]:
    if isinstance(part, At):
        yield part
    elif not isinstance(part, Leaf):
        for arg in part.args:
            yield from _leaves(arg)
