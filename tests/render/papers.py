"""Every kind of paper that is made, as HTML by name: sheets, keys, solutions, homework, slips, formulas and lists.

Every preset and option of every problem is on the sheets; the first preset of each and the options are worked out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from weasyprint import Document

from examgen.exam import Exam, read_exam
from examgen.explaining import solution_steps
from examgen.mistaken import mistaken
from examgen.model import Instance
from examgen.registry import asks_of, problem, problems
from examgen.render.handout import Handout, HandoutRow
from examgen.render.html import formulas_html, handout_html, homework_html, key_html, sheets_html, slips_html, solution_html
from examgen.render.language import say
from examgen.render.paper import SheetVariant, SolvedTask, SolvedVariant
from examgen.render.pdf import lay_out, written
from examgen.render.slips import Remark, Slip
from examgen.resources import find
from examgen.selecting import variants
from examgen.sheets import Solved, marking_tables, solved_variant, strips
from examgen.solving import solve
from examgen.writing import Box, style_for, write
from tests.render.specimens import MORE_OPTIONS, drawn, every_formula, every_variant, head

LANGUAGES = ("en", "ru")
NAMES = ("sheets", "key", "full key", "solution", "homework", "slips", "formulas", "handout")


def solved_task(instance: Instance, number: int, language: str, *, full: bool) -> SolvedTask:
    """One task worked out, with every answer box labelled."""
    boxes = {
        (ask.node, ask.gradient, ask.index or ()): Box(0 if ask.whole else 2, f"{number}{chr(97 + place % 26)}")
        for place, ask in enumerate(asks_of(instance))
    }
    title = say(language, problem(instance.problem).title)
    return SolvedTask(number, title, write(solution_steps(instance), style_for(language), boxes, full=full))


def worked(language: str, instances: Iterable[Instance], *, full: bool) -> SolvedVariant:
    """One variant with these tasks."""
    tasks = (solved_task(instance, i, language, full=full) for i, instance in enumerate(instances, 1))
    return SolvedVariant(1, "PQR01T", tuple(tasks))


def first_presets() -> list[Instance]:
    """One instance of each problem."""
    return [drawn(name, next(iter(found.presets.values())).params) for name, found in problems().items()]


def options() -> list[Instance]:
    """What no preset has."""
    return [drawn(name, problem(name).with_params(given)) for name, given in MORE_OPTIONS]


def slips() -> list[Slip]:
    """Five students: one told much, one all right, one changed by hand."""
    hinge = "The hinge of the true class is not part of the sum."
    remarks = (Remark("1a", "0 of 1", hinge), Remark("2b–2e", "1 of 4", "Wrong."))
    tasks = (("Task 1", "1 of 2"), ("Task 2", "2 of 4"))
    first = Slip("Ada Lovelace", "Variant K00QMX · Group 1", "Points: 3 of 6", tasks, remarks, "Right: 1b.", "Grade: 3")
    return [first, *(replace(first, name=f"Student {i}", before="before: 2 of 6", remarks=()) for i in range(4))]


def everybody() -> Handout:
    """A list of more than a page, with seats, groups and spare sheets."""
    seated = [HandoutRow(i, i % 5 + 1, f"K{i:02d}QMX", i // 9 + 1, i % 9 + 1, f"Student {i}", "7") for i in range(1, 60)]
    return Handout(seated, [HandoutRow(60, 1, "K60QMX")])


@cache
def _exam(language: str) -> tuple[Exam, tuple[Solved, ...]]:
    """The lecture's exam with two variants, solved, and what mistakes lead to."""
    exam = read_exam(find("variants") / "lecture6.toml", language=language)
    solved = (
        (one, [replace(found, mistakes=mistaken(found)) for found in (solve(instance) for instance in one.instances)])
        for one in variants(exam, 2)
    )
    return exam, tuple(solved)


def key(language: str, *, full: bool) -> str:
    """The key of the lecture's exam, with one solution."""
    exam, solved = _exam(language)
    worked = solved_variant(exam, *solved[0], full=full)
    return key_html(head(language, sample=True), marking_tables(exam, solved), strips(exam, solved), [worked])


def some_variants(language: str) -> tuple[SheetVariant, ...]:
    """The sheets of every preset, in turn in one language and the other; conformance sets each in both."""
    return every_variant(language)[LANGUAGES.index(language) :: 2]


@cache
def papers(language: str) -> dict[str, str]:
    """The HTML of every kind of paper."""
    told = head(language)
    return {
        "sheets": sheets_html(head(language, sample=True, exam="0A1B2C3D"), some_variants(language)),
        "key": key(language, full=False),
        "full key": key(language, full=True),
        "solution": solution_html(told, worked(language, options(), full=False)),
        "homework": homework_html(told, worked(language, first_presets(), full=True).tasks, screen=False),
        "slips": slips_html(told, slips()),
        "formulas": formulas_html(told, every_formula(language)),
        "handout": handout_html(told, everybody()),
    }


@cache
def laid_out(language: str) -> dict[str, Document]:
    """Every kind of paper in pages."""
    return {name: lay_out(html) for name, html in papers(language).items()}


@cache
def printed(language: str) -> dict[str, bytes]:
    """The PDF of every kind of paper, as `write_pdf` writes it."""
    return {name: written(document) for name, document in laid_out(language).items()}
