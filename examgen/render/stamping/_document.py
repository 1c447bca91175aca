"""The file that sheets are stamped into: what all of them share, then sheet by sheet, then what holds them together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from examgen.render.paper import SheetVariant
from examgen.render.stamping._masters import Masters
from examgen.render.stamping._objects import Around, Binder, SheetObjects
from examgen.render.stamping._pages import PageTemplate
from examgen.render.stamping._texts import Texts
from examgen.render.tracing import Told
from examgen.render.typeset.skeleton import FAN, Skeleton, nodes_for, numbered
from examgen.render.typeset.streams import Unreadable
from examgen.render.typeset.writing import Writer

ACCESSIBLE = re.compile(rb"""<rdf:Description rdf:about="" pdfuaid:part="1" ?/>|\sxmlns:pdfuaid="[^"]*\"""")
TOGETHER = 8  # sheets whose objects are packed together: they are much the same


@dataclass(frozen=True)
class Template:
    """All that a sheet of one structure needs."""

    pages: list[PageTemplate]
    objects: SheetObjects
    texts: Texts

    def check(self, sheet: SheetVariant) -> list[str]:
        """The texts of a sheet. Raises: Unlike where it is not printed like its master."""
        texts = self.texts.of(sheet)
        for page in self.pages:
            page.check(sheet, texts)
        return texts


class Document:
    """One file: `per_sheet` pages a sheet."""

    def __init__(self, masters: Masters, per_sheet: int, *, tagged: bool) -> None:
        self.masters, self.per_sheet, self.tagged = masters, per_sheet, tagged
        self.skeleton = Skeleton(masters.pdf)
        self.next = self.skeleton.size
        self.forms: dict[bytes, tuple[str, int]] = {}
        self.shared: dict[bytes, int] = {}
        self.around = Around(self.skeleton.top, self.skeleton.outlines, self._attributes)

    def _new(self) -> int:
        self.next += 1
        return self.next - 1

    def form(self, code: bytes) -> bytes:
        """Keeps code for all pages: equal code once."""
        if code not in self.forms:
            self.forms[code] = (f"E{len(self.forms)}", self._new())
        return b"/%b Do" % self.forms[code][0].encode()

    def _attributes(self, data: bytes) -> int:
        if data not in self.shared:
            self.shared[data] = self._new()
        return self.shared[data]

    def template(self, pages: list[PageTemplate], texts: Texts, bookmarks: Sequence[Any], first: int) -> Template:
        """The template of one structure, whose master begins with a page of that number."""
        own = [tree for tree in bookmarks if first <= tree[1][0] < first + self.per_sheet]
        if len(own) != 1:
            raise Unreadable(f"a sheet has {len(own) or 'no'} bookmarks")
        told: dict[str, Told] = self.masters.trace.texts

        def compiled(text: str) -> tuple[str | int, ...]:
            return texts.compiled(told[text]) if text in told else (text,)

        binder = Binder(pages, self.around, self.per_sheet)
        return Template(pages, binder.bound(own[0], compiled, first), texts)

    def write(self, out: BinaryIO, sheets: Sequence[tuple[SheetVariant, Template, list[str] | None]]) -> None:
        """Writes all of it; the texts of a master are read."""
        writer = Writer(out)
        pages = len(sheets) * self.per_sheet
        nodes = [self._new() for _ in range(nodes_for(pages))]
        keys = [self._new() for _ in nodes] if self.tagged else []
        packs = [self._new() for _ in range(-(-len(sheets) // TOGETHER))]
        self._share(writer)
        base, roots, parents, kids = self.next, [], [], []
        for place, (sheet, template, known) in enumerate(sheets):
            last = place == len(sheets) - 1
            texts = template.texts.read(sheet) if known is None else known
            base, own = self._sheet(writer, sheet, template, texts, base, place, nodes, last)
            objects = template.objects
            kids += [own + offset for offset in objects.pages]
            roots += [own + offset for offset in objects.roots]
            parents += [own + offset for offset in objects.parents]
            if last or (place + 1) % TOGETHER == 0:
                writer.pack(packs[place // TOGETHER])
        self.skeleton.hold_pages(writer, nodes, kids)
        if self.tagged:
            self.skeleton.hold_content(writer, keys, parents, roots)
        ends = (self.numbers_of_bookmarks[0], self.numbers_of_bookmarks[-1], len(sheets))
        writer.object(self.skeleton.outlines, b"<</Type/Outlines/First %d 0 R/Last %d 0 R/Count %d>>" % ends)
        self.skeleton.end(writer, self.skeleton.outlines, base)

    def _sheet(
        self, writer: Writer, sheet: SheetVariant, template: Template, texts: list[str], base: int, place: int,
        nodes: Sequence[int], last: bool,
    ) -> tuple[int, int]:
        """Writes one sheet; gives the first number behind it, and its own."""
        for i, page in enumerate(template.pages):
            writer.stream(base + i, page.write(sheet, texts))
        size = self.per_sheet + template.objects.count
        own = base + 2 * self.per_sheet  # of its bookmark, behind content and pages
        if place == 0:
            self.numbers_of_bookmarks: list[int] = []
        before = b"/Prev %d 0 R" % self.numbers_of_bookmarks[-1] if place else b""
        after = b"" if last else b"/Next %d 0 R" % (own + size)
        self.numbers_of_bookmarks.append(own)
        given: dict[tuple[str, int], Any] = {("before", 0): before, ("after", 0): after}
        for i in range(self.per_sheet):
            page_place = place * self.per_sheet + i
            given["parent", i], given["key", i] = nodes[page_place // FAN], page_place
        writer.keep(base + self.per_sheet, template.objects.write(base, given, texts))
        return base + size, base

    def _share(self, writer: Writer) -> None:
        """What the document has of its own, and the code that pages share."""
        self.skeleton.share(writer, [(name, number, code) for code, (name, number) in self.forms.items()], self._new())
        for data, shared in self.shared.items():
            writer.object(shared, data)
        if not self.tagged:
            self._untag()
        for number, data in self.skeleton.kept():
            writer.object(number, data)

    def _untag(self) -> None:
        """Takes out what the document says of a structure: that it has one, and the standard that asks for it."""
        pdf = self.skeleton.pdf
        for name in ("StructTreeRoot", "MarkInfo"):
            pdf.catalog.pop(name, None)
        metadata = pdf.objects[numbered(pdf.catalog["Metadata"])]
        (said,) = metadata.stream
        metadata.stream[0] = ACCESSIBLE.sub(b"", said)
