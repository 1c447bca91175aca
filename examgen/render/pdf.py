"""HTML to PDF, the same bytes each time, with our own fonts and nothing else from anywhere."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

import pydyf
import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from examgen.errors import InputError
from examgen.model import Standard
from examgen.render import archival, own, tagging
from examgen.render.faces import SCHEME, face, font_faces
from examgen.render.paper import Head

VARIANTS: dict[Standard, str] = {
    "ua": "pdf/ua-1",  # accessible: tagged, with a title and a language
    "a": "pdf/a-2a",  # archival: with its colours defined too; attachments, for which there is 3a, there are none
}
PLAIN = Head("")  # of a document that asks for nothing special


class OurFilesOnly(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no annotations
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
        except (InputError, ValueError) as error:  # ValueError: no possible name
            raise FatalURLFetchingError(str(error)) from None
        return URLFetcherResponse(url, content, {"Content-Type": kind})


def lay_out(html: str, head: Head = PLAIN) -> weasyprint.Document:
    """One HTML document laid out in pages, for writing or for looking at its pages and anchors.

    Raises: FatalURLFetchingError if the document asks for a file, a URL or data of its own; InputError where it is made
    with own templates and asks for what is not in their folder.
    """
    configuration = FontConfiguration()
    fetcher = OurFilesOnly(head.templates)
    fonts = weasyprint.CSS(string=font_faces(), font_config=configuration, url_fetcher=fetcher)
    base = head.templates and f"{head.templates.resolve().as_uri()}/"
    if head.templates is not None:
        own.refuse(head.templates, html)
    with _refusing(head):
        document = weasyprint.HTML(string=html, url_fetcher=fetcher, base_url=base)
        return document.render(stylesheets=[fonts], font_config=configuration, pdf_variant=VARIANTS[head.pdf])


@contextmanager
def _refusing(head: Head) -> Iterator[None]:
    """What own templates ask for in vain, and pictures that are none, are their author's mistake, told in a sentence."""
    if head.templates is None:
        yield
        return
    told = _Told()
    logging.getLogger("weasyprint").addHandler(told)
    try:
        yield
    except FatalURLFetchingError as error:
        raise InputError(str(error)) from None
    finally:
        logging.getLogger("weasyprint").removeHandler(told)
    if told.complaints:
        raise InputError(f"{head.templates}: {told.complaints[0]}")


class _Told(logging.Handler):
    """What WeasyPrint only warns of: a picture that it cannot read or that nobody is told of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.complaints: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if "Failed to " in message:
            self.complaints.append(f"a picture cannot be read, save it anew ({message[:160]})")
        elif "alt description" in message:
            self.complaints.append("a picture has no words for those who do not see it, give it an alt in the template")


def written(document: weasyprint.Document, head: Head = PLAIN, zoom: float = 1.0) -> bytes:
    """A tagged PDF of what was laid out for this head, its pages enlarged by `zoom` with all that stands on them."""
    return _written(document, head, zoom, lambda pdf, complete: complete())


Look = Callable[[pydyf.PDF, Callable[[], None]], None]


def objects(document: weasyprint.Document, head: Head, zoom: float, look: Look) -> None:
    """Shows `look` the objects that `written` would write, and how they are completed with what their structure tells."""
    _written(document, head, zoom, look)


def _written(document: weasyprint.Document, head: Head, zoom: float, look: Look) -> bytes:
    telling = tagging.Telling(document, zoom)

    def finish(_: weasyprint.Document, pdf: pydyf.PDF) -> None:
        def complete() -> None:
            telling.complete(pdf)
            if head.pdf == "a":
                archival.also_accessible(pdf)

        look(pdf, complete)

    with catch_warnings(), _refusing(head):
        simplefilter("ignore", ResourceWarning)  # WeasyPrint leaves it to Python to close its file of colours
        return bytes(document.write_pdf(finisher=finish, pdf_variant=VARIANTS[head.pdf], zoom=zoom))


def write_pdf(html: str, head: Head = PLAIN) -> bytes:
    """A tagged PDF of one HTML document: PDF/UA-1, with "a" PDF/A-2a as well.

    Equal HTML gives equal bytes under equal library versions.
    Raises: FatalURLFetchingError as `lay_out` does.
    """
    return written(lay_out(html, head), head)
