"""A task that goes on from an array of another size than asked, such as a map with the wrong stride."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod

from examgen.errors import InputError
from examgen.graph import Builder, Graph
from examgen.keyfile import KeyTask
from examgen.model import Exact, nest, shape


def resized(task: KeyTask, place: int, own: Mapping[int, Exact]) -> KeyTask | None:
    """The task with a student's own array in a box, whatever its size, and all boxes behind it in the sizes that follow.

    `own` are the arrays that were written, by box: a node that is asked in parts goes on from all of them together.
    None where the graph cannot go on from them.
    """
    box = task.boxes[place]
    parts = [other for other, found in enumerate(task.boxes) if found.node == box.node and not found.gradient]
    lead = task.graph[box.node].shape[: len(box.index)]
    sizes = {shape(own[part]) for part in parts if part in own}
    if any(found.gradient for found in task.boxes) or len(parts) != prod(lead) or set(parts) - own.keys() or len(sizes) != 1:
        return None
    value = nest([own[part] for part in sorted(parts, key=lambda part: task.boxes[part].index)], lead)
    try:
        graph = _from_there(task.graph, box.node, (*lead, *sizes.pop()))
    except InputError:  # shapes that do not fit together
        return None
    dims = [graph[found.node].shape for found in task.boxes]
    if any(i >= n for found, of in zip(task.boxes, dims, strict=True) for i, n in zip(found.index, of, strict=False)):
        return None
    boxes = [replace(found, shape=of[len(found.index) :]) for found, of in zip(task.boxes, dims, strict=True)]
    return replace(task, graph=graph, data={**task.data, box.node: value}, boxes=tuple(boxes))


def _from_there(graph: Graph, name: str, dims: tuple[int, ...]) -> Graph:
    """The graph with a node as an input of that shape. Raises: InputError."""
    builder = Builder()
    for node in graph.nodes:
        if node.name == name:
            builder.input(name, dims)
        else:
            builder.add(node.op, node.inputs, dict(node.attrs), node.name)
    return builder.build(graph.output)
