"""The tape gives the hull that walking along every route gives, to the last digit."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from examgen import honesty, reaching
from examgen.drawing import Stream, key
from examgen.errors import DrawError
from examgen.graph import Builder, Graph, split
from examgen.honesty import FINEST, SCALE, Unbounded, hull, widened
from examgen.reaching import Unwritten, reach, tape_of
from examgen.registry import graph_of, preset, problem, problems
from tests.engines.kink_cases import KINKS
from tests.properties.graphs import Case, array_graphs, conv_graphs, labelled_graphs, some

PRESETS = [(name, label) for name, chosen in problems().items() for label in chosen.presets]
STRATEGIES = {"array": (array_graphs(), 40), "conv": (conv_graphs(), 10), "labelled": (labelled_graphs(), 15)}
COARSE, FINE = 1, 4  # decimals kept: rounding to one leads to the other side of many kinks


def told(way: Any, graph: Graph, data: Any, working: int) -> Any:
    """The hull, or why there is none."""
    try:
        return way(graph, *split(graph, data), working)
    except Unbounded as error:
        return str(error)


def unlike(graph: Graph, data: Any) -> list[int]:
    """The numbers of decimals at which the two differ."""
    return [working for working in (COARSE, FINE) if told(hull, graph, data, working) != told(reach, graph, data, working)]


def drawn(name: str, label: str) -> tuple[Graph, Any]:
    """The first numbers that the problem draws, whatever kinks they sit on."""
    for number in range(99):
        try:
            instance = problem(name).draw(preset(name, label).params, Stream(key("reach", number)))
        except DrawError:
            continue
        return graph_of(name, instance.params), instance.data
    raise AssertionError(f"{name} draws nothing")


@pytest.mark.parametrize(("name", "label"), PRESETS)
def test_the_tape_of_every_preset(name: str, label: str) -> None:
    """Values, gradients and what straddles, and no preset needs the long way."""
    graph, data = drawn(name, label)
    assert [] == unlike(graph, data)
    assert tape_of(graph, None) is not None


@pytest.mark.parametrize("label", KINKS)
def test_the_tape_on_kinks(label: str) -> None:
    """Ties, zeros under ReLU and windows with two winners."""
    kink = KINKS[label]
    assert [] == unlike(kink.graph, {**kink.data, "upstream": kink.upstream})


@pytest.mark.parametrize("family", STRATEGIES)
def test_the_tape_of_random_graphs(family: str) -> None:
    """Every op, with the same reason where there is no hull."""
    strategy, examples = STRATEGIES[family]

    @settings(max_examples=some(examples), database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def run(case: Case) -> None:
        assert [] == unlike(case.graph, {**case.data, "upstream": case.upstream})

    run()


def test_the_tape_tells_what_straddles() -> None:
    """0.25 * 0.5 kept with one decimal lies on either side of 0.12."""
    b = Builder()
    rest = b.input("a") * b.input("b") - b.input("c")
    graph = b.build(b.op("relu", rest, name="f"))
    data = {"a": Fraction(1, 4), "b": Fraction(1, 2), "c": Fraction(3, 25), "upstream": 1}
    assert [] == unlike(graph, data)
    assert 1 == len(told(reach, graph, data, COARSE).straddling)
    assert () == told(reach, graph, data, FINE).straddling


@pytest.mark.parametrize("rule", ["+", "*", "max"])
def test_a_broken_step_is_noticed(monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    """The tooth: one rule of the tape gives one unit of the 30th decimal more."""
    right = honesty.RULES[rule]
    graph, data = drawn("conv_relu_pool", "4x4")
    monkeypatch.setitem(reaching.RULES, rule, lambda *x: (right(*x)[0], right(*x)[1] + 1))
    tape_of.cache_clear()
    tape = tape_of(graph, None)
    monkeypatch.undo()
    tape_of.cache_clear()
    assert tape is not None
    assert hull(graph, *split(graph, data), FINE) != tape.run(*split(graph, data), FINE)


def test_what_cannot_be_written_takes_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where numbers decide in a manner that the tape does not know, the hull is found all the same."""
    graph, data = drawn("svm_loss", "2x3")

    def refuse(*anything: Any) -> Any:
        raise Unwritten

    tape_of.cache_clear()
    monkeypatch.setattr(reaching, "_parts", refuse)
    assert tape_of(graph, None) is None
    assert told(hull, graph, data, FINE) == told(reach, graph, data, FINE)
    tape_of.cache_clear()


def roundings(low: int, working: int) -> list[int]:
    """A number cut off or rounded half-up to so many decimals or more: half-up away from 0, cut off towards it."""
    found = []
    for places in range(working, working + FINEST):
        unit = SCALE // 10**places
        size = abs(low)
        found += [size // unit * unit, (size + unit // 2) // unit * unit]
    return [size if low >= 0 else -size for size in found]


@pytest.mark.parametrize("text", ["0.12345", "-0.12345", "-0.49995", "0.49995", "-1/3", "2/3", "-0.00004999", "-7", "-1/7"])
def test_widened_reaches_what_every_rounding_reaches(text: str) -> None:
    """Both ends are those of all roundings there are."""
    number = int(Fraction(text) * SCALE)
    every = [number, *roundings(number, FINE)]
    assert (min(every), max(every)) == widened((number, number), FINE)
