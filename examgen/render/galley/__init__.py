"""Keys and worked solutions set without the engine that laid them out: each look once, then text by text.

A key is hundreds of pages of some hundred looks: a line of an equation, a row of a table, a circuit. Each look is laid out
once, on a page of its own, and taken apart into what is fixed and lines whose texts are slots. Every further piece of that
look is set by the widths of its own texts, and pieces are put one below another as the style sheet says. A piece that cannot
be set so is laid out itself and is one more look.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from itertools import groupby

from examgen.render.galley._book import Book, Events
from examgen.render.galley._flow import pages
from examgen.render.galley._fragments import Edge, Piece, flow
from examgen.render.galley._lines import Unfit
from examgen.render.galley._margins import WHOSE
from examgen.render.galley._output import Press, Section
from examgen.render.html import key_html, solution_html
from examgen.render.paper import Head, MarkingTable, SolvedVariant, Strip

RUNNING = re.compile(r'<div class="(?:running|pages|end)".*?</div>', re.DOTALL)  # pieces that are not seen
WHO = re.compile(r'data-who="([^"]*)"')


def set_key(
    head: Head, tables: Sequence[MarkingTable], strips: Sequence[Strip], solved: Sequence[SolvedVariant] = ()
) -> bytes:
    """The key as PDF, as `pdf.write_pdf` makes it of `html.key_html`. Raises: Unfit."""
    start, running, content = _opened(key_html(head, tables, strips, solved))
    events = list(flow(content))
    book = Book(head, start, running, [events], [])
    out = io.BytesIO()
    Press(book).write(out, [Section(pages(events, book.find, book.room, book.across), "")], through=True)
    return out.getvalue()


def set_solutions(head: Head, solved: Sequence[SolvedVariant], write: Callable[[SolvedVariant, bytes], None]) -> None:
    """The worked solution of each variant as PDF of its own, handed to `write`. Raises: Unfit, before anything is written."""
    documents: list[tuple[SolvedVariant, str, Events]] = []
    start = running = ""
    for variant in solved:
        html = solution_html(head, variant)
        start, here, content = _opened(html)
        whose = unescape(WHO.search(html)[1])  # type: ignore[index]
        running = running or WHO.sub(f'data-who="{WHOSE}"', here)
        documents.append((variant, whose, list(flow(content))))
    book = Book(head, start, running, [events for _, _, events in documents], [whose for _, whose, _ in documents])
    press = Press(book)
    made = [Section(pages(events, book.find, book.room, book.across), whose) for _, whose, events in documents]
    for (variant, _, _), section in zip(documents, made, strict=True):
        out = io.BytesIO()
        press.write(out, [section], through=False)
        write(variant, out.getvalue())


def _opened(html: str) -> tuple[str, str, str]:
    """What stands before a document's content, what gives its margins their texts, and the content without it."""
    start = html.index(">", html.index("<body")) + 1
    content = html[start : html.index("</body>")]
    running = "".join(found for found, _ in groupby(match[0] for match in RUNNING.finditer(content)))
    return html[:start], running, RUNNING.sub("", content)


__all__ = ["Edge", "Iterator", "Piece", "Unfit", "set_key", "set_solutions"]
