"""From any problem type's graph and numbers to its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar, cast

import numpy as np

from examgen.errors import InputError
from examgen.graph import Graph
from examgen.model import Instance
from examgen.registry import graph_of, problem
from examgen.solvers import _results as results
from examgen.solvers._arguments import Array, Given, numbers
from examgen.solvers._task import Task, bare, own

R = TypeVar("R", bound=results.Result)
KINDS: dict[str, type[results.Result]] = {
    "svm_loss": results.SvmLossResult,
    "softmax_loss": results.SoftmaxLossResult,
    "backprop": results.BackpropResult,
    "conv_relu_pool": results.ConvReluPoolResult,
}


def solve(
    name: str, params: Any, data: Mapping[str, Any], upstream: Any = None, *, engine: str = "numpy", exact: bool = False
) -> results.Result:
    """The result of a task of any problem type.

    `params` are the problem's parameters, or a graph. `data` holds numbers for the graph's inputs and, unless `upstream` is
    given, the gradient at the output under that name. A scalar output has the gradient 1 unless told; any other without one
    has no gradients: those fields are None.
    Raises: InputError for unknown names, numbers of the wrong shape, and nodes without a finite value.
    """
    graph = params if isinstance(params, Graph) else graph_of(name, params)
    data = dict(data)
    given = data.pop("upstream", None) if "upstream" not in graph else None
    task = Task(problem(name), graph, checked(graph, data), upstream_of(graph, given if upstream is None else upstream))
    return solved(task, kind_of(task), engine, exact)


def solve_instance(instance: Instance, *, engine: str = "numpy", exact: bool = False) -> results.Result:
    """The result of a drawn or pinned task."""
    return solve(instance.problem, instance.params, instance.data, engine=engine, exact=exact)


def kind_of(task: Task) -> type[results.Result]:
    """The problem's own kind of result, or one by names where it has none, or the graph has more to tell."""
    kind = KINDS.get(task.problem.name, results.TaskResult)
    if kind in (results.TaskResult, results.BackpropResult) or set(task.fields) <= {f.name for f in fields(kind)}:
        return kind
    return results.TaskResult


def solved(task: Task, kind: type[R], engine: str = "numpy", exact: bool = False) -> R:
    """The task's result, with numbers of its own."""
    found = task.results(engine, exact)
    taken: list[Array] = [given.array for given in task.data.values()]
    mine: dict[str, Any] = {}
    for name, array in found.items():
        if array is not None and array.dtype != object:
            array = own(array, taken)
            taken.append(array)
        mine[name] = None if array is None else bare(array)
    return cast(R, kind.of(mine, task.kept()))


def checked(graph: Graph, data: Mapping[str, Any]) -> dict[str, Given]:
    """Numbers for every input, in the shapes of the graph."""
    dims = {node.name: node.shape for node in graph.inputs}
    if missing := [name for name in dims if name not in data]:
        raise InputError(f"data has no {missing[0]!r}: give {', '.join(dims)}")
    if strange := [name for name in data if name not in dims]:
        raise InputError(f"data holds {strange[0]!r}, which the task does not use: give {', '.join(dims)}")
    found = {name: numbers(name, data[name]) for name in dims}
    for name, given in found.items():
        if given.shape != dims[name]:
            raise InputError(f"{name} has shape {given.shape}, expected {dims[name]}")
        if graph[name]["discrete"] and given.array.dtype.kind not in "iu":
            found[name] = _discrete(name, given)
    return found


def _discrete(name: str, given: Given) -> Given:
    if (given.array % 1 != 0).any():
        raise InputError(f"{name} holds {given.array[given.array % 1 != 0].flat[0]}: give whole numbers")
    return Given(given.array.astype(np.int64))


def upstream_of(graph: Graph, value: Any) -> Given | None:
    """The gradient at the output, broadcast to its shape."""
    dims = graph[graph.output].shape
    if value is None:
        return None if dims else one()
    given = numbers("upstream", value)
    try:
        return Given(np.broadcast_to(given.array, dims))
    except ValueError:
        raise InputError(f"upstream has shape {given.shape}, expected {dims} as the output, or a single number") from None


@cache
def one() -> Given:
    return Given(np.ones((), dtype=np.int64))
