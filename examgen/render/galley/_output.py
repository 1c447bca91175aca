"""Files of set pages: what their document has of its own, pages with their structure, bookmarks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from typing import BinaryIO
from xml.etree.ElementTree import fromstring

import pydyf

from examgen.render.galley._book import Book
from examgen.render.galley._content import lift, page_code
from examgen.render.galley._flow import Leaf, Set
from examgen.render.galley._objects import END, Elements, elements, kind_of, nested, path_of
from examgen.render.galley._units import Unit
from examgen.render.speech import spoken
from examgen.render.typeset.matrices import number
from examgen.render.typeset.skeleton import FAN, Skeleton, references
from examgen.render.typeset.writing import Writer

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
        self.book, self.skeleton = book, Skeleton(book.pdf)
        self.language = book.head.language
        self.base = self.skeleton.size
        self.attributes: dict[bytes, int] = {}
        self.elements: dict[int, Elements] = {}
        self.said: dict[str, bytes] = {}
        for units in book.units.values():
            for unit in units:
                self.elements[id(unit)] = elements(unit, self._attribute)
        self.forms = {place: self.base + len(self.attributes) + 1 + place for place in range(len(book.forms))}
        self.first = self.base + len(self.attributes) + 1 + len(self.forms)
        shared = ((number, data) for data, number in self.attributes.items())
        self.shared = [*self.skeleton.kept(), *shared]

    def _attribute(self, data: bytes) -> int:
        return self.attributes.setdefault(data, self.base + len(self.attributes))

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
            self._above[id(one)] = numbers[path] if path else self.press.skeleton.top
            start += found.count
        self.next += len(paths)
        self.roots += top
        made = []
        for path, tag in paths.items():
            above = numbers[path[:-1]] if len(path) > 1 else self.press.skeleton.top
            label = re.search(r'aria-label="([^"]*)"', tag)
            says = b"/A<</O/Table/Summary%b>>" % pydyf.String(unescape(label[1])).data if label else b""
            made.append(b"<</S%b/P %d 0 R/K[%b]%b>>" % (kind_of(tag), above, references(kids[path]), says))
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
        skeleton, codes = self.press.skeleton, list(self.press.book.forms)
        forms = [(f"E{place}", self.press.forms[place], codes[place]) for place in sorted(self.used)]
        skeleton.share(self.writer, forms, self._new())
        skeleton.hold_pages(self.writer, self.nodes, self.pages)
        skeleton.hold_content(self.writer, [self._new() for _ in self.nodes], self.parents, self.roots)
        skeleton.end(self.writer, self._outlines(), self._new())

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


__all__ = ["Press", "Section", "Unit"]
