"""One build of each kind, made once: all modules that use them run in one worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.building.folders import HOMEWORK, LECTURE, Folder, secret_definition
from tests.cli.commands import Ended, run


@pytest.fixture(autouse=True)
def _no_seed_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXAMGEN_SEED", raising=False)


def built(folder: Path, definition: Path, *options: object) -> Ended:
    """A build that has to succeed."""
    ended = run("build", definition, "-o", folder, "-j", 1, *options)
    assert 0 == ended.status, ended.err
    return ended


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Three variants of the lecture's exam, whose seed everybody knows."""
    folder = tmp_path_factory.mktemp("sample") / "out"
    built(folder, LECTURE, "--proof", 3)
    return Folder(folder)


@pytest.fixture(scope="session")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Four variants of the same exam with a seed of its own."""
    place = tmp_path_factory.mktemp("secret")
    (place / "exam.toml").write_text(secret_definition(), encoding="utf-8")
    built(place / "out", place / "exam.toml", "--proof", 4)
    return Folder(place / "out")


@pytest.fixture(scope="session")
def homework(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, Ended]:
    """The lecture's own numbers, and what the build said."""
    folder = tmp_path_factory.mktemp("homework") / "out"
    return Folder(folder), built(folder, HOMEWORK)
