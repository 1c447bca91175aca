"""Worked solutions, as a part of the key and a file per variant: the variant's own numbers and answers, short or full."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from tests.building.conftest import built
from tests.building.folders import LECTURE, Folder, cells, leaks, numbers, tellable

pytestmark = pytest.mark.xdist_group("build")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """The first two variants of `sample`, with no step left out."""
    folder = tmp_path_factory.mktemp("full") / "out"
    built(folder, LECTURE, "--proof", 2, "--key", "full")
    return Folder(folder)


def missing(text: str, variant: Mapping[str, Any]) -> list[str]:
    """Numbers of a variant's tasks and boxes of its answers that do not stand in a text."""
    told = set(numbers(text))
    given = {Fraction(cell) for task in variant["tasks"] for value in task["data"].values() for cell in cells(value)}
    alone = [label for label in tellable(variant) if not label.startswith("3")]  # maps stand beside one another
    return [str(number) for number in sorted(given - told)] + sorted(set(alone) - set(leaks(text, variant)))


def text(folder: Folder, variant: Mapping[str, Any]) -> str:
    return "\n".join(folder.pages(f"solutions/{variant['code']}.pdf"))


@pytest.mark.parametrize("detail", ["short", "full"])
def test_a_solution_holds_its_numbers_and_answers(sample: Folder, full: Folder, detail: str) -> None:
    """Every given number of every task, and every answer that can be told from them; on each page the variant's code."""
    folder = sample if detail == "short" else full
    found = [variant["code"] for variant in folder.key["variants"]]
    for variant in folder.key["variants"]:
        assert [] == missing(text(folder, variant), variant)
        for page in folder.pages(f"solutions/{variant['code']}.pdf"):
            assert [variant["code"]] == [code for code in found if code in page]


def test_another_solution_does_not(sample: Folder) -> None:
    """The tooth: numbers and answers are missing in the solution of the next variant."""
    first, second, *_ = sample.key["variants"]
    assert [] != [label for label in missing(text(sample, second), first) if label.startswith("1")]


def test_the_key_holds_every_solution(sample: Folder, full: Folder) -> None:
    """After the strips, under the code of its variant, in their order."""
    for folder in (sample, full):
        whole = "\n".join(folder.pages("key.pdf"))
        places = [whole.rindex(variant["code"]) for variant in folder.key["variants"]]
        assert sorted(places) == places
        assert len(places) == whole.count("Решение: ")


def test_the_full_form_says_more(sample: Folder, full: Folder) -> None:
    """In the key and in each solution; the sheets and the data of the key are the same; the manifest tells which it is."""
    for variant in full.key["variants"]:
        assert len(numbers(text(sample, variant))) < len(numbers(text(full, variant)))
    assert sample.key["variants"][:2] == full.key["variants"]
    assert [sample.sheet(variant["code"]) for variant in full.key["variants"]] == [
        full.sheet(variant["code"]) for variant in full.key["variants"]
    ]
    assert ("short", "full") == (sample.manifest["key"], full.manifest["key"])
