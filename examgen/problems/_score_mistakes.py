"""Mistakes that tasks on a table of scores share: orientation, labels, the mean over the images, its share of the gradient."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from examgen.graph import Builder, Graph, Node, Ref
from examgen.mistakes import Data, Mistake, changed, node_replaced, scaled_sum
from examgen.model import Exact

ORIENTATION = {
    1: "An image is a row of the table: the sum runs along the row.",
    0: "An image is a column of the table: the sum runs along the column.",
}
LABEL = "The true class counts, not the predicted (largest) one."
AVERAGE = "The mean is asked: divide the sum by the number of images."
SUM = "The sum is asked: do not divide by the number of images."
CLASSES = "Divide by the number of images, not of classes."
DIVIDED = "L is a mean, so its gradient is divided by N as well."
PLACES = "%places"  # no formula can bind such names
COLUMNS = "%columns"
READING = ("pick", "others", "softmax", "cross_entropy")


def table_mistakes(params: Any) -> Iterator[Mistake]:
    """Of reading the table and of the mean or sum; one image leaves neither open."""
    n, c = params.samples, params.classes
    yield Mistake("loss_wrong_label", LABEL, reading=lambda data: {**data, "labels": _predicted(params, data["scores"])})
    if n == 1:
        return
    yield Mistake("loss_orientation", ORIENTATION[params.class_axis], forward=_across, reading=_counted)
    if params.reduction == "sum":
        yield Mistake("loss_averaged", SUM, forward=node_replaced("loss", partial(_averaged, n)))
        return
    yield Mistake("loss_not_averaged", AVERAGE, forward=scaled_sum("mean", 1))
    if n != c:
        yield Mistake("loss_divided_by_classes", CLASSES, forward=scaled_sum("mean", c))
    yield Mistake("grad_not_divided", DIVIDED, slopes={"mean": _undivided})


def _predicted(params: Any, scores: Exact) -> tuple[int, ...]:
    """The class of the largest score of each image."""
    rows = scores if params.class_axis else zip(*scores, strict=True)
    return tuple(max(range(params.classes), key=row.__getitem__) for row in map(tuple, rows))


def _across(graph: Graph) -> Graph:
    """Each framed score is compared with what stands in its line of the other direction, one score for each image."""
    table = next(node.inputs[0] for node in graph.nodes if node.op in READING)

    def rule(b: Builder, node: Node) -> Ref | None:
        if node.op not in READING:
            return None
        scores, *labels = node.inputs
        if COLUMNS not in b:
            _add_columns(b, b.ref(table))
        taken = [COLUMNS if scores == table else scores, *(PLACES for _ in labels)]
        return b.add(node.op, taken, dict(node.attrs), node.name)

    return changed(graph, rule)


def _add_columns(b: Builder, table: Ref) -> None:
    images, classes = table.shape
    b.input(PLACES, (images,), discrete=True)
    b.matmul(b.one_hot(b.ref("labels"), classes), b.transpose(table), name=COLUMNS)


def _counted(data: Data) -> Data:
    return {**data, PLACES: tuple(range(len(data["labels"])))}


def _averaged(parts: int, b: Builder, node: Node) -> Ref:
    return b.op("div", b.add("sum", node.inputs, dict(node.attrs)), b.const(parts), name=node.name)


def _undivided(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    (x,) = b.inputs(node)
    return (b.op("spread", g, axes=() if node["keepdims"] else node["axes"], shape=x.shape),)
