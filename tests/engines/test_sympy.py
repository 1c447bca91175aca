"""The SymPy engine by itself: exact numbers, closed forms, every op against NumPy's exact route, and its refusals."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from random import Random
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from mpmath.libmp import to_rational
from sympy.printing.str import StrPrinter

from examgen.engines import _numpy, _sympy, _sympy_expressions
from examgen.errors import InputError
from examgen.graph import Builder, Graph
from examgen.model import cells, shape
from examgen.ops import OPS
from tests.engines.op_cases import CASES, data_of

FIFTY_DIGITS = Fraction(1, 10**50)
SCORES = tuple(tuple(Fraction(n, 10) for n in row) for row in ((21, 16, 21), (30, 32, 28), (-20, 37, 38)))


def hinge(rows: int, classes: int) -> Graph:
    b = Builder()
    scores, labels = b.input("s", (rows, classes)), b.input("y", (rows,), discrete=True)
    margins = b.op("others", scores, labels) - b.op("pick", scores, labels, keepdims=True) + b.const(1)
    losses = b.reduce("sum", b.op("relu", margins), [-1], name="losses")
    return b.build(b.reduce("mean", losses, name="loss"))


def cross_entropy(rows: int, classes: int, *, of_logarithms: bool = False) -> Graph:
    b = Builder()
    scores, labels = b.input("s", (rows, classes)), b.input("y", (rows,), discrete=True)
    losses = b.op("cross_entropy", b.op("log", scores) if of_logarithms else scores, labels, name="losses")
    return b.build(b.reduce("mean", losses, name="loss"))


def neuron() -> Graph:
    b = Builder()
    w0, x0, w1, x1, w2 = (b.input(name) for name in ("w0", "x0", "w1", "x1", "w2"))
    return b.build(b.op("sigmoid", b.op("add", w0 * x0 + w1 * x1, w2, name="z"), name="f"))


NEURON = {"w0": 1, "x0": -1, "w1": -2, "x1": 1, "w2": 1}


def fraction(cell: Any) -> Fraction:
    return Fraction(*map(int, to_rational(cell._mpf_))) if hasattr(cell, "_mpf_") else Fraction(cell)


def flat(value: Any) -> list[Fraction]:
    return [fraction(cell) for cell in cells(value.tolist() if hasattr(value, "tolist") else value)]


def gap(graph: Graph, data: dict[str, Any], upstream: Any) -> Fraction:
    """The largest difference from NumPy's exact route, over all values and gradients, relative above 1."""
    mine, theirs = _sympy.evaluate(graph, data, upstream), _numpy.evaluate(graph, data, upstream, "exact")
    worst = Fraction(0)
    for ours, other in ((mine.values, theirs.values), (mine.gradients, theirs.gradients)):
        assert ours.keys() == other.keys()
        for name in other:
            pairs = zip(flat(ours[name]), flat(other[name]), strict=True)
            worst = max([worst, *(abs(x - y) / max(1, abs(y)) for x, y in pairs)])
    return worst


def test_every_forward_op_has_a_case() -> None:
    """An op cannot be added without a graph here that compares it with NumPy's exact route."""
    forward = {op.name for op in OPS.values() if op.vjp is not None}
    assert set() == forward - {node.op for graph in CASES.values() for node in graph.nodes}
    assert set() == forward - set(_sympy_expressions.TABLE)


@pytest.mark.parametrize("name", CASES)
def test_every_op_as_numpy_has_it(name: str) -> None:
    """Values and gradients of every node: equal fractions, or equal to 50 digits where the graph is transcendental."""
    graph = CASES[name]
    bound = FIFTY_DIGITS if graph.transcendental else Fraction(0)
    assert gap(graph, data_of(graph), Fraction(-3, 2)) <= bound


@pytest.mark.parametrize(("op", "other"), [("conv2d", "conv2d groups"), ("mean", "mean kept"), ("others", "others")])
def test_a_wrong_rule_shows(monkeypatch: pytest.MonkeyPatch, op: str, other: str) -> None:
    """The tooth: each cell of one op too large by a billionth of a billionth, and NumPy's exact route differs."""
    right = _sympy_expressions.TABLE[op]
    off = 1 + sympy.Rational(1, 10**18)
    monkeypatch.setitem(_sympy_expressions.TABLE, op, lambda *given: right(*given) * off)
    _sympy._derive.cache_clear()
    found = gap(CASES[other], data_of(CASES[other]), 1)
    _sympy._derive.cache_clear()
    assert found > 0


def test_hinge_of_the_lecture() -> None:
    """The seed's table, rows as samples, diagonal labels: 3/2, 7/5, 9/10, mean 19/15; SVM gradients count margins."""
    found = _sympy.evaluate(hinge(3, 3), {"s": SCORES, "y": (0, 1, 2)})
    assert (Fraction(3, 2), Fraction(7, 5), Fraction(9, 10)) == found.values["losses"]
    assert Fraction(19, 15) == found.values["loss"]
    third = Fraction(1, 3)
    assert ((-2 * third, third, third), (third, -2 * third, third), (0, third, -third)) == found.gradients["s"]


def test_softmax_of_the_lecture() -> None:
    """The seed's table by the direct formula ln Σ e^s - s_y in plain mpmath, and its six printed decimals."""
    found = _sympy.evaluate(cross_entropy(3, 3), {"s": SCORES, "y": (0, 1, 2)})
    with mpmath.workdps(60):
        rows = [[mpmath.mpf(s.numerator) / s.denominator for s in row] for row in SCORES]
        direct = [mpmath.log(sum(map(mpmath.exp, row))) - row[i] for i, row in enumerate(rows)]
    assert all(abs(fraction(x) - y) < FIFTY_DIGITS for x, y in zip(direct, flat(found.values["losses"]), strict=True))
    assert ["0.958020", "0.911901", "0.645985"] == [f"{float(x):.6f}" for x in found.values["losses"]]
    assert "0.838635" == f"{float(found.values['loss']):.6f}"


def test_neuron_of_the_lecture() -> None:
    """The seed's sigmoid neuron: the printed decimals, and df/dz = e/(1 + e)² to 50 digits."""
    found = _sympy.evaluate(neuron(), NEURON)
    assert "0.119203" == f"{float(found.values['f']):.6f}"
    printed = {"w0": -0.104994, "w1": 0.104994, "w2": 0.104994, "x0": 0.104994, "x1": -0.209987}
    assert printed == {name: round(float(found.gradients[name]), 6) for name in printed}
    with mpmath.workdps(60):
        slope = mpmath.e**2 / (1 + mpmath.e**2) ** 2
    assert abs(fraction(slope) - fraction(found.gradients["z"])) < FIFTY_DIGITS


def test_conv_of_the_lecture() -> None:
    """The seed's image and filter, stride 2: map, ReLU and pool, and the pool's 1 comes from one cell only."""
    b = Builder()
    conv = b.conv2d(b.input("I", (1, 5, 5)), b.input("K", (1, 1, 3, 3)), stride=2, name="Z")
    graph = b.build(b.pool("maxpool", b.op("relu", conv, name="A"), 2, name="P"))
    image = ((1, 2, 3, 4, 5), (2, 2, 1, 1, 1), (3, 2, 1, 1, 1), (4, 1, 1, 1, 1), (5, 1, 1, 1, 1))
    kernel = ((0, -1, 0), (1, 1, 1), (0, -1, 0))
    found = _sympy.evaluate(graph, {"I": (image,), "K": ((kernel,),)}, (((1,),),))
    assert (((1, -2), (3, 1)),) == found.values["Z"]
    assert (((3,),),) == found.values["P"]
    assert (((0, 0), (1, 0)),) == found.gradients["Z"]
    assert (((tuple(row[:3] for row in image[2:])),),) == found.gradients["K"]


def test_kinds_of_number() -> None:
    """Fractions up to the first exp and 55 digits behind it, whole labels, and nothing that is a float."""
    found = _sympy.evaluate(neuron(), NEURON)
    assert isinstance(found.values["z"], Fraction)
    assert 55 == found.values["f"].context.dps
    third = _sympy.evaluate(hinge(1, 3), {"s": ((1, 2, 4),), "y": (1,)}, Fraction(1, 3))
    assert {Fraction} == {type(cell) for name in ("s", "loss") for cell in cells(third.gradients[name])}
    assert (1,) == third.values["y"] and int is type(third.values["y"][0])


def test_upstream_broadcasts() -> None:
    """A bare number stands at every cell of the output."""
    b = Builder()
    graph = b.build(b.power(b.input("x", (2,)), 2))
    data = {"x": (Fraction(1, 2), 3)}
    assert (2, 12) == _sympy.evaluate(graph, data, 2).gradients["x"]
    assert (2, 30) == _sympy.evaluate(graph, data, (2, 5)).gradients["x"]


def test_constants_in_a_stack() -> None:
    """Stand in every instance, beside its own numbers."""
    b = Builder()
    graph = b.build(b.op("add", b.const(Fraction(1, 2)) * b.input("x"), b.const(3, "c"), name="f"))
    found = _sympy.evaluate(graph, {"x": np.array([4, 6], dtype=object)}, np.array([1, 2], dtype=object), count=2)
    assert ([5, 6], [3, 3]) == tuple(np.ravel(found.values[name]).tolist() for name in ("f", "c"))
    assert [Fraction(1, 2), 1] == np.ravel(found.gradients["x"]).tolist()


def test_one_derivation_serves_all_labels() -> None:
    """Labels are data: no structure is derived anew for them, and each choice has its own right gradient."""
    graph = cross_entropy(1, 3)
    _sympy._derive.cache_clear()
    for label in range(3):
        slopes = _sympy.evaluate(graph, {"s": ((1, 2, 4),), "y": (label,)}).gradients["s"][0]
        assert [label] == [j for j, slope in enumerate(slopes) if slope < 0]
    assert 1 == _sympy._derive.cache_info().misses


def test_closed_forms_as_a_person_writes_them() -> None:
    """A fraction, the logarithm of a fraction above 1, a quotient of exponentials."""
    loss, slope = _sympy.closed_form(hinge(3, 3), {"s": SCORES, "y": (0, 1, 2)}, 1, [("loss", False), ("s", True)])
    assert ("19/15", "-2/3") == (str(loss), str(slope[0][0]))
    data = {"s": ((3, 2, 4),), "y": (1,)}
    (logarithm,) = _sympy.closed_form(cross_entropy(1, 3, of_logarithms=True), data, 1, [("losses", False)])
    assert "log(9/2)" == str(logarithm[0])
    value, slope = _sympy.closed_form(neuron(), NEURON, 1, [("f", False), ("z", True)])
    assert ("1/(1 + exp(2))", "exp(2)/(1 + exp(2))**2") == (str(value), str(slope))


@pytest.mark.parametrize("name", CASES)
def test_closed_forms_read_back(name: str) -> None:
    """`sympify` of the text has the 50 digits of the 55-digit result, for every value and gradient of every op."""
    graph, data = CASES[name], data_of(CASES[name])
    found = _sympy.evaluate(graph, data)
    wanted = [("r", False), *((node.name, True) for node in graph.differentiable)]
    for (node, gradient), form in zip(wanted, _sympy.closed_form(graph, data, 1, wanted), strict=True):
        exact = (found.gradients if gradient else found.values)[node]
        assert shape(exact) == shape(form)
        for number, text in zip(flat(exact), map(str, cells(form)), strict=True):
            again = sympy.sympify(text, rational=True)
            digits = fraction(again.evalf(60, maxn=400)) if not again.is_Rational else Fraction(again.p, again.q)
            assert abs(digits - number) <= FIFTY_DIGITS * max(1, abs(number))


def test_a_hidden_tie_is_a_tie() -> None:
    """ln 4 and 2 ln 2 are one number, which SymPy does not see: the closed form still shares the slope in halves."""
    b = Builder()
    x, y = b.input("x"), b.input("y")
    graph = b.build(b.op("maximum", b.op("log", x, name="p"), b.op("log", y, name="q") * b.const(2), name="f"))
    assert ("1/2",) == _sympy.closed_form(graph, {"x": 4, "y": 2}, 1, [("p", True)])


@pytest.mark.parametrize("exact", ["evaluate", "closed_form"])
@pytest.mark.parametrize(
    ("op", "values", "error"),
    [("div", (1, 0), ZeroDivisionError), ("div", (0, 0), ZeroDivisionError), ("log", (0,), ValueError),
     ("log", (-1,), ValueError), ("sqrt", (-1,), ValueError)],
)
def test_outside_the_domain(exact: str, op: str, values: tuple[int, ...], error: type[Exception]) -> None:
    """What has no value raises; it is neither infinite, nor complex, nor simplified away."""
    b = Builder()
    graph = b.build(b.op(op, *(b.input(f"x{i}") for i in range(len(values))), name="f"))
    data = {f"x{i}": value for i, value in enumerate(values)}
    with pytest.raises(error):
        _sympy.evaluate(graph, data) if exact == "evaluate" else _sympy.closed_form(graph, data, 1, [("f", False)])


def test_zero_by_itself_is_not_one() -> None:
    """x / x of one node does not cancel at 0, and a root's slope at 0 is refused."""
    b = Builder()
    x = b.input("x")
    with pytest.raises(ZeroDivisionError):
        _sympy.evaluate(b.build(x / x), {"x": 0})
    assert 1 == _sympy.evaluate(b.build(x / x), {"x": 5}).values[b.build(x / x).nodes[1].name]
    with pytest.raises(ZeroDivisionError):
        _sympy.evaluate(b.build(b.op("sqrt", x)), {"x": 0})


def test_too_large_is_refused() -> None:
    """Over 10,000 scalars it says so instead of deriving for minutes."""
    b = Builder()
    graph = b.build(b.reduce("sum", b.input("x", (101, 100))))
    with pytest.raises(InputError, match="hand-sized"):
        _sympy.evaluate(graph, {"x": 1})


def test_too_deep_is_refused() -> None:
    """A chain of ops beyond Python's stack gives a sentence and no traceback."""
    b = Builder()
    x = b.input("x")
    for _ in range(400):
        x = b.op("exp", x)
    with pytest.raises(InputError, match="nest too deeply"):
        _sympy.evaluate(b.build(x), {"x": -1})


def test_sympy_is_loaded_by_its_engine_only() -> None:
    """The package, its graph and its op table come up without SymPy; the engine is what brings it in."""
    light = "import sys, examgen, examgen.graph, examgen.ops; assert 'sympy' not in sys.modules"
    engine = "import examgen.engines._sympy; assert 'sympy' in sys.modules"
    assert 0 == subprocess.run([sys.executable, "-c", f"{light}; {engine}"], check=False).returncode


def sums() -> list[Any]:
    """Sums of exponentials and fractions, as below the line of a softmax."""
    numbers = Random(7)
    found = []
    while len(found) < 100:
        terms = [sympy.exp(sympy.Rational(numbers.randint(-40, 40), 10)) for _ in range(numbers.randint(1, 4))]
        total = sympy.Add(*terms, sympy.Rational(numbers.randint(-2, 5), numbers.choice((1, 2, 7))))
        found += [total] if total.is_Add else []
    return found


def test_sums_are_written_in_the_order_of_sympy() -> None:
    """Written without its sorting, they read as it writes them; most of them can be."""
    every = sums()
    assert [StrPrinter._print_Add(_sympy._PRINTER, total) for total in every] == list(map(_sympy._sum_text, every))
    assert 50 < sum(None not in map(_sympy._size, total.args) for total in every)
