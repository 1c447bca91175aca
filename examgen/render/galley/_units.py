"""Units: one look laid out once, taken apart, and set again with the texts of any piece that has this look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from weasyprint.formatting_structure.boxes import LineBox

from examgen.render.galley._cutting import Cut
from examgen.render.galley._drawings import Stroke
from examgen.render.galley._faces import Faces
from examgen.render.galley._fragments import Piece
from examgen.render.galley._lines import NEAR, Extent, Found, Line, Pens, Placed, Reader, Setting, Unfit, by_origin, own_again
from examgen.render.galley._paragraphs import Drop, Paragraph, Pen, broken, spaces
from examgen.render.galley._paragraphs import code as paragraph_code
from examgen.render.stamping._matrices import number
from examgen.render.stamping._pages import _groups, _text
from examgen.render.stamping._streams import BLACK, Run
from examgen.render.stamping._tree import Element, owners, renumbered

EVEN = 0.02  # points by which nothing is moved
TOUCH = 1.2  # points by which what is drawn may reach out of what it belongs to


@dataclass(frozen=True)
class Holder:
    """What holds a unit: its margins in points, whether it stays on one page, and whether one begins with it or behind it."""

    top: float
    bottom: float
    whole: bool
    turns: bool
    ends: bool


@dataclass(frozen=True)
class Held:
    """What is drawn around something in a line: stroke by stroke, and all of it as one form; and what it holds on to."""

    strokes: tuple[Stroke, ...]
    form: bytes
    place: int
    extent: Extent


@dataclass
class Unit:
    """A look: its height and margins in points, its code with places for texts, and its structure.

    `top` is where it began on its own page, to which all its code is related.
    """

    top: float
    height: float
    margins: tuple[float, float]
    around: tuple[Holder, ...]
    keeps: bool  # together with what comes behind it
    marked: float | None  # how far below its top a bookmark leads, where it has one
    parts: list[Any] = field(default_factory=list)  # code, places of words, numbers of content
    lines: list[Line] = field(default_factory=list)
    words: dict[int, Word] = field(default_factory=dict)
    slots: dict[int, int] = field(default_factory=dict)  # slot -> word
    held: list[Held] = field(default_factory=list)
    trees: list[Element] = field(default_factory=list)
    contents: int = 0
    owners: list[Element] = field(default_factory=list)
    formulas: list[Element] = field(default_factory=list)
    figures: list[Element] = field(default_factory=list)
    known: dict[Any, Any] = field(default_factory=dict)
    paragraph: Paragraph | None = None
    only: tuple[str, ...] | None = None  # the texts that it was laid out with, where no others can be set


@dataclass
class Word:
    """A slot's run: its style, size, height and colour, how its text is trimmed, and the texts set so far."""

    run: Run
    style: int
    spacing: float
    lead: bool
    tail: bool
    known: dict[str, tuple[float, bytes]] = field(default_factory=dict)


@dataclass(frozen=True)
class Code:
    """What a unit looks like with certain texts: code between numbers of marked content."""

    parts: tuple[Any, ...]  # bytes, or the number of a piece of content
    height: float


class Maker:
    """Makes units of laid-out pieces."""

    def __init__(self, faces: Faces, form: Any, scale: float) -> None:
        self.faces, self.form, self.scale = faces, form, scale

    def fixed(self, piece: Piece, boxes: Any, page: Cut, tops: list[Element], high: float) -> Unit:
        """A piece as it is, for its own texts alone."""
        unit = self._measured(piece, *boxes, high)
        runs = [run for item in page.items if item.mcid is not None for run in item.runs]
        drawn = b"\n".join(stroke.code() for stroke in page.strokes)
        self._parts(unit, page, runs, drawn, tops, len(piece.around))
        unit.only = piece.texts
        return unit

    def unit(self, piece: Piece, boxes: Any, page: Cut, tops: list[Element], high: float) -> Unit:
        """One look. Raises: Unfit."""
        box, holders = boxes
        unit = self._measured(piece, box, holders, high)
        runs = [run for item in page.items if item.mcid is not None for run in item.runs]
        reader = Reader(by_origin(runs), runs, self.scale, high)
        lines = list(reader.lines(box))
        unit.lines = [line for line in lines if line.dynamic]
        self._slots(unit, piece, runs)
        drawn = self._drawn(unit, reader, page)
        self._parts(unit, page, runs, drawn, tops, len(piece.around))
        self._check(unit, piece)
        return unit

    def paragraph(self, piece: Piece, boxes: Any, page: Cut, tops: list[Element], high: float) -> Unit:
        """A look that is broken into lines anew each time. Raises: Unfit."""
        box, holders = boxes
        unit = self._measured(piece, box, holders, high)
        runs = [run for item in page.items if item.mcid is not None for run in item.runs]
        lines = [line for line in box.descendants() if isinstance(line, LineBox) and not _hung(line, box)]
        if page.strokes:
            raise Unfit("a paragraph has more than text")
        bases = [high - (line.position_y + line.baseline) * self.scale for line in lines]
        found = [each for _, each in sorted(Pens(runs, self.scale, high).read(box).items())]
        if len(found) != len(piece.texts):
            raise Unfit("a text is not found again")
        if not all(self.faces.shows(f.run, f.face, text) for f, text in zip(found, piece.texts, strict=True)):
            raise Unfit("a text is shown in a way of its own")
        unit.paragraph = Paragraph(
            [_pen(each, bases) for each in found], spaces(piece), box.content_box_x() * self.scale,
            high - lines[0].position_y * self.scale, box.width * self.scale,
            unit.height - sum(line.height for line in lines) * self.scale,
        )
        again = broken(unit.paragraph, piece.texts, self.faces)
        if len(again) != len(lines):
            raise Unfit(f"a paragraph of {len(lines)} lines would be broken into {len(again)}")
        self._kinds(unit.paragraph, lines, again)
        owner = Element(tops[0].kind if len(tops) == 1 else "/P")
        owner.kids = [0]
        unit.trees, unit.owners, unit.contents = [owner], [owner], 1
        return unit

    def _kinds(self, paragraph: Paragraph, lines: Sequence[Any], again: Sequence[Sequence[Drop]]) -> None:
        """Notes how high lines are. Raises: Unfit where equal ones are not equally high."""
        for line, drops in zip(lines, again, strict=True):
            strange = frozenset[bytes]().union(*(self.faces.strange(pen.face, text) for _, pen, text in drops))
            kind = line.height * self.scale, line.baseline * self.scale
            known = paragraph.kinds.setdefault(strange, kind)
            if any(abs(one - other) > EVEN for one, other in zip(kind, known, strict=True)):
                raise Unfit("lines of a paragraph have different heights")

    def _measured(self, piece: Piece, box: Any, holders: Sequence[Any], high: float) -> Unit:
        scale = self.scale
        around = tuple(_holder(h, scale) for h in holders)
        margins = (_margin(box, "top") * scale, _margin(box, "bottom") * scale)
        keeps, marked = box.style["break_after"] == "avoid", None
        if piece.level:
            headings = (part for part in (box, *box.descendants()) if part.style["bookmark_level"] != "none" and part.element is not None)
            marked = next(((part.border_box_y() - box.border_box_y()) * scale for part in headings), None)
        return Unit(high - box.border_box_y() * scale, box.border_height() * scale, margins, around, keeps, marked)

    def _slots(self, unit: Unit, piece: Piece, runs: Sequence[Run]) -> None:
        for item in (item for line in unit.lines for item in _words(line.items)):
            if item.slot is None:
                continue
            raw, run = piece.texts[item.slot], runs[item.place]
            said, squeezed = self.faces.text(run), " ".join(raw.split(" "))
            if said.strip(" ") != squeezed.strip(" \n"):
                raise Unfit(f"{said!r} is not what its slot says, {raw!r}")
            lead, tail = said.startswith(" "), said.endswith(" ")
            wide = self.faces.shown(item.face, run.size, said)[0] + item.spacing * len(said)
            if not self.faces.shows(run, item.face, said) or abs(wide - item.width) > NEAR:
                raise Unfit(f"{said!r} is shown in a way of its own")
            unit.words[item.place] = Word(run, item.face, item.spacing, lead, tail)
            unit.slots[item.slot] = item.place
        if len(unit.slots) != len(piece.texts):
            lost = [text for slot, text in enumerate(piece.texts) if slot not in unit.slots]
            raise Unfit(f"texts are not found again: {lost[:3]}")

    def _drawn(self, unit: Unit, reader: Reader, page: Cut) -> bytes:
        """What is drawn in any case; the rest holds on to something in a line."""
        bound = sorted(_bounds(unit.lines))
        extents = [(number, reader.extents[number]) for number in bound]
        fixed = []
        held: dict[int, list[Stroke]] = {}
        for stroke in page.strokes:
            left, bottom, right, top = stroke.corners
            inside = [
                (extent.right - extent.left, place) for place, extent in extents
                if extent.left - TOUCH <= left and right <= extent.right + TOUCH
                and extent.bottom - TOUCH <= bottom and top <= extent.top + TOUCH
            ]
            if inside:
                held.setdefault(min(inside)[1], []).append(stroke)
            else:
                fixed.append(stroke.code())
        for place, found in held.items():
            form = self.form(b"\n".join(stroke.code() for stroke in found))
            unit.held.append(Held(tuple(found), form, place, reader.extents[place]))
        return b"\n".join(fixed)

    def _parts(
        self, unit: Unit, page: Cut, runs: Sequence[Run], drawn: bytes, tops: list[Element], levels: int
    ) -> None:
        unit.trees = deepcopy(tops)  # they are numbered anew here, and are needed again if the look does not fit
        whose: dict[int, Element] = {}
        for top in unit.trees:
            whose |= owners(top)
        moved = {item.place for line in unit.lines for item in _words(line.items)}
        if drawn:
            unit.parts += [b"/Artifact BMC", self.form(drawn), b"EMC"]
        new: dict[int, int] = {}
        place = 0
        for items in _groups([item for item in page.items if item.mcid is not None], whose):
            inner: list[Any] = []
            for item in items:
                if item.drawing:
                    inner.append(item.drawing)
                for run in item.runs:
                    inner += self._run(run, place, place in moved)
                    place += 1
            owner = whose.get(items[0].mcid)  # type: ignore[arg-type]
            if owner is None:
                raise Unfit("a text has no place in the structure")
            new |= {item.mcid: unit.contents for item in items if item.mcid is not None}
            unit.parts += [b"%b<</MCID" % owner.kind.encode(), ("content", unit.contents), b">>BDC", *self._shared(inner), b"EMC"]
            unit.owners.append(owner)
            unit.contents += 1
        for top in unit.trees:
            renumbered(top, new)
        self._told(unit)

    def _told(self, unit: Unit) -> None:
        for top in unit.trees:
            for element, inside in _descending(top, False):
                if element.kind == "/Figure":
                    unit.figures.append(element)
                elif element.kind == "/Formula" and not inside:
                    unit.formulas.append(element)

    def _run(self, run: Run, place: int, moved: bool) -> Iterator[Any]:
        if run.colour != BLACK:
            yield run.colour
        yield ("word", place, run) if moved else _text(run)
        if run.colour != BLACK:
            yield BLACK

    def _shared(self, inner: Sequence[Any]) -> list[Any]:
        if all(isinstance(part, bytes) for part in inner):
            code = b"\n".join(inner)
            return [self.form(code) if len(code) > 48 else code]
        return list(inner)

    def _check(self, unit: Unit, piece: Piece) -> None:
        """A unit must set its own texts again where they stood."""
        if len(unit.formulas) != len(piece.formulas):
            raise Unfit(f"{len(piece.formulas)} formulas have become {len(unit.formulas)}")
        setting = Setting({}, self.faces)
        for line in unit.lines:
            setting.line(line)
            own_again(line, setting.placed)
        set_again(self.faces, unit, piece.texts)


def _descending(element: Element, inside: bool) -> Iterator[tuple[Element, bool]]:
    yield element, inside
    within = inside or element.kind == "/Figure"
    for kid in element.kids:
        if isinstance(kid, Element):
            yield from _descending(kid, within)


def _holder(box: Any, scale: float) -> Holder:
    style = box.style
    turns, ends = style["break_before"] == "page", style["break_after"] == "page"
    return Holder(_margin(box, "top") * scale, _margin(box, "bottom") * scale, style["break_inside"] == "avoid", turns, ends)


def _pen(found: Found, bases: Sequence[float]) -> Pen:
    """A pen by what was found: it stands over the nearest base line."""
    rise = min((found.run.y - base for base in bases), key=abs)
    return Pen(
        found.face, found.run.size, found.run.colour, round(rise, 3), found.whole, found.before, found.after, found.hung
    )


def _hung(line: Any, box: Any) -> bool:
    """Whether a line stands in a box within the lines of the paragraph."""
    return not any(child is line for child in box.children)


def _margin(box: Any, side: str) -> float:
    value = box.style[f"margin_{side}"]
    return 0.0 if value == "auto" else float(value.value)


def _words(items: Sequence[Any]) -> Iterator[Any]:
    for item in items:
        if hasattr(item, "slot"):
            yield item
        elif hasattr(item, "lines"):
            for line in item.lines:
                yield from _words(line.items)


def _bounds(lines: Sequence[Line]) -> Iterator[int]:
    for line in lines:
        yield from _bounds_of(line.items)


def _bounds_of(items: Sequence[Any]) -> Iterator[int]:
    for item in items:
        if hasattr(item, "opens") and item.opens:
            yield item.number
        elif hasattr(item, "lines"):
            for line in item.lines:
                yield from _bounds_of(line.items)


def set_again(faces: Faces, unit: Unit, texts: Sequence[str]) -> Code:
    """The unit with texts of its look. Raises: Unfit."""
    if unit.only is not None and unit.only != tuple(texts):
        raise Unfit("it is another piece")
    if unit.paragraph is not None:
        return _paragraph_again(faces, unit, unit.paragraph, texts)
    widths: dict[int, float] = {}
    codes: dict[int, bytes] = {}
    for slot, place in unit.slots.items():
        word = unit.words[place]
        text = texts[slot]
        found = word.known.get(text)
        if found is None:
            trimmed = " ".join(text.replace("\n", " ").split(" ")).strip(" ")
            trimmed = f"{' ' if word.lead else ''}{trimmed}{' ' if word.tail else ''}"
            wide, code = faces.shown(word.style, word.run.size, trimmed)
            if word.spacing:
                wide, code = wide + word.spacing * len(trimmed), b"%b Tc %b 0 Tc" % (number(word.spacing), code)
            found = word.known[text] = wide, code
        widths[place], codes[place] = found
    setting = Setting(widths, faces)
    for line in unit.lines:
        setting.line(line)
    return Code(tuple(_joined(_filled(unit, setting.placed, codes))), unit.height)


def _paragraph_again(faces: Faces, unit: Unit, paragraph: Paragraph, texts: Sequence[str]) -> Code:
    lines = broken(paragraph, texts, faces)
    high, code = paragraph_code(paragraph, texts, lines, faces)
    shown = [b"%b<</MCID" % unit.owners[0].kind.encode(), 0, b">>BDC", code, b"EMC"]
    return Code(tuple(_joined(iter(shown))), paragraph.more + high)


def _filled(unit: Unit, placed: Placed, codes: dict[int, bytes]) -> Iterator[Any]:
    if unit.held:
        yield b"/Artifact BMC"
        for held in unit.held:
            yield _drawn(held, *placed.bounds[held.place])
        yield b"EMC"
    for part in unit.parts:
        if type(part) is bytes:
            yield part
        elif part[0] == "content":
            yield part[1]
        else:
            _, place, run = part
            code = codes.get(place)
            x, y = number(placed.words[place]), number(run.y)
            yield _text_at(run, placed.words[place]) if code is None else b"BT %b %b Td %b ET" % (x, y, code)


def _drawn(held: Held, left: float, right: float) -> bytes:
    """What is drawn, moved along, and made wider or narrower with what it holds on to."""
    by, wider = left - held.extent.left, right - held.extent.right
    if abs(by - wider) < EVEN:
        return held.form if abs(by) < EVEN else b"q 1 0 0 1 %b 0 cm %b Q" % (number(by), held.form)
    middle = (held.extent.left + held.extent.right) / 2
    return b"\n".join(stroke.code(lambda x: x + (by if x < middle else wider)) for stroke in held.strokes)


def _text_at(run: Run, x: float) -> bytes:
    return _text(replace(run, x=x))


def _joined(parts: Iterator[Any]) -> Iterator[Any]:
    """Code that stands one behind another as one."""
    gathered: list[bytes] = []
    for part in parts:
        if type(part) is bytes:
            gathered.append(part)
            continue
        yield b"\n".join([*gathered, b""]) if gathered else b""
        yield part
        gathered = []
    yield b"\n".join(gathered)
