"""HTML to PDF, the same bytes each time, with our own fonts and nothing else from anywhere."""

from __future__ import annotations

from functools import cache
from typing import Any

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from examgen.resources import find, fonts

FAMILIES = {"serif": "Exam Serif", "symbols": "Exam Symbols"}
FONT_SCHEME = "examgen-font:"
VARIANT = "pdf/ua-1"  # tagged, with a title and a language


class OurFilesOnly(URLFetcher):  # type: ignore[misc]
    """Hands out the fonts and refuses everything else; other exceptions than this one would be swallowed."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The font of that name. Raises: FatalURLFetchingError for anything that is not one of our fonts."""
        path = fonts().get(url.removeprefix(FONT_SCHEME)) if url.startswith(FONT_SCHEME) else None
        if path is None:
            raise FatalURLFetchingError(f"the paper must not fetch {url!r}: only its own fonts are read")
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": "font/ttf"})


@cache
def font_faces() -> str:
    """The @font-face rules for every file of the font packages."""
    rules = []
    for face, family in FAMILIES.items():
        for path in sorted(find(face).glob("*.ttf")):
            slant = "italic" if "Italic" in path.name else "normal"
            # A variable font (its axes stand in brackets) is not told its weight: it has all of them.
            weight = "" if "[" in path.name else f" font-weight: {700 if 'Bold' in path.name else 400};"
            source = f'url("{FONT_SCHEME}{path.name}") format("truetype")'
            rules.append(f'@font-face {{ font-family: "{family}"; font-style: {slant};{weight} src: {source}; }}')
    return "\n".join(rules)


def lay_out(html: str) -> weasyprint.Document:
    """One HTML document laid out in pages, for writing or for looking at its pages and anchors.

    Raises: FatalURLFetchingError if the document asks for a file, a URL or data of its own.
    """
    configuration = FontConfiguration()
    fetcher = OurFilesOnly()
    faces = weasyprint.CSS(string=font_faces(), font_config=configuration, url_fetcher=fetcher)
    document = weasyprint.HTML(string=html, url_fetcher=fetcher)
    return document.render(stylesheets=[faces], font_config=configuration, pdf_variant=VARIANT)


def write_pdf(html: str) -> bytes:
    """A tagged PDF/UA-1 of one HTML document; equal HTML gives equal bytes under equal library versions.

    Raises: FatalURLFetchingError as `lay_out` does.
    """
    return bytes(lay_out(html).write_pdf(pdf_variant=VARIANT))
