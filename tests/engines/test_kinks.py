"""Every convention of the op table, where it decides: all engines give the numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from examgen.engines import _numpy, _sympy, _torch
from examgen.engines._engine import Evaluation
from examgen.engines._numpy_numbers import leaf, zeros
from examgen.graph import kinks
from examgen.model import cells
from examgen.ops import OPS
from examgen.solving import exact_values
from examgen.verifying import prove
from tests.engines.kink_cases import KINKS, Kink

ENGINES: dict[str, Callable[..., Evaluation]] = {
    "numpy exact": lambda graph, data, upstream: _numpy.evaluate(graph, data, upstream, "exact"),
    "numpy float64": lambda graph, data, upstream: _numpy.evaluate(graph, data, upstream, "float"),
    "sympy": _sympy.evaluate,
    "torch": _torch.evaluate,
}


def plain(value: Any) -> list[Fraction]:
    """Row by row, as fractions: all numbers here are exact in binary."""
    listed = value.tolist() if hasattr(value, "tolist") else value
    return [Fraction(float(cell)) for cell in cells(listed)]


def wrong(found: Evaluation, expected: Kink) -> list[str]:
    """What differs from the numbers worked out by hand."""
    pairs: Mapping[str, tuple[Any, Any]] = {
        "value": (expected.value, found.values["f"]),
        **{name: (gradient, found.gradients[name]) for name, gradient in expected.gradients.items()},
    }
    return [name for name, (by_hand, got) in pairs.items() if plain(by_hand) != plain(got)]


def test_every_convention_has_a_case() -> None:
    """An op with a kink rule or a convention of another kind cannot be added without a case here."""
    stated = {op.name for op in OPS.values() if op.convention or op.kinks}
    assert stated == {case.op for case in KINKS.values()}


def test_every_kink_rule_states_its_convention() -> None:
    """Where there is no derivative, the table says what is taken for it."""
    assert [] == [op.name for op in OPS.values() if op.kinks and not op.convention]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", KINKS)
def test_engines_follow_the_convention(name: str, engine: str) -> None:
    """Value and gradients at the kink are those of the stated convention."""
    case = KINKS[name]
    assert [] == wrong(ENGINES[engine](case.graph, case.data, case.upstream), case)


def test_leaves_of_the_float_engine() -> None:
    """Are float64, whatever they were, and are copied only for that; zeros are 0 also where nothing says of which kind."""
    given = np.array([1.5, 2])
    assert given is leaf(given, "float")
    assert [np.dtype(np.float64)] * 2 == [leaf(given.astype(kind), "float").dtype for kind in (np.float32, np.int64)]
    assert [0, 0] == zeros((2,), np.empty((0,), dtype=object)).tolist()


@pytest.mark.parametrize("name", KINKS)
def test_kinks_are_proved_too(name: str) -> None:
    """Pinned numbers on a kink have an answer that all engines share."""
    case = KINKS[name]
    proof = prove(case.graph, {**case.data, "upstream": case.upstream})
    assert plain(case.value) == proof.values["f"]


@pytest.mark.parametrize("name", [name for name, case in KINKS.items() if OPS[case.op].kinks and case.beside])
def test_kink_rule_finds_the_kink_and_only_that(name: str) -> None:
    """On the kink the rule speaks of the op; beside it, it is silent."""
    case = KINKS[name]
    found = [list(kinks(case.graph, exact_values(case.graph, data or {}))) for data in (case.data, case.beside)]
    assert all(sentence.startswith(f"f: {case.op}") for sentence in found[0])
    assert [True, False] == [bool(sentences) for sentences in found]


def test_another_slope_would_show() -> None:
    """The tooth: data beside the kink, where the slope is another, do not give the numbers of the convention."""
    for case in KINKS.values():
        if case.beside:
            assert wrong(_torch.evaluate(case.graph, case.beside, case.upstream), case)
