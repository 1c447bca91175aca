"""No honest solver is refused: simulated students on every preset, by every route, at several roundings."""

from __future__ import annotations

from fractions import Fraction

import pytest

from examgen.model import Instance
from examgen.solving import Contract, solve
from examgen.students import honest, refused
from tests.rounding.marking import STUDENTS, drawn, presets, widened

CONTRACTS = (Contract(4, 2), Contract(5, 2), Contract(5, 3))


def wrongly_refused(instance: Instance, contract: Contract, narrowed: Fraction = Fraction(0)) -> int:
    """How many honest answers are refused, of intervals that are narrower on each side by a share of a unit."""
    answers = [widened(answer, -narrowed) for answer in solve(instance, contract.decimals, working=contract.working).answers]
    papers = honest(instance, STUDENTS, contract.working, [answer.decimals for answer in answers])
    return sum(refused(paper, answers) for paper in papers)


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
