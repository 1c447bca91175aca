"""The README's table of problem types and the gallery are those that `make table` would write, their pictures too."""

from __future__ import annotations

import re
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


def thumbnails(table: ModuleType) -> set[Path]:
    return {table.THUMBNAIL.path(one) for one in shipped().values()}


def without(chosen: Problem) -> dict[str, Problem]:
    return {name: one for name, one in shipped().items() if one is not chosen}


def test_the_table_is_that_of_today(table: ModuleType) -> None:
    """`make table` would change nothing in the README. If this fails, run it."""
    text = table.README.read_text(encoding="utf-8")
    assert text == table.with_table(text)
    assert [name for name in shipped() if f"`{name}`" not in table.table()] == []
    assert [] == [label for one in shipped().values() for label in one.presets if f"`{label}`" not in table.presets(one)]


def test_the_gallery_is_that_of_today(table: ModuleType) -> None:
    """So is docs/gallery.md, with every picture that there is for it."""
    text = table.GALLERY.read_text(encoding="utf-8")
    assert text == table.gallery()
    shown = {table.DOCS / target for target in re.findall(r"\]\((gallery/[^)]+)\)", text)}
    assert shown == {kind.path(one) for kind in table.KINDS for one in shipped().values()} - thumbnails(table)


def test_pictures_are_those_of_today(table: ModuleType) -> None:
    """Each with the words and numbers of its page, and none besides. If this fails: `make table`."""
    assert [] == [kind.path(one).name for kind, one in table.stale()]
    assert [] == table.left_over()


def test_pictures_are_small_and_show_something(table: ModuleType) -> None:
    """As wide as all of a kind, not too tall nor too large, neither white nor black; the gallery below 2.5 MB."""
    for kind, one in ((kind, one) for kind in table.KINDS for one in shipped().values()):
        path = kind.path(one)
        assert path.stat().st_size < kind.largest <= 60_000, path
        with Image.open(path) as image:
            assert ("PNG", kind.width) == (image.format, image.width), path
            assert 100 < image.height <= kind.tallest, path
            inked = sum(image.convert("L").histogram()[:128]) / (image.width * image.height)
        assert 0.01 < inked < 0.3, path
    assert sum(path.stat().st_size for path in (table.DOCS / "gallery").iterdir()) < 2_500_000


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


def test_a_stale_gallery_is_noticed(table: ModuleType) -> None:
    """The tooth: a problem type less, other minutes, another source."""
    text = table.gallery()
    with mock.patch.object(table, "shipped", lambda: without(FIRST)):
        assert text != table.gallery()
    for name, value in (("presets", {FIRST.default: FIRST.presets[FIRST.default]}), ("source", "elsewhere")):
        with mock.patch.object(type(FIRST), name, value):
            assert text != table.gallery()


@pytest.mark.parametrize("which", range(5))
def test_a_stale_picture_is_noticed_and_made_again(table: ModuleType, tmp_path: Path, which: int) -> None:
    """The tooth: missing, of other words, too large, of nothing; made again, it is as good as ours."""
    kind = table.KINDS[which]
    with mock.patch.multiple(table, shipped=lambda: {FIRST.name: FIRST}, KINDS=[kind]):
        path = kind.path(FIRST, tmp_path)
        assert [(kind, FIRST)] == list(table.stale(tmp_path))
        table.make(kind, FIRST, tmp_path)
        assert [] == list(table.stale(tmp_path))
        with Image.open(path) as made, Image.open(kind.path(FIRST)) as ours:
            assert made.width == ours.width and abs(made.height - ours.height) <= 8
        with mock.patch.object(table, "html_of", lambda kind, one: '<section class="task">Other words</section>'):
            assert [(kind, FIRST)] == list(table.stale(tmp_path))
        with mock.patch.object(table, "KINDS", [kind._replace(largest=100)]):
            assert [FIRST] == [one for _, one in table.stale(tmp_path)]
        with mock.patch.object(table, "shipped", lambda: without(FIRST)):
            assert [path] == table.left_over(tmp_path)


def test_there_are_five_kinds(table: ModuleType) -> None:
    """The README's thumbnail, a task and a worked solution in each language: the tooth above tries every one."""
    assert 5 == len(table.KINDS) == 1 + 2 * len(table.LANGUAGES)


def test_another_distribution_is_not_in_the_table(table: ModuleType) -> None:
    """What happens to be installed beside ours does not reach the README."""
    with mock.patch("examgen.registry.problems", lambda: {**shipped(), "guest": FIRST}):
        assert "guest" not in table.table() + table.gallery()
