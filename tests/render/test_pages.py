"""Pages read from their boxes: presets, options and extremes keep to them, and each kind of fault is seen."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest

from examgen.render.html import key_html, sheets_html
from examgen.render.paging import set_sheets
from examgen.render.pdf import lay_out
from examgen.render.sizes import PAPERS, page_rule
from examgen.testing import page_counts, page_faults
from tests.render.extremes import EXTREMES, documents
from tests.render.papers import LANGUAGES, laid_out
from tests.render.specimens import every_variant, head, key_of, seed_variants

# the layouts of every preset and option take seconds: one worker makes them once, for the other tests of paper too
pytestmark = pytest.mark.xdist_group("paper")
PAGE = f'<html lang="en"><title>t</title><style>{page_rule("a4")}</style><body>'


def told(document: Any) -> list[str]:
    """The faults of a document as sentences."""
    return [str(fault) for fault in page_faults(document)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_paper_keeps_to_the_page(language: str) -> None:
    """Every kind of paper, and the sheets of every preset and option, on A4."""
    assert [] == [f"{name}, {fault}" for name, document in laid_out(language).items() for fault in told(document)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_preset_keeps_to_a_lower_page(language: str) -> None:
    """Sheets and key on Letter, whose pages are lower, with the room for working filled: every other one, in one language."""
    letter = head(language, paper="letter", sample=True, exam="0A1B2C3D")
    variants = every_variant(language)[LANGUAGES.index(language) :: 4]
    assert [] == told(set_sheets(letter, variants))
    assert [] == told(lay_out(key_html(letter, *key_of(variants))))


def test_a_table_that_goes_on_repeats_its_head() -> None:
    """Marking sheets of more variants than a page holds break between rows, and nothing of that is a fault."""
    document = lay_out(key_html(head("en"), *key_of(seed_variants("en", 60))))
    assert [] == told(document)
    assert max(page_counts(document, "marking")) > 1


def test_several_variants_take_the_same_pages() -> None:
    """A few variants of an exam, on both papers."""
    for paper in PAPERS:
        document = set_sheets(head("ru", paper=paper), seed_variants("ru", 3))
        assert [] == told(document)
        assert 1 == len({*page_counts(document, "variant")})


@pytest.mark.parametrize("name", EXTREMES)
def test_the_extremes_keep_to_the_page(name: str) -> None:
    """What a definition may say at the most is set smaller, wrapped or broken, and nothing of it is lost or covered."""
    number = list(EXTREMES).index(name)
    language, paper = LANGUAGES[number % 2], list(PAPERS)[number // 2 % 2]
    for what, document in documents(name, language, paper):
        assert [] == [f"{what}, {fault}" for fault in told(document)]


LINE = "x" * 300
SLOT = '<span class="slot" style="display:inline-block;width:7mm;white-space:nowrap">{}</span>'
TABLE = '<table style="margin-top:{}mm"><tr><td style="height:90mm;border:1px solid">a</td></tr></table>'
DRAWN = (
    '<figure style="position:relative;margin:0;width:50mm;height:20mm">'
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 50 20" width="50mm" height="20mm"><g stroke="#000">'
    '<path d="{}"/><circle cx="25" cy="10" r="4" fill="#fff"/></g></svg>{}</figure>'
)
OVER = '<span class="over {}" style="position:absolute;left:{}mm;top:{}mm;width:9mm;height:5mm">{}</span>'
BROKEN = {
    "beyond the right of the page": f"<p>{LINE}</p>",
    "beyond the left of the page": '<p style="margin-left: -5mm">x</p>',
    "beyond the bottom of the page": '<p style="position: absolute; top: 280mm">x</p>',
    "beyond the top of the page": '<p style="position: relative; top: -15mm">x</p>',
    "takes more than one line": f"<style>@page {{ @bottom-left {{ content: '{'words ' * 40}'; width: 50%; }} }}</style>x",
    "runs out of its box": f"<style>@page {{ @bottom-left {{ content: '{LINE[:90]}'; width: 20%; }} }}</style>x",
    "out of <span.slot>": "<p>" + SLOT.format("12345.678") + "</p>",
    "out of <td>": '<table style="table-layout:fixed;width:9mm"><tr><td>12345.678</td></tr></table>',
    "out of <div>": '<div style="overflow:hidden;width:9mm">12345.678</div>',
    "two texts over one another": '<p style="margin:0">one</p><p style="margin:-5mm 0 0">two</p>',
    "a text on a line of": '<p style="border-bottom:1px solid;line-height:.4">pqg</p>',
    "a text over <table>": '<table><tr><td style="width:30mm;height:9mm"></td></tr></table><p style="margin-top:-6mm">two</p>',
    "a text over <span.box>": '<span class="box" style="position:absolute;width:9mm;height:9mm;border:1px solid"></span>two',
    "two boxes over one another": TABLE.format(0) + TABLE.format(-20),
    "a wire through a text": DRAWN.format("M0 5H50", OVER.format("name", 2, 3, "word")),
    "a wire through a writing place": DRAWN.format("M0 15L20 2", OVER.format("value empty", 5, 5, "")),
    "a wire through a gate": DRAWN.format("M0 10H30", ""),
    "a gate over a text": DRAWN.format("M0 1H2", OVER.format("name", 22, 7, "word")),
    "an empty page": '<p>x</p><div style="break-before:page;height:5mm"></div>',
    "cut over two pages: <table>": '<p style="height:200mm">x</p><table>'
    + '<tr><td style="height:40mm">a</td></tr>' * 2 + "</table>",
    "cut over two pages: <tr>": '<p style="height:200mm">x</p><table><thead><tr><th>h</th></tr></thead>'
    + "<tbody><tr><td>" + "a<br>" * 25 + "</td></tr></tbody></table>",
    "though one could hold it": '<p style="height:200mm">x</p><div class="statement">' + "<p>a</p>" * 25 + "</div>",
    "an answer box without its label": '<div class="answer">z = <span class="box"></span></div>',
    "apart from what follows": '<p style="height:240mm">x</p><h2 style="break-after:auto">Task</h2>'
    '<p style="height:40mm">x</p>',
    "no end marker": '<article class="variant"><div class="pages" data-end="#end-1"></div>x</article>',
    "a page behind the end marker": '<article class="variant"><div class="pages" data-end="#end-1"></div>x'
    '<div class="end" id="end-1"></div><p style="break-before:page">x</p></article>',
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_fault_is_found(kind: str) -> None:
    """The teeth: a page broken on purpose, once for each kind of fault, with its page named."""
    found = told(lay_out(PAGE + BROKEN[kind]))
    assert any(kind in fault and re.match(r"page \d: ", fault) for fault in found), found


def test_plain_pages_have_no_fault() -> None:
    """What the broken pages are made of is sound by itself: scripts, fractions, roots and neighbours that lean over."""
    letters = "<p>fT) (f ∂f/∂w <i>f</i>) <b>j</b> <i>f</i><b>l</b></p>"
    assert [] == told(lay_out(PAGE + letters + TABLE.format(0) + "<p>" + SLOT.format("1.5") + "</p>"))


@cache
def sheet() -> str:
    """One sheet of the seed's exam."""
    return sheets_html(head("en"), seed_variants("en", 1))


@pytest.mark.parametrize(
    ("ours", "broken", "kind"),
    [
        (".grid .slot, .matrix .slot { display: block; width: 7mm;", ".grid .slot { width: 2mm; display: block;", "out of <"),
        (".circuit { position: relative; margin: 2mm auto;", ".circuit { position: relative; margin: -9mm auto;", "over"),
        (".field span { position: absolute; left: 0; bottom: .6mm;", ".field span { position: absolute; bottom: -1mm;", "line"),
        (".answer .box { box-sizing: border-box; width: 30mm;", ".answer .box { width: 60mm;", "beyond the right"),
        (".scores td .slot { display: block;", ".scores td .slot { display: block; margin-left: -9mm;", "over"),
        ("math mfrac > * { display: table-row; }", "math mfrac > * { display: table-row; line-height: 0; }", "one another"),
    ],
)
def test_a_broken_style_sheet_is_found(ours: str, broken: str, kind: str) -> None:
    """The teeth on our own sheet: a rule of its style changed."""
    assert ours in sheet()
    found = told(lay_out(sheet().replace(ours, broken)))
    assert any(kind in fault for fault in found), found
