"""Bounds in int64 hold what `honesty` and exact arithmetic find, end by end."""

from __future__ import annotations

from fractions import Fraction
from math import exp, log, tanh

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examgen import honesty, registry
from examgen.graph import split
from examgen.honesty import FINEST, SCALE
from examgen.model import Instance
from examgen.sifting import _fixed as fixed
from examgen.sifting import draw_all
from examgen.sifting._fixed import PLACES, UNIT, Array, Doubt
from examgen.sifting._plan import exact_plan, rounded_plan
from examgen.sifting._stack import given as stacked
from examgen.sifting._walk import walked
from examgen.solving import exact_values
from tests.properties.graphs import some

PRESETS = [
    (name, label)
    for name, problem in registry.problems().items()
    for label in problem.presets
    if not label.startswith("random")
]
FINER = SCALE // UNIT  # of an end of `honesty` in one of ours
SIZES = st.integers(-90 * UNIT, 90 * UNIT) | st.integers(-900, 900).map(lambda tenths: tenths * UNIT // 10)


def gradients(instance: Instance) -> frozenset[str]:
    return frozenset(ask.node for ask in registry.asks_of(instance) if ask.gradient)


def outside(bounds: Array, low: Fraction, high: Fraction) -> bool:
    """Whether an end lies outside its bounds: (4,), of one cell, against the ends in units."""
    lowest, low_most, high_least, highest = bounds.tolist()
    return not (lowest <= low <= low_most and high_least <= high <= highest)


def escaped(name: str, label: str, working: int) -> list[str]:
    """The values and gradients that honest solvers can reach beyond the bounds of a stack, or less far."""
    instances = list(draw_all(name, registry.preset(name, label), [("bounds", number) for number in range(4)], None))
    graph, asked = registry.graph_of(name, instances[0].params), gradients(instances[0])
    labels = {node.name for node in graph.inputs if node["discrete"]}
    doubt = Doubt(len(instances))
    plan = rounded_plan(graph, asked)
    with np.errstate(all="ignore"):
        spans = walked(plan, stacked(graph, [instance.data for instance in instances], doubt), working, doubt)
    found = []
    for place, instance in enumerate(instances):
        if doubt.of[place]:
            continue
        hull = honesty.hull(graph, *split(graph, instance.data), working, asked)
        for what, holds, gradient in (("value", hull.values, False), ("gradient", hull.gradients, True)):
            for node in asked if gradient else holds.keys() - labels:
                reached = np.array([fixed.widths(spans[at][:, place], 4) for at in plan.holders(node, gradient=gradient)])
                bounds = np.concatenate((reached[:, :2].min(axis=0), reached[:, 2:].max(axis=0)))
                ends = ((Fraction(low, FINER), Fraction(high, FINER)) for low, high in holds[node])
                if any(outside(cell, *pair) for cell, pair in zip(bounds.T, ends, strict=True)):
                    found.append(f"{what} of {node}")
    return found


@pytest.mark.parametrize(("name", "label"), PRESETS)
def test_ends_of_the_hull_lie_within_their_bounds(name: str, label: str) -> None:
    """Of every node and gradient on every route, with the decimals of a sheet."""
    assert [] == escaped(name, label, 4)


def test_a_rounding_less_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the finer roundings an upper end lies too low."""
    raised = fixed._raised
    monkeypatch.setattr(fixed, "_raised", lambda x, coarse, finest: raised(x, coarse, 1))
    assert escaped("softmax_loss", "2x3", 4)


@pytest.mark.parametrize(("name", "label"), PRESETS)
def test_exact_values_lie_within_their_bounds(name: str, label: str) -> None:
    """Of every node of the graph, and on the very number where it is a fraction."""
    instances = list(draw_all(name, registry.preset(name, label), [("exact", number) for number in range(4)], None))
    graph, doubt = registry.graph_of(name, instances[0].params), Doubt(len(instances))
    plan = exact_plan(graph, frozenset(), frozenset())
    with np.errstate(all="ignore"):
        spans = walked(plan, stacked(graph, [instance.data for instance in instances], doubt), None, doubt)
    for place, instance in enumerate(instances):
        values = exact_values(graph, instance.data)
        for node in graph.nodes:
            if node.op == "input" and node["discrete"]:
                continue
            low, high = (spans[plan.values[0][node.name]][end, place].tolist() for end in (0, -1))
            assert all(a <= cell * UNIT <= b for cell, a, b in zip(values[node.name], low, high, strict=True))


def span(*bounds: int) -> Array:
    return np.array(bounds).reshape(len(bounds), 1, 1)


@given(SIZES, SIZES)
@settings(max_examples=some(300), deadline=None)
def test_a_product_is_exact_or_bounded_by_neighbours(x: int, y: int) -> None:
    """Of two exact numbers: the number itself, or the whole numbers below and above it."""
    found = fixed.mul(span(x), span(y), Doubt(1))[:, 0, 0].tolist()
    exact = Fraction(x * y, UNIT)
    assert ([exact.numerator] if exact.denominator == 1 else [exact.__floor__(), exact.__ceil__()]) == found


@given(SIZES, SIZES, SIZES, SIZES)
@settings(max_examples=some(300), deadline=None)
def test_a_product_of_intervals_holds_all_products(x: int, y: int, u: int, v: int) -> None:
    """The ends of a product are the smallest and the largest product of ends."""
    (x, y), (u, v) = sorted((x, y)), sorted((u, v))
    found = fixed.mul(span(x, x, y, y), span(u, u, v, v), Doubt(1))[:, 0, 0].tolist()
    ends = [Fraction(a * b, UNIT) for a in (x, y) for b in (u, v)]
    assert found[0] <= min(ends) <= found[1] and found[2] <= max(ends) <= found[3]


@given(SIZES, SIZES.filter(bool))
@settings(max_examples=some(300), deadline=None)
def test_a_quotient_lies_within_its_bounds(x: int, y: int) -> None:
    """Or is too large to be reckoned with, and in doubt."""
    doubt = Doubt(1)
    found = fixed.div(span(x), span(y), doubt)[:, 0, 0].tolist()
    assert doubt.of[0] or found[0] <= Fraction(x * UNIT, y) <= found[-1]


@given(SIZES, st.integers(1, 6))
@settings(max_examples=some(300), deadline=None)
def test_rounding_is_that_of_honest_solvers(x: int, places: int) -> None:
    """Half-up, half-even or cut off, to so many decimals or more."""
    found = fixed.widths(fixed.widened(span(x), places, FINEST), 4)[:, 0, 0].tolist()
    low, high = honesty.widened((x * FINER, x * FINER), places)
    assert [low, low, high, high] == [end * FINER for end in found]


@pytest.mark.parametrize(("work", "by_hand"), [(np.exp, exp), (np.tanh, tanh), (np.log, log)])
def test_functions_lie_within_their_bounds(work: np.ufunc, by_hand: object) -> None:
    """Against mpmath, at many numbers of a few decimals."""
    rule = honesty.RULES[by_hand.__name__]  # type: ignore[attr-defined]  # functions have names
    numbers = np.arange(1, 8 * 10**4, 37)[None, None, :] * 10 ** (PLACES - 4)
    found = fixed.function(numbers, work, None, Doubt(1), cut=False)[:, 0].T
    ends = (rule((number * FINER, number * FINER)) for number in numbers[0, 0].tolist())
    units = [(Fraction(low, FINER), Fraction(high, FINER)) for low, high in ends]
    assert not [pair for bounds, pair in zip(found, units, strict=True) if outside(bounds, *pair)]


def test_what_is_too_large_is_in_doubt() -> None:
    """No number passes the range of int64 unseen: in a product, a sum or a quotient."""
    doubts = [Doubt(1) for _ in range(3)]
    fixed.mul(span(5000 * UNIT), span(5000 * UNIT), doubts[0])
    fixed.total(np.full((1, 1, 1, 12), 9000 * UNIT), doubts[1])
    fixed.div(span(5000 * UNIT), span(UNIT // 1000), doubts[2])
    assert [True] * 3 == [bool(doubt.of[0]) for doubt in doubts]
