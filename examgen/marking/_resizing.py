"""A task that goes on from an array of another size than asked, such as a map with the wrong stride."""

from __future__ import annotations

from dataclasses import replace

from examgen.errors import InputError
from examgen.graph import Builder, Graph
from examgen.keyfile import KeyTask
from examgen.model import Exact, shape


def resized(task: KeyTask, place: int, value: Exact) -> KeyTask | None:
    """The task with a student's own array in a box, whatever its size, and all boxes behind it in the sizes that follow.

    None where the graph cannot go on from it, or the box is a part of a node or a gradient.
    """
    box = task.boxes[place]
    dims = shape(value)
    if box.gradient or box.index or len(dims) != len(box.shape):
        return None
    try:
        graph = _from_there(task.graph, box.node, dims)
        boxes = tuple(replace(other, shape=graph[other.node].shape[len(other.index) :]) for other in task.boxes)
    except InputError:  # shapes that do not fit together
        return None
    if any(i >= length for other in boxes for i, length in zip(other.index, graph[other.node].shape, strict=False)):
        return None
    values = tuple(other for other in boxes if not other.gradient)
    return replace(task, graph=graph, data={**task.data, box.node: value}, boxes=values) if len(values) == len(boxes) else None


def _from_there(graph: Graph, name: str, dims: tuple[int, ...]) -> Graph:
    """The graph with a node as an input of that shape. Raises: InputError."""
    builder = Builder()
    for node in graph.nodes:
        if node.name == name:
            builder.input(name, dims)
        else:
            builder.add(node.op, node.inputs, dict(node.attrs), node.name)
    return builder.build(graph.output)
