"""Black and white: paper needs no colour, grey is dark enough to be read, and nothing is told by grey alone."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pikepdf
import pytest
from weasyprint import Document
from weasyprint.formatting_structure import boxes

from examgen.render.html import homework_html
from examgen.render.paper import SolvedTask, WrittenCell, WrittenGrid, WrittenStep
from examgen.render.pdf import lay_out, write_pdf
from tests.render.papers import LANGUAGES, NAMES, laid_out, printed
from tests.render.specimens import head
from tests.render.test_pdf import PAGE

pytestmark = pytest.mark.xdist_group("paper")
GREYS = ("rg", "RG", "g", "G")  # operators that can name a grey
OTHERS = ("k", "K", "sc", "SC", "scn", "SCN", "cs", "CS", "sh", "Do")  # and those of which nobody can tell here
READABLE = 4.5  # contrast of letters with what is behind them, as WCAG 2 has it
MARKS = ("", "clipped", "padding", "winner", "used", "true")  # those of a grid, see model.Grid


def coloured(pdf: bytes) -> set[str]:
    """Operations that draw in anything else than black, white or a grey between, or that can't be told."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        found = set()
        for page in document.pages:
            for operands, operator in pikepdf.parse_content_stream(page, " ".join(GREYS + OTHERS)):
                values = [float(value) for value in operands if not isinstance(value, pikepdf.Name)]
                if str(operator) not in GREYS or len(set(values)) > 1:
                    found.add(f"{' '.join(map(str, operands))} {operator}")
        return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_paper_needs_no_colour(name: str, language: str) -> None:
    """Every kind of paper is drawn in greys."""
    assert set() == coloured(printed(language)[name])


@pytest.mark.parametrize(
    "drawn",
    [
        "<p style='color: #0b3d91'>x",
        "<p style='border: 1px solid #a3151d'>x",
        "<svg width=9 height=9><path d='M0 0H9' stroke='red'/></svg>",
    ],
)
def test_colour_is_found(drawn: str) -> None:
    """The tooth: coloured letters, a coloured border, a coloured line of a picture."""
    assert 1 == len(coloured(write_pdf(PAGE + drawn)))


def luminance(colour: Any) -> float:
    """How bright a colour is, from 0 for black to 1."""
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in colour.to("srgb").coordinates
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def faint(document: Document) -> set[str]:
    """Letters that stand out too little from what is behind them, with their contrast."""
    found = set()
    for page in document.pages:
        for text, behind in letters(page._page_box, 1.0):
            darker, lighter = sorted((luminance(text.style["color"]), behind))
            if (contrast := (lighter + 0.05) / (darker + 0.05)) < READABLE and text.text.strip():
                found.add(f"{text.text}: {contrast:.1f}")
    return found


def letters(box: Any, behind: float) -> Iterator[tuple[Any, float]]:
    """Boxes of text, each with how bright it is behind them."""
    box = getattr(box, "_box", box)
    ground = box.style["background_color"]
    behind = luminance(ground) if ground.alpha == 1 else behind
    if isinstance(box, boxes.TextBox):
        yield box, behind
    for child in getattr(box, "children", ()):
        yield from letters(child, behind)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_grey_letters_can_be_read(name: str, language: str) -> None:
    """On white and on the grey of a marked cell."""
    assert set() == faint(laid_out(language)[name])


def test_a_faint_grey_is_found() -> None:
    """The tooth: grey that is readable on white and not on grey, and one that is not readable at all."""
    greys = "<p style='color: #767676'>a<p style='color: #767676; background: #ddd'>b<p style='color: #888'>c"
    assert {"b: 3.3", "c: 3.5"} == faint(lay_out(PAGE + greys))


def marked() -> str:
    """A grid with a cell of each mark and a plain one, apart from each other."""
    cells = tuple(cell for mark in MARKS for cell in (WrittenCell("5", mark), WrittenCell("7")))
    step = WrittenStep("given", "Given:", grids=(WrittenGrid("I", (cells,)),))
    return homework_html(head("en"), [SolvedTask(1, "t", (step,))], screen=False)


def looks(html: str) -> dict[str, tuple[Any, ...]]:
    """How the 5 of each mark looks, its colours left out: letters, slant, weight, lines and frame."""
    found = {}
    for box in lay_out(html).pages[0]._page_box.descendants():
        if isinstance(box, boxes.TableCellBox) and box.element is not None and box.element_tag == "td":
            texts = [part for part in box.descendants() if isinstance(part, boxes.TextBox)]
            if "5" in (said := "".join(text.text for text in texts)):
                frame = (box.style["border_top_width"], box.style["border_bottom_width"], box.style["outline_style"])
                lined = {str(part.style["text_decoration_line"]) for part in (box, *texts)}
                style = {(text.style["font_style"], text.style["font_weight"]) for text in texts}
                found[box.element.get("class", "").strip()] = (said, frame, lined, style)
    return found


def alike(html: str) -> list[tuple[str, str]]:
    """Marks that look alike without their greys."""
    found = looks(html)
    return [(one, other) for one, other in combinations(MARKS, 2) if found[one] == found[other]]


def test_no_mark_is_told_by_grey_alone() -> None:
    """Clipped, padding, winner, used and true cells differ from each other and from plain ones."""
    assert set(MARKS) == set(looks(marked()))
    assert [] == alike(marked())


@pytest.mark.parametrize(
    ("lost", "same"),
    [
        ("text-decoration: underline;", [("", "used")]),
        ("td.clipped .slot::", [("clipped", "padding")]),
        ("#ddd; font-weight: 700;", [("", "winner")]),
    ],
)
def test_a_mark_by_grey_alone_is_found(lost: str, same: list[tuple[str, str]]) -> None:
    """The teeth: each second mark taken away."""
    html = marked()
    assert lost in html
    assert same == alike(html.replace(lost, "#ddd;" if "#ddd" in lost else "lost"))


def test_what_is_found_in_a_circuit_shows_by_weight_slant_and_place() -> None:
    """A found value is bold and upright above its wire, a found gradient bold and slanted below it."""
    styles = set()
    for box in laid_out("en")["homework"].pages[0]._page_box.descendants(placeholders=True):
        classes = box.element.get("class", "").split() if box.element is not None else ()
        if "found" in classes and box.element_tag == "span":
            styles.add((classes[1], box.style["font_weight"], box.style["font_style"]))
    assert {("value", 700, "normal"), ("gradient", 700, "italic")} == styles
