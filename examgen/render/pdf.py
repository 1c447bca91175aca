"""HTML to PDF, the same bytes each time, with our own fonts and nothing else from anywhere."""

from __future__ import annotations

from typing import Any

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from examgen.render.faces import SCHEME, face, font_faces

VARIANT = "pdf/ua-1"  # tagged, with a title and a language


class OurFilesOnly(URLFetcher):  # type: ignore[misc]
    """Hands out the fonts and refuses everything else; other exceptions than this one would be swallowed."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The font of that name. Raises: FatalURLFetchingError for anything that is not one of our fonts."""
        font = face(url.removeprefix(SCHEME)) if url.startswith(SCHEME) else None
        if font is None:
            raise FatalURLFetchingError(f"the paper must not fetch {url!r}: only its own fonts are read")
        return URLFetcherResponse(url, font, {"Content-Type": "font/ttf"})


def lay_out(html: str) -> weasyprint.Document:
    """One HTML document laid out in pages, for writing or for looking at its pages and anchors.

    Raises: FatalURLFetchingError if the document asks for a file, a URL or data of its own.
    """
    configuration = FontConfiguration()
    fetcher = OurFilesOnly()
    own = weasyprint.CSS(string=font_faces(), font_config=configuration, url_fetcher=fetcher)
    document = weasyprint.HTML(string=html, url_fetcher=fetcher)
    return document.render(stylesheets=[own], font_config=configuration, pdf_variant=VARIANT)


def written(document: weasyprint.Document, zoom: float = 1.0) -> bytes:
    """A tagged PDF/UA-1 of a laid-out document, its pages enlarged by `zoom` with all that stands on them."""
    return bytes(document.write_pdf(pdf_variant=VARIANT, zoom=zoom))


def write_pdf(html: str) -> bytes:
    """A tagged PDF/UA-1 of one HTML document; equal HTML gives equal bytes under equal library versions.

    Raises: FatalURLFetchingError as `lay_out` does.
    """
    return written(lay_out(html))
