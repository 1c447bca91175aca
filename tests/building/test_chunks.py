"""A chunk of variants is solved as every variant is by itself, and says which of them fails."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from examgen.build import _solve_chunk
from examgen.engines._engine import Evaluation
from examgen.errors import ProofError
from examgen.exam import Exam, read_exam
from examgen.mistaken import mistaken
from examgen.selecting import variants
from examgen.solving import solve
from examgen.verifying import engine

LECTURE = Path(__file__).parents[2] / "variants" / "lecture6.toml"
COUNT = 5


@pytest.fixture(scope="module")
def exam() -> Exam:
    return read_exam(LECTURE)


def test_a_chunk_holds_what_each_variant_holds(exam: Exam) -> None:
    """Two problems in turn in its first task, and each with the mistakes of its own."""
    drawn = variants(exam, COUNT)
    alone = []
    for variant in drawn:
        pairs = zip(exam.tasks, variant.instances, strict=True)
        found = [solve(instance, task.decimals, "cpu", task.working) for task, instance in pairs]
        alone.append(tuple(replace(solution, mistakes=mistaken(solution)) for solution in found))
    assert list(map(repr, alone)) == list(map(repr, _solve_chunk(exam, drawn, "cpu")))


def wrong_once(right: Any) -> Any:
    """PyTorch with a value wrong in the last instance of every stack."""

    def evaluate(graph: Any, *given: Any, count: int | None = None, **more: Any) -> Evaluation:
        found = right(graph, *given, count=count, **more)
        if count is None:
            return Evaluation(found.values, found.gradients)
        array = np.array(found.values[graph.output])
        array[-1:] += 1
        return Evaluation({**found.values, graph.output: array}, found.gradients)

    return evaluate


def test_a_failed_proof_in_a_chunk_names_variant_and_task(exam: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last of the variants whose first task is of the first variant's problem, and the engine."""
    drawn = variants(exam, COUNT)
    monkeypatch.setattr(engine("torch"), "evaluate", wrong_once(engine("torch").evaluate))
    last = [one for one in drawn if one.instances[0].problem == drawn[0].instances[0].problem][-1]
    assert 1 < last.number
    with pytest.raises(ProofError) as failed:
        _solve_chunk(exam, drawn, "cpu")
    said = f"variant {last.number} ({last.code}), task 1: torch and sympy disagree on the value of "
    assert str(failed.value).startswith(said)
