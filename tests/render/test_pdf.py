"""The PDF: reproducible, tagged, in our own fonts, laid out as promised, and closed to the outside."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from html import unescape
from typing import Any

import pikepdf
import pytest
from fontTools.ttLib import TTFont
from weasyprint.urls import FatalURLFetchingError

from examgen.render.faces import FAMILIES, face, faces
from examgen.render.html import formulas_html, key_html, sheets_html
from examgen.render.paper import Formulas, FormulaSheet, SheetVariant
from examgen.render.pdf import lay_out, write_pdf, written
from examgen.sheets import sheet_task
from tests.render.papers import laid_out, papers
from tests.render.specimens import every_instance, every_variant, head, key_of, seed_variants

# the layouts of every preset and option take seconds: one worker makes them once
pytestmark = pytest.mark.xdist_group("paper")
LANGUAGES = ("en", "ru")
PAGE = '<html lang="en"><title>t</title><body>'


def sheets(language: str, count: int = 2, **changes: Any) -> str:
    """The seed's exam."""
    return sheets_html(head(language, **changes), seed_variants(language, count))


def font_names(pdf: bytes) -> set[str]:
    """The names of all fonts in a PDF, without the subset's tag."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        found = [o for o in document.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/Font"]
        return {re.sub(r"^/\w{6}\+", "", str(font.BaseFont)) for font in found}


def foreign(pdf: bytes) -> set[str]:
    """Fonts that did not come from our packages."""
    ours = tuple(family.replace(" ", "-") for family in FAMILIES.values())
    return {name for name in font_names(pdf) if not name.startswith(ours)}


def glyphless(html: str) -> set[str]:
    """Characters of a page that no font of ours has."""
    known: set[int] = set()
    for name in faces():
        known |= set(TTFont(io.BytesIO(face(name) or b"")).getBestCmap())
    words = unescape(re.sub(r"<style>.*?</style>|<[^>]+>", "", html, flags=re.DOTALL))
    return {char for char in words if ord(char) not in known and not char.isspace()}


@cache
def everything(language: str) -> tuple[tuple[str, Any], ...]:
    """Sheets, key and formula sheet with every preset and option: HTML and what it is laid out to."""
    key = key_html(head(language), *key_of(every_variant(language)))
    made = ((papers(language)[name], laid_out(language)[name]) for name in ("sheets", "formulas"))
    return *made, (key, lay_out(key))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_font_is_ours_and_no_glyph_is_missing(language: str) -> None:
    """Over every preset and option, on sheet and key; and WeasyPrint has nothing to complain of."""
    told: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]  # a stand-in
    logger = logging.getLogger("weasyprint")
    logger.addHandler(handler)
    try:
        for html, document in everything(language):
            assert set() == glyphless(html)
            assert set() == foreign(written(document))
    finally:
        logger.removeHandler(handler)
    assert [] == told


def test_a_foreign_font_and_a_missing_glyph_are_found() -> None:
    """The teeth: a font of the system's and a character of a script we do not carry."""
    assert {"漢"} == glyphless("<p>x漢</p>")
    assert foreign(write_pdf(f"{PAGE}<p style='font-family: DejaVu Sans, Liberation Sans, sans-serif'>x</p>"))


def test_the_same_paper_is_the_same_bytes_in_another_process() -> None:
    """Under another hash seed, from the same input."""
    script = (
        "import hashlib; from examgen.render.html import sheets_html; from examgen.render.pdf import write_pdf;"
        "from tests.render.specimens import head, seed_variants;"
        "print(hashlib.sha256(write_pdf(sheets_html(head('ru'), seed_variants('ru')))).hexdigest())"
    )
    here = hashlib.sha256(write_pdf(sheets("ru", 1))).hexdigest()
    for seed in ("1", "4242"):
        settings = {**os.environ, "PYTHONHASHSEED": seed}
        ran = subprocess.run([sys.executable, "-c", script], env=settings, capture_output=True, text=True, check=True)
        assert here == ran.stdout.strip()
    assert here != hashlib.sha256(write_pdf(sheets("ru", 1, minutes=44))).hexdigest()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_is_tagged_titled_and_in_its_language(language: str) -> None:
    """PDF/UA-1 says so itself; a circuit has words instead of its picture; no date, no attachment."""
    with pikepdf.open(io.BytesIO(write_pdf(sheets(language, 1)))) as document:
        assert language == str(document.Root.Lang)
        assert head(language).title == str(document.docinfo["/Title"])
        assert bool(document.Root.MarkInfo.Marked)
        assert "1" == document.open_metadata().get("pdfuaid:part")
        kinds = [o for o in document.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/StructElem"]
        figures = [o for o in kinds if o.get("/S") == "/Figure"]
        assert figures and all(str(o.get("/Alt", "")) for o in figures)
        assert {"/Table", "/TR", "/TH", "/TD", "/H1", "/H2"} <= {str(o.get("/S")) for o in kinds}
        assert not {"/CreationDate", "/ModDate"} & set(document.docinfo.keys())
        assert not len(document.attachments)


def bookmarks(pdf: bytes) -> list[str]:
    """The titles of a PDF's bookmarks, those below others moved in."""
    with pikepdf.open(io.BytesIO(pdf)) as document, document.open_outline() as outline:
        return list(titles(outline.root))


def titles(items: Iterable[pikepdf.OutlineItem], indent: str = "") -> Iterator[str]:
    """The titles of these bookmarks and of all below them."""
    for item in items:
        yield indent + str(item.title)
        yield from titles(item.children, indent + "  ")


@pytest.mark.parametrize(
    ("language", "variant", "task"), [("en", "Variant {} · {}", "Task {}"), ("ru", "Вариант {} · {}", "Задача {}")]
)
def test_a_bookmark_is_a_name_without_points(language: str, variant: str, task: str) -> None:
    """Every variant and every task of it can be found, by its name alone."""
    tasks = ["  " + task.format(i) for i in (1, 2, 3)]
    found = bookmarks(write_pdf(sheets(language, 2)))
    assert [variant.format(1, "K00QMX"), *tasks, variant.format(2, "K01QMX"), *tasks] == found


def test_a_bookmark_joined_with_points_is_found() -> None:
    """The tooth: a heading that does not name its bookmark takes its points along."""
    html = sheets("en", 1).replace('<h2 data-bookmark="Task 1">', "<h2>")
    assert "  Task 1 4 p." in bookmarks(write_pdf(html))


def test_the_bookmarks_of_a_key_are_its_tables_and_strips() -> None:
    """Under one title: a marking sheet per task, and a strip per variant."""
    found = bookmarks(write_pdf(key_html(head("en"), *key_of(seed_variants("en", 1)))))
    marking = [f"  Marking sheet, task {i}: {name}" for i, name in enumerate(("svm_loss", "backprop", "conv_relu_pool"), 1)]
    assert [head("en").title, *marking, "  Answer strips", "    Variant 1 K00QMX"] == found


def marks(html: str) -> list[tuple[list[str], float]]:
    """Each table of marks on the first page: its top row, and how far it reaches over the right margin (in px)."""
    frame = lay_out(html).pages[0]._page_box
    tables = [box for box in frame.descendants() if box.element_tag == "table" and type(box).__name__ == "TableBox"]
    edge = frame.content_box_x() + frame.width
    found = []
    for table in tables:
        cells = [box for box in table.descendants() if type(box).__name__ == "TableCellBox"]
        texts = ["".join(part.text for part in cell.descendants() if hasattr(part, "text")) for cell in cells]
        if texts[0] in ("Task", "Задача"):
            right = max(cell.position_x + cell.border_width() for cell in cells)
            found.append((texts[: len(texts) // 3], right - edge))
    return found


def with_tasks(count: int, language: str) -> str:
    """A sheet with so many small tasks."""
    tasks = tuple(sheet_task(i, every_instance()[0], language) for i in range(1, count + 1))
    return sheets_html(head(language), [SheetVariant(1, "AAAAAA", tasks)])


@pytest.mark.parametrize(("language", "task", "total"), [("en", "Task", "Total"), ("ru", "Задача", "Всего")])
def test_the_marks_of_many_tasks_are_stacked_within_the_margin(language: str, task: str, total: str) -> None:
    """Five tasks to a table, the total in the last one."""
    for count, tops in ((5, ["12345"]), (7, ["12345", "67"])):
        found = marks(with_tasks(count, language))
        assert [[task, *top] for top in tops[:-1]] + [[task, *tops[-1], total]] == [top for top, _ in found]
        assert all(over < 1 for _, over in found)


def test_marks_over_the_margin_are_found() -> None:
    """The tooth: cells that insist on a width of their own, as they once did."""
    html = with_tasks(5, "en").replace("table-layout: fixed; width: 100%; font-size: 9pt", "font-size: 9pt")
    assert [True] == [over > 1 for _, over in marks(html.replace(".marks td {", ".marks td { min-width: 15mm;"))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_variant_starts_on_its_own_page_and_takes_two(language: str) -> None:
    """The seed's three tasks fill two pages; page numbers begin again with each variant."""
    document = lay_out(sheets(language, 2))
    last = {name: i for i, page in enumerate(document.pages) for name in page.anchors if name.startswith("end-")}
    assert {"end-1": 1, "end-2": 3} == last
    feet = [words(page)[-1] for page in document.pages]
    of = {"en": "page {} of 2", "ru": "стр. {} из 2"}[language]
    assert [of.format(1), of.format(2)] * 2 == [foot.split(" · ")[-1] for foot in feet]
    assert ["K00QMX", "K00QMX", "K01QMX", "K01QMX"] == [foot.split(" · ")[1] for foot in feet]


@pytest.mark.parametrize(("language", "word"), [("en", "SAMPLE"), ("ru", "ОБРАЗЕЦ")])
def test_a_sample_is_marked_on_every_page(language: str, word: str) -> None:
    """Sheets, key and formula sheet; an exam's pages do not say it."""
    for sample in (True, False):
        told = head(language, sample=sample)
        variants = seed_variants(language)
        formulas = formulas_html(told, FormulaSheet((Formulas("", (("", "x"),)),)))
        for html in (sheets_html(told, variants), key_html(told, *key_of(variants)), formulas):
            assert {sample} == {word in words(page) for page in lay_out(html).pages}


def words(page: Any) -> list[str]:
    """The lines of text on a page, those in the margins last."""
    lines = (box for box in page._page_box.descendants() if type(box).__name__ == "LineBox")
    found = ["".join(part.text for part in line.descendants() if hasattr(part, "text")) for line in lines]
    return [line for line in found if line]


def beyond(document: Any) -> list[str]:
    """Text that reaches over the right margin by more than 1 mm."""
    found = []
    for page in document.pages:
        frame = page._page_box
        right = frame.content_box_x() + frame.width + 4
        texts = (box for box in frame.descendants() if hasattr(box, "text") and box.text.strip())
        found += [box.text for box in texts if box.position_x + box.width > right]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_reaches_over_the_margin(language: str) -> None:
    """Every preset and option, sheet and key."""
    assert [] == [text for _, document in everything(language) for text in beyond(document)]


def test_an_overflow_is_found() -> None:
    """The tooth: a line that cannot break."""
    assert ["x" * 300] == beyond(lay_out(f"{PAGE}<p>{'x' * 300}</p>"))


@pytest.mark.parametrize(
    "asking",
    [
        "<img src='file:///etc/hostname' alt=''>",
        "<img src='http://127.0.0.1:9/x.png' alt=''>",
        "<img src='data:image/svg+xml,<svg/>' alt=''>",
        "<img src='examgen-font:../../etc/passwd' alt=''>",
        "<link rel=stylesheet href='file:///etc/hostname'>",
        "<style>@import url(https://127.0.0.1:9/x.css)</style>",
        "<style>@font-face { font-family: X; src: url(file:///etc/hostname) }</style>",
        "<p style='background: url(file:///etc/hostname)'>x</p>",
    ],
)
def test_the_paper_fetches_nothing(asking: str) -> None:
    """No file, no network, no data URL: the whole page is refused, not printed without it."""
    with pytest.raises(FatalURLFetchingError, match="only its own fonts are read"):
        write_pdf(f"{PAGE}{asking}<p>x</p>")


def test_paper_needs_no_engine() -> None:
    """Rendering imports with NumPy, SymPy, mpmath and PyTorch blocked."""
    script = (
        "import sys; sys.modules.update(dict.fromkeys(('numpy', 'sympy', 'mpmath', 'torch')));"
        "import examgen.render.html, examgen.render.pdf, examgen.render.paper, examgen.render.diagram"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
