"""An exam without a calculator, as the page on it shows: what its folder holds, says and proves."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.building.conftest import built
from tests.building.folders import LECTURE, Folder, numbers
from tests.cli.commands import run
from tests.docs.blocks import blocks

pytestmark = pytest.mark.xdist_group("build")


@pytest.fixture(scope="session")
def without(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Two variants of the page's example."""
    place = tmp_path_factory.mktemp("without")
    page = (ROOT / "docs" / "no-calculator.md").read_text(encoding="utf-8")
    (definition,) = (block.text for block in blocks(page) if block.kind == "toml")
    (place / "exam.toml").write_text(definition, encoding="utf-8")
    built(place / "out", place / "exam.toml", "--proof", 2)
    return Folder(place / "out")


def test_the_formula_sheet_is_one_page_for_all(without: Folder) -> None:
    """No variant and no code stands on it; the formulas of every task and the table do."""
    (page,) = without.pages("formulas.pdf")
    assert [] == [variant["code"] for variant in without.key["variants"] if variant["code"] in page]
    assert not re.search(r"Variant \d", page)
    for words in ("for all variants", "Multiclass SVM loss", "Rules of logarithms:", "Chain rule:", "Table of", "SAMPLE"):
        assert words in page
    assert {Fraction(7311, 10000), Fraction(1966, 10000), Fraction(4)} <= set(numbers(page))


def test_the_sheets_say_that_it_is_handed_out(without: Folder) -> None:
    """In the head of every variant."""
    for variant in without.key["variants"]:
        said = " ".join(without.sheet(variant["code"]).split())
        assert "no calculator" in said and "a sheet of formulas with a table of σ is handed out" in said


def test_logarithms_are_left_as_they_are(without: Folder) -> None:
    """Their task says so; none of its boxes is asked for with decimals."""
    for variant in without.key["variants"]:
        said = " ".join(without.sheet(variant["code"]).split())
        assert "Nothing is rounded here" in said
        assert "Round 2" not in said and "Round 3" in said
        task = next(task for task in variant["tasks"] if task["problem"] == "softmax_loss")
        assert all("log" in answer["exact"] for answer in task["answers"] if answer["key"].startswith("loss"))


def test_what_is_looked_up_stands_in_the_table(without: Folder) -> None:
    """Every pre-activation is a row of it."""
    (page,) = without.pages("formulas.pdf")
    for variant in without.key["variants"]:
        task = next(task for task in variant["tasks"] if task["problem"] == "backprop")
        z = next(answer["exact"] for answer in task["answers"] if answer["key"] == "z")
        assert abs(Fraction(z)) in numbers(page) and (Fraction(z) * 10).denominator == 1


def test_the_manifest_vouches_for_it(without: Folder, tmp_path: Path) -> None:
    """`verify` counts it, and names it where it was changed."""
    assert "formulas.pdf" in without.manifest["files"]
    assert 0 == run("verify", without.path).status
    changed = without.copy(tmp_path / "changed")
    (changed.path / "formulas.pdf").write_bytes(b"edited")
    ended = run("verify", changed.path)
    assert 1 == ended.status and "formulas.pdf: changed since it was built" in ended.err


def test_a_build_without_formulas_has_no_such_file(sample: Folder) -> None:
    """The lecture's exam asks for none."""
    assert "formulas" not in LECTURE.read_text(encoding="utf-8")
    assert "formulas.pdf" not in sample.names


def test_the_next_build_takes_it_away(without: Folder, tmp_path: Path) -> None:
    """Where the definition does not ask for it any more; nothing of the old build is left."""
    folder = without.copy(tmp_path / "out")
    built(folder.path, LECTURE, "--proof", 1)
    assert "formulas.pdf" not in Folder(folder.path).names
