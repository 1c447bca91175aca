"""Sheets of an exam take the same pages, on either paper; what a page leaves is room for working; each page says what it is."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import zxingcpp
from PIL import Image

from examgen.codes import page_label
from examgen.registry import problem
from examgen.render.html import sheets_html
from examgen.render.paging import SLACK, set_sheets, sheets_pdf
from examgen.render.paper import Head, SheetVariant
from examgen.render.pdf import lay_out, write_pdf
from examgen.render.sizes import PAPERS
from examgen.sheets import sheet_task
from tests.render.specimens import drawn, head, seed_variants

pytestmark = pytest.mark.xdist_group("paging")

MM = 96 / 25.4
POINT = 25.4 / 72
EXAM = "7KQ2M"


def short(number: int, language: str = "en") -> SheetVariant:
    """A sheet of one small task."""
    instance = drawn("svm_loss", problem("svm_loss").presets["2x3"].params)
    return SheetVariant(number, f"K{number:02d}QMX", (sheet_task(1, instance, language),))


@cache
def mixed(duplex: bool = False, paper: str = "a4") -> Any:
    """A short sheet between two long ones."""
    long = seed_variants("en", 2)
    return set_sheets(told(duplex=duplex, paper=paper), (long[0], short(3), long[1]))


def told(language: str = "en", **changes: Any) -> Head:
    return head(language, exam=EXAM, **changes)


def words(page: Any) -> str:
    """The text of a page, margins included."""
    lines = (box for box in page._page_box.descendants(placeholders=True) if type(box).__name__ == "LineBox")
    return "\n".join("".join(part.text for part in line.descendants() if hasattr(part, "text")) for line in lines)


def feet(document: Any) -> list[tuple[str, str, str]]:
    """Code, page and number of pages at the foot of each page."""
    found = [re.search(r"Variant \d+ · (\w+) · page (\d+) of (\d+)", words(page)) for page in document.pages]
    return [match.groups() if match else ("", "", "") for match in found]  # type: ignore[misc]  # three groups, as three texts


@pytest.mark.parametrize("paper", PAPERS)
def test_all_sheets_take_the_same_pages(paper: str) -> None:
    """The short one gets an empty page for working, and each page counts."""
    document = mixed(paper=paper)
    assert [(code, str(page), "2") for code in ("K00QMX", "K03QMX", "K01QMX") for page in (1, 2)] == feet(document)
    assert ["Room for working" in words(page) for page in document.pages] == [False, False, False, True, False, False]


def test_sheets_of_different_length_are_seen() -> None:
    """The tooth: laid out as they come, the short one has one page."""
    document = lay_out(sheets_html(told(), (*seed_variants("en", 1), short(3))))
    assert ["2", "2", "1"] == [pages for *_, pages in feet(document)]


def test_both_sides_make_an_even_number() -> None:
    """Each sheet begins on a right-hand page, whatever its length; without `duplex` one page is one page."""
    sheets = [short(number) for number in (1, 2, 3)]
    assert [("K01QMX", "1", "2"), ("K01QMX", "2", "2")] == feet(set_sheets(told(duplex=True), sheets))[:2]
    assert ["1", "1", "1"] == [pages for *_, pages in feet(set_sheets(told(), sheets))]
    assert 6 == len(mixed(duplex=True).pages)


def boxes(page: Any, name: str) -> list[Any]:
    """The outermost boxes of a class."""
    found: dict[int, Any] = {}
    for box in page._page_box.descendants():
        if box.element is not None and name in (box.element.get("class") or "").split():
            found.setdefault(id(box.element), box)
    return list(found.values())


def free(page: Any) -> float:
    """What a page leaves below its last task, mm."""
    frame = page._page_box
    last = max(box.position_y + box.margin_height() for box in boxes(page, "task"))
    return float(frame.content_box_y() + frame.height - last) / MM


@pytest.mark.parametrize("paper", PAPERS)
def test_what_a_page_leaves_is_room_for_working(paper: str) -> None:
    """Every page with tasks is filled to its foot, but for some slack; the tooth: as it comes, it is not."""
    pages = [page for page in mixed(paper=paper).pages if boxes(page, "task")]
    assert 5 == len(pages)
    assert all(0 <= free(page) <= SLACK + 1 for page in pages)
    assert SLACK + 20 < max(map(free, lay_out(sheets_html(told(paper=paper), seed_variants("en", 1))).pages))


@pytest.mark.parametrize("millimetres", [40.0, 80.0])
def test_room_that_is_asked_for_is_there(millimetres: float) -> None:
    """A task of which it is said has just that, another takes what the page leaves."""
    first, second, third = seed_variants("en", 1)[0].tasks
    asked = replace(seed_variants("en", 1)[0], tasks=(replace(first, space=millimetres), second, third))
    working = [box.height / MM for page in set_sheets(told(), [asked]).pages for box in boxes(page, "working")]
    assert millimetres == pytest.approx(working[0], abs=0.1)
    assert working[2] != pytest.approx(28, abs=0.1)


def test_a_line_more_in_one_sheet_is_no_reason_for_a_page_more() -> None:
    """A sheet that turns out longer than the first of its structure: all are counted, and the longest decides."""
    sheets = [short(number) for number in (1, 2)]
    long = "A sentence that another variant has not. " * 80
    (task,) = sheets[1].tasks
    sheets[1] = replace(sheets[1], tasks=(replace(task, says={**task.says, "more": long}),))
    assert ["2"] * 4 == [pages for *_, pages in feet(set_sheets(told(), sheets))]


def test_the_name_is_on_every_page() -> None:
    """Printed, or a line for it; of two sheets of one variant each has its own."""
    (sheet,) = seed_variants("en", 1)
    people = [replace(sheet, name="Ada Lovelace", group="G7", place="row 2, seat 5"), replace(sheet, name="Alan Turing"), sheet]
    pages = [words(page) for page in set_sheets(told(), people).pages]
    for name, (first, second) in {"Ada Lovelace": pages[:2], "Alan Turing": pages[2:4], "Name": pages[4:]}.items():
        assert name in first and name in second
    assert "row 2, seat 5" in pages[0] and "Ada Lovelace · G7" in pages[1]
    assert not any("Ada" in page for page in pages[2:])


def test_each_student_has_language_and_time(tmp_path: Path) -> None:
    """In one document, with the decimal mark of each language, and the language is told to readers."""
    english, russian = seed_variants("en", 1)[0], seed_variants("ru", 1)[0]
    other = replace(russian, head=told("ru", minutes=90))
    pdf = sheets_pdf(told(), [english, other])
    text = extracted(pdf, tmp_path)
    assert "Time: 45 minutes" in text[0] and "Время: 90 минут" in text[2] and "стр. 2 из 2" in text[3]
    assert re.search(r"\d\.\d", text[0]) and re.search(r"\d,\d", text[2])
    assert 4 == len(text)


def extracted(pdf: bytes, folder: Path) -> list[str]:
    """The text of each page, as another program reads it."""
    (folder / "x.pdf").write_bytes(pdf)
    ran = subprocess.run(["pdftotext", "-layout", folder / "x.pdf", "-"], capture_output=True, text=True, check=True)
    return ran.stdout.split("\f")[:-1]


def scanned(pdf: bytes, folder: Path) -> list[str]:
    """What a scanner of 120 points to the inch reads on each page, in grey."""
    (folder / "x.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "120", "-gray", folder / "x.pdf", folder / "x"], check=True)
    read = [zxingcpp.read_barcodes(Image.open(page)) for page in sorted(folder.glob("x*.pgm"))]
    return [code.text for codes in read for code in codes]


@pytest.mark.parametrize("paper", PAPERS)
def test_each_page_has_its_code_for_scanners(paper: str, tmp_path: Path) -> None:
    """Exam, variant and page are read from the picture of each page, empty ones too, on ordinary and large paper."""
    sheets: Sequence[SheetVariant] = (*seed_variants("en", 1), short(3))
    wanted = [page_label(EXAM, code, page) for code in ("K00QMX", "K03QMX") for page in (1, 2)]
    for large in (False, True):
        folder = tmp_path / str(large)
        folder.mkdir()
        assert wanted == scanned(sheets_pdf(told(paper=paper, duplex=True), sheets, large=large), folder)


def test_no_exam_no_code(tmp_path: Path) -> None:
    """The tooth: without an exam there is nothing to scan."""
    assert [] == scanned(write_pdf(sheets_html(replace(told(), exam=""), [short(1)])), tmp_path)


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("paper", PAPERS)
def test_paper_has_the_size_it_says(paper: str, large: bool) -> None:
    """A4 and Letter, and the next larger ones for large print, whose letters are larger as well."""
    pdf = sheets_pdf(told(paper=paper), [short(1)], large=large)
    wanted = PAPERS[paper].larger if large else PAPERS[paper].size
    with pikepdf.open(io.BytesIO(pdf)) as document:
        found = [float(side) * POINT for side in document.pages[0].mediabox[2:]]
    assert wanted == pytest.approx(found, abs=0.2)


def test_the_same_sheets_are_the_same_bytes() -> None:
    """Copies with names, on both sides."""
    sheets = [replace(short(1), name="Ada"), short(2)]
    assert sheets_pdf(told(duplex=True), sheets) == sheets_pdf(told(duplex=True), sheets)
