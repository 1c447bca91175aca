"""The three engines agree on every node and every gradient of drawn instances."""

from __future__ import annotations

from fractions import Fraction
from importlib import import_module
from typing import Any

import pytest

from examgen.engines._engine import Evaluation
from examgen.errors import ProofError
from examgen.graph import Builder
from examgen.ops import OPS
from examgen.registry import graph_of, preset, problems
from examgen.solving import draw
from examgen.verifying import ENGINES, engine, prove
from tests.engines import op_cases

INSTANCES = 1  # a thousand of each problem are proved by benchmarks/agreement.py
CASES = [(name, label) for name, chosen in problems().items() for label in chosen.presets]
TABLES = {"numpy": "_numpy", "sympy": "_sympy_expressions", "torch": "_torch"}


@pytest.mark.parametrize(("name", "label"), CASES)
def test_engines_agree_on_drawn_instances(name: str, label: str) -> None:
    """NumPy and SymPy exactly or to 50 digits, PyTorch to the rounding of float64; each engine says what it met."""
    for i in range(INSTANCES):
        instance = draw(name, preset(name, label), "agreement", i)
        graph = graph_of(name, instance.params)
        proof = prove(graph, instance.data)
        assert all(set(ENGINES) == set(bounds) for bounds in proof.met.values())
        assert {node.name for node in graph.nodes} == set(proof.values)
        assert {node.name for node in graph.differentiable} == set(proof.gradients)


@pytest.mark.parametrize("nudged", ENGINES)
@pytest.mark.parametrize(("name", "label"), CASES)
def test_a_billionth_is_a_disagreement(monkeypatch: pytest.MonkeyPatch, name: str, label: str, nudged: str) -> None:
    """The tooth: one gradient of one engine larger by a billionth, and the proof fails and names the node."""
    instance = draw(name, preset(name, label), "agreement", 0)
    graph = graph_of(name, instance.params)
    last, right = graph.differentiable[-1].name, engine(nudged).evaluate

    def wrong(*args: Any, **numbers: Any) -> Evaluation:
        found = right(*args, **numbers)
        return Evaluation(found.values, {**found.gradients, last: _larger(found.gradients[last])})

    monkeypatch.setattr(engine(nudged), "evaluate", wrong)
    with pytest.raises(ProofError, match=f"disagree on the gradient at {last},"):
        prove(graph, instance.data)


def _larger(value: Any) -> Any:
    """The first cell of nested tuples or lists, or each cell of an array, larger by a billionth in its own numbers."""
    if isinstance(value, (tuple, list)):
        return [_larger(value[0]), *value[1:]]
    one = (value.flat[0] if hasattr(value, "flat") else value) * 0 + 1
    return value + one / 10**9


def test_a_sign_behind_exp_is_a_disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 55-digit number of the right size and the wrong sign: exact NumPy forgets a minus, float64 does not."""
    b = Builder()
    graph = b.build(b.op("neg", b.op("exp", b.input("x"), name="e"), name="f"))
    assert prove(graph, {"x": 1}).values["f"][0] < -2
    monkeypatch.setitem(engine("numpy").TABLE, "neg", lambda node, x: x if x.dtype == object else -x)
    with pytest.raises(ProofError, match="numpy and sympy disagree on the value of f,"):
        prove(graph, {"x": 1})


@pytest.mark.parametrize("name", op_cases.CASES)
def test_engines_agree_on_every_op(name: str) -> None:
    """In each way to call it, under an upstream gradient of no special kind."""
    graph = op_cases.CASES[name]
    proof = prove(graph, {**op_cases.data_of(graph), "upstream": Fraction(-3, 2)})
    assert all(set(ENGINES) == set(bounds) for bounds in proof.met.values())


@pytest.mark.parametrize("name", ENGINES)
def test_every_forward_op_has_a_row(name: str) -> None:
    """What problems and formulas can build, each engine evaluates; ops without a slope only occur backward."""
    forward = {op.name for op in OPS.values() if op.vjp is not None}
    assert set() == forward - set(import_module(f"examgen.engines.{TABLES[name]}").TABLE)


def test_instances_of_a_preset_differ() -> None:
    """The benchmark does not show agreement again and again on the same numbers."""
    for name, label in CASES:
        drawn = {repr(draw(name, preset(name, label), "agreement", i).data) for i in range(10)}
        assert 5 < len(drawn), (name, label)
