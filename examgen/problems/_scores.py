"""What tasks on a matrix of scores share: orientation, labels, wording, gradient boxes.

As printed, scores are (N, C) where a row is an image (`class_axis` 1) and (C, N) where a column is one (`class_axis` 0).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from examgen.drawing import Stream
from examgen.errors import InputError
from examgen.graph import Builder, Graph, Ref
from examgen.model import Ask, Convention, Exact, Index, Instance, Reminder, cells, shape
from examgen.problem import Problem, ResultField
from examgen.problems import _score_steps as score_steps

ORIENTATION = {
    1: (
        "The table holds a classifier's scores: **a row is an image, a column is a class**; "
        "$s_{ij}$ is the score of image $i$ for class $j$, and $y_i$ is the true class."
    ),
    0: (
        "The table holds a classifier's scores: **a column is an image, a row is a class**; "
        "$s_{ij}$ is the score of image $i$ for class $j$, and $y_i$ is the true class."
    ),
}
GRADIENT = {
    "mean": (
        r"Also find $\partial L/\partial s_{ij}$ for every cell of the table, in the order of the table "
        "($L$ is the mean; the factor $1/%(samples)s$ is part of the answer)."
    ),
    "sum": (
        r"Also find $\partial L/\partial s_{ij}$ for every cell of the table, in the order of the table ($L$ is the sum)."
    ),
    "none": r"Also find $\partial L/\partial s_{ij}$ for every cell of the table, in the order of the table.",
}
REDUCTION = {
    "mean": "Then find the mean over the images $%(total)s$.",
    "sum": "Then find the sum over the images, not the mean: $%(total)s$.",
}

TOTAL = {
    "mean": Reminder("Mean over $N$ images:", r"L=\frac{1}{N}\sum_i L_i"),
    "sum": Reminder("Sum over $N$ images:", r"L=\sum_i L_i"),
}


def score_grid(params: Any) -> tuple[Fraction, ...]:
    """Every score that can be drawn: -limit to limit in steps of the last decimal, in ascending order."""
    return _grid(params.limit, 10**params.digits)


@lru_cache(maxsize=64)
def _grid(limit: int, scale: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(k, scale) for k in range(-limit * scale, limit * scale + 1))


def drawn_labels(params: Any, stream: Stream) -> tuple[int, ...]:
    """One true class per image (N,), counted from 0; free labels are not all the same class."""
    if params.labels == "diagonal":
        return tuple(range(params.samples))
    labels = [stream.below(params.classes) for _ in range(params.samples)]
    if len(labels) > 1 and len(set(labels)) == 1:
        labels[stream.below(len(labels))] = (labels[0] + 1 + stream.below(params.classes - 1)) % params.classes
    return tuple(labels)


def check_labels(params: Any) -> None:
    """Raises InputError where the diagonal is too short for the images."""
    if params.labels == "diagonal" and params.samples > params.classes:
        raise InputError(
            f"labels = 'diagonal' with {params.samples} samples and {params.classes} classes:"
            " the diagonal is too short, take labels = 'free'"
        )


def as_printed(params: Any, rows: Sequence[Sequence[Any]]) -> Exact:
    """Rows of images (N, C) turned into the orientation of the table."""
    return tuple(map(tuple, rows if params.class_axis else zip(*rows, strict=True)))


def scores_and_labels(b: Builder, params: Any, *, logarithm: bool = False) -> tuple[Ref, Ref]:
    """The scores brought to one row per image (N, C), and the labels (N,).

    With `logarithm` the input holds the numbers under ln, and a node `logits`, shaped as the table, holds the scores.
    """
    table = (params.samples, params.classes)
    scores = b.input("scores", table if params.class_axis else table[::-1])
    labels = b.input("labels", (params.samples,), discrete=True)
    if logarithm:
        scores = b.op("log", scores, name="logits")
    if not params.class_axis:
        scores = b.op("transpose", scores, name="rows")
    return scores, labels


def gradient_asks(params: Any, node: str) -> tuple[Ask, ...]:
    """The box for the gradient table, where it is asked: shaped as the table is printed."""
    if not params.gradient:
        return ()
    table = (params.samples, params.classes)
    dims = table if params.class_axis else table[::-1]
    symbol = r"\partial L/\partial s"
    return (Ask("dscores", node, symbol, "array", True, shape=dims, points=Fraction(2), group="gradient"),)


def table_conventions(params: Any) -> tuple[Convention, ...]:
    """What a row, a column and the frame of the table mean."""
    return (
        Convention("orientation", ORIENTATION[params.class_axis]),
        Convention("true_class", "The score of the true class is framed."),
    )


def loss_asks(params: Any) -> tuple[Ask, ...]:
    """The box for the mean or the sum; one image has no use for it."""
    return (Ask("loss", "loss", "L", group="loss"),) if params.samples > 1 else ()


def reduction_convention(params: Any) -> Convention:
    """Mean or sum over the images, written out; of one image its own loss."""
    if params.samples == 1:
        return Convention("reduction", "There is one image, so $L=L_{1}$.")
    total = "+".join(f"L_{{{i + 1}}}" for i in range(params.samples))
    if params.reduction == "sum":
        return Convention("reduction", REDUCTION["sum"], {"total": f"L={total}"})
    return Convention("reduction", REDUCTION["mean"], {"total": f"L=({total})/{params.samples}"})


def reduction_reminder(params: Any) -> tuple[Reminder, ...]:
    """Mean or sum over any number of images."""
    return (TOTAL[params.reduction],) if params.samples > 1 else ()


def gradient_convention(params: Any) -> tuple[Convention, ...]:
    """Of what the gradient is and in which order it stands, where it is asked."""
    if not params.gradient:
        return ()
    reduction = params.reduction if params.samples > 1 else "none"
    return (Convention("gradient", GRADIENT[reduction], {"samples": params.samples}),)


class ScoresProblem(Problem):
    """A problem type on a table of scores with one true class per image: what pinned data leave out or open.

    Its parameters have samples, classes, class_axis and labels.
    """

    def symbol(self, graph: Graph, node: str, index: Index) -> str:
        return score_steps.symbol(graph, node, index)

    def results(self, graph: Graph) -> Mapping[str, ResultField]:
        """Losses, their mean or sum, and the gradient in the orientation of the table."""
        leaf = "logits" if "logits" in graph else "scores"
        return {"losses": ResultField("losses"), "loss": ResultField("loss"), "dscores": ResultField(leaf, True)}

    def sizes(self, given: Mapping[str, Any], data: Mapping[str, Exact]) -> dict[str, Any]:
        """N and C from pinned scores; labels are on the diagonal unless they are given.

        Raises: InputError where there are no scores, or they are no table.
        """
        if "scores" not in data:
            raise InputError("data has no 'scores': give scores, and labels where they are not on the diagonal")
        dims = shape(data["scores"])
        if len(dims) != 2:
            raise InputError(f"scores has shape {dims}: give a table, one list of numbers per row")
        samples, classes = dims if given.get("class_axis", 1) else dims[::-1]
        labels = "free" if "labels" in data else "diagonal"
        return {"samples": samples, "classes": classes, "labels": labels}

    def completed(self, params: Any, data: dict[str, Exact]) -> dict[str, Exact]:
        """Labels checked, or put on the diagonal where none are given. Raises: InputError on a label out of range."""
        labels = data.get("labels", tuple(range(params.samples)))
        labels = labels if isinstance(labels, tuple) else (labels,)
        for label in cells(labels):
            if not isinstance(label, int) or not 0 <= label < params.classes:
                allowed = f"with {params.classes} classes a label is one of 0..{params.classes - 1}"
                raise InputError(f"labels holds {label}: {allowed}")
        return {**data, "labels": labels}

    def readings(self, instance: Instance) -> Iterator[str]:
        """What a missing list of labels or a square table leaves open."""
        params = instance.params
        if params.labels == "diagonal":
            yield "no labels are given: the true class of image i is taken to be class i (the diagonal)"
        if params.samples == params.classes:
            yield "the table is square: only its heads tell images from classes"
