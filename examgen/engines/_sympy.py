"""The exact engine: SymPy's `diff` of the composed expression, derived once per graph, run on exact numbers.

A graph becomes one straight-line program in which equal subexpressions are one step. The program runs on fractions, on
mpmath numbers, or on SymPy's own numbers, where it gives closed forms. (`subs` takes a hundred times longer, and
`lambdify` would have to be printed and compiled anew for each kind of number.)
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import chain
from math import exp, prod
from typing import Any

import mpmath
import numpy as np
import sympy
from sympy.printing.str import StrPrinter

from examgen.batches import placed
from examgen.engines._engine import Evaluation
from examgen.engines._sympy_expressions import Cells, Expr, compose, indices
from examgen.engines._sympy_numbers import DIGITS, EXACT, IRRATIONAL, SYMBOLIC, Numbers, as_symbol
from examgen.errors import InputError
from examgen.graph import Graph, Node
from examgen.model import Exact, nest

LARGEST_TREE = 50_000  # parts of a composed output: differentiating it takes seconds already
LONGEST_TEXT = 500  # parts of a closed form
LARGEST_EXPONENT = 100  # of e in a sum that is put in order in float64
LIMIT = 10_000  # scalar cells: beyond that nobody reads exact numbers, and deriving takes minutes

LONGEST_LINE = 100  # operands of a sum: Python's compiler nests them
INFIX = {sympy.Add: " + ", sympy.Mul: " * "}  # mean the same on every kind of exact number

mp = mpmath.MPContext()
mp.dps = 55


def evaluate(graph: Graph, data: Mapping[str, Exact], upstream: Exact = 1, count: int | None = None) -> Evaluation:
    """Every node's value and gradient as nested tuples of exact numbers.

    They are `Fraction` up to the first exp, log or root, and `mpf` of 55 digits from there on.
    `upstream` is the gradient given at the output; it broadcasts to the output's shape. Discrete inputs stay ints.
    Given `count`, all data are arrays of so many instances along an axis in front, and so are the results, in which whole
    fractions are ints.
    Raises InputError over 10,000 cells, ZeroDivisionError or ValueError where a node has no value or no gradient; of several
    instances FailedAt, which says of which.
    """
    derived = _derive(graph)
    if count is not None:
        return _evaluated(graph, derived, data, upstream, count)
    values = derived.run(_leaves(graph, data, upstream, EXACT), EXACT)

    def read(slots: Sequence[int], node: Node) -> Any:
        found = (mp.mpf(values[slot]) if slot in derived.irrational else Fraction(values[slot]) for slot in slots)
        return nest([int(cell) for cell in found] if _discrete(node) else list(found), node.shape)

    return Evaluation(
        {node.name: read(derived.values[node.name], node) for node in graph.nodes},
        {node.name: read(derived.gradients[node.name], node) for node in graph.differentiable},
    )


def _evaluated(graph: Graph, derived: _Program, data: Mapping[str, Any], upstream: Any, count: int) -> Evaluation:
    """The same program run on each of so many instances, and what comes out as arrays."""
    run, held = derived.exact, derived.held
    leaves = _stacked_leaves(graph, data, upstream, count)
    found = np.empty((count, len(held)), dtype=object)
    for place, given in enumerate(leaves):
        with placed(place):
            found[place] = run(given)
    for column, slot in enumerate(held):
        if slot in derived.irrational:
            found[:, column] = [mp.mpf(cell) for cell in found[:, column]]
    columns = {slot: column for column, slot in enumerate(held)}

    def read(slots: Sequence[int], node: Node) -> Any:
        return found[:, [columns[slot] for slot in slots]].reshape(count, *node.shape)

    return Evaluation(
        {node.name: read(derived.values[node.name], node) for node in graph.nodes},
        {node.name: read(derived.gradients[node.name], node) for node in graph.differentiable},
    )


def _stacked_leaves(graph: Graph, data: Mapping[str, Any], upstream: Any, count: int) -> list[list[Any]]:
    """`_leaves` of every instance of a stack."""
    parts = [upstream.reshape(count, -1)]
    for node in filter(_is_leaf, graph.nodes):
        if node.op == "const":
            row = _spread(node["value"], node.shape, EXACT.number)
            parts.append(np.broadcast_to(np.array(row, dtype=object), (count, len(row))))
        else:
            parts.append(data[node.name].reshape(count, -1).astype(object))
    return [row.tolist() for row in np.concatenate(parts, axis=1)]


def closed_form(
    graph: Graph, data: Mapping[str, Exact], upstream: Exact, wanted: Sequence[tuple[str, bool]]
) -> tuple[Any, ...]:
    """Closed forms as nested text, such as 19/15 or log(9/2), for each wanted (node name, whether its gradient).

    A form that is too long for paper is None.

    Raises as `evaluate` does. SymPy and our own formula grammar read them back.
    """
    found = symbolic(graph, data, upstream, wanted)
    return tuple(nest([*map(_text, cells)], graph[node].shape) for cells, (node, _) in zip(found, wanted, strict=True))


def symbolic(
    graph: Graph, data: Mapping[str, Exact], upstream: Exact, wanted: Sequence[tuple[str, bool]]
) -> tuple[list[Expr], ...]:
    """The cells of each wanted (node name, whether its gradient) as SymPy expressions, in row-major order.

    Raises as `evaluate` does.
    """
    derived = _derive(graph)
    slots = [(derived.gradients if gradient else derived.values)[node] for node, gradient in wanted]
    needed = derived.needed([slot for group in slots for slot in group])
    values = derived.run(_leaves(graph, data, upstream, SYMBOLIC), SYMBOLIC, needed)
    return tuple([sympy.sympify(as_symbol(values[slot])) for slot in group] for group in slots)


class _Printer(StrPrinter):  # type: ignore[misc]  # SymPy has no annotations
    """Closed forms in the language of our formulas, where e is no name."""

    def _print_Exp1(self, expr: Any) -> str:
        return "exp(1)"

    def _print_Add(self, expr: Any, order: Any = None) -> str:
        return _sum_text(expr) if order is None else str(super()._print_Add(expr, order))


@lru_cache(maxsize=1 << 12)
def _sum_text(expr: Expr) -> str:
    """A sum written out, which many cells have below the line: SymPy takes long to put its terms in order of size."""
    sizes = {size: term for term in expr.args if (size := _size(term)) is not None}
    if len(sizes) < len(expr.args):
        return str(StrPrinter._print_Add(_PRINTER, expr))
    return " + ".join(_PRINTER.doprint(sizes[size]) for size in sorted(sizes))


def _size(term: Expr) -> float | None:
    """Of an exponential of a fraction, or a positive fraction."""
    if term.is_Rational:
        return float(term) if term.p > 0 else None
    is_exponential = isinstance(term, sympy.exp) and term.args[0].is_Rational and abs(term.args[0]) < LARGEST_EXPONENT
    return exp(float(term.args[0])) if is_exponential else None


_PRINTER = _Printer()


def _text(form: Expr) -> str | None:
    """The form written out; None where nobody would read it."""
    return _PRINTER.doprint(form) if _tree_size(form, {}) <= LONGEST_TEXT else None


def _tree_size(expr: Expr, known: dict[Expr, int]) -> int:
    """How many symbols, numbers and operations the expression has where shared parts are written out each time."""
    if expr not in known:
        known[expr] = 1 + sum(_tree_size(part, known) for part in expr.args)
    return known[expr]


def _discrete(node: Node) -> bool:
    return node.op == "input" and bool(node["discrete"])


def _is_leaf(node: Node) -> bool:
    return node.op in ("input", "const")


def _leaves(graph: Graph, data: Mapping[str, Exact], upstream: Exact, numbers: Numbers) -> list[Any]:
    """The numbers that `_derive` set the first slots aside for, in its order: upstream, then inputs and constants."""
    found = _spread(upstream, graph[graph.output].shape, numbers.number)
    for node in filter(_is_leaf, graph.nodes):
        value = node["value"] if node.op == "const" else data[node.name]
        found += _spread(value, node.shape, int if _discrete(node) else numbers.number)
    return found


def _spread(value: Exact, dims: tuple[int, ...], convert: Callable[[Any], Any]) -> list[Any]:
    given = Cells.of_value(value)
    return [convert(given[at]) for at in indices(dims)]


@dataclass
class _Program:
    """Straight-line code: the slots of the leaves, then one slot per step (operation, slots of its operands).

    A constant's step is (Rational, its fraction). `values` and `gradients` say in which slots a node's cells end up,
    `irrational` which slots hold digits and no fraction.
    """

    leaves: int = 0
    steps: list[tuple[Any, Any]] = field(default_factory=list)
    slots: dict[Expr, int] = field(default_factory=dict)
    irrational: set[int] = field(default_factory=set)
    values: dict[str, list[int]] = field(default_factory=dict)
    gradients: dict[str, list[int]] = field(default_factory=dict)

    def leaf(self, symbol: Expr) -> int:
        self.slots[symbol] = self.leaves
        self.leaves += 1
        return self.slots[symbol]

    def slot(self, expr: Expr) -> int:
        """Where the expression's number will stand; adds the steps that are not there yet."""
        if expr not in self.slots:
            self.slots[expr] = self._constant(expr) if expr.is_Rational else self._operation(expr)
        return self.slots[expr]

    def _constant(self, expr: Expr) -> int:
        return self._step(sympy.Rational, Fraction(expr.p, expr.q))

    def _operation(self, expr: Expr) -> int:
        operands = [self.slot(argument) for argument in expr.args]
        if expr.func not in IRRATIONAL and self.irrational.isdisjoint(operands):
            return self._step(expr.func, operands)
        slot = self._step(expr.func, [self._digits(operand) for operand in operands])
        self.irrational.add(slot)
        return slot

    def _digits(self, slot: int) -> int:
        """The same number with digits: fractions and mpf do not mix."""
        if slot in self.irrational:
            return slot
        if (DIGITS, slot) not in self.slots:
            self.slots[DIGITS, slot] = self._step(DIGITS, [slot])
            self.irrational.add(self.slots[DIGITS, slot])
        return self.slots[DIGITS, slot]

    def _step(self, op: Any, operands: Any) -> int:
        self.steps.append((op, operands))
        return self.leaves + len(self.steps) - 1

    def needed(self, wanted: Sequence[int]) -> set[int]:
        """The slots without which the wanted ones have no number."""
        found = set(wanted)
        for slot in range(self.leaves + len(self.steps) - 1, self.leaves - 1, -1):
            op, operands = self.steps[slot - self.leaves]
            if slot in found and op is not sympy.Rational:
                found.update(operands)
        return found

    @cached_property
    def held(self) -> list[int]:
        """The slots of all values and gradients, each once."""
        every = chain(*self.values.values(), *self.gradients.values())
        return list(dict.fromkeys(every))

    @cached_property
    def exact(self) -> Callable[[list[Any]], list[Any]]:
        """`run` on exact numbers as one function of the leaves that gives the numbers of `held`: no loop over steps."""
        names: dict[str, Any] = {}
        lines = ["def program(leaves):", f"    {''.join(f's{slot}, ' for slot in range(self.leaves))}= leaves"]
        needed = self.needed(self.held)
        for slot, (op, operands) in enumerate(self.steps, self.leaves):
            if slot in needed:
                lines.append(f"    s{slot} = {self._written(slot, op, operands, names)}")
        lines.append(f"    return [{', '.join(f's{slot}' for slot in self.held)}]")
        exec("\n".join(lines), names)  # slots and operations alone: nothing of the data stands in it
        found: Callable[[list[Any]], list[Any]] = names["program"]
        return found

    def _written(self, slot: int, op: Any, operands: Any, names: dict[str, Any]) -> str:
        """One step in Python; what it needs is put into `names`."""
        if op is sympy.Rational:
            names[f"c{slot}"] = EXACT.number(operands)
            return f"c{slot}"
        written = [f"s{operand}" for operand in operands]
        if op in INFIX and len(written) <= LONGEST_LINE:
            return INFIX[op].join(written)
        function = (EXACT.irrational if slot in self.irrational else EXACT.rational)[op]
        names[f"f{id(function)}"] = function
        return f"f{id(function)}({', '.join(written)})"

    def run(self, leaves: list[Any], numbers: Numbers, needed: Container[int] | None = None) -> list[Any]:
        """A number for each slot; None in those that are not needed."""
        values = list(leaves)
        for slot, (op, operands) in enumerate(self.steps, self.leaves):
            if needed is not None and slot not in needed:
                values.append(None)
            elif op is sympy.Rational:
                values.append(numbers.number(operands))
            else:
                table = numbers.irrational if slot in self.irrational else numbers.rational
                values.append(table[op](*[values[operand] for operand in operands]))
        return values


@lru_cache(maxsize=256)
def _derive(graph: Graph) -> _Program:
    """The program of all values and gradients. Raises InputError where the graph is too large for exact work."""
    count = sum(prod(node.shape) for node in graph.nodes)
    if count > LIMIT:
        raise InputError(f"the graph has {count} numbers: exact evaluation is for hand-sized problems, up to {LIMIT}")
    symbols = {node.name: _symbols(f"n{i}", node.shape) for i, node in enumerate(graph.nodes)}
    upstream = _symbols("u", graph[graph.output].shape)
    program = _Program()
    for symbol in upstream:
        program.leaf(symbol)
    for node in filter(_is_leaf, graph.nodes):
        program.values[node.name] = [program.leaf(symbol) for symbol in symbols[node.name]]
    try:
        for node in graph.nodes:
            if not _is_leaf(node) and node.name not in graph.behind:
                program.values[node.name] = _forward(program, node, symbols)
        for node in graph.differentiable:
            program.gradients[node.name] = [program.slot(g) for g in _gradient(graph, node, symbols, upstream)]
        for node in graph.nodes:
            if node.name in graph.behind:
                program.values[node.name] = _behind(program, node, symbols)
    except RecursionError:
        raise InputError(
            f"the graph's {len(graph.nodes)} operations nest too deeply: exact evaluation is for hand-sized problems"
        ) from None
    return program


def _symbols(label: str, dims: tuple[int, ...]) -> Cells:
    return Cells(dims, lambda at: sympy.Symbol(f"{label}[{','.join(map(str, at))}]", real=True))


def _forward(program: _Program, node: Node, symbols: Mapping[str, Cells]) -> list[int]:
    """The slots of a node's cells, worked out from the numbers of its operands."""
    operands = []
    for place, source in enumerate(node.inputs):
        cells = symbols[source]
        if source in node.inputs[:place]:  # under another name, or x / x would cancel to 1 even at 0
            cells = _symbols(f"{place}'{source}'", cells.shape)
            program.slots.update(zip(cells, program.values[source], strict=True))
        operands.append(cells)
    slots = [program.slot(cell) for cell in compose(node, *operands)]
    program.slots.update(zip(symbols[node.name], slots, strict=True))
    return slots


def _behind(program: _Program, node: Node, symbols: Mapping[str, Cells]) -> list[int]:
    """The slots of a node that is a gradient, or follows from one."""
    if node.op != "gradient":
        return _forward(program, node, symbols)
    slots = program.gradients[node.inputs[0]]
    program.slots.update(zip(symbols[node.name], slots, strict=True))
    return slots


def _gradient(graph: Graph, wanted: Node, symbols: Mapping[str, Cells], upstream: Cells) -> list[Expr]:
    """The output's gradient with respect to each cell of a node.

    The graph is cut at the node: its cells are symbols, whatever depends on them is composed down to the output, and
    what does not depend on them stays a symbol of known value.
    """
    composed = {wanted.name: symbols[wanted.name]}
    for node in graph.differentiable:
        if any(source in composed for source in node.inputs):
            composed[node.name] = compose(node, *(composed.get(source, symbols[source]) for source in node.inputs))
    if sum(_tree_size(out, {}) for out in composed[graph.output]) > LARGEST_TREE:
        raise InputError("the formula branches too often: written out it is too long for exact work, use fewer steps")
    ends = [(u, out, out.free_symbols) for u, out in zip(upstream, composed[graph.output], strict=True)]
    return [
        sympy.Add(*(u * sympy.diff(out, cell) for u, out, found in ends if cell in found))
        for cell in symbols[wanted.name]
    ]
