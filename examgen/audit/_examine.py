"""What one task of one variant shows: effort, printed answers, mistakes told apart, and how simulated students fare."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from examgen.differing import Printed, marks_of
from examgen.effort import Profile, numbers_of, profile_of, work_of
from examgen.exam import Task
from examgen.honesty import Unbounded
from examgen.mistaken import alike, results, told_apart
from examgen.model import Instance
from examgen.sheets import Variant
from examgen.solving import Contract, unproved
from examgen.students import Marked, marked

NOBODY = Marked(0, 0, 0, {})


@dataclass(frozen=True)
class Measured:
    """The numbers of one task of one variant.

    `answers` are the printed cells of each box, in units of `effort.GRID` decimals; `marks` is what no other variant should
    have, by rule; `final` is the final answer.
    """

    variant: int
    profile: Profile
    answers: tuple[Printed, ...]
    marks: Mapping[str, Hashable]
    final: Printed


@dataclass(frozen=True)
class Tested:
    """The marking of one task of one variant.

    `told` are the boxes in which a marker sees a mistake, by mistake; `same` are pairs of mistakes with the same results.
    Both are empty, and nobody sat the task, where rounding can lead to anything, which pinned numbers alone may do.
    """

    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    same: tuple[tuple[str, str], ...] = ()
    marked: Marked = NOBODY


def measured(number: int, instance: Instance, decimals: int) -> Measured:
    """Effort and numbers. Raises: ArithmeticError where a number is infinite or none at all."""
    work = work_of(instance)
    numbers = numbers_of(work, instance.data)
    marks = marks_of(work, numbers, instance.data, decimals)
    profile = profile_of(work, numbers, instance, decimals)
    return Measured(number, profile, marks.answers, marks.rules, marks.final)


def tested(tasks: Sequence[Task], variants: Sequence[Variant], students: int) -> list[tuple[Tested, ...]]:
    """Every task of some variants, sat by `students` of each route and of each mistake."""
    return [
        tuple(_tested(task, instance, students, variant.number) for task, instance in paired(tasks, variant))
        for variant in variants
    ]


def paired(tasks: Sequence[Task], variant: Variant) -> Iterator[tuple[Task, Instance]]:
    """Every task with the numbers that a variant gives it."""
    return zip(tasks, variant.instances, strict=True)


def _tested(task: Task, instance: Instance, students: int, seed: int) -> Tested:
    contract = Contract(task.working, task.decimals)
    try:
        answers = unproved(instance, contract)
    except Unbounded:
        return Tested()
    same = tuple(alike(results(instance)))
    told = told_apart(instance, {answer.ask.key: answer.accept for answer in answers}, contract.decimals)
    return Tested(told, same, marked(instance, answers, contract.working, students, students, seed))
