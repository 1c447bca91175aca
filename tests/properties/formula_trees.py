"""Random formulas as trees, with their text and their value: what the parser and the paper are held against."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from examgen.engines._numpy import run
from examgen.formula import parse

# Trees are Python's own: ast.unparse writes them with the fewest brackets, which makes Python the oracle of precedence.
SIGNS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda x, y: x + y,
    ast.Sub: lambda x, y: x - y,
    ast.Mult: lambda x, y: x * y,
    ast.Div: lambda x, y: x / y,
    ast.Pow: lambda x, y: x**y,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": lambda x: np.exp(x),
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "abs": np.abs,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "sqrt": np.sqrt,
    "log": np.log,
    "max": lambda *args, **how: np.maximum(*args) if len(args) == 2 else np.max(*args, **how),
    "min": lambda *args, **how: np.minimum(*args) if len(args) == 2 else np.min(*args, **how),
    "sum": np.sum,
    "mean": np.mean,
}
ARRAYS = {
    "A": np.array([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5]]),
    "b": np.array([-0.25, 1.75, 0.5]),
    "c": np.array(1.5),
}


def call(function: str, *args: ast.expr, **how: Any) -> ast.Call:
    keywords = [ast.keyword(key, ast.Constant(value)) for key, value in how.items()]
    return ast.Call(ast.Name(function), list(args), keywords)


def wide(tree: ast.expr) -> ast.expr:
    """The tree broadcast to two axes, so that it has axes to reduce."""
    return ast.BinOp(tree, ast.Add(), ast.Name("A"))


def arithmetic(children: st.SearchStrategy[ast.expr]) -> st.SearchStrategy[ast.expr]:
    exponents = st.sampled_from([ast.Constant(2), ast.Constant(3), ast.UnaryOp(ast.USub(), ast.Constant(1))])
    signs = st.sampled_from([ast.Add(), ast.Sub(), ast.Mult(), ast.Div()])
    return st.one_of(
        st.builds(ast.BinOp, children, signs, children),
        st.builds(lambda x: ast.UnaryOp(ast.USub(), x), children),
        st.builds(lambda x, n: ast.BinOp(x, ast.Pow(), n), children, exponents),
    )


def array_steps(children: st.SearchStrategy[ast.expr]) -> st.SearchStrategy[ast.expr]:
    plain = st.sampled_from(["exp", "sin", "cos", "tanh", "abs", "relu", "sigmoid", "sqrt", "log"])
    reductions = st.sampled_from(["sum", "mean", "max", "min"])
    return st.one_of(
        arithmetic(children),
        st.builds(call, plain, children),
        st.builds(call, st.sampled_from(["max", "min"]), children, children),
        st.builds(call, reductions, children),
        st.builds(lambda f, x: call(f, wide(x), axis=-1), reductions, children),
        st.builds(lambda f, x: call(f, wide(x), axis=(0,), keepdims=True), reductions, children),
    )


def leaf(names: str) -> st.SearchStrategy[ast.expr]:
    numbers = st.sampled_from([1, 2, 3, 0.5, 1.25]).map(ast.Constant)
    return st.one_of(st.sampled_from(list(names)).map(ast.Name), numbers)


scalars = st.recursive(leaf("xyzu"), arithmetic, max_leaves=12)
arrays = st.recursive(leaf("Abc"), array_steps, max_leaves=10)


def value(tree: ast.expr, data: Mapping[str, Any], number: Callable[[Any], Any]) -> Any:
    """What the tree says, computed directly."""
    match tree:
        case ast.Name(id=name):
            return data[name]
        case ast.Constant(value=constant):
            return number(constant)
        case ast.UnaryOp(operand=operand):
            return -value(operand, data, number)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return value(left, data, number) ** int(value(right, data, Fraction))
        case ast.BinOp(left=left, op=sign, right=right):
            return SIGNS[type(sign)](value(left, data, number), value(right, data, number))
        case ast.Call(func=ast.Name(id=function), args=args, keywords=keywords):
            how = {word.arg: ast.literal_eval(word.value) for word in keywords if word.arg}
            return FUNCTIONS[function](*(value(arg, data, number) for arg in args), **how)
    raise AssertionError(ast.dump(tree))


def graph_value(text: str, data: Mapping[str, Any], numbers: str = "float") -> Any:
    graph = parse(text, {name: np.shape(data[name]) for name in data})
    return run(graph, data, numbers)[graph.output]


def exact(tree: ast.expr, data: Mapping[str, Fraction]) -> Fraction:
    """The tree's value; draws without one, or with one too long to be a number of a formula, are set aside."""
    try:
        found = Fraction(value(tree, data, Fraction))
    except ZeroDivisionError:
        assume(False)
    assume(max(abs(found.numerator), found.denominator) < 10**40)
    return found


POINT = {"x": Fraction(2), "y": Fraction(-3), "z": Fraction(5, 2), "u": Fraction(-7, 4)}
