"""Units made of laid-out pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from weasyprint.formatting_structure.boxes import LineBox

from examgen.render.galley._cutting import Cut
from examgen.render.galley._drawings import Stroke
from examgen.render.galley._faces import Faces
from examgen.render.galley._fragments import Piece
from examgen.render.galley._lines import NEAR, Line, Setting, Unfit, own_again, words
from examgen.render.galley._origins import by_origin
from examgen.render.galley._paragraphs import Drop, Paragraph, Pen, broken, spaces
from examgen.render.galley._pens import Found, Pens
from examgen.render.galley._reader import Reader
from examgen.render.galley._setting import set_again
from examgen.render.galley._units import EVEN, Held, Holder, Unit, Word
from examgen.render.typeset.streams import BLACK, Run
from examgen.render.typeset.text import grouped, text_code
from examgen.render.typeset.tree import Element, owners, renumbered

TOUCH = 1.2  # points by which what is drawn may reach out of what it belongs to


class Maker:
    """Makes units of laid-out pieces."""

    def __init__(self, faces: Faces, form: Any, scale: float) -> None:
        self.faces, self.form, self.scale = faces, form, scale

    def fixed(self, piece: Piece, boxes: Any, page: Cut, tops: list[Element], high: float) -> Unit:
        """A piece as it is, for its own texts alone."""
        box, holders = boxes
        unit = self._measured(piece, box, holders, high)
        drawn = b"\n".join(stroke.code() for stroke in page.strokes)
        self._parts(unit, page, drawn, tops)
        unit.only = piece.texts
        return unit

    def unit(self, piece: Piece, boxes: Any, page: Cut, tops: list[Element], high: float) -> Unit:
        """One look. Raises: Unfit."""
        box, holders = boxes
        unit = self._measured(piece, box, holders, high)
        runs = [run for item in page.items if item.mcid is not None for run in item.runs]
        reader = Reader(by_origin(runs), self.scale, high)
        lines = list(reader.lines(box))
        unit.lines = [line for line in lines if line.dynamic]
        self._slots(unit, piece, runs)
        drawn = self._drawn(unit, reader, page)
        self._parts(unit, page, drawn, tops)
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
            inside = (part for part in (box, *box.descendants()) if part.element is not None)
            headings = (part for part in inside if part.style["bookmark_level"] != "none")
            marked = next(((part.border_box_y() - box.border_box_y()) * scale for part in headings), None)
        return Unit(high - box.border_box_y() * scale, box.border_height() * scale, margins, around, keeps, marked)

    def _slots(self, unit: Unit, piece: Piece, runs: Sequence[Run]) -> None:
        for item in (item for line in unit.lines for item in words(line.items)):
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

    def _parts(self, unit: Unit, page: Cut, drawn: bytes, tops: list[Element]) -> None:
        unit.trees = deepcopy(tops)  # they are numbered anew here, and are needed again if the look does not fit
        whose: dict[int, Element] = {}
        for top in unit.trees:
            whose |= owners(top)
        moved = {item.place for line in unit.lines for item in words(line.items)}
        if drawn:
            unit.parts += [b"/Artifact BMC", self.form(drawn), b"EMC"]
        new: dict[int, int] = {}
        place = 0
        for items in grouped([item for item in page.items if item.mcid is not None], whose):
            inner: list[Any] = []
            for item in items:
                if item.drawing:
                    inner.append(item.drawing)
                for run in item.runs:
                    inner += self._run(run, place, place in moved)
                    place += 1
            owner = whose.get(items[0].mcid)  # type: ignore[arg-type]  # None is no key of it
            if owner is None:
                raise Unfit("a text has no place in the structure")
            new |= {item.mcid: unit.contents for item in items if item.mcid is not None}
            begins = (b"%b<</MCID" % owner.kind.encode(), ("content", unit.contents), b">>BDC")
            unit.parts += [*begins, *self._shared(inner), b"EMC"]
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
        yield ("word", place, run) if moved else text_code(run)
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
