"""No honest solver is refused: simulated students on every preset, by every route, at several roundings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from examgen import registry
from examgen.model import Answer, Instance
from examgen.solving import Contract, draw, solve
from examgen.students import honest, refused

STUDENTS = 1000
CONTRACTS = (Contract(4, 2), Contract(5, 2), Contract(5, 3))


def presets() -> Iterator[Any]:
    for name, problem in registry.problems().items():
        yield from (pytest.param(name, label, id=f"{name}-{label}") for label in problem.presets)


def drawn(name: str, label: str, contract: Contract, turn: int = 0) -> Instance:
    return draw(name, registry.preset(name, label), "honest", turn, contract=contract)


def widened(answer: Answer, units: Fraction) -> Answer:
    """What is accepted moved outward on each side by so many units of the last decimal asked; inward where they are below 0."""
    more = units / 10**answer.decimals

    def moved(ends: Any) -> Any:
        if not isinstance(ends[0], str):
            return tuple(map(moved, ends))
        low, high = map(Fraction, ends)
        return str(float(low - more)), str(float(high + more))

    return replace(answer, accept=moved(answer.accept))


def wrongly_refused(instance: Instance, contract: Contract, narrowed: Fraction = Fraction(0)) -> int:
    """How many honest answers are refused, of intervals that are narrower on each side by a share of a unit."""
    answers = solve(instance, contract.decimals, working=contract.working).answers
    marked = [widened(answer, -narrowed) for answer in answers] if narrowed else answers
    papers = honest(instance, STUDENTS, contract.working, [answer.decimals for answer in answers])
    return sum(refused(paper, marked) for paper in papers)


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
