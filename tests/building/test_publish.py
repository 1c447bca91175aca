"""Publishing: all files of a build, or all that stood there before; what killed builds have left is put in order."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import examgen.build
from examgen.staging import FILES
from tests.building.folders import LECTURE, Folder
from tests.cli.commands import Ended, complaint, run

pytestmark = pytest.mark.xdist_group("build")


@pytest.fixture(autouse=True)
def _quick_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examgen.build, "write_pdf", lambda html: b"%PDF-1.7")


@pytest.fixture(params=["empty", "built", "partly"])
def place(request: pytest.FixtureRequest, sample: Folder, tmp_path: Path) -> Path:
    """An empty folder, an older build, and an older build without its key."""
    folder = tmp_path / "out"
    if request.param == "empty":
        folder.mkdir()
        return folder
    sample.copy(folder)
    if request.param == "partly":
        (folder / "key.pdf").unlink()
    return folder


def listing(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def again(folder: Path) -> Ended:
    return run("build", LECTURE, "-o", folder, "--proof", 1, "-j", 1)


def fails_at(moves: set[int], failure: BaseException) -> Any:
    """`os.replace` that fails at these moves, counted from 1."""
    real, count = os.replace, iter(range(1, 100))

    def replace(source: Any, target: Any) -> None:
        if next(count) in moves:
            raise failure
        real(source, target)

    return replace


@pytest.mark.parametrize("move", range(1, 9))
@pytest.mark.parametrize("failure", [OSError(5, "Input/output error"), KeyboardInterrupt()], ids=["error", "interrupt"])
def test_a_failed_move_gives_everything_back(
    place: Path, move: int, failure: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four files are set aside and four put in their place; whichever move fails, the folder is as before."""
    before = listing(place)
    moves = len(FILES) + sum(path.name in FILES for path in place.iterdir())
    monkeypatch.setattr(os, "replace", fails_at({move}, failure))
    ended = again(place)
    if move > moves:
        assert 0 == ended.status
        return
    assert before == listing(place)
    said = f"examgen: {place}: writing failed (Input/output error), what stood there before is kept"
    error = isinstance(failure, OSError)
    assert 0 != ended.status
    assert (error, error) == (2 == ended.status, said == ended.err.splitlines()[-1])


def test_what_cannot_be_given_back_is_told_and_kept(sample: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails from the second file on: where the old files are now, no manifest, and none of them lost."""
    folder = sample.copy(tmp_path / "out")
    before = {name: folder.bytes(name) for name in FILES}
    monkeypatch.setattr(os, "replace", fails_at(set(range(6, 100)), OSError(5, "Input/output error")))
    ended = again(folder.path)
    (stage,) = folder.path.glob(".building-*")
    said = f"examgen: {folder.path}: writing failed (Input/output error), what stood there is now in {stage / 'before'}"
    assert (2, said) == (ended.status, ended.err.splitlines()[-1])
    assert before == {path.name: path.read_bytes() for path in (stage / "before").iterdir()}
    assert not (folder.path / "manifest.json").exists()


@pytest.mark.parametrize("name", FILES)
def test_a_folder_in_the_way_is_told_first(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is drawn, and whatever the folder holds stays."""
    monkeypatch.setattr(examgen.build, "variants", lambda *arguments: pytest.fail("drawn too early"))
    (tmp_path / "out" / name / "kept").mkdir(parents=True)
    before = listing(tmp_path)
    said = complaint(again(tmp_path / "out"))
    assert f"{tmp_path / 'out' / name}: a folder stands where a file has to be, choose another place with -o" == said
    assert before == listing(tmp_path)


def killed(folder: Path, move: int) -> int:
    """A build whose process ends without a word at a move; gives its status."""
    code = (
        "import os, sys, examgen.build\n"
        "real, count = os.replace, iter(range(1, 100))\n"
        f"os.replace = lambda source, target: os._exit(9) if next(count) == {move} else real(source, target)\n"
        "examgen.build.write_pdf = lambda html: b'%PDF-1.7'\n"
        f"sys.argv = ['examgen', 'build', {str(LECTURE)!r}, '-o', {str(folder)!r}, '--proof', '1', '-j', '1']\n"
        "from examgen.cli import main; main()"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode


@pytest.mark.parametrize("move", [2, 6])
def test_a_build_killed_while_publishing_is_no_build(sample: Folder, tmp_path: Path, move: int) -> None:
    """`verify` finds no manifest, and the next build first puts the old files back, even if it gets no further."""
    folder = sample.copy(tmp_path / "out")
    before = listing(folder.path)
    assert 9 == killed(folder.path, move)
    assert "there is no manifest.json" in complaint(run("verify", folder.path))
    (tmp_path / "exam.toml").write_text(LECTURE.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examgen.build, "variants", lambda *arguments: (_ for _ in ()).throw(KeyboardInterrupt))
        assert 0 != again(folder.path).status
    assert before == listing(folder.path)


def test_a_half_done_restoring_can_be_done_again(sample: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped at any of its moves and begun anew, it still ends with the old files."""
    before = {name: sample.bytes(name) for name in FILES}
    half = sample.copy(tmp_path / "half")
    assert 9 == killed(half.path, 7)
    for move in range(1, 7):
        folder = half.copy(tmp_path / str(move))
        (stage,) = folder.path.glob(".building-*")
        monkeypatch.setattr(os, "replace", fails_at({move}, OSError(5, "Input/output error")))
        with pytest.raises(OSError, match="Input/output error"):
            examgen.staging._roll_back(stage, folder.path)
        examgen.staging._roll_back(stage, folder.path)
        monkeypatch.undo()
        assert before == {path.name: path.read_bytes() for path in folder.path.iterdir() if path.is_file()}


def dead_process() -> int:
    """A number that no process has any more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def test_what_killed_builds_left_is_removed(tmp_path: Path) -> None:
    """A stage of a process that is gone; that of one that runs, and whatever else begins like it, stays."""
    folder = tmp_path / "out"
    gone, used, other = (folder / f".building-{of}" for of in (f"{dead_process()}-x", f"{os.getppid()}-x", "notes"))
    for stage in (gone, used, other):
        stage.mkdir(parents=True)
        (stage / "sheets.pdf").write_bytes(b"half a file")
    assert 0 == again(folder).status
    assert sorted((*FILES, used.name, other.name)) == sorted(path.name for path in folder.iterdir())
    assert b"half a file" == (used / "sheets.pdf").read_bytes()
