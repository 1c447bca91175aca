"""Multiclass SVM (hinge) loss from a matrix of scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from examgen.graph import Builder, Graph
from examgen.problem import Ask, Calculator, Convention, InputError, Instance, Mistake, Preset, Reminder, Stream, param
from examgen.problems import _hinge as hinge
from examgen.problems import _reminders as rules
from examgen.problems import _scores as table
from examgen.problems._score_mistakes import table_mistakes


@dataclass(frozen=True)
class Params:
    samples: int = param(3, "N, images", low=1, high=12)
    classes: int = param(3, "C, classes", low=2, high=10)
    margin: Fraction = param(Fraction(1), "margin of the hinge, above 0", low=0, timed=False)
    squared: bool = param(False, "square each hinge term")
    reduction: str = param("mean", "over the images", choices=("mean", "sum"), timed=False)
    class_axis: int = param(1, "1: a row is an image; 0: a column is an image", choices=(0, 1), timed=False)
    labels: str = param("free", "true classes: on the diagonal or free", choices=("diagonal", "free"), timed=False)
    gradient: bool = param(False, "ask for the gradient with respect to every score")
    limit: int = param(5, "scores lie within ± this", low=1, high=100)
    digits: int = param(1, "decimals of a score", low=0, high=3)


class SvmLoss(hinge.HingeProblem):
    name = "svm_loss"
    title = "Multiclass SVM loss"
    source = "Weston and Watkins, 1999; CS231n, linear classification"
    params = Params
    default = "3x4"
    table = "scores"
    example = "scores.csv --labels 0,1,2 --class-axis 0"
    presets = {
        "2x3": Preset(Params(2, 3), (2, 3), "quiz", version=2),
        "3x3": Preset(Params(3, 3), (3, 4), version=2),
        "3x4": Preset(Params(3, 4), (4, 5), version=2),
        "4x4": Preset(Params(4, 4), (5, 6), version=2),
        "3x3_columns": Preset(Params(3, 3, class_axis=0), (3, 4), version=2),
        "3x3_gradient": Preset(Params(3, 3, gradient=True), (5, 6), version=2),
        "3x3_squared": Preset(Params(3, 3, squared=True), (5, 5), calculator="simple", version=2),
    }

    def check(self, params: Params) -> None:
        if params.margin <= 0:
            raise InputError(f"margin = {params.margin}: must be above 0")
        table.check_labels(params)

    def calculator(self, params: Params) -> Calculator:
        """Squares of decimals are long to write out."""
        return "simple" if params.squared else "none"

    def draw(self, params: Params, stream: Stream) -> Instance:
        """Scores of one image differ and no margin is 0, by leaving the few forbidden values out of the draw."""
        grid = table.score_grid(params)
        labels = table.drawn_labels(params, stream)
        margin = params.margin * 10**params.digits  # in steps of the grid, which need not be whole
        rows = []
        for label in labels:
            true = stream.below(len(grid))
            met = int(true - margin) if margin.denominator == 1 else true
            row = list(stream.sample([i for i in range(len(grid)) if i not in (true, met)], params.classes - 1))
            row.insert(label, true)
            rows.append(tuple(grid[i] for i in row))
        return Instance(self.name, params, {"scores": table.as_printed(params, rows), "labels": labels})

    def graph(self, params: Params) -> Graph:
        b = Builder()
        scores, labels = table.scores_and_labels(b, params)
        true = b.op("pick", scores, labels, keepdims=True, name="true_scores")
        raised = b.op("others", scores, labels, name="other_scores") - true
        margins = b.op("relu", b.op("add", raised, b.const(params.margin), name="raised"), name="margins")
        terms = b.power(margins, 2, name="squares") if params.squared else margins
        losses = b.reduce("sum", terms, axes=(-1,), name="losses")
        return b.build(b.reduce(params.reduction, losses, name="loss"))

    def asks(self, params: Params) -> tuple[Ask, ...]:
        losses = tuple(
            Ask(f"losses[{i}]", "losses", f"L_{{{i + 1}}}", index=(i,), group="losses") for i in range(params.samples)
        )
        return (*losses, *table.loss_asks(params), *table.gradient_asks(params, "scores"))

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        params = instance.params
        formula = (
            "For each image find the multiclass SVM loss with margin %(margin)s, **each term squared**: "
            r"$$L_i=\sum_{j\ne y_i}\max(0,\; s_{ij}-s_{i\,y_i}+%(margin)s)^2$$"
            if params.squared
            else "For each image find the multiclass SVM loss with margin %(margin)s: "
            r"$$L_i=\sum_{j\ne y_i}\max(0,\; s_{ij}-s_{i\,y_i}+%(margin)s)$$"
        )
        plain = "No regularisation." if params.squared else "No squares and no regularisation."
        return (
            *table.table_conventions(params),
            Convention("formula", formula, {"margin": params.margin}),
            table.reduction_convention(params),
            Convention("regularisation", plain),
            *table.gradient_convention(params),
        )

    def reminders(self, params: Params) -> tuple[Reminder, ...]:
        back = (rules.CHAIN, rules.TWICE, rules.RELU, *((rules.SQUARE,) if params.squared else ()))
        return (hinge.LOSS[params.squared], *table.reduction_reminder(params), *(back if params.gradient else ()))

    def flaws(self, instance: Instance, values: Mapping[str, Any]) -> Iterator[str]:
        """Both branches of the hinge must occur, or leaving the max out costs nothing."""
        margins = values["margins"]
        if len(margins) > 1 and not any(m > 0 for m in margins):
            yield "every margin is met: all losses are 0"
        if len(margins) > 1 and all(m > 0 for m in margins):
            yield "no margin is met: the max never acts"

    def mistakes(self, params: Params) -> tuple[Mistake, ...]:
        return (*hinge.hinge_mistakes(params), *table_mistakes(params), *hinge.backward_mistakes(params))


PROBLEM = SvmLoss()
