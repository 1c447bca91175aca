"""Looks laid out together, one page for each, and the document that pages are set from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape, unescape
from typing import Any

import pydyf
import weasyprint

from examgen.render import tagging
from examgen.render.galley._cells import enough, joined
from examgen.render.galley._cutting import Cutting
from examgen.render.galley._faces import STYLES, Faces
from examgen.render.galley._flow import Frame, Leaf, pages
from examgen.render.galley._fragments import HERE, Edge, Look, Piece, classes, ending, filled
from examgen.render.galley._lines import Unfit
from examgen.render.galley._making import Maker
from examgen.render.galley._margins import WHOSE, Margins, margins
from examgen.render.galley._objects import ELEMENTS
from examgen.render.galley._setting import set_again
from examgen.render.galley._units import Code, Unit
from examgen.render.paper import Head
from examgen.render.pdf import lay_out, objects
from examgen.render.typeset.streams import Page, Unreadable, page_of
from examgen.render.typeset.tree import Element, trees

Events = Sequence[Piece | Edge]
HOLDING = frozenset(("article", "section", "div", "table", "tbody"))  # elements that may hold pieces
Apart = tuple[weasyprint.Document, pydyf.PDF, list[tuple[Page, list[Element]]], dict[bytes, Any]]
ROUNDS = 4  # of laying out what could not be set from what was laid out before
OWN_STYLE = """
.master { break-inside: avoid; margin-bottom: 9mm; }
.master .variant { page: auto; break-before: auto; }
.letters { break-before: page; }
.letters p { overflow-wrap: anywhere; font-kerning: none; font-variant-ligatures: none; }
"""
FACES = ("", "font-weight:700", "font-style:italic", "font-weight:700;font-style:italic")
assert len(FACES) == STYLES


class Book:
    """The units of all looks of some documents. `running` is HTML that gives the margins their texts, and `whose` says for
    each document whose it is there.

    Raises: Unfit where a piece cannot be set again whatever is laid out.
    """

    def __init__(self, head: Head, start: str, running: str, documents: Sequence[Events], whose: Sequence[str]) -> None:
        self.head, self.running = head, running
        self.outer = next((event.tag for event in documents[0] if isinstance(event, Edge)), "<div>")  # its pages have margins
        self.start = start.replace("</style>", OWN_STYLE + "</style>", 1)
        every = [event for events in documents for event in events if isinstance(event, Piece)]
        looks: dict[Look, Piece] = {}
        for piece in every:
            looks.setdefault(piece.seen, piece)
        self.looks, self.masters = list(looks), list(enough(list(looks.values())))
        texts = [text for piece in every for text in piece.texts]
        letters = {*"0123456789 ", *unescape(running)}.union(*texts, *whose)
        self.letters = f"0{''.join(sorted(sign for sign in letters if sign == ' ' or not (sign.isspace() or sign == WHOSE)))}0"
        self.forms: dict[bytes, int] = {}
        self.stiff: dict[Look, str] = {}  # looks whose texts cannot be set, and why
        self._begin()
        for _ in range(ROUNDS):
            misfits = list(self._misfits(every))
            if not misfits:
                return
            self.masters += misfits
            self._more(misfits)
        raise Unfit(f"{len(misfits)} pieces cannot be set again, such as {misfits[0].html[:200]}")

    def _misfits(self, every: Iterable[Piece]) -> Iterator[Piece]:
        """Pieces that no unit takes, one for each look at a time; of stiff looks all."""
        seen: set[Any] = set()
        for piece in every:
            look = piece.seen
            known = (look, piece.texts) if look in self.stiff else look
            if known in seen:
                continue
            try:
                self.find(piece)
            except Unfit:
                seen.add(known)
                yield piece

    def find(self, piece: Piece) -> tuple[Unit, Code]:
        """The unit that takes the piece, and its code there. Raises: Unfit."""
        why = Unfit("it was not laid out")
        for unit in self.units.get(piece.seen, ()):
            code = unit.known.get(piece.texts)
            if code is None:
                try:
                    code = unit.known[piece.texts] = set_again(self.faces, unit, piece.texts)
                except Unfit as reason:
                    why = reason
                    continue
            return unit, code
        raise why

    def pages(self, events: Events) -> list[Leaf]:
        """The pages of a document of which it has all pieces. Raises: Unfit where one is higher than a page."""
        return pages(events, self.find, self.frame)

    def form(self, code: bytes) -> bytes:
        """Keeps code for all pages: equal code once."""
        return b"/E%d Do" % self.forms.setdefault(code, len(self.forms))

    def _begin(self) -> None:
        """Lays out all masters, and takes the document for what pages have of it."""
        document, self.pdf, found, fonts = self._laid_out(self.masters)
        self.faces = Faces(fonts, found[-1][0], self.letters)
        page = document.pages[0]._page_box
        self.high, self.wide = document.pages[0].height * tagging.POINTS, document.pages[0].width * tagging.POINTS
        self.top, named = page.content_box_y() * tagging.POINTS, bool(page.page_type.name)
        self.frame = Frame(page.height * tagging.POINTS, page.width * tagging.POINTS, named)
        self.margins: Margins = margins(found[0][0], self.faces)
        self.forms.clear()
        self.units: dict[Look, list[Unit]] = {}
        self._compile(document, found, self.masters)
        for look, unit in joined(self.units, self.looks, self.form):
            self.units[look] = [unit]

    def _more(self, masters: Sequence[Piece]) -> None:
        """Lays out further masters: all of them once more only where the fonts of the document lack their letters."""
        document, _, found, fonts = self._laid_out(masters)
        known = self.faces.widths
        if all(name in known and font.widths.keys() <= known[name].keys() for name, font in fonts.items()):
            self._compile(document, found, masters)
        else:
            self._begin()

    def _laid_out(self, masters: Sequence[Piece]) -> Apart:
        pieces = "".join(f'<article class="master">{filled(piece, i)}</article>' for i, piece in enumerate(masters))
        faces = "".join(f'<p style="{face}">{escape(self.letters)}</p>' for face in FACES)
        first = f"<article>{self.outer}{self.running}{ending(self.outer)}</article>"
        document = lay_out(f'{self.start}{first}{pieces}<article class="letters">{faces}</article></body></html>', self.head)
        pdf, found = _apart(document, self.head)
        return document, pdf, found, {f"/{font.hash}".encode(): font for font in document.fonts.values()}

    def _compile(
        self, document: weasyprint.Document, found: Sequence[tuple[Page, list[Element]]], masters: Sequence[Piece]
    ) -> None:
        maker = Maker(self.faces, self.form, tagging.POINTS)
        at: dict[int, list[Any]] = {}
        for number, page in enumerate(document.pages):
            for box, holders in _leaves(page._page_box, []):
                at.setdefault(int(box.element.get(HERE)), []).append((number, box, holders))
        cuts = [Cutting(page, tops[1:] if number == 0 else tops) for number, (page, tops) in enumerate(found)]
        for i, piece in enumerate(masters):
            places = at.get(i, [])
            if len({number for number, _, _ in places}) != 1:
                raise Unfit("a piece is broken over pages")
            number, box, holders = places[0]
            top = self.high - box.border_box_y() * tagging.POINTS
            page_found, tops = cuts[number].next(top, top - box.border_height() * tagging.POINTS)
            told = (piece, (box, holders), page_found, _below(tops, piece), self.high)
            self.units.setdefault(piece.seen, []).append(self._unit(maker, told))

    def _unit(self, maker: Maker, told: Any) -> Unit:
        """A unit that takes other texts too, or one for this piece alone."""
        piece = told[0]
        flowing = "misled" in classes(piece.html[: piece.html.index(">")])
        why = ""
        for make in ((maker.paragraph,) if flowing else (maker.unit, maker.paragraph)):
            try:
                return make(*told)
            except Unfit as reason:
                why = why or str(reason)
        self.stiff.setdefault(piece.seen, why)
        try:
            return maker.fixed(*told)
        except (Unreadable, ValueError) as reason:
            raise Unfit(f"{reason}: {piece.html[:200]}") from reason


def _below(tops: list[Element], piece: Piece) -> list[Element]:
    """The elements of the piece itself, below those of what holds it."""
    for tag in piece.around:
        if tag.startswith(ELEMENTS):
            tops = [kid for top in tops for kid in top.kids if isinstance(kid, Element)]
    return tops


def _leaves(box: Any, holders: list[Any]) -> Iterator[tuple[Any, list[Any]]]:
    """The boxes of pieces, each with those that hold it."""
    box = getattr(box, "_box", box)
    element = box.element
    if element is not None and element.get(HERE) is not None:
        yield box, list(holders)
        return
    holds = element is not None and element.tag in HOLDING and "master" not in (element.get("class") or "").split()
    again = bool(holders) and holders[-1].element is element  # the second box of a table
    for child in getattr(box, "children", ()):
        yield from _leaves(child, [*holders, box] if holds and not again else holders)


def _apart(document: weasyprint.Document, head: Head) -> tuple[pydyf.PDF, list[tuple[Page, list[Element]]]]:
    """The document's objects, and its pages taken apart, each with its structure."""
    made: list[Any] = []

    def look(pdf: pydyf.PDF, complete: Callable[[], None]) -> None:
        complete()
        tops: dict[bytes, list[Element]] = {}
        for reference, tree in trees(pdf):
            tops.setdefault(reference, []).append(tree)
        pages = [(page_of(pdf, reference), tops.get(reference, [])) for reference in pdf.page_references]
        made.append((pdf, pages))

    objects(document, head, 1.0, look)
    found: tuple[pydyf.PDF, list[tuple[Page, list[Element]]]] = made[0]
    return found
