"""Softmax (cross-entropy) loss from a matrix of scores, with the true class's probability on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from examgen.drawing import Stream
from examgen.errors import InputError
from examgen.graph import Builder, Graph
from examgen.model import Ask, Calculator, Convention, Exact, Instance, cells
from examgen.points import HALF
from examgen.problem import Preset, param
from examgen.problems import _scores as table

LEAST_PROBABILITY = 0.02  # a smaller one rounds to two decimals that say nothing


@dataclass(frozen=True)
class Params:
    samples: int = param(2, "N, images", low=1, high=12)
    classes: int = param(3, "C, classes", low=2, high=10)
    reduction: str = param("mean", "over the images", choices=("mean", "sum"), timed=False)
    class_axis: int = param(1, "1: a row is an image; 0: a column is an image", choices=(0, 1), timed=False)
    labels: str = param("free", "true classes: on the diagonal or free", choices=("diagonal", "free"), timed=False)
    gradient: bool = param(False, "ask for the gradient with respect to every score")
    log_scores: bool = param(False, "scores are ln of whole numbers, answers logarithms of fractions")
    limit: int = param(2, "scores lie within ± this; the largest whole number where they are logarithms", low=1, high=100)
    digits: int = param(1, "decimals of a score", low=0, high=3)


class SoftmaxLoss(table.ScoresProblem):
    name = "softmax_loss"
    title = "Softmax loss"
    source = "Bridle, 1990; CS231n, linear classification"
    params = Params
    default = "2x3"
    presets = {
        "1x3_gradient": Preset(Params(1, 3, gradient=True), (4, 4), "quiz", "scientific"),
        "2x3": Preset(Params(2, 3), (4, 5), calculator="scientific"),
        "2x3_columns": Preset(Params(2, 3, class_axis=0), (4, 5), calculator="scientific"),
        "3x3": Preset(Params(3, 3), (6, 8), calculator="scientific"),
        "3x3_log": Preset(Params(3, 3, log_scores=True, limit=6), (5, 6)),
        "3x3_gradient": Preset(Params(3, 3, gradient=True), (9, 11), "homework", "scientific"),
    }

    def check(self, params: Params) -> None:
        table.check_labels(params)
        if params.log_scores and params.limit < params.classes:
            raise InputError(f"limit = {params.limit}: with log_scores scores are ln 1 to ln of it, give at least classes")

    def calculator(self, params: Params) -> Calculator:
        """Scores that are logarithms leave fractions, and their logarithms stand as they are."""
        return "none" if params.log_scores else "scientific"

    def draw(self, params: Params, stream: Stream) -> Instance:
        """Scores of one image differ, so that the predicted class is one class."""
        labels = table.drawn_labels(params, stream)
        if params.log_scores:
            rows: list[Any] = [stream.sample(range(1, params.limit + 1), params.classes) for _ in labels]
        else:
            rows = [stream.sample(table.score_grid(params), params.classes) for _ in labels]
        return Instance(self.name, params, {"scores": table.as_printed(params, rows), "labels": labels})

    def graph(self, params: Params) -> Graph:
        b = Builder()
        scores, labels = table.scores_and_labels(b, params, logarithm=params.log_scores)
        probabilities = b.op("softmax", scores, name="probabilities")
        b.op("pick", probabilities, labels, keepdims=False, name="true_probabilities")
        losses = b.op("cross_entropy", scores, labels, name="losses")
        return b.build(b.reduce(params.reduction, losses, name="loss"))

    def asks(self, params: Params) -> tuple[Ask, ...]:
        boxes = []
        for i in range(params.samples):
            p, loss = f"p_{{{i + 1}}}", f"L_{{{i + 1}}}"
            boxes.append(Ask(f"p[{i}]", "true_probabilities", p, index=(i,), points=HALF, group="probabilities"))
            boxes.append(Ask(f"losses[{i}]", "losses", loss, index=(i,), points=HALF, group="losses"))
        gradient = table.gradient_asks(params, "logits" if params.log_scores else "scores")
        return (*boxes, *table.loss_asks(params), *gradient)

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        params = instance.params
        formula = (
            "For each image find the probability of the **true** class (the sum runs over all classes, the true one "
            "included) and the loss (ln is the natural logarithm): "
            r"$$p_i=\frac{e^{s_{i\,y_i}}}{\sum_j e^{s_{ij}}},\qquad L_i=-\ln p_i.$$"
        )
        log = (
            "Nothing is rounded here: leave the probabilities as fractions, the losses and $L$ as logarithms, "
            r"e.g. $\frac{1}{3}\ln(63/2)$."
        )
        return (
            *table.table_conventions(params),
            Convention("formula", formula),
            table.reduction_convention(params),
            *((Convention("logarithm", log),) if params.log_scores else ()),
            *table.gradient_convention(params),
        )

    def flaws(self, instance: Instance, values: Mapping[str, Any]) -> Iterator[str]:
        if any(p < LEAST_PROBABILITY for p in values["true_probabilities"]):
            yield "a true class's probability is below 0.02"

    def completed(self, params: Params, data: dict[str, Exact]) -> dict[str, Exact]:
        if params.log_scores and any(score <= 0 for score in cells(data["scores"])):
            raise InputError("scores: with log_scores the table holds the numbers under ln, all above 0")
        return super().completed(params, data)


PROBLEM = SoftmaxLoss()
