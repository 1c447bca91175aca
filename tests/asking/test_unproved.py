"""Keys without proofs: those of a build, but for the closed forms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from examgen.bundle import key_json
from examgen.errors import InputError
from examgen.exam import Exam, read_exam
from examgen.marking import grade
from examgen.mistaken import mistaken
from examgen.model import Instance, cells
from examgen.registry import problem, problems
from examgen.resources import find
from examgen.selecting import variants
from examgen.solving import draw, solve
from examgen.unproved import task_key, unproved_key
from tests.architecture.test_loading import heavy_after
from tests.building.folders import unlike_schema

HOMEWORK = find("variants") / "homework6.toml"
PROVING = ("torch", "sympy")


def built(exam: Exam, count: int) -> dict[str, Any]:
    """The key of a build: every answer solved and proved."""
    solved = []
    for variant in variants(exam, count):
        solutions = [
            solve(instance, task.decimals, working=task.working)
            for task, instance in zip(exam.tasks, variant.instances, strict=True)
        ]
        solved.append((variant, tuple(replace(one, mistakes=mistaken(one)) for one in solutions)))
    return dict(json.loads(json.dumps(key_json(exam, solved))))


def answers(key: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (answer for variant in key["variants"] for task in variant["tasks"] for answer in task["answers"])


@pytest.mark.parametrize("name", ["homework6.toml", "lecture6.toml"])
def test_an_unproved_key_is_that_of_a_build(name: str) -> None:
    """Field by field, pinned numbers and drawn ones; what is exact is not known."""
    exam = read_exam(find("variants") / name)
    wanted, found = built(exam, 2 if exam.drawn else 1), unproved_key(exam, 2 if exam.drawn else 1)
    assert {None} == {cell for answer in answers(found) for cell in cells(answer["exact"])}
    for answer in answers(wanted):
        answer["exact"] = _unknown(answer["exact"])
    assert wanted == found
    assert [] == unlike_schema(found)


@pytest.mark.parametrize(("name", "label"), [(name, label) for name, own in problems().items() for label in own.presets])
def test_the_key_of_one_task_keeps_to_the_schema(name: str, label: str) -> None:
    """And marks its own values as right, every box of them."""
    key = task_key(draw(name, problem(name).presets[label], "key"), "ru", number=12)
    assert [] == unlike_schema(key)
    written = {answer["label"]: answer["value"] for answer in answers(key)}
    mark = grade(key, {label: _text(value) for label, value in written.items()})
    assert mark.points == mark.most > 0
    assert all(label.startswith("12") for label in written)


def _unknown(exact: Any) -> Any:
    return list(map(_unknown, exact)) if isinstance(exact, list) else None


def _text(value: Any) -> str:
    if not isinstance(value, list):
        return str(int(value)) if value == int(value) else f"{value:.6f}"
    return ("; " if isinstance(value[0], list) else " ").join(map(_text, value))


def test_numbers_without_a_value_are_refused() -> None:
    """In one sentence, as everywhere."""
    chosen = problem("backprop")
    instance = Instance("backprop", chosen.with_params({"formula": "f = x / y"}), {"x": 1, "y": 0, "upstream": 1})
    with pytest.raises(InputError, match="has no value, such as a quotient by 0"):
        task_key(instance, "en")


def test_no_engine_that_proves_is_loaded() -> None:
    """Neither for a whole exam nor for practice."""
    exam = f"from examgen.exam import read_exam; exam = read_exam(__import__('pathlib').Path({str(HOMEWORK)!r}))"
    assert "" == heavy_after(f"from examgen.unproved import unproved_key; {exam}; unproved_key(exam)", PROVING)
    drawn = "problem('svm_loss').presets['3x3'], 'a', 'en'))"
    practice = "from examgen.practising import exercises; from examgen.registry import problem"
    assert "" == heavy_after(f"{practice}; next(exercises('svm_loss', {drawn}.solution", PROVING)
