"""Mistakes in a network of two layers: activation, loss, the way back through both layers, and the step of descent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from examgen.graph import Builder, Node, Ref
from examgen.mistakes import Mistake, changed, local, read_as, transposed, unchanged, without, without_upstream, zeros
from examgen.problems._backward_mistakes import ABOVE, backward_mistakes
from examgen.problems._softmax_mistakes import WITHOUT_ONE, softmax_mistakes

ACTIVATIONS = {
    "relu": ("bp_relu",),
    "sigmoid": ("bp_sigmoid", "bp_sigmoid_one_minus"),
    "tanh": ("bp_tanh",),
}


def net_mistakes(params: Any) -> Iterator[Mistake]:
    """Those that change something with these parameters, which are those of the net."""
    yield Mistake("net_activation", ACTIVATED, without(params.activation))
    if params.bias:
        yield Mistake("net_bias", BIAS, reading=read_as(("b1", "b2"), zeros))
    if params.inputs == params.hidden > 1:
        yield Mistake("net_transposed", ROWS, reading=read_as("w1", transposed))
    yield from _loss_mistakes(params)
    if params.activation == "relu":
        yield Mistake("net_mask", MASK, slopes={"relu": unchanged})
    yield Mistake("bp_upstream", ABOVE, slopes={op: without_upstream(op) for op in (params.activation, "matmul")})
    yield from (one for one in backward_mistakes(given=False) if one.key in ACTIVATIONS[params.activation])
    if params.rate:
        yield Mistake("net_ascent", DOWN, lambda graph: changed(graph, _upward))
        yield Mistake("net_rate", RATE, lambda graph: changed(graph, _whole_step))


def _loss_mistakes(params: Any) -> Iterator[Mistake]:
    """A sigmoid written out has gates of its own that mistakes of the softmax would change as well."""
    if params.loss == "squared":
        yield Mistake("net_square", SQUARE, without("pow"))
        yield Mistake("net_factor", FACTOR, slopes={"pow": local(lambda b, node: b.inputs(node)[0])})
        return
    yield WITHOUT_ONE
    if params.activation != "sigmoid":
        yield from softmax_mistakes(averaged=False)


def _stepped(b: Builder, node: Node) -> bool:
    """Whether a node is a weight after the step."""
    return node.name.endswith("_new")


def _upward(b: Builder, node: Node) -> Ref | None:
    return b.op("add", *b.inputs(node), name=node.name) if _stepped(b, node) else None


def _whole_step(b: Builder, node: Node) -> Ref | None:
    """The gradient itself taken off."""
    return b.op("sub", b.inputs(node)[0], b.gradient(b.inputs(node)[0]), name=node.name) if _stepped(b, node) else None


ACTIVATED = "The activation is applied between the two layers."
BIAS = "Each layer adds its bias."
ROWS = "Each result is the row x times a column of the weights."
SQUARE = "The loss is a sum of squares."
FACTOR = "The derivative of a square has the factor 2."
MASK = "Where ReLU clips, no gradient comes back."
DOWN = "Descent subtracts the gradient times the learning rate."
RATE = "The gradient is multiplied by the learning rate."
