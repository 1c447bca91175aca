"""What a PDF's structure says to someone who cannot see it, and what is wrong with it: a walk through tree and content."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import pikepdf

HEADINGS = ("H1", "H2", "H3", "H4", "H5", "H6")
PICTURES = ("Figure", "Formula")
BLOCKS = (*HEADINGS, "P", "LI", "Table", "Figure")
SHOWS = frozenset(("Tj", "TJ", "'", '"'))
PAINTS = SHOWS | {"S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "sh", "Do", "INLINE IMAGE"}
OPERATORS = " ".join((*PAINTS, "q", "Q", "cm", "Tm", "Td", "BT", "BDC", "BMC", "EMC"))
MARGIN = 1.0  # pt: what stands higher by less is on the same line
Place = tuple[int, int]  # a page and a marked content on it
Matrix = tuple[float, float, float, float, float, float]
UNIT: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass
class Element:
    """A structure element: its type, what it holds in reading order, and its dictionary."""

    kind: str
    entry: Any
    kids: list[Element | Place] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """This element and all below it, in reading order."""
        yield self
        for kid in self.kids:
            if isinstance(kid, Element):
                yield from kid.walk()

    def places(self) -> Iterator[Place]:
        """The content of this element and of all below it."""
        for kid in self.kids:
            if isinstance(kid, Element):
                yield from kid.places()
            else:
                yield kid

    def text(self, name: str) -> str:
        """An entry that is text; empty where it is missing."""
        return str(self.entry.get(f"/{name}", ""))

    def attribute(self, name: str) -> Any:
        """An attribute, whoever owns it."""
        owned = self.entry.get("/A", pikepdf.Array())
        owners = owned if isinstance(owned, pikepdf.Array) else [owned]
        return next((owner[f"/{name}"] for owner in owners if f"/{name}" in owner), None)


@dataclass
class Content:
    """What a page draws: where each marked content begins its text, and what is drawn outside of any."""

    texts: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    seen: Counter[int] = field(default_factory=Counter)
    loose: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)


def faults(pdf: bytes) -> list[str]:
    """What is wrong, in words that begin with the kind of fault."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        contents = [content(page) for page in document.pages]
        found = [*_document(document), *_fonts(document), *_drawn(contents)]
        if "/StructTreeRoot" not in document.Root:
            return [*found, "untagged: the document has no structure tree"]
        root = tree(document)
        return [
            *found, *_headings(root), *_tables(root), *_pictures(root), *_linked(document, root, contents),
            *_order(root, contents),
        ]


def tree(document: pikepdf.Pdf) -> Element:
    """The structure tree under one root."""
    pages = {page.obj.objgen: number for number, page in enumerate(document.pages)}
    root = Element("StructTreeRoot", document.Root.StructTreeRoot)
    root.kids = list(_kids(root.entry, pages, None))
    return root


def _kids(entry: Any, pages: dict[Any, int], page: int | None) -> Iterator[Element | Place]:
    held = entry.get("/K", pikepdf.Array())
    for kid in held if isinstance(held, pikepdf.Array) else [held]:
        if isinstance(kid, int):
            yield (-1 if page is None else page), int(kid)
        elif kid.get("/Type") == "/StructElem" or "/S" in kid:
            here = pages[kid.Pg.objgen] if "/Pg" in kid else page
            element = Element(str(kid.S).removeprefix("/"), kid)
            element.kids = list(_kids(kid, pages, here))
            yield element


def content(page: pikepdf.Page) -> Content:
    """One page's content, instruction by instruction."""
    found = Content()
    marks: list[tuple[str, int | None]] = []
    matrix, line, saved = UNIT, UNIT, []
    for operands, operator in pikepdf.parse_content_stream(page, OPERATORS):
        name = str(operator)
        if name in ("BDC", "BMC"):
            marks.append((str(operands[0]), _mcid(operands)))
            _opened(found, marks)
        elif name == "EMC":
            marks.pop()
        elif name == "q":
            saved.append(matrix)
        elif name == "Q":
            matrix = saved.pop()
        elif name == "cm":
            matrix = product(_numbers(operands), matrix)
        elif name == "BT":
            line = UNIT
        elif name == "Tm":
            line = _numbers(operands)
        elif name == "Td":
            line = product((1.0, 0.0, 0.0, 1.0, float(operands[0]), float(operands[1])), line)
        elif name in PAINTS:
            _painted(found, marks, name, product(line, matrix))
    return found


def _mcid(operands: Any) -> int | None:
    held = operands[1] if len(operands) > 1 else None
    return int(held["/MCID"]) if isinstance(held, pikepdf.Dictionary) and "/MCID" in held else None


def _opened(found: Content, marks: list[tuple[str, int | None]]) -> None:
    tag, mcid = marks[-1]
    if mcid is not None:
        found.seen[mcid] += 1
        found.texts.setdefault(mcid, [])
    outer = [mark for mark in marks[:-1] if mark[0] == "/Artifact" or mark[1] is not None]
    if outer and (mcid is not None or outer[-1][0] == "/Artifact") and tag != "/Artifact":
        found.mixed.append(f"{tag} stands within {outer[-1][0]}")


def _painted(found: Content, marks: list[tuple[str, int | None]], name: str, matrix: Matrix) -> None:
    mcids = [mcid for _, mcid in marks if mcid is not None]
    if not mcids and "/Artifact" not in [tag for tag, _ in marks]:
        found.loose.append(name)
    if mcids and name in SHOWS:
        found.texts[mcids[-1]].append((matrix[4], matrix[5]))


def _numbers(operands: Any) -> Matrix:
    a, b, c, d, e, f = (float(value) for value in operands)
    return a, b, c, d, e, f


def product(one: Matrix, other: Matrix) -> Matrix:
    """First `one`, then `other`."""
    (a, b, c, d, e, f), (g, h, i, j, k, m) = one, other
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _document(document: pikepdf.Pdf) -> Iterator[str]:
    root = document.Root
    if not str(root.get("/Lang", "")):
        yield "language: the document says none"
    with document.open_metadata() as told:
        if not str(document.docinfo.get("/Title", "")) or not told.get("dc:title"):
            yield "title: the document has none"
        if told.get("pdfuaid:part") != "1":
            yield "identifier: the document does not say that it is PDF/UA-1"
    if not bool(root.get("/ViewerPreferences", {}).get("/DisplayDocTitle", False)):
        yield "title: it is not what a window shows"
    if not bool(root.get("/MarkInfo", {}).get("/Marked", False)):
        yield "untagged: the document does not say that it is tagged"


def _fonts(document: pikepdf.Pdf) -> Iterator[str]:
    for font in document.objects:
        if isinstance(font, pikepdf.Dictionary) and font.get("/Type") == "/Font" and "/Subtype" in font:
            below = font.get("/DescendantFonts", [font])[0]
            told = below.get("/FontDescriptor", {})
            outer = not str(font.Subtype).startswith("/CIDFont")
            if not any(f"/FontFile{kind}" in told for kind in ("", "2", "3")):
                yield f"font: {font.get('/BaseFont')} is not embedded"
            if outer and "/ToUnicode" not in font:
                yield f"font: {font.get('/BaseFont')} does not say what its glyphs mean"


def _drawn(contents: Iterable[Content]) -> Iterator[str]:
    for number, drawn in enumerate(contents, 1):
        for operator, count in Counter(drawn.loose).items():
            yield f"loose: page {number} draws {count} times by {operator} what is neither tagged nor an artifact"
        for mixture in drawn.mixed:
            yield f"mixed: on page {number} {mixture}"


def _headings(root: Element) -> Iterator[str]:
    last = 0
    for element in root.walk():
        if element.kind in HEADINGS:
            level = HEADINGS.index(element.kind) + 1
            if level > last + 1:
                yield f"heading: {element.kind} follows {HEADINGS[last - 1] if last else 'nothing'}"
            last = level


def _tables(root: Element) -> Iterator[str]:
    for table in (element for element in root.walk() if element.kind == "Table"):
        widths = list(_widths(table))
        if not widths:
            yield "table: it has no rows"
        if len(set(widths)) > 1:
            yield f"table: its rows are {widths} columns wide"
        cells = [cell for row in _rows(table) for cell in row.kids if isinstance(cell, Element)]
        heads = {cell.text("ID") for cell in cells if cell.kind == "TH"} - {""}
        cited = {str(head) for cell in cells for head in cell.attribute("Headers") or ()}
        for cell in cells:
            if cell.kind == "TH" and cell.attribute("Scope") is None and cell.text("ID") not in cited:
                yield f"table: the head {cell.text('ID')!r} says not what it heads"
            if cell.kind == "TD" and heads and any(cell.places()) and not cell.attribute("Headers"):
                yield "table: a cell with content has no head in a table that has some"
        for name in sorted(cited - heads):
            yield f"table: a cell names the head {name!r}, which is not there"


def _rows(table: Element) -> Iterator[Element]:
    for kid in table.kids:
        if isinstance(kid, Element) and kid.kind != "Table":
            yield from [kid] if kid.kind == "TR" else _rows(kid)


def _widths(table: Element) -> Iterator[int]:
    """The columns of each row, those counted that reach down from a row above."""
    reaching: Counter[int] = Counter()
    for number, row in enumerate(_rows(table)):
        width = reaching[number]
        for cell in row.kids:
            if isinstance(cell, Element):
                columns, rows = int(cell.attribute("ColSpan") or 1), int(cell.attribute("RowSpan") or 1)
                width += columns
                for below in range(number + 1, number + rows):
                    reaching[below] += columns
        yield width


def _pictures(root: Element) -> Iterator[str]:
    for element in root.walk():
        if element.kind in PICTURES and not element.text("Alt").strip():
            yield f"picture: a {element.kind} has no alternative text"


def _linked(document: pikepdf.Pdf, root: Element, contents: list[Content]) -> Iterator[str]:
    """Content, tree and the way back from content to tree must name each other."""
    told = Counter(root.places())
    drawn = {(page, mcid) for page, found in enumerate(contents) for mcid in found.seen}
    parents = pikepdf.NumberTree(document.Root.StructTreeRoot.ParentTree)
    back = {
        (number, mcid): element.objgen
        for number, page in enumerate(document.pages)
        for mcid, element in enumerate(parents.get(int(page.obj.get("/StructParents", -1)), ()))
        if element is not None
    }
    holders = {
        place: element.entry.objgen for element in root.walk() for place in element.kids if not isinstance(place, Element)
    }
    for page, found in enumerate(contents, 1):
        yield from (f"link: page {page} draws content {mcid} twice" for mcid, times in found.seen.items() if times > 1)
    for wrong, places in (
        ("is not in the tree", drawn - set(told)),
        ("is in the tree and not drawn", set(told) - drawn),
        ("is twice in the tree", {place for place, times in told.items() if times > 1}),
    ):
        yield from (f"link: content {mcid} of page {page + 1} {wrong}" for page, mcid in sorted(places))
    for place in sorted(set(told) | set(back)):
        if back.get(place) != holders.get(place):
            yield f"link: the way back from content {place[1]} of page {place[0] + 1} leads elsewhere"


def _order(root: Element, contents: list[Content]) -> Iterator[str]:
    """Blocks that stand above one another must be read in that order; what stands side by side can't be told."""
    blocks: dict[int, list[tuple[str, float, float, float, float]]] = {}
    for element in _blocks(root):
        for page in {page for page, _ in element.places() if 0 <= page < len(contents)}:
            points = [
                point for at, mcid in element.places() if at == page for point in contents[page].texts.get(mcid, ())
            ]
            if points:
                xs, ys = zip(*points, strict=True)
                blocks.setdefault(page, []).append((element.kind, min(xs), max(xs), min(ys), max(ys)))
    for page, found in sorted(blocks.items()):
        for one, other in combinations(found, 2):
            beside = other[1] > one[2] + MARGIN or one[1] > other[2] + MARGIN
            if not beside and other[3] > one[4] + MARGIN:
                yield f"order: on page {page + 1} a {other[0]} is read after the {one[0]} that stands below it"


def _blocks(element: Element) -> Iterator[Element]:
    """The outermost blocks of text."""
    for kid in element.kids:
        if isinstance(kid, Element):
            yield from [kid] if kid.kind in BLOCKS else _blocks(kid)
