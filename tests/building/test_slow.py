"""What is not stamped or set from looks is laid out page by page, and the build says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from examgen.build import Built, build
from examgen.exam import read_exam
from examgen.render import galley
from tests.building import quick


@pytest.fixture(scope="module")
def exam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("slow") / "exam.toml"
    path.write_text(quick.EXAM, encoding="utf-8")
    return path


def built(exam: Path, folder: Path) -> Built:
    return build(read_exam(exam), folder, count=2)


def test_a_build_has_nothing_to_say_of_what_is_quick(exam: Path, tmp_path: Path) -> None:
    """The tooth of the next: sheets, key and solutions of an ordinary exam are neither."""
    assert () == built(exam, tmp_path / "out").notes


def test_a_key_that_cannot_be_set_is_laid_out(exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Key and solutions, each with the reason, once however many pieces have it."""

    def unfit(*told: object) -> bytes:
        raise galley.Unfit("a line\nhas two storeys")

    monkeypatch.setattr(galley, "set_key", unfit)
    monkeypatch.setattr(galley, "set_solutions", unfit)
    found = built(exam, tmp_path / "out")
    said = "laid out page by page: a line has two storeys"
    assert {f"the key was {said}", f"worked solutions were {said}"} == set(found.notes)
    assert all((tmp_path / "out" / name).read_bytes().startswith(b"%PDF-1.7") for name in ("key.pdf", *found.solutions))
