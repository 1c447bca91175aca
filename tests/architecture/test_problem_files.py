"""A problem type is one file that a person reads in one go."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

import pytest

from tests.architecture.sources import ROOT

LONGEST_MEDIAN = 130


def lengths() -> dict[str, int]:
    files = (ROOT / "examgen" / "problems").glob("[!_]*.py")
    return {file.stem: len(file.read_text(encoding="utf-8").splitlines()) for file in files}


def check(found: Mapping[str, int]) -> None:
    assert median(found.values()) < LONGEST_MEDIAN, sorted(found.items(), key=lambda item: -item[1])


def test_problem_files_are_short() -> None:
    """Half of them and more have under 130 lines."""
    assert {"svm_loss", "fused_graph"} <= set(lengths())
    check(lengths())


def test_long_problem_files_are_noticed() -> None:
    """The tooth: every file ten lines longer."""
    with pytest.raises(AssertionError):
        check({name: length + 10 for name, length in lengths().items()})
