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
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from itertools import groupby

from examgen.errors import InputError, naming
from examgen.render.galley._book import Book, Events
from examgen.render.galley._fragments import Piece, flow
from examgen.render.galley._lines import Unfit
from examgen.render.galley._margins import WHOSE
from examgen.render.galley._output import Press, Section
from examgen.render.galley._proof import prove, some_of, unlike, written_again
from examgen.render.html import key_html, solution_html
from examgen.render.paper import Head, MarkingTable, SolvedVariant, Strip

RUNNING = re.compile(r'<div class="(?:running|pages|end)".*?</div>', re.DOTALL)  # pieces that are not seen
PROVED = 2  # documents that are laid out too
WHO = re.compile(r'data-who="([^"]*)"')


def set_key(
    head: Head, tables: Sequence[MarkingTable], strips: Sequence[Strip], solved: Sequence[SolvedVariant] = ()
) -> bytes:
    """The key as PDF, as `pdf.write_pdf` makes it of `html.key_html`. Raises: Unfit."""
    with _refusing():
        start, running, content = opened(key_html(head, tables, strips, solved))
        events = list(flow(content))
        book = Book(head, start, running, [events], [])
        some = some_of(events)
        prove(book, f"{start}{running}{written_again(some)}</body></html>", some, "")
        out = io.BytesIO()
        Press(book).write(out, [Section(book.pages(events), "")], through=True)
        return out.getvalue()


def set_solutions(head: Head, solved: Sequence[SolvedVariant], write: Callable[[SolvedVariant, bytes], None]) -> None:
    """The worked solution of each variant as PDF of its own, handed to `write`. Raises: Unfit, before anything is written."""
    with _refusing():
        told = [_told(_html(head, variant)) for variant in solved]
        if not told:
            return
        running = WHO.sub(f'data-who="{WHOSE}"', told[0].running)
        book = Book(head, told[0].start, running, [each.events for each in told], [each.whose for each in told])
        looks = {i: {event.look for event in each.events if isinstance(event, Piece)} for i, each in enumerate(told)}
        for each in (told[i] for i in unlike(looks, PROVED)):
            prove(book, each.html, each.events, each.whose)
        press = Press(book)
        made = [Section(book.pages(each.events), each.whose) for each in told]
    for variant, section in zip(solved, made, strict=True):
        out = io.BytesIO()
        press.write(out, [section], through=False)
        write(variant, out.getvalue())


def _html(head: Head, variant: SolvedVariant) -> str:
    with naming(f"the solution of variant {variant.number} ({variant.code})"):
        return solution_html(head, variant)


@dataclass(frozen=True)
class _Told:
    """A worked solution as HTML, and what of it is used: its beginning, its margins, its flow, and whose it is."""

    html: str
    start: str
    running: str
    events: Events
    whose: str


def _told(html: str) -> _Told:
    start, running, content = opened(html)
    whose = WHO.search(running)
    if whose is None:
        raise Unfit("nothing says whose solution it is")
    return _Told(html, start, running, list(flow(content)), unescape(whose[1]))


@contextmanager
def _refusing() -> Iterator[None]:
    """What cannot be taken apart cannot be set; what is wrong with own templates is told as it is."""
    try:
        yield
    except InputError:
        raise
    except (ValueError, LookupError, AttributeError) as reason:
        raise Unfit(str(reason) or type(reason).__name__) from reason


def opened(html: str) -> tuple[str, str, str]:
    """What stands before a document's content, what gives its margins their texts, and the content without it."""
    start = html.index(">", html.index("<body")) + 1
    content = html[start : html.index("</body>")]
    running = "".join(found for found, _ in groupby(match[0] for match in RUNNING.finditer(content)))
    return html[:start], running, RUNNING.sub("", content)


__all__ = ["Unfit", "set_key", "set_solutions"]
