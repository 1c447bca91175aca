"""HTML to PDF, the same bytes each time, with our own fonts and nothing else from anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from examgen.errors import InputError
from examgen.render import own
from examgen.render.faces import SCHEME, face, font_faces

VARIANT = "pdf/ua-1"  # tagged, with a title and a language


class OurFilesOnly(URLFetcher):  # type: ignore[misc]
    """Hands out the fonts, and what lies in a folder of own templates; other exceptions than this one would be swallowed."""

    def __init__(self, templates: Path | None = None) -> None:
        super().__init__(allowed_protocols=())
        self.templates = templates

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The font or the file of that name. Raises: FatalURLFetchingError for anything else."""
        font = face(url.removeprefix(SCHEME)) if url.startswith(SCHEME) else None
        if font is not None:
            return URLFetcherResponse(url, font, {"Content-Type": "font/ttf"})
        if self.templates is None:
            raise FatalURLFetchingError(f"the paper must not fetch {url!r}: only its own fonts are read")
        try:
            content, kind = own.fetched(self.templates, url)
        except InputError as error:
            raise FatalURLFetchingError(str(error)) from None
        return URLFetcherResponse(url, content, {"Content-Type": kind})


def lay_out(html: str, templates: Path | None = None) -> weasyprint.Document:
    """One HTML document laid out in pages, for writing or for looking at its pages and anchors.

    Raises: FatalURLFetchingError if the document asks for a file, a URL or data of its own; InputError where it is made
    with own templates and asks for what is not in their folder.
    """
    configuration = FontConfiguration()
    fetcher = OurFilesOnly(templates)
    fonts = weasyprint.CSS(string=font_faces(), font_config=configuration, url_fetcher=fetcher)
    base = templates and f"{templates.resolve().as_uri()}/"
    try:
        document = weasyprint.HTML(string=html, url_fetcher=fetcher, base_url=base)
        return document.render(stylesheets=[fonts], font_config=configuration, pdf_variant=VARIANT)
    except FatalURLFetchingError as error:
        if templates is None:
            raise
        raise InputError(str(error)) from None


def written(document: weasyprint.Document, zoom: float = 1.0) -> bytes:
    """A tagged PDF/UA-1 of a laid-out document, its pages enlarged by `zoom` with all that stands on them."""
    return bytes(document.write_pdf(pdf_variant=VARIANT, zoom=zoom))


def write_pdf(html: str, templates: Path | None = None) -> bytes:
    """A tagged PDF/UA-1 of one HTML document; equal HTML gives equal bytes under equal library versions.

    Raises: FatalURLFetchingError as `lay_out` does.
    """
    return written(lay_out(html, templates))
