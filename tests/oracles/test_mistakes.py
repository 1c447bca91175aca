"""Every mistake against numbers worked out by hand, or by a plain formula that does not go through a graph.

Only boxes that come out wrong are written down: all others have to come out right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from math import e, exp, log, log10, tanh
from typing import Any

import pytest

from examgen import mistaken, registry
from examgen.model import Instance
from examgen.registry import problem
from examgen.solving import draw, solve
from tests.oracles import direct
from tests.oracles.drawn import preset_of
from tests.oracles.hand import Hand
from tests.oracles.own import own

THIRD, HALF = Fraction(1, 3), Fraction(1, 2)
CLOSE = 1e-12


def losses(*each: Any, total: Any = None) -> dict[str, Any]:
    """Boxes of a loss: of the images named by their place, and of the whole."""
    named = {f"losses[{i}]": value for i, value in enumerate(each) if value is not None}
    return named | ({} if total is None else {"loss": total})


# rows: image 1 is of class 1, image 2 of class 2. Terms 3, 0 and 4, 6: L1 = 3, L2 = 10, L = 6.5
TABLE: dict[str, Any] = {"scores": [[1, 3, -2], [2, -1, 4]], "labels": [0, 1]}
TURNED: dict[str, Any] = {"scores": [[1, 2], [3, -1], [-2, 4]], "labels": [0, 1]}
GRADIENT, SQUARED = {"gradient": True}, {"squared": True}
SVM = [
    Hand("svm_true_counted", "svm_loss", TABLE, losses(4, 11, total=Fraction(15, 2))),
    Hand("svm_margin_forgotten", "svm_loss", TABLE, losses(2, 8, total=5)),
    Hand("svm_max_forgotten", "svm_loss", TABLE, losses(1, total=Fraction(11, 2))),
    Hand("svm_sign", "svm_loss", TABLE, losses(4, 0, total=2)),
    Hand("svm_negative_score", "svm_loss", TABLE, losses(None, 6, total=Fraction(9, 2))),
    Hand("svm_only_worst", "svm_loss", TABLE, losses(None, 6, total=Fraction(9, 2))),
    Hand("svm_squared", "svm_loss", TABLE, losses(9, 52, total=Fraction(61, 2))),
    Hand("svm_squared", "svm_loss", TABLE, losses(3, 10, total=Fraction(13, 2)), SQUARED),
    Hand("svm_true_counted", "svm_loss", TABLE, losses(10, 53, total=Fraction(63, 2)), SQUARED),
    Hand("loss_wrong_label", "svm_loss", TABLE, losses(0, 0, total=0)),
    Hand("loss_orientation", "svm_loss", TABLE, losses(2, 5, total=Fraction(7, 2))),
    Hand("loss_orientation", "svm_loss", TURNED, losses(2, 5, total=Fraction(7, 2)), {"class_axis": 0}),
    Hand("loss_wrong_label", "svm_loss", TURNED, losses(0, 0, total=0), {"class_axis": 0}),
    Hand("loss_not_averaged", "svm_loss", TABLE, losses(total=13)),
    Hand("loss_divided_by_classes", "svm_loss", TABLE, losses(total=Fraction(13, 3))),
    Hand("loss_averaged", "svm_loss", TABLE, losses(total=Fraction(13, 2)), {"reduction": "sum"}),
    Hand("grad_not_divided", "svm_loss", TABLE, {"dscores": ((-1, 1, 0), (1, -2, 1))}, GRADIENT),
    Hand("svm_grad_true", "svm_loss", TABLE, {"dscores": ((-HALF, HALF, 0), (HALF, -HALF, HALF))}, GRADIENT),
    Hand("svm_grad_factor", "svm_loss", TABLE,
         {"dscores": ((Fraction(-3, 2), Fraction(3, 2), 0), (2, -5, 3))}, GRADIENT | SQUARED),
]

# numbers under ln: p = 2/6 and 4/6, L = (ln 3 + ln 1.5)/2
UNDER: dict[str, Any] = {"scores": [[1, 2, 3], [4, 1, 1]], "labels": [1, 0]}
LOGS = {"log_scores": True, "limit": 6}
NO_EXP = log(2) / log(6)
SOFTMAX = [
    Hand("softmax_log10", "softmax_loss", UNDER, losses(log10(3), log10(1.5), total=log10(4.5) / 2), LOGS),
    Hand("softmax_no_minus", "softmax_loss", UNDER, losses(-log(3), -log(1.5), total=-log(4.5) / 2), LOGS),
    Hand("softmax_no_log", "softmax_loss", UNDER, losses(THIRD, 2 * THIRD, total=HALF), LOGS),
    Hand("softmax_no_exp", "softmax_loss", UNDER,
         {"p[0]": NO_EXP, "p[1]": 1, **losses(-log(NO_EXP), 0, total=-log(NO_EXP) / 2)}, LOGS),
    Hand("softmax_no_exp", "softmax_loss", {"scores": [[-1, 2, 3], [4, 1, 1]], "labels": [0, 0]},
         {"p[0]": -Fraction(1, 4), "p[1]": 2 * THIRD, "losses[0]": None, "losses[1]": log(1.5), "loss": None}),
    Hand("softmax_denominator", "softmax_loss", UNDER, {"p[0]": HALF, "p[1]": 2, **losses(log(2), -log(2), total=0)}, LOGS),
    Hand("softmax_denominator", "softmax_loss", UNDER,
         {"p[0]": HALF, "p[1]": 2, **losses(log(2), -log(2), total=0),
          "dscores": ((Fraction(1, 8), -Fraction(1, 4), Fraction(3, 8)), (HALF, Fraction(1, 4), Fraction(1, 4)))},
         LOGS | GRADIENT),
    Hand("softmax_log_of_mean", "softmax_loss", UNDER, losses(total=log(2)), LOGS),
    Hand("loss_orientation", "softmax_loss", UNDER,
         {"p[0]": 2 * THIRD, "p[1]": Fraction(4, 5), **losses(log(1.5), log(1.25), total=log(1.875) / 2)}, LOGS),
    Hand("loss_wrong_label", "softmax_loss", UNDER, {"p[0]": HALF, **losses(log(2), total=log(3) / 2)}, LOGS),
    Hand("loss_not_averaged", "softmax_loss", UNDER, losses(total=log(4.5)), LOGS),
    Hand("loss_divided_by_classes", "softmax_loss", UNDER, losses(total=log(4.5) / 3), LOGS),
    Hand("loss_averaged", "softmax_loss", UNDER, losses(total=log(4.5) / 2), LOGS | {"reduction": "sum"}),
    Hand("grad_not_divided", "softmax_loss", UNDER,
         {"dscores": ((THIRD / 2, -2 * THIRD, HALF), (-THIRD, THIRD / 2, THIRD / 2))}, LOGS | GRADIENT),
    Hand("softmax_grad_minus_one", "softmax_loss", UNDER,
         {"dscores": ((THIRD / 4, THIRD / 2, THIRD * Fraction(3, 4)), (THIRD, THIRD / 4, THIRD / 4))}, LOGS | GRADIENT),
    Hand("softmax_log10", "softmax_loss", {"scores": [[0, 1, -1]], "labels": [0]},
         {"losses[0]": log10(1 + e + 1 / e)}, GRADIENT),
]

# f = x*y + max(z, w): df/dx = -3·2, df/dy = 2·2, df/dz = 2, df/dw = 0
MAX: dict[str, Any] = {"x": 2, "y": -3, "z": 4, "w": 1, "upstream": 2}
S = 1 / (1 + exp(-1.5))
NEURON: dict[str, Any] = {"w": "0.5", "x": 3}
BACKPROP = [
    Hand("bp_mul_own_factor", "backprop", MAX, {"dx": 4, "dy": -6}, {"formula": "product_max"}),
    Hand("bp_mul_unchanged", "backprop", MAX, {"dx": 2, "dy": 2}, {"formula": "product_max"}),
    Hand("bp_upstream", "backprop", MAX, {"dx": -3, "dy": 2, "dz": 1}, {"formula": "product_max"}),
    Hand("bp_upstream_given", "backprop", MAX, {"dx": -3, "dy": 2, "dz": 1}, {"formula": "product_max"}),
    Hand("bp_max", "backprop", MAX, {"dw": 2}, {"formula": "product_max"}),
    # (x + y)·z at x = 1, y = 2, z = 5: inside, x and y get the local 1 of the sum instead of 5
    Hand("bp_upstream", "backprop", {"x": 1, "y": 2, "z": 5}, {"dx": 1, "dy": 1}, {"formula": "sum_times"}),
    Hand("bp_fanout", "backprop", {"a": 2, "b": 3, "upstream": 2}, {"db": 8}, {"formula": "fan_out"}),
    Hand("bp_fanout_other", "backprop", {"a": 2, "b": 3, "upstream": 2}, {"db": 10}, {"formula": "fan_out"}),
    Hand("bp_sigmoid", "backprop", NEURON, {"dz": S, "dw": 3 * S, "dx": S / 2}, {"formula": "z = w * x; f = sigmoid(z)"}),
    Hand("bp_sigmoid_one_minus", "backprop", NEURON,
         {"dz": 1 - S, "dw": 3 - 3 * S, "dx": (1 - S) / 2}, {"formula": "z = w * x; f = sigmoid(z)"}),
    Hand("bp_tanh", "backprop", NEURON, {"dz": 1 - tanh(1.5), "dw": 3 - 3 * tanh(1.5), "dx": (1 - tanh(1.5)) / 2},
         {"formula": "z = w * x; f = tanh(z)"}),
    Hand("bp_inverse", "backprop", {"x": 2}, {"dx": Fraction(1, 4)}, {"formula": "f = 1 / x"}),
    Hand("bp_exp", "backprop", {"x": 2}, {"dx": 2}, {"formula": "f = exp(x)"}),
    Hand("bp_minus", "backprop", {"x": 2, "y": 3}, {"dy": 1}, {"formula": "f = x - y"}),
    Hand("bp_min", "backprop", {"x": 2, "y": 3}, {"dy": 1}, {"formula": "f = min(x, y)"}),
    Hand("bp_relu", "backprop", {"x": 3, "y": 2}, {"dx": 6}, {"formula": "h = relu(x); f = h * y"}),
]
HANDS = [*SVM, *SOFTMAX, *BACKPROP, *chain.from_iterable(own("HANDS").values())]


def pinned(hand: Hand) -> Instance:
    return problem(hand.problem).pin(dict(hand.params), hand.data)


def found(instance: Instance, key: str) -> Mapping[str, Any]:
    return mistaken.results(instance)[key]


def near(mine: Any, theirs: Any) -> bool:
    """Nested numbers of the same shape, equal to 12 digits; None where there is no number."""
    if mine is None or theirs is None:
        return mine is theirs
    if isinstance(mine, (tuple, list)):
        same = isinstance(theirs, (tuple, list)) and len(mine) == len(theirs)
        return same and all(near(*pair) for pair in zip(mine, theirs, strict=True))
    return not isinstance(theirs, (tuple, list)) and abs(float(mine) - float(theirs)) <= CLOSE * max(1, abs(float(mine)))


def disagreeing(wrong: Mapping[str, Any], right: Mapping[str, Any], results: Mapping[str, Any]) -> list[str]:
    """The boxes whose mistaken result is not the one worked out: that which is written down, else the right one."""
    expected = {**right, **wrong}
    assert results.keys() == expected.keys()
    return [key for key, value in expected.items() if not near(value, results[key])]


def answers(instance: Instance) -> dict[str, Any]:
    return {answer.ask.key: answer.value for answer in solve(instance).answers}


@pytest.mark.parametrize("hand", HANDS, ids=[f"{hand.problem}-{hand.key}-{i}" for i, hand in enumerate(HANDS)])
def test_a_mistake_leads_to_the_numbers_worked_out_by_hand(hand: Hand) -> None:
    """Every box: the wrong ones that are written down, and the right ones elsewhere."""
    instance = pinned(hand)
    assert [] == disagreeing(hand.wrong, answers(instance), found(instance, hand.key))


Wrong = Callable[[Any, Any], Any]


def _other(**params: Any) -> Wrong:
    return lambda params_, data: direct.conv(replace(params_, **params), data)


def _transposed(planes: Any) -> Any:
    return [[list(zip(*plane, strict=True)) for plane in bank] for bank in planes]


def _exchanged(params: Any, data: Any) -> Any:
    return direct.conv(params, {**data, "kernels": _transposed(data["kernels"])})


def _one_channel(params: Any, data: Any) -> Any:
    first, *others = data["image"]
    return direct.conv(params, {**data, "image": [first, *([[0] * len(row) for row in plane] for plane in others)]})


def _without_relu(params: Any, data: Any) -> Any:
    plain = direct.conv(replace(params, relu=False), data)
    return plain | {key.replace("conv", "relu"): value for key, value in plain.items() if key.startswith("conv")}


def _spread(params: Any, data: Any) -> Any:
    """The whole gradient in every cell of its window: as if it were spread evenly, times the cells of the window."""
    times = params.pool_size**2
    whole = {**data, "upstream": [[[g * times for g in row] for row in plane] for plane in data["upstream"]]}
    return direct.conv(params, whole, spread=True)


CONV: list[tuple[str, str, Wrong]] = [
    ("conv_flipped", "5x5_stride2", lambda params, data: direct.conv(params, data, flip=True)),
    ("conv_rows_columns", "4x4", _exchanged),
    ("conv_one_channel", "2_channels", _one_channel),
    ("conv_stride", "5x5_stride2", _other(stride=1)),
    ("conv_padding", "dilated", _other(padding=0)),
    ("conv_dilation", "dilated", _other(dilation=1)),
    ("conv_bias", "2_filters", lambda params, data: direct.conv(params, {**data, "bias": (0, 0)})),
    ("conv_relu", "5x5_2x2", _without_relu),
    ("conv_average_for_max", "4x6", _other(pool="avg")),
    ("conv_max_for_average", "average", _other(pool="max")),
    ("conv_pool_stride_one", "4x6", _other(pool_stride=1)),
    ("conv_pool_gradient", "5x5_gradient", _spread),
]


LOOPS = [("conv_relu_pool", *row) for row in CONV] + [(name, *row) for name, rows in own("WRONG").items() for row in rows]


@pytest.mark.parametrize(("name", "key", "label", "wrong"), LOOPS, ids=["-".join(row[:3]) for row in LOOPS])
def test_a_mistaken_task_is_that_of_plain_loops(name: str, key: str, label: str, wrong: Wrong) -> None:
    """Plain loops that make the mistake, on three drawn instances; boxes of another shape included."""
    for turn in range(3):
        instance = draw(name, preset_of(name, label), "mistaken", turn)
        expected = wrong(instance.params, instance.data)
        results = found(instance, key)
        assert [] == [box for box, value in results.items() if not near(value, expected[box])]


def test_the_comparison_can_fail() -> None:
    """The tooth: one number that is not the mistake's, a box that should be right, a shape."""
    hand = SVM[0]
    right, results = answers(pinned(hand)), found(pinned(hand), hand.key)
    assert ["losses[0]"] == disagreeing({**hand.wrong, "losses[0]": 5}, right, results)
    assert ["losses[1]"] == disagreeing({"losses[0]": 4, "loss": Fraction(15, 2)}, right, results)
    assert ["loss"] == disagreeing({**hand.wrong, "loss": (Fraction(15, 2),)}, right, results)


def test_every_mistake_is_worked_out_by_hand() -> None:
    """Of every problem type, over parameters that bring out all of its mistakes."""
    worked = {(hand.problem, hand.key) for hand in HANDS} | {(name, key) for name, key, *_ in LOOPS}
    known = {
        (name, mistake.key)
        for name, chosen in registry.problems().items()
        for params in (*(preset.params for preset in chosen.presets.values()), *map(chosen.with_params, FURTHER.get(name, [])))
        for mistake in chosen.mistakes(params)
    }
    assert known == worked


FURTHER: Mapping[str, list[dict[str, Any]]] = {
    "svm_loss": [{"reduction": "sum"}, {"squared": True, "gradient": True}],
    "softmax_loss": [{"reduction": "sum"}],
    "backprop": [],
    "conv_relu_pool": [],
    **own("FURTHER"),
}
