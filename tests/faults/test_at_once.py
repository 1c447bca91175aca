"""Two builds that publish into one folder at once: one after the other, never a mixture of both."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import examgen.staging
from examgen.staging import publish, staging, write
from examgen.unfinished import STAGE, new_stage

NAMES = ("key.json", "key.pdf", "sheets.pdf", "solutions/BOTH.pdf")


def fill(stage: Path, of: str) -> None:
    """Stands in for a build: files that say whose they are, and a manifest of them."""
    files = {name: f"{name} of {of}".encode() for name in (*NAMES, f"solutions/{of}.pdf")}
    hashes = {name: sha256(content).hexdigest() for name, content in files.items()}
    for name, content in {**files, "manifest.json": json.dumps({"files": hashes, "of": of}).encode()}.items():
        write(stage, name, content)


def owners(folder: Path) -> set[str]:
    """Whose files stand in a folder, by what they say."""
    files = [path for path in folder.rglob("*") if path.is_file() and STAGE not in str(path) and path.suffix == ".pdf"]
    assert len(NAMES) == len(files)
    return {path.read_text(encoding="utf-8").rpartition(" ")[2] for path in files}


def met(folder: Path, at: int, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Whose files there are after one build has published while another one was at a move; the older build is nobody's."""
    folder.mkdir(parents=True)
    stages = {of: new_stage(folder, of) for of in ("old", "first", "second")}
    for of, stage in stages.items():
        fill(stage, of)
    publish(stages["old"], folder)
    moves, failures = 0, list[BaseException]()

    def other() -> None:
        try:
            publish(stages["second"], folder)
        except BaseException as failure:
            failures.append(failure)

    second = Thread(target=other)

    def move(source: Any, target: Any) -> None:
        nonlocal moves
        moves += 1
        if moves == at:
            second.start()
            second.join(0.1)  # as long as it may need, if nothing keeps it
        os.replace(source, target)

    monkeypatch.setattr(examgen.staging, "_move", move)
    try:
        publish(stages["first"], folder)
    except examgen.staging.OutputError as failure:
        failures.append(failure)
    second.join(10)
    assert at <= moves and not second.is_alive()
    return owners(folder) if not failures else {str(failure) for failure in failures}


@pytest.mark.parametrize("at", [1, 3, 6, 9])
def test_the_second_waits_for_the_first(at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the first one is: the folder is that of the second in the end, whole, and nobody fails."""
    assert {"second"} == met(tmp_path / "out", at, monkeypatch)


def test_builds_that_do_not_wait_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: without the lock a build loses its files to the other one, fails, or both are mixed."""

    @contextmanager
    def unlocked(folder: Path) -> Any:
        yield

    monkeypatch.setattr(examgen.staging, "alone", unlocked)
    assert any({"second"} != met(tmp_path / str(at), at, monkeypatch) for at in (3, 6, 9))


def test_a_folder_that_cannot_be_locked_is_built_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on some network drives: nothing is locked, and nothing fails."""
    fcntl = pytest.importorskip("fcntl")

    def refused(*told: Any) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refused)
    with staging(tmp_path / "out") as stage:
        fill(stage, "first")
        publish(stage, tmp_path / "out")
    assert {"first"} == owners(tmp_path / "out")
