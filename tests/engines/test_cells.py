"""One cell of each op, written out as an expression, is the cell that the NumPy engine works out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from examgen.engines import _numpy
from examgen.graph import Builder, Graph, Node, backward
from examgen.model import Leaf, Term
from examgen.ops import OPS
from examgen.ops._cells import At, Operand
from examgen.reckoning import reckon, same
from tests.engines.families import STRATEGIES, cases, reached
from tests.engines.kink_cases import KINKS
from tests.engines.op_cases import CASES, data_of
from tests.properties.graphs import Case

LEAVES = {"input", "const"}
EXAMPLES = {"array": 40, "conv": 12, "labelled": 15}


def looked_up(expression: Any, operands: list[Operand]) -> Any:
    """The expression with numbers where cells of the operands stand."""
    if isinstance(expression, At):
        return Leaf(operands[expression.place][expression.index])
    if isinstance(expression, Leaf):
        return expression
    return Term(expression.do, tuple(looked_up(arg, operands) for arg in expression.args))


def numbers(graph: Graph, data: Any, upstream: Any) -> tuple[Graph, dict[str, Operand]]:
    """The graph with its backward pass, and the exact value of each of its nodes."""
    both = backward(graph)
    arrays = _numpy.run(both.graph, {**data, both.upstream: upstream}, "exact")
    flat = {name: [fraction(cell) for cell in array.ravel().tolist()] for name, array in arrays.items()}
    return both.graph, {node.name: Operand(node.shape, flat[node.name]) for node in both.graph.nodes}


def fraction(cell: Any) -> Fraction:
    return Fraction(str(cell)) if hasattr(cell, "_mpf_") else Fraction(cell)


def wrong(graph: Graph, data: Any, upstream: Any) -> Iterator[tuple[Node, tuple[int, ...]]]:
    """Cells whose expression does not come to the engine's number."""
    whole, values = numbers(graph, data, upstream)
    for node in whole.nodes:
        rule = OPS[node.op].cell
        operands = [values[name] for name in node.inputs]
        for at in product(*map(range, node.shape)) if node.op not in LEAVES else ():
            assert rule is not None, node.op
            if not same(reckon(looked_up(rule(node, at, *operands), operands)), values[node.name][at]):
                yield node, at


def test_every_op_has_a_rule() -> None:
    """All but the leaves, those of backward passes included."""
    assert LEAVES | {"gradient"} == {op.name for op in OPS.values() if op.cell is None}


@pytest.mark.parametrize("family", STRATEGIES)
def test_cells_of_random_graphs(family: str) -> None:
    """Every cell of every node, forward and backward."""
    cases(family, EXAMPLES[family], lambda case: _assert_right(case.graph, case.data, case.upstream))


def _assert_right(graph: Graph, data: Any, upstream: Any) -> None:
    assert [] == list(wrong(graph, data, upstream))


@pytest.mark.parametrize("name", CASES)
def test_cells_of_each_op(name: str) -> None:
    """In each way to call it, stacks among them."""
    graph = CASES[name]
    _assert_right(graph, data_of(graph), Fraction(-3, 2))


def test_cells_under_a_wide_padding() -> None:
    """Windows that lie in the padding alone, before the image and behind it."""
    b = Builder()
    graph = b.build(b.conv2d(b.input("x", (1, 2, 2)), b.input("k", (1, 1, 1, 2)), padding=(3, 2), name="f"))
    _assert_right(graph, data_of(graph), Fraction(-3, 2))


@pytest.mark.parametrize("label", KINKS)
def test_cells_on_kinks(label: str) -> None:
    """On ties and kinks the expressions follow the same conventions."""
    kink = KINKS[label]
    _assert_right(kink.graph, kink.data, kink.upstream)


def test_every_op_is_reached() -> None:
    """No rule goes untested."""
    assert set(OPS) - {"gradient"} == reached()


SPOILT = {"add": "array", "matmul": "array", "sum_to": "array", "put": "array", "conv2d_dx": "conv", "put_others": "labelled"}


def _next_cell(right: Any) -> Any:
    """A rule that takes one more of whatever it takes."""
    return lambda node, at, *operands: Term("+", (right(node, at, *operands), Leaf(1)))


@pytest.mark.parametrize("op", SPOILT)
def test_a_broken_rule_is_noticed(monkeypatch: pytest.MonkeyPatch, op: str) -> None:
    """One too much in a cell of one op shows."""
    monkeypatch.setitem(OPS, op, replace(OPS[op], cell=_next_cell(OPS[op].cell)))
    found: set[str] = set()
    family = SPOILT[op]

    def look(case: Case) -> None:
        found.update(node.op for node, _ in wrong(case.graph, case.data, case.upstream))

    cases(family, EXAMPLES[family], look)
    assert {op} == found
