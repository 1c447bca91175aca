"""A build that is killed once its files are published, and before its stage is gone, is in nobody's way."""

from __future__ import annotations

from pathlib import Path

import pytest

from examgen import unfinished
from examgen.staging import publish, staging
from tests.faults.test_at_once import fill, owners


def built(folder: Path, of: str) -> None:
    with staging(folder, "mark") as stage:
        fill(stage, of)
        unfinished.record(stage, "key.json", {"key.json": unfinished.checksum_of(stage / "key.json")})
        publish(stage, folder)


def test_a_stage_that_was_not_removed_is_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all that the build before it had replaced; the next one publishes, and nothing of either is left."""
    folder = tmp_path / "out"
    built(folder, "old")
    with monkeypatch.context() as patch:
        patch.setattr(unfinished, "remove", lambda stage: None)
        built(folder, "killed")
    (left,) = folder.glob(f"{unfinished.STAGE}*")
    assert (left / "replaced" / "solutions" / "old.pdf").is_file()
    unfinished.let_go(left)
    built(folder, "new")
    assert {"new"} == owners(folder)
    assert [] == list(folder.glob(f"{unfinished.STAGE}*"))


def test_a_stage_that_is_in_the_way_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: with folders left in it the next build cannot put aside what it replaces."""
    monkeypatch.setattr(unfinished, "cleaned", lambda stage: None)
    with pytest.raises(Exception, match="Directory not empty"):
        test_a_stage_that_was_not_removed_is_used_again(tmp_path, monkeypatch)
