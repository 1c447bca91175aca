"""The file that sheets are stamped into: what all of them share, then sheet by sheet, then what holds them together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import pydyf

from examgen.render.paper import SheetVariant
from examgen.render.stamping._masters import Masters
from examgen.render.stamping._objects import Around, Binder, SheetObjects
from examgen.render.stamping._pages import PageTemplate
from examgen.render.stamping._streams import Unreadable
from examgen.render.stamping._texts import Texts
from examgen.render.stamping._writing import Writer
from examgen.render.tracing import Told

ACCESSIBLE = re.compile(rb"""<rdf:Description rdf:about="" pdfuaid:part="1" ?/>|\sxmlns:pdfuaid="[^"]*\"""")
TOGETHER = 8  # sheets whose objects are packed together: they are much the same
FAN = 64  # kids of a node of the tree of pages, and of that of content


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
        self.pdf = masters.pdf
        self.next = len(self.pdf.objects)
        self.forms: dict[bytes, tuple[bytes, int]] = {}
        self.shared: dict[bytes, int] = {}
        catalog = self.pdf.catalog
        self.resources = self._number(self._object(masters.pages[0].reference)["Resources"])
        self.outlines = self._number(catalog["Outlines"])
        self.structure = self._number(catalog["StructTreeRoot"])
        root = self.pdf.objects[self.structure]
        self.content, self.top = self._number(root["ParentTree"]), self._number(root["K"][0])
        self.around = Around(self.top, self.outlines, self._attributes)

    def _object(self, reference: bytes) -> Any:
        return self.pdf.objects[self._number(reference)]

    @staticmethod
    def _number(reference: bytes) -> int:
        return int(reference.split()[0])

    def _new(self) -> int:
        self.next += 1
        return self.next - 1

    def form(self, code: bytes) -> bytes:
        """Keeps code for all pages: equal code once."""
        if code not in self.forms:
            self.forms[code] = (b"/E%d" % len(self.forms), self._new())
        return self.forms[code][0] + b" Do"

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
        nodes = [self._new() for _ in range(-(-pages // FAN))]
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
        self._tree_of_pages(writer, nodes, kids)
        if self.tagged:
            self._tree_of_content(writer, keys, parents, roots)
        ends = [self.numbers_of_bookmarks[0], self.numbers_of_bookmarks[-1]]
        self._tail(writer, ends, len(sheets), base)

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
        """What the document has of its own, but for pages, structure and bookmarks; and the code that pages share."""
        resources = self.pdf.objects[self.resources]
        bare = self._new()
        writer.object(bare, pydyf.Dictionary({name: held for name, held in resources.items() if held}).data)
        pictures = dict(resources.get("XObject") or {})
        forms = {name[1:].decode(): b"%d 0 R" % form for name, form in self.forms.values()}
        resources["XObject"] = pydyf.Dictionary(forms | pictures)
        left, bottom, right, top = self._object(self.masters.pages[0].reference)["MediaBox"]
        says = b"/Type/XObject/Subtype/Form/BBox[%g %g %g %g]/Resources %d 0 R" % (left, bottom, right, top, bare)
        for code, (_, form) in self.forms.items():
            writer.stream(form, code, says)
        for data, shared in self.shared.items():
            writer.object(shared, data)
        if not self.tagged:
            self._untag()
        late = {self.pdf.pages.number, self.pdf.catalog.number, self.outlines, self.structure, self.content, self.top}
        gone = {self._number(self._object(page.reference)["Contents"]) for page in self.masters.pages}
        for entry in self.pdf.objects:
            kind = entry.get("Type") if isinstance(entry, pydyf.Dictionary) else None
            mark = isinstance(entry, pydyf.Dictionary) and "Title" in entry and "Parent" in entry
            if entry.free == "f" or entry.number in late | gone or kind in ("/Page", "/StructElem") or mark:
                continue
            writer.object(entry.number, entry.data)

    def _untag(self) -> None:
        """Takes out what the document says of a structure: that it has one, and the standard that asks for it."""
        for name in ("StructTreeRoot", "MarkInfo"):
            self.pdf.catalog.pop(name, None)
        metadata = self._object(self.pdf.catalog["Metadata"])
        (said,) = metadata.stream
        metadata.stream[0] = ACCESSIBLE.sub(b"", said)

    def _tree_of_pages(self, writer: Writer, nodes: Sequence[int], kids: Sequence[int]) -> None:
        root = self.pdf.pages.number
        for i, node in enumerate(nodes):
            part = kids[FAN * i : FAN * (i + 1)]
            writer.object(node, b"<</Type/Pages/Parent %d 0 R/Count %d/Kids[%b]>>" % (root, len(part), _references(part)))
        left, bottom, right, top = self._object(self.masters.pages[0].reference)["MediaBox"]
        box = b"/MediaBox[%g %g %g %g]/Resources %d 0 R" % (left, bottom, right, top, self.resources)
        writer.object(root, b"<</Type/Pages/Count %d/Kids[%b]%b>>" % (len(kids), _references(nodes), box))

    def _tree_of_content(self, writer: Writer, nodes: Sequence[int], parents: Sequence[int], roots: Sequence[int]) -> None:
        """Which elements a page's content belongs to, and all pages' elements below the one that holds them."""
        for i, node in enumerate(nodes):
            first = FAN * i
            part = parents[first : first + FAN]
            entries = b" ".join(b"%d %d 0 R" % (first + j, parent) for j, parent in enumerate(part))
            writer.object(node, b"<</Limits[%d %d]/Nums[%b]>>" % (first, first + len(part) - 1, entries))
        writer.object(self.content, b"<</Kids[%b]>>" % _references(nodes))
        top = self.pdf.objects[self.top]
        writer.object(self.top, b"<</Type/StructElem/S/Document/P %b/K[%b]>>" % (top["P"], _references(roots)))
        root = self.pdf.objects[self.structure]
        root["ParentTreeNextKey"] = len(parents)
        writer.object(self.structure, root.data)

    def _tail(self, writer: Writer, ends: Sequence[int], sheets: int, number: int) -> None:
        writer.object(
            self.outlines, b"<</Type/Outlines/First %d 0 R/Last %d 0 R/Count %d>>" % (ends[0], ends[1], sheets)
        )
        catalog = self.pdf.catalog
        catalog.pop("Names", None)
        writer.object(catalog.number, catalog.data)
        writer.object(number, self.pdf.info.data)
        writer.finish(catalog.number, number, number + 1)


def _references(numbers: Sequence[int]) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in numbers)
