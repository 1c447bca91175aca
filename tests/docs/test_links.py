"""Links of all pages lead somewhere: to files of the repository, and to headings of pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.architecture.sources import ROOT
from tests.docs.blocks import PAGES, called

EVERY = [*PAGES, ROOT / "CHANGELOG.md", *sorted((ROOT / "examples").rglob("*.md"))]
HTML = re.compile(r"""(?:src|href)=["']([^"']+)["']""")


def parts(text: str) -> Iterator[Token]:
    """Blocks and what stands in their lines."""
    for token in MarkdownIt().enable("table").parse(text):
        yield token
        yield from token.children or ()


def targets(text: str) -> Iterator[str]:
    """Where links and pictures lead, those in HTML too, but none of the web."""
    found: list[str] = []
    for token in parts(text):
        found += [str(token.attrs[name]) for name in ("href", "src") if name in token.attrs]
        found += HTML.findall(token.content) if token.type.startswith("html_") else []
    yield from (target for target in found if not re.match(r"[a-z]+:", target))


def headings(text: str) -> set[str]:
    """The names under which a page's headings are linked, on code hosts and on the site alike."""
    tokens = MarkdownIt().parse(text)
    titles = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def dead(text: str, page: Path) -> list[str]:
    """Links of a page that lead nowhere."""
    return [target for target in targets(text) if not _leads(target, text, page)]


def _leads(target: str, text: str, page: Path) -> bool:
    name, _, heading = target.partition("#")
    path = page.parent / name if name else page
    if not path.exists():
        return False
    if not heading:
        return True
    return heading in headings(path.read_text(encoding="utf-8") if name else text)


@pytest.mark.parametrize("page", EVERY, ids=called)
def test_every_link_leads_somewhere(page: Path) -> None:
    """Pages, pictures, files and headings that a page links are there."""
    assert [] == dead(page.read_text(encoding="utf-8"), page)


def test_there_are_links() -> None:
    """To pages, pictures and headings."""
    found = [target for page in EVERY for target in targets(page.read_text(encoding="utf-8"))]
    assert 60 <= len(found)
    assert {".md", ".png", ".toml"} <= {Path(target).suffix for target in found}
    assert any("#" in target for target in found)


def test_dead_links_are_noticed() -> None:
    """The tooth: a page, a picture, a heading here and there, in Markdown and in HTML; code links nothing."""
    page = ROOT / "docs" / "key.md"
    text = """# One heading: this `one`!

[1](nowhere.md), [2](sheets.md#nothing), ![3](nothing.png), [4](#two), <img src="../nothing.svg">, [5][ref]

| [6](../docs/gone.md) |
|---|

[7](sheets.md) [8](#one-heading-this-one) [9](https://example.org/gone) [10](sheets.md#web-pages) `[11](code.md)`

[ref]: elsewhere.md
"""
    wrong = ["nowhere.md", "sheets.md#nothing", "nothing.png", "#two", "../nothing.svg", "elsewhere.md", "../docs/gone.md"]
    assert sorted(wrong) == sorted(dead(text, page))


def targets_of_make(text: str) -> set[str]:
    return set(re.findall(r"^([a-z]+):", text, re.MULTILINE))


def test_every_make_target_is_there() -> None:
    """`make x` on a page is a target of the Makefile, and the Makefile's head says what each target is for."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    pages = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"(?:`|^    )make ([a-z]+)\b", pages, re.MULTILINE))
    assert {"exam", "test", "lint", "docs", "coverage", "mutants", "faults", "bench"} <= named <= targets_of_make(makefile)
    assert targets_of_make(makefile) == set(re.findall(r"^#.*?\bmake ([a-z]+)  ", makefile, re.M)) | {"distclean"}
