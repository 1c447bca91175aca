"""The conformance suite: what every problem type has to keep, on every preset. Authors of problem types run it too.

    from examgen.testing import check_problem
    check_problem(MyProblem())

A check is a function of a `Case` (one preset of one problem with some draws) that raises `CheckFailed`. What one check
is there to report, such as a draw or a proof that fails, the others pass over: they go on with the instances there are.
"""

from __future__ import annotations

from collections.abc import Iterator

from examgen.problem import Problem
from examgen.testing import _answers, _drawing, _mistakes, _paper, _steps  # noqa: F401  # loading them fills the suite
from examgen.testing._case import Case, Check, CheckFailed, Drawn, checks, draw_counted, known
from examgen.testing._kinks import kinks_by_loops
from examgen.testing._pages import Fault, page_counts, page_faults
from examgen.testing._steps import stated

__all__ = [
    "Case",
    "Check",
    "CheckFailed",
    "Drawn",
    "Fault",
    "check_problem",
    "checks",
    "draw_counted",
    "failures",
    "kinks_by_loops",
    "known",
    "page_counts",
    "page_faults",
    "stated",
]


def check_problem(problem: Problem, draws: int = 20) -> None:
    """Runs every check on every preset. Raises: CheckFailed with one line for each that is broken."""
    if found := list(failures(problem, draws)):
        raise CheckFailed("\n".join(found))


def failures(problem: Problem, draws: int = 20) -> Iterator[str]:
    """One sentence for each check and preset that is broken."""
    for label in problem.presets:
        case = Case(problem, label, draws)
        for check in checks():
            try:
                check(case)
            except CheckFailed as failed:
                yield f"{check.__name__}: {failed}"
