"""Every score and convolution preset against PyTorch's own functions and autograd, called without the graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from tests.oracles import torch_code
from tests.oracles.direct import Expected
from tests.oracles.drawn import CASES, differing, solved
from tests.oracles.own import own

BOUND = Fraction(1, 10**12)
ORACLES: dict[str, Callable[..., Expected]] = {
    "svm_loss": torch_code.svm,
    "softmax_loss": torch_code.softmax,
    "conv_relu_pool": torch_code.conv,
    **own("by_torch"),
}
TORCH_CASES = [(name, label) for name, label in CASES if name in ORACLES]
MISTAKES: dict[str, Callable[[Any, Any], Expected]] = {
    "svm_loss": lambda params, data: torch_code.svm(params, data, times_classes=False),
    "softmax_loss": lambda params, data: torch_code.softmax(params, {**data, "labels": _next(params, data["labels"])}),
    "conv_relu_pool": lambda params, data: torch_code.conv(params, data, turned=True),
    **own("misused_torch"),
}


def _next(params: Any, labels: tuple[int, ...]) -> tuple[int, ...]:
    return tuple((label + 1) % params.classes for label in labels)


@pytest.mark.parametrize(("name", "label"), TORCH_CASES)
def test_answers_are_those_of_torch(name: str, label: str) -> None:
    """Every box of every drawn instance, to the rounding of float64."""
    for instance, answers in solved(name, label):
        expected = ORACLES[name](instance.params, instance.data)
        assert [] == list(differing(expected, answers, BOUND))


@pytest.mark.parametrize(("name", "label"), TORCH_CASES)
def test_torch_used_wrongly_disagrees(name: str, label: str) -> None:
    """`multi_margin_loss` with its division by C, labels shifted by one, filters turned: on every drawn instance."""
    for instance, answers in solved(name, label):
        assert list(differing(MISTAKES[name](instance.params, instance.data), answers, BOUND))


@pytest.mark.parametrize("name", ["svm_loss", "softmax_loss"])
def test_torch_without_the_mean_disagrees(name: str) -> None:
    """The sum for the mean: the loss and, where asked, the gradient differ."""
    instance, answers = solved(name, "3x3_gradient")[0]
    expected = ORACLES[name](replace(instance.params, reduction="sum"), instance.data)
    assert ["loss", "dscores"] == list(differing(expected, answers, BOUND))
