"""A function of each number, by cases or a square: its pieces, how it is told, and what is got wrong about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from examgen.graph import Builder, Node, Ref
from examgen.mistakes import Mistake, local, with_attrs, without_upstream
from examgen.model import Leaf, Line, Step, Term
from examgen.narration import Worked, given, grids
from examgen.ops.piecewise import slope_at
from examgen.problems._backward_mistakes import ABOVE


def knots_of(params: Any) -> tuple[int, ...]:
    """Where the function has kinks; its parameters are `function`, `bounds`, and `leak`."""
    known: dict[str, tuple[int, ...]] = {"square": (), "clamp": params.bounds}
    return known.get(params.function, (0,))


def slopes_of(params: Any) -> tuple[Any, ...]:
    """Between its kinks, from the left."""
    return {"relu": (0, 1), "leaky_relu": (params.leak, 1), "abs": (-1, 1), "clamp": (0, 1, 0)}.get(params.function, ())


def function_steps(worked: Worked, x: str, y: str) -> Iterator[Step]:
    """Number by number."""
    yield given(worked)
    cells = range(worked.graph[y].shape[0])
    yield Step("forward", FORWARD, lines=tuple(_forward(worked, x, y, i) for i in cells), grids=grids(worked, y))
    yield Step("slopes", SLOPES, lines=tuple(_slope_line(worked, x, y, i) for i in cells))
    yield Step("backward", BACKWARD, lines=tuple(_backward(worked, x, y, i) for i in cells), grids=grids(worked, x, True))


def square_mistakes() -> Iterator[Mistake]:
    yield from _of_slopes("pow")
    yield Mistake("custom_square", SQUARE, slopes={"pow": local(lambda b, node: b.inputs(node)[0])})


def piecewise_mistakes(function: str, other: Sequence[Fraction | int]) -> Iterator[Mistake]:
    """`other` are slopes that somebody may take at the knots who takes not those that are stated; none where none is asked."""
    yield from _of_slopes("piecewise")
    yield Mistake("custom_unchanged", SLOPE, slopes={"piecewise": lambda b, node, g: (g,)})
    yield Mistake("custom_slope_at_gradient", AT_X, slopes={"piecewise": _slope_at_gradient})
    if other:
        yield Mistake("custom_kink", AT_KINK, with_attrs("piecewise", at=tuple(map(Fraction, other))))
    if function in PASSED:
        says, passed = PASSED[function]
        yield Mistake(f"custom_{function}", says, with_attrs("piecewise", slopes=tuple(map(Fraction, passed))))


def _of_slopes(op: str) -> Iterator[Mistake]:
    yield Mistake("bp_upstream", ABOVE, slopes={op: without_upstream(op)})
    yield Mistake("custom_value", VALUE, slopes={op: local(lambda b, node: b.ref(node))})


def _slope_at_gradient(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    return (g * slope_at(b, node, g),)


def _forward(worked: Worked, x: str, y: str, i: int) -> Line:
    term = _written(worked.graph[y], worked.leaf(x, (i,)))
    return worked.equation(worked.symbol(y, (i,)), term, worked.value(y, (i,)), what=(y, False, (i,)))


def _written(node: Node, x: Leaf) -> Term:
    """The function of a number as the sheet states it, read off its pieces."""
    if node.op == "pow":
        return Term("**", (x, Leaf(Fraction(2))))
    knots, first = node["knots"], node["slopes"][0]
    if len(knots) == 2:
        return Term("min", (Term("max", (x, Leaf(knots[0]))), Leaf(knots[1])))
    if first == -1:
        return Term("abs", (x,))
    return Term("max", (Term("*", (Leaf(first), x)) if first else Leaf(Fraction(0)), x))


def _slope_line(worked: Worked, x: str, y: str, i: int) -> Line:
    leaf, node = worked.leaf(x, (i,)), worked.graph[y]
    symbol, note = f"f'({leaf.symbol})", STATED if node.op == "piecewise" and leaf.value in node["knots"] else ""
    if node.op == "pow":
        return worked.equation(symbol, Term("*", (Leaf(Fraction(2)), leaf)), 2 * leaf.value)
    return Line(symbol, (), _slope(node, leaf.value), note=note)


def _backward(worked: Worked, x: str, y: str, i: int) -> Line:
    """The gradient from above times the slope at the number."""
    leaf, node = worked.leaf(x, (i,)), worked.graph[y]
    slope = 2 * leaf.value if node.op == "pow" else _slope(node, leaf.value)
    term = Term("*", (worked.leaf(y, (i,), True), Leaf(slope, f"f'({leaf.symbol})")))
    return worked.equation(worked.symbol(x, (i,), True), term, worked.value(x, (i,), True), what=(x, True, (i,)))


def _slope(node: Node, x: Fraction) -> Fraction:
    own = dict(zip(node["knots"], node["at"], strict=True))
    found: Fraction = own[x] if x in own else node["slopes"][sum(x > knot for knot in own)]
    return found


FUNCTION = {
    "relu": r"A custom function computes ReLU, number by number: $$y=f(x)=\max(0,\;x)$$",
    "leaky_relu": r"A custom function computes a leaky ReLU, number by number: $$y=f(x)=\max(%(leak)s\,x,\;x)$$",
    "abs": r"A custom function computes the absolute value, number by number: $$y=f(x)=|x|$$",
    "clamp": (
        r"A custom function clamps, number by number: $$y=f(x)=\min(\max(x,%(low)s),\;%(high)s)$$"
    ),
    "square": r"A custom function squares, number by number: $$y=f(x)=x^2$$",
}
KINK = (
    "**At the kink $x=0$ its backward pass takes the slope $f'(0)=%(slope)s$.**",
    "**At the kinks $x=%(low)s$ and $x=%(high)s$ its backward pass takes the slope $f'(x)=%(slope)s$.**",
)
FORWARD = "Forward pass: the function of each number."
SLOPES = "The slope of the function at each number."
BACKWARD = "Backward pass: each gradient from above times the slope of the function at its number."
STATED = "a kink: the slope that the task states"
VALUE = "The gradient is multiplied by the slope f'(x), not by the value f(x)."
SLOPE = "The gradient is multiplied by the slope of the function at x."
AT_X = "The slope is looked up at x, not at the gradient."
AT_KINK = "At a kink the slope is the one that the task states."
SQUARE = "The derivative of a square has the factor 2."
PASSED = {
    "relu": ("ReLU replaces negative numbers by zero.", (1, 1)),
    "leaky_relu": ("A leaky ReLU multiplies negative numbers by its small slope.", (0, 1)),
    "clamp": ("Clamping replaces what is beyond either bound by that bound.", (1, 1, 0)),
}
