"""The textbook route: a forward table in NumPy, and the hand-written VJPs evaluated as the nodes they emit.

Runs in float64, or on object arrays of `Fraction` and, from the first exp or log on, of `mpmath.mpf` with 55 digits. Given
`count`, every array of the data is a stack of so many, along an axis in front, and so is every result.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from math import prod
from typing import Any

import numpy as np

from examgen.engines._engine import Evaluation
from examgen.engines._numpy_numbers import Array, alike, as_fractions, check_size, leaf
from examgen.engines._numpy_table import BROADCASTING, FRESH, TABLE, VIEWS, Overwriting, Summing
from examgen.graph import Graph, Node, backward

LARGE = 1 << 12  # cells of an array that is worth writing over instead of taking new memory


def evaluate(
    graph: Graph, data: Mapping[str, Any], upstream: Any = 1, numbers: str = "float",
    wanted: Collection[tuple[str, bool]] | None = None, count: int | None = None,
) -> Evaluation:
    """Every node's value and gradient as arrays, or those wanted: (node, whether its gradient).

    `numbers` is "float" (float64), "exact" or "whole". Exact numbers are fractions up to the first exp, log or the like, and
    have 55 digits from there on; "whole" leaves whole ones among them ints, which are faster. Arrays are not to be written
    to: equal nodes share one, and it may be a view of the data.
    Raises ZeroDivisionError or ValueError in exact numbers where a node has no value; float64 gives inf or nan.
    """
    if wanted is None:
        wanted = [(node.name, False) for node in graph.nodes] + [(node.name, True) for node in graph.differentiable]
    values = [name for name, gradient in wanted if not gradient]
    if len(values) == len(wanted) and graph.behind.isdisjoint(values):
        return Evaluation(run(graph, data, numbers, values, count), {})
    both = backward(graph)
    gradients = {name: both.gradients[name] for name, gradient in wanted if gradient}
    arrays = run(both.graph, {**data, both.upstream: upstream}, numbers, [*values, *gradients.values()], count)
    return Evaluation(
        {name: arrays[name] for name in values}, {name: arrays[gradient] for name, gradient in gradients.items()}
    )


def runs(device: str) -> tuple[tuple[bool, str, Callable[..., Evaluation]], ...]:
    """In exact numbers and in float64, on the CPU whatever the device."""
    return (True, "", partial(evaluate, numbers="whole")), (False, "", evaluate)


def run(
    graph: Graph, data: Mapping[str, Any], numbers: str = "float", wanted: Collection[str] | None = None,
    count: int | None = None, *, tolerant: bool = False,
) -> dict[str, Array]:
    """The value of every node, or of those wanted: a loop over the nodes and one table.

    With `tolerant` those that have no value, or no data, are left out; nothing is raised.
    """
    arrays: dict[str, Array] = {}
    lead = () if count is None else (count,)
    steps, same = _plan(graph, None if wanted is None else frozenset(wanted))
    with np.errstate(all="ignore"):
        for step in steps:
            if not tolerant:
                arrays[step.node.name] = _value(step, arrays, data, numbers, lead)
            elif all(name in arrays for name in step.sources):
                with suppress(ArithmeticError, ValueError, KeyError):
                    arrays[step.node.name] = _value(step, arrays, data, numbers, lead)
            for name in step.ends:
                arrays.pop(name, None)
    held = {name: arrays[same[name]] for name in (same if wanted is None else wanted) if same[name] in arrays}
    return {name: (as_fractions if numbers == "exact" else _as_numbers)(array) for name, array in held.items()}


def _as_numbers(x: Array) -> Array:
    """Truth values, which steps are kept as, as 0 and 1."""
    return x.astype(np.float64) if x.dtype == np.bool_ else x


@dataclass(frozen=True)
class _Step:
    """One node to work out: whose arrays it reads, which of them nobody reads later, and which it may write over."""

    node: Node
    sources: tuple[str, ...]
    ends: tuple[str, ...]
    over: str | None


@lru_cache(maxsize=512)
def _plan(graph: Graph, wanted: frozenset[str] | None) -> tuple[tuple[_Step, ...], dict[str, str]]:
    """The steps without which the wanted nodes have no value, and under whose name each node's array stands.

    A node that repeats an earlier one (same op, inputs and attributes) is that node.
    """
    first: dict[Any, str] = {}
    same: dict[str, str] = {}
    for node in graph.nodes:
        what = node.name if node.op == "input" else (node.op, tuple(same[name] for name in node.inputs), node.attrs)
        same[node.name] = first.setdefault(what, node.name)
    needed = {same[name] for name in (same if wanted is None else wanted)}
    viewed = {same[name] for node in graph.nodes if node.op in VIEWS for name in node.inputs}
    steps = []
    for node in reversed(graph.nodes):
        if same[node.name] == node.name and node.name in needed:
            sources = tuple(same[name] for name in node.inputs)
            ends = tuple(name for name in dict.fromkeys(sources) if name not in needed)
            needed.update(sources)
            free = (graph[name] for name in ends if name not in viewed)
            over = next((x.name for x in free if x.op in FRESH and x.shape == node.shape and prod(x.shape) >= LARGE), None)
            steps.append(_Step(node, sources, ends, over))
    return tuple(reversed(steps)), same


def _value(step: _Step, arrays: Mapping[str, Array], data: Mapping[str, Any], numbers: str, lead: tuple[int, ...]) -> Array:
    node, exact = step.node, numbers != "float"
    if node.op == "input":
        return np.broadcast_to(leaf(data[node.name], "int" if node["discrete"] else numbers), (*lead, *node.shape))
    if node.op == "const":
        value = leaf(node["value"], numbers)
        return np.broadcast_to(value, (*lead, *node.shape)) if lead else value
    sources = [arrays[name] for name in step.sources]
    rule = TABLE[node.op]
    if lead and node.op in BROADCASTING:
        sources = [_aligned(x, len(node.shape)) for x in sources]
    if isinstance(rule, Summing):
        rule = partial(rule, lead=len(lead))
    if exact:
        found = np.asarray(rule(node, *alike(node, sources)), dtype=object)
        check_size(node, found)
        return found
    if node.op != "mul":  # it alone makes the same numbers of truth values
        sources = [_as_numbers(x) for x in sources]
    if step.over and isinstance(rule, Overwriting) and arrays[step.over].dtype == np.float64:
        return np.asarray(rule(node, *sources, out=arrays[step.over]))
    return np.asarray(rule(node, *sources))


def _aligned(x: Array, rank: int) -> Array:
    """A stack of arrays of this many axes: what broadcasts gets its missing ones behind the stack's own."""
    return x.reshape(x.shape[0], *(1,) * (rank + 1 - x.ndim), *x.shape[1:])
