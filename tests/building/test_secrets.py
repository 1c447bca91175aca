"""What must not stand in a build: answers on a sheet, the seed anywhere; and what must: the mark of a sample."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest

from examgen.build import variants
from examgen.exam import read_exam
from examgen.render.html import sheets_html
from examgen.sheets import head, sheet_variant
from tests.building.folders import LECTURE, PDFS, SECRET, Folder, everything, hidden, leaks, tellable
from tests.render.test_pdf import foreign, glyphless

pytestmark = pytest.mark.xdist_group("build")


def test_no_sheet_holds_an_answer(sample: Folder, secret: Folder) -> None:
    """In the text that `pdftotext` finds on a variant's pages, and of every variant there is some box to look for."""
    for folder in (sample, secret):
        for variant in folder.key["variants"]:
            assert len(tellable(variant)) >= 5
            assert [] == leaks(folder.sheet(variant["code"]), variant)


def test_the_key_holds_every_answer(secret: Folder) -> None:
    """The tooth of the search: the same numbers, found in the text of the key."""
    text = "\n".join(secret.pages("key.pdf"))
    for variant in secret.key["variants"]:
        alone = [label for label in tellable(variant) if not label.startswith("3")]  # maps stand in two-line brackets
        assert set(alone) <= set(leaks(text, variant))


def test_an_answer_on_a_sheet_is_found(secret: Folder) -> None:
    """The tooth on a sheet: one answer written beside the task, in either decimal mark and sign, or a map in a row."""
    variant = secret.key["variants"][0]
    sheet, answer = secret.sheet(variant["code"]), variant["tasks"][1]["answers"][1]
    shown = f"{answer['value']:.2f}"
    for planted in (shown, shown.replace(".", ","), f"−{shown}"):
        assert answer["label"] in leaks(f"{sheet}\nf = {planted}", variant)
    conv = variant["tasks"][2]["answers"][0]
    row = " ".join(f"{cell:.0f}" for line in conv["value"] for cell in line)
    assert [conv["label"]] == leaks(f"{sheet}\n{row}", variant)


def test_no_hidden_place_of_the_sheets_holds_an_answer(secret: Folder) -> None:
    """Document information, XMP, outlines, attachments and form fields; there is no attachment and no form."""
    path = secret.path / "sheets.pdf"
    told = hidden(path)
    for variant in secret.key["variants"]:
        assert [] == leaks(told, variant)
    with pikepdf.open(path) as document:
        assert 0 == len(document.attachments)
        assert "/AcroForm" not in document.Root


def test_a_hidden_answer_is_found(secret: Folder, tmp_path: Path) -> None:
    """The tooth: an answer in the title, in the outline, and as the name of an attached file."""
    variant = secret.key["variants"][0]
    answer = variant["tasks"][1]["answers"][1]
    shown = f"{answer['value']:.2f}"
    for place in ("title", "outline", "attachment"):
        with pikepdf.open(secret.path / "sheets.pdf") as document:
            if place == "title":
                document.docinfo["/Title"] = shown
            elif place == "outline":
                with document.open_outline() as outline:
                    outline.root.append(pikepdf.OutlineItem(f"f = {shown}", 0))
            else:
                document.attachments[f"{shown}.txt"] = pikepdf.AttachedFileSpec(document, b"")
            document.save(tmp_path / "planted.pdf")
        assert answer["label"] in leaks(hidden(tmp_path / "planted.pdf"), variant), place


def test_the_seed_stands_nowhere(secret: Folder) -> None:
    """Neither in the bytes of a file nor in an unpacked stream, a text string or the text of a PDF."""
    for name in secret.names:
        assert SECRET.encode() not in everything(secret.path / name), name
    assert "seed" == secret.manifest["seed"]


def test_a_seed_in_a_pdf_is_found(secret: Folder, tmp_path: Path) -> None:
    """The tooth: put into a compressed stream and into the document information."""
    for place in ("stream", "information"):
        with pikepdf.open(secret.path / "key.pdf") as document:
            if place == "stream":
                document.Root.Planted = document.make_stream(f"% {SECRET}".encode())
            else:
                document.docinfo["/Subject"] = SECRET
            document.save(tmp_path / "planted.pdf", compress_streams=True, recompress_flate=True)
        assert SECRET.encode() in everything(tmp_path / "planted.pdf"), place


def pages(folder: Folder, name: str) -> list[str]:
    """Those of a file, or of all worked solutions."""
    return [page for one in (folder.solutions if name == "solutions" else [name]) for page in folder.pages(one)]


@pytest.mark.parametrize("name", [*PDFS, "solutions"])
def test_only_a_sample_says_so_on_every_page(sample: Folder, secret: Folder, name: str) -> None:
    """ОБРАЗЕЦ, set with spaces between the letters, where the seed ships with the project; nowhere else."""
    assert {True} == {"ОБРАЗЕЦ" in page.replace(" ", "") for page in pages(sample, name)}
    assert {False} == {"ОБРАЗЕЦ" in page.replace(" ", "") for page in pages(secret, name)}
    assert (True, False) == (sample.manifest["sample"], secret.manifest["sample"])


def test_an_english_sample_says_sample() -> None:
    """In the language of the paper."""
    exam = read_exam(LECTURE, language="en")
    html = sheets_html(head(exam), [sheet_variant(exam, variant) for variant in variants(exam, 1)])
    assert "SAMPLE" in html and "ОБРАЗЕЦ" not in html


def test_every_font_of_a_build_is_ours(secret: Folder) -> None:
    """No font of this machine slips in."""
    assert {} == {name: found for name in (*PDFS, *secret.solutions) if (found := foreign(secret.bytes(name)))}


def test_no_glyph_of_thirty_sheets_is_missing() -> None:
    """Every character of every variant is in a font of ours; a Chinese one is seen to be missing."""
    exam = read_exam(LECTURE)
    html = sheets_html(head(exam), [sheet_variant(exam, variant) for variant in variants(exam)])
    assert set() == glyphless(html)
    assert {"漢"} == glyphless(html + "漢")
