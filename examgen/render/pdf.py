"""HTML to PDF, the same bytes each time, with our own fonts and nothing else from anywhere."""

from __future__ import annotations

from typing import Any
from warnings import catch_warnings, simplefilter

import pydyf
import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from examgen.model import Standard
from examgen.render import archival, tagging
from examgen.render.faces import SCHEME, face, font_faces

VARIANTS: dict[Standard, str] = {
    "ua": "pdf/ua-1",  # accessible: tagged, with a title and a language
    "a": "pdf/a-2a",  # archival: with its colours defined too; attachments, for which there is 3a, there are none
}


class OurFilesOnly(URLFetcher):  # type: ignore[misc]
    """Hands out the fonts and refuses everything else; other exceptions than this one would be swallowed."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The font of that name. Raises: FatalURLFetchingError for anything that is not one of our fonts."""
        font = face(url.removeprefix(SCHEME)) if url.startswith(SCHEME) else None
        if font is None:
            raise FatalURLFetchingError(f"the paper must not fetch {url!r}: only its own fonts are read")
        return URLFetcherResponse(url, font, {"Content-Type": "font/ttf"})


def lay_out(html: str, standard: Standard = "ua") -> weasyprint.Document:
    """One HTML document laid out in pages, for writing or for looking at its pages and anchors.

    Raises: FatalURLFetchingError if the document asks for a file, a URL or data of its own.
    """
    configuration = FontConfiguration()
    fetcher = OurFilesOnly()
    own = weasyprint.CSS(string=font_faces(), font_config=configuration, url_fetcher=fetcher)
    document = weasyprint.HTML(string=html, url_fetcher=fetcher)
    return document.render(stylesheets=[own], font_config=configuration, pdf_variant=VARIANTS[standard])


def written(document: weasyprint.Document, zoom: float = 1.0, standard: Standard = "ua") -> bytes:
    """A tagged PDF of what was laid out for this standard, its pages enlarged by `zoom` with all that stands on them."""
    telling = tagging.Telling(document, zoom)

    def finish(_: weasyprint.Document, pdf: pydyf.PDF) -> None:
        telling.complete(pdf)
        if standard == "a":
            archival.also_accessible(pdf)

    with catch_warnings():
        simplefilter("ignore", ResourceWarning)  # WeasyPrint leaves it to Python to close its file of colours
        return bytes(document.write_pdf(finisher=finish, pdf_variant=VARIANTS[standard], zoom=zoom))


def write_pdf(html: str, standard: Standard = "ua") -> bytes:
    """A tagged PDF of one HTML document: PDF/UA-1, with "a" PDF/A-2a as well.

    Equal HTML gives equal bytes under equal library versions.
    Raises: FatalURLFetchingError as `lay_out` does.
    """
    return written(lay_out(html, standard), standard=standard)
