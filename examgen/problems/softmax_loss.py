"""Softmax (cross-entropy) loss from a matrix of scores, with the true class's probability on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

from examgen.drawing import Stream
from examgen.errors import InputError
from examgen.graph import Builder, Graph
from examgen.mistakes import Mistake
from examgen.model import Ask, Calculator, Convention, Exact, Expression, Instance, Leaf, Line, Reminder, Step, Term, cells
from examgen.narration import Worked
from examgen.points import HALF
from examgen.problem import Preset, ResultField, param
from examgen.problems import _reminders as rules
from examgen.problems import _score_steps as told
from examgen.problems import _scores as table
from examgen.problems._score_mistakes import table_mistakes
from examgen.problems._softmax_mistakes import WITHOUT_ONE, softmax_mistakes
from examgen.terms import reductions

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
    table = "scores"
    example = 'scores="2.1 1.6 2.1; 3.0 3.2 2.8; -2 3.7 3.8" --gradient'
    presets = {
        "1x3_gradient": Preset(Params(1, 3, gradient=True), (4, 4), "quiz", "scientific", version=2),
        "2x3": Preset(Params(2, 3), (4, 5), calculator="scientific", version=2),
        "2x3_columns": Preset(Params(2, 3, class_axis=0), (4, 5), calculator="scientific", version=2),
        "3x3": Preset(Params(3, 3), (6, 8), calculator="scientific", version=2),
        "3x3_log": Preset(Params(3, 3, log_scores=True, limit=6), (5, 6), version=2),
        "3x3_gradient": Preset(Params(3, 3, gradient=True), (9, 11), "homework", "scientific", version=2),
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

    def reminders(self, params: Params) -> tuple[Reminder, ...]:
        """With scores under ln the rules of logarithms, which make do without a calculator."""
        back = (rules.CHAIN, rules.TWICE, rules.LOGARITHM, SLOPES) if params.gradient else ()
        return (LOSS, *((LOGARITHMS,) if params.log_scores else ()), *table.reduction_reminder(params), *back)

    def flaws(self, instance: Instance, values: Mapping[str, Any]) -> Iterator[str]:
        if any(p < LEAST_PROBABILITY for p in values["true_probabilities"]):
            yield "a true class's probability is below 0.02"

    def results(self, graph: Graph) -> Mapping[str, ResultField]:
        """The probabilities too, in the orientation of the table."""
        return {**super().results(graph), "probabilities": ResultField("probabilities", swapped="rows" in graph)}

    def completed(self, params: Params, data: dict[str, Exact]) -> dict[str, Exact]:
        if params.log_scores and any(score <= 0 for score in cells(data["scores"])):
            raise InputError("scores: with log_scores the table holds the numbers under ln, all above 0")
        return super().completed(params, data)

    def mistakes(self, params: Params) -> tuple[Mistake, ...]:
        averaged = params.samples > 1 and params.reduction == "mean"
        return (*softmax_mistakes(averaged=averaged), *table_mistakes(params), WITHOUT_ONE)

    def steps(self, worked: Worked) -> Iterator[Step]:
        return told.steps(worked, _sample, _gradient, _mean_of_logarithms if "logits" in worked.graph else None)


def _sample(worked: Worked, i: int) -> Iterator[Line]:
    """Exponentials, their sum, the true class's probability, its logarithm; large scores are shifted by the largest first."""
    label = int(worked.values["labels"][i])
    scores = [told.logits(worked, i, j) for j in range(told.classes(worked))]
    large = any(abs(score.value) > PLAIN for score in scores)
    shift = Fraction(max(score.value for score in scores)) if large else None
    if shift is not None:
        yield worked.equation("m", Term("max", tuple(scores)), shift)
    powers = [_power(worked, i, j, shift) for j in range(len(scores))]
    yield from powers
    total = told.summed([told.number(power.value) for power in powers])
    yield worked.equation(rf"\sum_{{j}} e^{{s_{{{i + 1}j}}{'' if shift is None else ' - m'}}}", total, worked.reckon(total))
    yield from _loss(worked, i, label, powers, scores[label], shift)


def _power(worked: Worked, i: int, j: int, shift: Fraction | None) -> Line:
    score = told.logits(worked, i, j)
    shown = told.written(worked, i, j)
    exponent: Expression = shown if isinstance(shown, Term) else Leaf(score.value)
    term = Term("exp", (exponent if shift is None else Term("-", (exponent, Leaf(shift))),))
    value = worked.reckon(term)
    return Line(f"e^{{{score.symbol}{'' if shift is None else ' - m'}}}", reductions(term, worked.reckon), value)


def _loss(
    worked: Worked, i: int, label: int, powers: Sequence[Line], score: Leaf, shift: Fraction | None
) -> Iterator[Line]:
    """p of the true class and -ln p; of a shifted score ln of the sum less the score, since p may be too small to write."""
    total = worked.reckon(told.summed([told.number(power.value) for power in powers]))
    for j in range(len(powers)) if any(worked.wants(n, True) for n in ("scores", "logits")) else (label,):
        p = Term("/", (Leaf(powers[j].value), Leaf(total)))
        what = ("true_probabilities", False, (i,)) if j == label else None
        yield worked.equation(f"p_{{{i + 1}{j + 1}}}" if j != label else f"p_{{{i + 1}}}", p,
                              worked.value("probabilities", (i, j)), what=what)
    value, own = worked.value("losses", (i,)), worked.symbol("losses", (i,))
    if shift is not None:
        general = Term("-", (Leaf(worked.reckon(Term("log", (Leaf(total),)))), Leaf(score.value - shift)))
        yield worked.equation(own, general, value, what=("losses", False, (i,)))
        return
    forms: tuple[Expression, ...] = (_minus_log(Leaf(worked.value("probabilities", (i, label)))),)
    if "logits" in worked.graph:
        share = _share(worked, i, label)
        forms = (_minus_log(_fraction(share)), Term("log", (_fraction(1 / share),)))
    yield Line(own, forms, value, what=("losses", False, (i,)))


def _minus_log(inside: Expression) -> Term:
    return Term("neg", (Term("log", (inside,)),))


def _fraction(value: Fraction) -> Expression:
    """A number left as a fraction, where nothing is rounded."""
    return Leaf(value) if value.denominator == 1 else Term("/", (Leaf(value.numerator), Leaf(value.denominator)))


def _mean_of_logarithms(worked: Worked) -> Line:
    """Of logarithms the sum is one logarithm."""
    shares = [_share(worked, i, int(label)) for i, label in enumerate(worked.values["labels"])]
    parts = told.summed([Term("log", (_fraction(1 / p),)) for p in shares])
    forms: tuple[Expression, ...] = (parts, Term("log", (_fraction(1 / prod(shares, start=Fraction(1))),)))
    if worked.graph["loss"].op == "mean":
        forms = tuple(Term("/", (form, told.number(len(shares)))) for form in forms)
    return Line("L", forms, worked.value("loss"), what=("loss", False, ()))


def _share(worked: Worked, i: int, label: int) -> Fraction:
    """The true class's probability as a fraction, from the numbers under ln."""
    numbers = [worked.value("scores", told.cell(worked, i, j)) for j in range(told.classes(worked))]
    return numbers[label] / sum(numbers)


def _gradient(worked: Worked, i: int) -> Iterator[Line]:
    """The probabilities, less 1 at the true class."""
    label = int(worked.values["labels"][i])
    for j in range(told.classes(worked)):
        p = told.number(worked.value("probabilities", (i, j)))
        yield told.gradient_line(worked, i, j, Term("-", (p, told.number(1))) if j == label else p)


PLAIN = 20  # scores up to this are put under exp as they are
LOSS = Reminder(
    "Softmax loss of an image:", r"p_i=\frac{e^{s_{i\,y_i}}}{\sum_j e^{s_{ij}}},\quad L_i=-\ln p_i"
)
LOGARITHMS = Reminder(
    "Rules of logarithms:", r"e^{\ln a}=a,\quad -\ln\frac{a}{b}=\ln\frac{b}{a},\quad \ln a+\ln b=\ln(a\,b)"
)
SLOPES = Reminder(
    "Derivatives of softmax, of a class by its own score and by another:",
    r"\frac{\partial p_k}{\partial s_k}=p_k\,(1-p_k),\quad \frac{\partial p_k}{\partial s_j}=-p_k\,p_j",
)
PROBLEM = SoftmaxLoss()
