"""The rounding contract's intervals: by hand where a hand can, within bounds where they are drawn, and nothing wider."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

import examgen
from examgen import formula, registry
from examgen.answers import accepted, units
from examgen.honesty import SCALE, Unbounded, hull, widened
from examgen.model import cells
from examgen.solving import STANDARD, WIDEST_GRADIENT, WIDEST_VALUE, blurs, draw, solve


def ends(text: str, data: dict[str, Any], node: str, working: int, *, gradient: bool = False) -> tuple[float, float]:
    found = hull(formula.parse(text), data, 1, working)
    ((low, high),) = (found.gradients if gradient else found.values)[node]
    return low / SCALE, high / SCALE


BY_HAND = {
    # 1/3 is 0.33 cut off or rounded, or kept; three times that 0.99 to 1
    "a third, three times": ("q = x / y; f = q * 3", {"x": 1, "y": 3}, "f", 2, (0.99, 1.0)),
    # 2/3 is 0.66 cut off, 0.67 rounded
    "two thirds": ("q = x / y; f = q + 0", {"x": 2, "y": 3}, "f", 2, (0.66, 0.67)),
    # cutting off goes towards 0
    "minus two thirds": ("q = x / y; f = q + 0", {"x": -2, "y": 3}, "f", 2, (-0.67, -0.66)),
    # what ends within the decimals kept is never rounded
    "decimals that end": ("f = x * y", {"x": Fraction(3, 2), "y": Fraction(5, 2)}, "f", 2, (3.75, 3.75)),
    # (2/3)^2 from 0.66 to 0.67: 0.4356 cut off to 0.43, 0.4489 rounded to 0.45
    "a square": ("q = x / y; f = q * q", {"x": 2, "y": 3}, "f", 2, (0.43, 0.45)),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_intervals_by_hand(case: str) -> None:
    """What rounding after each operation can lead to, reckoned by hand."""
    text, data, node, working, wanted = BY_HAND[case]
    assert wanted == pytest.approx(ends(text, data, node, working), abs=1e-12)


def test_the_way_back_is_rounded_too() -> None:
    """The slope of a product is the other factor as it was written down."""
    assert (0.66, 0.67) == pytest.approx(ends("q = x / y; f = q * z", {"x": 2, "y": 3, "z": 5}, "z", 2, gradient=True))


def test_the_answer_is_rounded_last() -> None:
    """Who arrives at 1.2412 may write 1.24; what is within a unit of the exact value is accepted in any case."""
    reach = (int(Fraction("1.2612") * SCALE), int(Fraction("1.2748") * SCALE))
    low, high = map(Fraction, accepted(Fraction("1.268"), [reach], 2, whole=False))
    assert (Fraction("1.258"), Fraction("1.278")) == (low, high)
    wide = (int(Fraction("1.2412") * SCALE), reach[1])
    assert Fraction("1.24") == Fraction(accepted(Fraction("1.268"), [wide], 2, whole=False)[0])


def test_rounding_of_a_pair() -> None:
    """Cut off below, rounded up above; a number that needs no rounding stays."""
    assert [12_300, 12_400] == [end * 10**4 // SCALE for end in widened((SCALE * 12_345 // 10**4, SCALE * 12_355 // 10**4), 2)]
    assert (5 * SCALE, 5 * SCALE) == widened((5 * SCALE, 5 * SCALE), 2)


def test_another_side_of_a_kink_is_noticed() -> None:
    """0.00003 is cut off to 0, where ReLU passes nothing: the gate is named, and no such task is drawn."""
    graph = formula.parse("z = x / y; h = relu(z - 0.6666); f = h * 2")
    assert () == hull(graph, {"x": 3, "y": 4}, 1, 4).straddling
    assert hull(graph, {"x": 2, "y": 3}, 1, 4).straddling


def test_a_quotient_by_what_may_be_0_is_unbounded() -> None:
    """A divisor that may be rounded to 0 leads anywhere."""
    graph = formula.parse("f = 1 / (x / y - 0.6666)")
    with pytest.raises(Unbounded):
        hull(graph, {"x": 2, "y": 3}, 1, 4)


def presets() -> Iterator[Any]:
    for name, problem in registry.problems().items():
        yield from (pytest.param(name, label, id=f"{name}-{label}") for label in problem.presets)


@pytest.mark.parametrize(("name", "label"), tuple(presets()))
def test_drawn_answers_are_sharp(name: str, label: str) -> None:
    """No accepted interval is wider than promised, each holds the exact value, and whole numbers accept one number alone."""
    for turn in range(3):
        instance = draw(name, registry.preset(name, label), "sharp", turn)
        assert [] == list(blurs(instance, STANDARD))
        for answer in solve(instance).answers:
            texts = list(cells(answer.accept))
            for value, pair in zip(cells(answer.value), zip(texts[::2], texts[1::2], strict=True), strict=True):
                low, high = map(Fraction, pair)
                assert low <= value <= high
                width = units(pair, answer.decimals)
                assert width <= (0 if answer.ask.whole else WIDEST_GRADIENT if answer.ask.gradient else WIDEST_VALUE)


def test_a_grader_follows_the_contract() -> None:
    """21.1 is not within one unit of 21.0855, and is reached by a sigmoid kept to four decimals; 21.2 is not."""
    found = examgen.backprop("s = sigmoid(x); f = 1 / (1 - s)", {"x": 3.0})
    assert [True, True, False] == [found.accepts("f", text) for text in ("21.09", "21.1", "21.2")]
    assert [True, False] == [found.accepts("f", text, working=9) for text in ("21.09", "21.1")]
