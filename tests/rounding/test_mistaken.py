"""No mistake goes unseen: simulated students of every preset who make one, and round as honest ones do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from examgen import mistaken as mistakes
from examgen import registry
from examgen.mistaken import results
from examgen.model import Instance, cells, shape
from examgen.registry import asks_of
from examgen.solving import STANDARD, unproved
from examgen.students import accepted, mistaken
from tests.rounding.marking import STUDENTS, drawn, presets, widened

VARIANTS = 5


def wrongly_accepted(instance: Instance, seed: int, students: int, more: int = 0) -> Counter[str]:
    """Of each mistake how many students are right in all boxes, of intervals wider on each side by so many units."""
    answers = [widened(answer, Fraction(more)) for answer in unproved(instance, STANDARD)]
    papers = mistaken(instance, students, STANDARD.working, [answer.decimals for answer in answers], seed)
    return +Counter({key: accepted(paper, answers) for key, paper in papers})


@pytest.mark.parametrize(("name", "label"), tuple(presets()))
def test_no_mistaken_student_is_right_everywhere(name: str, label: str) -> None:
    """Whoever makes a mistake that is no exception misses at least one box, however they round."""
    for turn in range(VARIANTS):
        instance = drawn(name, label, STANDARD, turn)
        spared = registry.problem(name).exceptions(instance.params)
        assert set() == wrongly_accepted(instance, turn, STUDENTS // VARIANTS).keys() - spared.keys()


def test_a_widened_interval_is_noticed() -> None:
    """The tooth: intervals wider by three units accept somebody who averages the probabilities."""
    instances = [drawn("softmax_loss", "3x3_log", STANDARD, turn) for turn in range(20)]
    found = [wrongly_accepted(instance, turn, 100, more=3) for turn, instance in enumerate(instances)]
    assert {"softmax_log_of_mean"} == set().union(*found)


def test_drawing_without_a_margin_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: where a mistaken result may lie right beside what is accepted, somebody rounds it into it."""
    monkeypatch.setattr(mistakes, "MARGIN", 0)
    instances = [drawn("softmax_loss", "3x3_log", STANDARD, turn) for turn in range(5)]
    found = [wrongly_accepted(instance, turn, 100) for turn, instance in enumerate(instances)]
    assert {"softmax_log_of_mean"} == set().union(*found)


def strays(instance: Instance) -> Iterator[str]:
    """Boxes in which students who keep nine decimals write something else than the mistake leads to in exact numbers."""
    exact, asks = results(instance), {ask.key: ask for ask in asks_of(instance)}
    for key, paper in mistaken(instance, 20, 9, [9] * len(asks)):
        for box, written in paper.items():
            value, near = exact[key][box], 0.01 if asks[box].whole else 1e-6
            wanted = list(cells(value)) if value is not None and shape(value) == asks[box].shape else []
            found = [cell for cell in written or () if np.isfinite(cell).all()]
            apart = (np.abs(cell - float(number)).max() for cell, number in zip(found, wanted, strict=False))
            if len(found) != len(wanted) or max(apart, default=0) > near:
                yield f"{key}: {box}"


@pytest.mark.parametrize(("name", "label"), tuple(presets()))
def test_students_make_the_mistake_they_are_said_to_make(name: str, label: str) -> None:
    """What they write is what exact numbers say, box by box, and nothing where nobody gets there."""
    assert [] == list(strays(drawn(name, label, STANDARD)))
