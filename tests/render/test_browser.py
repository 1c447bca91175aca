"""Sheets and key for browsers: one file each, with the browser's own mathematics, and the same content as paper."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from examgen.render.html import key_html, sheets_html
from tests.render.specimens import every_variant, head, key_of, seed_variants

LANGUAGES = ("en", "ru")
LOADING = re.compile(r"""(?:src|href|data|poster|action)\s*=\s*["'](?!#|data:)[^"']*|url\((?!["']?data:)|@import""")


class Elements(HTMLParser):
    """Counts elements by name, and holds the words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.counted: dict[str, int] = {}
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.counted[tag] = self.counted.get(tag, 0) + 1
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.text += data if "style" not in self.open else ""


def loaded(html: str) -> list[str]:
    """What a page would fetch from elsewhere."""
    return LOADING.findall(re.sub(r'xmlns(:\w+)?="[^"]*"', "", html))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_stands_alone(language: str) -> None:
    """No script, no frame, nothing fetched; the language is said, and the page fits a narrow screen."""
    variants = every_variant(language)
    for html in (sheets_html(head(language), variants, screen=True), key_html(head(language), *key_of(variants), screen=True)):
        assert [] == loaded(html)
        assert not {"script", "iframe", "object", "link"} & Elements(html).counted.keys()
        assert f'<html lang="{language}">' in html and 'name="viewport"' in html


@pytest.mark.parametrize("told", ['<img src="logo.svg">', "<style>p { background: url(x.png) }</style>", "@import 'x.css'"])
def test_what_a_page_fetches_is_found(told: str) -> None:
    """The tooth."""
    assert 1 == len(loaded(told))


def test_mathematics_is_left_to_the_browser() -> None:
    """MathML is there, and none of the rules that lay it out on paper; paper has them."""
    variants = seed_variants("en", 2)
    screen, paper = (sheets_html(head("en"), variants, screen=screen) for screen in (True, False))
    assert Elements(screen).counted["math"] == Elements(paper).counted["math"] > 20
    assert "math mfrac { display: inline-table" in paper and "math mfrac { display: inline-table" not in screen
    assert "running(" not in Elements(screen).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_screen_says_what_paper_says(language: str) -> None:
    """The same boxes, numbers and words; only what belongs to pages is missing."""
    variants = every_variant(language)
    screen, paper = (sheets_html(head(language), variants, screen=screen) for screen in (True, False))
    for sign in ('class="answer ', 'class="slot"', 'class="task ', "<math", "<svg"):
        assert screen.count(sign) == paper.count(sign)


def test_own_pictures_are_in_the_page(tmp_path: Path) -> None:
    """As data, so that the file can be sent alone."""
    (tmp_path / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><title>x</title></svg>', encoding="utf-8")
    (tmp_path / "sheet.html.j2").write_text(
        '{% extends "examgen/sheet.html.j2" %}{% block logo %}<img src="logo.svg" alt="x">{% endblock %}', encoding="utf-8"
    )
    own = head("en", templates=tmp_path)
    assert ["src=\"logo.svg"] == loaded(sheets_html(own, seed_variants("en", 1)))
    html = sheets_html(own, seed_variants("en", 1), screen=True)
    assert [] == loaded(html) and "data:image/svg+xml;base64," in html
