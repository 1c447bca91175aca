"""docs/promises.md: every promise of the README, with tests that are there and figures that docs/figures.md holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

PAGE = ROOT / "docs" / "promises.md"
SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"\b(?:tests|benchmarks)/[\w/]+\.py\b")
NUMBER = re.compile(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?:e-\d+)?(?:/s)?(?![\w])")
ELSEWHERE = {"Paper for everybody"}  # has a page of its own


def sections(text: str) -> dict[str, str]:
    return dict(SECTION.findall(text))


def promised(readme: str) -> list[str]:
    """The promises that the README names, in its order."""
    told = sections(readme)["What is promised"]
    return [name.rstrip(".") for name in re.findall(r"^- \*\*(.+?)\*\*", told, re.MULTILINE)]


def part(section: str, name: str) -> str:
    """What stands behind **Tested:** or **Measured:**."""
    found = re.search(rf"^- \*\*{name}:\*\*(.*?)(?=^- |^$|\Z)", section, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def sentences(text: str) -> str:
    """A text without its code: what is in backticks are names and commands."""
    return re.sub(r"`[^`]*`", "", text)


def faults(text: str, readme: str, figures: str) -> Iterator[str]:
    """What a page of promises gets wrong."""
    told = sections(text)
    yield from (f"the README promises, the page does not: {name}" for name in promised(readme) if name not in told)
    yield from (f"no such file: {name}" for name in FILE.findall(text) if not (ROOT / name).is_file())
    measured = set(NUMBER.findall(figures))
    for name in set(told) - ELSEWHERE:
        yield from (f"{name}: {wrong}" for wrong in unkept(told[name], measured))


def unkept(section: str, measured: set[str]) -> Iterator[str]:
    """What is wrong with one promise: no test, no figure, or one that was not measured."""
    if "tests/" not in part(section, "Tested"):
        yield "no test"
    said = part(section, "Measured")
    if not said.strip():
        yield "nothing said of figures"
    yield from (f"{number} is not in docs/figures.md" for number in NUMBER.findall(sentences(said)) if number not in measured)


def read(*path: str) -> str:
    return Path(ROOT, *path).read_text(encoding="utf-8")


def test_promises_are_kept_where_the_page_says() -> None:
    """Each with tests that are there, and a figure of docs/figures.md or the word that there is none."""
    text, readme = read("docs", "promises.md"), read("README.md")
    assert 8 <= len(promised(readme))
    assert [] == list(faults(text, readme, read("docs", "figures.md")))


WRONG = {
    "a promise that is not there": ("## Fair", "## Even"),
    "a test that is not there": ("tests/fairness/test_variants.py", "tests/fairness/test_variant.py"),
    "a benchmark that is not there": ("benchmarks/draws.py", "benchmarks/draw.py"),
    "a figure that was not measured": ("6,007,200", "6,007,201"),
    "a figure of another size": ("8.0e-16", "8.0e-17"),
    "a promise without a test": ("- **Tested:** `tests/conformance/test_draws.py`", "- `tests/conformance/test_draws.py`"),
    "a promise without a figure": ("- **Measured:** nothing; it holds", "- nothing; it holds"),
}


@pytest.mark.parametrize(("before", "after"), WRONG.values(), ids=WRONG)
def test_a_wrong_page_is_noticed(before: str, after: str) -> None:
    """The tooth."""
    text = read("docs", "promises.md")
    assert before in text
    assert list(faults(text.replace(before, after), read("README.md"), read("docs", "figures.md")))
