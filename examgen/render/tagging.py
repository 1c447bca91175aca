"""What a tagged PDF needs and WeasyPrint does not write: formulas, pictures, names of tables, languages, margins.

WeasyPrint makes a structure element for every box, in one order, and a type of element for every kind of tag. So boxes and
elements of a type are told together one by one. A formula and a picture get words and no inner structure; a table gets
its name and its heads say what they head; a part in another language says so; margins are no content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pydyf
import weasyprint
from weasyprint.formatting_structure import boxes

from examgen.render.speech import spoken

MATH = "{http://www.w3.org/1998/Math/MathML}math"
APART = "blockquote"  # whose type of element marks formulas and pictures; what an own template has of it becomes a div
TYPES = {APART: "BlockQuote", "article": "Art", "table": "Table", "th": "TH"}
POINTS = 0.75  # to a CSS pixel
SCOPES = {"row": "/Row", "rowgroup": "/Row", "col": "/Column", "colgroup": "/Column"}


@dataclass(frozen=True)
class Part:
    """A box that stands for an element of a document, and the language there."""

    box: Any
    language: str


class Telling:
    """What one document has to tell; it must be made before the document is written."""

    def __init__(self, document: weasyprint.Document, zoom: float = 1.0) -> None:
        for page in document.pages:
            _unquote(page._page_box)
        self.language, self.parts, self.scale = document.metadata.lang, _parts(document), POINTS * zoom
        for part in self.parts[APART]:
            part.box.element_tag = APART

    def complete(self, pdf: pydyf.PDF) -> None:
        """Tells it in the PDF just before that is written. Raises: ValueError if WeasyPrint tagged other boxes."""
        _Structure(pdf, self.scale).tell(self.language, self.parts)


def _unquote(box: Any) -> None:
    """Lets no element but those that are marked so be of the marking type."""
    box = getattr(box, "_box", box)
    if box.element_tag == APART:
        box.element_tag = "div"
    for child in getattr(box, "children", ()):
        _unquote(child)


def _parts(document: weasyprint.Document) -> dict[str, list[Part]]:
    """The boxes that are told, by tag, in the order in which WeasyPrint tags them."""
    found: dict[str, list[Part]] = {tag: [] for tag in TYPES}
    for page in document.pages:
        for tag, part in _below(page._page_box, Part(None, document.metadata.lang or "en")):
            found[tag].append(part)
    return found


def _below(box: Any, above: Part) -> Iterator[tuple[str, Part]]:
    """What is told of a box and of those in it; of a table's two boxes the outer one."""
    box = getattr(box, "_box", box)  # a place kept for what is positioned
    if isinstance(box, boxes.MarginBox):
        return
    here = Part(box, (box.element.get("lang") if box.element is not None else None) or above.language)
    tag, outer = _told(box), getattr(above.box, "element_tag", None)
    inner = (tag == outer == "th") or (tag == "table" and getattr(above.box, "is_table_wrapper", False))
    if tag and not inner:
        yield tag, here
    for child in getattr(box, "children", ()):
        yield from _below(child, here)


def _told(box: Any) -> str:
    """The tag by which a box is told; nothing where it is not."""
    if box.element is None or not isinstance(box, boxes.ParentBox) or isinstance(box, boxes.LineBox):
        return ""
    tag: str = box.element_tag or ""
    if tag == MATH or (box.element.get("role") == "img" and tag == box.element.tag):
        return APART
    return tag if tag in TYPES else ""


class _Structure:
    """Completes the structure of one PDF."""

    def __init__(self, pdf: pydyf.PDF, scale: float) -> None:
        self.pdf, self.scale = pdf, scale
        self.elements: dict[str, list[pydyf.Dictionary]] = {kind: [] for kind in TYPES.values()}
        for entry in pdf.objects:
            kind = entry.get("S", "")[1:] if isinstance(entry, pydyf.Dictionary) and entry.get("Type") == "/StructElem" else ""
            if kind in self.elements:
                self.elements[kind].append(entry)
        root = self._at(pdf.catalog["StructTreeRoot"])
        self.top = self._at(root["K"][0])
        numbers = self._at(root["ParentTree"])["Nums"]
        self.pages = dict(zip(pdf.page_references, numbers[1::2], strict=False))

    def tell(self, language: str | None, parts: Mapping[str, list[Part]]) -> None:
        """Completes every element whose box is told."""
        told = {tag: list(zip(parts[tag], self.elements[kind], strict=True)) for tag, kind in TYPES.items()}
        for part, element in told["article"]:
            if part.language != language:
                element["Lang"] = pydyf.String(part.language)
        for part, element in told["table"]:
            if not part.box.is_table_wrapper:  # what stands beside the rows: drawn brackets
                self._drop(element)
            elif name := part.box.element.get("aria-label"):
                element["A"] = pydyf.Dictionary({"O": "/Table", "Summary": pydyf.String(name)})
        for part, element in told["th"]:
            element["A"]["Scope"] = SCOPES.get(part.box.element.get("scope"), "/Column")
        self._tell_apart(told[APART])
        self._clear_margins()

    def _tell_apart(self, told: list[tuple[Part, pydyf.Dictionary]]) -> None:
        """Formulas and pictures; a formula's second line joins its first one."""
        source, first = None, None
        for part, element in told:
            if self._at(element.reference) is not element:
                continue  # a box within the formula, gone with all its structure
            if first is not None and part.box.element is source and element["P"] == first["P"]:
                first["K"].append(element.reference)
                self._at(first["P"])["K"].remove(element.reference)
                self._flatten(first)
                continue
            source, first = part.box.element, element
            if source.get("role") == "img":
                words = pydyf.String(source.get("aria-label") or "")
                element |= {"S": "/Figure", "Alt": words, "A": self._place(part, element)}
            else:
                element |= {"S": "/Formula", "Alt": pydyf.String(spoken(source, part.language))}
            self._flatten(element)

    def _place(self, part: Part, element: pydyf.Dictionary) -> pydyf.Dictionary:
        """Where a picture stands on its page."""
        box, scale, high = part.box, self.scale, self._at(element["Pg"])["MediaBox"][3]
        left, top = scale * box.border_box_x(), high - scale * box.border_box_y()
        edges = (left, top - scale * box.border_height(), left + scale * box.border_width(), top)
        return pydyf.Dictionary({"O": "/Layout", "BBox": pydyf.Array([round(edge, 2) for edge in edges])})

    def _flatten(self, element: pydyf.Dictionary) -> None:
        """Lets the element hold the content of all below it, which is no more."""
        held = list(self._content(element))
        for reference in [kid for kid in element["K"] if isinstance(kid, bytes)]:
            self._free(reference)
        element["K"] = pydyf.Array(held)
        for mcid in held:
            self.pages[element["Pg"]][mcid] = element.reference

    def _drop(self, element: pydyf.Dictionary) -> None:
        """Takes away an element that holds no content."""
        if self._at(element.reference) is element and not any(True for _ in self._content(element)):
            self._at(element["P"])["K"].remove(element.reference)
            self._free(element.reference)

    def _clear_margins(self) -> None:
        """Titles and page numbers in the margins are on no way through the document: they are artifacts."""
        kept = set(self.top["K"])
        for entry in list(self.pdf.objects):
            if isinstance(entry, pydyf.Dictionary) and entry.get("P") == self.top.reference and entry.reference not in kept:
                page, held = entry["Pg"], set(self._content(entry))
                drawn = self._at(self._at(page)["Contents"]).stream
                for place, operand in enumerate(drawn):
                    if isinstance(operand, pydyf.Dictionary) and operand.get("MCID") in held:
                        drawn[place - 1 : place + 1] = "/Artifact", pydyf.Dictionary({"Type": "/Pagination"})
                self.pages[page][:] = ["null" if mcid in held else kid for mcid, kid in enumerate(self.pages[page])]
                self._free(entry.reference)

    def _content(self, element: pydyf.Dictionary) -> Iterator[int]:
        """The marked content of an element and of all below it, in reading order."""
        for kid in element["K"]:
            if isinstance(kid, int):
                yield kid
            else:
                yield from self._content(self._at(kid))

    def _free(self, reference: bytes) -> None:
        """Takes an element and all below it out of the file: their numbers are free ones."""
        for kid in self._at(reference)["K"]:
            if isinstance(kid, bytes):
                self._free(kid)
        self.pdf.objects[_number(reference)] = self.pdf.objects[0]

    def _at(self, reference: bytes) -> Any:
        return self.pdf.objects[_number(reference)]


def _number(reference: bytes) -> int:
    return int(reference.split()[0])
