"""The README shows in its first screen what comes out; tests/docs/ runs it and follows its links, as those of all pages."""

from __future__ import annotations

import re

from tests.architecture.sources import ROOT

SCREEN = 24  # lines: about what a browser shows of it at first


def on_first_screen(text: str) -> set[str]:
    """What comes out and how: the pictures and the commands that a reader sees without scrolling."""
    first = "\n".join(text.splitlines()[:SCREEN])
    return set(re.findall(r"variants/sample/(\w+)-en\.png", first)) | set(re.findall(r"^    (make \w+)", first, re.MULTILINE))


def test_the_first_screen_shows_what_comes_out() -> None:
    """A sheet, its key, a worked solution, and the two commands; further down they would not be seen: the tooth."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {"sheet", "key", "solution", "make exam", "make test"} == on_first_screen(text)
    assert not on_first_screen("\n" * SCREEN + text)
