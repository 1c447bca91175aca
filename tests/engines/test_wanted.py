"""The NumPy engine works out only what is wanted, equal nodes once, and in memory that nobody needs any more."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import examgen
from examgen.engines import _numpy
from examgen.graph import Builder, Graph
from tests.properties.graphs import Case, array_graphs, conv_graphs, labelled_graphs, some

FAMILIES = {"array": array_graphs(), "conv": conv_graphs(), "labelled": labelled_graphs()}
EXACT = ["float", "exact"]


def everything(graph: Graph) -> list[tuple[str, bool]]:
    return [(node.name, False) for node in graph.nodes] + [(node.name, True) for node in graph.differentiable]


def differing(case: Case, wanted: list[tuple[str, bool]], numbers: str) -> list[tuple[str, bool]]:
    """What comes out differently when it is wanted alone than when everything is."""
    full = _numpy.evaluate(case.graph, case.data, case.upstream, numbers)
    part = _numpy.evaluate(case.graph, case.data, case.upstream, numbers, wanted)
    assert len(wanted) == len(part.values) + len(part.gradients)
    pick = [(full.gradients, part.gradients) if gradient else (full.values, part.values) for _, gradient in wanted]
    return [what for what, (all_, some) in zip(wanted, pick, strict=True) if not _equal(all_[what[0]], some[what[0]])]


def _equal(one: Any, other: Any) -> bool:
    return one.shape == other.shape and one.tolist() == other.tolist()


def check(family: str, numbers: str) -> list[tuple[str, bool]]:
    """Random graphs with one thing wanted, then a few."""
    found: list[tuple[str, bool]] = []

    @settings(max_examples=some(40), database=None, suppress_health_check=list(HealthCheck))
    @given(FAMILIES[family], st.data())
    def run(case: Case, data: Any) -> None:
        wanted = data.draw(st.lists(st.sampled_from(everything(case.graph)), min_size=1, max_size=3, unique=True))
        found.extend(differing(case, wanted, numbers))

    run()
    return found


@pytest.mark.parametrize("numbers", EXACT)
@pytest.mark.parametrize("family", FAMILIES)
def test_parts_are_the_same_as_all(monkeypatch: pytest.MonkeyPatch, family: str, numbers: str) -> None:
    """To the last bit, with arrays of any size written over."""
    monkeypatch.setattr(_numpy, "LARGE", 1)
    _numpy._plan.cache_clear()
    assert [] == check(family, numbers)
    _numpy._plan.cache_clear()


def test_writing_over_what_is_read_later_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """If views did not count, the comparison above would see it."""
    monkeypatch.setattr(_numpy, "LARGE", 1)
    monkeypatch.setattr(_numpy, "VIEWS", frozenset())
    b = Builder()
    doubled = b.input("x", (2, 2)) + b.ref("x")
    turned = b.op("transpose", doubled, name="turned")
    graph = b.build(b.op("sub", b.op("neg", doubled), turned, name="f"))
    case = Case(graph, {"x": ((1, 2), (3, 4))}, 1)
    _numpy._plan.cache_clear()
    assert [("f", False)] == differing(case, [("f", False)], "float")
    _numpy._plan.cache_clear()
    monkeypatch.undo()
    assert [] == differing(case, [("f", False)], "float")


def test_equal_nodes_are_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The softmax of the forward pass serves the backward pass."""
    calls = []
    right = _numpy.TABLE["softmax"]
    monkeypatch.setitem(_numpy.TABLE, "softmax", lambda node, x: calls.append(node.name) or right(node, x))
    examgen.softmax_loss([[1, 2], [3, 4]], [0, 1])
    assert ["probabilities"] == calls


def test_nothing_unwanted_is_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an upstream gradient a net has no backward pass."""
    for op in ("conv2d_dx", "conv2d_dk", "step"):
        monkeypatch.delitem(_numpy.TABLE, op)
    assert [[2, 4], [6, 8]] == examgen.conv_relu_pool([[1, 2], [3, 4]], [[2]], pool=None).relu.tolist()
    with pytest.raises(KeyError):
        examgen.conv_relu_pool([[1, 2], [3, 4]], [[2]], pool=None, upstream=1)


@pytest.mark.parametrize("name", ["svm_loss", "softmax_loss"])
def test_memory_of_a_large_table(name: str) -> None:
    """What comes back, and a tenth of the table beside it: no array of the table's size on the way."""
    scores, labels = np.random.default_rng(0).standard_normal((8000, 500)), np.arange(8000) % 500
    getattr(examgen, name)(scores, labels)
    tracemalloc.start()
    found = getattr(examgen, name)(scores, labels)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    results = sum(array.nbytes for array in vars(found).values() if isinstance(array, np.ndarray))
    assert peak < results + 0.1 * scores.nbytes


def test_data_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inputs are read and never written over."""
    monkeypatch.setattr(_numpy, "LARGE", 1)
    _numpy._plan.cache_clear()
    x, y = np.ones((3, 3)), np.full((3, 3), 2.0)
    examgen.backprop("f = -(x + y) * x - exp(y)", {"x": x, "y": y})
    _numpy._plan.cache_clear()
    assert ([1.0], [2.0]) == (np.unique(x).tolist(), np.unique(y).tolist())


def test_what_has_no_value_is_left_out() -> None:
    """A quotient by 0, what follows from it, and what has no data: the rest is there, and without tolerance nothing is."""
    b = Builder()
    x, y, z = b.input("x"), b.input("y"), b.input("z")
    b.op("neg", b.op("div", x, y, name="quotient"), name="behind")
    b.op("neg", z, name="unknown")
    graph = b.build(b.op("add", x, y, name="total"))
    data = {"x": 3, "y": 0}
    assert {"x", "y", "total"} == _numpy.run(graph, data, "exact", tolerant=True).keys()
    with pytest.raises(ZeroDivisionError):
        _numpy.run(graph, data, "exact", ["behind"])


def test_whole_numbers_are_ints_or_fractions_as_asked() -> None:
    """The same numbers: fractions in all cells of "exact", ints where they can be in "whole", and never a float."""
    b = Builder()
    graph = b.build(b.op("div", b.input("x", (3,)), b.const(2), name="half"))
    halves = {numbers: _numpy.run(graph, {"x": (1, 2, 3)}, numbers)["half"].tolist() for numbers in ("exact", "whole")}
    assert halves["exact"] == halves["whole"]
    assert [Fraction, Fraction, Fraction] == list(map(type, halves["exact"]))
    assert [Fraction, int, Fraction] == list(map(type, halves["whole"]))
