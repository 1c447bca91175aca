"""Masters: one sheet of every structure laid out with traced numbers, and taken apart into pages with slots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pydyf
import weasyprint
from weasyprint.draw.color import get_color
from weasyprint.formatting_structure import boxes

from examgen.render import tagging
from examgen.render.paper import Head, SheetTask, SheetVariant
from examgen.render.pdf import objects
from examgen.render.tracing import SLOT, WHEN, Trace, traced
from examgen.render.typeset.streams import Page, Unreadable, page_of
from examgen.render.typeset.tree import Element, trees

MARK = "figcaption"  # whose type of element, which no paper of ours has, marks slots
NOTHING = (("none", None),)  # for a background
ALIGNED = {"left": 0.0, "start": 0.0, "justify": 0.0, "center": 0.5, "right": 1.0, "end": 1.0}


@dataclass(frozen=True)
class SlotBox:
    """A slot as it was laid out: what part of room to spare stands before its text, its room and letter spacing in points.

    `free` is one that stands alone on its line, with nothing drawn around it that is as wide as its text.
    """

    slot: int
    align: float
    room: float
    spacing: float
    free: bool = True


@dataclass(frozen=True)
class Frame:
    """A box that is framed where a condition holds, in points of the page."""

    when: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class FrameStyle:
    """How frames are drawn: by how much they are larger than what they frame, how wide their line is, and its colour."""

    grow: float
    line: float
    colour: bytes


@dataclass
class MasterPage:
    """A page of a master: its pieces, its structure, slots by the number of their marked content, and frames."""

    reference: bytes
    page: Page
    tree: Element | None = None
    slots: dict[int, SlotBox] = field(default_factory=dict)
    frames: list[Frame] = field(default_factory=list)
    margins: set[int] = field(default_factory=set)  # slots that stand there


@dataclass
class Masters:
    """All masters of a document, laid out and taken apart, and the document's own objects."""

    pdf: pydyf.PDF
    fonts: dict[bytes, Any]
    pages: list[MasterPage]
    bookmarks: list[Any]
    trace: Trace
    frame: FrameStyle | None = None


def traced_sheet(sheet: SheetVariant) -> SheetVariant:
    """A sheet whose numbers know their places: the number of the sheet in its document first."""
    place = sheet.sheet

    def task(number: int, given: SheetTask) -> SheetTask:
        data = {name: traced(value, place, "data", number, name) for name, value in given.data.items()}
        if given.diagram is None:
            return replace(given, data=data)
        nodes = tuple(
            replace(
                node,
                value=node.value if node.constant else traced(node.value, place, "node", number, i, "value"),
                gradient=traced(node.gradient, place, "node", number, i, "gradient"),
            )
            for i, node in enumerate(given.diagram.nodes)
        )
        return replace(given, data=data, diagram=replace(given.diagram, nodes=nodes))

    tasks = tuple(task(i, given) for i, given in enumerate(sheet.tasks))
    words = {name: traced(getattr(sheet, name), place, name) for name in ("number", "code", "name", "group", "place")}
    return replace(sheet, tasks=tasks, **{name: word for name, word in words.items() if word != ""})


def taken(document: weasyprint.Document, head: Head, trace: Trace, zoom: float = 1.0) -> Masters:
    """The pages of laid-out masters taken apart. Raises: Unreadable, ValueError where they hold what cannot be stamped."""
    scale = tagging.POINTS * zoom
    slots, frames, sample = _marked(document, scale)
    made: list[Masters] = []

    def look(pdf: pydyf.PDF, complete: Callable[[], None]) -> None:
        places = _contents(pdf, slots)
        complete()
        fonts = {f"/{font.hash}".encode(): font for font in document.fonts.values()}
        pages = [MasterPage(reference, page_of(pdf, reference)) for reference in pdf.page_references]
        by_reference = {page.reference: page for page in pages}
        for reference, tree in trees(pdf):
            by_reference[reference].tree = tree
        for (reference, mcid), box in places:
            by_reference[reference].slots[mcid] = box
        for number, frame in frames:
            pages[number].frames.append(frame)
        for page, laid in zip(pages, document.pages, strict=True):
            page.margins = set(_in_margins(laid._page_box))
        bookmarks = document.make_bookmark_tree(scale, transform_pages=True)
        made.append(Masters(pdf, fonts, pages, bookmarks, trace, sample))

    objects(document, head, zoom, look)
    return made[0]


def _marked(
    document: weasyprint.Document, scale: float
) -> tuple[list[SlotBox], list[tuple[int, Frame]], FrameStyle | None]:
    """The slots in the order of the structure, frames with the number of their page, and a frame as it is drawn."""
    slots: list[SlotBox] = []
    frames: list[tuple[int, Frame]] = []
    sample: list[FrameStyle] = []
    for number, page in enumerate(document.pages):
        high = page.height * scale
        for box, above in _descending(page._page_box):
            element = box.element
            if element is None:
                continue
            if element.get(SLOT) is not None and box.element_tag == element.tag and not isinstance(box, boxes.TextBox):
                if not isinstance(box, boxes.InlineBox):
                    raise Unreadable("a style makes a block of a number")
                box.element_tag = MARK
                slots.append(_slot(box, above, scale))
            elif (name := element.get(WHEN)) == "sample":
                sample.append(_frame_style(box.style, scale))
            elif name is not None and element.tag != "td":
                raise Unreadable("what is not a cell is framed")
            elif name is not None and isinstance(box, boxes.TableCellBox):
                inner = [b for b, _ in _descending(box) if b is not box and "slot" in _classes(b)]
                if not inner:
                    raise Unreadable("a frame stands around nothing")
                frames.append((number, _frame(inner[0], int(name), scale, high)))
    return slots, frames, next(iter(sample), None)


def _in_margins(page: Any) -> Iterator[int]:
    """The slots that stand in the margins of a page."""
    for margin in page.children:
        if isinstance(margin, boxes.MarginBox):
            for box in margin.descendants():
                if box.element is not None and box.element.get(SLOT) is not None:
                    yield int(box.element.get(SLOT))


def _classes(box: Any) -> list[str]:
    return [] if box.element is None else (box.element.get("class") or "").split()


def _descending(box: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Boxes in the order in which WeasyPrint tells them, each with those that it stands in; of margins nothing."""
    box = getattr(box, "_box", box)
    if isinstance(box, boxes.MarginBox):
        return
    yield box, above
    for child in getattr(box, "children", ()):
        yield from _descending(child, (*above, box))


def _slot(box: Any, above: Sequence[Any], scale: float) -> SlotBox:
    """The block's width is its room, unless the text makes it as wide as it is: then its least width."""
    place = next(i for i in reversed(range(len(above))) if isinstance(above[i], boxes.BlockContainerBox))
    block, style = above[place], above[place].style
    fixed = style["width"] != "auto" or style["position"] in ("absolute", "fixed") or _filling(block)
    least = 0.0 if style["min_width"] == "auto" else style["min_width"].value
    room = (block.width if fixed else least) * scale
    spacing = box.style["letter_spacing"]
    return SlotBox(
        int(box.element.get(SLOT)), ALIGNED[style["text_align_all"]], room, 0.0 if spacing == "normal" else spacing * scale,
        _alone(box, above[place:]),
    )


def _alone(box: Any, around: Sequence[Any]) -> bool:
    """Whether nothing else stands in a slot's block, `around` it up to there, and nothing is drawn as wide as its text."""
    within = {id(inner) for inner, _ in _descending(box)}
    others = [other for other, _ in _descending(around[0]) if id(other) not in within]
    lines = [other for other in others if isinstance(other, boxes.LineBox)]
    inlines = [one for one in (*around, box) if isinstance(one, boxes.InlineBox)]
    underlined = any(inner.style["text_decoration_line"] != "none" for inner, _ in _descending(box))
    return len(lines) == 1 and not any(map(_seen, others[1:])) and not any(map(_drawn, inlines)) and not underlined


def _seen(box: Any) -> bool:
    """Whether a box takes room on its line."""
    if isinstance(box, boxes.LineBox | boxes.InlineBox):
        return False
    return bool(box.text.strip()) if isinstance(box, boxes.TextBox) else True


def _drawn(box: Any) -> bool:
    """Whether an inline box shows how wide it is."""
    style = box.style
    edges = box.padding_left, box.padding_right, box.border_left_width, box.border_right_width
    lines = box.border_top_width, box.border_bottom_width, style["outline_width"]
    return any((*edges, *lines)) or style["background_color"].alpha > 0 or style["background_image"] != NOTHING


def _filling(block: Any) -> bool:
    """Whether a block is as wide as what it stands in, and not as its text."""
    return isinstance(block, boxes.BlockBox) and block.is_in_normal_flow() and not isinstance(block, boxes.TableCellBox)


def _frame(box: Any, when: int, scale: float, high: float) -> Frame:
    """The place of a box."""
    left, top, width, height = box.border_box_x(), box.border_box_y(), box.border_width(), box.border_height()
    return Frame(when, left * scale, high - (top + height) * scale, width * scale, height * scale)


def _frame_style(style: Any, scale: float) -> FrameStyle:
    """An outline's style."""
    grow = style["outline_offset"] + style["outline_width"] / 2
    colour = b" ".join(b"%g" % part for part in get_color(style, "outline_color").coordinates) + b" RG"
    return FrameStyle(grow * scale, style["outline_width"] * scale, colour)


def _contents(pdf: pydyf.PDF, slots: Sequence[SlotBox]) -> list[tuple[tuple[bytes, int], SlotBox]]:
    """Where the text of every slot stands: its page and the number of its marked content."""
    found = []
    elements = [
        entry for entry in pdf.objects
        if isinstance(entry, pydyf.Dictionary) and entry.get("Type") == "/StructElem" and entry.get("S") == "/Caption"
    ]
    for element, box in zip(elements, slots, strict=True):
        element["S"] = "/Span"
        kids = [pdf.objects[int(kid.split()[0])]["K"] for kid in element["K"] if isinstance(kid, bytes)]
        if len(kids) != 1 or len(kids[0]) != 1:
            raise ValueError("the text of a slot is broken")
        found.append(((element["Pg"], kids[0][0]), box))
    return found
