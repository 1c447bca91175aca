"""A student who works a task out from numbers of the own, written without the marker: float64, NumPy's table of operations.

`work` goes through forward and backward pass node by node, writes the student's own numbers over what a box holds, and rounds
what it writes as one of three habits does. What is trivial is stated again here, in the words of docs/marking.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from examgen.engines._numpy import TABLE
from examgen.graph import Backward, Node, routes, split
from examgen.keyfile import exact_data, task_graph

Numbers = tuple[float, ...]  # of one box, row by row
Own = Mapping[int, Numbers]  # a box, by its place -> the student's own numbers in it
Habit = Callable[[Any, int], Any]
LARGER = 1.125
LARGEST = 1e15  # nobody gets anywhere with larger numbers
FURTHEST = 20  # units of the last decimal: what rounding on the way leads further away is not followed


def keep(x: Any, places: int) -> Any:
    return x


def half_up(x: Any, places: int) -> Any:
    scaled = np.asarray(x) * 10.0**places
    return np.sign(scaled) * np.floor(np.abs(scaled) + 0.5 + 1e-9) / 10.0**places


def cut(x: Any, places: int) -> Any:
    scaled = np.asarray(x) * 10.0**places
    near = np.round(scaled)
    return np.where(np.abs(scaled - near) < 1e-7, near, np.trunc(scaled)) / 10.0**places


HABITS: tuple[Habit, ...] = (keep, half_up, cut)


class Paper:
    """One task of a key."""

    def __init__(self, task: Mapping[str, Any]) -> None:
        self.task, self.boxes, self.graph = task, task["answers"], task_graph(task)
        self.data, self.upstream = split(self.graph, exact_data(task["data"]))
        self.ways = routes(self.graph)

    def right(self, place: int) -> Numbers:
        return tuple(np.asarray(self.boxes[place]["value"], np.float64).ravel().tolist())

    def work(self, own: Own, habit: Habit = keep, way: int = 0) -> list[Numbers]:
        """What stands in every box of a student who has these numbers of the own, on one of the ways to work the task out."""
        return [own.get(place) or self.box(place, own, habit, way) for place in range(len(self.boxes))]

    def box(self, place: int, own: Own, habit: Habit = keep, way: int = 0) -> Numbers:
        """What comes out in a box by way of those of the own numbers that it can be worked out from."""
        there = {root: numbers for root, numbers in own.items() if root != place and self._leads(root, place)}
        return self._shown(self.ways[way], place, self._run(there, habit, way))

    def lost(self, place: int, own: Own, habit: Habit, way: int) -> bool:
        """Whether rounding on the way leads further from what comes out without it than anybody follows."""
        unit = 0.01 if self.boxes[place]["cells"] == "integer" else 10.0 ** -self.boxes[place]["decimals"]
        pairs = zip(self.box(place, own, habit, way), self.box(place, own, keep, way), strict=True)
        return any(abs(rounded - kept) > FURTHEST * unit for rounded, kept in pairs)

    def _leads(self, root: int, place: int) -> bool:
        """A gradient comes from those at the nodes that follow from its own; no value comes from a gradient."""
        one, other = self.boxes[root], self.boxes[place]
        if not one["gradient"]:
            return True
        wanted = {other["node"]} if other["gradient"] else self._slopes(other["node"])
        return not wanted.isdisjoint(self._origins(one["node"]))

    def _slopes(self, name: str) -> set[str]:
        """The nodes whose gradients a value is worked out from, as after a step of descent."""
        return {node.inputs[0] for node in map(self.graph.__getitem__, self._origins(name)) if node.op == "gradient"}

    def _origins(self, name: str) -> set[str]:
        return {name}.union(*(self._origins(source) for source in self.graph[name].inputs))

    @property
    def order(self) -> list[int]:
        """Values as they follow from each other, then gradients from the output back, then what is worked out from those."""
        rank = {node.name: number for number, node in enumerate(self.graph.nodes)}

        def key(place: int) -> tuple[int, int]:
            box = self.boxes[place]
            return (1, -rank[box["node"]]) if box["gradient"] else (2 * bool(self._slopes(box["node"])), rank[box["node"]])

        return sorted(range(len(self.boxes)), key=key)

    def follows(self, place: int, own: Own, numbers: Numbers, units: int = 1) -> bool:
        """Whether these numbers are what the right rules make of the student's own in other boxes, give or take some units."""
        box, others = self.boxes[place], {root: x for root, x in own.items() if root != place and self._leads(root, place)}
        near = 0.005 if box["cells"] == "integer" else units * 10.0 ** -box["decimals"]
        found = (self.box(place, others, keep, way) for way in range(len(self.ways)) if others)
        return any(np.allclose(numbers, here, rtol=0, atol=near) for here in found)

    def _run(self, own: Own, habit: Habit, way: int) -> dict[str, Any]:
        both, arrays = self.ways[way], dict[str, Any]()
        with np.errstate(all="ignore", over="raise"):
            try:
                for node in both.graph.nodes:
                    arrays[node.name] = np.array(self._value(both, node, arrays, habit))
                    for place, numbers in own.items():
                        if self._holder(both, place) == node.name:
                            part = arrays[node.name][(*(self.boxes[place]["index"] or ()), ...)]
                            part[...] = np.reshape(numbers, part.shape)
                lost = any((np.isfinite(found) & (np.abs(found) > LARGEST)).any() for found in arrays.values())
            except FloatingPointError:  # beyond all numbers
                lost = True
        return {node.name: np.full(node.shape, np.nan) for node in both.graph.nodes} if own and lost else arrays

    def _value(self, both: Backward, node: Node, arrays: Mapping[str, Any], habit: Habit) -> Any:
        if node.op == "const":
            return np.asarray(_floats(node["value"]), np.float64)
        if node.op == "input":
            given = self.upstream if node.name == both.upstream else self.data[node.name]
            return np.broadcast_to(np.asarray(_floats(given), np.int64 if node["discrete"] else np.float64), node.shape)
        return habit(np.asarray(TABLE[node.op](node, *(arrays[name] for name in node.inputs))), self.task["working"])

    def _holder(self, both: Backward, place: int) -> str:
        return both.holder(self.boxes[place]["node"], gradient=self.boxes[place]["gradient"])

    def _shown(self, both: Backward, place: int, arrays: Mapping[str, Any]) -> Numbers:
        found = arrays[self._holder(both, place)][tuple(self.boxes[place]["index"] or ())]
        return tuple(np.asarray(found, np.float64).ravel().tolist())

    def trivial(self, place: int, own: Own) -> bool:
        """All 0 to the decimals asked, or the student's own number once more; and so with a number larger by an eighth.

        Or 0 with all else that these numbers change. Ways on which nobody gets anywhere with these numbers do not count, nor
        those on which the numbers do not matter.
        """
        return any(self._trivial_on(way, place, own) for way in range(len(self.ways)))

    def _trivial_on(self, way: int, place: int, own: Own) -> bool:
        larger = {root: tuple(LARGER * x for x in numbers) for root, numbers in own.items()}
        both = [(numbers, self.box(place, numbers, keep, way)) for numbers in (own, larger)]
        counted = [(numbers, here) for numbers, here in both if np.isfinite(here).all()]
        if not np.isfinite(both[0][1]).all() or self._goes_past(place, both[0][1]):
            return False
        return all(self._nothing_left(place, numbers, here) for numbers, here in counted) or self._all_gone(way, place, own)

    def _all_gone(self, way: int, place: int, own: Own) -> bool:
        """Whether all that these numbers change is 0, and more than one box."""
        worked = {other: self.box(other, own, keep, way) for other in range(len(self.boxes)) if other not in own}
        changed = {other: here for other, here in worked.items() if not self._goes_past(other, here)}
        zero = [all(abs(x) < self._nil(other) for x in here) for other, here in changed.items()]
        return place in changed and len(zero) > 1 and all(zero)

    def _nil(self, place: int) -> float:
        box = self.boxes[place]
        return 0.005 if box["cells"] == "integer" else 0.5 * 10.0 ** -box["decimals"]

    def _goes_past(self, place: int, here: Numbers) -> bool:
        return bool(np.allclose(here, self.right(place), rtol=1e-12, atol=1e-12))

    def _nothing_left(self, place: int, own: Own, here: Numbers) -> bool:
        box, nil = self.boxes[place], self._nil(place)
        if all(abs(x) < nil for x in here):
            return not all(abs(x) < nil for x in self.right(place))
        alike = [root for root in own if np.shape(self.boxes[root]["value"]) == np.shape(box["value"])]
        if not alike or any(np.array_equal(self.right(root), self.right(place)) for root in alike):
            return False
        return all(np.allclose(own[root], here, rtol=0, atol=1e-12) for root in alike)


def _floats(value: Any) -> Any:
    return [_floats(part) for part in value] if isinstance(value, Sequence) else float(value)
