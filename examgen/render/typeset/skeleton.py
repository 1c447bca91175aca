"""What a file has of the document whose parts it is put together from, and what holds its pages together.

Source: ISO 32000-1, 7.7.3 (page tree), 7.9.7 (number trees), 14.7.4 (structure content).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pydyf

from examgen.render.typeset.writing import Writer

FAN = 64  # kids of a node of the tree of pages, and of that of content


class Skeleton:
    """The objects of a laid-out document, by their numbers: where its fonts, its structure and its bookmarks are."""

    def __init__(self, pdf: pydyf.PDF) -> None:
        self.pdf, catalog = pdf, pdf.catalog
        self.size = len(pdf.objects)
        self._pages = [pdf.objects[numbered(reference)] for reference in pdf.page_references]
        self.resources = numbered(self._pages[0]["Resources"])
        self.box: Sequence[float] = self._pages[0]["MediaBox"]
        self.outlines = numbered(catalog["Outlines"]) if "Outlines" in catalog else 0
        self.structure = numbered(catalog["StructTreeRoot"])
        root = pdf.objects[self.structure]
        self.content, self.top = numbered(root["ParentTree"]), numbered(root["K"][0])

    def kept(self) -> Iterator[tuple[int, bytes]]:
        """Every object but pages, structure, bookmarks, and those that say what holds them, which are written anew."""
        late = {self.pdf.pages.number, self.pdf.catalog.number, self.structure, self.content, self.top}
        late |= {self.outlines, self.resources, *(numbered(page["Contents"]) for page in self._pages)}
        for entry in self.pdf.objects:
            gone = entry.free == "f" or entry.number in late
            if not gone and not (isinstance(entry, pydyf.Dictionary) and _replaced(entry)):
                yield entry.number, entry.data

    def share(self, writer: Writer, forms: Collection[tuple[str, int, bytes]], bare: int) -> None:
        """Resources with forms (name, number and code), which have those of the document themselves, as object `bare`."""
        resources = pydyf.Dictionary(self.pdf.objects[self.resources])
        writer.object(bare, pydyf.Dictionary({name: held for name, held in resources.items() if held}).data)
        says = b"/Type/XObject/Subtype/Form/BBox[%g %g %g %g]/Resources %d 0 R" % (*self.box, bare)
        for _, number, code in forms:
            writer.stream(number, code, says)
        named = {name: b"%d 0 R" % number for name, number, _ in forms}
        resources["XObject"] = pydyf.Dictionary(named | dict(resources.get("XObject") or {}))
        writer.object(self.resources, resources.data)

    def hold_pages(self, writer: Writer, nodes: Sequence[int], pages: Sequence[int]) -> None:
        """The tree of pages; its nodes are the parents of so many pages each."""
        root = self.pdf.pages.number
        for i, node in enumerate(nodes):
            part = pages[FAN * i : FAN * (i + 1)]
            writer.object(node, b"<</Type/Pages/Parent %d 0 R/Count %d/Kids[%b]>>" % (root, len(part), references(part)))
        says = b"/MediaBox[%g %g %g %g]/Resources %d 0 R" % (*self.box, self.resources)
        writer.object(root, b"<</Type/Pages/Count %d/Kids[%b]%b>>" % (len(pages), references(nodes), says))

    def hold_content(self, writer: Writer, nodes: Sequence[int], parents: Sequence[int], roots: Sequence[int]) -> None:
        """Which elements a page's content belongs to, and all pages' elements below the one that holds them."""
        for i, node in enumerate(nodes):
            first = FAN * i
            part = parents[first : first + FAN]
            entries = b" ".join(b"%d %d 0 R" % (first + j, parent) for j, parent in enumerate(part))
            writer.object(node, b"<</Limits[%d %d]/Nums[%b]>>" % (first, first + len(part) - 1, entries))
        writer.object(self.content, b"<</Kids[%b]>>" % references(nodes))
        above = self.pdf.objects[self.top]["P"]
        writer.object(self.top, b"<</Type/StructElem/S/Document/P %b/K[%b]>>" % (above, references(roots)))
        root = pydyf.Dictionary(self.pdf.objects[self.structure])
        root["ParentTreeNextKey"] = len(parents)
        writer.object(self.structure, root.data)

    def end(self, writer: Writer, outlines: int, number: int) -> None:
        """The catalogue, with bookmarks below an object (0 where there are none), and the end; `number` is above all others."""
        catalog = pydyf.Dictionary(self.pdf.catalog)
        for name in ("Names", "Outlines"):
            catalog.pop(name, None)
        if outlines:
            catalog["Outlines"] = b"%d 0 R" % outlines
        writer.object(self.pdf.catalog.number, catalog.data)
        writer.object(number, self.pdf.info.data)
        writer.finish(self.pdf.catalog.number, number, number + 1)


def _replaced(entry: pydyf.Dictionary) -> bool:
    """Whether it is a page, an element of the structure or a bookmark."""
    return entry.get("Type") in ("/Page", "/StructElem") or ("Title" in entry and "Parent" in entry)


def nodes_for(count: int) -> int:
    """How many nodes hold so many pages."""
    return -(-count // FAN)


def references(numbers: Sequence[int]) -> bytes:
    """Objects by their numbers."""
    return b" ".join(b"%d 0 R" % number for number in numbers)


def numbered(reference: Any) -> int:
    """The number of an object by its reference."""
    return int(reference.split()[0])
