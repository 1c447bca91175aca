"""The objects of a sheet beside its content: pages, structure, bookmarks; written once with places for numbers of objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pydyf

from examgen.render.stamping._pages import PageTemplate
from examgen.render.stamping._texts import filled
from examgen.render.typeset.matrices import number
from examgen.render.typeset.tree import Element, descending

END = b"\0"  # between objects while they are written


@dataclass(frozen=True)
class Place:
    """A number of an object: so many behind the first of its sheet."""

    offset: int


@dataclass(frozen=True)
class Given:
    """A number that is told for each sheet: `parent` of a page, `key` of its structure, `before`, `after` of the sheet."""

    name: str
    index: int = 0


Part = bytes | Place | Given | tuple[str | int, ...]  # a tuple is a text with holes, written as a string


@dataclass
class Around:
    """What a sheet's objects must know of the document."""

    document: int  # number of the element that holds all
    outlines: int
    attributes: Callable[[bytes], int]  # keeps attributes for all and gives their number


@dataclass
class SheetObjects:
    """The objects of a sheet in one piece of code, `count` of them, and what goes into it; `roots` are elements of pages."""

    code: bytes
    parts: list[Place | Given | tuple[str | int, ...]]
    count: int
    pages: list[int]
    parents: list[int]
    roots: list[int]
    offsets: list[int] = field(init=False)
    others: list[tuple[int, Given | tuple[str | int, ...]]] = field(init=False)

    def __post_init__(self) -> None:
        self.offsets = [part.offset if isinstance(part, Place) else 0 for part in self.parts]
        self.others = [(place, part) for place, part in enumerate(self.parts) if not isinstance(part, Place)]

    def write(self, base: int, given: dict[tuple[str, int], Any], texts: Sequence[str]) -> list[bytes]:
        """The objects, in the order of their numbers."""
        values: list[Any] = [base + offset for offset in self.offsets]
        for place, part in self.others:
            values[place] = given[part.name, part.index] if isinstance(part, Given) else _string(filled(part, texts))
        return (self.code % tuple(values)).split(END)


@lru_cache(maxsize=4096)
def _string(text: str) -> bytes:
    return bytes(pydyf.String(text).data)


class Binder:
    """Lists the objects of one structure's sheets; the first of them are numbered `first` behind the sheet's own."""

    def __init__(self, pages: Sequence[PageTemplate], around: Around, first: int) -> None:
        self.pages, self.around, self.next = pages, around, first
        self.objects: list[tuple[int, list[Part]]] = []

    def _new(self) -> int:
        self.next += 1
        return self.next - 1

    def bound(self, bookmarks: Any, compiled: Callable[[str], tuple[str | int, ...]], first_page: int) -> SheetObjects:
        """Everything. `compiled` finds the holes of a text; pages of bookmarks count from the document's first."""
        pages = [self._new() for _ in self.pages]
        for i, _ in enumerate(self.pages):
            self._page(pages[i], i)
        self._bookmark(bookmarks, compiled, pages, first_page)
        roots, parents = [], []
        for i, page in enumerate(self.pages):
            if page.tree is not None:
                numbers = {id(element): self._new() for element in descending(page.tree)}
                roots.append(numbers[id(page.tree)])
                self._elements(page, numbers, pages[i], compiled)
                parents.append(self._new())
                owning = [part for owner in page.owners for part in (Place(numbers[id(owner)]), b" 0 R ")]
                self.objects.append((parents[-1], [b"[", *owning, b"]"]))
        self.objects.sort(key=lambda pair: pair[0])
        code, parts = _flat([entry for _, entry in self.objects])
        return SheetObjects(code, parts, len(self.objects), pages, parents, roots)

    def _page(self, own: int, i: int) -> None:
        tagged: list[Part] = [b"/Tabs/S/StructParents ", Given("key", i)] if self.pages[i].tree is not None else []
        self.objects.append((
            own, [b"<</Type/Page/Parent ", Given("parent", i), b" 0 R/Contents ", Place(i), b" 0 R", *tagged, b">>"]
        ))

    def _bookmark(self, tree: Any, compiled: Callable[[str], Any], pages: Sequence[int], first_page: int) -> None:
        """The sheet's bookmark and those of its tasks."""
        label, target, children, _ = tree
        own, below = self._new(), [self._new() for _ in children]
        kids: list[Part] = []
        if below:
            kids = [b"/First ", Place(below[0]), b" 0 R/Last ", Place(below[-1]), b" 0 R/Count %d" % len(below)]
        around: list[Part] = [Given("before"), Given("after")]
        self._entry(own, label, target, [b"%d" % self.around.outlines], [*around, *kids], compiled, pages, first_page)
        for i, (name, where, _, _) in enumerate(children):
            beside: list[Part] = [b"/Prev ", Place(below[i - 1]), b" 0 R"] if i else []
            beside += [b"/Next ", Place(below[i + 1]), b" 0 R"] if i + 1 < len(below) else []
            self._entry(below[i], name, where, [Place(own)], beside, compiled, pages, first_page)

    def _entry(
        self, own: int, label: str, target: Any, parent: list[Part], more: list[Part], compiled: Callable[[str], Any],
        pages: Sequence[int], first_page: int,
    ) -> None:
        page, x, y = target
        where: list[Part] = [
            b"/Dest[", Place(pages[page - first_page]), b" 0 R/XYZ %b %b 0]" % (number(x), number(y))
        ]
        self.objects.append((own, [b"<</Title", compiled(label), b"/Parent ", *parent, b" 0 R", *more, *where, b">>"]))

    def _elements(
        self, page: PageTemplate, numbers: dict[int, int], own_page: int, compiled: Callable[[str], Any]
    ) -> None:
        """The elements of a page's structure."""
        assert page.tree is not None
        above = {id(kid): numbers[id(e)] for e in descending(page.tree) for kid in e.kids if isinstance(kid, Element)}
        for element in descending(page.tree):
            up = above.get(id(element))
            parts: list[Part] = [b"<</S%b/P " % element.kind.encode()]
            parts.append(Place(up) if up is not None else b"%d" % self.around.document)
            parts.append(b" 0 R")
            if any(isinstance(kid, int) for kid in element.kids):
                parts += [b"/Pg ", Place(own_page), b" 0 R"]
            parts += _kids(element, numbers)
            if element.has:
                parts.append(b"/A %d 0 R" % self.around.attributes(element.has))
            for key, text in element.says.items():
                parts += [b"/" + key.encode(), compiled(text)]
            self.objects.append((numbers[id(element)], [*parts, b">>"]))


def _kids(element: Element, numbers: dict[int, int]) -> Iterator[Part]:
    if not element.kids:
        return
    several = len(element.kids) > 1
    yield b"/K[" if several else b"/K "
    for i, kid in enumerate(element.kids):
        yield b" " if i else b""
        if isinstance(kid, int):
            yield b"%d" % kid
        else:
            yield Place(numbers[id(kid)])
            yield b" 0 R"
    yield b"]" if several else b""


def _flat(entries: Sequence[Sequence[Part]]) -> tuple[bytes, list[Place | Given | tuple[str | int, ...]]]:
    """The code of all with places for its parts, and these."""
    code, parts = [], []
    for entry in entries:
        piece = b""
        for part in entry:
            if isinstance(part, bytes):
                piece += part.replace(b"%", b"%%")
            elif isinstance(part, tuple) and all(isinstance(text, str) for text in part):
                piece += pydyf.String("".join(map(str, part))).data.replace(b"%", b"%%")
            else:
                piece += b"%d" if isinstance(part, Place) or (isinstance(part, Given) and part.name in NUMBERS) else b"%b"
                parts.append(part)
        code.append(piece)
    return END.join(code), parts


NUMBERS = frozenset(("parent", "key"))
