"""One cell of each op, written out as an expression, is the cell that the NumPy engine works out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from examgen.engines import _numpy
from examgen.graph import Graph, Node, backward
from examgen.model import Leaf, Term
from examgen.ops import OPS
from examgen.ops._cells import At, Operand
from examgen.reckoning import reckon, same
from tests.engines.kink_cases import KINKS
from tests.properties.graphs import Case, array_graphs, conv_graphs, labelled_graphs

LEAVES = {"input", "const"}
EXAMPLES = {"array": 40, "conv": 12, "labelled": 15}
STRATEGIES = {"array": array_graphs(), "conv": conv_graphs(), "labelled": labelled_graphs()}


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


def cases(family: str, each: Any) -> None:
    """Calls `each` with random cases of a family, the same ones every time."""

    @settings(max_examples=EXAMPLES[family], database=None, suppress_health_check=list(HealthCheck))
    @given(STRATEGIES[family])
    def run(case: Case) -> None:
        each(case)

    run()


@pytest.mark.parametrize("family", STRATEGIES)
def test_cells_of_random_graphs(family: str) -> None:
    """Every cell of every node, forward and backward."""
    cases(family, lambda case: _assert_right(case.graph, case.data, case.upstream))


def _assert_right(graph: Graph, data: Any, upstream: Any) -> None:
    assert [] == list(wrong(graph, data, upstream))


@pytest.mark.parametrize("label", KINKS)
def test_cells_on_kinks(label: str) -> None:
    """On ties and kinks the expressions follow the same conventions."""
    kink = KINKS[label]
    _assert_right(kink.graph, kink.data, kink.upstream)


def reached() -> set[str]:
    """The ops that the cases above hold."""
    found = {node.op for kink in KINKS.values() for node in backward(kink.graph).graph.nodes}
    for family in STRATEGIES:
        cases(family, lambda case: found.update(node.op for node in backward(case.graph).graph.nodes))
    return found


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
    cases(SPOILT[op], lambda case: found.update(node.op for node, _ in wrong(case.graph, case.data, case.upstream)))
    assert {op} == found
