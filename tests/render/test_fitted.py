"""Matrices whose numbers are longer than their cells: none of them is lost, and blanks have columns of equal width."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from examgen.registry import problem
from examgen.render.html import sheets_html
from examgen.render.paper import Head, SheetVariant
from examgen.render.pdf import lay_out
from examgen.sheets import sheet_task

NUMBERS = [Fraction(12345 + 2 * i, 1000) for i in range(8)]


def laid_out() -> list[Any]:
    """All boxes of a sheet with eight long numbers in a row."""
    instance = problem("custom_gradient").pin({}, {"x": NUMBERS, "upstream": [1] * 8})
    document = lay_out(sheets_html(Head("Long"), [SheetVariant(1, "AAAAAA", (sheet_task(1, instance, "en"),))]))
    return [box for page in document.pages for box in page._page_box.descendants()]


def test_no_number_of_a_row_is_lost() -> None:
    """Each is set, beside the one before."""
    places = {box.text: box.position_x for box in laid_out() if getattr(box, "text", None)}
    wanted = [f"{float(number):.3f}" for number in NUMBERS]
    assert [] == [number for number in wanted if number not in places]
    assert sorted(wanted, key=places.__getitem__) == wanted
    assert len(NUMBERS) == len({places[number] for number in wanted})


def test_blanks_have_about_equal_columns() -> None:
    """The first and the last like those between them."""
    tables = [box for box in laid_out() if box.element_tag == "table" and "blank" in (box.element.get("class") or "")]
    cells = ([box for box in table.descendants() if box.element_tag == "td" and hasattr(box, "colspan")] for table in tables)
    rows = [[cell.width for cell in row] for row in cells if len(row) == len(NUMBERS)]
    assert rows
    assert all(max(row) < 1.2 * min(row) for row in rows)
