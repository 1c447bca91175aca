"""Mistakes that tasks with a softmax loss share, by the names of its nodes: probabilities, true_probabilities, losses."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from examgen.graph import Builder, Node, Ref, expand
from examgen.mistakes import Mistake, node_replaced, passed, without


def softmax_mistakes(*, averaged: bool, labels: str = "labels") -> Iterator[Mistake]:
    """Changes of the loss as it is written out; behind each stands the gradient p - 1, of the p that came out.

    `averaged` says whether the loss is a mean over images, and `labels` names the input that holds the true classes.
    """
    changes = [
        ("softmax_log10", LOG10, node_replaced("losses", _common_logarithm)),
        ("softmax_no_minus", MINUS, node_replaced("losses", lambda b, node: b.op("log", _true(b), name=node.name))),
        ("softmax_no_log", LOG, node_replaced("losses", lambda b, node: passed(b, _true(b), node.name))),
        ("softmax_no_exp", EXP, without("exp")),
        ("softmax_denominator", DENOMINATOR, node_replaced("probabilities", partial(_without_own, labels))),
    ]
    if averaged:
        changes.append(("softmax_log_of_mean", MEAN, node_replaced("loss", _log_of_mean)))
    for key, says, forward in changes:
        yield Mistake(key, says, forward, FROM_PROBABILITIES, start=expand)


def _true(b: Builder) -> Ref:
    return b.ref("true_probabilities")


def _common_logarithm(b: Builder, node: Node) -> Ref:
    return b.op("neg", b.op("log", _true(b)) / b.op("log", b.const(10)), name=node.name)


def _without_own(labels: str, b: Builder, node: Node) -> Ref:
    """Each exponential over the sum of those of the wrong classes."""
    own, total = b.inputs(node)
    return b.op("div", own, total - b.op("pick", own, b.ref(labels), keepdims=True), name=node.name)


def _log_of_mean(b: Builder, node: Node) -> Ref:
    return b.op("neg", b.op("log", b.reduce("mean", _true(b))), name=node.name)


def _rows(b: Builder, g: Ref) -> Ref:
    return b.op("spread", g, axes=(-1,), shape=(*g.shape, 1))


def _probabilities(b: Builder, node: Node, g: Ref) -> tuple[Ref | None, ...]:
    return _rows(b, g) * b.op("softmax", b.inputs(node)[0]), None


def _less_one(b: Builder, node: Node, g: Ref) -> tuple[Ref | None, ...]:
    p, labels = b.inputs(node)
    return _rows(b, g) * (p - b.one_hot(labels, p.shape[-1])), None


def _as_it_comes(b: Builder, node: Node, g: Ref) -> tuple[Ref | None, ...]:
    return g, *(None for _ in node.inputs[1:])


# p - 1 comes out at the pick of the true class and passes through to the scores: nobody differentiates a softmax gate by gate
FROM_PROBABILITIES = {"pick": _less_one} | dict.fromkeys(("neg", "log", "div", "exp"), _as_it_comes)
LOG10 = "Use the natural logarithm, not log base 10."
MINUS = "The loss is −ln p: with its minus it is never negative."
LOG = "The probability is not the loss yet: take −ln p."
EXP = "Exponentiate the scores first, then divide by their sum."
DENOMINATOR = "The denominator sums all classes, the true one included."
MEAN = "Average the losses, not the probabilities."
MINUS_ONE = "The true class's gradient is p − 1, not p."
WITHOUT_ONE = Mistake("softmax_grad_minus_one", MINUS_ONE, slopes={"cross_entropy": _probabilities})
