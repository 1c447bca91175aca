"""The structure of every paper: nothing is wrong with it, and each kind of fault is found where there is one."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest

from examgen.render.pdf import lay_out, write_pdf
from tests.render.papers import LANGUAGES, NAMES, printed
from tests.render.structure import content, faults, tree
from tests.render.test_pdf import PAGE

pytestmark = pytest.mark.xdist_group("paper")
TABLE = "<h1>h</h1><table><tr><th scope=col>a</th><th scope=col>b</th></tr><tr><td>1</td><td>2</td></tr></table>"
MATH = "<p>Given <math><mi>x</mi><mo>+</mo><mn>1</mn></math>.</p>"
FIRST = b"/Span\n<</MCID 0>>\nBDC"  # how a page begins its first content
GOOD = f"{PAGE}{TABLE}{MATH}<p>Words.</p>"


def kinds(pdf: bytes) -> set[str]:
    """The kinds of fault that are found."""
    return {fault.split(":")[0] for fault in faults(pdf)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wrong_with_the_structure_of_a_paper(name: str, language: str) -> None:
    """Sheets of every preset, keys, solutions, homework and slips."""
    assert [] == faults(printed(language)[name])


def test_nothing_is_wrong_with_a_good_page() -> None:
    """What the broken ones are made of."""
    assert [] == faults(write_pdf(GOOD))


@pytest.mark.parametrize(
    ("kind", "html"),
    [
        ("language", GOOD.replace(' lang="en"', "")),
        ("title", GOOD.replace("<title>t</title>", "")),
        ("heading", GOOD.replace("<h1>h</h1>", "<h2>h</h2>")),
        ("heading", GOOD.replace("<p>Words.", "<h3>h</h3><p>Words.")),
        ("table", GOOD.replace("<td>2</td>", "")),
        ("table", GOOD.replace("<td>2</td>", "<td colspan=2>2</td>")),
        ("table", GOOD.replace("<th scope=col>a</th>", "<td>a</td>")),
        ("picture", GOOD.replace("<p>Words.", "<p><svg width=9 height=9><path d='M0 0H9V9z'/></svg>")),
        ("order", GOOD.replace("<p>Words.", "<p style='position: absolute; top: 0'>Words.")),
    ],
)
def test_a_fault_of_the_page_is_found(kind: str, html: str) -> None:
    """The teeth: each page lacks one thing."""
    assert {kind} == kinds(write_pdf(html))


def broken(change: Callable[[pikepdf.Pdf], Any]) -> bytes:
    """The good page with something changed in its PDF."""
    with pikepdf.open(io.BytesIO(write_pdf(GOOD))) as document:
        change(document)
        document.save(out := io.BytesIO())
    return out.getvalue()


def first(document: pikepdf.Pdf, kind: str) -> Any:
    """The first structure element of a type."""
    return next(element for element in tree(document).walk() if element.kind == kind).entry


def drop(entry: Any, name: str) -> None:
    """Takes an entry out of a dictionary."""
    del entry[name]


def redraw(document: pikepdf.Pdf, old: bytes, new: bytes) -> None:
    """Changes the content of the first page, once."""
    drawn = document.pages[0].Contents
    assert old in drawn.read_bytes()
    drawn.write(drawn.read_bytes().replace(old, new, 1))


def without_fonts(document: pikepdf.Pdf) -> None:
    """Takes the outlines of the glyphs away."""
    for found in document.objects:
        if isinstance(found, pikepdf.Dictionary) and "/FontFile2" in found:
            del found["/FontFile2"]


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("untagged", lambda document: drop(document.Root, "/MarkInfo")),
        ("untagged", lambda document: drop(document.Root, "/StructTreeRoot")),
        ("title", lambda document: drop(document.Root, "/ViewerPreferences")),
        ("identifier", lambda document: drop(document.Root, "/Metadata")),
        ("picture", lambda document: drop(first(document, "Formula"), "/Alt")),
        ("picture", lambda document: first(document, "Formula").update({"/Alt": pikepdf.String(" ")})),
        ("table", lambda document: first(document, "TR").update({"/S": pikepdf.Name.Div})),
        ("table", lambda document: first(document, "TD").A.update({"/Headers": pikepdf.Array(["nobody"])})),
        ("loose", lambda document: redraw(document, FIRST, b"/Span\nBMC")),
        ("mixed", lambda document: redraw(document, FIRST, b"/Artifact\nBMC\n" + FIRST + b"\nEMC")),
        ("link", lambda document: drop(first(document, "P"), "/K")),
        ("link", lambda document: redraw(document, b"<</MCID 0>>", b"<</MCID 99>>")),
        ("link", lambda document: redraw(document, b"<</MCID 0>>", b"<</MCID 1>>")),
        ("link", lambda document: document.Root.StructTreeRoot.ParentTree.Nums[1].insert(0, first(document, "P"))),
        ("font", without_fonts),
    ],
)
def test_a_fault_of_the_file_is_found(kind: str, change: Callable[[pikepdf.Pdf], Any]) -> None:
    """The teeth: files that say what is not so."""
    assert kind in kinds(broken(change))


def test_a_formula_is_one_element_with_words() -> None:
    """It has content and no parts; a reader says its words instead."""
    with pikepdf.open(io.BytesIO(write_pdf(GOOD))) as document:
        formulas = [element for element in tree(document).walk() if element.kind == "Formula"]
        assert [("x plus 1", 3)] == [(element.text("Alt"), len(element.kids)) for element in formulas]
        assert [element for element in formulas if any(not isinstance(kid, tuple) for kid in element.kids)] == []


def test_a_formula_in_two_lines_is_said_once() -> None:
    """What is broken into lines stays one formula, whose content is that of both."""
    row = "<mo>+</mo> <mn>1</mn> " * 60
    html = f"{PAGE}<h1>h</h1><p><math><mi>x</mi>{row}</math></p>"
    pdf = write_pdf(html)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        said = [element.text("Alt") for element in tree(document).walk() if element.kind == "Formula"]
    assert [] == faults(pdf)
    assert ["x" + " plus 1" * 60] == said


def test_the_margins_are_artifacts() -> None:
    """Running titles and page numbers are drawn, and stand on no way through the document."""
    html = GOOD.replace("<body>", "<style>@page { @bottom-left { content: 'running' } }</style><body>")
    with pikepdf.open(io.BytesIO(write_pdf(html))) as document:
        drawn = document.pages[0].Contents.read_bytes()
        assert 1 == drawn.count(b"/Pagination")
    with pikepdf.open(io.BytesIO(lay_out(html).write_pdf(pdf_variant="pdf/ua-1"))) as document:
        told = set(tree(document).places())
        assert {(0, mcid) for mcid in content(document.pages[0]).seen} - told  # the tooth: WeasyPrint leaves them in between


@pytest.mark.parametrize(("own", "other"), [("ru", "en"), ("en", "ru")])
def test_a_part_in_another_language_says_so(own: str, other: str) -> None:
    """On each of its pages; its formulas are said in that language; what is in the document's language needs no word."""
    article = '<article lang="{}"><h1>h</h1>' + MATH + '<p style="break-before: page">More.</p></article>'
    html = f'<html lang="{own}"><title>t</title><body>{article.format(other)}{article.format(own)}'
    says = {"en": "x plus 1", "ru": "x плюс 1"}
    with pikepdf.open(io.BytesIO(write_pdf(html))) as document:
        parts = [element for element in tree(document).walk() if element.kind == "Art"]
        assert own == str(document.Root.Lang)
        assert [other, other, "", ""] == [part.text("Lang") for part in parts]
        said = [element.text("Alt") for part in parts for element in part.walk() if element.kind == "Formula"]
        assert [says[other], says[own]] == said


def test_a_table_tells_its_name() -> None:
    """What a reader announces before its cells."""
    with pikepdf.open(io.BytesIO(write_pdf(GOOD.replace("<table>", '<table aria-label="Scores">')))) as document:
        assert "Scores" == str(first(document, "Table").A.Summary)
