"""The largest monsters are refused in a sentence, in seconds and in little memory; `benchmarks/fuzz.py` has more of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.fuzzing import extremes
from tests.fuzzing.extremes import EXTREMES, ended, tried

WORST = ("CSV of 2 GB", "CSV without an end", "TOML without an end", "a key of 100,000 parts")


@pytest.mark.parametrize("name", WORST)
def test_a_monster_is_refused(name: str, tmp_path: Path) -> None:
    """Exit 2 and one sentence that says what is too much."""
    assert "" == tried(name, tmp_path).wrong


@pytest.mark.parametrize(
    ("program", "wrong"),
    [
        ("open('/dev/zero').read()", "status 1"),
        ("import sys; x = '9' * 300_000_000; print('examgen: too much'); sys.exit(2)", " MB"),
        ("import sys; print('examgen: too much\\nand more'); sys.exit(2)", "status 2"),
    ],
    ids=["a traceback", "too much memory", "a page"],
)
def test_a_reader_without_limits_is_noticed(
    program: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tooth: what reads to the end dies for want of memory, what takes too much of it is told, and so is a page."""
    monkeypatch.setattr(extremes, "ADDRESSES", 2**29)
    monkeypatch.setattr(extremes, "MEGABYTES", 250)
    assert wrong in ended([sys.executable, "-c", program], tmp_path, "too much").wrong


def test_every_monster_is_another_one() -> None:
    """None of the worst was renamed."""
    assert set(WORST) <= EXTREMES.keys()
