"""More than 1,000 sheets or variants stand in several files, which are written, moved and vouched for as one would be."""

from __future__ import annotations

import re
import stat
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest

import examgen.build
import examgen.entries
from examgen import entries
from examgen.entries import last, volumes, whole
from examgen.render.paper import Head, SheetVariant
from tests.building import quick
from tests.building.conftest import built
from tests.building.folders import LECTURE, Folder
from tests.cli.commands import complaint, run
from tests.unset import unset

pytestmark = pytest.mark.xdist_group("volumes")

PARTS = ("0001-0002", "0003-0004", "0005-0005")
SHEETS, KEYS = ([f"{name}-{part}.pdf" for part in PARTS] for name in ("sheets", "key"))


@pytest.fixture
def exam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An exam that is laid out in no time, and two sheets to a volume."""
    monkeypatch.delenv("EXAMGEN_SEED", raising=False)
    unset(monkeypatch, quick.write_pdf)
    monkeypatch.setattr(examgen.build, "sheets_pdf", quick.sheets_pdf)
    monkeypatch.setattr(examgen.entries, "PER_VOLUME", 2)
    path = tmp_path / "exam.toml"
    path.write_text(quick.EXAM, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("count", "names"),
    [
        (0, ["sheets.pdf"]),
        (1_000, ["sheets.pdf"]),
        (1_001, ["sheets-0001-1000.pdf", "sheets-1001-1001.pdf"]),
        (10_001, [f"sheets-{1000 * k + 1:05}-{min(1000 * k + 1000, 10_001):05}.pdf" for k in range(11)]),
    ],
)
def test_volumes_say_what_they_hold(count: int, names: list[str]) -> None:
    """Up to a thousand there is one file; above, the first and the last sheet of each, in order when sorted by name."""
    found = volumes("sheets.pdf", count)
    assert names == list(found)
    assert list(range(count)) == [place for places in found.values() for place in places]
    assert sorted(found) == list(found) and {"sheets.pdf"} == {whole(name) for name in found}
    assert (count if count > 1_000 else 0) == last("sheets.pdf", found)


@pytest.mark.parametrize("name", ["sheets-1-2.pdf", "sheets-0001-1000.txt", "solutions-0001-1000.pdf", "my-0001-0002.pdf"])
def test_other_files_are_no_volumes(name: str) -> None:
    """Their names stay what they are."""
    assert name == whole(name)


def test_a_large_build_has_volumes(exam: Path, tmp_path: Path) -> None:
    """Instead of the one file; told by the command, vouched for, and those of the key for their owner alone."""
    ended = built(tmp_path / "out", exam, "-n", 5)
    folder = Folder(tmp_path / "out")
    assert sorted(["key.json", "manifest.json", *KEYS, *SHEETS, *folder.solutions]) == folder.names
    assert [f"  {folder.path / name}" for name in ("key.json", *KEYS, *SHEETS, "manifest.json")] == ended.out.splitlines()[3:-2]
    assert ended.out.endswith(f"readable by you alone: {', '.join(KEYS)}, key.json, solutions/\n")
    private = [name for name in (*KEYS, *SHEETS) if 0o600 == stat.S_IMODE((folder.path / name).stat().st_mode)]
    assert KEYS == private
    assert {*folder.names} - {"manifest.json"} == folder.manifest["files"].keys()
    assert run("verify", folder.path).out.startswith(f"{len(folder.names)} files unchanged; ")


def test_an_archive_has_volumes(exam: Path, tmp_path: Path) -> None:
    """And is verified as the folder is."""
    built(tmp_path / "out", exam, "-n", 5)
    assert 0 == run("archive", tmp_path / "out", tmp_path / "exam.zip").status
    with ZipFile(tmp_path / "exam.zip") as packed:
        assert {*KEYS, *SHEETS} < {*packed.namelist()}
    assert 0 == run("verify", tmp_path / "exam.zip").status


@pytest.mark.parametrize("name", [SHEETS[1], SHEETS[2], KEYS[1]])
@pytest.mark.parametrize("how", ["gone", "changed", "unlisted"])
def test_a_volume_that_does_not_hold_is_named(name: str, how: str, exam: Path, tmp_path: Path) -> None:
    """By `verify`, once."""
    built(tmp_path / "out", exam, "-n", 5)
    folder = Folder(tmp_path / "out")
    if how == "gone":
        (folder.path / name).unlink()
    elif how == "changed":
        (folder.path / name).write_bytes(b"%PDF-1.7 other")
    else:
        folder.change("manifest.json", lambda manifest: manifest["files"].pop(name))
    ended = run("verify", folder.path)
    assert (1, 2, True) == (ended.status, len(ended.err.splitlines()[1:]), ended.err.splitlines()[1].startswith(f"{name}: "))


def test_volumes_go_with_their_build(exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A smaller build has one file again, and the other way round; what is gone is told."""
    built(tmp_path / "out", exam, "-n", 5)
    smaller = built(tmp_path / "out", exam, "-n", 2)
    folder = Folder(tmp_path / "out")
    assert sorted(["key.json", "key.pdf", "manifest.json", "sheets.pdf", *folder.solutions]) == folder.names
    *most, end = [*KEYS, *SHEETS]
    assert f"note: {', '.join(most)} and {end} of the build before are removed\n" in smaller.out
    larger = built(tmp_path / "out", exam, "-n", 5)
    assert "note: key.pdf and sheets.pdf of the build before are removed\n" in larger.out
    assert not {"key.pdf", "sheets.pdf"} & {*Folder(tmp_path / "out").names}


def test_a_volume_of_somebody_elses_is_told_first(exam: Path, tmp_path: Path) -> None:
    """A file that is called as a volume is, and that no build put there, stays."""
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / SHEETS[0]
    path.write_text("mine", encoding="utf-8")
    assert complaint(run("build", exam, "-o", tmp_path / "out")).startswith(f"{path}: no build put it there")
    assert "mine" == path.read_text(encoding="utf-8")


def test_copies_and_pages_have_volumes_too(exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ordinary and large ones by themselves, in the order of the pile; lists and web pages likewise, as secret as ever."""
    people = "\n".join(f"P{place};{'x' * (place in (2, 4, 5))}" for place in range(1, 7))
    (tmp_path / "class.csv").write_text(f"name;large\n{people}\n", encoding="utf-8")
    held: list[tuple[bool, list[str]]] = []

    def watched(head: Head, sheets: Sequence[SheetVariant], *, large: bool = False, **more: object) -> bytes:
        held.append((large, [sheet.name for sheet in sheets]))
        return b"%PDF-1.7"

    monkeypatch.setattr(examgen.build, "sheets_pdf", watched)
    ended = built(tmp_path / "out", exam, "-n", 4, "--roster", tmp_path / "class.csv", "--html")
    assert [(False, ["P1", "P3"]), (False, ["P6"]), (True, ["P2", "P4"]), (True, ["P5"])] == held
    names = Folder(tmp_path / "out").names
    assert ["sheets-0001-0002.html", "sheets-0003-0004.html", "sheets-0005-0006.html"] == [
        name for name in names if whole(name) == "sheets.html"
    ]
    assert 2 == sum(whole(name) == "key.html" for name in names)
    large = ["sheets-large-0001-0002.pdf", "sheets-large-0003-0003.pdf"]
    lists = [f"handout-000{first}-000{first + 1}.pdf" for first in (1, 3, 5)]
    assert f"to print: sheets-0001-0002.pdf, sheets-0003-0003.pdf, {', '.join((*large, *lists))} (6 copies" in ended.out
    assert {0o600} == {stat.S_IMODE((tmp_path / "out" / name).stat().st_mode) for name in names if name.endswith(".html")}
    assert 0 == run("verify", tmp_path / "out").status


def test_every_volume_knows_all_structures(exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sheet of each, however many sheets there are, so that all volumes take the same pages."""
    text = quick.EXAM.replace('problem = "svm_loss"\npreset = "2x3"', 'problem = ["svm_loss", "softmax_loss"]\n'
                              'preset = { svm_loss = "3x4", softmax_loss = "2x3" }')
    exam.write_text(text.replace('language', 'calculator = "scientific"\nlanguage'), encoding="utf-8")
    seen: list[list[int]] = []

    def watched(head: Head, sheets: Sequence[SheetVariant], *, among: Sequence[SheetVariant], **more: object) -> bytes:
        seen.append([sheet.number for sheet in among])
        return b"%PDF-1.7"

    monkeypatch.setattr(examgen.build, "sheets_pdf", watched)
    built(tmp_path / "out", exam, "-n", 5)
    assert [[1, 2]] * 3 == seen


def test_volumes_hold_the_pages_of_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As laid out: the sheets of three variants in two volumes are page for page those of one file."""
    monkeypatch.delenv("EXAMGEN_SEED", raising=False)
    unset(monkeypatch, quick.write_pdf)
    built(tmp_path / "one", LECTURE, "--proof", 3)
    monkeypatch.setattr(entries, "PER_VOLUME", 2)
    built(tmp_path / "two", LECTURE, "--proof", 3)
    one, two = Folder(tmp_path / "one"), Folder(tmp_path / "two")
    pages = [page for name in ("sheets-0001-0002.pdf", "sheets-0003-0003.pdf") for page in two.pages(name)]
    assert one.pages("sheets.pdf") == pages
    assert 6 == len(pages) and re.search(r"\d", pages[0])
