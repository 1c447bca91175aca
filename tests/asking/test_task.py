"""A task on a terminal: all that its sheet states, nothing that its key does."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from functools import cache

import pytest

from examgen import explaining
from examgen.model import Instance, cells
from examgen.registry import problem, problems
from examgen.render.language import languages, say
from examgen.render.notation import num
from examgen.render.paper import CLASSES, SheetTask
from examgen.sheets import sheet_task
from examgen.solving import draw
from examgen.writing import Style, equation, prose, style_for
from tests.asking.reading import task_text
from tests.render.specimens import MORE_OPTIONS, drawn

CASES = [(name, label) for name, chosen in problems().items() for label in chosen.presets]
NUMBER = re.compile(r"(?<![\w₀-₉])−?\d+(?:[.,]\d+)?(?![\w])")


@cache
def instance_of(name: str, label: str) -> Instance:
    return draw(name, problem(name).presets[label], "asked")


def text_style(language: str) -> Style:
    return replace(style_for(language), text=True)


def words(text: str) -> str:
    """On one line, without what makes words bold."""
    return " ".join(text.replace("**", "").replace("$$", " ").split())


def written(cell: Fraction | int, comma: bool) -> set[str]:
    """A number as it stands in a text: alone, or in a table with one decimal."""
    return {num(cell, comma), *([num(cell, comma, 1)] if 10 % Fraction(cell).denominator == 0 else [])}


def given_numbers(task: SheetTask, comma: bool) -> set[str]:
    """Every number of the data as it may stand in a text; labels are named instead."""
    found = [cell for name, value in task.data.items() if name != "labels" for cell in cells(value)]
    return {text for cell in found for text in written(cell, comma)}


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(("name", "label"), CASES)
def test_a_task_says_what_its_sheet_says(name: str, label: str, language: str) -> None:
    """Title, every convention word for word, every line of the formula, and each box with its points; in 80 columns."""
    task, style = sheet_task(3, instance_of(name, label), language), text_style(language)
    text = task_text(task, style)
    shown = words(text)
    assert say(language, problem(name).title) in shown
    assert [] == [said for said in task.says.values() if words(prose(said)) not in shown]
    assert [] == [line for line in task.formula if words(equation(line)) not in shown]
    for box in task.boxes:
        (line,) = (line for line in text.splitlines() if line.strip().startswith(f"{box.label} "))
        assert line.endswith(say(language, "%(value)s p.", {"value": num(box.points, style.comma)}))
        offered = zip(box.letters, box.options, strict=True)
        assert [] == [option for letter, option in offered if words(f"{letter}) {prose(option)}") not in shown]
    assert [] == [line for line in text.splitlines() if len(line) > 80]
    assert not set(text) & set("\\{}$*")


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(("name", "label"), CASES)
def test_every_given_number_is_there(name: str, label: str, language: str) -> None:
    """As often as the task has it; true classes by their names beside scores, elsewhere in words, counted from 1."""
    task, style = sheet_task(3, instance_of(name, label), language), text_style(language)
    text = task_text(task, style)
    found = NUMBER.findall(text)
    for value in (value for key, value in task.data.items() if key not in ("label", "labels", "upstream")):
        flat = list(cells(value))
        for cell in set(flat):
            assert flat.count(cell) <= sum(map(found.count, written(cell, style.comma))), cell
    if (upstream := task.data.get("upstream", 1)) != 1:
        assert {num(cell, style.comma) for cell in cells(upstream)} <= set(found)
    framed = "scores" in task.data
    for label_ in cells(task.data.get("labels", task.data.get("label", ()))):
        assert say(language, CLASSES[label_]) in text if framed else str(label_ + 1) in found
    assert framed == bool(re.search(r"\[[^]]*\d\]", text))


@pytest.mark.parametrize(("name", "label"), CASES)
def test_no_answer_is_there(name: str, label: str) -> None:
    """With answers that no given number equals, the numbers of the text are those given, said or counted."""
    instance = instance_of(name, label)
    task, style = sheet_task(3, instance, "en"), text_style("en")
    offered = (option for box in task.boxes for option in box.options)
    said = " ".join((*map(prose, task.says.values()), *map(equation, task.formula), *map(prose, offered)))
    sizes = {str(size) for box in task.boxes for size in (*box.shape, 1)}
    known = given_numbers(task, False) | set(NUMBER.findall(said)) | sizes
    known |= {str(box.decimals) for box in task.boxes} | {num(box.points) for box in task.boxes} | {num(task.points), "3"}
    known |= {str(i + 1) for i in range(len(list(cells(task.data.get("labels", ())))))}
    assert set() == set(NUMBER.findall(task_text(task, style))) - known


@pytest.mark.parametrize(("name", "label"), CASES)
def test_nothing_is_worked_out(name: str, label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine runs and nothing is reckoned for a task that is only asked."""
    task = sheet_task(3, instance_of(name, label), "en")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something is worked out")

    monkeypatch.setattr(explaining._numpy, "run", refuse)
    monkeypatch.setattr(explaining, "reckon", refuse)
    assert task_text(task, text_style("en"))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("place", range(len(MORE_OPTIONS)))
def test_other_parameters_are_told_too(place: int, language: str) -> None:
    """Sums, squares, logarithms in columns, padding, averages, statements of one's own."""
    name, changes = MORE_OPTIONS[place]
    task = sheet_task(1, drawn(name, problem(name).with_params(changes)), language)
    shown = words(task_text(task, text_style(language)))
    assert [] == [said for said in task.says.values() if words(prose(said)) not in shown]
    assert not set(shown) & set("\\{}$*")


SHEET = """\
Task 1. Multiclass SVM loss · 4 p. ─────────────────────────────────────────────
The table holds a classifier's scores: a column is an image, a row is a class;
sᵢⱼ is the score of image i for class j, and yᵢ is the true class. The score of
the true class is framed. For each image find the multiclass SVM loss with
margin 1:
    Lᵢ = Σ_(j≠yᵢ) max(0, sᵢⱼ − s_(i,yᵢ) + 1)
Then find the mean over the images L = (L₁ + L₂ + L₃)/3. No squares and no
regularisation.

               image 1   image 2   image 3
  cat            [2.1]       1.6       2.1
  car              3.0     [3.2]       2.8
  frog            −2.0       3.7     [3.8]
  true class       cat       car      frog

Find:
  1a  L₁  decimals: 2  1 p.
  1b  L₂  decimals: 2  1 p.
  1c  L₃  decimals: 2  1 p.
  1d  L   decimals: 2  1 p.

"""


def test_the_lecture_s_scores_as_they_are_read() -> None:
    """Heads on both sides, frames in line with the other numbers, boxes as a table."""
    chosen = problem("svm_loss")
    scores = [["2.1", "1.6", "2.1"], ["3.0", "3.2", "2.8"], [-2, "3.7", "3.8"]]
    task = sheet_task(1, chosen.pin({"class_axis": 0}, {"scores": scores}), "en")
    assert SHEET == task_text(task, text_style("en"))
