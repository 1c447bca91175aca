"""Mistakes of the way back through a graph, gate by gate: for every task that asks for gradients of a circuit."""

from __future__ import annotations

from collections.abc import Iterator

from examgen.graph import Builder, Graph, Node, Ref
from examgen.mistakes import Mistake, first_write, last_write, local, read_as, unchanged, without_upstream
from examgen.model import Exact, each
from examgen.ops import OPS

FACTOR = "A product passes the gradient times the other factor."
PRODUCT = "A sum passes the gradient unchanged; a product does not."
ABOVE = "Multiply the local derivative by the gradient from above."
GIVEN = "The gradient given at the output multiplies all the others."
TWICE = "The variable is used twice: add its gradients."
SIGMOID = "σ' = σ(1 − σ): both factors are needed."
TANH = "tanh' = 1 − tanh²: the square is needed."
INVERSE = "(1/x)' = −1/x²: the minus is needed."
EXP = "exp' = exp: the slope is the value of the gate."
MINUS = "Through a minus the gradient changes its sign."
LARGER = "max sends the gradient to the larger input only."
SMALLER = "min sends the gradient to the smaller input only."
RELU = "Above 0 ReLU passes the gradient unchanged."


def backward_mistakes(*, given: bool, graph: Graph | None = None) -> Iterator[Mistake]:
    """Of all gates there may be, or of those in a graph; `given` says whether the gradient at the output is another than 1."""
    return (mistake for mistake in _every(given) if graph is None or _occurs(mistake, graph))


def _occurs(mistake: Mistake, graph: Graph) -> bool:
    """Whether there is a gate for its slopes, or a value that is used twice for how it gathers."""
    uses = [name for node in graph.nodes for name in node.inputs]
    if mistake.gather in (first_write, last_write):
        return len(uses) > len(set(uses))
    return not mistake.slopes or any(node.op in mistake.slopes for node in graph.nodes)


def _every(given: bool) -> Iterator[Mistake]:
    yield Mistake("bp_mul_own_factor", FACTOR, slopes={"mul": _own_factor})
    yield Mistake("bp_mul_unchanged", PRODUCT, slopes={"mul": unchanged})
    yield Mistake("bp_upstream", ABOVE, slopes={name: without_upstream(name) for name, op in OPS.items() if op.vjp})
    if given:
        yield Mistake("bp_upstream_given", GIVEN, reading=read_as("upstream", _ones))
    yield Mistake("bp_fanout", TWICE, gather=last_write)
    yield Mistake("bp_fanout_other", TWICE, gather=first_write)
    yield Mistake("bp_sigmoid", SIGMOID, slopes={"sigmoid": local(lambda b, node: b.ref(node))})
    yield Mistake("bp_sigmoid_one_minus", SIGMOID, slopes={"sigmoid": local(_one_minus)})
    yield Mistake("bp_tanh", TANH, slopes={"tanh": local(_one_minus)})
    yield Mistake("bp_inverse", INVERSE, slopes={"div": _sign_lost})
    yield Mistake("bp_exp", EXP, slopes={"exp": local(lambda b, node: b.inputs(node)[0])})
    yield Mistake("bp_minus", MINUS, slopes={"sub": unchanged, "neg": unchanged})
    yield Mistake("bp_max", LARGER, slopes={"maximum": unchanged})
    yield Mistake("bp_min", SMALLER, slopes={"minimum": unchanged})
    yield Mistake("bp_relu", RELU, slopes={"relu": local(lambda b, node: b.ref(node))})


def _own_factor(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    return tuple(b.sum_to(g * x, x.shape) for x in b.inputs(node))


def _one_minus(b: Builder, node: Node) -> Ref:
    return b.const(1) - b.ref(node)


def _sign_lost(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    x, y = b.inputs(node)
    return b.sum_to(g / y, x.shape), b.sum_to(g * x / (y * y), y.shape)


def _ones(upstream: Exact) -> Exact:
    return each(upstream, lambda cell: 1)
