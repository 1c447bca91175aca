"""The one intermediate representation: an ordered, single-assignment, shape-checked graph of array ops.

A problem builds a `Graph`; engines interpret it and know nothing of the problem. The backward pass is a graph too,
so that whatever reads graphs (intervals, steps, mistakes) reads forward and backward alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache, partial, reduce
from itertools import product
from math import prod
from operator import add
from typing import Any

from examgen.errors import InputError
from examgen.model import Exact, freeze, nest, shape
from examgen.ops import OPS

Shape = tuple[int, ...]
Sizes = int | tuple[int, int]  # for both axes, or (vertical, horizontal)
HAND_SIZED = 10_000  # scalar cells of a graph: beyond that nobody reads exact numbers or steps
EXACT = re.compile(r"-?[0-9]{1,400}(/[1-9][0-9]{0,400})?")  # how `to_json` writes a number
UNNAMED = "%"  # no formula can bind such a name


@dataclass(frozen=True)
class Node:
    """One assignment: `name = op(inputs, **attrs)`, of the given shape. `attrs` are sorted pairs, so nodes hash."""

    name: str
    op: str
    inputs: tuple[str, ...]
    attrs: tuple[tuple[str, Any], ...]
    shape: Shape

    def __getitem__(self, attr: str) -> Any:
        for name, value in self.attrs:
            if name == attr:
                return value
        raise KeyError(attr)


@dataclass(frozen=True)
class Graph:
    """Nodes in order of evaluation and the name of the one that is differentiated.

    Inputs are nodes of op `input`; discrete ones (labels) carry the attribute `discrete` and have no gradient. A node of op
    `gradient` is the output's gradient with respect to its operand: what follows from it is worked out behind the way back.
    """

    nodes: tuple[Node, ...]
    output: str

    @cached_property
    def _by_name(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}

    def __getitem__(self, name: str) -> Node:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[Any, ...]:
        return Graph, (self.nodes, self.output)  # the hash kept here is one of this process alone

    @cached_property
    def _hash(self) -> int:
        return hash((self.nodes, self.output))

    @cached_property
    def inputs(self) -> tuple[Node, ...]:
        """The graph's leaves that take data, in order."""
        return tuple(node for node in self.nodes if node.op == "input")

    @cached_property
    def real(self) -> frozenset[str]:
        """The names of nodes that follow from a real input."""
        real: set[str] = set()
        for node in self.nodes:
            leaf = node.op == "input" and not node["discrete"]
            if leaf or any(name in real for name in node.inputs):
                real.add(node.name)
        return frozenset(real)

    @cached_property
    def differentiable(self) -> tuple[Node, ...]:
        """The nodes that have a gradient: all on a path from a real input to the output, in order."""
        above = {self.output}
        for node in reversed(self.nodes):
            if node.name in above:
                above.update(node.inputs)
        return tuple(node for node in self.nodes if node.name in above and node.name in self.real)

    @cached_property
    def behind(self) -> frozenset[str]:
        """The names of nodes that follow from a gradient, such as weights after a step of gradient descent."""
        behind: set[str] = set()
        for node in self.nodes:
            if node.op == "gradient" or not behind.isdisjoint(node.inputs):
                behind.add(node.name)
        return frozenset(behind)

    @cached_property
    def size(self) -> int:
        """Scalar cells of all nodes."""
        return sum(prod(node.shape) for node in self.nodes)

    @cached_property
    def transcendental(self) -> bool:
        """Whether a value can be irrational, so that exact arithmetic on fractions is not closed."""
        return any(irrational(node) for node in self.nodes)

    def to_json(self) -> dict[str, Any]:
        """Plain data for `key.json`; `from_json` is the inverse."""
        nodes = [
            {"name": n.name, "op": n.op, "inputs": list(n.inputs), "attrs": {k: _plain(v) for k, v in n.attrs}}
            for n in self.nodes
        ]
        return {"nodes": nodes, "output": self.output}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Graph:
        """Rebuilt and shape-checked anew. Raises InputError where an op is unknown or shapes do not fit."""
        builder = Builder()
        for row in data["nodes"]:
            attrs = {key: _exact_attr(value) for key, value in row["attrs"].items()}
            builder.add(row["op"], row["inputs"], attrs, name=row["name"])
        return builder.build(data["output"])


def split(graph: Graph, data: Mapping[str, Exact]) -> tuple[dict[str, Exact], Exact]:
    """An instance's data without the upstream gradient, and that gradient in the output's shape: ones unless given."""
    rest = {name: value for name, value in data.items() if name != "upstream"}
    dims = graph[graph.output].shape
    given = data.get("upstream", 1)
    return rest, given if shape(given) == dims else nest([given] * prod(dims), dims)


def irrational(node: Node) -> bool:
    """Whether the op leads out of the fractions."""
    if node.op == "pow":
        return Fraction(node["exponent"]).denominator != 1
    return OPS[node.op].transcendental


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def _exact_attr(value: Any) -> Any:
    if isinstance(value, str):
        if not EXACT.fullmatch(value):
            raise InputError(f"{value[:40]!r} is no whole number or fraction")
        return Fraction(value)
    return tuple(_exact_attr(part) for part in value) if isinstance(value, list) else value


class Ref:
    """A node under construction: arithmetic on refs adds nodes to their builder."""

    __slots__ = ("builder", "name", "shape")

    def __init__(self, builder: Builder, name: str, dims: Shape) -> None:
        self.builder, self.name, self.shape = builder, name, dims

    def __add__(self, other: Ref) -> Ref:
        return self.builder.op("add", self, other)

    def __sub__(self, other: Ref) -> Ref:
        return self.builder.op("sub", self, other)

    def __mul__(self, other: Ref) -> Ref:
        return self.builder.op("mul", self, other)

    def __truediv__(self, other: Ref) -> Ref:
        return self.builder.op("div", self, other)

    def __neg__(self) -> Ref:
        return self.builder.op("neg", self)


class Builder:
    """Adds nodes one by one, checking shapes as it goes; `build` freezes what stands there.

    With `share=True` an unnamed node that repeats an earlier one (same op, inputs and attributes) is that node. `kept` holds
    names that no unnamed node takes.
    """

    def __init__(self, start: Graph | None = None, *, share: bool = False, kept: Container[str] = ()) -> None:
        self._nodes: dict[str, Node] = {node.name: node for node in start.nodes} if start else {}
        self._share, self._kept = share, kept
        self._seen: dict[Any, str] = {}
        self._count = 0

    def __contains__(self, name: object) -> bool:
        return name in self._nodes

    @property
    def last(self) -> str:
        """The name of the node added last."""
        return next(reversed(self._nodes))

    def build(self, output: Ref | str) -> Graph:
        name = output if isinstance(output, str) else output.name
        if name not in self._nodes:
            raise InputError(f"the output {name!r} is not a node of the graph: name one of {', '.join(self._nodes)}")
        graph = Graph(tuple(self._nodes.values()), name)
        above = {node.name for node in graph.differentiable}
        if strange := [node.inputs[0] for node in graph.nodes if node.op == "gradient" and node.inputs[0] not in above]:
            raise InputError(f"there is no gradient at {strange[0]!r}: {name!r} does not follow from it")
        if name in graph.behind:
            raise InputError(f"the output {name!r} follows from a gradient: it cannot be differentiated again")
        return graph

    def add(self, op: str, inputs: Sequence[str], attrs: Mapping[str, Any], name: str | None = None) -> Ref:
        """The one place where a node comes into being. Raises InputError (ShapeError where shapes do not fit)."""
        if op not in OPS:
            raise InputError(f"unknown op {op!r}: the op table has {', '.join(sorted(OPS))}")
        if missing := [i for i in inputs if i not in self._nodes]:
            raise InputError(f"{missing[0]!r} is used before it has a value: define it in an earlier statement")
        frozen = tuple(sorted((key, freeze(value)) for key, value in attrs.items()))
        same = (op, tuple(inputs), frozen)
        if self._share and name is None and same in self._seen:
            return self.ref(self._seen[same])
        if name is not None and name in self._nodes:
            raise InputError(f"the name {name!r} is bound twice: every name takes one value")
        label = name or self._fresh()
        dims = OPS[op].shape(dict(frozen), *(self._nodes[i].shape for i in inputs))
        self._nodes[label] = Node(label, op, tuple(inputs), frozen, tuple(dims))
        self._seen.setdefault(same, label)
        return self.ref(label)

    def _fresh(self) -> str:
        self._count += 1
        while (name := f"{UNNAMED}{self._count}") in self._nodes or name in self._kept:
            self._count += 1
        return f"{UNNAMED}{self._count}"

    def op(self, op: str, *inputs: Ref, name: str | None = None, **attrs: Any) -> Ref:
        """A node by the op's name: `b.op("relu", x, name="h")`."""
        return self.add(op, [ref.name for ref in inputs], attrs, name)

    def input(self, name: str, dims: Shape = (), *, discrete: bool = False) -> Ref:
        return self.add("input", (), {"shape": tuple(dims), "discrete": discrete}, name)

    def const(self, value: Exact, name: str | None = None) -> Ref:
        exact = Fraction(value) if isinstance(value, (int, Fraction)) else freeze(value)
        return self.add("const", (), {"value": exact, "shape": shape(exact)}, name)

    def ref(self, node: Node | str) -> Ref:
        name = node if isinstance(node, str) else node.name
        return Ref(self, name, self._nodes[name].shape)

    def inputs(self, node: Node) -> tuple[Ref, ...]:
        return tuple(map(self.ref, node.inputs))

    def power(self, x: Ref, exponent: Fraction | int, name: str | None = None) -> Ref:
        if exponent == 1 and name is None:
            return x
        return self.op("pow", x, exponent=Fraction(exponent), name=name)

    def piecewise(
        self, x: Ref, knots: Sequence[Exact], slopes: Sequence[Exact], at: Sequence[Exact], base: Exact = 0,
        name: str | None = None,
    ) -> Ref:
        """Straight pieces of the slopes given, which meet at ascending knots; `base` is the value at the first of them.

        `at` holds the slope that is taken at each knot.
        """
        given = {"knots": knots, "slopes": slopes, "at": at}
        how = {key: tuple(map(Fraction, value)) for key, value in given.items()}
        return self.op("piecewise", x, base=Fraction(base), name=name, **how)

    def reduce(
        self, op: str, x: Ref, axes: Sequence[int] | None = None, *, keepdims: bool = False, name: str | None = None
    ) -> Ref:
        """`sum`, `mean`, `amax` or `amin` over the axes counted from the right; over all of them where None."""
        over = tuple(range(-len(x.shape), 0)) if axes is None else tuple(sorted(axes))
        return self.op(op, x, axes=over, keepdims=keepdims, name=name)

    def gradient(self, x: Ref, name: str | None = None) -> Ref:
        """The gradient of what will be the output with respect to x."""
        return self.op("gradient", x, name=name)

    def sum_to(self, x: Ref, dims: Shape) -> Ref:
        return x if x.shape == dims else self.op("sum_to", x, shape=dims)

    def matmul(self, x: Ref, y: Ref, name: str | None = None) -> Ref:
        return self.op("matmul", x, y, ranks=(len(x.shape), len(y.shape)), name=name)

    def transpose(self, x: Ref) -> Ref:
        return self.op("transpose", x) if len(x.shape) > 1 else x

    def as_column(self, x: Ref) -> Ref:
        return self.op("spread", x, axes=(-1,), shape=(*x.shape, 1))

    def as_row(self, x: Ref) -> Ref:
        return self.op("spread", x, axes=(-2,), shape=(1, *x.shape))

    def one_hot(self, labels: Ref, classes: int) -> Ref:
        return self.op("one_hot", labels, classes=classes)

    def conv2d(
        self, image: Ref, kernels: Ref, stride: Sizes = 1, padding: Sizes = 0, dilation: Sizes = 1, groups: int = 1,
        name: str | None = None,
    ) -> Ref:
        """Cross-correlation; stride, padding and dilation are ints or (vertical, horizontal) pairs."""
        how = {"stride": pair(stride), "padding": pair(padding), "dilation": pair(dilation), "groups": groups}
        return self.op("conv2d", image, kernels, name=name, **how)

    def pool(
        self, op: str, image: Ref, size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, name: str | None = None
    ) -> Ref:
        """`maxpool` or `avgpool`; the stride is the window's size unless given."""
        how = {"size": pair(size), "stride": pair(size if stride is None else stride), "padding": pair(padding)}
        return self.op(op, image, name=name, **how)


def pair(value: Any) -> tuple[int, int]:
    """An int for both axes, or (vertical, horizontal)."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


@dataclass(frozen=True)
class Backward:
    """A forward graph with its backward pass behind it.

    `upstream` names the input that takes the gradient at the output; `gradients` maps each differentiable node to the
    node that holds the output's gradient with respect to it, and `parts` each wire (a node and the place of one of its
    operands) to the node that holds what comes back along it. Where the graph is another one rewritten, `values` maps each
    node of that one to the node that has its value here, and `gradients` and `parts` speak of its nodes.
    """

    graph: Graph
    upstream: str
    gradients: Mapping[str, str]
    parts: Mapping[tuple[str, int], str]
    values: Mapping[str, str]

    def holder(self, name: str, *, gradient: bool) -> str:
        """The node that holds the value of a node, or the gradient at it."""
        return (self.gradients if gradient else self.values)[name]


Vjp = Callable[[Builder, Node, Ref], tuple[Ref | None, ...]]


@lru_cache(maxsize=512)
def backward(graph: Graph) -> Backward:
    """Reverse-mode differentiation, VJP by VJP; the gradients of a node that is used more than once are summed."""
    return differentiated(graph, {}, partial(reduce, add))


def differentiated(graph: Graph, vjps: Mapping[str, Vjp], gather: Callable[[Sequence[Ref]], Ref]) -> Backward:
    """The same by other rules: `vjps` of some ops, and `gather` makes one gradient of all that comes back to a node.

    Parts come in the order of the way back. A node to which no rule sends anything back has no gradient.
    """
    ahead = tuple(node for node in graph.nodes if node.name not in graph.behind)
    builder = Builder(Graph(ahead, graph.output), kept=graph)
    upstream = builder.input(_free(graph, "upstream"), graph[graph.output].shape)
    wanted = {node.name for node in graph.differentiable}
    parts: dict[str, list[Ref]] = {graph.output: [upstream]}
    gradients: dict[str, str] = {}
    wires: dict[tuple[str, int], str] = {}
    for node in reversed(graph.differentiable):
        if node.name not in parts:
            continue
        total = gather(parts[node.name])
        gradients[node.name] = total.name
        vjp = vjps.get(node.op, OPS[node.op].vjp)
        for place, part in enumerate(vjp(builder, node, total) if vjp else ()):
            source = node.inputs[place]
            if part is not None and source in wanted:
                parts.setdefault(source, []).append(part)
                wires[node.name, place] = part.name
    _add_behind(builder, graph, gradients)
    values = {node.name: node.name for node in graph.nodes if node.name in builder}
    return Backward(builder.build(graph.output), upstream.name, gradients, wires, values)


def _add_behind(builder: Builder, graph: Graph, gradients: Mapping[str, str]) -> None:
    """What follows from gradients, now that they are there; without a gradient nothing does."""
    for node in graph.nodes:
        inputs = [gradients.get(name, "") for name in node.inputs] if node.op == "gradient" else node.inputs
        if node.name not in graph.behind or not all(name in builder for name in inputs):
            continue
        if node.op == "gradient":
            builder.add("sum_to", inputs, {"shape": node.shape}, node.name)  # as it is, under the node's own name
        else:
            builder.add(node.op, inputs, dict(node.attrs), node.name)


def _free(graph: Graph, name: str) -> str:
    while name in graph:
        name = f"{name}_"
    return name


Rule = Callable[[Builder, Node, str | None], Ref]


@lru_cache(maxsize=512)
def expand(graph: Graph) -> Graph:
    """The graph as a person works it: every op that declares a paper expansion written out, equal parts shared."""
    rules = {op.name: op.expand for op in OPS.values() if op.expand}
    return _rewritten(graph, rules)[0]


@lru_cache(maxsize=512)
def worked(graph: Graph) -> Backward:
    """Forward and back as a person works: the ops' own way back, then all that declares a paper expansion written out."""
    both = backward(graph)
    found, names = _rewritten(both.graph, {op.name: op.expand for op in OPS.values() if op.expand})
    return _renamed(both, found, names)


def _renamed(both: Backward, found: Graph, names: Mapping[str, str]) -> Backward:
    """The same after its graph is rewritten."""
    gradients, values = ({name: names[held] for name, held in each.items()} for each in (both.gradients, both.values))
    return Backward(found, both.upstream, gradients, {wire: names[held] for wire, held in both.parts.items()}, values)


def _rewritten(graph: Graph, rules: Mapping[str, Rule]) -> tuple[Graph, dict[str, str]]:
    """The graph with the ops of `rules` written out by them, until none is left; and what each node is called in it."""
    names = {node.name: node.name for node in graph.nodes}
    while any(node.op in rules for node in graph.nodes):
        graph, moved = _rewritten_once(graph, rules)
        names = {name: moved[now] for name, now in names.items()}
    return graph, names


def _rewritten_once(graph: Graph, rules: Mapping[str, Rule]) -> tuple[Graph, dict[str, str]]:
    builder = Builder(share=True)
    moved: dict[str, str] = {}
    for node in graph.nodes:
        renamed = replace(node, inputs=tuple(moved[name] for name in node.inputs))
        name = None if node.name.startswith(UNNAMED) else node.name
        rule = rules.get(node.op)
        ref = rule(builder, renamed, name) if rule else builder.add(node.op, renamed.inputs, dict(node.attrs), name)
        moved[node.name] = ref.name
    return builder.build(moved[graph.output]), moved


@lru_cache(maxsize=256)
def routes(graph: Graph) -> tuple[Backward, ...]:
    """The ways in which a person may honestly work a graph out, forward and backward; names are those of the graph.

    An op is one gate or unfolded into several, and its value is found in any of the ways that it lists.
    """
    unfolding = {op.name: op.unfolded for op in OPS.values() if op.unfolded}
    unfolded, names = _rewritten(graph, unfolding)
    whole = tuple(_routes(backward(graph)))
    if unfolded == graph:
        return whole
    return (*whole, *(_speaking_of(graph, names, route) for route in _routes(backward(unfolded))))


def _speaking_of(graph: Graph, names: Mapping[str, str], route: Backward) -> Backward:
    """A route of the unfolded graph, by the names of the graph itself; its wires are not those of the graph."""
    values = {node.name: route.values[names[node.name]] for node in graph.nodes}
    gradients = {name: route.gradients[now] for name, now in names.items() if now in route.gradients}
    return replace(route, gradients=gradients, parts={}, values=values)


def _routes(both: Backward) -> Iterator[Backward]:
    """Each graph once: ways of an op that does not occur, not even in a way of another, lead to the same one."""
    ways = {op.name: op.ways for op in OPS.values() if op.ways}
    seen: set[Graph] = set()
    for chosen in product(*ways.values()):
        found, names = _rewritten(both.graph, {op: way for op, way in zip(ways, chosen, strict=True) if way})
        if found not in seen:
            seen.add(found)
            yield _renamed(both, found, names)


def kinks(graph: Graph, values: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """One sentence for each kink or tie that the given exact values (node name -> flat cells) sit on."""
    for node in graph.nodes:
        for what in kinks_of(graph, node, values):
            yield what if node.name.startswith(UNNAMED) else f"{node.name}: {what}"


def kinks_of(graph: Graph, node: Node, values: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """The kinks of one node, by its op's own rule."""
    rule = OPS[node.op].kinks
    if rule is not None:
        yield from rule(graph, node, *(values[name] for name in node.inputs))
