"""What tests on simulated students share: every preset, a variant of it, and answers that accept more or less."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from examgen import registry
from examgen.model import Answer, Instance
from examgen.solving import Contract, draw

STUDENTS = 1000


def presets() -> Iterator[Any]:
    for name, problem in registry.problems().items():
        yield from (pytest.param(name, label, id=f"{name}-{label}") for label in problem.presets)


def drawn(name: str, label: str, contract: Contract, turn: int = 0) -> Instance:
    return draw(name, registry.preset(name, label), "honest", turn, contract=contract)


def widened(answer: Answer, units: Fraction) -> Answer:
    """Accepts so many units of the last decimal asked more on each side; less where they are below 0."""
    more = units / 10**answer.decimals

    def moved(ends: Any) -> Any:
        if not isinstance(ends[0], str):
            return tuple(map(moved, ends))
        low, high = map(Fraction, ends)
        return str(float(low - more)), str(float(high + more))

    return replace(answer, accept=moved(answer.accept))
