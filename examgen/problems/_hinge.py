"""The hinge loss, by the names of its nodes: true_scores, raised, margins, squares, losses. How it is told and got wrong."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Any

from examgen.graph import Builder, Node, Ref
from examgen.mistakes import Mistake, local, node_replaced, skipped, swapped_operands, unchanged, without
from examgen.model import Line, Reminder, Step, Term
from examgen.narration import Worked
from examgen.problems import _score_steps as told
from examgen.problems._scores import ScoresProblem


def hinge_mistakes(params: Any) -> Iterator[Mistake]:
    """Of the forward pass; the parameters have margin, squared and classes."""
    yield Mistake("svm_true_counted", TRUE, node_replaced("losses", partial(_true_counted, params)))
    yield Mistake("svm_margin_forgotten", MARGIN, skipped("raised"))
    yield Mistake("svm_max_forgotten", MAX, without("relu"))
    yield Mistake("svm_sign", SIGN, swapped_operands("sub"))
    yield Mistake("svm_negative_score", NEGATIVE, node_replaced("true_scores", _without_sign), {"abs": unchanged})
    if params.classes > 2:
        yield Mistake("svm_only_worst", WORST, node_replaced("losses", _largest))
    wrong = skipped("squares") if params.squared else node_replaced("losses", _sum_of_squares)
    yield Mistake("svm_squared", SQUARED[params.squared], wrong)


def backward_mistakes(params: Any) -> Iterator[Mistake]:
    if params.squared:
        yield Mistake("svm_grad_factor", FACTOR, slopes={"pow": local(lambda b, node: b.inputs(node)[0])})
    else:
        parts = params.samples if params.reduction == "mean" else 1
        yield Mistake("svm_grad_true", COUNT, slopes={"pick": partial(_counted_once, parts)})


def _true_counted(params: Any, b: Builder, node: Node) -> Ref:
    own = params.margin**2 if params.squared else params.margin
    return b.op("add", b.add("sum", node.inputs, dict(node.attrs)), b.const(own), name=node.name)


def _without_sign(b: Builder, node: Node) -> Ref:
    return b.op("abs", b.add(node.op, node.inputs, dict(node.attrs)), name=node.name)


def _largest(b: Builder, node: Node) -> Ref:
    return b.add("amax", node.inputs, dict(node.attrs), node.name)


def _sum_of_squares(b: Builder, node: Node) -> Ref:
    (terms,) = b.inputs(node)
    return b.add("sum", [b.power(terms, 2).name], dict(node.attrs), node.name)


def _counted_once(parts: int, b: Builder, node: Node, g: Ref) -> tuple[Ref | None, ...]:
    """-1 at the true class wherever there is a loss, over the number of images."""
    scores, labels = b.inputs(node)
    return b.op("sign", g) * b.const(Fraction(1, parts)) * b.one_hot(labels, scores.shape[-1]), None


class HingeProblem(ScoresProblem):
    """Hinge losses of a table of scores, told margin by margin."""

    def steps(self, worked: Worked) -> Iterator[Step]:
        return told.steps(worked, _sample, _gradient)


def _sample(worked: Worked, i: int) -> Iterator[Line]:
    """Every margin with its numbers, then their sum."""
    node = "squares" if "squares" in worked.graph else "margins"
    places = [(i, k) for k in range(told.classes(worked) - 1)]
    for place in places:
        met = worked.value("margins", place) == 0
        yield worked.line(node, place, symbol="", stop={"scores"}, note=MET if met else "")
    terms = told.summed([told.number(worked.value(node, place)) for place in places])
    yield worked.equation(worked.symbol("losses", (i,)), terms, worked.value("losses", (i,)), what=("losses", False, (i,)))


def _gradient(worked: Worked, i: int) -> Iterator[Line]:
    """1 for each margin that is violated (twice the margin where terms are squared), and minus their sum at the true class."""
    label, slopes = int(worked.values["labels"][i]), []
    for k in range(told.classes(worked) - 1):
        margin = told.number(worked.value("margins", (i, k)))
        active = margin.value > 0
        slopes.append(Term("*", (told.number(2), margin)) if active and "squares" in worked.graph else told.number(active))
    for j in range(told.classes(worked)):
        own = Term("neg", (told.summed(slopes),)) if any(map(worked.reckon, slopes)) else told.number(0)
        yield told.gradient_line(worked, i, j, own if j == label else slopes[j - (j > label)])


TRUE = "Leave the true class out of the sum over the other classes."
MARGIN = "The margin is added inside the max."
MAX = "Negative terms are replaced by zero."
SIGN = "Subtract the true class's score from the other's, not the reverse."
NEGATIVE = "Subtracting a negative score adds it: s − (−2) = s + 2."
WORST = "Add all margin violations, not only the largest."
SQUARED = {True: "The terms of this loss are squared.", False: "The terms of this loss are not squared."}
COUNT = "The true class's gradient is minus the number of active terms."
FACTOR = "The derivative of a square has the factor 2."
MET = "the margin is met"
LOSS = {
    False: Reminder(
        "Multiclass SVM loss of an image, with margin $m$:", r"L_i=\sum_{j\ne y_i}\,\max(0,\; s_{ij}-s_{i\,y_i}+m)"
    ),
    True: Reminder(
        "Multiclass SVM loss of an image, with margin $m$ and squares:",
        r"L_i=\sum_{j\ne y_i}\,\max(0,\; s_{ij}-s_{i\,y_i}+m)^2",
    ),
}
