"""PDF/A on request: it says so, defines its colours, carries its fonts, stays accessible, and is the same bytes each time."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from pikepdf import pdfa

from examgen.render.archival import ACCESSIBLE
from examgen.render.html import key_html, sheets_html
from examgen.render.paper import Head
from examgen.render.pdf import write_pdf
from tests.render.specimens import head, key_of, seed_variants
from tests.render.structure import faults

pytestmark = pytest.mark.xdist_group("paper")


ARCHIVAL = Head("", pdf="a")


def paper(language: str = "en") -> str:
    """The seed's exam."""
    return sheets_html(head(language), seed_variants(language, 1))


def said(pdf: bytes) -> dict[str, str]:
    """What the metadata name as standards."""
    with pikepdf.open(io.BytesIO(pdf)) as document, document.open_metadata() as metadata:
        names = ("pdfaid:part", "pdfaid:conformance", "pdfuaid:part")
        return {name: str(metadata[name]) for name in names if name in metadata}


def violations(pdf: bytes, change: Callable[[pikepdf.Pdf], Any] = lambda _: None) -> list[str]:
    """What pikepdf's validator has against the PDF as PDF/A-2b, of which 2a is the tagged form.

    It refuses what it does not know: the tagged form and the name of PDF/UA, which are taken out of the metadata before,
    and patterns and shadings, of which the lists are empty.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document:
        told = document.Root.Metadata
        told.write(told.read_bytes().replace(ACCESSIBLE, b"").replace(b'pdfaid:conformance="A"', b'pdfaid:conformance="B"'))
        for name in ("/Pattern", "/Shading"):
            assert not len(document.pages[0].Resources[name])
            del document.pages[0].Resources[name]
        change(document)
        return [finding.rule for finding in pdfa.check(document, "2b").findings]


def test_an_archival_pdf_says_that_it_is_accessible_too() -> None:
    """Both names; without the request PDF/UA alone."""
    assert {"pdfaid:part": "2", "pdfaid:conformance": "A", "pdfuaid:part": "1"} == said(write_pdf(paper(), ARCHIVAL))
    assert {"pdfuaid:part": "1"} == said(write_pdf(paper()))


def key(language: str) -> str:
    """The seed's key."""
    return key_html(head(language), *key_of(seed_variants(language, 1)))


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("made", [paper, key])
def test_an_archival_pdf_is_valid_and_accessible(made: Callable[[str], str], language: str) -> None:
    """A validator of PDF/A has nothing against it, and nothing is wrong with its structure."""
    pdf = write_pdf(made(language), ARCHIVAL)
    assert [] == violations(pdf)
    assert [] == faults(pdf)


def without_fonts(document: pikepdf.Pdf) -> None:
    """Takes the outlines of the glyphs away."""
    for found in document.objects:
        if isinstance(found, pikepdf.Dictionary) and "/FontFile2" in found:
            del found["/FontFile2"]


@pytest.mark.parametrize("change", [without_fonts, lambda document: document.Root.__delitem__("/OutputIntents")])
def test_what_an_archive_refuses_is_found(change: Callable[[pikepdf.Pdf], Any]) -> None:
    """The teeth: fonts that are not there, colours that are not defined; and a PDF that was not meant for an archive."""
    assert violations(write_pdf(paper(), ARCHIVAL), change)
    assert violations(write_pdf(paper()))


def test_an_archival_pdf_is_the_same_bytes_each_time() -> None:
    """Its identifier too is made of what it holds."""
    once, again, other = write_pdf(paper(), ARCHIVAL), write_pdf(paper(), ARCHIVAL), write_pdf(paper("ru"), ARCHIVAL)
    assert once == again
    assert identifier(once) != identifier(other)


def identifier(pdf: bytes) -> bytes:
    """What tells this file from any other."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return bytes(document.trailer.ID[0])
