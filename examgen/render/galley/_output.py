"""Files of set pages: what their document has of its own, pages with their structure, bookmarks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any, BinaryIO
from xml.etree.ElementTree import fromstring

import pydyf

from examgen.render.galley._book import Book
from examgen.render.galley._content import lift, page_code
from examgen.render.galley._flow import Leaf, Set
from examgen.render.galley._objects import END, Elements, elements, kind_of, nested, path_of
from examgen.render.galley._units import Unit
from examgen.render.speech import spoken
from examgen.render.stamping._matrices import number
from examgen.render.stamping._writing import Writer

FAN = 64
FORM = re.compile(rb"/E(\d+) Do")


@dataclass
class Section:
    """Pages that belong together: whose they are, and whether they are numbered by themselves."""

    leaves: list[Leaf]
    whose: str


@dataclass
class Mark:
    """A bookmark: its level and label, the number of its page's object, and how high it points."""

    level: int
    label: str
    page: int
    y: float
    number: int = 0


class Press:
    """Writes files of one book."""

    def __init__(self, book: Book) -> None:
        self.book, self.pdf = book, book.pdf
        self.language = book.head.language
        self.base = len(self.pdf.objects)
        self.attributes: dict[bytes, int] = {}
        self.elements: dict[int, Elements] = {}
        self.said: dict[str, bytes] = {}
        for units in book.units.values():
            for unit in units:
                self.elements[id(unit)] = elements(unit, self._attribute)
        self.forms = {place: self.base + len(self.attributes) + 1 + place for place in range(len(book.forms))}
        self.first = self.base + len(self.attributes) + 1 + len(self.forms)
        self.shared = list(self._shared())

    def _attribute(self, data: bytes) -> int:
        return self.attributes.setdefault(data, self.base + len(self.attributes))

    def _shared(self) -> Iterator[tuple[int, bytes]]:
        """What every file has of the document's own: not its pages, its structure and its bookmarks."""
        catalog = self.pdf.catalog
        self.outlines = _number(catalog["Outlines"]) if "Outlines" in catalog else None
        self.structure = _number(catalog["StructTreeRoot"])
        root = self.pdf.objects[self.structure]
        self.content, self.top = _number(root["ParentTree"]), _number(root["K"][0])
        pages = [self.pdf.objects[_number(reference)] for reference in self.pdf.page_references]
        self.resources, self.box = _number(pages[0]["Resources"]), pages[0]["MediaBox"]
        late = {self.pdf.pages.number, catalog.number, self.structure, self.content, self.top, self.resources, self.outlines}
        gone = {_number(page["Contents"]) for page in pages}
        for entry in self.pdf.objects:
            kind = entry.get("Type") if isinstance(entry, pydyf.Dictionary) else None
            mark = isinstance(entry, pydyf.Dictionary) and "Title" in entry and "Parent" in entry
            if entry.free == "f" or entry.number in late | gone or kind in ("/Page", "/StructElem") or mark:
                continue
            yield entry.number, entry.data
        for data, number_ in self.attributes.items():
            yield number_, data

    def write(self, out: BinaryIO, sections: Sequence[Section], *, through: bool) -> None:
        """Writes a file. Pages are counted `through` all sections, or each section by itself."""
        writer = Writer(out)
        for number_, data in self.shared:
            writer.object(number_, data)
        self._file = _File(self, writer)
        count = sum(len(section.leaves) for section in sections)
        place = 0
        for section in sections:
            for i, leaf in enumerate(section.leaves):
                page, pages = (place + 1, count) if through else (i + 1, len(section.leaves))
                self._file.page(leaf, section.whose, page, pages)
                place += 1
        self._file.finish()

    def say(self, formula: str) -> bytes:
        """The words of a formula, as a string of the file."""
        if formula not in self.said:
            self.said[formula] = pydyf.String(spoken(fromstring(formula), self.language)).data
        return self.said[formula]


class _File:
    """One file while it grows."""

    def __init__(self, press: Press, writer: Writer) -> None:
        self.press, self.writer, self.next = press, writer, press.first
        self.pages: list[int] = []
        self.parents: list[int] = []
        self.roots: list[int] = []
        self.nodes: list[int] = []
        self.used: set[int] = set()
        self.marks: list[Mark] = []

    def _new(self) -> int:
        self.next += 1
        return self.next - 1

    def page(self, leaf: Leaf, whose: str, page: int, pages: int) -> None:
        """One page: its content, and its objects packed together."""
        book = self.press.book
        if len(self.pages) % FAN == 0:
            self.nodes.append(self._new())
        own, parents = self._new(), self._new()
        content, pack = self._new(), self._new()
        first = self.next
        objects, owners = self._holders(leaf, own)
        count = 0
        for one in leaf.sets:
            objects += self._elements(one, own, count, lift(book, one), owners)
            count += one.unit.contents
            self._mark(one, own)
        tail = b" ".join(b"%d 0 R" % owner for owner in owners)
        stream = page_code(book, leaf, whose, page, pages)
        self.used.update(map(int, FORM.findall(stream)))
        self.writer.stream(content, stream)
        self.writer.packed(pack, first, objects)
        node, key = self.nodes[-1], len(self.pages)
        self.writer.object(
            own, b"<</Type/Page/Parent %d 0 R/Contents %d 0 R/Tabs/S/StructParents %d>>" % (node, content, key)
        )
        self.writer.object(parents, b"[%b]" % tail)
        self.pages.append(own)
        self.parents.append(parents)

    def _holders(self, leaf: Leaf, page: int) -> tuple[list[bytes], list[int]]:
        """The elements that hold pieces; what they hold is known when all are numbered."""
        paths = dict(nested(leaf.sets))
        numbers = {path: self.next + i for i, path in enumerate(paths)}
        start = self.next + len(paths)
        kids: dict[tuple[int, ...], list[int]] = {}
        top: list[int] = []
        self._above: dict[int, int] = {}
        for one in leaf.sets:
            path = path_of(one.holders)
            for depth in range(1, len(path) + 1):  # in reading order: what begins here, and then the piece
                if path[:depth] not in kids:
                    kids[path[:depth]] = []
                    (kids[path[: depth - 1]] if depth > 1 else top).append(numbers[path[:depth]])
            found = self.press.elements[id(one.unit)]
            (kids[path] if path else top).extend(start + root for root in found.roots)
            self._above[id(one)] = numbers[path] if path else self.press.top
            start += found.count
        self.next += len(paths)
        self.roots += top
        made = []
        for path, tag in paths.items():
            above = numbers[path[:-1]] if len(path) > 1 else self.press.top
            label = re.search(r'aria-label="([^"]*)"', tag)
            says = b"/A<</O/Table/Summary%b>>" % pydyf.String(unescape(label[1])).data if label else b""
            made.append(b"<</S%b/P %d 0 R/K[%b]%b>>" % (kind_of(tag), above, _references(kids[path]), says))
        return made, []

    def _elements(self, one: Set, page: int, count: int, dy: float, owners: list[int]) -> list[bytes]:
        found = self.press.elements[id(one.unit)]
        formulas = [self.press.say(formula) for formula in one.piece.formulas]
        words = pydyf.String(one.piece.words).data if one.piece.words else b"()"
        code = found.write(self.next, page, self._above[id(one)], count, formulas, words, dy)
        owners += [self.next + owner for owner in found.owners]
        self.next += found.count
        return code.split(END) if found.count else []

    def _mark(self, one: Set, page: int) -> None:
        if one.piece.level and one.unit.marked is not None:
            book = self.press.book
            y = book.high - book.top - one.y - one.unit.marked
            self.marks.append(Mark(one.piece.level, one.piece.label, page, y))

    def finish(self) -> None:
        """What holds the pages together."""
        press, writer = self.press, self.writer
        self._forms()
        root = press.pdf.pages.number
        for i, node in enumerate(self.nodes):
            part = self.pages[FAN * i : FAN * (i + 1)]
            writer.object(node, b"<</Type/Pages/Parent %d 0 R/Count %d/Kids[%b]>>" % (root, len(part), _references(part)))
        left, bottom, right, top = press.box
        box = b"/MediaBox[%g %g %g %g]/Resources %d 0 R" % (left, bottom, right, top, press.resources)
        writer.object(root, b"<</Type/Pages/Count %d/Kids[%b]%b>>" % (len(self.pages), _references(self.nodes), box))
        self._content()
        outlines = self._outlines()
        catalog = pydyf.Dictionary(press.pdf.catalog)
        catalog.pop("Names", None)
        catalog.pop("Outlines", None)
        if outlines:
            catalog["Outlines"] = b"%d 0 R" % outlines
        writer.object(press.pdf.catalog.number, catalog.data)
        info = self._new()
        writer.object(info, press.pdf.info.data)
        writer.finish(press.pdf.catalog.number, info, self._new())

    def _forms(self) -> None:
        press, book = self.press, self.press.book
        resources = pydyf.Dictionary(press.pdf.objects[press.resources])
        bare = self._new()
        self.writer.object(bare, b"<</Font %b>>" % resources["Font"])
        says = b"/Type/XObject/Subtype/Form/BBox[0 0 %g %g]/Resources %d 0 R" % (book.wide, book.high, bare)
        codes = list(book.forms)
        for place in sorted(self.used):
            self.writer.stream(press.forms[place], codes[place], says)
        resources["XObject"] = pydyf.Dictionary({f"E{place}": b"%d 0 R" % press.forms[place] for place in sorted(self.used)})
        self.writer.object(press.resources, resources.data)

    def _content(self) -> None:
        press, writer = self.press, self.writer
        nodes = []
        for first in range(0, len(self.parents), FAN):
            part = self.parents[first : first + FAN]
            entries = b" ".join(b"%d %d 0 R" % (first + i, parent) for i, parent in enumerate(part))
            nodes.append(self._new())
            writer.object(nodes[-1], b"<</Limits[%d %d]/Nums[%b]>>" % (first, first + len(part) - 1, entries))
        writer.object(press.content, b"<</Kids[%b]>>" % _references(nodes))
        above = press.pdf.objects[press.top]["P"]
        writer.object(press.top, b"<</Type/StructElem/S/Document/P %b/K[%b]>>" % (above, _references(self.roots)))
        root = pydyf.Dictionary(press.pdf.objects[press.structure])
        root["ParentTreeNextKey"] = len(self.parents)
        writer.object(press.structure, root.data)

    def _outlines(self) -> int:
        """Bookmarks as a tree by their levels; gives the number of its root."""
        if not self.marks:
            return 0
        root = Mark(0, "", 0, 0.0, self._new())
        children: dict[int, list[Mark]] = {root.number: []}
        above = [root]
        parents: dict[int, Mark] = {}
        for mark in self.marks:
            mark.number = self._new()
            children[mark.number] = []
            while above[-1].level >= mark.level:
                above.pop()
            parents[mark.number] = above[-1]
            children[above[-1].number].append(mark)
            above.append(mark)
        for mark in self.marks:
            beside = children[parents[mark.number].number]
            place = beside.index(mark)
            around = b"/Prev %d 0 R" % beside[place - 1].number if place else b""
            around += b"/Next %d 0 R" % beside[place + 1].number if place + 1 < len(beside) else b""
            where = b"[%d 0 R/XYZ 0 %b 0]" % (mark.page, number(mark.y))
            title = pydyf.String(mark.label).data
            below = _below(children[mark.number])
            data = b"<</Title%b/Parent %d 0 R%b%b/Dest%b>>" % (title, parents[mark.number].number, around, below, where)
            self.writer.object(mark.number, data)
        self.writer.object(root.number, b"<</Type/Outlines%b>>" % _below(children[root.number]))
        return root.number


def _below(marks: Sequence[Mark]) -> bytes:
    if not marks:
        return b""
    return b"/First %d 0 R/Last %d 0 R/Count %d" % (marks[0].number, marks[-1].number, len(marks))


def _references(numbers: Sequence[int]) -> bytes:
    return b" ".join(b"%d 0 R" % number_ for number_ in numbers)


def _number(reference: Any) -> int:
    return int(reference.split()[0])


__all__ = ["Press", "Section", "Unit"]
