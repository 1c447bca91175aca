"""No honest solver is refused: simulated students on every preset, by every route, at several roundings."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from examgen import registry
from examgen.model import Instance, cells
from examgen.solving import Contract, draw, solve
from tests.rounding.students import answers, refused

STUDENTS = 1000
CONTRACTS = (Contract(4, 2), Contract(5, 2), Contract(5, 3))


def presets() -> Iterator[Any]:
    for name, problem in registry.problems().items():
        yield from (pytest.param(name, label, id=f"{name}-{label}") for label in problem.presets)


def drawn(name: str, label: str, contract: Contract, turn: int = 0) -> Instance:
    return draw(name, registry.preset(name, label), "honest", turn, contract=contract)


def wrongly_refused(instance: Instance, contract: Contract, narrowed: Fraction = Fraction(0)) -> int:
    """How many honest answers are refused, of intervals that are narrower on each side by a share of a unit."""
    solution = solve(instance, contract.decimals, working=contract.working)
    places = [answer.decimals for answer in solution.answers]
    accept = {answer.ask.key: list(cells(answer.accept)) for answer in solution.answers}
    found = 0
    for ask, written in answers(instance, STUDENTS, contract.working, places):
        ends, decimals = accept[ask.key], next(a.decimals for a in solution.answers if a.ask.key == ask.key)
        less = float(narrowed / 10**decimals)
        for cell, low, high in zip(written, ends[::2], ends[1::2], strict=True):
            found += refused(cell, str(float(low) + less), str(float(high) - less))
    return found


@pytest.mark.parametrize("contract", CONTRACTS, ids=str)
@pytest.mark.parametrize(("name", "label"), tuple(presets()))
def test_no_honest_student_is_refused(name: str, label: str, contract: Contract) -> None:
    """Whoever rounds as allowed, by whatever route, is marked right."""
    assert 0 == wrongly_refused(drawn(name, label, contract), contract)


def test_a_narrowed_interval_is_noticed() -> None:
    """The tooth: intervals narrower by three quarters of a unit refuse somebody."""
    contract = Contract()
    instances = [drawn("softmax_loss", "3x3", contract, turn) for turn in range(3)]
    assert 0 < sum(wrongly_refused(instance, contract, Fraction(3, 4)) for instance in instances)
