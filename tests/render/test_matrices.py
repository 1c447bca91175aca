"""Matrices of given numbers: every cell is there, however long the numbers are."""

from __future__ import annotations

from typing import Any

import pytest

from examgen.registry import problem
from examgen.render.html import sheets_html
from examgen.render.paper import Head, SheetVariant
from examgen.render.pdf import lay_out, written
from examgen.sheets import sheet_task
from tests.render.stamped import texts

IMAGE = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
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
