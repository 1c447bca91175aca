"""The README's table of problem types is the one that `make table` would write, its thumbnails too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from unittest import mock

import pytest
from PIL import Image

from examgen.problem import Problem
from examgen.registry import shipped

Script = Callable[[str], ModuleType]
FIRST = next(iter(shipped().values()))


@pytest.fixture
def table(script: Script) -> ModuleType:
    return script("table")


def without(chosen: Problem) -> dict[str, Problem]:
    return {name: one for name, one in shipped().items() if one is not chosen}


def test_the_table_is_that_of_today(table: ModuleType) -> None:
    """`make table` would change nothing in the README. If this fails, run it."""
    text = table.README.read_text(encoding="utf-8")
    assert text == table.with_table(text)
    assert [name for name in shipped() if f"`{name}`" not in table.table()] == []
    assert [] == [label for one in shipped().values() for label in one.presets if f"`{label}`" not in table.presets(one)]


def test_thumbnails_are_those_of_today(table: ModuleType) -> None:
    """One for each problem type, with the words and numbers of its sheet, and none besides. If this fails: `make table`."""
    assert [] == [one.name for one in table.stale()]
    assert [] == table.left_over()


@pytest.mark.parametrize("name", shipped())
def test_a_thumbnail_is_small_and_shows_something(table: ModuleType, name: str) -> None:
    """Below 30 KB, as wide as all, and neither white nor black."""
    path = table.thumbnail(shipped()[name], table.PICTURES)
    assert path.stat().st_size < 30_000
    with Image.open(path) as image:
        assert ("PNG", 440) == (image.format, image.width)
        assert image.height <= 330
        inked = sum(image.convert("L").histogram()[:128]) / (image.width * image.height)
    assert 0.01 < inked < 0.3


def test_a_stale_table_is_noticed(table: ModuleType) -> None:
    """The tooth: a problem type more or less, another preset, other minutes."""
    text = table.README.read_text(encoding="utf-8")
    with mock.patch.object(table, "shipped", lambda: without(FIRST)):
        assert text != table.with_table(text)
    for changed in ({"other": FIRST.presets[FIRST.default]}, {}):
        with mock.patch.object(type(FIRST), "presets", {FIRST.default: FIRST.presets[FIRST.default], **changed}):
            assert text != table.with_table(text)
    with pytest.raises(SystemExit, match="has lost a mark"):
        table.with_table(text.replace(table.END, ""))


def test_a_stale_thumbnail_is_noticed_and_made_again(table: ModuleType, tmp_path: Path) -> None:
    """The tooth: missing, of other words, too large, of nothing; made again, it is as good as ours."""
    with mock.patch.object(table, "shipped", lambda: {FIRST.name: FIRST}):
        path = table.thumbnail(FIRST, tmp_path)
        assert [FIRST] == list(table.stale(tmp_path))
        table.make(FIRST, tmp_path)
        assert [] == list(table.stale(tmp_path))
        with Image.open(path) as made, Image.open(table.thumbnail(FIRST, table.PICTURES)) as ours:
            assert made.width == ours.width and abs(made.height - ours.height) <= 8
        with mock.patch.object(type(FIRST), "title", "Another"):
            assert [] == list(table.stale(tmp_path))  # which is not on the sheet
        with mock.patch.object(table, "sheet", lambda one: '<section class="task">Other words</section>'):
            assert [FIRST] == list(table.stale(tmp_path))
        with mock.patch.object(table, "LARGEST", 100):
            assert [FIRST] == list(table.stale(tmp_path))
    with mock.patch.object(table, "shipped", lambda: without(FIRST)):
        assert [path] == table.left_over(tmp_path)


def test_another_distribution_is_not_in_the_table(table: ModuleType) -> None:
    """What happens to be installed beside ours does not reach the README."""
    with mock.patch("examgen.registry.problems", lambda: {**shipped(), "guest": FIRST}):
        assert "guest" not in table.table()
