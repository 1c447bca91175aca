"""Publishing: all files of a build, or all that stood there before; what killed builds have left is put in order.

The folder of solutions is one more thing that moves; nothing in it that is not a build's own is ever removed.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import examgen.build
import examgen.staging
from examgen.entries import ENTRIES, FILES, OFFICE, OPTIONAL
from examgen.errors import OutputError
from examgen.render.paper import Head
from examgen.staging import publish, staging, write
from examgen.unfinished import LEFT, STAGE
from tests.building.folders import LECTURE, Folder
from tests.cli.commands import Ended, complaint, run
from tests.unset import unset

pytestmark = pytest.mark.xdist_group("build")

REQUIRED = tuple(name for name in ENTRIES if name not in OPTIONAL)


@pytest.fixture(autouse=True)
def _quick_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    unset(monkeypatch)
    monkeypatch.setattr(examgen.build, "sheets_pdf", lambda head, sheets, **kind: b"%PDF-1.7")


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
    """All that stands in a folder, but for what is kept of stopped builds."""
    found = (path for path in sorted(folder.rglob("*")) if f"{STAGE}{LEFT}-" not in str(path))
    return {str(path): path.read_bytes() if path.is_file() else None for path in found}


def again(folder: Path) -> Ended:
    return run("build", LECTURE, "-o", folder, "--proof", 1, "-j", 1)


def fails_at(moves: set[int], failure: BaseException) -> Any:
    """`staging._move` that fails at these moves, counted from 1."""
    real, count = os.replace, iter(range(1, 100))

    def move(source: Any, target: Any) -> None:
        if next(count) in moves:
            raise failure
        real(source, target)

    return move


@pytest.mark.parametrize("move", range(1, 11))
@pytest.mark.parametrize("failure", [OSError(5, "Input/output error"), KeyboardInterrupt()], ids=["error", "interrupt"])
def test_a_failed_move_gives_everything_back(
    place: Path, move: int, failure: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four files and the solutions are set aside and new ones put in their place; whichever move fails, all is as before."""
    before = listing(place)
    moves = len(REQUIRED) + sum(path.name in ENTRIES for path in place.iterdir())
    monkeypatch.setattr(examgen.staging, "_move", fails_at({move}, failure))
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
    """A disk that fails from the first new file on: where the old files are now, no manifest, and none of them lost."""
    folder = sample.copy(tmp_path / "out")
    before = {name: folder.bytes(name) for name in folder.names}
    assert {*FILES, *folder.solutions} == before.keys()
    monkeypatch.setattr(examgen.staging, "_move", fails_at(set(range(6, 100)), OSError(5, "Input/output error")))
    ended = again(folder.path)
    (stage,) = folder.path.glob(".building-*")
    said = f"examgen: {folder.path}: writing failed (Input/output error), what stood there is now in {stage / 'before'}"
    assert (2, said) == (ended.status, ended.err.splitlines()[-1])
    aside = Folder(stage / "before")
    assert before == {name: aside.bytes(name) for name in aside.names}
    assert not (folder.path / "manifest.json").exists()


@pytest.mark.parametrize("name", [*FILES, *OPTIONAL])
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
        "import os, sys, examgen.build, examgen.staging\n"
        "real, count = os.replace, iter(range(1, 100))\n"
        f"examgen.staging._move = lambda *paths: os._exit(9) if next(count) == {move} else real(*paths)\n"
        f"sys.path.insert(0, {str(LECTURE.parents[1])!r})\n"
        "from tests.unset import unset; unset(None)\n"
        "examgen.build.sheets_pdf = lambda *told, **more: b'%PDF-1.7'\n"
        f"sys.argv = ['examgen', 'build', {str(LECTURE)!r}, '-o', {str(folder)!r}, '--proof', '1', '-j', '1']\n"
        "from examgen.cli import main; main()"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode


@pytest.mark.parametrize("move", [2, 6, 7])
def test_a_build_killed_while_publishing_is_no_build(sample: Folder, tmp_path: Path, move: int) -> None:
    """`verify` finds no manifest, and the next build first puts the old files back, even if it gets no further."""
    folder = sample.copy(tmp_path / "out")
    before = listing(folder.path)
    assert 9 == killed(folder.path, move)
    assert "there is no manifest.json" in complaint(run("verify", folder.path))
    (tmp_path / "exam.toml").write_text(LECTURE.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examgen.build, "_pieces", lambda *arguments: (_ for _ in ()).throw(KeyboardInterrupt))
        assert 0 != again(folder.path).status
    assert before == listing(folder.path)


def test_a_half_done_restoring_can_be_done_again(sample: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped at any of its moves and begun anew, it still ends with the old files."""
    before = {name: sample.bytes(name) for name in sample.names}
    half = sample.copy(tmp_path / "half")
    assert 9 == killed(half.path, 8)
    for move in range(1, 8):
        folder = half.copy(tmp_path / str(move))
        (stage,) = folder.path.glob(".building-*")
        monkeypatch.setattr(examgen.staging, "_move", fails_at({move}, OSError(5, "Input/output error")))
        with pytest.raises(OSError, match="Input/output error"):
            examgen.staging._roll_back(stage, folder.path)
        examgen.staging._roll_back(stage, folder.path)
        monkeypatch.undo()
        shutil.rmtree(stage)
        assert before == {name: folder.bytes(name) for name in folder.names}


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
    assert sorted((*REQUIRED, used.name, other.name)) == sorted(path.name for path in folder.iterdir())
    assert b"half a file" == (used / "sheets.pdf").read_bytes()


def fill(stage: Path, *names: str) -> None:
    """Stands in for a build: files that say where they were made, and a manifest of them."""
    files = {name: f"{name} of {stage.name}".encode() for name in names}
    for name, content in files.items():
        write(stage, name, content)
    hashes = {name: sha256(content).hexdigest() for name, content in files.items()}
    write(stage, "manifest.json", json.dumps({"files": hashes, "of": stage.name}).encode())


BOTH = ("key.json", "key.pdf", "sheets.pdf", "solutions/BOTH.pdf", "handout.pdf")
OLD = (*BOTH, "solutions/OLD.pdf", "assignment.csv")
NEW = (*BOTH, "solutions/NEW.pdf", "sheets-large.pdf")
MOVES = 2 * len(NEW)  # solutions move as one, and the manifest comes to them


def killed_here(folder: Path, move: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Publishes over an older build and stops at a move, with nobody to put anything in order; whether it got so far."""
    fill(folder, *OLD)
    stage = folder / f".building-{dead_process()}-x"
    stage.mkdir()
    fill(stage, *NEW)
    with monkeypatch.context() as patch, pytest.MonkeyPatch.context() as death:
        patch.setattr(examgen.staging, "_roll_back", lambda stage, folder: None)
        death.setattr(examgen.staging, "_move", fails_at({move}, KeyboardInterrupt()))
        try:
            publish(stage, folder)
        except KeyboardInterrupt:
            return True
    return False


@pytest.mark.parametrize("move", range(1, MOVES + 1))
def test_a_kill_at_any_move_is_put_in_order(move: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next build finds all old files again, the solutions of the old build among them, and none of the new ones."""
    folder = tmp_path / "out"
    folder.mkdir()
    assert killed_here(folder, move, monkeypatch)
    with staging(folder):
        pass
    assert sorted([*OLD, "manifest.json"]) == Folder(folder).names
    assert {name: f"{name} of out".encode() for name in OLD} == {name: Folder(folder).bytes(name) for name in OLD}
    assert "out" == json.loads((folder / "manifest.json").read_bytes())["of"]


def test_no_kill_publishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: without it there are only the new files; the old solution that has no successor is gone."""
    folder = tmp_path / "out"
    folder.mkdir()
    assert not killed_here(folder, MOVES + 1, monkeypatch)
    with staging(folder):
        pass
    assert sorted([*NEW, "manifest.json"]) == Folder(folder).names


def test_what_was_added_to_a_killed_build_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To its new solutions: the next build names it; once it is moved away, the old build is put back."""
    folder = tmp_path / "out"
    folder.mkdir()
    assert killed_here(folder, MOVES // 2 + 2, monkeypatch)
    note = folder / "solutions" / "note.txt"
    note.write_text("mine", encoding="utf-8")
    assert f"{note}: {NO_BUILD}" == complaint(again(folder))
    assert "mine" == note.rename(tmp_path / "note.txt").read_text(encoding="utf-8")
    with staging(folder):
        pass
    assert sorted([*OLD, "manifest.json"]) == Folder(folder).names


REMEDY = "move it away or choose another place with -o"
NO_BUILD = f"no build put it there, and solutions is replaced whole: {REMEDY}"


@pytest.mark.parametrize("kind", ["file", "link", "dangling link"])
def test_a_file_where_the_solutions_go_is_told_first(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a link, even to a folder: before anything is drawn, and it stays."""
    monkeypatch.setattr(examgen.build, "variants", lambda *arguments: pytest.fail("drawn too early"))
    folder = tmp_path / "out"
    folder.mkdir()
    place = folder / "solutions"
    if kind == "file":
        place.write_text("mine", encoding="utf-8")
    else:
        place.symlink_to(tmp_path if kind == "link" else tmp_path / "nothing")
    before = listing(folder)
    assert f"{place}: a file or link stands where a folder has to be, {REMEDY}" == complaint(again(folder))
    assert before == listing(folder)


@pytest.mark.parametrize("name", ["note.txt", "2222CX.pdf", "drafts", "a folder called as a solution is"])
def test_a_stranger_among_the_solutions_is_told_first(
    name: str, sample: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file, what may be a solution of another build, a folder: before anything is drawn, and it stays."""
    monkeypatch.setattr(examgen.build, "variants", lambda *arguments: pytest.fail("drawn too early"))
    folder = sample.copy(tmp_path / "out")
    path = folder.path / "solutions" / name
    if "." in name:
        path.write_text("mine", encoding="utf-8")
    else:
        path = path if name == "drafts" else folder.path / folder.solutions[0]
        path.unlink(missing_ok=True)
        (path / "kept").mkdir(parents=True)
    before = listing(folder.path)
    assert f"{path}: {NO_BUILD}" == complaint(again(folder.path))
    assert before == listing(folder.path)


@pytest.mark.parametrize("manifest", [None, b"", b"[" * 5000, b"\xff", b"[]", b'{"files": 3}', b'{"files": [{}]}', b"{}"])
def test_solutions_that_no_manifest_lists_are_kept(manifest: bytes | None, sample: Folder, tmp_path: Path) -> None:
    """No manifest, or one that says nothing about files: nobody knows whose they are."""
    folder = sample.copy(tmp_path / "out")
    (folder.path / "manifest.json").unlink()
    if manifest is not None:
        (folder.path / "manifest.json").write_bytes(manifest)
    before = listing(folder.path)
    assert f"{folder.path / min(folder.solutions)}: {NO_BUILD}" == complaint(again(folder.path))
    assert before == listing(folder.path)


def test_an_empty_folder_of_solutions_is_taken(tmp_path: Path) -> None:
    """There is nothing in it to lose, and no manifest is asked for."""
    (tmp_path / "out" / "solutions").mkdir(parents=True)
    assert 0 == again(tmp_path / "out").status


def test_what_is_added_while_a_build_runs_is_kept(sample: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A note put among the old solutions after they were looked at: exit 2, named by its place, everything as before."""
    folder = sample.copy(tmp_path / "out")
    note = folder.path / "solutions" / "note.txt"

    def busy(html: str, head: Head) -> bytes:
        note.write_text("mine", encoding="utf-8")
        return b"%PDF-1.7"

    before = {**listing(folder.path), str(note): b"mine"}
    unset(monkeypatch, busy)
    ended = again(folder.path)
    assert (2, f"examgen: {note}: {NO_BUILD}") == (ended.status, ended.err.splitlines()[-1])
    assert before == listing(folder.path)


CHANGED = f"changed since it was built, and would be replaced: {REMEDY}"
STRANGE = f"no build put it there, and builds write a file of that name: {REMEDY}"


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A folder with a build that has every optional file."""
    folder = tmp_path / "out"
    folder.mkdir()
    fill(folder, *BOTH, *OPTIONAL)
    return folder


def test_optional_files_go_with_their_build(listed: Path) -> None:
    """What the new build has takes the place of the old one, and what it has not is gone, and named."""
    with staging(listed) as stage:
        fill(stage, *BOTH)
        made = f"handout.pdf of {stage.name}"
        removed = publish(stage, listed)
    assert tuple(name for name in OPTIONAL if name not in BOTH) == removed
    assert sorted([*BOTH, "manifest.json"]) == Folder(listed).names
    assert made == (listed / "handout.pdf").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", OPTIONAL)
@pytest.mark.parametrize("kind", ["changed", "strange", "link"])
def test_an_optional_file_of_somebody_elses_is_told_first(
    name: str, kind: str, listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edited assignment, a file that no manifest speaks of, a link: before anything is drawn, and it stays."""
    monkeypatch.setattr(examgen.build, "variants", lambda *arguments: pytest.fail("drawn too early"))
    path = listed / name
    if kind == "changed":
        path.write_bytes(path.read_bytes() + b"mine")
    elif kind == "strange":
        fill(listed, *sorted({*BOTH} - {name}))
    else:
        path.rename(listed / "kept")
        path.symlink_to(listed / "kept")
    for other in {*OPTIONAL} - {name}:
        (listed / other).unlink()
    before = listing(listed)
    assert f"{path}: {CHANGED if kind == 'changed' else STRANGE}" == complaint(again(listed))
    assert before == listing(listed) and path.is_symlink() == (kind == "link")


def test_an_unchanged_optional_file_is_replaced(listed: Path) -> None:
    """The tooth: with nothing changed the command builds."""
    assert 0 == again(listed).status
    assert [] == [name for name in OPTIONAL if (listed / name).exists()]


def test_an_assignment_edited_while_a_build_runs_is_kept(listed: Path) -> None:
    """It is looked at again when nobody can change it any longer: everything as before, with the edit."""
    path = listed / "assignment.csv"
    with pytest.raises(OutputError, match="changed since it was built") as failure, staging(listed) as stage:
        fill(stage, *BOTH, *OPTIONAL)
        path.write_bytes(b"edited")
        before = {path: content for path, content in listing(listed).items() if stage.name not in path}
        publish(stage, listed)
    assert f"{path}: {CHANGED}" == str(failure.value)
    assert before == listing(listed)


def test_an_edit_of_what_a_killed_build_has_published_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next build names the file; once it is moved away, the old build is put back."""
    folder = tmp_path / "out"
    folder.mkdir()
    assert killed_here(folder, MOVES // 2 + 3, monkeypatch)
    path = folder / "handout.pdf"
    path.write_bytes(b"edited")
    assert f"{path}: {CHANGED}" == complaint(again(folder))
    assert b"edited" == path.rename(tmp_path / "handout.pdf").read_bytes()
    with staging(folder):
        pass
    assert sorted([*OLD, "manifest.json"]) == Folder(folder).names


@pytest.mark.parametrize("name", ["key.pdf", "key.json", "assignment.csv", "solutions/A.pdf", "sheets.pdf", "handout.pdf"])
def test_what_must_not_leave_the_office_is_the_owners_alone(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the moment before anything is written, whatever the mask of the process allows; the rest is as the mask says."""
    modes: list[int] = []
    real = examgen.staging._fill

    def watched(path: Path, content: Any) -> str:
        modes.append(stat.S_IMODE(path.stat().st_mode))
        return real(path, content)

    monkeypatch.setattr(examgen.staging, "_fill", watched)
    mask = os.umask(0)
    try:
        write(tmp_path, name, b"content")
    finally:
        os.umask(mask)
    private = name.partition("/")[0] in OFFICE
    assert [0o600 if private else 0o666] == modes == [stat.S_IMODE((tmp_path / name).stat().st_mode)]
    if "/" in name:
        assert 0o700 == stat.S_IMODE((tmp_path / name).parent.stat().st_mode)
