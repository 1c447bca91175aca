"""What mistakes lead to: the result of every box for somebody who makes one, and whether a marker can see it.

Evaluated in exact numbers on the graphs that `mistakes` changes; it proves nothing.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from typing import Any

from examgen.answers import decimals_of, snapped
from examgen.engines import _numpy
from examgen.graph import Backward, Graph, split
from examgen.mistakes import Data, Forward, Mistake, as_it_is, meanings
from examgen.model import Ask, Exact, Index, Instance, Mistaken, Solution, cells, each, freeze, pick, shape
from examgen.registry import asks_of, graph_of, mistakes_of

FINEST = 10**12  # denominators of what is known in float64 alone
FLOAT = Fraction(1, 10**6)  # far more than float64 loses in a task
MARGIN = 2  # units of the last decimal asked: an answer that is cut off loses one, and rounding on the way less than another
Results = Mapping[str, Exact | None]  # box key -> what stands in it; None where there is nothing to write
Accepts = Mapping[str, Any]  # box key -> pairs of decimal strings, nested as the answer
Margins = Mapping[str, Fraction]  # box key -> how far beyond an end of what is accepted still counts as within


@dataclass(frozen=True)
class Place:
    """Where a box finds its number in a mistaken solver: a node and an index; no node where nobody gets there.

    `shape` is that of the box.
    """

    key: str
    node: str | None
    index: Index
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Solver:
    """Somebody who makes one mistake throughout a task, ready to be given numbers."""

    mistake: Mistake
    both: Backward
    places: tuple[Place, ...]

    def given(self, data: Data, upstream: Exact) -> Data:
        """What this solver's graph takes in: the data as they are read, and the gradient at the output."""
        read = dict(self.mistake.reading({**data, "upstream": upstream}))
        return {**read, self.both.upstream: read["upstream"]}

    def results(self, data: Data, upstream: Exact) -> dict[str, Exact | None]:
        """What this solver writes into every box."""
        given = self.given(data, upstream)
        arrays = self._run(given, "exact", self.places)
        found = {place.key: _number(arrays, place) for place in self.places}
        lost = [place for place in self.places if found[place.key] is None and place.node is not None]
        beside = self._run(given, "float", lost) if lost else {}
        return found | {place.key: _beside(beside, place) for place in lost}

    def roughly(self, data: Data, upstream: Exact) -> dict[str, Exact]:
        """The same in float64, many times faster, where there is something to write; it may be no number."""
        found = [place for place in self.places if place.node is not None]
        arrays = _numpy.run(self.both.graph, self.given(data, upstream), "float", [str(place.node) for place in found])
        return {place.key: freeze(arrays[str(place.node)][place.index].tolist()) for place in found}

    def _run(self, given: Data, numbers: str, places: Sequence[Place]) -> Mapping[str, Any]:
        """The nodes of boxes that have a value."""
        names = [place.node for place in places if place.node is not None]
        return _numpy.run(self.both.graph, given, numbers, names, tolerant=True)


def _number(arrays: Mapping[str, Any], place: Place) -> Exact | None:
    """What stands in a box; of a matrix that has shrunk to one cell its number.

    None for what is no real number, or too large, or is not worked out since something has no value.
    """
    if place.node is None or place.node not in arrays:
        return None
    try:
        return fitting(each(pick(arrays[place.node].tolist(), place.index), snapped), place)
    except (ArithmeticError, ValueError):
        return None


def _beside(arrays: Mapping[str, Any], place: Place) -> Exact | None:
    """What stands in a box where another cell of the same array has no value: in float64, which passes over that one."""
    if place.node is None or place.node not in arrays:
        return None
    try:
        return fitting(each(freeze(arrays[place.node][place.index].tolist()), _near), place)
    except (ArithmeticError, ValueError):
        return None


def fitting(value: Exact, place: Place) -> Exact:
    flat = list(cells(value))
    return flat[0] if len(flat) == 1 and shape(value) != place.shape else value


def _near(cell: float) -> Fraction:
    """Raises: ArithmeticError or ValueError for what is infinite or none at all."""
    return Fraction(cell).limit_denominator(FINEST)


def solvers(instance: Instance) -> tuple[Solver, ...]:
    """One for each mistake that applies: the op that it changes is worked out for at least one box."""
    name, params = instance.problem, instance.params
    return _solvers(graph_of(name, params), mistakes_of(name, params), asks_of(instance))


@lru_cache(maxsize=1024)
def _solvers(graph: Graph, mistakes: Sequence[Mistake], asks: Sequence[Ask]) -> tuple[Solver, ...]:
    known: dict[Any, int] = {}
    sound: dict[Forward, list[int | None]] = {}
    found = []
    for mistake in mistakes:
        if mistake.start not in sound:
            sound[mistake.start] = _meant(mistake.honest(graph), asks, known)
        both = mistake.solver(graph)
        if mistake.reading is not as_it_is or _meant(both, asks, known) != sound[mistake.start]:
            found.append(Solver(mistake, both, tuple(_place(graph, both, ask) for ask in asks)))
    return tuple(found)


def _meant(both: Backward, asks: Sequence[Ask], known: dict[Any, int]) -> list[int | None]:
    """What every box asks of a solver, as numbers that are equal where the same is worked out."""
    found = meanings(both.graph, known)
    return [found.get(_node(both, ask) or "") for ask in asks]


def _node(both: Backward, ask: Ask) -> str | None:
    if ask.gradient:
        return both.gradients.get(ask.node)
    return ask.node if ask.node in both.graph else None


def _place(graph: Graph, both: Backward, ask: Ask) -> Place:
    """The box's cell; where an array has another size than it should, all that is behind its first axis that differs.

    Gradients end where the output is lost, or no longer fits the gradient that is given at it.
    """
    node = _node(both, ask)
    ends = both.graph.output != graph.output or both.graph[both.graph.output].shape != graph[graph.output].shape
    if node is None or (ask.gradient and ends):
        return Place(ask.key, None, ())
    ours, right = both.graph[node].shape, graph[ask.node].shape
    kept = next((i for i, pair in enumerate(zip(ours, right, strict=False)) if pair[0] != pair[1]), len(right))
    return Place(ask.key, node, (ask.index or ())[:kept], ask.shape)


def results(instance: Instance) -> dict[str, Results]:
    """Mistake -> box -> its result, for every mistake that applies."""
    data, upstream = split(graph_of(instance.problem, instance.params), instance.data)
    return {solver.mistake.key: solver.results(data, upstream) for solver in solvers(instance)}


def told_apart(instance: Instance, accept: Accepts, decimals: int) -> dict[str, tuple[str, ...]]:
    """Mistake -> the boxes in which its result is not accepted, however it is rounded; none where no marker can rely on it.

    `decimals` are those of the task's answers.
    """
    dims, within = _dims(instance), margins(instance, decimals)
    return {key: tuple(astray(found, accept, dims, within)) for key, found in results(instance).items()}


def margins(instance: Instance, decimals: int, more: Fraction = Fraction(0)) -> Margins:
    """How far beyond what is accepted a mistaken result must lie so that rounding does not bring it back, and so much more.

    Nothing where whole numbers are asked: nobody takes a fraction for one.
    """
    graph = graph_of(instance.problem, instance.params)
    return {
        ask.key: more + (0 if ask.whole else Fraction(MARGIN, 10 ** decimals_of(graph, ask, decimals)))
        for ask in asks_of(instance)
    }


def _dims(instance: Instance) -> dict[str, tuple[int, ...]]:
    return {ask.key: ask.shape for ask in asks_of(instance)}


def astray(found: Results, accept: Accepts, dims: Mapping[str, tuple[int, ...]], within: Margins) -> Iterator[str]:
    """The boxes that do not accept what was found, or found in another shape; those without a margin by the interval alone."""
    for key, value in found.items():
        if value is None or shape(value) != dims[key] or _beyond(value, accept[key], within.get(key, Fraction(0))):
            yield key


def _beyond(value: Exact, accept: Any, margin: Fraction) -> bool:
    """Whether a cell lies outside its interval by more than a margin; what is no number lies nowhere."""
    ends = [Fraction(end) for end in cells(accept)]
    return any(
        cell < low - margin or cell > high + margin
        for cell, low, high in zip(cells(value), ends[::2], ends[1::2], strict=True)
    )


def confusions(instance: Instance, accept: Accepts, decimals: int, spared: Container[str] = ()) -> Iterator[str]:
    """The mistakes that are not told apart, without those that are spared."""
    data, upstream = split(graph_of(instance.problem, instance.params), instance.data)
    dims, within, roughly = _dims(instance), margins(instance, decimals), margins(instance, decimals, FLOAT)
    for solver in solvers(instance):
        key = solver.mistake.key
        if key in spared or next(astray(solver.roughly(data, upstream), accept, dims, roughly), None):
            continue
        if next(astray(solver.results(data, upstream), accept, dims, within), None) is None:
            yield key


def alike(found: Mapping[str, Results]) -> Iterator[tuple[str, str]]:
    """Pairs of mistakes that nobody can tell from each other: they lead to the same in every box."""
    return (pair for pair in combinations(found, 2) if found[pair[0]] == found[pair[1]])


def mistaken(solution: Solution) -> tuple[Mistaken, ...]:
    """What the mistakes make of a solved task, box by box: every exact result that is not accepted, however near."""
    instance = solution.instance
    accept = {answer.ask.key: answer.accept for answer in solution.answers}
    dims = _dims(instance)
    says = {mistake.key: mistake.says for mistake in mistakes_of(instance.problem, instance.params)}
    told = ((key, found, tuple(astray(found, accept, dims, {}))) for key, found in results(instance).items())
    return tuple(Mistaken(key, says[key], {box: found[box] for box in boxes}) for key, found, boxes in told if boxes)
