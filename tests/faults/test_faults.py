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
    raise RuntimeError("nobody thought of that")
examgen.staging._failed = failed
"""
FORGETFUL = """
import examgen.staging
examgen.staging.unfinished.remove = lambda stage: None
"""


TEETH = {  # what breaks, the fault that shows it, and what is told
    "in place": (IN_PLACE, "killed while publishing", "neither the old nor the new build"),
    "a traceback": (SPEECHLESS, "files that cannot grow", "RuntimeError"),
    "leftovers": (FORGETFUL, "clock that jumps", "the next build leaves"),
}
PROGRAM = """
import os, sys
from benchmarks.faults import main
print("status", main(["-n", {count!r}, "--quick"]), flush=True)
for name, (breakage, fault, says) in {teeth!r}.items():
    print("TOOTH", name, flush=True)
    if not os.fork():
        exec(breakage)
        print("status", main(["-n", "2", "--quick", "--only", fault]), flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def said() -> list[str]:
    """What the script says of builds as they are, and then of three that break a promise; all in one process, to be quick."""
    code = PROGRAM.format(count=str(FAULTS), teeth=TEETH)
    world = {name: value for name, value in os.environ.items() if name != "EXAMGEN_SEED"} | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=world, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    return done.stdout.split("TOOTH ")


def test_every_fault_leaves_the_old_or_the_new(said: list[str]) -> None:
    """One trial of each kind; the table counts all of them, and nothing failed."""
    *_, every, _, status = said[0].splitlines()
    counted = [int(word) for word in every.split()[1:]]
    assert "status 0" == status, said[0]
    assert every.startswith("all") and (FAULTS, 0) == (counted[0], counted[-1])
    assert FAULTS == sum(counted[1:])


@pytest.mark.parametrize("name", TEETH)
def test_a_build_that_breaks_a_promise_is_noticed(name: str, said: list[str]) -> None:
    """The tooth: files written where they belong, an error that nobody thought of, stages that stay."""
    (told,) = [part for part in said if part.startswith(f"{name}\n")]
    assert told.endswith("status 1\n") and TEETH[name][2] in told


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
