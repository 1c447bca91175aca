"""The conformance suite over every installed problem and preset."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from examgen import registry
from examgen.testing import Case, Check, checks

DRAWS = 10


@cache
def case(name: str, label: str) -> Case:
    """One case for all checks of a preset: what is drawn, proved and rendered is kept in it."""
    return Case(registry.problem(name), label, DRAWS)


def presets() -> Iterator[Any]:
    for name, problem in registry.problems().items():
        for label in problem.presets:
            # one worker for all checks of a preset, since they share its case
            yield pytest.param(name, label, id=f"{name}-{label}", marks=pytest.mark.xdist_group(f"{name}-{label}"))


@pytest.mark.parametrize("check", checks(), ids=lambda check: check.__name__)
@pytest.mark.parametrize(("name", "label"), tuple(presets()))
def test_problem_conforms(name: str, label: str, check: Check) -> None:
    """A preset keeps a rule of the suite (the check's docstring says which)."""
    check(case(name, label))


def test_there_are_problems_to_check() -> None:
    """A suite that finds nothing would pass."""
    assert {"svm_loss", "softmax_loss", "backprop", "conv_relu_pool"} <= set(registry.problems())
