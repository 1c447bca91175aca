"""What mistakes lead to in many solved instances of one structure at once: `mistaken` on stacks.

All who make a mistake are put into one graph, in which what they have in common is worked out once. Somebody for whom something
has no value is looked at in each of the instances by itself, as `mistaken` does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import Any

import numpy.typing as npt

from examgen.answers import snapped
from examgen.batches import by_structure, exact_array
from examgen.engines import _numpy
from examgen.graph import Graph, Node, split
from examgen.mistaken import Place, Solver, fitting, mistaken, solvers
from examgen.model import Exact, Instance, Mistaken, Solution, cells, each, freeze, shape
from examgen.registry import asks_of, graph_of, mistakes_of

Array = npt.NDArray[Any]
Given = tuple[Mapping[str, Exact], Exact]  # an instance's data, and the gradient at the output
End = tuple[int, int, int]  # both ends of what is accepted, in parts of the third
Column = list[Exact | None]  # what stands in one box, instance by instance
SIZE = 256  # instances at a time: a graph of many mistakes holds many numbers


def mistaken_all(solutions: Sequence[Solution]) -> list[tuple[Mistaken, ...]]:
    """What the mistakes make of solved tasks, as `mistaken` says of each."""
    found: dict[int, tuple[Mistaken, ...]] = {}
    for places in by_structure([solution.instance for solution in solutions]).values():
        if len(places) == 1:
            found[places[0]] = mistaken(solutions[places[0]])
            continue
        for start in range(0, len(places), SIZE):
            part = places[start : start + SIZE]
            found.update(zip(part, _mistaken([solutions[place] for place in part]), strict=True))
    return [found[place] for place in range(len(solutions))]


def _mistaken(solutions: Sequence[Solution]) -> list[tuple[Mistaken, ...]]:
    """Of solutions of one structure."""
    first = solutions[0].instance
    says = {mistake.key: mistake.says for mistake in mistakes_of(first.problem, first.params)}
    ends = [_ends(solution) for solution in solutions]
    dims = {ask.key: ask.shape for ask in asks_of(first)}
    told: list[list[Mistaken]] = [[] for _ in solutions]
    seen: dict[tuple[str, int], list[bool]] = {}
    for key, columns in _results([solution.instance for solution in solutions]).items():
        for box, column in columns.items():
            if (box, id(column)) not in seen:
                pairs = zip(column, ends, strict=True)
                seen[box, id(column)] = [_astray(value, dims[box], given[box]) for value, given in pairs]
        for place, boxes in enumerate(told):
            astray = {box: column[place] for box, column in columns.items() if seen[box, id(column)][place]}
            if astray:
                wrong = {box: value if value is None else each(value, Fraction) for box, value in astray.items()}
                boxes.append(Mistaken(key, says[key], wrong))
    return [tuple(one) for one in told]


def _astray(value: Exact | None, dims: tuple[int, ...], ends: Sequence[End]) -> bool:
    return value is None or shape(value) != dims or _outside(value, ends)


def _ends(solution: Solution) -> dict[str, list[End]]:
    """Of every cell of every box what is accepted, in whole numbers."""
    found = {}
    for answer in solution.answers:
        texts = list(cells(answer.accept))
        found[answer.ask.key] = [_end(low, high) for low, high in zip(texts[::2], texts[1::2], strict=True)]
    return found


def _end(*texts: str) -> End:
    low, high = map(Fraction, texts)
    scale = lcm(low.denominator, high.denominator)
    return int(low * scale), int(high * scale), scale


def _outside(value: Exact, ends: Sequence[End]) -> bool:
    """Whether a cell lies outside its interval."""
    for cell, (low, high, scale) in zip(cells(value), ends, strict=True):
        if not low * cell.denominator <= cell.numerator * scale <= high * cell.denominator:
            return True
    return False


@dataclass(frozen=True)
class _Maker:
    """Somebody who makes one mistake in so many instances: what is taken in, by the name of the graph's input.

    `own` are the inputs that are read otherwise than they stand there; what does not fit is not taken in.
    """

    solver: Solver
    taken: Mapping[str, Array]
    own: frozenset[str]


def _results(instances: Sequence[Instance]) -> dict[str, dict[str, Column]]:
    """Mistake -> box -> its results; who gets the same in a box has the same column."""
    graph = graph_of(instances[0].problem, instances[0].params)
    given = [split(graph, instance.data) for instance in instances]
    makers = [_maker(solver, given) for solver in solvers(instances[0])]
    found = zip(makers, _run(makers, len(given)), strict=True)
    known: dict[Any, Column] = {}
    return {maker.solver.mistake.key: _written(maker, arrays, given, known) for maker, arrays in found}


def _maker(solver: Solver, given: Sequence[Given]) -> _Maker:
    upstream = solver.both.upstream
    before = [{**data, upstream: at_output} for data, at_output in given]
    read = [solver.given(data, at_output) for data, at_output in given]
    inputs = solver.both.graph.inputs
    pairs = list(zip(read, before, strict=True))
    own = {node.name for node in inputs if any(x[node.name] is not y.get(node.name) for x, y in pairs)}
    taken: dict[str, Array] = {}
    for node in inputs:
        with suppress(ValueError):
            taken[node.name] = exact_array([one[node.name] for one in read], node.shape)
    return _Maker(solver, taken, frozenset(own))


def _run(makers: Sequence[_Maker], count: int) -> list[Mapping[str, Array]]:
    """What each of them works out: node -> stack, of the boxes' nodes that have a value in all instances."""
    merged, names = _merged(tuple(maker.solver for maker in makers), tuple(maker.own for maker in makers))
    taken: dict[str, Array] = {}
    wanted: dict[str, None] = {}
    for maker, held in zip(makers, names, strict=True):
        taken |= {held[node]: array for node, array in maker.taken.items()}
        wanted |= dict.fromkeys(held[node] for node in _asked(maker.solver))
    arrays = _numpy.run(merged, taken, "whole", wanted, count, tolerant=True)
    return [
        {node: arrays[held[node]] for node in _asked(maker.solver) if held[node] in arrays}
        for maker, held in zip(makers, names, strict=True)
    ]


def _asked(solver: Solver) -> list[str]:
    """The nodes in which boxes find their numbers."""
    return [place.node for place in solver.places if place.node is not None]


@lru_cache(maxsize=256)
def _merged(makers: tuple[Solver, ...], own: tuple[frozenset[str], ...]) -> tuple[Graph, tuple[dict[str, str], ...]]:
    """One graph of all, and by what name each of them has its nodes there. Inputs are shared where they are read alike."""
    nodes: dict[str, Node] = {}
    names: list[dict[str, str]] = []
    for number, (solver, read) in enumerate(zip(makers, own, strict=True)):
        held: dict[str, str] = {}
        for node in solver.both.graph.nodes:
            shared = node.op == "input" and node.name not in read
            what = "upstream" if node.name == solver.both.upstream else f"input {node.name}"
            held[node.name] = f"{what} {node.shape}" if shared else f"{number} {node.name}"
            inputs = tuple(held[name] for name in node.inputs)
            nodes.setdefault(held[node.name], replace(node, name=held[node.name], inputs=inputs))
        names.append(held)
    return Graph(tuple(nodes.values()), next(reversed(nodes))), tuple(names)


def _written(
    maker: _Maker, arrays: Mapping[str, Array], given: Sequence[Given], known: dict[Any, Column]
) -> dict[str, Column]:
    """What stands in every box, instance by instance; what is known of others' arrays is not found again."""
    try:
        return {place.key: _column(place, arrays, len(given), known) for place in maker.solver.places}
    except (KeyError, ValueError):  # what has no value in one of them, is no real number, or too large
        rows = [maker.solver.results(data, upstream) for data, upstream in given]
        return {place.key: [row[place.key] for row in rows] for place in maker.solver.places}


def _column(place: Place, arrays: Mapping[str, Array], count: int, known: dict[Any, Column]) -> Column:
    """What stands in one box."""
    if place.node is None:
        return known.setdefault(None, [None] * count)
    array = arrays[place.node]
    what = id(array), place.index, place.shape
    if what not in known:
        at: Any = (slice(None), *place.index)
        known[what] = [fitting(each(freeze(one), snapped), place) for one in array[at].tolist()]
    return known[what]
