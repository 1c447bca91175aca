"""Matrices of given numbers: every cell is there, however long the numbers are, and blanks have columns of equal width."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from examgen.registry import problem
from examgen.render.html import sheets_html
from examgen.render.paper import Head, SheetVariant
from examgen.render.pdf import lay_out, written
from examgen.sheets import sheet_task
from tests.render.stamped import texts

IMAGE = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
NUMBERS = [Fraction(12345 + 2 * i, 1000) for i in range(8)]
TARGETS = [[[2, -3], [4, 1]], [["-12.5", "103.25"], ["0.75", "-88.5"]]]


def printed(target: Any) -> list[str]:
    """The words of the sheet of a task with this target."""
    given = {"image": IMAGE, "kernels": [[1, -1], [0, 2]], "target": target}
    instance = problem("conv_relu_pool").pin({"pool": "none"}, given)
    task = sheet_task(1, instance, "en", points=10)
    html = sheets_html(Head("Test", "en"), [SheetVariant(1, "AAAAAA", (task,))])
    return texts(written(lay_out(html)))[0].split()


@pytest.mark.parametrize("target", TARGETS, ids=["short", "long"])
def test_every_cell_of_a_matrix_is_printed(target: Any) -> None:
    """Between its brackets, in its row."""
    words = printed(target)
    for row in target:
        shown = [str(cell).replace("-", "−") for cell in row]
        assert any(words[i : i + len(row)] == shown for i in range(len(words)))


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
