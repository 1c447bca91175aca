"""A build that fails or is stopped leaves the folder as it was, and says where it failed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import examgen.build
from examgen.engines import _torch
from tests.build.folders import FILES, LECTURE, Folder
from tests.cli.commands import Ended, run

pytestmark = pytest.mark.xdist_group("build")


def listing(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def again(folder: Path) -> Ended:
    return run("build", LECTURE, "-o", folder, "--proof", 1, "-j", 1)


@pytest.fixture(params=["empty", "built"])
def place(request: pytest.FixtureRequest, sample: Folder, tmp_path: Path) -> Path:
    """A folder that is not there yet, or holds an older build."""
    folder = tmp_path / "out"
    return sample.copy(folder).path if request.param == "built" else folder


def broken_once_written(failure: BaseException) -> Callable[[str], bytes]:
    """A renderer that sets the sheets and then fails on the key."""
    pages: list[str] = []

    def write(html: str) -> bytes:
        pages.append(html)
        if len(pages) > 1:
            raise failure
        return b"%PDF-1.7"

    return write


def test_an_engine_that_is_wrong_stops_the_build(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slope of the wrong sign in PyTorch's table: exit 1 naming variant, code, task and node; the folder as before."""
    before = listing(place)
    right = _torch.TABLE["sigmoid"]
    monkeypatch.setitem(_torch.TABLE, "sigmoid", lambda node, x: right(node, x) * 1.001)
    ended = again(place)
    assert (1, "") == (ended.status, ended.out)
    said = ended.err.splitlines()[-1]
    assert said.startswith("examgen: variant 1 (") and "), task 2: " in said
    assert "torch" in said and "sympy" in said and " f" in said
    assert before == listing(place)
    assert place.exists() == bool(before)


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt(), RuntimeError("a bug")])
def test_a_failure_in_rendering_keeps_the_old_files(
    place: Path, failure: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, an interrupt and a bug after the sheets were set: no new file, no staging folder."""
    before = listing(place)
    monkeypatch.setattr(examgen.build, "write_pdf", broken_once_written(failure))
    if isinstance(failure, RuntimeError):
        with pytest.raises(RuntimeError, match="a bug"):
            again(place)
    else:
        ended = again(place)
        said = f"examgen: {place}: writing failed (No space left on device), what stood there before is kept"
        full = isinstance(failure, OSError)
        assert 0 != ended.status
        assert (full, full) == (ended.status == 2, ended.err.splitlines()[-1] == said)
    assert before == listing(place)
    assert place.exists() == bool(before)


def test_a_build_over_another_replaces_it(sample: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth of the comparison: where nothing fails, the four files are new and nothing else is there."""
    folder = sample.copy(tmp_path / "out")
    before = listing(folder.path)
    monkeypatch.setattr(examgen.build, "write_pdf", lambda html: b"%PDF-1.7")
    assert 0 == again(folder.path).status
    assert sorted(FILES) == sorted(path.name for path in folder.path.iterdir())
    after = listing(folder.path)
    assert all(before[name] != after[name] for name in before)


def test_a_build_stopped_while_publishing_is_seen(sample: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files arrive one by one, the manifest last: stopped between them, `verify` names what does not belong together."""
    folder = sample.copy(tmp_path / "out")
    moves: list[Any] = []
    real = os.replace

    def stopped(source: Any, target: Any) -> None:
        moves.append(target)
        if len(moves) > 1:
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(examgen.build, "write_pdf", lambda html: b"%PDF-1.7")
    monkeypatch.setattr(os, "replace", stopped)
    assert 0 != again(folder.path).status
    monkeypatch.undo()
    assert sorted(FILES) == sorted(path.name for path in folder.path.iterdir())
    ended = run("verify", folder.path)
    assert 1 == ended.status
    assert "key.json: changed since it was built" in ended.err


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path, jobs: str) -> None:
    """Sent to all processes of a real build once it has drawn: a status that is not 0, soon, and no folder."""
    code = (  # a suite run in the background hands on that SIGINT is ignored
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"sys.argv = ['examgen', 'build', {str(LECTURE)!r}, '-o', 'out', '-j', {jobs!r}]\n"
        "from examgen.cli import main; main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as build:
        assert build.stderr is not None
        assert "drawn: 30\n" == build.stderr.readline()
        os.killpg(build.pid, signal.SIGINT)
        build.communicate(timeout=60)
    assert 0 != build.returncode
    assert [] == list(tmp_path.iterdir())


def test_a_build_without_pytorch_says_how_to_get_it(tmp_path: Path) -> None:
    """In a process where torch cannot be imported: exit 2, one sentence, no folder."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        f"sys.argv = ['examgen', 'build', {str(LECTURE)!r}, '-o', 'out', '--proof', '1', '-j', '1']\n"
        "from examgen.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (2, "") == (done.returncode, done.stdout)
    said = done.stderr.splitlines()[-1]
    assert said.startswith("examgen: the torch engine needs torch, which is not installed: pip install ")
    assert "Traceback" not in done.stderr
    assert [] == list(tmp_path.iterdir())
