"""Mistakes that tasks with a hinge loss share, by the names of its nodes: true_scores, raised, margins, squares, losses."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Any

from examgen.graph import Builder, Node, Ref
from examgen.mistakes import Mistake, node_replaced, passed, swapped_operands, unchanged, without


def hinge_mistakes(params: Any) -> Iterator[Mistake]:
    """Of the forward pass; the parameters have margin, squared and classes."""
    yield Mistake("svm_true_counted", TRUE, node_replaced("losses", partial(_true_counted, params)))
    yield Mistake("svm_margin_forgotten", MARGIN, node_replaced("raised", _first))
    yield Mistake("svm_max_forgotten", MAX, without("relu"))
    yield Mistake("svm_sign", SIGN, swapped_operands("sub"))
    yield Mistake("svm_negative_score", NEGATIVE, node_replaced("true_scores", _without_sign), {"abs": unchanged})
    if params.classes > 2:
        yield Mistake("svm_only_worst", WORST, node_replaced("losses", _largest))
    wrong = node_replaced("squares", _first) if params.squared else node_replaced("losses", _sum_of_squares)
    yield Mistake("svm_squared", SQUARED[params.squared], wrong)


def counted_once(parts: int) -> Mistake:
    """Of the way back: one image's share of the loss is so many parts."""
    return Mistake("svm_grad_true", COUNT, slopes={"pick": partial(_counted_once, parts)})


def _first(b: Builder, node: Node) -> Ref:
    return passed(b, b.inputs(node)[0], node.name)


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


TRUE = "Leave the true class out of the sum over the other classes."
MARGIN = "The margin is added inside the max."
MAX = "Negative terms are replaced by zero."
SIGN = "Subtract the true class's score from the other's, not the reverse."
NEGATIVE = "Subtracting a negative score adds it: s − (−2) = s + 2."
WORST = "Add all margin violations, not only the largest."
SQUARED = {True: "The terms of this loss are squared.", False: "The terms of this loss are not squared."}
COUNT = "The true class's gradient is minus the number of active terms."
