"""Templates: what the pages of one structure have in common, and where the texts of a variant go."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from examgen.codes import page_label
from examgen.render import qr
from examgen.render.paper import SheetVariant
from examgen.render.stamping._masters import FrameStyle, MasterPage, Masters, SlotBox
from examgen.render.stamping._matrices import IDENTITY, multiplied, number, numbers
from examgen.render.stamping._streams import BLACK, Item, Run, Unreadable
from examgen.render.stamping._texts import Get, Texts, Unlike, condition, filled
from examgen.render.stamping._tree import Element, owners, renumbered
from examgen.render.tracing import Hole, Told

SHORT = 48  # bytes of code that are not worth a form of their own
NONE = re.compile(rb">0<")  # glyphs that stand as far apart as they are wide
SAFE = 0.05  # points that a text may be wider than its room
Texting = Callable[[Sequence[str]], bytes]


@dataclass(frozen=True)
class Face:
    """A font of the document: which glyph shows a character, and how wide it is, in thousandths of its size."""

    glyphs: Mapping[str, tuple[bytes, float]]
    characters: Mapping[int, str]

    @classmethod
    def of(cls, font: Any, letters: Sequence[Run]) -> Face:
        """What the page of letters shows in this font."""
        face = cls({}, dict(font.to_unicode))
        codes = b"".join(part for run in letters for part in re.findall(rb"<([0-9a-f]*)>", run.shown))
        shown = {int(codes[i : i + 4], 16) for i in range(0, len(codes), 4)}
        glyphs = {face.characters[glyph]: (b"%04x" % glyph, font.widths[glyph]) for glyph in sorted(shown)}
        return cls(glyphs, face.characters)

    def read(self, shown: bytes) -> str:
        """The text of glyphs as they are shown."""
        codes = b"".join(re.findall(rb"<([0-9a-f]*)>", shown))
        return "".join(self.characters[int(codes[i : i + 4], 16)] for i in range(0, len(codes), 4))

    def width(self, text: str) -> float:
        """Thousandths of the size. Raises: Unlike where a character is not on any page of the document."""
        try:
            return sum(self.glyphs[sign][1] for sign in text)
        except KeyError as missing:
            raise Unlike(f"the paper has no letter {missing.args[0]!r}") from None


class Slot:
    """A text that differs between variants: written anew for each, once for each text."""

    def __init__(self, told: tuple[str | int, ...], run: Run, face: Face, box: SlotBox, master: str) -> None:
        self.told, self.face, self.box, self.run = told, face, box, run
        self.start = b"BT%b %b Tf" % (run.font, number(run.size))
        self.known: dict[str, bytes] = {}
        self.wide = self._wide(master)
        self.alone = told[0] if len(told) == 1 and isinstance(told[0], int) else None

    def _wide(self, text: str) -> float:
        return self.face.width(text) * self.run.size / 1000 + self.box.spacing * len(text)

    def write(self, texts: Sequence[str]) -> bytes:
        """The code of the text. Raises: Unlike where it is wider than its room."""
        text = texts[self.alone] if self.alone is not None else filled(self.told, texts)
        code = self.known.get(text)
        if code is None:
            code = self.known[text] = self._code(text)
        return code

    def _code(self, text: str) -> bytes:
        wide = self._wide(text)
        if wide > self.box.room + SAFE:
            raise Unlike(f"{text} is wider than its room")
        x = self.run.x + (self.wide - wide) * self.box.align
        shown = b"".join(self.face.glyphs[sign][0] for sign in text)
        spaced, back = (b" %b Tc" % number(self.box.spacing), b" 0 Tc") if self.box.spacing else (b"", b"")
        return b"%b%b %b %b Td<%b>Tj%b ET" % (self.start, spaced, number(x), number(self.run.y), shown, back)


@dataclass(frozen=True)
class Code:
    """Where the code for scanners stands, and the page that it names."""

    exam: str
    page: int
    matrix: tuple[float, ...]
    side: int

    def write(self, sheet: SheetVariant) -> bytes:
        """The code as a mask of one bit a module. Raises: Unlike."""
        side, bits = qr.modules(page_label(self.exam, sheet.code, self.page))
        if side != self.side:
            raise Unlike("the code of a page is larger")
        pad = -side % 8
        rows = b"".join(
            b"%0*x" % ((side + pad) // 4, (bits >> side * (side - 1 - y) & (1 << side) - 1) << pad) for y in range(side)
        )
        a, b, c, d, e, f = self.matrix
        placed = b" ".join(map(number, (a * side, b, c, -d * side, e, f + d * side)))
        return b"q %b cm BI/W %d/H %d/IM true/BPC 1/D[1 0]/F/AHx ID %b> EI Q" % (placed, side, side, rows)


@dataclass
class PageTemplate:
    """One page of a structure: fixed code and slots in turn, frames on conditions, the code, and the page's structure."""

    parts: list[bytes | Slot]
    frames: list[tuple[Get, int, bytes]]
    code: Code | None
    tree: Element | None
    contents: int = 0  # pieces of marked content
    owners: list[Element] = field(default_factory=list)

    def write(self, sheet: SheetVariant, texts: Sequence[str]) -> bytes:
        """The page's content for a sheet. Raises: Unlike."""
        out = [part if isinstance(part, bytes) else part.write(texts) for part in self.parts]
        framed = [code for get, value, code in self.frames if get(sheet) == value]
        if framed:
            out += [b"/Artifact BMC", *framed, b"EMC"]
        if self.code is not None:
            out += [b"/Artifact BMC", self.code.write(sheet), b"EMC"]
        return b"\n".join(out)


Form = Callable[[bytes], bytes]  # keeps a piece of code for all pages and gives the code that shows it


class Cutter:
    """Makes page templates of the pages of one master."""

    def __init__(self, masters: Masters, sheet: SheetVariant, texts: Texts, form: Form, exam: str, *, tagged: bool) -> None:
        self.masters, self.sheet, self.texts, self.form, self.exam, self.tagged = masters, sheet, texts, form, exam, tagged
        letters = [run for item in masters.pages[-1].page.items for run in item.runs]
        self.faces = {
            name: Face.of(font, [run for run in letters if run.font == name]) for name, font in masters.fonts.items()
        }
        self.said = {self._plain(told): told for told in self._margin_texts()}

    def _margin_texts(self) -> Iterator[Told]:
        """Texts in which margins may speak of a variant."""
        for told in (*self.masters.trace.texts.values(), *self.masters.trace.slots):
            names = [p.path[1] for p in told if isinstance(p, Hole) and p.path[0] == self.sheet.sheet]
            if {*names} & {"code", "name", "group"}:
                yield told

    def _plain(self, told: Told) -> str:
        return filled(self.texts.compiled(told), self.texts.of(self.sheet))

    def template(self, page: MasterPage, place: int) -> PageTemplate:
        """One page. Raises: Unreadable, Unlike."""
        whose = owners(page.tree) if page.tree is not None else {}
        groups = list(grouped(page.page.items, whose))
        pieces: list[bytes | Slot] = [b"/Artifact BMC", self.form(page.page.lines), b"EMC"]
        fixed: list[bytes] = [page.page.lines]
        new: dict[int, int] = {}
        owning: list[Element] = []
        code = None
        for items in groups:
            found = self._code(items[0], place)
            if found is not None:
                code = found
                continue
            inner = [part for item in items for part in self._item(page, item)]
            owner = whose.get(items[0].mcid) if items[0].mcid is not None else None
            if not self.tagged:
                fixed += [part for part in inner if isinstance(part, bytes)]
                pieces += [part for part in inner if not isinstance(part, bytes)]
                continue
            if owner is None:
                pieces += [b"/Artifact BMC", *self._shared(inner), b"EMC"] if inner else []
                continue
            new |= {item.mcid: len(owning) for item in items if item.mcid is not None}
            pieces += [b"%b<</MCID %d>>BDC" % (owner.kind.encode(), len(owning)), *self._shared(inner), b"EMC"]
            owning.append(owner)
        if not self.tagged:
            pieces = [self.form(b"\n".join(fixed)), *pieces[3:]]
        elif page.tree is not None:
            renumbered(page.tree, new)
        frames = [self._frame(frame, self.masters.frame) for frame in page.frames]
        return PageTemplate(_joined(pieces), frames, code, page.tree if self.tagged else None, len(owning), owning)

    def _item(self, page: MasterPage, item: Item) -> Iterator[bytes | Slot]:
        """The code of one piece."""
        if item.drawing:
            yield item.drawing
        box = page.slots.get(item.mcid) if item.mcid is not None else None
        for run in item.runs:
            told, placed = self._told(run, box)
            coloured = run.colour != BLACK
            if coloured:
                yield run.colour
            if told is None or placed is None:
                yield text_code(run)
            else:
                if len(item.runs) > 1 or run.more:
                    raise Unreadable("a slot has several lines or fonts")
                face = self.faces[run.font]
                slot = Slot(told, run, face, placed, face.read(run.shown))
                if filled(told, self.texts.of(self.sheet)) != face.read(run.shown):
                    raise Unreadable(f"{face.read(run.shown)!r} is not what its slot says")
                yield slot
            if coloured:
                yield BLACK

    def _told(self, run: Run, box: SlotBox | None) -> tuple[tuple[str | int, ...] | None, SlotBox | None]:
        """What a piece of text says and how it stands: a slot, or in a margin what speaks of the variant."""
        if box is not None:
            return self.texts.compiled(self.masters.trace.slots[box.slot]), box
        text = self.faces[run.font].read(run.shown)
        for plain, told in sorted(self.said.items(), key=lambda pair: -len(pair[0])):
            before, found, after = text.partition(plain)
            if found:
                whole = tuple(part for part in (before, *self.texts.compiled(told), after) if part != "")
                right = run.x > 200  # noqa: PLR2004  the right half of any paper
                return whole, SlotBox(-1, 1.0 if right else 0.0, float("inf"), 0.0)
        return None, None

    def _shared(self, inner: Sequence[bytes | Slot]) -> list[bytes | Slot]:
        """Fixed code that is long, as a form that all pages show."""
        if all(isinstance(part, bytes) for part in inner):
            code = b"\n".join(part for part in inner if isinstance(part, bytes))
            return [self.form(code) if len(code) > SHORT else code]
        return list(inner)

    def _frame(self, frame: Any, style: FrameStyle | None) -> tuple[Get, int, bytes]:
        """The condition of a frame and its code."""
        if style is None:
            raise Unreadable("frames have no style")
        get, value = condition(self.masters.trace.whens[frame.when])
        grow = style.grow
        corner = (frame.x - grow, frame.y - grow, frame.width + 2 * grow, frame.height + 2 * grow)
        line = b" ".join(map(number, corner))
        return get, value, b"%b %b w %b re S" % (style.colour, number(style.line), line)

    def _code(self, item: Item, place: int) -> Code | None:
        """The code for scanners, where this drawing is it."""
        if not item.drawing or not self.exam or item.mcid is not None:
            return None
        side, bits = qr.modules(page_label(self.exam, self.sheet.code, place))
        drawn = qr.drawn(page_label(self.exam, self.sheet.code, place))
        if item.drawing.count(b"\nh\n") != drawn.path.count("z"):
            return None
        matrix = IDENTITY
        for line in item.drawing.split(b"\n"):
            if line.endswith(b" cm"):
                matrix = multiplied(numbers(line), matrix)
        return Code(self.exam, place, matrix, side)


def grouped(items: Sequence[Item], whose: Mapping[int, Element]) -> Iterator[list[Item]]:
    """Pieces that stand one behind another in one element, in the stream and in its structure."""
    group: list[Item] = []
    for item in items:
        if group and _joins(group[-1], item, whose):
            group.append(item)
            continue
        if group:
            yield group
        group = [item]
    if group:
        yield group


def _joins(before: Item, item: Item, whose: Mapping[int, Element]) -> bool:
    if before.mcid is None or item.mcid is None:
        return False
    owner = whose.get(before.mcid)
    if owner is None or whose.get(item.mcid) is not owner:
        return False
    place = owner.kids.index(before.mcid)
    return owner.kids[place + 1 : place + 2] == [item.mcid]


def text_code(run: Run) -> bytes:
    """Fixed text."""
    more = b"".join(b"%b %b Tf%b" % (font, number(size), _close(shown)) for font, size, shown in run.more)
    where = (run.font, number(run.size), number(run.x), number(run.y))
    return b"BT%b %b Tf %b %b Td%b%b ET" % (*where, _close(run.shown), more)


def _close(shown: bytes) -> bytes:
    return NONE.sub(b"", shown).replace(b">0]", b">]")


def _joined(pieces: Sequence[bytes | Slot]) -> list[bytes | Slot]:
    """Fixed code that stands one behind another as one piece."""
    out: list[bytes | Slot] = []
    for piece in pieces:
        if isinstance(piece, bytes) and out and isinstance(out[-1], bytes):
            out[-1] += b"\n" + piece
        else:
            out.append(piece)
    return out
