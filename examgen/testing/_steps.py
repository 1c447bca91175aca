"""Checks of worked solutions: what a step states is reckoned again, every answer is reached, every word is translated."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

from examgen.model import Exact, Expression, Leaf, Line, Solution, Step, cells, pick
from examgen.reckoning import reckon, same
from examgen.render.html import steps_html
from examgen.render.language import languages
from examgen.render.paper import Head
from examgen.testing._case import Case, check, untranslated
from examgen.writing import Style, write


@check
def steps_recompute(case: Case) -> None:
    """Every expression of a worked solution, reckoned out by itself, is the number that the step states."""
    for solution, steps in case.explained:
        for step in steps:
            for told, expression, value in stated(step):
                found = reckon(expression)
                case.expect(same(found, Fraction(value)), f"step {step.key}: {told} is {found}, stated is {value}")
        for told, value, proved in _answered(solution, steps):
            case.expect(same(value, proved), f"the steps give {told} as {value}, and proved is {proved}")


def stated(step: Step) -> Iterator[tuple[str, Expression, Exact]]:
    """(of what, an expression, what it is said to be) for all that the step says."""
    for line in step.lines:
        yield from ((line.symbol or "a line", form, line.value) for form in (*line.forms, *_general(line)))
    for edge in step.edges:
        yield from ((f"the slope of {edge.gate}", form, edge.slope) for form in edge.local)
        yield f"the part of {edge.source}", Leaf(Fraction(edge.upstream.value) * Fraction(edge.slope)), edge.value


def _general(line: Line) -> tuple[Expression, ...]:
    return () if line.general is None else (line.general,)


def _answered(solution: Solution, steps: tuple[Step, ...]) -> Iterator[tuple[str, Fraction, Fraction]]:
    """(box, number of a step, proved number) for every line and grid cell that fills a box, whole or in part."""
    for answer in solution.answers:
        for what, value in _filling(steps):
            node, gradient, index = what
            if (node, gradient) == (answer.ask.node, answer.ask.gradient):
                own = answer.ask.index or ()
                if index[: len(own)] == own:
                    numbers = zip(cells(value), cells(pick(answer.value, index[len(own) :])), strict=True)
                    yield from ((answer.ask.key, Fraction(x), Fraction(y)) for x, y in numbers)


def _filling(steps: tuple[Step, ...]) -> Iterator[tuple[Any, Exact]]:
    for step in steps:
        yield from ((line.what, line.value) for line in step.lines if line.what)
        yield from ((grid.what, grid.rows) for grid in step.grids if grid.what)


@check
def steps_state_every_answer(case: Case) -> None:
    """Each box is filled by a line or a grid of the worked solution, in the short form too."""
    for solution, steps in case.explained:
        for form, shown in (("long", steps), ("short", tuple(step for step in steps if step.brief))):
            filled = {what for what, _ in _filling(shown)}
            for answer in solution.answers:
                ask = answer.ask
                there = (ask.node, ask.gradient, ask.index or ()) in filled
                case.expect(there, f"the {form} worked solution does not state the answer {ask.key}")


@check
def steps_are_worded(case: Case) -> None:
    """A worked solution is written, for paper and for a terminal, in every language without a word of another."""
    for _, steps in case.explained:
        said = [step.says for step in steps] + [line.note for step in steps for line in step.lines if line.note]
        for language in languages():
            for message in untranslated(language, said):
                case.fail(f"the catalogue {language} does not translate {message!r} of a worked solution")
    for (_, steps), language in product(case.explained[:1], languages()):
        head = Head("", language)
        for text in (False, True):
            written = write(steps, Style(language, head.decimal_comma, text=text), {})
            case.expect(written, "the worked solution is empty")
            left = [step.says for step in written if "%(" in step.says or (text and "$" in step.says)]
            case.expect(not left, f"a place is not filled in {left}")
        case.expect(steps_html(head, write(steps, Style(language, head.decimal_comma), {})), "nothing is set")
