"""A sample of each book set and laid out: what does not come out the same is not set at all.

The style sheets of own templates may do what nobody has thought of, and no key may be wrong.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from warnings import catch_warnings, simplefilter

import pydyf
import weasyprint

from examgen.render.galley._book import Book, Events
from examgen.render.galley._content import page_code
from examgen.render.galley._fragments import Edge, Piece, classes, ending
from examgen.render.galley._lines import Unfit
from examgen.render.galley._reading import Font, Marks, differing, marks
from examgen.render.html import PAPER_STYLES
from examgen.render.paper import Head
from examgen.render.pdf import lay_out
from examgen.render.sizes import page_rule
from examgen.resources import find

SOME = {"strip": 2, "solutions": 2}  # sections of these classes that are enough
ASKING = re.compile(r":(?:nth|first|last|only|has|empty|not)\b|[+~]|counter|quote|@import")  # a sample cannot tell these
ROWS = 6  # of a table that are enough


def prove(book: Book, html: str, events: Events, whose: str) -> None:
    """Holds the pages of a document against the same laid out. Raises: Unfit where they differ."""
    if book.head.templates is not None:
        refuse_neighbours(book.head, html)
    leaves = book.pages(events)
    laid_out = list(_laid_out(book, html))
    if len(laid_out) != len(leaves):
        raise Unfit(f"{len(leaves)} pages instead of {len(laid_out)}")
    fonts = {name: Font(means, book.faces.widths[name]) for name, means in book.faces.read.items()}
    forms = list(book.forms)
    for number, (leaf, plain) in enumerate(zip(leaves, laid_out, strict=True), 1):
        if found := differing(plain, marks(page_code(book, leaf, whose, number, len(leaves)), fonts, forms)):
            raise Unfit(f"page {number} would come out otherwise: {found}")


def refuse_neighbours(head: Head, start: str) -> None:
    """Refuses own style sheets by which the style of a piece may depend on others. Raises: Unfit."""
    own = start[start.index("<style>") :].partition("</style>")[0].replace(page_rule(head.paper), "")
    for name in PAPER_STYLES:
        own = own.replace((find("templates") / f"{name}.css").read_text(encoding="utf-8"), "")
    if found := ASKING.search(own):
        raise Unfit(f"a style sheet asks by {found[0]!r} what stands around a piece")


def some_of(events: Events) -> list[Piece | Edge]:
    """A document with fewer variants: the first rows of tables, the first of strips and solutions and one most unlike it."""
    kept = {name: _chosen(events, name, count) for name, count in SOME.items()}
    out: list[Piece | Edge] = []
    rows, skipped = 0, 0
    for place, event in enumerate(events):
        if skipped or (isinstance(event, Edge) and event.opens and _left_out(event, place, kept)):
            skipped += (1 if event.opens else -1) if isinstance(event, Edge) else 0
            continue
        rows = rows + 1 if isinstance(event, Piece) and event.html.startswith("<tr") else 0
        if rows <= ROWS:
            out.append(event)
    return out


def _left_out(event: Edge, place: int, kept: dict[str, set[int]]) -> bool:
    return any(name in classes(event.tag) and place not in places for name, places in kept.items())


def _chosen(events: Events, name: str, count: int) -> set[int]:
    """Where the sections of a class begin that are enough: each time the one with the most new looks."""
    looks: dict[int, set[str]] = {}
    inside = -1
    depth = 0
    for place, event in enumerate(events):
        if isinstance(event, Edge):
            if inside < 0 and event.opens and name in classes(event.tag):
                inside, depth = place, 0
                looks[inside] = set()
            depth += 1 if event.opens else -1
            inside = inside if depth else -1
        elif inside >= 0:
            looks[inside].add(event.look)
    return set(unlike(looks, count))


def unlike(looks: dict[int, set[str]], count: int) -> Iterator[int]:
    """The first, and then each time the one with the most looks that none of those before has."""
    seen: set[str] = set()
    left = dict(looks)
    for i in range(min(count, len(left))):
        place = max(left, key=lambda each: len(left[each] - seen)) if i else next(iter(left))
        seen |= left.pop(place)
        yield place


def written_again(events: Sequence[Piece | Edge]) -> str:
    """A document's content as HTML."""
    return "".join(
        event.html if isinstance(event, Piece) else event.tag if event.opens else ending(event.tag) for event in events
    )


def _laid_out(book: Book, html: str) -> Iterator[Marks]:
    """All that can be seen on the pages of a document laid out."""
    document = lay_out(html, book.head)
    found: list[bytes] = []

    def finish(_: weasyprint.Document, pdf: pydyf.PDF) -> None:
        for reference in pdf.page_references:
            page = pdf.objects[int(reference.split()[0])]
            stream = pdf.objects[int(page["Contents"].split()[0])].stream
            found.append(b"\n".join(part if isinstance(part, bytes) else _data(part) for part in stream))

    with catch_warnings():
        simplefilter("ignore", ResourceWarning)  # WeasyPrint leaves it to Python to close its file of colours
        document.write_pdf(io.BytesIO(), finisher=finish)
    fonts = {f"/{font.hash}".encode(): Font(font.to_unicode, font.widths) for font in document.fonts.values()}
    for code in found:
        yield marks(code, fonts)


def _data(part: object) -> bytes:
    return part.encode() if isinstance(part, str) else part.data  # type: ignore[attr-defined]  # pydyf has no annotations
