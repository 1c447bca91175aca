"""The rules that every problem type of examgen keeps, each a test of its own, and one answer from outside of the graph."""

import pytest
from examgen_linear_neuron.linear_neuron import PROBLEM

from examgen.solving import solve
from examgen.testing import Case, checks

CASES = [Case(PROBLEM, label) for label in PROBLEM.presets]


@pytest.mark.parametrize("case", CASES, ids=[case.label for case in CASES])
@pytest.mark.parametrize("check", checks(), ids=[check.__name__ for check in checks()])
def test_problem_conforms(case, check):
    """The check's docstring says which rule it is."""
    check(case)


def test_a_worked_example():
    """p = 2 · 1 − 3 · 2 + 1 = −3 and t = −5, hence L = 2² and the gradients 2 · 2 · (1, 2) and 2 · 2."""
    solved = solve(PROBLEM.pin({}, {"x": [1, 2], "w": [2, -3], "b": 1, "t": -5}))
    assert [answer.value for answer in solved.answers] == [-3, 4, (4, 8), 4]
