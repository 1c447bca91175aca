"""The formula sheet of an exam: what its problems remind of, each formula once, and tables that are proved as answers are."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

from examgen.answers import rounded
from examgen.exam import Choice, Exam
from examgen.graph import Builder
from examgen.model import Reminder
from examgen.ops import OPS
from examgen.registry import problem
from examgen.render.language import say
from examgen.render.paper import Formulas, FormulaSheet, FunctionTable
from examgen.tabulating import STEP, TABULATED
from examgen.verifying import prove


def formula_sheet(exam: Exam) -> FormulaSheet:
    """What is handed out with every variant: the formulas of all problems that a task may be."""
    choices = [choice for task in exam.tasks for choice in task.choices]
    found: dict[str, dict[Reminder, None]] = {}
    for choice in choices:
        found.setdefault(choice.problem, {}).update(dict.fromkeys(_reminders(choice)))
    groups, printed = [], set[Reminder]()
    for name, reminders in found.items():
        lines = tuple((say(exam.language, each.says), each.latex) for each in reminders if each not in printed)
        printed |= reminders.keys()
        if lines:
            groups.append(Formulas(say(exam.language, problem(name).title), lines))
    return FormulaSheet(tuple(groups), tuple(_tables(exam)))


def _reminders(choice: Choice) -> tuple[Reminder, ...]:
    return problem(choice.problem).reminders(choice.preset.params)


def _tables(exam: Exam) -> Iterator[FunctionTable]:
    """The tables that the exam needs, each to as many decimals as any task keeps that looks into it."""
    for name in exam.tables:
        keeping = [task.working for task in exam.tasks if any(name in choice.tables for choice in task.choices)]
        yield function_table(name, max(keeping))


@lru_cache(maxsize=32)
def function_table(name: str, decimals: int) -> FunctionTable:
    """A function and its derivative from 0 on, rounded half-up. Raises: ProofError where engines disagree."""
    known = TABULATED[name]
    steps = tuple(STEP * count for count in range(int(known.reach / STEP) + 1))
    b = Builder()
    graph = b.build(b.op(name, b.input("z", (len(steps),)), name="f"))
    proof = prove(graph, {"z": steps})
    columns = (rounded(tuple(cells), decimals) for cells in (proof.values["f"], proof.gradients["z"]))
    rows: tuple[tuple[Fraction, ...], ...] = tuple(zip(steps, *columns, strict=True))
    return FunctionTable(OPS[name].latex.format("z"), known.slope, known.rules, rows, decimals)
