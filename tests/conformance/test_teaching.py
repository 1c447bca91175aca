"""What teaching asks of the four problems of the seed lecture: presets, minutes, calculators and sizes of numbers.

The table is an instructor's estimate of a median student's first pass, in minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from examgen import registry
from examgen.graph import Graph
from examgen.model import Instance, cells
from examgen.problem import Preset
from examgen.solving import draw, exact_values

DRAWS = 40
LARGEST_NODE = 60

TEACHING = {
    ("svm_loss", "2x3"): ((2, 3), "quiz", "none"),
    ("svm_loss", "3x3"): ((3, 4), "test", "none"),
    ("svm_loss", "3x4"): ((4, 5), "test", "none"),
    ("svm_loss", "4x4"): ((5, 6), "test", "none"),
    ("svm_loss", "3x3_gradient"): ((5, 6), "test", "none"),
    ("svm_loss", "3x3_squared"): ((5, 5), "test", "simple"),
    ("softmax_loss", "1x3_gradient"): ((4, 4), "quiz", "scientific"),
    ("softmax_loss", "2x3"): ((4, 5), "test", "scientific"),
    ("softmax_loss", "3x3"): ((6, 8), "test", "scientific"),
    ("softmax_loss", "3x3_log"): ((5, 6), "test", "none"),
    ("softmax_loss", "3x3_gradient"): ((9, 11), "homework", "scientific"),
    ("backprop", "sum_times"): ((3, 3), "quiz", "none"),
    ("backprop", "product_max"): ((4, 5), "test", "none"),
    ("backprop", "fan_out"): ((5, 5), "test", "none"),
    ("backprop", "fan_out_relu"): ((7, 7), "test", "none"),
    ("backprop", "sigmoid_neuron"): ((7, 10), "test", "scientific"),
    ("backprop", "sigmoid_gates"): ((13, 16), "homework", "scientific"),
    ("backprop", "tanh_neuron"): ((8, 10), "test", "scientific"),
    ("backprop", "random_3"): ((6, 6), "test", "none"),
    ("backprop", "random_5"): ((12, 12), "homework", "none"),
    ("conv_relu_pool", "4x4"): ((5, 5), "quiz", "none"),
    ("conv_relu_pool", "5x5_stride2"): ((5, 6), "test", "none"),
    ("conv_relu_pool", "4x6"): ((8, 9), "test", "none"),
    ("conv_relu_pool", "5x5_2x2"): ((10, 11), "test", "none"),
    ("conv_relu_pool", "2_channels"): ((8, 8), "test", "none"),
    ("conv_relu_pool", "5x5_gradient"): ((8, 8), "test", "none"),
    ("conv_relu_pool", "6x6"): ((15, 15), "homework", "none"),
}

Rule = Any


def broken(rule: Rule, instances: Iterator[Instance]) -> list[str]:
    """What a rule finds wrong in the first instance that breaks it."""
    for instance in instances:
        if found := list(rule(instance)):
            return found
    return []


def drawn(name: str) -> Iterator[Instance]:
    for label, preset in registry.problem(name).presets.items():
        yield from _drawn(name, label, preset)


@cache
def _drawn(name: str, label: str, preset: Preset) -> tuple[Instance, ...]:
    return tuple(draw(name, preset, "teaching", label, number) for number in range(DRAWS))


def scores_fit(instance: Instance) -> Iterator[str]:
    """Scores lie in -5..5 with one decimal; under ln they are whole numbers from 1 to 6."""
    logarithm = getattr(instance.params, "log_scores", False)
    for score in cells(instance.data["scores"]):
        if logarithm and not (score.denominator == 1 and 1 <= score <= 6):
            yield f"ln {score}"
        if not logarithm and not (abs(score) <= 5 and (10 * score).denominator == 1):
            yield f"score {score}"


def pixels_and_weights_fit(instance: Instance) -> Iterator[str]:
    """Image digits 0..5, filter cells -1..2, two to four zeros in a 3×3 filter, map cells within ±20."""
    if not set(cells(instance.data["image"])) <= set(range(6)):
        yield "a pixel is outside 0..5"
    for plane in (plane for bank in instance.data["kernels"] for plane in bank):
        weights = list(cells(plane))
        if not set(weights) <= {-1, 0, 1, 2}:
            yield f"a filter cell is outside -1..2: {weights}"
        if len(weights) == 9 and not 2 <= weights.count(0) <= 4:
            yield f"{weights.count(0)} zeros in a filter: {weights}"
    if any(abs(cell) > 20 for cell in _values(instance)["conv"]):
        yield "a cell of the map is beyond ±20"


def inputs_fit(instance: Instance) -> Iterator[str]:
    """Graph inputs lie within ±5 and are not 0, with at most one decimal; ±1 occurs once at most."""
    graph = registry.graph_of(instance.problem, instance.params)
    inputs = [instance.data[node.name] for node in graph.inputs]
    if any(value == 0 or abs(value) > 5 or (10 * value).denominator != 1 for value in inputs):
        yield f"inputs {list(map(str, inputs))}"
    if sum(abs(value) == 1 for value in inputs) > 1:
        yield f"more than one factor ±1 in {list(map(str, inputs))}"


def nodes_fit(instance: Instance) -> Iterator[str]:
    """Node values lie within ±60."""
    for name, values in _values(instance).items():
        if any(abs(value) > LARGEST_NODE for value in values):
            yield f"{name} is {values}"


def slopes_fit(instance: Instance) -> Iterator[str]:
    """A pre-activation z of sigmoid or tanh has 0.5 ≤ |z| ≤ 2: elsewhere the slope rounds away or is 1/4 without work."""
    graph, values = registry.graph_of(instance.problem, instance.params), _values(instance)
    squashed = [node.inputs[0] for node in graph.nodes if node.op in ("sigmoid", "tanh")]
    if "z" in graph and "exp" in {node.op for node in graph.nodes}:
        squashed.append("z")
    for name in squashed:
        if not all(Fraction(1, 2) <= abs(value) <= 2 for value in values[name]):
            yield f"{name} is {list(map(float, values[name]))}"


def probabilities_fit(instance: Instance) -> Iterator[str]:
    """A true class's probability is at least 0.02: a smaller one rounds to nothing."""
    least = min(_values(instance)["true_probabilities"])
    if least < Fraction(2, 100):
        yield f"a true class's probability is {float(least):.4f}"


def _values(instance: Instance) -> dict[str, list[Any]]:
    graph: Graph = registry.graph_of(instance.problem, instance.params)
    return exact_values(graph, instance.data)


RULES = (
    ("svm_loss", scores_fit),
    ("softmax_loss", scores_fit),
    ("softmax_loss", probabilities_fit),
    ("backprop", inputs_fit),
    ("backprop", nodes_fit),
    ("backprop", slopes_fit),
    ("conv_relu_pool", pixels_and_weights_fit),
)


@pytest.mark.parametrize(("place", "wanted"), TEACHING.items(), ids=map("-".join, TEACHING))
def test_preset_takes_the_time_that_teaching_gives(place: tuple[str, str], wanted: Any) -> None:
    """Each preset of the teaching table is there, with its minutes, its use and its calculator."""
    found = registry.preset(*place)
    assert wanted == (found.minutes, found.use, found.calculator)


NEEDED: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("svm_loss", {}, "none"),
    ("svm_loss", {"squared": True}, "simple"),
    ("softmax_loss", {}, "scientific"),
    ("softmax_loss", {"log_scores": True, "limit": 6}, "none"),
    ("backprop", {"formula": "random"}, "none"),
    ("backprop", {"formula": "f = x * y + 1"}, "none"),
    ("backprop", {"formula": "f = exp(x)"}, "scientific"),
    ("conv_relu_pool", {}, "none"),
    ("conv_relu_pool", {"pool": "avg"}, "simple"),
)


@pytest.mark.parametrize(("name", "given", "needed"), NEEDED)
def test_parameters_need_a_calculator(name: str, given: Any, needed: str) -> None:
    """Exp and ln need a scientific calculator, squares and averages a simple one."""
    chosen = registry.problem(name)
    assert needed == chosen.calculator(chosen.with_params(given))


def test_half_of_the_backprop_presets_have_another_upstream_gradient() -> None:
    """A gradient of 1 at the output hides a forgotten factor: between a third and two thirds have another."""
    presets = registry.problem("backprop").presets.values()
    other = sum(preset.params.upstream == "drawn" for preset in presets)
    assert 1 / 3 <= other / len(presets) <= 2 / 3


@pytest.mark.parametrize(("name", "rule"), RULES, ids=lambda part: getattr(part, "__name__", part))
def test_numbers_are_hand_sized(name: str, rule: Rule) -> None:
    """Drawn numbers keep to what teaching asks of their size (the rule's docstring says what)."""
    assert [] == broken(rule, drawn(name))


def _pinned(name: str, data: Any, **params: Any) -> Instance:
    return registry.problem(name).pin(params, data)


FILTER = [[0, 1, 0], [1, -1, 2], [0, 0, 1]]
NEURON = {"w0": 2, "x0": 3, "w1": -2, "x1": 2, "w2": -3}
MISSIZED = {
    "score": (scores_fit, "svm_loss", {"scores": [["5.1", 1, 2], [0, 3, 1]], "labels": [0, 1]}, {}),
    "decimals": (scores_fit, "svm_loss", {"scores": [["0.25", 1, 2], [0, 3, 1]], "labels": [0, 1]}, {}),
    "logarithm": (scores_fit, "softmax_loss", {"scores": [[7, 1, 2]], "labels": [0]}, {"log_scores": True, "limit": 6}),
    "probability": (probabilities_fit, "softmax_loss", {"scores": [[-3, 1, 2]], "labels": [0]}, {}),
    "pixel": (pixels_and_weights_fit, "conv_relu_pool", {"image": [[[6] * 5] * 5], "kernels": [[FILTER]]}, {"stride": 2}),
    "weight": (
        pixels_and_weights_fit, "conv_relu_pool",
        {"image": [[[1] * 5] * 5], "kernels": [[[[0, 3, 0], *FILTER[1:]]]]}, {"stride": 2},
    ),
    "zeros": (
        pixels_and_weights_fit, "conv_relu_pool",
        {"image": [[[1] * 5] * 5], "kernels": [[[[1, 1, 1], [1, -1, 2], [2, 0, 1]]]]}, {"stride": 2},
    ),
    "map": (
        pixels_and_weights_fit, "conv_relu_pool",
        {"image": [[[5] * 5] * 5], "kernels": [[[[0, 2, 0], [2, 2, 0], [0, 0, 2]]]]}, {"stride": 2},
    ),
    "zero": (inputs_fit, "backprop", {"x": 0, "y": 2, "z": 3}, {"formula": "sum_times"}),
    "large": (inputs_fit, "backprop", {"x": 6, "y": 2, "z": 3}, {"formula": "sum_times"}),
    "ones": (inputs_fit, "backprop", {"x": 1, "y": -1, "z": 3}, {"formula": "sum_times"}),
    "node": (nodes_fit, "backprop", {"x": 5, "y": 10, "z": 5}, {"formula": "sum_times"}),
    "steep": (slopes_fit, "backprop", NEURON | {"w2": 3}, {"formula": "sigmoid_neuron"}),
    "flat": (slopes_fit, "backprop", NEURON | {"w2": -2}, {"formula": "sigmoid_gates"}),
}


@pytest.mark.parametrize(("rule", "name", "data", "params"), MISSIZED.values(), ids=MISSIZED)
def test_numbers_of_another_size_are_noticed(rule: Rule, name: str, data: Any, params: Any) -> None:
    """Each rule of size finds the number that breaks it."""
    assert broken(rule, iter([_pinned(name, data, **params)]))


def test_every_rule_of_size_is_seen_to_fail() -> None:
    """No rule stands without an instance that breaks it."""
    assert {rule for _, rule in RULES} == {rule for rule, *_ in MISSIZED.values()}
