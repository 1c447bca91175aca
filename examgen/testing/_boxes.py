"""A laid-out page as the pieces that a reader sees: texts by their ink, rules, frames, and the wires of circuits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from examgen.testing._ink import Area, ink

MM = 96 / 25.4  # px of a millimetre
SIDES = ("top", "right", "bottom", "left")
MATHS = "{http://www.w3.org/1998/Math/MathML}"
UNDRAWN = frozenset({"TableRowBox", "TableRowGroupBox", "TableColumnBox", "TableColumnGroupBox"})  # cells have their borders
TABLES = frozenset({"TableBox", "InlineTableBox"})

Segment = tuple[float, float, float, float]


@dataclass(frozen=True)
class Piece:
    """One box of a page: `kind` is its type in the layout, `path` the numbers of the boxes around it, outermost first."""

    number: int
    kind: str
    tag: str
    classes: frozenset[str]
    area: Area
    path: tuple[int, ...]
    element: Any
    box: Any
    text: str = ""

    @property
    def is_table(self) -> bool:
        """Whether it is a table of the document; formulas are laid out as tables too."""
        return self.kind in TABLES and not self.tag.startswith(MATHS)

    @property
    def is_maths(self) -> bool:
        return self.tag.startswith(MATHS)

    @property
    def borders(self) -> dict[str, float]:
        """The width of every side that is drawn, in px."""
        if self.kind in UNDRAWN or self.kind in TABLES or self.kind == "TextBox":
            return {}
        widths = {side: getattr(self.box, f"border_{side}_width", 0) for side in SIDES}
        return {side: float(width) for side, width in widths.items() if isinstance(width, int | float) and width > 0}

    @property
    def outline(self) -> float:
        """How far a drawn outline reaches out of the border box, in px; negative where it lies within."""
        style = self.box.style
        return float(style["outline_width"] + style["outline_offset"]) if style["outline_style"] != "none" else 0.0

    @property
    def is_framed(self) -> bool:
        """Whether it is drawn on all four sides."""
        return len(self.borders) == len(SIDES) or self.box.style["outline_style"] != "none"

    def rules(self) -> Iterator[Area]:
        """The lines along its sides."""
        a = self.area
        for side, width in self.borders.items():
            yield {
                "top": Area(a.left, a.top, a.right, a.top + width),
                "bottom": Area(a.left, a.bottom - width, a.right, a.bottom),
                "left": Area(a.left, a.top, a.left + width, a.bottom),
                "right": Area(a.right - width, a.top, a.right, a.bottom),
            }[side]


@dataclass(frozen=True)
class Circuit:
    """The lines and circles of a drawing on its page, in px; a circle is its middle and its radius."""

    wires: tuple[Segment, ...]
    circles: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class Leaf:
    """One page: the area that its text may fill, the whole sheet, and what stands where."""

    number: int
    content: Area
    sheet: Area
    body: tuple[Piece, ...]
    margins: tuple[Piece, ...]

    @property
    def texts(self) -> list[Piece]:
        return [piece for piece in self.body if piece.text]

    def around(self, piece: Piece) -> list[Piece]:
        """The boxes that a piece lies in, outermost first."""
        known = {other.number: other for other in self.body + self.margins}
        return [known[number] for number in piece.path]


def leaves(document: Any) -> tuple[Leaf, ...]:
    """All pages of a document that WeasyPrint has laid out."""
    return tuple(_leaf(number, page._page_box) for number, page in enumerate(document.pages, start=1))


def _leaf(number: int, frame: Any) -> Leaf:
    left, top = frame.content_box_x(), frame.content_box_y()
    content = Area(left, top, left + frame.width, top + frame.height)
    found: list[Piece] = []
    firsts = []
    for child in frame.children:
        firsts.append((len(found), type(child).__name__))
        _read(child, (), found)
    starts = [start for start, kind in firsts if kind == "MarginBox"]
    middle = min(starts, default=len(found))
    sheet = Area(0, 0, frame.margin_width(), frame.margin_height())
    return Leaf(number, content, sheet, tuple(found[:middle]), tuple(found[middle:]))


def _read(box: Any, path: tuple[int, ...], found: list[Piece]) -> None:
    """A box and all in it, in the order of the document."""
    box = getattr(box, "_box", box)  # an absolutely positioned one stands behind a placeholder
    kind, element = type(box).__name__, box.element
    classes = frozenset((element.get("class") or "").split()) if hasattr(element, "get") else frozenset()
    tag = str(box.element_tag or "")
    if kind == "TextBox":
        if area := _ink(box):
            found.append(Piece(len(found), kind, tag, classes, area, path, element, box, box.text.strip()))
        return
    here = len(found)
    found.append(Piece(here, kind, tag, classes, _area(box), path, element, box))
    for child in getattr(box, "children", ()):
        _read(child, (*path, here), found)


def _ink(box: Any) -> Area | None:
    style = box.style
    spacing = style["letter_spacing"] if isinstance(style["letter_spacing"], int | float) else 0
    left, right = box.position_x, box.position_x + box.width - spacing
    baseline = box.position_y + box.baseline
    return ink(box.text, style["font_style"], style["font_weight"], style["font_size"], left, right, baseline)


def _area(box: Any) -> Area:
    left, top = box.border_box_x(), box.border_box_y()
    return Area(left, top, left + box.border_width(), top + box.border_height())


def circuit(piece: Piece) -> Circuit:
    """The wires and gates of a piece that is an SVG picture made of straight lines and circles."""
    left, top = piece.box.content_box_x(), piece.box.content_box_y()
    scale = piece.box.width / float(piece.element.get("viewBox").split()[2])
    wires: list[Segment] = []
    circles = []
    for drawn in piece.element.iter():
        name = str(drawn.tag).rpartition("}")[2]
        if name == "path":
            wires += [
                (left + ax * scale, top + ay * scale, left + bx * scale, top + by * scale)
                for ax, ay, bx, by in _segments(drawn.get("d"))
            ]
        elif name == "circle":
            x, y, radius = (float(drawn.get(key)) * scale for key in ("cx", "cy", "r"))
            circles.append((left + x, top + y, radius))
    return Circuit(tuple(wires), tuple(circles))


def _segments(path: str) -> Iterator[Segment]:
    """The straight pieces of SVG path data that knows M, L and H."""
    at = (0.0, 0.0)
    for letter, x, y in re.findall(r"([MLH])\s*(-?[\d.]+)(?:[ ,]+(-?[\d.]+))?", path):
        to = (float(x), at[1] if letter == "H" else float(y))
        if letter != "M":
            yield (*at, *to)
        at = to
