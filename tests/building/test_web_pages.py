"""`build --html`: two pages beside the PDFs, vouched for, for their owner alone, and gone with the build that made them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import examgen.build
from examgen.folder import verify
from tests.building.conftest import built
from tests.building.folders import LECTURE
from tests.unset import unset

PAGES = ("key.html", "sheets.html")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a PDF looks like matters to no page."""
    unset(monkeypatch)
    monkeypatch.setattr(examgen.build, "sheets_pdf", lambda head, sheets, **kind: b"%PDF-1.7")


def test_web_pages_stand_beside_the_pdfs(quick: None, tmp_path: Path) -> None:
    """With course and date in the head, every box of the sheet, and answers in the key alone."""
    exam = tmp_path / "exam.toml"
    told = 'course = "Deep Learning"\ndate = 2026-12-15\n' + LECTURE.read_text(encoding="utf-8")
    exam.write_text(told, encoding="utf-8")
    folder = tmp_path / "out"
    built(folder, exam, "--proof", 1, "--language", "en", "--html")
    sheets, key = ((folder / name).read_text(encoding="utf-8") for name in ("sheets.html", "key.html"))
    assert "Deep Learning · December 15, 2026" in sheets
    assert 'class="answer ' in sheets and 'class="accepted"' in key and 'class="accepted"' not in sheets
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert {*PAGES} <= manifest["files"].keys() and {} == manifest["templates"]
    assert () == verify(folder).failures
    assert {0o600} == {(folder / name).stat().st_mode & 0o777 for name in PAGES}
    built(folder, exam, "--proof", 1, "--language", "en")
    assert not any((folder / name).exists() for name in PAGES)


def test_a_changed_page_is_named(quick: None, tmp_path: Path) -> None:
    """The tooth of the checksums."""
    built(tmp_path / "out", LECTURE, "--proof", 1, "--language", "en", "--html")
    page = tmp_path / "out" / "sheets.html"
    page.write_text(page.read_text(encoding="utf-8") + " ", encoding="utf-8")
    (failure,) = verify(tmp_path / "out").failures
    assert "sheets.html: changed since it was built (checksum differs from manifest.json)" == failure
