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
from examgen.narration import Worked, given, loss_symbol
from examgen.problem import Problem
from examgen.reckoning import reckon, snapped
from examgen.registry import asks_of, graph_of, problem


def solution_steps(instance: Instance) -> tuple[Step, ...]:
    """The worked solution of an instance, as far as its boxes ask."""
    graph = graph_of(instance.problem, instance.params)
    data, upstream = split(graph, instance.data)
    wanted = dict.fromkeys((ask.node, ask.gradient) for ask in asks_of(instance))
    return explain(problem(instance.problem), graph, data, upstream, wanted)


def given_step(instance: Instance) -> Step:
    """The numbers that a task gives, as its worked solution begins; nothing is worked out for it, so no answer can be in it."""
    graph = graph_of(instance.problem, instance.params)
    data, upstream = split(graph, instance.data)
    both = backward(graph)
    constants = {node.name: node["value"] for node in graph.nodes if node.op == "const"}
    values = {name: [Fraction(cell) for cell in cells(v)] for name, v in {**constants, **data, both.upstream: upstream}.items()}
    wanted = tuple((ask.node, ask.gradient) for ask in asks_of(instance))
    chosen = problem(instance.problem)
    return given(Worked(graph, both, values, wanted, chosen.symbol, _top(chosen, graph, upstream), reckon))


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
    at_output = upstream if shape(upstream) == dims else nest([upstream] * prod(dims), dims)
    both = backward(graph)
    top = _top(chosen, graph, at_output)
    asked = _everything(graph) if wanted is None else tuple(wanted)
    try:
        arrays = _numpy.run(both.graph, {**data, both.upstream: at_output}, "exact")
        values = {name: [_fraction(cell) for cell in array.ravel().tolist()] for name, array in arrays.items()}
        return tuple(chosen.steps(Worked(graph, both, values, asked, chosen.symbol, top, reckon)))
    except OverflowError:
        raise InputError("a worked solution would hold numbers of hundreds of digits: take numbers of another size") from None
    except (ArithmeticError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("with these numbers something has no value, such as a quotient by 0: change them") from None


def _top(chosen: Problem, graph: Graph, upstream: Exact) -> str:
    """What is differentiated: the output itself where the gradient at it is 1, else a loss behind it."""
    itself = shape(upstream) == () and upstream == 1
    return chosen.symbol(graph, graph.output, ()) if itself else loss_symbol(graph)


def _everything(graph: Graph) -> tuple[tuple[str, bool], ...]:
    leaves = ((node.name, True) for node in graph.inputs if node in graph.differentiable)
    return (*((node.name, False) for node in graph.nodes), *leaves)


def _fraction(cell: Any) -> Fraction:
    return Fraction(cell) if isinstance(cell, (int, Fraction)) else snapped(cell)
