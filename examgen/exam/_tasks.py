"""The tasks of a definition: their presets, parameters and points, checked against the exam and against each other."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, product
from typing import Any

from examgen.errors import DrawError, InputError
from examgen.exam._data import Choice, Task, enough
from examgen.exam._keys import Definition, TaskKeys, band_of
from examgen.fairness import reference
from examgen.points import Points, distribute
from examgen.printing import length
from examgen.problem import Preset, Problem, same_minutes, shown
from examgen.registry import graph_of, preset, problem, tables_of, unrounded
from examgen.solving import Contract, check_values, draw, exact_values
from examgen.tabulating import off_the_table


def task_of(number: int, task: TaskKeys, exam: Definition) -> Task:
    try:
        names = task.problem if isinstance(task.problem, list) else [task.problem]
        if not names or not all(isinstance(name, str) for name in names):
            raise InputError("problem: give a name, or a list of names that alternate from variant to variant")
        if len({*names}) < len(names):
            raise InputError(f"problem = {shown(names)}: name each problem once")
        if task.data is not None and len(names) > 1:
            raise InputError("data: pinned numbers belong to one problem, name only one")
        working = exam.working if task.working is None else task.working
        decimals = exam.decimals if task.decimals is None else task.decimals
        if working <= decimals:
            raise InputError(f"working = {working}: must be above decimals = {decimals}, or rounding spoils the answer")
        choices = tuple(_choice(name, task, names, exam, Contract(working, decimals)) for name in names)
        _check_alternates(choices, band_of(exam.band), exam)
        points = _points(task.points)
        _check_points(choices, points)
        space = length(exam.space if task.space is None else task.space)
        return Task(number, choices, points, working, decimals, space)
    except InputError as error:
        raise InputError(f"task {number}: {error}") from None


def _choice(name: str, task: TaskKeys, names: list[str], exam: Definition, contract: Contract) -> Choice:
    chosen = problem(name)
    label = _for(name, task.preset, names, "preset")
    given = task.params if len(names) == 1 else _for(name, task.params, names, "params") or {}
    if label is not None and not isinstance(label, str):
        raise InputError(f"preset: give a name, one of {', '.join(chosen.presets)}")
    start = preset(name, label) if label is not None else None
    if task.data is not None:
        instance = chosen.pin(given, task.data, start.params if start else None)
        check_values(instance)
        final = _changed(chosen, start or preset(name, chosen.default), instance.params)
        _check_forms(name, "with these numbers", final, exam)
        values = exact_values(graph_of(name, final.params), instance.data)
        tables = () if off_the_table(graph_of(name, final.params), values) else _looked_up(name, final, exam)
        return Choice(name, label or "pinned", final, instance, *_minutes(name, start, final, contract), instance, tables)
    label = chosen.default if label is None else label
    start = preset(name, label)
    final = _changed(chosen, start, chosen.with_params(given, start.params)) if given else start
    _check_forms(name, label, final, exam)
    if not _allowed(name, final, exam):
        raise InputError(_calculator_sentence(name, label, final, exam))
    try:
        example, tables = draw(name, final, "example", contract=contract), _looked_up(name, final, exam)
        return Choice(name, label, final, example, *_minutes(name, start, final, contract), None, tables)
    except DrawError as error:
        raise InputError(str(error)) from None


def _check_forms(name: str, label: str, wanted: Preset, exam: Definition) -> None:
    """What is left as a logarithm has to be an answer that the exam takes."""
    if unrounded(name, wanted.params) and not exam.exact_forms:
        raise InputError(
            f"exact_forms = false: {name} {label} is worked out without a calculator, its answers stay fractions and"
            " logarithms: set exact_forms = true, or take another preset"
        )


def _check_alternates(choices: tuple[Choice, ...], band: Fraction, exam: Definition) -> None:
    """Problems take turns only where they take about the same time, as far as that is known."""
    for one, other in combinations(choices, 2):
        if one.minutes is None or other.minutes is None or _alike(one.minutes, other.minutes, band):
            continue
        apart = (
            f"{one.problem} {one.label} takes {one.minutes:g} minutes and {other.problem} {other.label} {other.minutes:g},"
            f" more than band = {float(100 * band):g} % apart"
        )
        fits = _fitting(one, other, band, exam)
        remedy = f"{one.problem} {fits[0]} and {other.problem} {fits[1]} fit" if fits else "make two tasks of them"
        raise InputError(f"preset: {apart}: {remedy}")


def _alike(x: float, y: float, band: Fraction) -> bool:
    return bool(abs(x - y) <= band * max(x, y))


def _fitting(one: Choice, other: Choice, band: Fraction, exam: Definition) -> tuple[str, str] | None:
    """Presets of two problems that take about the same time: one of those chosen, if that can be, else near to them."""
    pairs: list[tuple[int, float, int, tuple[str, str]]] = []
    for (a, x), (b, y) in product(_timed(one, exam), _timed(other, exam)):
        if _alike(x, y, band):
            further = abs(x - (one.minutes or 0)) + abs(y - (other.minutes or 0))
            pairs.append(((a != one.label) + (b != other.label), further, len(pairs), (a, b)))
    return min(pairs)[-1] if pairs else None


def _timed(choice: Choice, exam: Definition) -> list[tuple[str, float]]:
    """The presets of a problem that the exam's calculator and tables allow, with their minutes."""
    known = problem(choice.problem).presets.items()
    return [(label, sum(start.minutes) / 2) for label, start in known if _allowed(choice.problem, start, exam)]


def _changed(chosen: Problem, start: Preset, params: Any) -> Preset:
    """A preset with other parameters, the calculator that these need, and room that nobody has counted."""
    room = start.room if params == start.params else None
    return replace(start, params=params, calculator=chosen.calculator(params), room=room)


def _minutes(name: str, start: Preset | None, final: Preset, contract: Contract) -> tuple[float | None, bool]:
    """The middle of a preset's minutes, and whether it is estimated: in proportion to the arithmetic that parameters make."""
    if start is None:
        return None, False
    stated = sum(start.minutes) / 2
    if same_minutes(start.params, final.params):
        return stated, False
    try:
        longer = reference(name, final, contract).seconds / reference(name, start, contract).seconds
    except DrawError:
        return None, False
    return max(0.5, round(2 * stated * longer) / 2), True


def _allowed(name: str, wanted: Preset, exam: Definition) -> bool:
    return enough(wanted, exam.calculator) or bool(_looked_up(name, wanted, exam))


def _looked_up(name: str, wanted: Preset, exam: Definition) -> tuple[str, ...]:
    """The functions that stand on the formula sheet because the exam's calculator lacks them."""
    return tables_of(name, wanted.params) if exam.formulas and not enough(wanted, exam.calculator) else ()


def _calculator_sentence(name: str, label: str, wanted: Preset, exam: Definition) -> str:
    stated = preset(name, label)
    changed = " with these params" if wanted.params != stated.params else ""
    fits = [other for other, known in problem(name).presets.items() if _allowed(name, known, exam)]
    table = "" if exam.formulas or not tables_of(name, wanted.params) else " hand out tables (formulas = true),"
    return (
        f"preset {label!r} of {name}{changed} needs calculator = {wanted.calculator!r}, the exam allows {exam.calculator!r}:"
        f" change that,{table} or take {', '.join(fits) or 'another problem'}"
    )


def _for(name: str, given: Any, names: list[str], what: str) -> Any:
    """A task's preset or parameters: a table by problem, which has to be one where problems alternate."""
    if not isinstance(given, dict):
        if given is not None and len(names) > 1:
            raise InputError(f"{what} = {shown(given)}: with several problems give a table, one entry for each problem")
        return given
    if unknown := [other for other in given if other not in names]:
        raise InputError(f"{what} has an entry {unknown[0]!r}: give a table with entries for {', '.join(names)}")
    found = given.get(name)
    if what == "params" and not isinstance(found, dict | None):
        raise InputError(f"params.{name} = {shown(found)}: expected a table")
    return found


def _points(given: Any) -> Points:
    if given is None:
        return None
    if isinstance(given, dict):
        return {name: _point(value) for name, value in given.items()}
    return _point(given)


def _point(value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not Decimal(value).is_finite() or value <= 0:
        raise InputError(f"points: {shown(value)} is not possible, give a number above 0, whole or half")
    if value > 100:
        raise InputError(f"points: {shown(value)} is too much, a task carries at most 100")
    return Fraction(value)


def _check_points(choices: tuple[Choice, ...], points: Points) -> None:
    for choice in choices:
        try:
            distribute(problem(choice.problem).asks(choice.example.params), points)
        except InputError as error:
            raise InputError(f"points ({choice.problem}): {error}") from None
