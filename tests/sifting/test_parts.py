"""What candidates are looked at with, part by part: spans, numbers between bounds, kinks that are near, data as it is given."""

from __future__ import annotations

import operator
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from examgen.effort import SECONDS
from examgen.graph import Builder, Graph
from examgen.honesty import FINEST
from examgen.ops._cells import At
from examgen.sifting import _fixed as fixed
from examgen.sifting import _sound, _told, _weighed, _written
from examgen.sifting._fixed import LARGEST, UNIT, Array, Doubt
from examgen.sifting._numbers import Between, Numbers, Undecided, listed
from examgen.sifting._plan import Step
from examgen.sifting._stack import given, part
from examgen.sifting._walk import FUNCTIONS, winners
from examgen.sifting._written import Unwritable, written

HALF = UNIT // 2


def span(*bounds: Any) -> Array:
    """Of one candidate; a bound is one cell or several."""
    return np.array([np.atleast_1d(bound) for bound in bounds], dtype=np.int64)[:, None, :]


# ---- numbers between bounds


def test_a_number_between_bounds_is_apart_or_undecided() -> None:
    """From numbers and from others of its kind; touching it leaves the question open."""
    two = Between(Fraction(1), Fraction(2))
    assert two > 0 and two < 3 and two >= Fraction(1, 2) and two <= 2.5 and two != 3 and bool(two)
    assert not two > 3 and not two < 0 and two != 0
    assert two < Between(Fraction(3), Fraction(4)) and two > Between(Fraction(-1), Fraction(1, 2))
    for other in (1, 2, Fraction(3, 2), Between(Fraction(2), Fraction(3)), "1"):
        for ask in (operator.gt, operator.lt, operator.eq):
            with pytest.raises(Undecided):
                ask(two, other)
    with pytest.raises(Undecided):
        bool(Between(Fraction(-1), Fraction(1)))


def test_signs_of_a_number_between_bounds() -> None:
    """Bounds change places."""
    turned = -Between(Fraction(1), Fraction(2))
    assert (-2, -1, 1, 2) == (turned.low, turned.high, abs(turned).low, abs(turned).high)


def test_cells_as_numbers() -> None:
    """Whole, exact, exact in two bounds, and open."""
    assert [3, -1] == listed(np.array([[3 * UNIT, -UNIT]]))
    assert [Fraction(1, 2), 2] == listed(np.array([[HALF, 2 * UNIT]]))
    assert [3] == listed(np.array([[3 * UNIT], [3 * UNIT]]))
    exact, open_ = listed(np.array([[HALF, 0], [HALF, UNIT]]))
    assert (Fraction(1, 2), 0, 1) == (exact, open_.low, open_.high)
    numbers = Numbers({"a": 0, "b": 1}, [span((UNIT, 2 * UNIT)), span(HALF)], 0)
    assert {"a": [1, 2], "b": [Fraction(1, 2)]} == dict(numbers) and 2 == len(numbers)


# ---- spans


def test_who_is_in_doubt() -> None:
    """By candidates, whatever axes stand in front; once in doubt, always."""
    doubt = Doubt(3)
    doubt.add(np.array([[False, False], [False, True], [False, False]]))
    assert [False, True, False] == doubt.of.tolist()
    doubt.add(np.array([[[False], [False], [True]], [[False], [False], [False]]]))
    assert [False, True, True] == doubt.of.tolist()


def test_widths() -> None:
    """A number repeated, two bounds as both ends of an interval, and never fewer than there are."""
    assert [5, 5] == fixed.widths(span(5), 2).ravel().tolist() and [5] * 4 == fixed.widths(span(5), 4).ravel().tolist()
    assert [1, 2, 1, 2] == fixed.widths(span(1, 2), 4).ravel().tolist()
    assert [1, 2] == fixed.widths(span(1, 2), 2).ravel().tolist() and 1 == len(fixed.widths(span(1), 1))
    assert [4, 4, 6, 6] == fixed.add(span(1, 1, 3, 3), span(3)).ravel().tolist()
    assert [-4, -3, -2, -1] == fixed.neg(span(1, 2, 3, 4)).ravel().tolist()
    assert ([1], [4]) == (fixed.lowest(span(1, 2, 3, 4)).ravel().tolist(), fixed.highest(span(1, 2, 3, 4)).ravel().tolist())
    assert [[1, 4], [1, 2]] == [fixed.point(one).ravel().tolist() for one in (span(1, 2, 3, 4), span(1, 2))]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ((-3,), [3]), ((3,), [3]), ((1, 2), [1, 2]), ((-2, -1), [1, 2]), ((-1, 2), [0, 2]), ((-3, 2), [0, 3]),
        ((-5, -4, -2, -1), [1, 2, 4, 5]), ((1, 2, 4, 5), [1, 2, 4, 5]), ((-5, -4, 1, 2), [0, 0, 4, 5]),
        ((-2, -1, 4, 5), [0, 0, 4, 5]),
    ],
)
def test_absolute_values(bounds: tuple[int, ...], expected: list[int]) -> None:
    """Of an interval around 0 the lower end is 0."""
    assert expected == fixed.size(span(*bounds)).ravel().tolist()


@pytest.mark.parametrize(
    ("bounds", "exponent", "expected"),
    [
        (("-3/2",), 2, ["9/4"]), (("3/2",), 4, ["81/16"]), (("1", "2"), 2, ["1", "4"]), (("-2", "-1"), 4, ["1", "16"]),
        (("-2", "-2", "1", "1"), 2, ["0", "0", "4", "4"]),
    ],
)
def test_even_powers(bounds: tuple[str, ...], exponent: int, expected: list[str]) -> None:
    """Bound by bound, exact where they are decimals."""
    doubt = Doubt(1)
    found = fixed.power(span(*(int(Fraction(bound) * UNIT) for bound in bounds)), exponent, doubt).ravel().tolist()
    assert [Fraction(one) * UNIT for one in expected] == found and not doubt.of[0]


def test_a_power_that_is_no_decimal() -> None:
    """Lies between neighbours; one that is too large is in doubt."""
    doubt = Doubt(1)
    low, high = fixed.power(span(UNIT // 3), 4, doubt).ravel().tolist()
    exact = Fraction(UNIT // 3) ** 4 / UNIT**3
    assert low <= exact <= high <= low + 4 and not doubt.of[0]
    fixed.power(span(300 * UNIT), 2, doubt)
    assert doubt.of[0]


def test_a_function_where_its_value_is_known() -> None:
    """A little less and a little more than the value; what is cut off next is less by a unit."""
    for cut, below in ((False, UNIT), (True, UNIT - 1)):
        found = fixed.function(span(0), np.exp, (0, UNIT), Doubt(1), cut=cut).ravel().tolist()
        assert [UNIT - 1, below, UNIT, UNIT + 1] == found
    low, _, _, high = fixed.function(span(UNIT), np.exp, (0, UNIT), Doubt(1), cut=False).ravel().tolist()
    assert low < np.e * UNIT < high < low + 1000
    doubt = Doubt(1)
    fixed.function(span(UNIT * 20), np.exp, None, doubt, cut=False)
    assert doubt.of[0]


@pytest.mark.parametrize(("low", "high", "sure"), [(-5, 0, 0), (0, 5, 0), (-5, 5, 0), (UNIT, 2 * UNIT, 1), (-UNIT, -UNIT // 2, 1)])
def test_quotients_by_what_may_be_zero(low: int, high: int, sure: int) -> None:
    """Are in doubt, also where 0 is the end of the interval."""
    doubt = Doubt(1)
    fixed.div(span(UNIT), span(low, high), doubt)
    assert bool(sure) != bool(doubt.of[0])


@pytest.mark.parametrize(("name", "x", "value"), [("exp", 0, 1), ("log", 1, 0), ("tanh", 0, 0), ("sigmoid", 0, "1/2")])
def test_values_that_functions_have_exactly(name: str, x: int, value: Any) -> None:
    """Of each that has one: there both inner ends are it."""
    found = fixed.function(span(x * UNIT), *FUNCTIONS[name], Doubt(1), cut=False).ravel()
    assert [Fraction(value) * UNIT] * 2 == found[1:3].tolist()


def test_winners_of_windows() -> None:
    """What may be exceeded is in doubt; of equals, exactly so, the first wins."""
    b = Builder()
    node = b.build(b.pool("maxpool", b.input("x", (1, 1, 3)), (1, 3), name="p"))["p"]
    step = Step(node, "p", (0,), ((1, 1, 3),), None)
    for low, high, place, doubtful in (
        ((1, 5, 3), (1, 5, 3), 1, False), ((5, 5, 3), (5, 5, 3), 0, False), ((5, 5, 3), (5, 6, 3), 0, True),
        ((5, 5, 3), (6, 5, 3), 0, True), ((5, 1, 3), (6, 4, 4), 0, False), ((5, 1, 3), (6, 5, 4), 0, True),
    ):
        doubt = Doubt(1)
        assert ([place], doubtful) == (winners(step, span(low, high), doubt).ravel().tolist(), bool(doubt.of[0]))


def test_roundings_that_lead_furthest() -> None:
    """Up where half a unit or more is left, cut off where less is; what has few decimals stays."""
    assert [HALF] == fixed.widened(span(HALF), 1, FINEST).ravel().tolist()
    hundredth = UNIT // 100
    for number, low, high in ((126, 120, 130), (-126, -130, -120), (123, 120, 123), (5, 0, 10)):
        found = fixed.widened(span(number * hundredth), 1, 2).ravel().tolist()
        assert [low * hundredth] * 2 + [high * hundredth] * 2 == found


# ---- kinks that are near


def graph_of(op: str, *shapes: tuple[int, ...], **attrs: Any) -> Graph:
    b = Builder()
    return b.build(b.op(op, *(b.input(f"x{i}", dims) for i, dims in enumerate(shapes)), name="f", **attrs))


def near(graph: Graph, *spans: Array) -> bool:
    doubt = Doubt(1)
    held = {node.name: place for place, node in enumerate(graph.inputs)}
    _sound.doubt_kinks(graph, held, list(spans), doubt)
    return bool(doubt.of[0])


@pytest.mark.parametrize(
    ("bounds", "expected"), [((0,), True), ((1,), False), ((-1, 1), True), ((0, 1), True), ((-1, 0), True), ((1, 2), False)]
)
def test_near_zero(bounds: tuple[int, ...], expected: bool) -> None:
    """What may be 0 may sit on the kink of ReLU and of the absolute value."""
    assert [expected] * 2 == [near(graph_of(op, (1,)), span(*bounds)) for op in ("relu", "abs")]


@pytest.mark.parametrize(("x", "y", "expected"), [((1, 2), (3, 4), False), ((1, 3), (3, 4), True), ((5, 6), (3, 4), False)])
def test_near_ties_of_two(x: tuple[int, ...], y: tuple[int, ...], expected: bool) -> None:
    """Of bounds that meet, broadcast too."""
    for op in ("maximum", "minimum"):
        assert expected == near(graph_of(op, (1,), (1,)), span(*x), span(*y))
        assert expected == near(graph_of(op, (2,), ()), span(*((9, end) for end in x)), span(*y))


@pytest.mark.parametrize(
    ("op", "cells", "expected"),
    [
        ("amax", (1, 2, 5, 3), False), ("amax", (5, 2, 5, 3), True), ("amax", (1, 1, 5, 3), False),
        ("amin", (1, 2, 5, 3), False), ("amin", (1, 1, 5, 3), True), ("amin", (1, 5, 5, 3), False),
    ],
)
def test_near_ties_of_many(op: str, cells: tuple[int, ...], expected: bool) -> None:
    """Of the largest or the smallest, exactly or between bounds, row by row."""
    flat = np.array(cells) * 10
    graph = graph_of(op, (4,), axes=(-1,), keepdims=False)
    assert [expected] * 2 == [near(graph, span(flat)), near(graph, span(flat - 2, flat + 2))]
    rows = graph_of(op, (4, 2), axes=(-2,), keepdims=False)
    assert expected == near(rows, span(np.stack((np.arange(4), flat), axis=-1).ravel()))


def test_near_ties_of_windows() -> None:
    """Windows of any plane; a window of zeros is one unless it comes from ReLU."""
    b = Builder()
    x = b.input("x", (2, 2, 2))
    plain = b.build(b.pool("maxpool", x, 2, name="f"))
    clipped = b.build(b.pool("maxpool", b.op("relu", x, name="h"), 2, name="g"))
    for cells, tied, passes in (((1, 2, 3, 4, 1, 2, 3, 3), True, True), ((1, 2, 3, 4, 0, 0, 0, 0), True, False)):
        assert (tied, passes) == tuple(
            bool(_sound._near_pool_tie(graph, graph[name], span(cells)).any()) for graph, name in ((plain, "f"), (clipped, "g"))
        )
    assert not _sound._near_pool_tie(plain, plain["f"], span((1, 2, 3, 4, 4, 3, 2, 1))).any()


def test_kinks_of_an_op_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Are nobody's to tell."""
    monkeypatch.setattr(_sound, "NEAR", {})
    with pytest.raises(Unwritable):
        near(graph_of("relu", ()), span(1))


def test_bits_of_exact_numbers() -> None:
    """Quotients and powers make fractions long, sums and products add; behind exp they are of so many digits."""
    chain = [graph_of("pow", (), exponent=Fraction(n)) for n in (2, 50, -2, -60)]
    assert [True, False, True, False] == [_sound.small.__wrapped__(graph, False) for graph in chain]
    assert all(_sound.small.__wrapped__(graph, True) for graph in chain[:2])
    wide = [graph_of("div", (n,), ()) for n in (10, 20)]
    assert [True, False] == [_sound.small.__wrapped__(graph, False) for graph in wide]
    node = graph_of("exp", ())["f"]
    assert 0 == _sound._bits(node, [999], 47)
    b = Builder()
    constant = b.build(b.const((Fraction(1, 4), Fraction(1, 2)), "c") + b.input("x", (2,)))["c"]
    assert 2 + 1 == _sound._bits(constant, [], 47)
    assert 3 + 4 + 14 == _sound._bits(graph_of("add", (), ())["f"], [3, 4], 47)


# ---- data as it is given


def data_of(*values: Any) -> tuple[Graph, list[dict[str, Any]]]:
    b = Builder()
    graph = b.build(b.op("cross_entropy", b.input("s", (2,)), b.input("y", discrete=True), name="f"))
    return graph, [{"s": value, "y": 1} for value in values]


def test_numbers_that_are_given() -> None:
    """Zeros and negative numbers are counted by candidate, labels are none of them; ones come from above."""
    graph, datas = data_of((0, -1), (3, 4))
    found = given(graph, datas, Doubt(2))
    assert (2, [1, 0], [1, 0], True) == (found.count, found.zeros.tolist(), found.negatives.tolist(), found.whole)
    assert [[[0, -UNIT], [3 * UNIT, 4 * UNIT]]] == found.spans["s"].tolist() and [[1], [1]] == found.labels["y"].tolist()
    assert [[[[UNIT], [UNIT]]]] == [found.spans[name].tolist() for name in found.spans if name != "s"]
    second = part(found, np.array([1]))
    assert (1, [0], [[[3 * UNIT, 4 * UNIT]]]) == (second.count, second.zeros.tolist(), second.spans["s"].tolist())


def test_fractions_that_are_given() -> None:
    """Those of fourteen decimals; thirds are none, and large ones in doubt."""
    graph, datas = data_of((Fraction(1, 8), -1), (3, 4))
    found = given(graph, datas, Doubt(2))
    assert (False, UNIT // 8) == (found.whole, found.spans["s"][0, 0, 0])
    with pytest.raises(Unwritable, match="no decimals"):
        given(graph, data_of((Fraction(1, 3), 1))[1], Doubt(1))
    for large in (LARGEST + 1, Fraction(2 * LARGEST + 1, 2)):
        doubt = Doubt(2)
        given(graph, data_of((large, 1), (1, 1))[1], doubt)
        assert [True, False] == doubt.of.tolist()


@pytest.mark.parametrize(
    ("datas", "message"),
    [
        ([{"s": (1, 2), "y": 0}, {"s": (1, 2)}], "other inputs"), ([{"s": (1, 2), "y": 0}, {"s": (1, 2, 3), "y": 0}], "ragged"),
        ([{"s": (1, 2, 3), "y": 0}], "s of another shape"),
        ([{"s": (1, 2), "y": 0, "upstream": (1, 2)}], "upstream of another shape"),
        ([{"s": (Fraction(1, 2), 2), "y": 0}, {"s": (1,), "y": 0}], "ragged"),
    ],
)
def test_data_that_is_not_alike(datas: list[dict[str, Any]], message: str) -> None:
    """Is asked alone."""
    with pytest.raises(Unwritable, match=message):
        given(data_of()[0], datas, Doubt(len(datas)))


def test_an_upstream_that_is_one_number() -> None:
    """Stands at every cell of the output."""
    b = Builder()
    graph = b.build(b.op("neg", b.input("x", (3,)), name="f"))
    for upstream, expected in ((2, [2, 2, 2]), ((1, 2, 3), [1, 2, 3])):
        found = given(graph, [{"x": (1, 2, 3), "upstream": upstream}], Doubt(1))
        (name,) = found.spans.keys() - {"x"}
        assert [one * UNIT for one in expected] == found.spans[name].ravel().tolist()


# ---- cells written out


@pytest.mark.parametrize("exponent", ["3", "1/2", "-2", "1", "0"])
def test_powers_that_are_not_written(exponent: str) -> None:
    """Even ones alone are."""
    with pytest.raises(Unwritable):
        written.__wrapped__(graph_of("pow", (2,), exponent=Fraction(exponent))["f"], ((2,),))


def test_cells_that_labels_choose() -> None:
    """Of two rows of three classes, with labels 2 and 0."""
    labels = np.array([[2, 0]])
    shapes = ((2, 3), (2,))
    b = Builder()
    scores, y = b.input("s", (2, 3)), b.input("y", (2,), discrete=True)
    pick, others = b.op("pick", scores, y, keepdims=False), b.op("others", scores, y)
    one_hot, put = b.one_hot(y, 3), b.op("put_others", others, y, shape=(2, 3))
    graph = b.build(put)

    def places(name: str, *dims: tuple[int, ...]) -> list[int]:
        column: Any = written.__wrapped__(graph[name], dims).column
        return list(column.chosen(labels)[0])

    assert ([2, 3], [0, 1, 4, 5]) == (places(pick.name, *shapes), places(others.name, *shapes))
    assert [2, 2, 3, 3, 2, 2] == places(one_hot.name, (2,))
    assert [0, 1, 6, 6, 2, 3] == places(put.name, (2, 2), (2,))


def test_cells_that_are_not_alike() -> None:
    """A product in some cells alone, more factors in some, and a number too large."""
    writer = _written._Writer(((2,),))
    for parts in ([At(0, (2,)), _written.Term("*", (At(0, (0,)), At(0, (1,))))], [_written.Leaf(LARGEST + 1)]):
        with pytest.raises(Unwritable):
            writer.written(parts)
    assert 1 == len(writer.written([_written.Leaf(LARGEST)]).numbers) - 2


def test_denominators_of_mistaken_results() -> None:
    """A mean of six has sixths; a root has none; whole numbers stay whole, and so few digits are known for certain."""
    pool = graph_of("avgpool", (1, 4, 4), size=(2, 2), stride=(2, 2), padding=(0, 0))["f"]
    assert 6 * 4 == _told._denominator(pool, [6])
    assert [6, 6, 0] == [
        _told._denominator(graph_of(op, *((),) * len(operands))["f"], operands)
        for op, operands in (("mul", [2, 3]), ("add", [2, 3]), ("exp", [1]))
    ]
    powers = [_told._denominator(graph_of("pow", (), exponent=Fraction(n))["f"], [3]) for n in ("2", "0", "-1", "1/2")]
    assert [9, 1, 0, 0] == powers


def test_seconds_of_products() -> None:
    """Of two numbers, on the grid; those of more are not written."""
    two = _written.Made("*", 2, _written.Row(2, np.arange(2)))
    numbers = np.array([[[2, 3]], [[0, 3]], [[-1, 3]], [[12, 3]]]) * _weighed.ONE
    found, seconds = _weighed._product(two, numbers, Doubt(4), True)
    assert [6, 0, -3, 36] == (found.ravel() // _weighed.ONE).tolist()
    assert [SECONDS["small product"], 0, SECONDS["copy"], SECONDS["calculator"]] == seconds.ravel().tolist()
    with pytest.raises(Unwritable, match="several"):
        _weighed._product(_written.Made("*", 3, two.args), numbers, Doubt(4), True)


def test_results_halfway_between_units() -> None:
    """Are in doubt; where digits alone count, those beside a whole tenth are."""
    tenth = _weighed.ONE // 10
    for x, digits, both in ((tenth - 0.5, True, True), (tenth + 0.5, True, True), (7.5, False, True), (7.25, False, False)):
        doubts = Doubt(1), Doubt(1)
        for doubt, value in zip(doubts, (False, True), strict=True):
            _weighed._rounded(np.array([[x]]), doubt, value=value)
        assert [digits, both] == [bool(doubt.of[0]) for doubt in doubts]


def test_margins_that_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """One unit of the grid above 0 or below it is enough."""
    monkeypatch.setattr(_weighed, "_Counting", lambda *given: SimpleNamespace(seconds=lambda: np.zeros(1)))
    work: Any = SimpleNamespace(hinges=("h",), means=())
    stack: Any = SimpleNamespace(count=1, zeros=None, negatives=None)
    found = _weighed.weighed(work, {"h": np.array([[-5, -1, 0, 1, 2, 3]])}, stack, 2, Doubt(1))
    assert ([3], [2], None) == (found.active.tolist(), found.clipped.tolist(), found.clean)
