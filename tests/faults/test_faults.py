"""Each fault of `benchmarks/faults.py` once, nothing laid out: the old build or the new one, whole, and a clear word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.children import Ended
from tests.architecture.sources import ROOT

pytestmark = pytest.mark.xdist_group("faults")

FAULTS = 9
# what is put in front of the script: nothing, or builds that break a promise
IN_PLACE = """
import shutil, time, examgen.build
def publish(stage, folder):
    for path in sorted(stage.rglob("*")):
        if path.is_file() and "pieces" not in path.parts and path.name not in ("finished", "fingerprint"):
            target = folder / path.relative_to(stage)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes()[:9])
            time.sleep(0.05)
            shutil.copy(path, target)
    return ()
examgen.build.publish = publish
"""
SPEECHLESS = """
import examgen.staging
def failed(folder, error):
    raise error
examgen.staging._failed = failed
"""
FORGETFUL = """
import examgen.staging
examgen.staging.unfinished.remove = lambda stage: None
"""


def tried(*arguments: object, before: str = "") -> subprocess.CompletedProcess[str]:
    """The script, in a process in which something runs before it."""
    code = f"{before}\nimport sys\nfrom benchmarks.faults import main\nsys.exit(main({list(map(str, arguments))!r}))"
    world = {name: value for name, value in os.environ.items() if name != "EXAMGEN_SEED"}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**world, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )


def test_every_fault_leaves_the_old_or_the_new() -> None:
    """One trial of each kind; the table counts all of them, and nothing failed."""
    done = tried("-n", FAULTS, "--quick")
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    every, counted = done.stdout.splitlines()[-2], [int(word) for word in done.stdout.splitlines()[-2].split()[1:]]
    assert every.startswith("all") and (FAULTS, 0) == (counted[0], counted[-1])
    assert FAULTS == sum(counted[1:])


@pytest.mark.parametrize(
    ("before", "fault", "says"),
    [
        (IN_PLACE, "killed while publishing", "neither the old nor the new build"),
        (SPEECHLESS, "files that cannot grow", "status "),
        (FORGETFUL, "clock that jumps", "the next build leaves"),
    ],
    ids=["in place", "a traceback", "leftovers"],
)
def test_a_build_that_breaks_a_promise_is_noticed(before: str, fault: str, says: str) -> None:
    """The tooth: files written where they belong, an error that nobody catches, stages that stay."""
    done = tried("-n", 3, "--quick", "--only", fault, before=before)
    assert 1 == done.returncode, done.stdout + done.stderr
    assert says in done.stdout


def test_words_are_judged() -> None:
    """The tooth of the judge: a traceback, a status without a sentence and a page are not clear; a sentence is."""
    assert Ended(2, "drawn: 4\nexamgen: out: writing failed, what stood there before is kept\n").clear
    assert Ended(0, "").clear and Ended(-9, "").clear
    assert not Ended(1, "Traceback (most recent call last):\nexamgen: x").clear
    assert not Ended(2, "").clear and not Ended(1, "examgen: " + "x" * 500).clear and not Ended(3, "examgen: x").clear


def test_a_half_written_folder_is_told(tmp_path: Path) -> None:
    """The tooth of the look: hidden stages are passed over, everything else counts."""
    from benchmarks.faults import seen

    (tmp_path / ".building-1-x").mkdir()
    for name in (".building-1-x/key.pdf", "key.pdf"):
        (tmp_path / name).write_bytes(b"half")
    assert ["key.pdf"] == list(seen(tmp_path))
