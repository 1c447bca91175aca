"""Tests that share something costly run on one worker, or the suite does the work twice."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

GROUPED = '''
import pytest
@pytest.mark.parametrize("turn", range(5))
@pytest.mark.parametrize("group", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in "ab"])
def test_nothing(group, turn):
    pass
'''


def workers(folder: Path, distribution: str) -> dict[str, set[str]]:
    """Group -> the workers that ran its tests."""
    (folder / "test_grouped.py").write_text(GROUPED, encoding="utf-8")
    options = ["-p", "no:cacheprovider", "-n", "2", "--dist", distribution, "-v"]
    words = [sys.executable, "-m", "pytest", *options, "test_grouped.py"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120, check=True)
    found: dict[str, set[str]] = {}
    for worker, group in re.findall(r"\[(gw\d)\].*test_nothing\[(?:\d-)?([ab])", done.stdout):
        found.setdefault(group, set()).add(worker)
    return found


def test_a_group_stays_on_one_worker(tmp_path: Path) -> None:
    """The pinned pytest and pytest-xdist understand each other; without groups the same tests are spread."""
    grouped = workers(tmp_path, "loadgroup")
    assert [1, 1] == [len(grouped[name]) for name in "ab"]
    assert 2 in [len(found) for found in workers(tmp_path, "each").values()]
