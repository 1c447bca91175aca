"""How candidates are drawn, refused and counted, and what is said of numbers that have no value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from examgen import solving
from examgen.drawing import Stream, key
from examgen.errors import DrawError, InputError
from examgen.model import Instance
from examgen.registry import preset, problem
from examgen.solving import STANDARD, Candidate, Contract, budget, candidates, check_values, draw, faults, first, notes, states


def pinned(formula: str, **data: Any) -> Instance:
    chosen = problem("backprop")
    asked = chosen.with_params({"formula": formula})
    return chosen.pin({"formula": formula}, {name: Fraction(value) for name, value in data.items()}, asked)


@pytest.mark.parametrize(("formula", "x"), [("f = 1 / x", 0), ("f = log(x)", -1), ("f = log(x)", 0), ("f = exp(exp(x))", 99)])
def test_numbers_without_a_value(formula: str, x: int) -> None:
    """A quotient by 0, a logarithm of nothing, and what is too large: a fault, and an error where they are pinned."""
    instance = pinned(formula, x=x)
    assert ["a node has no value"] == [why[:19] for why in faults(problem("backprop"), instance)]
    with pytest.raises(InputError, match="data: "):
        check_values(instance)


def test_pinned_numbers_at_a_kink() -> None:
    """Are noted, each kink once; numbers that can be printed are no error."""
    instance = pinned("f = relu(x)", x=0)
    check_values(instance)
    assert ["kink at f: relu at 0"] == [note for note in notes(instance) if note.startswith("kink")]


def some(*reasons: str | None) -> Iterator[Candidate]:
    """Candidates that are refused so; the instance is the preset's first."""
    instance = draw("backprop", preset("backprop", "sum_times"), "some")
    return (Candidate(instance if reason != "none drawn" else None, reason) for reason in reasons)


def test_the_first_that_can_be_used() -> None:
    """Reasons of those before it are counted, and nothing behind it is looked at."""
    refused: Counter[str] = Counter()
    tried = some("a", "b", "a", None, "c")
    assert isinstance(first("p", tried, refused=refused), Instance)
    assert ({"a": 2, "b": 1}, ["c"]) == (dict(refused), [one.reason for one in tried])


@pytest.mark.parametrize(
    ("common", "remedy"), [("hidden", "change the parameters"), ("the accepted interval of f is wide", "keep more decimals")]
)
def test_none_that_can_be_used(common: str, remedy: str) -> None:
    """The commonest reason is named, and what helps against it; not one more than so many is tried."""
    refused: Counter[str] = Counter()
    with pytest.raises(DrawError, match=f"^p: none of 3 candidates fits these parameters, most often since {common}: {remedy}"):
        first("p", some("rare", common, common, None), 3, refused)
    assert 3 == refused.total()


def test_candidates_of_a_key() -> None:
    """Each is its own, a refusal of the caller comes first, and another preset version draws others."""
    chosen = preset("backprop", "sum_times")
    found = candidates("backprop", chosen, "key", 1, refusal=lambda instance: "unwanted")
    one, two = next(found), next(found)
    assert ("unwanted", "unwanted") == (one[1], two[1]) and one[0] != two[0]
    assert next(candidates("backprop", chosen, "key", 1))[0] == one[0] != next(candidates("backprop", chosen, "key", 2))[0]


def test_how_many_are_looked_at() -> None:
    """As many as asked where a graph is small, fewer where it is large, and never fewer than the least."""
    small, large = (preset(*name).params for name in (("backprop", "sum_times"), ("conv_relu_pool", "target_gradient")))
    counts = [budget("backprop", small, 50), budget("conv_relu_pool", large, 10**9), budget("backprop", small, 0)]
    assert 50 == counts[0] and solving.FEWEST == counts[2] and solving.FEWEST <= counts[1] < 10**9


def test_closed_forms_that_state_a_number() -> None:
    """To forty digits."""
    third = Fraction(1, 3)
    assert states("1/3", third) and not states("1/3", third + Fraction(1, 10**39))
    root = Fraction(14142135623730950488016887242096980785696718753769, 10**49)
    assert states("sqrt(2)", root) and not states("sqrt(3)", root)
    assert ("1/3", None, None) == tuple(map(solving._readable, ("1/3", None, "1" * 201)))
    assert None is solving._readable("besselj(0, 1)")


def test_the_contract_counts() -> None:
    """Fewer decimals blur what more keep apart."""
    instance = draw("backprop", preset("backprop", "sigmoid_neuron"), "contract")
    assert [] == list(notes(instance, STANDARD)) and [] != list(notes(instance, Contract(1, 3)))


def test_mistakes_that_few_candidates_tell_are_spared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those applied at all; a tenth is enough to stay."""
    told = [{"always": ["f"], "once": ["f"] if not turn else [], "never": []} for turn in range(10)]
    monkeypatch.setattr(solving, "_probes", lambda *given: told)
    params = problem("backprop").with_params({"formula": "f = (x + y) * z"})
    assert {"never"} == solving.untellable.__wrapped__("backprop", params, STANDARD)
    told[0]["once"] = []
    assert {"never", "once"} == solving.untellable.__wrapped__("backprop", params, STANDARD)


def test_a_candidate_that_would_not_be_used_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that would be tells mistakes apart."""
    chosen, params = problem("backprop"), preset("backprop", "sum_times").params
    monkeypatch.setattr(solving, "blurs", lambda *given: iter(()))
    for why, tells in (((), True), (("a kink",), False)):
        monkeypatch.setattr(solving, "faults", lambda *given, why=why: iter(why))
        assert tells == bool(solving._probed(chosen, params, STANDARD, Stream(key("probe"))))
