"""What stands under an answer strip: mistakes that differ look different, and those that do not stand together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from examgen.exam import Exam, read_exam
from examgen.mistaken import mistaken
from examgen.model import Solution
from examgen.render.paper import StripTask
from examgen.selecting import variants
from examgen.sheets import Variant, strips
from examgen.solving import solve

EXAM = 'title = "T"\nvariants = 6\nseed = "correct horse battery staple"\ncalculator = "scientific"\n'
TASKS = (("conv_relu_pool", "5x5_stride2"), ("svm_loss", "3x3_gradient"), ("backprop", "product_max"))


@pytest.fixture(scope="module")
def exam(tmp_path_factory: pytest.TempPathFactory) -> Exam:
    path = tmp_path_factory.mktemp("strips") / "exam.toml"
    tasks = (f'[[task]]\nproblem = "{name}"\npreset = "{label}"\n' for name, label in TASKS)
    Path(path).write_text(EXAM + "".join(tasks), encoding="utf-8")
    return read_exam(path)


@pytest.fixture(scope="module")
def solved(exam: Exam) -> list[tuple[Variant, tuple[Solution, ...]]]:
    found = []
    for variant in variants(exam):
        solutions = [solve(instance) for instance in variant.instances]
        found.append((variant, tuple(replace(one, mistakes=mistaken(one)) for one in solutions)))
    return found


@pytest.fixture(scope="module")
def shown(exam: Exam, solved: list[tuple[Variant, tuple[Solution, ...]]]) -> list[tuple[Solution, StripTask]]:
    """Every solution with its part of a strip."""
    printed = strips(exam, solved)
    return [
        pair for (_, solutions), strip in zip(solved, printed, strict=True) for pair in zip(solutions, strip.tasks, strict=True)
    ]


def alike(shown: list[tuple[Solution, StripTask]]) -> Iterator[str]:
    """Rows of one strip that look the same."""
    for _, strip in shown:
        rows = [misled.found for misled in strip.mistakes]
        yield from (misled.says for misled in strip.mistakes if rows.count(misled.found) > 1)


def test_mistakes_that_differ_look_different(shown: list[tuple[Solution, StripTask]]) -> None:
    """A row for each result in key.json, and no two rows with the same numbers."""
    assert [] == list(alike(shown))
    for solution, strip in shown:
        assert len({tuple(mistake.results.items()) for mistake in solution.mistakes}) == len(strip.mistakes)


def test_rows_that_look_the_same_are_noticed(shown: list[tuple[Solution, StripTask]]) -> None:
    """The tooth: with the last number alone, as of a map that is pooled, some do."""
    last = [
        (solution, replace(strip, mistakes=tuple(replace(row, found=row.found[-1:]) for row in strip.mistakes)))
        for solution, strip in shown
    ]
    assert list(alike(last))


def test_mistakes_with_the_same_results_stand_together(shown: list[tuple[Solution, StripTask]]) -> None:
    """A forgotten factor and a given gradient taken as 1, in a circuit two gates deep: both rules in one row."""
    rows = [row.says for solution, strip in shown if solution.instance.problem == "backprop" for row in strip.mistakes]
    first = "Multiply the local derivative by the gradient from above."
    assert f"{first} The gradient given at the output multiplies all the others." in rows
