"""The worked solutions of the solvers: what random tasks' steps state is reckoned again, soon, and at extremes too."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import examgen
from examgen import formula
from examgen.errors import InputError
from examgen.model import Step
from examgen.reckoning import reckon, same
from examgen.testing import stated

CASES = 40


def wrong(steps: tuple[Step, ...]) -> list[str]:
    """What a step states and is not so."""
    return [
        f"{step.key}: {told} is {reckon(form)}, stated {value}"
        for step in steps
        for told, form, value in stated(step)
        if not same(reckon(form), Fraction(value))
    ]


def losses(random: np.random.Generator) -> Any:
    samples, classes = random.integers(1, 5), random.integers(2, 6)
    scores = random.integers(-30, 31, (samples, classes)) / random.choice([1, 10, 100])
    how: dict[str, Any] = {"reduction": str(random.choice(["mean", "sum"]))}
    labels = random.integers(0, classes, samples)
    if random.integers(2):
        scores, how["class_axis"] = scores.T, 0
    if random.integers(2):
        return examgen.softmax_loss(scores * random.choice([1, 100]), labels, **how)
    return examgen.svm_loss(scores, labels, margin=int(random.integers(1, 4)), squared=bool(random.integers(2)), **how)


def networks(random: np.random.Generator) -> Any:
    groups = int(random.choice([1, 1, 2]))
    channels, filters = groups * int(random.integers(1, 3)), groups * int(random.integers(1, 3))
    kernels = random.integers(-2, 3, (filters, channels // groups, *random.integers(1, 4, 2)))
    image = random.integers(-3, 6, ((2,) if random.integers(3) == 0 else ()) + (channels, *random.integers(7, 10, 2)))
    how = {
        "stride": tuple(map(int, random.integers(1, 3, 2))), "padding": int(random.integers(0, 2)),
        "dilation": int(random.integers(1, 3)), "groups": groups, "relu": bool(random.integers(2)),
        "pool": [None, "max", "avg"][random.integers(3)], "pool_padding": int(random.integers(0, 2)),
    }
    bias = random.integers(-2, 3, filters) if random.integers(2) else None
    return examgen.conv_relu_pool(image, kernels, bias=bias, upstream=int(random.integers(-2, 3)), **how)


FORMULAS = (
    "f = (x + y) * (y - 2) / (x * x + 1)",
    "h = relu(v @ W + b); L = log(sum(exp(h))) - sum(y * h)",
    "m = max(v) - min(v, axis=0, keepdims=True); f = mean(m * v) ** 2",
    "c = 0.5; s = sigmoid(c * W.T @ v); f = s[0] * tanh(s[1]) + abs(y) + sqrt(x * x + 2)",
    "f = sum(max(W, b) * cos(v[1]) - sin(x) / exp(y))",
)


def formulas(random: np.random.Generator) -> Any:
    text = FORMULAS[random.integers(len(FORMULAS))]
    data = {"x": 1, "y": 2, "v": (2,), "W": (2, 3), "b": (3,)}
    drawn = {
        name: random.integers(-4, 5, dims) / 2 if isinstance(dims, tuple) else float(random.integers(-4, 5)) / 2
        for name, dims in data.items()
        if name in formula.names(text)
    }
    if text.startswith("c ="):
        drawn["W"] = drawn["W"][:, :2]
    return examgen.backprop(text, drawn, upstream=int(random.integers(1, 3)))


@pytest.mark.parametrize("drawn", [losses, networks, formulas], ids=lambda drawn: drawn.__name__)
def test_steps_of_random_tasks_recompute(drawn: Any) -> None:
    """Every expression of every step, of tasks of all shapes, is the number beside it."""
    for case in range(CASES):
        result = drawn(np.random.default_rng(case))
        assert [] == wrong(result.steps), case


def test_a_wrong_step_is_noticed() -> None:
    """The tooth: the steps of one task do not hold for the numbers of another."""
    from dataclasses import replace

    step = examgen.svm_loss([[1, 2, 4]], [0]).steps[1]
    spoilt = replace(step, lines=(replace(step.lines[0], value=step.lines[0].value + 1), *step.lines[1:]))
    assert [] == wrong((step,))
    assert 2 <= len(wrong((spoilt,)))


EXTREMES = {
    "scores of 10,000": lambda: examgen.softmax_loss([[1e4, 0, -1e4], [1500, 0, 3]], [2, 0]),
    "the largest score is 0": lambda: examgen.softmax_loss([[0, -30, -40]], [2]),
    "a sigmoid far below 0": lambda: examgen.backprop("f = log(sigmoid(x))", {"x": -120}),
    "a small exponential": lambda: examgen.backprop("f = 1 / exp(x)", {"x": -120}),
    "gates of vectors": lambda: examgen.backprop("f = sum(exp(cos(sin(x))))", {"x": np.linspace(-1, 1, 30).round(2)}),
    "all letters for a loss taken": lambda: examgen.backprop("L * J * E * Q", dict.fromkeys("LJEQ", 2), upstream=2),
    "a cell like a name": lambda: examgen.backprop("x1 = sum(x); f = x1 * x1", {"x": [1, 2]}),
    "ties": lambda: examgen.backprop("f = max(x, y) + max(z) + relu(w)", {"x": 1, "y": 1, "z": [1, 1], "w": 0}),
    "a picture": lambda: examgen.conv_relu_pool(np.arange(784).reshape(28, 28) % 7, np.eye(3), upstream=1),
}


@pytest.mark.parametrize("case", EXTREMES)
def test_steps_at_extremes(case: str) -> None:
    """Numbers far from 1, names that clash, ties and pictures: all steps hold, and a notebook shows what can be read."""
    result = EXTREMES[case]()
    assert [] == wrong(result.steps)
    shown = result._repr_html_()
    assert (shown is None) == (case == "a picture") or "step" in shown


def refusals() -> Iterator[Any]:
    yield examgen.backprop("f = x ** 200", {"x": 1.23456789})
    yield examgen.conv_relu_pool(np.ones((101, 101)), None)


def test_steps_that_cannot_be_read_are_refused() -> None:
    """Numbers of hundreds of digits, or ten thousand of them, have no worked solution; answers are marked all the same."""
    for result in refusals():
        with pytest.raises(InputError, match="worked solution"):
            _ = result.steps
        assert result._repr_html_() is None
    result = next(refusals())
    assert result.accepts("f", str(int(result.value)))
