"""A solved graph told cell by cell: what a problem's worked solution is made of, and the telling that fits any graph.

Every number comes from an engine; every expression from the op table's one-cell rules. So a step states two things that
were found independently, and a check can reckon the one and compare it with the other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import chain, count, product
from typing import Any, cast

from examgen.formula import symbol as named
from examgen.graph import UNNAMED, Backward, Graph, Node
from examgen.model import Circuit, Edge, Exact, Expression, Gate, Grid, Index, Leaf, Line, Step, Term, cells, nest
from examgen.ops import OPS
from examgen.ops._cells import At, Operand
from examgen.terms import has_symbols, reductions, tidy, tied

LETTERS = "qgtuvkmnprshabcdefijlowxyzQGTUVKMNPRSHABCDEFIJLOWXYZ"  # for gates without a name
Symbols = Callable[[Graph, str, Index], str]


@dataclass(frozen=True)
class Worked:
    """A graph with the exact number of every cell, forward and backward.

    `values`: node -> flat cells, the nodes of the backward pass included. `wanted` holds the (node, whether its gradient)
    that are asked, in the order of the boxes. `symbols(graph, node, index)` is the LaTeX of a cell, `top` that of what is
    differentiated. `reckon` evaluates an expression.
    """

    graph: Graph
    both: Backward
    values: Mapping[str, Sequence[Fraction]]
    wanted: Collection[tuple[str, bool]]
    symbols: Symbols
    top: str
    reckon: Callable[[Expression], Fraction]

    def wants(self, node: str, gradient: bool = False) -> bool:
        return (node, gradient) in self.wanted

    @property
    def backward(self) -> bool:
        """Whether any gradient is asked."""
        return any(gradient for _, gradient in self.wanted)

    def place(self, name: str, gradient: bool = False) -> Node:
        """The node that holds a node's value, or the gradient at it."""
        return self.both.graph[self.both.gradients[name] if gradient else name]

    def value(self, name: str, index: Index = (), gradient: bool = False) -> Fraction:
        """One cell."""
        node = self.place(name, gradient)
        cell: Fraction = Operand(node.shape, self.values[node.name])[index]
        return cell

    def array(self, name: str, index: Index = (), gradient: bool = False) -> Exact:
        """All cells behind an index, nested."""
        whole = nest(self.values[self.place(name, gradient).name], self.graph[name].shape)
        for i in index:
            whole = whole[i]
        return whole

    def symbol(self, name: str, index: Index = (), gradient: bool = False) -> str:
        """LaTeX of a cell, or of the gradient with respect to it."""
        own = self.symbols(self.graph, name, index)
        return rf"\partial {self.top}/\partial {own}" if gradient else own

    def leaf(self, name: str, index: Index = (), gradient: bool = False) -> Leaf:
        """One cell with its name; a number of the formula, and the gradient 1 of the output by itself, are bare."""
        value = self.value(name, index, gradient)
        if gradient:
            bare = value == 1 and name == self.graph.output
        else:
            bare = name.startswith(UNNAMED) and self.graph[name].op == "const"
        return Leaf(value, "" if bare else self.symbol(name, index, gradient))

    def term(self, name: str, index: Index = (), stop: Collection[str] | None = None) -> Expression:
        """One cell written out over inputs, constants and the named nodes, or over those of `stop` alone."""
        return tidy(self._term(self.graph[name], index, {}, stop))

    def part(
        self, gate: str, place: int, index: Index, upstream: Mapping[Index, Any] | None = None,
        stop: Collection[str] | None = None,
    ) -> Expression:
        """What comes back along a wire to one cell of an operand, over the gate's gradient and values of the forward pass.

        `upstream` stands in for the gate's gradient, cell by cell; `stop` as in `term`.
        """
        node, top = self.both.graph[self.both.parts[gate, place]], self.both.gradients[gate]
        given = {top: self.gradients(gate) if upstream is None else upstream}
        if node.name == top:
            return cast(Expression, given[top][index])
        return tidy(self._term(node, index, given, stop))

    def slope(self, name: str, index: Index, over: Container[str]) -> Expression:
        """One cell of the gradient at a node over the gradients at the next of the nodes named, and named values.

        All between them is written out. Of two nodes with one gradient, such as the terms of a sum, one gets it from the other.
        """
        ends = (end for end in self._followers(name, over) if end in self.both.gradients)
        held = {self.both.gradients[end]: self.gradients(end) for end in ends}
        top = self.both.gradients[name]
        if top in held:
            return held[top][index]
        return tidy(self._term(self.both.graph[top], index, held, None))

    def _followers(self, name: str, over: Container[str]) -> Iterator[str]:
        """Those of the nodes that are worked out from one, at once or through others."""
        through = {name}
        for node in self.graph.nodes:
            if not through.isdisjoint(node.inputs):
                if node.name in over:
                    yield node.name
                else:
                    through.add(node.name)

    @cached_property
    def _repeated(self) -> Mapping[Any, str]:
        """What each named node is worked out from -> the node: the way back may work it out again."""
        named_nodes = (node for node in self.graph.nodes if node.inputs and not node.name.startswith(UNNAMED))
        return {(node.op, node.inputs, node.attrs): node.name for node in named_nodes}

    def gradients(self, gate: str) -> Mapping[Index, Leaf]:
        """The gradient at a gate cell by cell, each made when it is asked for."""
        return _Gradients(self, gate)

    def _term(
        self, node: Node, index: Index, given: Mapping[str, Mapping[Index, Any]], stop: Collection[str] | None
    ) -> Expression:
        graph = self.both.graph
        operands = [Operand(graph[name].shape, self.values[name]) for name in node.inputs]
        rule = OPS[node.op].cell
        assert rule is not None, node.op  # of every op but inputs and constants, which are leaves

        def looked_up(part: Any) -> Expression:
            if isinstance(part, Term):
                return Term(part.do, tuple(map(looked_up, part.args)))
            if not isinstance(part, At):
                return Leaf(part.value)
            source = graph[node.inputs[part.place]]
            if source.name in given:
                return cast(Expression, given[source.name][part.index])
            if source.op == "const" and source.name not in self.graph:
                return Leaf(operands[part.place][part.index])
            if source.name in self.graph and self.graph[source.name].op == "gradient":
                return self.leaf(self.graph[source.name].inputs[0], part.index, True)
            if self._is_leaf(source, stop):
                return self.leaf(source.name, part.index)
            if stop is None and (same := self._repeated.get((source.op, source.inputs, source.attrs))):
                return self.leaf(same, part.index)
            return self._term(source, part.index, given, stop)

        return looked_up(rule(node, index, *operands))

    def _is_leaf(self, node: Node, stop: Collection[str] | None) -> bool:
        if node.op in ("input", "const") or (stop is not None and node.name in stop):
            return True
        return stop is None and node.name in self.graph and not node.name.startswith(UNNAMED)

    def line(
        self, name: str, index: Index = (), *, symbol: str | None = None, stop: Collection[str] | None = None, note: str = ""
    ) -> Line:
        """The equation of one cell: symbol = expression in symbols = in numbers = … = value."""
        return self.equation(
            self.symbol(name, index) if symbol is None else symbol,
            self.term(name, index, stop), self.value(name, index), what=(name, False, index), note=note,
        )

    def equation(self, symbol: str, term: Expression, value: Exact, **rest: Any) -> Line:
        """An equation in symbols, as far as there are any, and in numbers with the reductions on the way."""
        if not rest.get("note") and tied(term, self.reckon):
            rest["note"] = TIE
        return Line(symbol, reductions(term, self.reckon), value, term if has_symbols(term) else None, **rest)


class _Gradients(dict[Index, Leaf]):
    """The gradient at a gate cell by cell, each made when it is asked for."""

    def __init__(self, worked: Worked, gate: str) -> None:
        super().__init__()
        self.worked, self.gate = worked, gate

    def __missing__(self, index: Index) -> Leaf:
        self[index] = found = self.worked.leaf(self.gate, index, True)
        return found


def indices(dims: Sequence[int]) -> Iterator[Index]:
    """Every index of an array of that shape, row by row."""
    return product(*map(range, dims))


def given(worked: Worked) -> Step:
    """The numbers of the task: matrices as grids, scalars as lines, and the gradient at the output where it is not 1."""
    lines: list[Line] = []
    shown: list[Grid] = []
    named_constants = (node for node in worked.graph.nodes if node.op == "const" and not node.name.startswith(UNNAMED))
    numbers = (node for node in worked.graph.inputs if not node["discrete"])  # a class is told in words, and counts from 1
    for node in (*numbers, *named_constants):
        if node.shape:
            shown += grids(worked, node.name)
        else:
            lines.append(Line(worked.symbol(node.name), (), worked.value(node.name)))
    output = worked.graph.output
    if worked.backward and any(cell != 1 for cell in cells(worked.array(output, (), True))):
        upstream = grids(worked, output, True)
        if worked.graph[output].shape:
            shown += upstream
        else:
            lines.append(Line(upstream[0].symbol, (), worked.value(output, (), True)))
    return Step("given", GIVEN, lines=tuple(lines), grids=tuple(shown))


def told(worked: Worked) -> Iterator[Step]:
    """The worked solution of any graph: forward node by node, backward wire by wire."""
    yield given(worked)
    scalar = all(node.shape == () for node in worked.graph.nodes)
    yield from _forward_scalars(worked) if scalar else _forward_arrays(worked)
    if worked.backward:
        yield from _backward_scalars(worked) if scalar else _backward_arrays(worked)


def _gates(graph: Graph) -> list[Node]:
    return [node for node in graph.nodes if node.op not in ("input", "const")]


GIVEN = "Given:"
TIE = "at a tie equal shares"
FORWARD = "Forward pass: the value of every node, in order of evaluation."
CIRCUIT = "The circuit: values above the edges, gradients of $%(top)s$ below them."
BACKWARD = (
    "Backward pass, from the output to the inputs: what comes back along an edge is the gradient at the gate's output "
    "times the gate's local derivative."
)
ADDED = "Where a value is used more than once, the gradients that come back to it are added."
GRADIENTS = "The gradients that are asked."
OTHERS = "The other cells in the same way:"
OF_NODE = "Forward pass: $%(symbol)s$."
BACK_TO = "Backward pass: the gradient with respect to $%(symbol)s$."


def _forward_scalars(worked: Worked) -> Iterator[Step]:
    yield Step("forward", FORWARD, lines=tuple(_scalar_line(worked, node) for node in _gates(worked.graph)))


def _every(worked: Worked) -> frozenset[str]:
    """Names and gates without one: on a circuit each has its number."""
    return frozenset(node.name for node in worked.graph.nodes)


def _scalar_line(worked: Worked, node: Node) -> Line:
    return worked.line(node.name, stop=_every(worked))


def _backward_scalars(worked: Worked) -> Iterator[Step]:
    yield Step("circuit", CIRCUIT, {"top": worked.top}, circuit=circuit(worked))
    edges = tuple(_edges(worked))
    yield Step("backward", BACKWARD, edges=edges)
    if lines := tuple(_fan_outs(worked)):
        yield Step("fan_out", ADDED, lines=lines)
    asked = [name for name, gradient in worked.wanted if gradient and name in worked.both.gradients]
    if lines := tuple(_stated(worked, name) for name in asked):
        yield Step("gradients", GRADIENTS, lines=lines)


def circuit(worked: Worked) -> Circuit:
    """All of a scalar graph with its numbers; what has no influence on the output has the gradient 0."""
    return Circuit(tuple(_gate(worked, node) for node in worked.graph.nodes), worked.graph.output)


def _gate(worked: Worked, node: Node) -> Gate:
    constant = node.op == "const"
    reached = node.name in worked.both.gradients
    gradient = worked.value(node.name, (), True) if reached else None if constant else Fraction(0)
    sign = "" if constant else OPS[node.op].gate
    return Gate(node.name, worked.symbol(node.name), sign, node.inputs, worked.value(node.name), gradient)


def _edges(worked: Worked) -> Iterator[Edge]:
    for node in reversed(worked.graph.differentiable):
        upstream = worked.leaf(node.name, (), True)
        for place, source in enumerate(node.inputs):
            if (node.name, place) in worked.both.parts:
                local = worked.part(node.name, place, (), {(): Leaf(Fraction(1))}, _every(worked))
                value = Fraction(worked.values[worked.both.parts[node.name, place]][0])
                forms, slope = reductions(local, worked.reckon), worked.reckon(local)
                note = TIE if tied(local, worked.reckon) else ""
                yield Edge(worked.symbol(node.name), worked.symbol(source), upstream, forms, slope, value, note)


def wires_to(worked: Worked, name: str) -> list[tuple[str, int]]:
    """The wires along which a gradient comes back to a node, in the order of the backward pass."""
    return [(gate, place) for gate, place in worked.both.parts if worked.graph[gate].inputs[place] == name]


def _fan_outs(worked: Worked) -> Iterator[Line]:
    for name in worked.both.gradients:
        if len(wires := wires_to(worked, name)) > 1:
            parts = tuple(Leaf(worked.values[worked.both.parts[wire]][0]) for wire in wires)
            value = worked.value(name, (), True)
            stated = None if worked.wants(name, True) else (name, True, ())  # an answer is stated once, below
            yield Line(worked.symbol(name, (), True), (Term("+", parts),), value, what=stated)


def _stated(worked: Worked, name: str) -> Line:
    return Line(worked.symbol(name, (), True), (), worked.value(name, (), True), what=(name, True, ()))


def grids(worked: Worked, name: str, gradient: bool = False, **marks: Any) -> tuple[Grid, ...]:
    """A node's value, or the gradient at it, as matrices of its last two axes."""
    dims = worked.graph[name].shape
    lead = dims[:-2]
    found = []
    for index in indices(lead):
        part = worked.array(name, index, gradient)
        rows = part if len(dims) > 1 else (part,) if dims else ((part,),)
        found.append(Grid(worked.symbol(name, index, gradient), rows, what=(name, gradient, index), **marks))
    return tuple(found)


def _forward_arrays(worked: Worked) -> Iterator[Step]:
    for node in _gates(worked.graph):
        lines = tuple(worked.line(node.name, index, stop=_every(worked)) for index in indices(node.shape))
        shown = grids(worked, node.name) if node.shape else ()
        yield from _with_cells("node", OF_NODE, _definition(worked, node), lines, shown)


def _definition(worked: Worked, node: Node) -> str:
    """The node and what it is, in symbols of whole arrays."""
    operands = (worked.symbol(name) for name in node.inputs)
    return f"{worked.symbol(node.name)} = {OPS[node.op].latex.format(*operands, **dict(node.attrs))}"


def _backward_arrays(worked: Worked) -> Iterator[Step]:
    for node in reversed(worked.graph.differentiable):
        if node.name == worked.graph.output:
            shown = grids(worked, node.name, True)
            yield Step("upstream", BACK_TO, {"symbol": worked.symbol(node.name)}, grids=shown)
            continue
        lines = tuple(_array_line(worked, node.name, index) for index in indices(node.shape))
        shown = grids(worked, node.name, True) if node.shape else ()
        yield from _with_cells("gradient", BACK_TO, worked.symbol(node.name), lines, shown)


def _array_line(worked: Worked, name: str, index: Index) -> Line:
    """A cell's gradient over the gradients at the gates that it feeds, one part for each wire."""
    every = _every(worked)
    parts = tuple(worked.part(gate, place, index, stop=every) for gate, place in wires_to(worked, name))
    term = tidy(Term("+", parts)) if len(parts) > 1 else parts[0]
    value = worked.value(name, index, True)
    return worked.equation(worked.symbol(name, index, True), term, value, what=(name, True, index))


def _with_cells(
    key: str, says: str, symbol: str, lines: Sequence[Line], shown: tuple[Grid, ...]
) -> Iterator[Step]:
    """A result with the equations of its first cells, then those of all others in the long form alone."""
    yield Step(key, says, {"symbol": symbol}, lines=tuple(lines[:2]), grids=shown)
    if len(lines) > 2:
        yield Step(f"{key}_cells", OTHERS, lines=tuple(lines[2:]), brief=False)


def cell_symbol(graph: Graph, name: str, index: Index) -> str:
    """LaTeX of a cell by its node's name, indices counted from 1; a gate without a name is q_1, q_2, … in its order."""
    own = _gate_names(graph)[name] if name.startswith(UNNAMED) else named(name)
    if not index:
        return own
    below = ("," if max(index) > 8 else "").join(str(i + 1) for i in index)
    if own.endswith("}") and "_{" in own:
        return f"{own[:-1]},{below}}}"
    cell = f"{own}_{{{below}}}"
    return f"{own}_{{[{below}]}}" if cell in _symbols(graph) else cell


@lru_cache(maxsize=256)
def _symbols(graph: Graph) -> frozenset[str]:
    """What the named nodes are called: a cell of x must not look like a node x1."""
    return frozenset(named(node.name) for node in graph.nodes if not node.name.startswith(UNNAMED))


def loss_symbol(graph: Graph) -> str:
    """A letter for a loss behind the output, where the gradient there is given: one that the graph does not use."""
    names = chain("LJEQ", (f"L{i}" for i in count(1)))
    return named(next(name for name in names if name not in graph))


@lru_cache(maxsize=256)
def _gate_names(graph: Graph) -> dict[str, str]:
    """Names for gates without one, with a letter that no name of the graph begins with."""
    gates = [node for node in graph.nodes if node.name.startswith(UNNAMED)]
    taken = {node.name[0] for node in graph.nodes}
    letter = next((letter for letter in LETTERS if letter not in taken), "?")
    names = [str(node["value"]) if node.op == "const" else "" for node in gates]
    counted = count(1)
    return {node.name: name or f"{letter}_{{{next(counted)}}}" for node, name in zip(gates, names, strict=True)}
