"""What is wrong with laid-out pages, found from their boxes: texts that run out, over one another or over lines, cut tables.

Tolerances are those of the eye on paper: two inks that meet by less than `TOUCH` in either direction are seen as apart (a
kerned pair, the overhang of an italic letter), and nobody sees ink that is less than `OVER` out of its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from examgen.testing._boxes import MM, Circuit, Leaf, Piece, Segment, circuit, leaves
from examgen.testing._ink import Area

TOUCH = 0.15  # mm
OVER = 0.3  # mm
LED = 15.0  # mm that a heading takes in front of what it leads to
SHOWN = 60  # characters of a text that a fault quotes
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
LEADING = frozenset({"says", "rounding"})  # classes of words that speak of what follows them
EMPTY = frozenset({"over", "empty"})  # classes of a place at a wire where a student writes
PLACED = frozenset({"slot", "over"})  # classes of places that hold a number or a name


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a page, and the text or box it is about."""

    page: int
    kind: str
    what: str

    def __str__(self) -> str:
        return f"page {self.page}: {self.kind}: {self.what}"


def page_faults(document: Any) -> tuple[Fault, ...]:
    """Everything wrong with a document that `examgen.render.pdf.lay_out` has laid out, page by page."""
    pages = leaves(document)
    found = [fault for page in pages for rule in PAGE_RULES for fault in rule(page)]
    found += [fault for rule in DOCUMENT_RULES for fault in rule(pages)]
    return tuple(sorted(dict.fromkeys(found), key=lambda fault: fault.page))


def page_counts(document: Any, name: str) -> tuple[int, ...]:
    """How many pages each element of a class takes, in the order of the document."""
    found: dict[int, set[int]] = {}
    for page in leaves(document):
        for piece in page.body:
            if name in piece.classes and piece.kind == "BlockBox":
                found.setdefault(id(piece.element), set()).add(page.number)
    return tuple(len(numbers) for numbers in found.values())


def within_the_margins(page: Leaf) -> Iterator[Fault]:
    """No text and no line reaches beyond the area of the page, and none in the margins off the sheet."""
    for pieces, area in ((page.body, page.content), (page.margins, page.sheet)):
        for piece in pieces:
            if piece.text or piece.borders or piece.tag.endswith("svg") or piece.is_table:
                for side, far in _beyond(piece.area, area).items():
                    if far > OVER:
                        yield Fault(page.number, f"{far:.1f} mm beyond the {side} of the page", _named(page, piece))


def margins_on_one_line(page: Leaf) -> Iterator[Fault]:
    """A text in the margin has one line, and stays in its own box."""
    for box in (piece for piece in page.margins if piece.kind == "MarginBox"):
        inside = [piece for piece in page.margins if box.number in piece.path]
        told = " ".join(piece.text for piece in inside if piece.text)
        if sum(piece.kind == "LineBox" for piece in inside) > 1:
            yield Fault(page.number, "a text in the margin takes more than one line", _quoted(told))
        for piece in inside:
            if piece.text and _out(piece.area, box.area):
                yield Fault(page.number, "a text in the margin runs out of its box", _quoted(piece.text))


def in_its_place(page: Leaf) -> Iterator[Fault]:
    """A text stays within its cell, its slot, its frame, and whatever hides what runs out of it."""
    for text in page.body:
        if not text.text:
            continue
        for place in page.around(text):
            if _holds(place) and (far := _out(text.area, place.area)):
                yield Fault(page.number, f"{far:.1f} mm out of {_called(place)}", _quoted(text.text))
                break


def apart(page: Leaf) -> Iterator[Fault]:
    """No two texts lie over one another, in the body or in the margins."""
    for pieces in (page.body, page.margins):
        for one, other in _meeting([piece for piece in pieces if piece.text]):
            yield Fault(page.number, "two texts over one another", f"{_quoted(one.text)} and {_quoted(other.text)}")


def off_the_lines(page: Leaf) -> Iterator[Fault]:
    """No text lies on a line that is drawn, its own box's or another's."""
    rules = [(rule, piece) for piece in page.body for rule in piece.rules()]
    for text in page.texts:
        ink = text.area.shrunk(TOUCH * MM)
        for rule, piece in rules:
            if ink.meets(rule):
                yield Fault(page.number, f"a text on a line of {_called(piece)}", _quoted(text.text))


def off_other_boxes(page: Leaf) -> Iterator[Fault]:
    """No text lies in a table or frame that it does not belong to, and no two of these lie over one another."""
    solid = [piece for piece in page.body if piece.is_table or piece.tag.endswith("svg") or _is_frame(piece)]
    for place in solid:
        for text in page.texts:
            own = place.number in text.path or _same_figure(place, text)
            if not own and text.area.shrunk(TOUCH * MM).meets(place.area):
                yield Fault(page.number, f"a text over {_called(place)}", _quoted(text.text))
    for one, other in _meeting(solid):
        if one.number not in other.path and other.number not in one.path:
            yield Fault(page.number, "two boxes over one another", f"{_named(page, one)} and {_named(page, other)}")


def circuits_are_clear(page: Leaf) -> Iterator[Fault]:
    """In a circuit no wire runs through a text, a writing place or another gate, and no name lies on a gate."""
    for figure in (piece for piece in page.body if piece.tag == "figure"):
        inside = [piece for piece in page.body if figure.number in piece.path]
        for picture in inside:
            if picture.tag.endswith("svg"):
                for kind, told in _circuit_faults(page, circuit(picture), inside):
                    yield Fault(page.number, kind, told)


def filled(page: Leaf) -> Iterator[Fault]:
    """A page has something on it."""
    if not page.texts:
        yield Fault(page.number, "an empty page", "nothing stands on it")


def whole_tables(pages: Sequence[Leaf]) -> Iterator[Fault]:
    """No row is cut over two pages, and no table but one whose head is repeated on each of them."""
    for number, parts in _cut(pages, lambda piece: piece.is_table or piece.kind == "TableRowBox"):
        page, first = pages[number - 1], parts[0]
        of_head, headed = (any(_is_head(part) for part in found) for found in (page.around(first), _inside(page, first)))
        if not (of_head if first.kind == "TableRowBox" else headed):
            yield Fault(number, "cut over two pages", _named(page, first))


def whole_units(pages: Sequence[Leaf]) -> Iterator[Fault]:
    """Figures and blanks are whole; so are answers, steps and statements that a page can hold."""
    for number, parts in _cut(pages, lambda piece: piece.tag == "figure" or bool(piece.classes & {"part"})):
        yield Fault(number, "cut over two pages", _named(pages[number - 1], parts[0]))
    for number, parts in _cut(pages, lambda piece: bool(piece.classes & {"answer", "statement", "step"})):
        page = pages[number - 1]
        if sum(part.area.bottom - part.area.top for part in parts) < page.content.bottom - page.content.top - LED * MM:
            yield Fault(number, "cut over two pages, though one could hold it", _named(page, parts[0]))


def labelled_answers(pages: Sequence[Leaf]) -> Iterator[Fault]:
    """Every answer box has its label on its page."""
    for page in pages:
        for answer in (piece for piece in page.body if "answer" in piece.classes):
            inside = _inside(page, answer)
            boxes = [piece for piece in inside if piece.classes & {"box", "blank"}]
            labels = [piece for piece in inside if "label" in piece.classes]
            if boxes and not any(text.text for label in labels for text in _inside(page, label)):
                yield Fault(page.number, "an answer box without its label", _named(page, answer))


def headings_with_what_follows(pages: Sequence[Leaf]) -> Iterator[Fault]:
    """What is last on a page is no heading, and no words that speak of what stands on the next."""
    for page in pages:
        last = next((piece for piece in reversed(page.body) if piece.text or piece.borders or piece.is_table), None)
        around = page.around(last) if last else []
        heads = (piece.tag in HEADINGS or (piece.classes & LEADING and _goes_on(pages, page, piece)) for piece in around)
        if last and any(heads):
            yield Fault(page.number, "at the foot of a page, apart from what follows", _quoted(last.text))


def ends(pages: Sequence[Leaf]) -> Iterator[Fault]:
    """Every variant of a sheet or solution has its end marker, on its last page."""
    marked = {str(piece.element.get("id")): page.number for page in pages for piece in page.body if "end" in piece.classes}
    wanted: dict[str, int] = {}
    last = 0
    for page in pages:
        for piece in page.body:
            if "pages" in piece.classes:
                wanted[str(piece.element.get("data-end")).removeprefix("#")] = page.number
    starts = [*wanted.values(), len(pages) + 1]
    for (name, _start), following in zip(wanted.items(), starts[1:], strict=True):
        last = following - 1
        if name not in marked:
            yield Fault(last, "no end marker", name)
        elif marked[name] != last:
            yield Fault(last, "a page behind the end marker", name)


PAGE_RULES: tuple[Callable[[Leaf], Iterator[Fault]], ...] = (
    within_the_margins, margins_on_one_line, in_its_place, apart, off_the_lines, off_other_boxes, circuits_are_clear, filled,
)
DOCUMENT_RULES: tuple[Callable[[Sequence[Leaf]], Iterator[Fault]], ...] = (
    whole_tables, whole_units, labelled_answers, headings_with_what_follows, ends,
)


def _beyond(inner: Area, outer: Area) -> dict[str, float]:
    """How far one area reaches out of another, by side, in mm."""
    return {
        "left": (outer.left - inner.left) / MM,
        "right": (inner.right - outer.right) / MM,
        "top": (outer.top - inner.top) / MM,
        "bottom": (inner.bottom - outer.bottom) / MM,
    }


def _out(inner: Area, outer: Area) -> float:
    """By how many mm an area reaches out of another; 0 where nobody sees it."""
    far = max(_beyond(inner, outer).values())
    return far if far > OVER else 0.0


def _is_head(piece: Piece) -> bool:
    """Whether it is the head of a table, which is printed again on each of its pages."""
    return bool(getattr(piece.box, "is_header", False))


def _holds(place: Piece) -> bool:
    """Whether a text must not leave this box."""
    if place.is_maths or place.kind in ("InlineBox", "LineBox"):
        return False
    hides = place.box.style["overflow"] != "visible"
    return hides or place.kind == "TableCellBox" or _is_frame(place) or bool(place.classes & PLACED)


def _is_frame(piece: Piece) -> bool:
    return piece.is_framed and piece.kind not in ("TableCellBox", "InlineBox") and not piece.is_maths


def _same_figure(place: Piece, text: Piece) -> bool:
    """Whether a text is written over the picture it belongs to."""
    return place.tag.endswith("svg") and place.path[-1] in text.path


def _meeting(pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Piece]]:
    """Pairs that lie over one another by more than is seen as touching; sorted, so that only neighbours are compared."""
    waiting: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: piece.area.top):
        ink = piece.area.shrunk(TOUCH * MM / 2)
        waiting = [other for other in waiting if other.area.bottom > piece.area.top]
        yield from ((other, piece) for other in waiting if ink.meets(other.area.shrunk(TOUCH * MM / 2)))
        waiting.append(piece)


def _inside(page: Leaf, place: Piece) -> list[Piece]:
    return [piece for piece in page.body if place.number in piece.path]


def _cut(pages: Sequence[Leaf], wanted: Callable[[Piece], bool]) -> Iterator[tuple[int, list[Piece]]]:
    """Elements that stand on more than one page: the first of these pages, and the parts."""
    found: dict[tuple[str, int], dict[int, Piece]] = {}
    for page in pages:
        for piece in page.body:
            if piece.element is not None and wanted(piece):
                found.setdefault((piece.kind, id(piece.element)), {}).setdefault(page.number, piece)
    return ((min(parts), list(parts.values())) for parts in found.values() if len(parts) > 1)


def _goes_on(pages: Sequence[Leaf], page: Leaf, words: Piece) -> bool:
    """Whether what a paragraph leads to, in the same element as itself, stands on the next page."""
    if page.number == len(pages) or not words.path:
        return False
    parent = next(piece for piece in page.body if piece.number == words.path[-1])
    return any(piece.element is parent.element for piece in pages[page.number].body)


def _circuit_faults(page: Leaf, drawn: Circuit, inside: Sequence[Piece]) -> Iterator[tuple[str, str]]:
    texts = [piece for piece in inside if piece.text]
    for text in texts:
        ink, own = text.area.shrunk(TOUCH * MM), any("gate" in piece.classes for piece in page.around(text))
        if not own and any(_crosses(wire, ink) for wire in drawn.wires):
            yield "a wire through a text", _quoted(text.text)
        if not own and any(_near(ink, x, y) < radius for x, y, radius in drawn.circles):
            yield "a gate over a text", _quoted(text.text)
    for place in (piece for piece in inside if piece.classes >= EMPTY):
        room = place.area.shrunk(OVER * MM)
        if any(_crosses(wire, room) for wire in drawn.wires):
            yield "a wire through a writing place", _called(place)
        if any(_near(room, x, y) < radius for x, y, radius in drawn.circles):
            yield "a gate over a writing place", _called(place)
    for x, y, radius in drawn.circles:
        for wire in drawn.wires:
            if _distance(wire, x, y) < radius - OVER * MM:
                yield "a wire through a gate", f"at {x / MM:.0f}, {y / MM:.0f} mm"


def _crosses(wire: Segment, area: Area) -> bool:
    """Whether a straight line enters an area (Liang and Barsky)."""
    ax, ay, bx, by = wire
    enter, leave = 0.0, 1.0
    for start, step, low, high in ((ax, bx - ax, area.left, area.right), (ay, by - ay, area.top, area.bottom)):
        if not step:
            if not low < start < high:
                return False
            continue
        first, second = sorted(((low - start) / step, (high - start) / step))
        enter, leave = max(enter, first), min(leave, second)
    return enter < leave


def _near(area: Area, x: float, y: float) -> float:
    """How far a point lies from an area."""
    dx, dy = max(area.left - x, x - area.right, 0.0), max(area.top - y, y - area.bottom, 0.0)
    return float((dx * dx + dy * dy) ** 0.5)


def _distance(wire: Segment, x: float, y: float) -> float:
    """How far a point lies from a straight line between two points."""
    ax, ay, bx, by = wire
    length = (bx - ax) ** 2 + (by - ay) ** 2
    along = min(1.0, max(0.0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length)) if length else 0.0
    return float(((ax + along * (bx - ax) - x) ** 2 + (ay + along * (by - ay) - y) ** 2) ** 0.5)


def _called(piece: Piece) -> str:
    """What a box is, as the templates call it."""
    tag = piece.tag.rpartition("}")[2]
    return f"<{tag}{''.join('.' + name for name in sorted(piece.classes))}>"


def _named(page: Leaf, piece: Piece) -> str:
    """A text as it is, a box by its name and the first words in it."""
    if piece.text:
        return _quoted(piece.text)
    words = [other.text for other in page.body if other.text and piece.number in other.path]
    return f"{_called(piece)} {_quoted(' '.join(words))}" if words else _called(piece)


def _quoted(text: str) -> str:
    return repr(text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")
