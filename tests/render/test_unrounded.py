"""Where nothing is rounded, sheet, key and solution say so alike: fractions and logarithms first, decimals beside them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from examgen.exam import Exam, read_exam
from examgen.render.html import key_html, sheets_html, solution_html
from examgen.selecting import variants
from examgen.sheets import Solved, head, sheet_variant, solved_variant, strips
from examgen.solving import solve
from tests.render.test_sheet import text

DEFINITION = 'title = "T"\nlanguage = "en"\nvariants = 1\nseed = "a seed of nothing rounded"\ncalculator = "scientific"\n'
LOGARITHMS, DECIMALS = "3x3_log", "3x3"


@cache
def solved(*presets: str) -> tuple[Exam, Solved]:
    """An exam of softmax losses with its one variant solved."""
    tasks = "".join(f'[[task]]\nproblem = "softmax_loss"\npreset = "{preset}"\n' for preset in presets)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "exam.toml"
        path.write_text(DEFINITION + tasks, encoding="utf-8")
        exam = read_exam(path)
    (variant,) = variants(exam)
    return exam, (variant, tuple(map(solve, variant.instances)))


def finals(preset: str) -> list[Any]:
    """The lines of a worked solution that fill a box."""
    exam, (variant, solutions) = solved(preset)
    (task,) = solved_variant(exam, variant, solutions).tasks
    return [line for step in task.steps for line in step.lines if line.final]


def test_a_solution_frames_what_the_sheet_asks_for() -> None:
    """The exact form, its decimals as a remark; the tooth: where a calculator is used, the rounded number."""
    kept = finals(LOGARITHMS)
    assert 7 == len(kept)
    assert all(line.answer == "" and line.forms[-1][0] == "=" for line in kept)
    assert 5 <= sum(line.note.startswith("≈ ") for line in kept)
    assert all(line.answer and not line.note.startswith("≈ ") for line in finals(DECIMALS))


def test_a_frame_goes_around_a_whole_fraction() -> None:
    """A box of its own, as high as what is in it; numbers of one storey have none."""
    exam, (variant, solutions) = solved(LOGARITHMS)
    html = solution_html(head(exam), solved_variant(exam, variant, solutions))
    framed = [part.partition("</math>")[0] for part in html.split('<span class="final storeys">')[1:]]
    assert framed and all("<mfrac" in part for part in framed)


def test_a_key_has_exact_forms_first() -> None:
    """And the decimals that somebody else may have written behind them; the tooth: with a calculator it is the other way."""
    for preset, first in ((LOGARITHMS, True), (DECIMALS, False)):
        exam, one = solved(preset)
        html = text(key_html(head(exam), (), strips(exam, [one])))
        assert first == ("≈ " in html)
    exam, one = solved(LOGARITHMS)
    (strip,) = strips(exam, [one])
    assert all(found.kept for task in strip.tasks for found in task.accepted)
    assert 6 <= sum(found.exact is not None for task in strip.tasks for found in task.accepted)


def test_a_sheet_speaks_of_rounding_only_where_something_is_rounded() -> None:
    """Not above logarithms alone; above a task with decimals beside them it does."""
    for presets, told in (((LOGARITHMS,), False), ((LOGARITHMS, DECIMALS), True)):
        exam, (variant, _) = solved(*presets)
        assert told == ("Keep at least 4 decimals" in text(sheets_html(head(exam), [sheet_variant(exam, variant)])))
