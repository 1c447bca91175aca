"""Sheets and keys as HTML: every number in its slot, every convention in words, no answer anywhere."""

from __future__ import annotations

import dataclasses
import re
from fractions import Fraction
from html import unescape
from typing import Any

import pytest
from jinja2 import UndefinedError

from examgen.model import Instance, cells, nest, shape
from examgen.registry import problem
from examgen.render.html import key_html, sheets_html
from examgen.render.notation import num, places, prose
from examgen.render.paper import SheetTask, SheetVariant
from examgen.sheets import sheet_task
from tests.render.specimens import drawn, every_variant, head, key_of, seed_variants

LANGUAGES = ("en", "ru")
LOGARITHMS = {"log_scores": True, "limit": 6}


def text(html: str) -> str:
    """The words of a page, spaces evened out."""
    return " ".join(unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)).split())


def slots(html: str) -> list[str]:
    """What stands in the number slots, in order."""
    return [text(slot) for slot in re.findall(r'<span class="[^"]*\bslot\b[^"]*"[^>]*>(.*?)</span>', html, re.DOTALL)]


def framed(html: str) -> list[str]:
    """The scores in frames."""
    return [text(cell) for cell in re.findall(r'<td class="framed">(.*?)</td>', html, re.DOTALL)]


def page(task: SheetTask, **changes: Any) -> str:
    """A sheet with one task."""
    return sheets_html(head("en", **changes), [SheetVariant(1, "AAAAAA", (task,))])


def svm(**given: Any) -> SheetTask:
    """An SVM task with these parameters."""
    return sheet_task(1, drawn("svm_loss", problem("svm_loss").with_params(given)), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_convention_stands_on_the_sheet(language: str) -> None:
    """Whatever a problem says is printed, in words, for every preset and option."""
    for variant in every_variant(language):
        html = sheets_html(head(language), [variant])
        assert [] == [key for key, said in variant.tasks[0].says.items() if str(prose(said)) not in html]


def test_a_convention_unknown_to_the_template_is_printed_too() -> None:
    """A problem may say more than its template knows."""
    task = svm()
    assert "A new convention." in text(page(dataclasses.replace(task, says={**task.says, "new": "A new convention."})))


def classes_told(task: SheetTask, name: str, language: str) -> bool:
    """Whether a convention tells the true classes, counted from 1, and another one others: a structure of its own."""
    labels = list(cells(task.data[name]))
    others = nest([int(not label) for label in labels], shape(task.data[name]))
    other = sheet_task(1, Instance(task.problem, task.params, {**task.data, name: others}), language)
    told = " ".join(said for key, said in task.says.items() if said != other.says[key])
    return [str(label + 1) for label in labels] == re.findall(r"(?<=[ =])[0-9]+(?=[,$*])", told)


def test_classes_that_are_told_wrongly_are_found() -> None:
    """The teeth: words for other classes, and the same words for all."""
    task = sheet_task(1, drawn("affine_scores", problem("affine_scores").presets["svm"].params), "en")
    assert classes_told(task, "label", "en")
    label = task.data["label"]
    assert not classes_told(dataclasses.replace(task, data={**task.data, "label": (label + 1) % 3}), "label", "en")
    silent = {key: said for key, said in task.says.items() if key != "scores"}
    assert not classes_told(dataclasses.replace(task, says=silent), "label", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_of_the_data_has_its_slot(language: str) -> None:
    """What differs between variants stands in slots, so that it can be stamped; true classes are framed or told in words."""
    for variant in every_variant(language):
        (task,) = variant.tasks
        printed = slots(sheets_html(head(language), [variant]))
        for name, value in task.data.items():
            if name in ("label", "labels"):
                assert "scores" in task.data or classes_told(task, name, language), (task.problem, name)
                continue
            decimals = places(cells(value)) if name == "scores" else None
            logarithm = "ln " if name == "scores" and getattr(task.params, "log_scores", False) else ""
            wanted = {logarithm + num(cell, language == "ru", decimals) for cell in cells(value)}
            assert wanted <= set(printed), (task.problem, name)


@pytest.mark.parametrize("class_axis", [0, 1])
def test_the_true_class_is_framed_and_named(class_axis: int) -> None:
    """One frame per image, around the score of its label, in either orientation; heads on both sides."""
    task = svm(samples=2, classes=3, class_axis=class_axis)
    html = page(task)
    rows = task.data["scores"] if class_axis else list(zip(*task.data["scores"], strict=True))
    true = [num(row[label], decimals=1) for row, label in zip(rows, task.data["labels"], strict=True)]
    assert sorted(true) == sorted(framed(html))
    assert 2 == len(re.findall(r'<td class="true"><span class="slot">(?:cat|car|frog)<', html))
    assert {"image 1", "image 2", "cat", "car", "frog"} <= {text(h) for h in re.findall(r"<th scope.*?</th>", html)}


def test_a_moved_frame_is_found() -> None:
    """The tooth of the frames: another label frames another score."""
    task = svm(samples=1, classes=3)
    moved = dataclasses.replace(task, data={**task.data, "labels": ((task.data["labels"][0] + 1) % 3,)})
    assert framed(page(task)) != framed(page(moved))


def test_head_and_rules_say_what_is_allowed() -> None:
    """Time, calculator, decimals and exact forms, in words."""
    task = svm()
    found = text(page(task, minutes=30, calculator="none", working=3, decimals=1, exact_forms=False))
    for words in ("Time: 30 minutes", "no calculator", "at least 3 decimals", "answers to 1.", "are not allowed"):
        assert words in found
    assert "scientific calculator allowed" in text(page(task))
    assert "ln are allowed" in text(page(task))


def test_a_box_with_other_decimals_says_so() -> None:
    """The rule of the head is for the others; whole numbers are never rounded."""
    task = svm(samples=2)
    finer = tuple(dataclasses.replace(box, decimals=2 + i) for i, box in enumerate(task.boxes))
    found = text(page(dataclasses.replace(task, boxes=finer)))
    assert "Round 1b to 3 decimals. Round 1c to 4 decimals." in found
    assert "Round 1a" not in found


def test_what_stays_a_logarithm_is_not_to_be_rounded() -> None:
    """The sheet asks for fractions and logarithms, and no box of such a task for decimals; the tooth: of others some do."""
    given = {"samples": 1, "gradient": True}
    logarithms = page(sheet_task(1, drawn("softmax_loss", problem("softmax_loss").with_params(given | LOGARITHMS)), "en"))
    assert "leave the probabilities as fractions, the losses and" in text(logarithms)
    assert "Round 1" not in text(logarithms)
    decimals = page(sheet_task(1, drawn("softmax_loss", problem("softmax_loss").with_params(given)), "en"))
    assert "Round 1c to 3 decimals." in text(decimals)


HANDED_OUT = {
    "en": ("a sheet of formulas", " is handed out", "calculator · a sheet of formulas with a table of σ , tanh is handed out"),
    "ru": ("выдаётся лист с формулами", "", "калькулятор не разрешён · выдаётся лист с формулами и таблицей σ , tanh"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_head_says_what_is_handed_out(language: str) -> None:
    """Formulas, and tables where there are some; nothing where there is no such sheet."""
    (variant,) = seed_variants(language)
    plain, end, tabled = HANDED_OUT[language]
    pages = [
        text(sheets_html(head(language, **changes), [variant]))
        for changes in ({}, {"formulas": True}, {"formulas": True, "tables": (r"\sigma", r"\tanh"), "calculator": "none"})
    ]
    assert [False, True, True] == [plain in page for page in pages]
    assert f" · {plain}{end}" in pages[1] and tabled in pages[2]


def test_points_stand_beside_boxes_and_in_the_table() -> None:
    """Halves are printed as decimals, and the table adds up."""
    (variant,) = seed_variants("ru")
    html = sheets_html(head("ru"), [variant])
    assert sum(len(task.boxes) for task in variant.tasks) == html.count('class="answer ')
    total = num(sum((box.points for task in variant.tasks for box in task.boxes), Fraction(0)), comma=True)
    assert f"<td>{total}</td></tr>" in html


def test_boxes_have_the_shape_of_the_answer() -> None:
    """A 2×2 map is asked in brackets with four cells, a number in a box."""
    (variant,) = seed_variants("en")
    conv = variant.tasks[2]
    html = page(conv)
    blanks = re.findall(r'<table [^>]*class="matrix blank"[^>]*>(.*?)</table>', html, re.DOTALL)
    assert [4, 4] == [blank.count("<td>") for blank in blanks]
    assert 1 == html.count('<span class="box">')


def test_a_sheet_has_no_place_for_an_answer() -> None:
    """Neither the data nor the template knows the word; only the key prints accepted values."""
    fields = {field.name for kind in (SheetTask, SheetVariant) for field in dataclasses.fields(kind)}
    assert not fields & {"answer", "answers", "accepted", "solution", "exact", "value"}


@pytest.mark.parametrize(("language", "word"), [("en", "SAMPLE"), ("ru", "ОБРАЗЕЦ")])
def test_a_sample_says_so_and_an_exam_does_not(language: str, word: str) -> None:
    """On sheets and keys alike."""
    variants = seed_variants(language)
    tables, strips = key_of(variants)
    for sample in (True, False):
        told = head(language, sample=sample)
        assert sample == (word in sheets_html(told, variants))
        assert sample == (word in key_html(told, tables, strips))


def test_markup_in_a_title_is_text() -> None:
    """A title cannot bring elements of its own."""
    html = sheets_html(head("en", title="<img src=x> & more"), seed_variants("en"))
    assert "<img" not in html
    assert "&lt;img src=x&gt; &amp; more" in html


def test_what_a_template_does_not_know_is_an_error() -> None:
    """A parameter that is missing does not become an empty place on paper."""
    with pytest.raises(UndefinedError):
        page(dataclasses.replace(svm(), params=None))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_key_shows_every_accepted_value_of_every_variant(language: str) -> None:
    """In the marking sheet and in the strip, with code and box label, an array cell by cell."""
    variants = (*seed_variants(language, 2), *every_variant(language))
    tables, strips = key_of(variants)
    for html, rows in (
        (key_html(head(language), tables, ()), [(table.boxes, row) for table in tables for row in table.rows]),
        (key_html(head(language), (), strips), [(task.boxes, task) for strip in strips for task in strip.tasks]),
    ):
        wanted = sum(len(list(cells(found.rounded))) for _, row in rows for found in row.accepted)
        nameless = re.sub(r'<th scope="row".*?</th><td class="code".*?</td>|<h3>.*?</h3>', "", html, flags=re.DOTALL)
        assert wanted == len(slots(nameless)) < len(slots(html))
        assert all(variant.code in html for variant in variants)
        assert all(f">{box.label}<" in html for boxes, _ in rows for box in boxes)


def test_exact_forms_stand_in_the_key_where_they_are_allowed() -> None:
    """19/15 beside 1.27, unless only decimals are marked right."""
    tables, strips = key_of(seed_variants("en"))
    assert 'class="exact"' in key_html(head("en"), tables, strips)
    assert 'class="exact"' not in key_html(head("en", exact_forms=False), tables, strips)
