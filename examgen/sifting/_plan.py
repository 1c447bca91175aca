"""The nodes of all routes through a graph as one list of steps, each worked out once however many routes it lies on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from examgen.graph import Backward, Graph, Node, routes, worked
from examgen.honesty import needed
from examgen.model import cells
from examgen.sifting._fixed import LARGEST
from examgen.sifting._written import Shape, Unwritable, Written, written

UPSTREAM = "%upstream"  # no formula can bind such a name


@dataclass(frozen=True, eq=False)
class Step:
    """One node: the steps it reads, the shapes of what they give, and its cells written out; None of a leaf."""

    node: Node
    name: str  # of an input, whatever the route calls it
    sources: tuple[int, ...]
    shapes: tuple[Shape, ...]
    cells: Written | None


@dataclass(frozen=True, eq=False)
class Plan:
    """Steps in order, and in which of them each route holds the value and the gradient of a node.

    `held` are the steps of each route by the names of its own graph.
    """

    steps: tuple[Step, ...]
    held: tuple[Mapping[str, int], ...]
    values: tuple[Mapping[str, int], ...]
    gradients: tuple[Mapping[str, int], ...]

    def holders(self, name: str, *, gradient: bool) -> list[int]:
        """The steps that hold the value of a node, or the gradient at it, one for each route that has it."""
        return list(dict.fromkeys(each[name] for each in (self.gradients if gradient else self.values)))


@lru_cache(maxsize=256)
def rounded_plan(graph: Graph, gradients: frozenset[str]) -> Plan:
    """All honest routes, with the gradients at the nodes named. Raises: Unwritable."""
    return _merged(zip(routes(graph), needed(graph, gradients), strict=True), gradients)


@lru_cache(maxsize=256)
def exact_plan(graph: Graph, gradients: frozenset[str], more: frozenset[str]) -> Plan:
    """The way on paper, with every value, the gradients at the nodes named and `more` nodes on it. Raises: Unwritable."""
    both = worked(graph)
    wanted = {*both.values.values(), *(both.gradients[name] for name in gradients), *more}
    for node in reversed(both.graph.nodes):
        if node.name in wanted:
            wanted.update(node.inputs)
    return _merged([(both, [node for node in both.graph.nodes if node.name in wanted])], gradients)


def _merged(ways: Iterable[tuple[Backward, Sequence[Node]]], gradients: Collection[str]) -> Plan:
    merging = _Merging()
    taken = [(both, merging.add(both, nodes)) for both, nodes in ways]
    values = tuple({name: held[now] for name, now in both.values.items()} for both, held in taken)
    slopes = tuple({name: held[both.gradients[name]] for name in gradients} for both, held in taken)
    return Plan(tuple(merging.steps), tuple(held for _, held in taken), values, slopes)


class _Merging:
    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.known: dict[object, int] = {}

    def add(self, both: Backward, nodes: Sequence[Node]) -> dict[str, int]:
        """Node -> its step; one that repeats an earlier one of any way (same op, operands and attributes) is that step."""
        held: dict[str, int] = {}
        for node in nodes:
            name = UPSTREAM if node.name == both.upstream else node.name
            sources = tuple(held[source] for source in node.inputs)
            what = name if node.op == "input" else (node.op, node.attrs, sources)
            if what not in self.known:
                self.known[what] = len(self.steps)
                shapes = tuple(both.graph[source].shape for source in node.inputs)
                if node.op == "const" and any(abs(cell) > LARGEST for cell in cells(node["value"])):
                    raise Unwritable("a large number")
                found = None if node.op in ("input", "const") else written(node, shapes)
                self.steps.append(Step(node, name, sources, shapes, found))
            held[node.name] = self.known[what]
        return held
