"""From a graph and its numbers to a worked solution: the NumPy engine's exact values, told by the problem."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction
from math import prod
from typing import Any

from examgen.engines import _numpy
from examgen.errors import InputError
from examgen.graph import HAND_SIZED, Graph, backward, split
from examgen.model import Exact, Instance, Step, cells, nest, shape
from examgen.narration import Worked, loss_symbol
from examgen.problem import Problem
from examgen.reckoning import reckon, snapped
from examgen.registry import asks_of, graph_of, problem


def solution_steps(instance: Instance) -> tuple[Step, ...]:
    """The worked solution of an instance, as far as its boxes ask."""
    graph = graph_of(instance.problem, instance.params)
    data, upstream = split(graph, instance.data)
    wanted = dict.fromkeys((ask.node, ask.gradient) for ask in asks_of(instance))
    return explain(problem(instance.problem), graph, data, upstream, wanted)


def explain(
    chosen: Problem, graph: Graph, data: Mapping[str, Exact], upstream: Exact = 1,
    wanted: Collection[tuple[str, bool]] | None = None,
) -> tuple[Step, ...]:
    """The worked solution of a graph with exact data.

    `upstream` broadcasts to the output's shape. `wanted` holds the (node, whether its gradient) that are asked: every value
    and every gradient of an input where it is None.
    Raises: InputError where the graph is too large to be read, or where one of its nodes has no value.
    """
    if graph.size > HAND_SIZED:
        raise InputError(f"the task has {graph.size} numbers: a worked solution is for hand-sized tasks, up to {HAND_SIZED}")
    dims = graph[graph.output].shape
    given = upstream if shape(upstream) == dims else nest([upstream] * prod(dims), dims)
    both = backward(graph)
    itself = dims == () and all(cell == 1 for cell in cells(given))
    top = chosen.symbol(graph, graph.output, ()) if itself else loss_symbol(graph)
    asked = _everything(graph) if wanted is None else tuple(wanted)
    try:
        arrays = _numpy.run(both.graph, {**data, both.upstream: given}, "exact")
        values = {name: [_fraction(cell) for cell in array.ravel().tolist()] for name, array in arrays.items()}
        return tuple(chosen.steps(Worked(graph, both, values, asked, chosen.symbol, top, reckon)))
    except OverflowError:
        raise InputError("a worked solution would hold numbers of hundreds of digits: take numbers of another size") from None
    except (ArithmeticError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("with these numbers something has no value, such as a quotient by 0: change them") from None


def _everything(graph: Graph) -> tuple[tuple[str, bool], ...]:
    leaves = ((node.name, True) for node in graph.inputs if node in graph.differentiable)
    return (*((node.name, False) for node in graph.nodes), *leaves)


def _fraction(cell: Any) -> Fraction:
    return Fraction(cell) if isinstance(cell, (int, Fraction)) else snapped(cell)
