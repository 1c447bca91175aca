"""What students get wrong, as data: a change of a task's forward graph, of its way back, or of its reading of the data.

A mistake keeps the names of the graph, so that every box has its mistaken result, and what stands behind the mistake
follows from it. The functions here make such changes; problem files put them together and word them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from math import prod
from operator import add
from typing import Any

from examgen.graph import Backward, Builder, Graph, Node, Ref, Vjp, backward, differentiated
from examgen.model import Exact, cells, each, nest, shape
from examgen.ops import OPS
from examgen.ops._op import ShapeError

Data = Mapping[str, Exact]
Forward = Callable[[Graph], Graph]
Rule = Callable[[Builder, Node], Ref | None]  # a node said otherwise under its own name; None leaves it as it is
Gather = Callable[[Sequence[Ref]], Ref]

summed: Gather = partial(reduce, add)


def as_it_is(what: Any) -> Any:
    return what


@dataclass(frozen=True, eq=False)
class Mistake:
    """One mistake: `says` is a message (a gettext id) that states the rule in at most 15 words, and blames nobody.

    `forward` changes the computation; `slopes` (op -> how it passes a gradient back) and `gather` (how the gradients of a
    node used more than once become one) change the way back; `reading` changes the data, the gradient given as `upstream`
    among them. `start` is the graph that `forward` expects: the task's own, or that written out as on paper.
    """

    key: str
    says: str
    forward: Forward = as_it_is
    slopes: Mapping[str, Vjp] = field(default_factory=dict)
    gather: Gather = summed
    reading: Callable[[Data], Data] = as_it_is
    start: Forward = as_it_is

    def solver(self, graph: Graph) -> Backward:
        """How somebody solves the task who makes this mistake."""
        return differentiated(self.forward(self.start(graph)), self.slopes, self.gather)

    def honest(self, graph: Graph) -> Backward:
        """The sound solver from which it departs."""
        return backward(self.start(graph))


def changed(graph: Graph, rule: Rule) -> Graph:
    """The graph with some of its nodes said otherwise; all keep their names.

    Whatever the new shapes do not fit any more is left out: nobody who makes the mistake gets there. Where that is the
    output, the last node takes its place, and nothing is differentiated in the end.
    """
    b = Builder(kept=graph)
    for node in graph.nodes:
        if not all(name in b for name in node.inputs):
            continue
        try:
            if rule(b, node) is None:
                b.add(node.op, node.inputs, dict(node.attrs), node.name)
        except ShapeError:
            continue
    return b.build(graph.output if graph.output in b else b.last)


def node_replaced(name: str, write: Callable[[Builder, Node], Ref]) -> Forward:
    """One node, by name, written otherwise."""
    return lambda graph: changed(graph, lambda b, node: write(b, node) if node.name == name else None)


def op_replaced(op: str, write: Callable[[Builder, Node], Ref]) -> Forward:
    """Every node of an op written otherwise."""
    return lambda graph: changed(graph, lambda b, node: write(b, node) if node.op == op else None)


def passed(b: Builder, x: Ref, name: str) -> Ref:
    """A value handed on as it is under another name."""
    return b.op("add", x, b.const(0), name=name)


def without(op: str) -> Forward:
    """The op left out: its first operand passes."""
    return op_replaced(op, _first_operand)


def skipped(*names: str) -> Forward:
    """Some nodes, by name, left out: the first operand of each passes."""
    return lambda graph: changed(graph, lambda b, node: _first_operand(b, node) if node.name in names else None)


def _first_operand(b: Builder, node: Node) -> Ref:
    return passed(b, b.inputs(node)[0], node.name)


def swapped_operands(op: str) -> Forward:
    """x - y taken as y - x."""
    return op_replaced(op, lambda b, node: b.op(op, *reversed(b.inputs(node)), name=node.name))


def with_attrs(op: str, **attrs: Any) -> Forward:
    """Every node of an op with other attributes, such as a stride of 1."""
    return op_replaced(op, lambda b, node: b.add(op, node.inputs, dict(node.attrs) | attrs, node.name))


def other_op(op: str, taken: str) -> Forward:
    """One op taken for another that has the same attributes, such as the mean of a window for its largest cell."""
    return op_replaced(op, lambda b, node: b.add(taken, node.inputs, dict(node.attrs), node.name))


def scaled_sum(op: str, parts: int) -> Forward:
    """A reduction taken as a sum over so many parts."""

    def write(b: Builder, node: Node) -> Ref:
        attrs = dict(node.attrs)
        if parts == 1:
            return b.add("sum", node.inputs, attrs, node.name)
        return b.op("div", b.add("sum", node.inputs, attrs), b.const(parts), name=node.name)

    return op_replaced(op, write)


def local(slope: Callable[[Builder, Node], Ref]) -> Vjp:
    """Of an op of one operand: the gradient times a slope."""
    return lambda b, node, g: (g * slope(b, node),)


def unchanged(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    """The gradient passes to every operand as it is."""
    return tuple(b.sum_to(g, x.shape) for x in b.inputs(node))


def without_upstream(op: str) -> Vjp:
    """The op's own derivative, not multiplied with what comes from above."""

    def vjp(b: Builder, node: Node, g: Ref) -> tuple[Ref | None, ...]:
        known = OPS[op].vjp
        assert known is not None, op
        return known(b, node, b.const(nest([1] * prod(g.shape), g.shape)))

    return vjp


def last_write(parts: Sequence[Ref]) -> Ref:
    """What comes back later replaces what was there."""
    return parts[-1]


def first_write(parts: Sequence[Ref]) -> Ref:
    """What was there stays, whatever comes back later."""
    return parts[0]


def read_as(names: str | Sequence[str], change: Callable[[Exact], Exact]) -> Callable[[Data], Data]:
    """Some of the data taken for something else."""
    every = (names,) if isinstance(names, str) else tuple(names)
    return lambda data: {**data, **{name: change(data[name]) for name in every}}


def zeros(array: Exact) -> Exact:
    """Left out."""
    return each(array, lambda _: 0)


def half_turned(planes: Exact) -> Exact:
    """Every matrix of an array turned by 180 degrees."""
    if len(shape(planes)) > 2:
        return tuple(map(half_turned, planes))
    return nest(tuple(cells(planes))[::-1], shape(planes))


def transposed(planes: Exact) -> Exact:
    """Rows and columns of every matrix of an array exchanged."""
    return tuple(map(transposed, planes)) if len(shape(planes)) > 2 else tuple(zip(*planes, strict=True))


def meanings(graph: Graph, known: dict[Any, int]) -> dict[str, int]:
    """Node -> a number that two nodes share, of this graph or of another looked at with the same `known`, who are the same.

    The same means: the same op with the same attributes on the same operands, down to inputs of the same name.
    """
    found: dict[str, int] = {}
    for node in graph.nodes:
        leaf = node.name if node.op == "input" else ""
        what = (leaf, node.op, node.attrs, tuple(found[name] for name in node.inputs))
        found[node.name] = known.setdefault(what, len(known))
    return found
