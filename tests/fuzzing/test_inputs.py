"""Whatever is handed in is read or refused in one sentence, soon: a little of what `benchmarks/fuzz.py` tries at length."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examgen.errors import InputError
from tests.fuzzing.inputs import INPUTS, Endless, in_time, read

FEW = 12


@pytest.mark.parametrize("name", INPUTS)
def test_any_input_is_read_or_refused(name: str, tmp_path: Path) -> None:
    """A value or one sentence; never a traceback, and nothing that takes seconds."""
    tried = INPUTS[name]

    @settings(max_examples=FEW * tried.weight, suppress_health_check=list(HealthCheck))
    @given(tried.values)
    def fuzz(value: object) -> None:
        read(tried.reader, value, tmp_path)

    fuzz()


@pytest.mark.parametrize("name", sorted(INPUTS.keys() - {"answers"}))  # what is no answer is wrong, not refused
def test_both_sides_are_reached(name: str, tmp_path: Path) -> None:
    """The tooth of the inputs: some of them are read, and some refused."""
    tried, found = INPUTS[name], set[bool]()

    @settings(max_examples=200, suppress_health_check=list(HealthCheck))
    @given(tried.values)
    def fuzz(value: object) -> None:
        if len(found) < 2:
            found.add(read(tried.reader, value, tmp_path) is None)

    fuzz()
    assert {True, False} == found


def test_a_reader_without_limits_is_noticed(tmp_path: Path) -> None:
    """The tooth: a bug, a page instead of a sentence, and a reader without an end each fail."""

    def bug(value: object, folder: Path) -> None:
        raise RecursionError

    def page(value: object, folder: Path) -> None:
        raise InputError("no sentence, " * 200)

    def endless(value: object, folder: Path) -> None:
        time.sleep(9)

    with pytest.raises(RecursionError):
        read(bug, "", tmp_path)
    with pytest.raises(AssertionError):
        read(page, "", tmp_path)
    with pytest.raises(Endless), in_time(1):
        read_for_ever(endless, tmp_path)


def read_for_ever(reader: object, folder: Path) -> None:
    reader("", folder)  # type: ignore[operator]  # it can be called


def test_strategies_are_all_used() -> None:
    """No input is left out by a name that nobody looks at."""
    assert all(isinstance(tried.values, st.SearchStrategy) for tried in INPUTS.values())
