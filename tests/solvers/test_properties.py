"""Random work agrees with PyTorch in values and gradients, and a wrong rule does not.

The same cases, ten thousand of each kind, are run by benchmarks/solver_properties.py.
"""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest

from examgen.engines import _numpy
from tests.solvers.comparing import BOUND, CASES, formula_compared, words

COUNT = 150
FEW = {"torch": 20, "sympy": 5}


def worst(name: str, count: int, **how: Any) -> tuple[float, str]:
    found = [CASES[name](Random(f"suite {name} {i}"), **how) for i in range(count)]
    return max((each.worst, each.case) for each in found)


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_torch(name: str) -> None:
    """Every cell within a billionth of PyTorch's."""
    difference, case = worst(name, COUNT)
    assert difference <= BOUND, case


@pytest.mark.parametrize("engine", FEW)
@pytest.mark.parametrize("name", CASES)
def test_other_engines_give_the_same(name: str, engine: str) -> None:
    """The results are one function's, whatever engine finds them."""
    difference, case = worst(name, FEW[engine], engine=engine)
    assert difference <= BOUND, case


def _one_off(right: Any) -> Any:
    return lambda node, *x: np.asarray(right(node, *x)) * (1 + 1e-8)


RULES = {
    "losses": ("others", "pick", "relu", "step", "put_others", "one_hot", "softmax", "cross_entropy", "mean", "transpose"),
    "conv": ("conv2d", "relu", "maxpool", "avgpool", "conv2d_dx", "conv2d_dk", "maxpool_dx", "avgpool_dx", "spread", "sum_to"),
    "formulas": (
        "add", "sub", "mul", "div", "neg", "pow", "exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "abs", "step",
        "sign", "maximum", "minimum", "share", "sum", "mean", "amax", "amin", "extreme_share", "matmul", "transpose",
        "getitem", "put", "sum_to", "spread",
    ),
}


@pytest.mark.parametrize(("name", "op"), [(name, op) for name, ops in RULES.items() for op in ops])
def test_a_rule_that_is_a_hundred_millionth_off_is_noticed(monkeypatch: pytest.MonkeyPatch, name: str, op: str) -> None:
    """The cases reach every rule: spoilt in the table, each shows in one of them."""
    monkeypatch.setitem(_numpy.TABLE, op, _one_off(_numpy.TABLE[op]))
    assert any(CASES[name](Random(f"suite {name} {i}")).worst > BOUND for i in range(COUNT))


def _later_maximum(node: Any, g: Any, x: Any) -> Any:
    """The last of equal cells in a window, not the first."""
    return RIGHT(node, g[..., ::-1, ::-1], x[..., ::-1, ::-1])[..., ::-1, ::-1]


RIGHT = _numpy.TABLE["maxpool_dx"]
CONVENTIONS = {
    "slope 1 of ReLU at 0": ("formulas", "step", lambda node, x: (x >= 0) * 1.0),
    "slope 1 of the hinge at 0": ("losses", "step", lambda node, x: (x >= 0) * 1.0),
    "slope 1 of abs at 0": ("formulas", "sign", lambda node, x: np.where(x >= 0, 1.0, -1.0)),
    "a tie all to the first": ("formulas", "share", lambda node, x, y: (x >= y) * 1.0),
    "the last maximum of a window": ("conv", "maxpool_dx", _later_maximum),
}


@pytest.mark.parametrize("label", CONVENTIONS)
def test_another_convention_at_a_kink_is_noticed(monkeypatch: pytest.MonkeyPatch, label: str) -> None:
    """Whole numbers put the cases on kinks and ties, where only the convention decides."""
    name, op, wrong = CONVENTIONS[label]
    monkeypatch.setitem(_numpy.TABLE, op, wrong)
    assert any(CASES[name](Random(f"suite {name} {i}")).worst > BOUND for i in range(COUNT))


NET = (
    "h = relu(x @ W1 + b1); s = h @ W2 + b2; L = log(sum(exp(s))) - sum(y * s)",
    "L = mean(log(sum(exp(relu(X @ W1 + b1) @ W2 + b2), axis=1)) - sum(Y * (relu(X @ W1 + b1) @ W2 + b2), axis=1))",
)
SIZES = {"x": (4,), "X": (5, 4), "W1": (4, 6), "b1": (6,), "W2": (6, 3), "b2": (3,), "y": (3,), "Y": (5, 3)}


@pytest.mark.parametrize("text", NET)
def test_two_layer_net(text: str) -> None:
    """A net with softmax loss, in statements and in one line."""
    rng = np.random.default_rng(1)
    inputs = {name: rng.standard_normal(dims) for name, dims in SIZES.items() if name in words(text)}
    assert formula_compared(Random("net"), text, inputs).worst <= BOUND
