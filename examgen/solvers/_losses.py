"""Losses of a table of scores."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any, TypeVar, cast

import numpy as np

from examgen.errors import InputError
from examgen.registry import graph_of, problem
from examgen.solvers._arguments import Array, Given, choice, finite, flag, labels, number, numbers
from examgen.solvers._results import Result, SoftmaxLossResult, SvmLossResult
from examgen.solvers._solve import one, solved
from examgen.solvers._task import Task, bare, without_value

R = TypeVar("R", bound=Result)
BLOCK = 1 << 16  # cells that are worked on at a time: they and what is made of them fit into a processor's cache


def svm_loss(
    scores: Any, labels: Any, margin: Any = 1, squared: bool = False, reduction: str = "mean", class_axis: int = 1,
    *, engine: str = "numpy", exact: bool = False,
) -> SvmLossResult:
    """Multiclass hinge loss: of one sample, the sum over the wrong classes j of max(0, s_j - s_y + margin).

    Shapes: scores (N, C) with `class_axis` 1, where a row is a sample, or (C, N) with 0; labels (N,), counted from 0.
    Gives `losses` (N,), their mean or sum `loss` as `reduction` says, its gradient `dscores` shaped as the scores, and `steps`.
    Conventions: `squared` squares each term; no regularisation; slope 0 where a margin is met exactly. Results are float64;
    with `exact` nested tuples of fractions, where a float is the shortest decimal it is printed as (2.1 is 21/10).
    Raises: InputError for empty, ragged, not finite or not real scores, fewer than 2 classes, labels out of range or of
    another length, a margin not above 0, and other words than are listed here; over 10,000 numbers for exact and `steps`.
    Source: Weston and Watkins, 1999; CS231n, linear classification.

    >>> r = svm_loss([[2.1, 1.6, 2.1], [3.0, 3.2, 2.8], [-2, 3.7, 3.8]], [0, 1, 2])
    >>> r.losses.round(6).tolist(), round(r.loss, 6)
    ([1.5, 1.4, 0.9], 1.266667)
    >>> svm_loss([[2, 1]], [1], exact=True).dscores
    ((Fraction(1, 1), Fraction(-1, 1)),)
    """
    more = {"margin": _positive("margin", margin), "squared": flag("squared", squared)}
    return _loss(SvmLossResult, "svm_loss", (scores, labels, reduction, class_axis), more, engine, exact)


def softmax_loss(
    scores: Any, labels: Any, reduction: str = "mean", class_axis: int = 1, *, engine: str = "numpy", exact: bool = False,
) -> SoftmaxLossResult:
    """Cross-entropy of softmax: of one sample, -ln of the true class's probability exp(s_y) / sum of exp(s_j).

    Shapes: scores (N, C) with `class_axis` 1, where a row is a sample, or (C, N) with 0; labels (N,), counted from 0.
    Gives `losses` (N,), their mean or sum `loss` as `reduction` says, its gradient `dscores` and the `probabilities`, both
    shaped as the scores, and `steps`.
    Conventions: natural logarithm; no regularisation; large scores do not overflow. Results are float64; with `exact` nested
    tuples of fractions and SymPy expressions, where a float is the shortest decimal it is printed as.
    Raises: InputError for empty, ragged, not finite or not real scores, fewer than 2 classes, labels out of range or of
    another length, and other words than are listed here; over 10,000 numbers for exact and `steps`.
    Source: Bridle, 1990; CS231n, linear classification.

    >>> r = softmax_loss([[2.1, 1.6, 2.1], [3.0, 3.2, 2.8], [-2, 3.7, 3.8]], [0, 1, 2])
    >>> r.losses.round(6).tolist(), round(r.loss, 6)
    ([0.95802, 0.911901, 0.645985], 0.838635)
    >>> softmax_loss([[0, 0]], [1], exact=True).loss
    log(2)
    """
    return _loss(SoftmaxLossResult, "softmax_loss", (scores, labels, reduction, class_axis), {}, engine, exact)


def _positive(name: str, value: Any) -> Fraction:
    found = number(name, value)
    if found <= 0:
        raise InputError(f"{name} is {value}: give a number above 0")
    return found


def _loss(
    kind: type[R], name: str, given: tuple[Any, Any, Any, Any], more: dict[str, Any], engine: str, exact: bool
) -> R:
    """The result of the problem's own graph for a table of this size, with the numbers checked."""
    scores, truth, reduction, class_axis = given
    axis = choice("class_axis", class_axis, (0, 1))
    table = numbers("scores", scores)
    if len(table.shape) != 2:
        raise InputError(f"scores has shape {table.shape}, expected two axes: samples and classes, as (N, C)")
    samples, classes = table.shape if axis else table.shape[::-1]
    if classes < 2:
        raise InputError(
            f"scores has shape {table.shape}, which is 1 class with class_axis={axis}: a loss compares at least 2 classes"
        )
    sizes = {"samples": samples, "classes": classes, "class_axis": axis}
    params = problem(name).params(**sizes, reduction=choice("reduction", reduction, ("mean", "sum")), **more)
    data = {"scores": table, "labels": labels(truth, samples, classes)}
    task = Task(problem(name), graph_of(name, params), data, one())
    if engine == "numpy" and exact is False and table.array.size > 2 * BLOCK:
        return cast(R, kind.of(_in_blocks(task, params), task.kept()))
    return solved(task, kind, engine, exact)


def _in_blocks(task: Task, params: Any) -> dict[str, Any]:
    """The fields of a large table, a few samples at a time: a loss is a sum over samples, which do not meet anywhere else.

    Whole arrays would go through memory once for every node of the graph.
    """
    dims = {"losses": (params.samples,), "loss": ()}
    found = {name: np.empty(dims.get(name, task.data["scores"].shape)) for name in task.fields}
    rows = max(1, BLOCK // params.classes)
    for start in range(0, params.samples, rows):
        part = slice(start, min(start + rows, params.samples))
        for name, array in _block(task, params, part).results().items():
            if name != "loss":
                _samples(found[name], params, part)[...] = array
    found["loss"] = np.asarray(getattr(np, params.reduction)(found["losses"]))
    if not finite(found["loss"]):
        raise InputError(without_value(task))
    return {name: bare(array) for name, array in found.items()}


def _block(task: Task, params: Any, part: slice) -> Task:
    """Some of the samples, each with the gradient that it has in the whole table."""
    block = replace(params, samples=part.stop - part.start, reduction="sum")
    data = {name: Given(_samples(given.array, params, part)) for name, given in task.data.items()}
    share = 1 / params.samples if params.reduction == "mean" else 1.0
    return replace(task, graph=graph_of(task.problem.name, block), data=data, upstream=Given(np.asarray(share)))


def _samples(array: Array, params: Any, part: slice) -> Array:
    """A view of some samples of labels, losses or a table."""
    return array[part] if array.ndim == 1 or params.class_axis else array[:, part]
