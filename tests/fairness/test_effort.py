"""Effort: what single cells cost, what a preset takes beside its stated minutes, and the traits of an instance."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from examgen import registry
from examgen.effort import COUNTED, SECONDS, ends, profile
from examgen.model import Instance
from examgen.solving import draw

DRAWS = 50


def seconds(instance: Instance) -> float:
    """The effort of an instance alone."""
    return profile(instance).seconds


# seconds of arithmetic over stated minutes: a circuit's minutes are mostly thought, and its arithmetic is short
LOWEST, HIGHEST = 0.75, 1.25
CIRCUITS, LOWEST_CIRCUIT = "backprop", 0.3
SHORT = {  # whose arithmetic is shorter still: answers left as logarithms, or boxes that repeat
    ("softmax_loss", "3x3_log"): 0.55,
    ("conv_relu_pool", "2_filters"): 0.55,
    ("conv_relu_pool", "5x5_gradient"): 0.6,
    ("conv_relu_pool", "dilated"): 0.65,
}
PRESETS = [(name, label) for name, problem in registry.problems().items() for label in problem.presets]


def svm(rows: list[list[Any]], labels: list[int]) -> Instance:
    given = {"scores": [[Fraction(cell) for cell in row] for row in rows], "labels": labels}
    return registry.problem("svm_loss").pin({}, given)


@pytest.mark.parametrize(("name", "label"), PRESETS)
def test_effort_is_near_the_stated_minutes(name: str, label: str) -> None:
    """The mean of fifty draws beside the middle of the minutes that an instructor states."""
    preset = registry.preset(name, label)
    found = sum(seconds(draw(name, preset, "effort", number)) for number in range(DRAWS)) / DRAWS
    lowest = LOWEST_CIRCUIT if name == CIRCUITS else SHORT.get((name, label), LOWEST)
    assert lowest <= found / (30 * sum(preset.minutes)) <= HIGHEST


COSTS = [
    ("+", [2, 3], 5, "small sum"),
    ("+", [2, -3], -1, "sum"),
    ("+", [12, 3], 15, "sum"),
    ("-", [2.1, 3.4], -1.3, "decimal sum"),
    ("*", [3, 4], 12, "small product"),
    ("*", [0.3, 4], 1.2, "small product"),
    ("*", [1.7, 4], 6.8, "calculator"),
    ("*", [-1, 4], -4, "copy"),
    ("/", [8, 2], 4, "small product"),
    ("/", [3.8, 3], 1.266666667, "calculator"),
]


@pytest.mark.parametrize(("do", "numbers", "value", "weight"), COSTS)
def test_what_an_operation_costs(do: str, numbers: list[float], value: float, weight: str) -> None:
    """Value and weight of one operation of each kind."""
    assert (value, SECONDS[weight]) == COUNTED[do](numbers)


@pytest.mark.parametrize(("do", "numbers"), [("+", [0, 7]), ("-", [7, 0]), ("*", [0, 7.3]), ("/", [7.3, 1]), ("+", [7])])
def test_what_costs_nothing(do: str, numbers: list[float]) -> None:
    """Plus 0, times 0, over 1."""
    assert 0 == COUNTED[do](numbers)[1]


def test_effort_of_a_loss_counted_by_hand() -> None:
    """Two images of two classes: read, three boxes, and for each image difference, plus 1, max; then sum and half of it."""
    given = svm([["2.1", "1.3"], ["0.4", "2.2"]], [0, 1])  # raised 0.2 and -0.8; losses 0.2 and 0
    per_image = 2 * SECONDS["decimal sum"] + SECONDS["copy"]
    half = SECONDS["calculator"]
    assert SECONDS["read"] + 3 * SECONDS["copy"] + 2 * per_image + half == seconds(given)


def test_traits_counted_by_hand() -> None:
    """Margins above and below 0, zeros and negative scores; the mean of 3.1 over two ends, that over three does not."""
    found = profile(svm([["0", "-1.3", "2"], ["-0.4", "2.2", "0"]], [0, 1]))
    assert (1, 3, 2, 2) == (found.active, found.clipped, found.zeros, found.negatives)
    thirds = [["0", "0.1", "-3"], ["3", "0", "-3"], ["-3", "0", "3"]]
    assert (True, False) == (found.clean, profile(svm(thirds, [0, 0, 2])).clean)


@pytest.mark.parametrize(("number", "decimals", "told"), [(1.25, 2, True), (1.266666667, 2, False), (0.125, 2, False)])
def test_whether_a_number_ends(number: float, decimals: int, told: bool) -> None:
    """Within the decimals of an answer."""
    assert told == ends(number, decimals)


def test_the_page_states_the_weights() -> None:
    """The table of docs/variants.md is the one that is counted with."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "variants.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z ]+):.* \| (\d+) \|$", text, re.MULTILINE)
    assert SECONDS == {what: int(weight) for what, weight in rows}
