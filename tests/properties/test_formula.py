"""Formulas: the graph computes what the text says, gate by gate as written."""

from __future__ import annotations

import ast
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given

from examgen.engines._numpy import evaluate, run
from examgen.errors import InputError
from examgen.formula import _grammar, expression, names, parse
from examgen.graph import Graph
from examgen.ops._op import ShapeError
from examgen.reckoning import reckon, same
from tests.properties.formula_trees import ARRAYS, FUNCTIONS, POINT, arrays, exact, graph_value, scalars, value

NUMBERS = (
    "1/3", "exp(1/2)/(exp(-2) + 1)", "-log(9/2)", "2**(1/2) - 3**-2", "max(sqrt(2), 1.5)", "tanh(1) * sigmoid(-0.5)",
    "(1 + 2) * 3",
)


@pytest.mark.parametrize("text", NUMBERS)
def test_an_expression_of_numbers_is_what_the_graph_computes(text: str) -> None:
    """Reckoned out by itself, to 40 digits."""
    graph = parse(text)
    assert same(Fraction(str(run(graph, {}, "exact")[graph.output].item())), reckon(expression(text)))
    assert not same(Fraction(str(run(graph, {}, "exact")[graph.output].item())), reckon(expression(f"{text} + 10**-30")))


@pytest.mark.parametrize("text", ["x", "f = 1; g = f", "max(1)", "1 @ 2", "exp(1).T", "2**10000", "1/0", "1 +", "9**80"])
def test_what_is_not_of_numbers_alone_is_no_expression(text: str) -> None:
    """Names, arrays, and what no formula may be either."""
    with pytest.raises(InputError):
        expression(text)


SEED = "1/(1+exp(-(w0*x0+w1*x1+w2)))"
SEED_DATA = {"w0": 1, "x0": -1, "w1": -2, "x1": 1, "w2": 1}


@given(scalars)
def test_graph_computes_what_the_text_says(tree: ast.expr) -> None:
    """Arithmetic on fractions: the graph's value is the tree's, exactly."""
    expected = exact(tree, POINT)
    try:
        found = graph_value(ast.unparse(tree), POINT, "fraction")
    except InputError as error:
        assume("digits" not in str(error) and "division by zero" not in str(error))
        raise
    assert expected == found[()]


def test_exact_property_has_teeth() -> None:
    """A wrong precedence shows: the same symbols bracketed otherwise have another value at the property's point."""
    for right, wrong in [("x - y - z", "x - (y - z)"), ("-x ** 2", "(-x) ** 2"), ("x / y * z", "x / (y * z)")]:
        tree = ast.parse(right, mode="eval").body
        expected = value(tree, POINT, Fraction)
        assert expected == graph_value(right, POINT, "fraction")[()]
        assert expected != graph_value(wrong, POINT, "fraction")[()]


def close(expected: Any, found: Any) -> bool:
    return np.shape(expected) == np.shape(found) and np.allclose(expected, found, 1e-9, 1e-9, equal_nan=True)


@given(arrays)
def test_graph_computes_arrays_as_numpy_does(tree: ast.expr) -> None:
    """Functions, broadcasting and reductions along axes: shape and values are NumPy's, and so is what does not fit."""
    text = ast.unparse(tree)
    with np.errstate(all="ignore"):
        try:
            expected = value(tree, ARRAYS, np.float64)
        except ValueError:
            with pytest.raises(ShapeError):
                graph_value(text, ARRAYS)
            return
    assume(bool(np.all(np.isfinite(expected))) and float(np.max(np.abs(expected))) < 1e6)
    try:
        found = graph_value(text, ARRAYS)
    except InputError as error:
        assume("digits" not in str(error) and "division by zero" not in str(error))
        raise
    assert close(expected, found)


def test_array_property_has_teeth() -> None:
    """The comparison sees a wrong axis, a forgotten keepdims and max taken for min."""
    expected = FUNCTIONS["max"](ARRAYS["A"], axis=0, keepdims=True)
    assert close(expected, graph_value("max(A, axis=0, keepdims=True)", ARRAYS))
    for wrong in ("max(A, axis=1, keepdims=True)", "max(A, axis=0)", "min(A, axis=0, keepdims=True)"):
        assert not close(expected, graph_value(wrong, ARRAYS))


W, V = np.arange(6.0).reshape(3, 2) - 2, np.array([2.0, -1.0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x**2", -9),
        ("x-y-z", 3 - 2 - 5),
        ("x/y*z", 3 / 2 * 5),
        ("x/y/z", 3 / 2 / 5),
        ("2**-1", 0.5),
        ("2**3**2 - x", 2**9 - 3),
        ("-x*-y", 6),
        ("2*-x**2", -18),
        ("y**-x**2", 2.0**-9),
        ("--x", 3),
        ("x - -y", 5),
        ("A@W+V", ARRAYS["A"] @ W + V),
        ("A*A@W", (ARRAYS["A"] * ARRAYS["A"]) @ W),
        ("-A.T", -ARRAYS["A"].T),
        ("W.T@b", W.T @ ARRAYS["b"]),
        ("b@W", ARRAYS["b"] @ W),
        ("b@b", ARRAYS["b"] @ ARRAYS["b"]),
        ("A.T[0]**2", ARRAYS["A"].T[0] ** 2),
        ("A[0,-1]", 2.0),
        ("A[-1][1]", 0.75),
        ("(A+b)[1, 0]", 1.25),
        ("x**y", 9),
        ("y**x*z", 40),
        ("sum(A, axis=(0, 1))", 3.0),
        ("mean(A, axis=(-2,))", ARRAYS["A"].mean(axis=0)),
        ("sum(x)", 3),
        ("b.T", ARRAYS["b"]),
    ],
)
def test_precedence(text: str, expected: Any) -> None:
    """Cases worked by hand or by NumPy: the language binds as Python does."""
    assert close(expected, graph_value(text, {**ARRAYS, "W": W, "V": V, "x": 3, "y": 2, "z": 5}))


def test_precedence_has_teeth(monkeypatch: pytest.MonkeyPatch) -> None:
    """A grammar where the minus binds more tightly than the power fails the first case."""
    monkeypatch.setitem(_grammar.BINDING, "neg", 5)
    monkeypatch.setattr(_grammar, "_read", _grammar._read.__wrapped__)
    assert 9 == graph_value("-x**2", {"x": 3})


def test_seed_formula() -> None:
    """The seed lecture's sigmoid neuron, value and gradients, gate by gate as written."""
    graph = parse(SEED)
    found = evaluate(graph, SEED_DATA)
    assert f"{0.119203:.6f}" == f"{float(found.values['f']):.6f}"
    expected = {"w0": -0.104994, "x0": 0.104994, "w1": 0.104994, "x1": -0.209987, "w2": 0.104994}
    assert expected == {name: round(float(found.gradients[name]), 6) for name in SEED_DATA}
    assert ["mul", "mul", "add", "add", "neg", "exp", "const", "add", "const", "div"] == ops(graph)


def ops(graph: Graph) -> list[str]:
    return [node.op for node in graph.nodes if node.op != "input"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/(1+exp(-z))", ["neg", "exp", "const", "add", "const", "div"]),
        ("max(z, w) + tanh(z) * x", ["maximum", "tanh", "mul", "add"]),
        ("x ** 0.5", ["pow"]),
        ("x ** (1/2)", ["pow"]),
        ("x ** y", ["log", "mul", "exp"]),
        ("2 ** x", ["const", "log", "mul", "exp"]),
        ("n = 3; f = x ** n", ["const", "pow"]),
        ("-2", ["const"]),
        ("1/3 * x", ["const", "mul"]),
        ("f = x", ["const", "mul"]),
        ("a = x; b = a; c = b * a", ["const", "mul", "const", "mul", "mul"]),
        ("sigmoid(x) - relu(x)", ["sigmoid", "relu", "sub"]),
        ("2 ** 0.5", ["const", "pow"]),
    ],
)
def test_gates_are_as_written(text: str, expected: list[str]) -> None:
    """One node per operation in order of writing; numbers alone are one constant; nothing is rewritten or shared."""
    assert expected == ops(parse(text))


def test_statements_are_named_nodes() -> None:
    """Each statement is the node of its name, the last one the output; inputs come first, in order of first use."""
    graph = parse("q = x + y\n\n f = q * z;")
    assert ["x", "y", "z", "q", "f"] == [node.name for node in graph.nodes]
    assert ("f", "mul", ("q", "z")) == (graph.output, graph["f"].op, graph["f"].inputs)
    assert ("x", "y", "z") == names("q = x + y\n f = q * z")
    assert "f" == parse("x * y").output


def test_lines_may_break_inside_brackets() -> None:
    """A new line inside brackets is a space."""
    assert parse("q = (x +\n y)\nf = max(q,\n 0)") == parse("q = (x + y); f = max(q, 0)")


def test_shapes_give_order_and_sizes() -> None:
    """Inputs stand in the order of `shapes`; what the formula does not use is left out."""
    graph = parse("x @ W + b", {"b": (2,), "unused": (7,), "W": (3, 2), "x": (4, 3)})
    assert [("b", (2,)), ("W", (3, 2)), ("x", (4, 3))] == [(node.name, node.shape) for node in graph.inputs]
    assert (4, 2) == graph["f"].shape


@pytest.mark.parametrize(
    ("text", "attribute", "expected"),
    [
        ("sum(x, axis=0)", "axes", (-2,)),
        ("max(x, axis=(1, -2))", "axes", (-2, -1)),
        ("mean(x)", "axes", (-2, -1)),
        ("x[-1, 2]", "index", (1, 2)),
        ("x[0]", "index", (0,)),
    ],
)
def test_axes_count_from_the_right_and_indices_from_the_front(text: str, attribute: str, expected: Any) -> None:
    """However written, axes are negative in the graph (a batch axis may stand in front) and indices are not."""
    assert expected == parse(text, {"x": (2, 3)})["f"][attribute]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1", Fraction(1, 10)),
        ("1e-3", Fraction(1, 1000)),
        ("2.5E+2", Fraction(250)),
        (".5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        ("12345678901234567890.5", Fraction(24691357802469135781, 2)),
        ("-2", Fraction(-2)),
        ("1/3 - 1", Fraction(-2, 3)),
        ("2**-2", Fraction(1, 4)),
        ("1e49", Fraction(10**49)),
    ],
)
def test_numbers_are_exact(text: str, expected: Fraction) -> None:
    """A number is read from its text, never through a float."""
    graph = parse(text)
    assert (("const",), expected) == (tuple(node.op for node in graph.nodes), graph["f"]["value"])


def test_numbers_through_floats_differ() -> None:
    """The tooth: the float nearest to 0.1 is another fraction."""
    assert Fraction(0.1) != parse("0.1")["f"]["value"]


def test_general_power_is_exp_of_log() -> None:
    """x**y with a variable y has the gradients of exp(y log x)."""
    found = evaluate(parse("x ** y"), {"x": 2, "y": 3})
    assert math.isclose(8, float(found.values["f"]))
    assert math.isclose(12, float(found.gradients["x"]))
    assert math.isclose(8 * math.log(2), float(found.gradients["y"]))


def test_renamed_input_has_a_gradient() -> None:
    """A statement that only renames still is a node of its name that gradients pass through."""
    found = evaluate(parse("q = x; f = q * q"), {"x": 3})
    assert (9, 6, 6) == tuple(float(v) for v in (found.values["f"], found.gradients["q"], found.gradients["x"]))
