"""Instances of one structure as one stack: an array for every input, with an axis for the instances in front."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from examgen.graph import Graph, split
from examgen.model import Exact, Instance, cells, shape

Array = npt.NDArray[Any]


class FailedAt(Exception):
    """What happened to one of several instances, by its place; the cause is the error itself."""

    def __init__(self, place: int) -> None:
        super().__init__(f"instance {place}")
        self.place = place


@contextmanager
def placed(place: int) -> Iterator[None]:
    """Whatever fails in it says of which instance."""
    try:
        yield
    except Exception as error:
        raise FailedAt(place) from error


@dataclass(frozen=True)
class Stack:
    """The data of so many instances: arrays (count, *shape) of every input, and of the gradients at the output.

    Labels are ints, all other numbers exact objects, ints where they are whole; `floats` has them in float64.
    """

    count: int
    data: Mapping[str, Array]
    upstream: Array


def by_structure(instances: Sequence[Instance]) -> dict[tuple[str, Any], list[int]]:
    """(Problem, parameters) -> the places of its instances: those share a graph."""
    found: dict[tuple[str, Any], list[int]] = {}
    for place, instance in enumerate(instances):
        found.setdefault((instance.problem, instance.params), []).append(place)
    return found


def stacked(graph: Graph, datas: Sequence[Mapping[str, Exact]]) -> Stack:
    """The data of instances of one graph, in their order."""
    parts = [split(graph, data) for data in datas]
    data = {node.name: exact_array([part[0][node.name] for part in parts], node.shape) for node in graph.inputs}
    labels = {node.name for node in graph.inputs if node["discrete"]}
    data = {name: value.astype(np.int64) if name in labels else value for name, value in data.items()}
    return Stack(len(parts), data, exact_array([upstream for _, upstream in parts], graph[graph.output].shape))


def exact_array(values: Sequence[Exact], dims: tuple[int, ...]) -> Array:
    """So many values of one shape as an array of exact objects. Raises: ValueError where one has another shape."""
    if any(shape(value) != dims for value in values):
        raise ValueError(f"something does not have the shape {dims}")
    flat = [int(cell) if cell.denominator == 1 else cell for value in values for cell in cells(value)]
    array = np.empty(len(flat), dtype=object)
    array[:] = flat
    return array.reshape(len(values), *dims)


def floats(stack: Stack) -> Stack:
    """The same in float64, labels as they are."""
    data = {name: value if value.dtype == np.int64 else value.astype(np.float64) for name, value in stack.data.items()}
    return Stack(stack.count, data, stack.upstream.astype(np.float64))


def slices(stack: Stack, size: int) -> Iterator[Stack]:
    """The stack in parts of bounded size, so that memory stays bounded too."""
    for start in range(0, stack.count, size):
        part = {name: value[start : start + size] for name, value in stack.data.items()}
        upstream = stack.upstream[start : start + size]
        yield Stack(len(upstream), part, upstream)
