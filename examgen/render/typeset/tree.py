"""The structure of a page as a tree without needless elements, and its content in pieces that belong together.

Source: ISO 32000-1, 14.7 (logical structure), 14.8 (tagged PDF).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pydyf

NEEDLESS = frozenset(("/Span", "/NonStruct"))
GROUPING = "/Div"  # needless where it holds no content itself
OWN = frozenset(("Type", "S", "K", "Pg", "P", "ID"))  # keys that are written anew; a head is found by its scope
TOLD = frozenset(("Alt", "Lang"))


@dataclass(eq=False)
class Element:
    """One element: its type, what else is said of it, and what is in it, in reading order; content by number."""

    kind: str
    says: dict[str, str] = field(default_factory=dict)  # texts: Alt, Lang
    has: bytes = b""  # attributes, as they are written
    kids: list[Element | int] = field(default_factory=list)


def trees(pdf: pydyf.PDF) -> Iterator[tuple[bytes, Element]]:
    """The elements of the document itself, each with the reference of its page."""
    root = _at(pdf, pdf.catalog["StructTreeRoot"])
    for reference in _at(pdf, root["K"][0])["K"]:
        entry = _at(pdf, reference)
        yield entry["Pg"], _element(pdf, entry)


def _element(pdf: pydyf.PDF, entry: Mapping[str, Any]) -> Element:
    element = Element(entry["S"])
    element.says = {key: entry[key].string for key in entry if key in TOLD}
    attributes = {key: value for key, value in (entry.get("A") or {}).items() if key != "Headers"}
    element.has = pydyf.Dictionary(attributes).data if len(attributes) > 1 else b""
    unknown = entry.keys() - OWN - TOLD - {"A"}
    if unknown:
        raise ValueError(f"an element has {', '.join(sorted(unknown))}")
    for kid in entry["K"]:
        if isinstance(kid, int):
            element.kids.append(kid)
            continue
        if not isinstance(kid, bytes):
            raise ValueError("an element holds what is no content")
        inner = _element(pdf, _at(pdf, kid))
        needless = inner.kind in NEEDLESS or (inner.kind == GROUPING and not any(isinstance(k, int) for k in inner.kids))
        element.kids += inner.kids if needless and not inner.says and not inner.has else [inner]
    return element


def _at(pdf: pydyf.PDF, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]


def owners(element: Element) -> dict[int, Element]:
    """Which element every piece of content belongs to."""
    found: dict[int, Element] = {}
    for kid in element.kids:
        if isinstance(kid, int):
            found[kid] = element
        else:
            found |= owners(kid)
    return found


def renumbered(element: Element, numbers: Mapping[int, int]) -> None:
    """Gives content its new numbers, once where several pieces became one, and drops what holds none."""
    kids: list[Element | int] = []
    for kid in element.kids:
        if isinstance(kid, int):
            if kid in numbers and numbers[kid] not in kids:
                kids.append(numbers[kid])
            continue
        renumbered(kid, numbers)
        if kid.kids or kid.kind in ("/TD", "/TH"):  # an empty cell is still a cell
            kids.append(kid)
    element.kids = kids


def descending(element: Element) -> Iterator[Element]:
    """An element and all below it."""
    yield element
    for kid in element.kids:
        if isinstance(kid, Element):
            yield from descending(kid)
