"""Many instances at once are solved, proved and led astray as each is by itself, to the last byte."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

from examgen import erring
from examgen.batches import FailedAt, floats, stacked
from examgen.engines._engine import Evaluation
from examgen.erring import mistaken_all
from examgen.errors import ProofError
from examgen.graph import Builder
from examgen.mistaken import mistaken
from examgen.model import Instance, Solution
from examgen.proving import agreed, prove_all
from examgen.registry import graph_of, preset, problems
from examgen.solving import draw, solve, solve_all
from examgen.verifying import ENGINES, engine, prove

COUNT = 3
CASES = [(name, label) for name, chosen in problems().items() for label in chosen.presets]
TEETH = [("svm_loss", "2x3"), ("softmax_loss", "2x3"), ("conv_relu_pool", "4x4"), ("backprop", "sigmoid_neuron")]


@cache
def drawn(name: str, label: str) -> tuple[Instance, ...]:
    return tuple(draw(name, preset(name, label), "batches", number) for number in range(COUNT))


@cache
def solved(name: str, label: str) -> tuple[Solution, ...]:
    """One by one."""
    return tuple(map(solve, drawn(name, label)))


@pytest.mark.parametrize(("name", "label"), CASES)
def test_solved_together_as_alone(name: str, label: str) -> None:
    """Answers, closed forms, what is accepted, and certificates; with the instances of another problem in between."""
    other = drawn("backprop", "fan_out")
    mixed = [one for pair in zip(drawn(name, label), other, strict=True) for one in pair]
    assert list(map(repr, solved(name, label))) == list(map(repr, solve_all(mixed)[::2]))


@pytest.mark.parametrize(("name", "label"), CASES)
def test_proved_together_as_alone(name: str, label: str) -> None:
    """Every value, every gradient and every bound that an engine met."""
    (first, *_) = drawn(name, label)
    alike = [one for one in drawn(name, label) if one.params == first.params]
    graph, datas = graph_of(name, first.params), [one.data for one in alike]
    assert [repr(prove(graph, data)) for data in datas] == [repr(proof) for proof in prove_all(graph, datas)]


@pytest.mark.parametrize(("name", "label"), CASES)
def test_led_astray_together_as_alone(name: str, label: str) -> None:
    """Every mistake, in every box."""
    solutions = solved(name, label)
    assert [repr(mistaken(solution)) for solution in solutions] == list(map(repr, mistaken_all(solutions)))


def wrong_in(place: int, right: Any, name: str) -> Any:
    """An engine that has the gradient at a node wrong by a millionth in one of the instances of a stack."""

    def evaluate(graph: Any, *given: Any, count: int | None = None, **more: Any) -> Evaluation:
        found = right(graph, *given, count=count, **more)
        if count is None:
            return Evaluation(found.values, found.gradients)
        array = np.array(found.gradients[name])
        one = array.flat[0] * 0 + 1
        array[place : place + 1] += (Fraction(one) if isinstance(one, int) else one) / 10**6
        return Evaluation(found.values, {**found.gradients, name: array})

    return evaluate


@pytest.mark.parametrize("wrong", ENGINES)
@pytest.mark.parametrize(("name", "label"), TEETH)
def test_the_instance_on_which_engines_differ_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, label: str, wrong: str
) -> None:
    """The tooth: its place, the engine and the node, wherever the others agree."""
    instances = drawn(name, label)
    node = graph_of(name, instances[0].params).differentiable[0].name
    monkeypatch.setattr(engine(wrong), "evaluate", wrong_in(1, engine(wrong).evaluate, node))
    if wrong == "numpy":
        monkeypatch.setattr(engine(wrong), "runs", lambda device: [(False, "", engine(wrong).evaluate)])
    with pytest.raises(FailedAt) as failed:
        solve_all(instances)
    assert 1 == failed.value.place
    assert isinstance(failed.value.__cause__, ProofError)
    assert f"disagree on the gradient at {node}," in str(failed.value.__cause__)
    assert (wrong if wrong != "sympy" else "numpy") in str(failed.value.__cause__)


@pytest.mark.parametrize("wrong", ["numpy", "torch"])
def test_a_broken_rule_is_found_at_its_node(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    """A ReLU that passes everything, in one engine alone."""
    monkeypatch.setitem(engine(wrong).TABLE, "relu", lambda node, x: x)
    instances = drawn("svm_loss", "2x3")
    graph = graph_of("svm_loss", instances[0].params)
    broken = next(node.name for node in graph.nodes if node.op == "relu")
    with pytest.raises(FailedAt) as failed:
        prove_all(graph, [one.data for one in instances])
    assert f"{wrong} and sympy disagree on the value of {broken}," in str(failed.value.__cause__)


def test_numbers_that_have_no_value_name_their_instance() -> None:
    """A quotient by 0 in one of three: what goes wrong alone goes wrong together, at its place."""
    b = Builder()
    graph = b.build(b.op("div", b.input("x"), b.input("y"), name="f"))
    datas = [{"x": 1, "y": 2}, {"x": 1, "y": 4}, {"x": 1, "y": 0}]
    with pytest.raises(FailedAt) as failed:
        prove_all(graph, datas)
    assert (2, ZeroDivisionError) == (failed.value.place, type(failed.value.__cause__))


def test_numbers_too_large_for_floats_name_their_instance() -> None:
    """What no double holds stops the arrays; alone it is found again."""
    b = Builder()
    graph = b.build(b.op("neg", b.input("x"), name="f"))
    with pytest.raises(FailedAt) as failed:
        prove_all(graph, [{"x": 1}, {"x": 10**400}])
    assert 1 == failed.value.place
    assert isinstance(failed.value.__cause__, OverflowError)


def test_kinks_that_rounded_data_miss_are_certified_as_alone() -> None:
    """0.1 + 0.2 - 0.3 under a ReLU beside an instance without a kink: each has its own bounds."""
    b = Builder()
    total = b.input("x") + b.input("y") - b.input("z")
    graph = b.build(b.op("relu", total, name="f"))
    tenth = Fraction(1, 10)
    datas = [{"x": tenth, "y": 2 * tenth, "z": 3 * tenth}, {"x": tenth, "y": 2 * tenth, "z": tenth}]
    together = prove_all(graph, datas)
    assert [prove(graph, data) for data in datas] == together
    assert together[0].met != together[1].met


@pytest.mark.parametrize(("name", "label"), TEETH)
def test_floats_alone_agree(name: str, label: str) -> None:
    """NumPy and PyTorch on a stack, without an exact reference, until one instance of one of them is changed."""
    instances = drawn(name, label)
    graph = graph_of(name, instances[0].params)
    stack = floats(stacked(graph, [one.data for one in instances]))
    assert [True] * COUNT == agreed(graph, stack).tolist()
    node = graph.differentiable[0].name
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine("torch"), "evaluate", wrong_in(1, engine("torch").evaluate, node))
        assert [True, False, True] == agreed(graph, stack).tolist()


def unlike(solutions: Sequence[Solution]) -> bool:
    return [mistaken(solution) for solution in solutions] != mistaken_all(solutions)


def test_a_mistake_that_leaks_into_others_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: inputs that one of the solvers reads otherwise, taken for those of all."""
    solutions = solved("conv_relu_pool", "4x4")
    right = erring._maker

    def careless(solver: Any, given: Any) -> Any:
        made = right(solver, given)
        return erring._Maker(made.solver, made.taken, frozenset())

    assert not unlike(solutions)
    monkeypatch.setattr(erring, "_maker", careless)
    assert unlike(solutions)
