"""The formula sheet: the formulas of every problem that a task may be, each once, and tables that can be read by ear too."""

from __future__ import annotations

import io
import re
from fractions import Fraction
from pathlib import Path

import pikepdf
import pytest

from examgen.exam import read_exam
from examgen.formulas import formula_sheet, function_table
from examgen.render.html import formulas_html
from examgen.render.paper import FormulaSheet
from examgen.render.pdf import lay_out, write_pdf
from examgen.sheets import head
from tests.render.test_sheet import text

LANGUAGES = ("en", "ru")
DEFINITION = """
title = "T"
variants = 4
seed = "sample"
calculator = "none"
formulas = true
[[task]]
problem = ["svm_loss", "softmax_loss"]
preset = { svm_loss = "3x3_gradient", softmax_loss = "3x3_log" }
[[task]]
problem = "backprop"
preset = "sigmoid_neuron"
working = 5
[[task]]
problem = "backprop"
preset = "fan_out_relu"
[[task]]
problem = "conv_relu_pool"
preset = "5x5_gradient"
"""

GRADIENTS = """
title = "T"
variants = 4
seed = "sample"
formulas = true
[[task]]
problem = "softmax_loss"
preset = "3x3_gradient"
[[task]]
problem = "svm_loss"
preset = "3x3_gradient"
[[task]]
problem = "conv_relu_pool"
preset = "5x5_gradient"
"""


@pytest.fixture(autouse=True)
def _no_seed_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXAMGEN_SEED", raising=False)


def made(folder: Path, language: str, definition: str = DEFINITION) -> tuple[FormulaSheet, str]:
    """The sheet of an exam, as data and as a page."""
    path = folder / "exam.toml"
    path.write_text(definition, encoding="utf-8")
    exam = read_exam(path, language=language)
    sheet = formula_sheet(exam)
    return sheet, formulas_html(head(exam), sheet)


def test_it_holds_the_formulas_of_all_that_a_task_may_be(tmp_path: Path) -> None:
    """Also of problems that take turns, so that it tells nothing of a variant; in the order of the tasks."""
    sheet, _ = made(tmp_path, "en")
    titles = ["Multiclass SVM loss", "Softmax loss", "Computational graph", "Convolutional network"]
    assert titles == [group.title for group in sheet.groups]
    told = {says for group in sheet.groups for says, _ in group.lines}
    assert {"Rules of logarithms:", "Sigmoid:", "Derivative of ReLU:"} <= told


def test_no_formula_stands_there_twice(tmp_path: Path) -> None:
    """The chain rule belongs to three of the tasks."""
    sheet, _ = made(tmp_path, "en")
    lines = [line for group in sheet.groups for line in group.lines]
    assert len(set(lines)) == len(lines)
    assert 1 == sum(says == "Chain rule:" for says, _ in lines)


DERIVED = {
    "the gradient of the softmax loss": r"s_{ij}}=p",
    "the gradient of any score": r"\frac{\partial L}{\partial s",
    "the gradient of a filter": r"\frac{\partial L}{\partial K",
}


@pytest.mark.parametrize("formula", DERIVED.values(), ids=DERIVED)
def test_what_has_to_be_derived_is_not_given(formula: str, tmp_path: Path) -> None:
    """No gradient that a box asks for; the rules that it is put together from are there."""
    sheet, _ = made(tmp_path, "en", GRADIENTS)
    given = [latex for group in sheet.groups for _, latex in group.lines]
    assert [] == [latex for latex in given if formula in latex]
    assert any("p_k" in latex for latex in given) and any("w_k" in latex for latex in given)


def test_a_table_has_the_decimals_that_its_tasks_keep(tmp_path: Path) -> None:
    """The task that looks into it keeps five, the exam four."""
    sheet, _ = made(tmp_path, "en")
    assert (function_table("sigmoid", 5),) == sheet.tables


@pytest.mark.parametrize(("language", "mark", "heading"), [("en", ".", "Table of"), ("ru", ",", "Таблица")])
def test_numbers_have_the_mark_of_the_language(language: str, mark: str, heading: str, tmp_path: Path) -> None:
    """Every row is printed with all its decimals, under its head."""
    sheet, page = made(tmp_path, language)
    rows = re.findall(r'<tr><th scope="row">([^<]+)</th><td>([^<]+)</td><td>([^<]+)</td></tr>', page)
    shown = [tuple(Fraction(cell.replace(mark, ".")) for cell in row) for row in rows]
    assert list(sheet.tables[0].rows) == shown
    assert {(3, 7, 7)} == {tuple(map(len, row)) for row in rows} and all(mark in cell for row in rows for cell in row)
    assert heading in text(page)


def test_heads_and_columns_are_told(tmp_path: Path) -> None:
    """One title, then headings of one level; each part of the table has heads of its own, over columns and beside rows."""
    sheet, page = made(tmp_path, "en")
    assert ["h1", *["h2"] * (len(sheet.groups) + len(sheet.tables))] == re.findall(r"<(h[1-6])", page)
    parts = re.findall(r"<table.*?</table>", page, re.DOTALL)
    assert [(3, 11), (3, 10), (3, 10), (3, 10)] == [(part.count('scope="col"'), part.count('scope="row"')) for part in parts]


@pytest.mark.parametrize("language", LANGUAGES)
def test_formulas_and_a_table_fit_one_page(language: str, tmp_path: Path) -> None:
    """All four problems of the lecture; the tooth: with another table they do not."""
    _, page = made(tmp_path, language)
    assert 1 == len(lay_out(page).pages)
    _, longer = made(tmp_path, language, DEFINITION.replace("fan_out_relu", "tanh_neuron"))
    assert 2 == len(lay_out(longer).pages)


def test_the_pdf_is_tagged(tmp_path: Path) -> None:
    """Headings, lists of formulas, and tables with heads."""
    _, page = made(tmp_path, "ru")
    with pikepdf.open(io.BytesIO(write_pdf(page))) as document:
        kinds = [o for o in document.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/StructElem"]
        assert {"/H1", "/H2", "/L", "/LI", "/Table", "/TR", "/TH", "/TD"} <= {str(kind.get("/S")) for kind in kinds}
        assert "T: Формулы" == str(document.docinfo["/Title"])
