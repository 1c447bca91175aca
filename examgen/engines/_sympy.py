"""The exact engine: SymPy's `diff` of the composed expression, derived once per graph, run on exact numbers.

A graph becomes one straight-line program in which equal subexpressions are one step. The program runs on fractions, on
mpmath numbers, or on SymPy's own numbers, where it gives closed forms. (`subs` takes a hundred times longer, and
`lambdify` would have to be printed and compiled anew for each kind of number.)
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from math import prod
from typing import Any

import mpmath
import sympy

from examgen.engines._engine import Evaluation
from examgen.engines._sympy_expressions import (
    Absolute,
    Cells,
    Chosen,
    Expr,
    FirstLargest,
    IsEqual,
    IsFirstLargest,
    IsPositive,
    Larger,
    Largest,
    LargestShare,
    Least,
    LeastShare,
    RealPower,
    Relu,
    Sign,
    Smaller,
    Wins,
    WrongClass,
    compose,
    indices,
)
from examgen.errors import InputError
from examgen.graph import Graph, Node
from examgen.model import Exact, nest

name = "sympy"

LIMIT = 10_000  # scalar cells: beyond that nobody reads exact numbers, and deriving takes minutes
ZERO = 10**-50  # a closed form this near to 0 is 0: comparisons inside it are decided by its digits

_DIGITS = "digits"  # the step that makes digits of a fraction
_IRRATIONAL = {RealPower, sympy.exp, sympy.log, sympy.sin, sympy.cos, sympy.tanh}

mp = mpmath.MPContext()
mp.dps = 55

_working = mpmath.MPContext()
_working.dps = 75  # 20 digits to lose where p close to 1 is taken from 1


def evaluate(graph: Graph, data: Mapping[str, Exact], upstream: Exact = 1) -> Evaluation:
    """Every node's value and gradient as nested tuples: `Fraction`, or `mpf` of 55 digits where exp, log or a root come in.

    `upstream` is the gradient given at the output; it broadcasts to the output's shape. Discrete inputs stay ints.
    Raises InputError over 10,000 cells, ZeroDivisionError or ValueError where a node has no value or no gradient.
    """
    derived = _derive(graph)
    values = derived.run(_leaves(graph, data, upstream, _EXACT), _EXACT)

    def read(slots: Sequence[int], node: Node) -> Any:
        found = (mp.mpf(values[slot]) if slot in derived.irrational else Fraction(values[slot]) for slot in slots)
        return nest([int(cell) for cell in found] if _discrete(node) else list(found), node.shape)

    return Evaluation(
        {node.name: read(derived.values[node.name], node) for node in graph.nodes},
        {node.name: read(derived.gradients[node.name], node) for node in graph.differentiable},
    )


def closed_form(
    graph: Graph, data: Mapping[str, Exact], upstream: Exact, wanted: Sequence[tuple[str, bool]]
) -> tuple[Any, ...]:
    """Nested SymPy expressions, such as 19/15 or log(9/2), for each wanted (node name, whether its gradient).

    Raises as `evaluate` does. `sympify` reads their `str` back.
    """
    derived = _derive(graph)
    slots = [(derived.gradients if gradient else derived.values)[node] for node, gradient in wanted]
    needed = derived.needed([slot for group in slots for slot in group])
    values = derived.run(_leaves(graph, data, upstream, _SYMBOLIC), _SYMBOLIC, needed)
    return tuple(
        nest([sympy.sympify(values[slot]) for slot in group], graph[node].shape)
        for group, (node, _) in zip(slots, wanted, strict=True)
    )


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
        if expr.func not in _IRRATIONAL and self.irrational.isdisjoint(operands):
            return self._step(expr.func, operands)
        slot = self._step(expr.func, [self._digits(operand) for operand in operands])
        self.irrational.add(slot)
        return slot

    def _digits(self, slot: int) -> int:
        """The same number with digits: fractions and mpf do not mix."""
        if slot in self.irrational:
            return slot
        if (_DIGITS, slot) not in self.slots:
            self.slots[_DIGITS, slot] = self._step(_DIGITS, [slot])
            self.irrational.add(self.slots[_DIGITS, slot])
        return self.slots[_DIGITS, slot]

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
    symbols = {node.name: _symbols(f"n{i}", node) for i, node in enumerate(graph.nodes)}
    upstream = _symbols("u", graph[graph.output])
    program = _Program()
    for symbol in upstream:
        program.leaf(symbol)
    for node in filter(_is_leaf, graph.nodes):
        program.values[node.name] = [program.leaf(symbol) for symbol in symbols[node.name]]
    try:
        for node in graph.nodes:
            if not _is_leaf(node):
                program.values[node.name] = _forward(program, node, symbols)
        for node in graph.differentiable:
            program.gradients[node.name] = [program.slot(g) for g in _gradient(graph, node, symbols, upstream)]
    except RecursionError:
        raise InputError(
            f"the graph's {len(graph.nodes)} operations nest too deeply: exact evaluation is for hand-sized problems"
        ) from None
    return program


def _symbols(label: str, node: Node) -> Cells:
    return Cells(node.shape, lambda at: sympy.Symbol(f"{label}[{','.join(map(str, at))}]"))


def _forward(program: _Program, node: Node, symbols: Mapping[str, Cells]) -> list[int]:
    """The slots of a node's cells, worked out from the numbers of its operands."""
    operands = []
    for place, source in enumerate(node.inputs):
        cells = symbols[source]
        if source in node.inputs[:place]:  # under another name, or x / x would cancel to 1 even at 0
            cells = Cells(cells.shape, lambda at, of=cells: sympy.Symbol(f"{of[at].name}'"))
            for alias, symbol in zip(cells, symbols[source], strict=True):
                program.slots[alias] = program.slots[symbol]
        operands.append(cells)
    slots = [program.slot(cell) for cell in compose(node, *operands)]
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
    ends = [(u, out, out.free_symbols) for u, out in zip(upstream, composed[graph.output], strict=True)]
    return [
        sympy.Add(*(u * sympy.diff(out, cell) for u, out, found in ends if cell in found))
        for cell in symbols[wanted.name]
    ]


@dataclass(frozen=True)
class Numbers:
    """One kind of number: how a fraction becomes one, and what SymPy's operations do on rational and on other ones."""

    number: Callable[[Any], Any]
    rational: Mapping[Any, Callable[..., Any]]
    irrational: Mapping[Any, Callable[..., Any]]


def _selections(sign: Callable[[Any], Any], half: Any, ratio: Callable[[int, int], Any]) -> dict[Any, Callable[..., Any]]:
    """The functions that compare and choose; `sign` gives a number below, at or above 0."""

    def largest(*x: Any) -> Any:
        best = x[0]
        for other in x[1:]:
            best = other if sign(other - best) > 0 else best
        return best

    def least(*x: Any) -> Any:
        return -largest(*(-cell for cell in x))

    def share(i: Any, *x: Any) -> Any:
        hits = [sign(cell - largest(*x)) == 0 for cell in x]
        return ratio(1, sum(hits)) if hits[int(i)] else 0

    def is_first(i: Any, *x: Any) -> int:
        return int(all(sign(x[int(i)] - cell) > 0 for cell in x[: int(i)]) and sign(largest(*x) - x[int(i)]) == 0)

    def wins(x: Any, y: Any) -> Any:
        difference = sign(x - y)
        return half if difference == 0 else int(difference > 0)

    return {
        Relu: lambda x: x if sign(x) > 0 else 0,
        IsPositive: lambda x: int(sign(x) > 0),
        Absolute: lambda x: x if sign(x) > 0 else -x,
        Sign: lambda x: (sign(x) > 0) - (sign(x) < 0),
        Larger: largest,
        Smaller: least,
        Wins: wins,
        Largest: largest,
        Least: least,
        LargestShare: share,
        LeastShare: lambda i, *x: share(i, *(-cell for cell in x)),
        FirstLargest: largest,
        IsFirstLargest: is_first,
        Chosen: lambda which, *scores: scores[int(which)],
        WrongClass: lambda label, k: int(k) + (k >= label),
        IsEqual: lambda x, y: int(x == y),
    }


def _whole(value: int | Fraction) -> int | Fraction:
    """An int where it can be one: a fraction's arithmetic takes twenty times longer."""
    return int(value) if value.denominator == 1 else Fraction(value)


def _fraction_power(x: int | Fraction, n: int) -> int | Fraction:
    return x**n if n >= 0 else Fraction(x) ** n  # an int to a negative power would be a float


def _of_positive(function: Callable[[Any], Any], sign: Callable[[Any], Any] = lambda x: x) -> Callable[[Any], Any]:
    def checked(x: Any) -> Any:
        if sign(x) <= 0:
            raise ValueError(f"log of {x}: it is defined above 0 only")
        return function(x)

    return checked


def _real_power(
    power: Callable[[Any, Any], Any], sign: Callable[[Any], Any] = lambda x: x
) -> Callable[[Any, Any], Any]:
    """x**n, which is defined from 0 on, and above 0 only where n is negative."""

    def checked(x: Any, n: Any) -> Any:
        if sign(x) < 0:
            raise ValueError(f"{x} to the power {n}: a root is defined from 0 on")
        if sign(x) == 0 and sign(n) < 0:
            raise ZeroDivisionError(f"0 to the power {n}")
        return power(x, n)

    return checked


def _working_digits(value: int | Fraction) -> Any:
    return _working.mpf(value.numerator) / value.denominator


def _sympy_sign(x: Any) -> Any:
    """A number of the sign of x. Exact zeros that SymPy does not see, as log(4) - 2*log(2), are found by their digits."""
    x = sympy.sympify(x)
    digits = x if x.is_Rational else x.evalf(60)
    return 0 if abs(digits) < ZERO else digits


def _sympy_power(x: Any, n: Any) -> Any:
    if n < 0 and _sympy_sign(x) == 0:
        raise ZeroDivisionError(f"0 to the power {n}")
    return sympy.Pow(x, n)


def _sympy_log(x: Any) -> Any:
    """ln x, without a minus in front where x is a fraction below 1 and -ln x is asked: ln(9/2), not -ln(2/9)."""
    x = sympy.sympify(x)
    return -sympy.log(1 / x) if x.is_Rational and x < 1 else sympy.log(x)


_EXACT = Numbers(
    _whole,
    {sympy.Add: lambda *x: sum(x), sympy.Mul: lambda *x: prod(x), sympy.Pow: _fraction_power}
    | _selections(lambda x: x, Fraction(1, 2), Fraction),
    {
        _DIGITS: _working_digits,
        sympy.Add: lambda *x: sum(x),
        sympy.Mul: lambda *x: prod(x),
        sympy.Pow: lambda x, n: _working.mpf(x) ** int(n),
        RealPower: _real_power(lambda x, n: _working.mpf(x) ** n),
        sympy.exp: _working.exp,
        sympy.log: _of_positive(_working.log),
        sympy.sin: _working.sin,
        sympy.cos: _working.cos,
        sympy.tanh: _working.tanh,
    }
    | _selections(lambda x: x, _working.mpf(0.5), lambda p, q: _working.mpf(p) / q),
)

_SYMBOLIC_TABLE = {
    _DIGITS: lambda x: x,
    sympy.Add: sympy.Add,
    sympy.Mul: sympy.Mul,
    sympy.Pow: _sympy_power,
    RealPower: _real_power(sympy.Pow, _sympy_sign),
    sympy.exp: sympy.exp,
    sympy.log: _of_positive(_sympy_log, _sympy_sign),
    sympy.sin: sympy.sin,
    sympy.cos: sympy.cos,
    sympy.tanh: sympy.tanh,
} | _selections(_sympy_sign, sympy.S.Half, sympy.Rational)

_SYMBOLIC = Numbers(
    lambda value: sympy.Rational(value.numerator, value.denominator), _SYMBOLIC_TABLE, _SYMBOLIC_TABLE
)
