"""Which candidates of a stack tell the mistakes apart: every mistaken solver once for all of them, in float64."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import lcm, prod
from typing import Any

import numpy as np

from examgen.answers import GUARD
from examgen.engines import _numpy
from examgen.graph import Graph, Node, split
from examgen.mistaken import FLOAT, MARGIN, Place, Solver
from examgen.mistakes import as_it_is
from examgen.model import Ask, Instance, cells
from examgen.sifting._fixed import UNIT, Array
from examgen.sifting._plan import UPSTREAM
from examgen.sifting._sharp import Accepted
from examgen.sifting._stack import Given

TOLD, HIDDEN, OPEN = 1, 0, -1  # by a mistake's result: it is seen, it is not, or the exact result must be looked at
COARSEST = 10**5
PRODUCTS = frozenset(("mul", "matmul", "conv2d", "conv2d_dx", "conv2d_dk"))
WHOLE = frozenset((  # ops that make of whole numbers whole numbers, and have no other way to a fraction
    "input", "add", "sub", "neg", "relu", "abs", "maximum", "minimum", "step", "sign", "sum", "amax", "amin", "transpose",
    "getitem", "sum_to", "spread", "put", "pick", "others", "put_others", "one_hot", "maxpool", "maxpool_dx",
))


class Told:
    """The mistaken solvers' results of one stack of instances."""

    def __init__(self, graph: Graph, instances: Sequence[Instance], stack: Given, boxes: Sequence[Accepted]) -> None:
        self.graph, self.instances, self.stack = graph, instances, stack
        self.boxes = {accept.ask.key: accept for accept in boxes}
        self.splits = [split(graph, instance.data) for instance in instances]
        self.floats = {name: _floats(graph, name, span) for name, span in stack.spans.items()}

    def apart(self, solver: Solver, chosen: Array) -> Array:
        """TOLD, HIDDEN or OPEN for each of the candidates chosen, as places in the stack."""
        found = np.full(len(chosen), HIDDEN)
        if any(_elsewhere(solver, place, self.boxes[place.key].ask) for place in solver.places):
            return np.full(len(chosen), TOLD)
        names = [str(place.node) for place in solver.places]
        arrays = _numpy.run(solver.both.graph, self._data(solver, chosen), "float", names, len(chosen))
        sure = self.stack.whole and _coarse(solver.both.graph, frozenset(names))
        for place in solver.places:
            where: Any = (slice(None), *place.index)
            flat = arrays[str(place.node)][where].reshape(len(chosen), -1)
            beyond, within = self._beyond(flat, self.boxes[place.key], chosen, sure)
            found[(found == HIDDEN) & ~within] = OPEN
            found[beyond] = TOLD
        return found

    def _beyond(self, flat: Array, accept: Accepted, chosen: Array, sure: bool) -> tuple[Array, Array]:
        """Where a cell lies outside for certain, and where all lie inside for certain."""
        scale, error = 10.0**accept.places, float(FLOAT)
        margin = 0.0 if accept.ask.whole else MARGIN * 10.0 ** (GUARD - accept.places)
        low, high = accept.low[:, chosen] / scale - margin, accept.high[:, chosen] / scale + margin
        beyond = ((flat < low[0] - error) | (flat > high[1] + error)).any(axis=-1)
        if accept.ask.whole:
            # a number of few denominators so near a whole one is that one
            return beyond, ((np.abs(flat - low[0]) <= error) & sure).all(axis=-1)
        return beyond, ((flat >= low[1] + error) & (flat <= high[0] - error)).all(axis=-1)

    def _data(self, solver: Solver, chosen: Array) -> dict[str, Array]:
        """What the solver's graph takes in, as stacks."""
        base = {**self.floats, **self._labels(solver), solver.both.upstream: self.floats[UPSTREAM]}
        base = {name: array[chosen] for name, array in base.items()}
        if solver.mistake.reading is as_it_is:
            return base
        read = [solver.given(*self.splits[place]) for place in chosen.tolist()]
        own = [{**data, solver.both.upstream: upstream} for data, upstream in (self.splits[place] for place in chosen.tolist())]
        for node in solver.both.graph.inputs:
            if any(new[node.name] is not old.get(node.name) for new, old in zip(read, own, strict=True)):
                kind = np.int64 if node["discrete"] else np.float64
                base[node.name] = np.array([new[node.name] for new in read], dtype=kind)
        return base

    def _labels(self, solver: Solver) -> dict[str, Array]:
        """In the shapes that the graph has them in: a stack of single labels has no axis behind its own."""
        known = {name: labels for name, labels in self.stack.labels.items() if name in solver.both.graph}
        return {name: labels.reshape(len(labels), *solver.both.graph[name].shape) for name, labels in known.items()}


def _floats(graph: Graph, name: str, span: Array) -> Array:
    dims = graph[graph.output if name == UPSTREAM else name].shape
    return np.asarray((span[0] / UNIT).reshape(-1, *dims))


def _elsewhere(solver: Solver, place: Place, ask: Ask) -> bool:
    """Whether a box gets nothing, or something of another shape, whatever the numbers are."""
    if place.node is None:
        return True
    return solver.both.graph[place.node].shape[len(place.index) :] != ask.shape


@lru_cache(maxsize=1024)
def _coarse(graph: Graph, names: frozenset[str]) -> bool:
    """Whether whole numbers come in these nodes to fractions of denominators far smaller than what float64 tells apart."""
    found: dict[str, int] = {}
    for node in graph.nodes:
        found[node.name] = _denominator(node, [found[name] for name in node.inputs])
    return all(0 < found[name] <= COARSEST for name in names)


def _denominator(node: Node, operands: Sequence[int]) -> int:
    """A common denominator of all cells; 0 where there is none."""
    if node.op == "const":
        return lcm(*(cell.denominator for cell in cells(node["value"])))
    if node.op == "pow":
        exponent = Fraction(node["exponent"])
        found: int = operands[0] ** int(exponent) if exponent.denominator == 1 and exponent >= 0 else 0
        return found
    if node.op in PRODUCTS:
        return prod(operands)
    if node.op in ("avgpool", "avgpool_dx"):
        return operands[0] * int(prod(node["size"]))
    return lcm(*operands) if node.op in WHOLE else 0
