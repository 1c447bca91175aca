"""Templates: what the pages of one structure have in common, and where the texts of a variant go."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from examgen.codes import page_label
from examgen.render import qr
from examgen.render.paper import SheetVariant
from examgen.render.stamping._masters import FrameStyle, MasterPage, Masters, SlotBox
from examgen.render.stamping._texts import Get, Texts, Unlike, condition, filled
from examgen.render.tracing import Hole, Told
from examgen.render.typeset.matrices import IDENTITY, multiplied, number, numbers
from examgen.render.typeset.streams import BLACK, Item, Run, Unreadable
from examgen.render.typeset.text import grouped, text_code
from examgen.render.typeset.tree import Element, owners, renumbered
from examgen.spreadsheets import JOINERS

FRAMED = "framed"  # the only class that a number may decide on
SHORT = 48  # bytes of code that are not worth a form of their own
LEFTWARDS = frozenset(("R", "AL", "AN", "RLE", "RLO", "RLI"))
SAFE = 0.05  # points that a text may be wider than its room


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

    def plainly(self, shown: bytes, text: str, *, spaced: bool) -> bool:
        """Whether a text is shown by these glyphs, each as far from the one before as it is wide; `spaced` ones as told."""
        codes = b"".join(re.findall(rb"<([0-9a-f]*)>", shown))
        even = spaced or all(float(gap) == 0 for gap in re.findall(rb">([^<>\]]+)", shown))
        return even and all(sign in self.glyphs for sign in text) and codes == self.shown(text)

    def read(self, shown: bytes) -> str:
        """The text of glyphs as they are shown."""
        codes = b"".join(re.findall(rb"<([0-9a-f]*)>", shown))
        return "".join(self.characters[int(codes[i : i + 4], 16)] for i in range(0, len(codes), 4))

    def shown(self, text: str) -> bytes:
        """The glyphs of a text, one for each character. Raises: KeyError where one is not on any page of the document."""
        return b"".join(self.glyphs[sign][0] for sign in text)

    def width(self, text: str) -> float:
        """Thousandths of the size. Raises: Unlike where a character is not on any page of the document."""
        try:
            return sum(self.glyphs[sign][1] for sign in text)
        except KeyError as missing:
            raise Unlike(f"the paper has no letter {missing.args[0]!r}") from None


def shaped(sign: str) -> bool:
    """Whether a character is not set as one glyph behind the one before, or not from left to right."""
    return sign in JOINERS or unicodedata.category(sign)[0] == "M" or unicodedata.bidirectional(sign) in LEFTWARDS


class Slot:
    """A text that differs between variants: written anew for each, once for each text."""

    def __init__(self, told: tuple[str | int, ...], run: Run, face: Face, box: SlotBox) -> None:
        self.told, self.face, self.box, self.run = told, face, box, run
        self.start = b"BT%b %b Tf" % (run.font, number(run.size))
        self.master = face.read(run.shown)
        self.known: dict[str, bytes] = {}
        self.wide = self._wide(self.master)
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
        if max(wide, self.wide) > self.box.room + SAFE and abs(wide - self.wide) > SAFE:
            raise Unlike(f"{text} is wider than its room" if wide > self.wide else "a number is wider than its room")
        if text != self.master and not self.box.free:
            raise Unlike("a number stands within other words")
        if any(map(shaped, text)):
            raise Unlike("letters join in it")
        x = self.run.x + (self.wide - wide) * self.box.align
        spaced, back = (b" %b Tc" % number(self.box.spacing), b" 0 Tc") if self.box.spacing else (b"", b"")
        return b"%b%b %b %b Td<%b>Tj%b ET" % (
            self.start, spaced, number(x), number(self.run.y), self.face.shown(text), back
        )


class Still:
    """What could be a slot, but is not set glyph by glyph: it stays as the master has it, and a sheet must say the same."""

    def __init__(self, told: tuple[str | int, ...], said: str, code: bytes) -> None:
        self.told, self.said, self.code = told, said, code

    def write(self, texts: Sequence[str]) -> bytes:
        """The code of the text. Raises: Unlike where it is another one."""
        if filled(self.told, texts) != self.said:
            raise Unlike("letters join in a name")
        return self.code


@dataclass(frozen=True)
class Code:
    """Where the code for scanners stands, and the page that it names."""

    exam: str
    page: int
    matrix: tuple[float, ...]
    side: int

    def check(self, sheet: SheetVariant) -> None:
        """Raises: Unlike where the code of a sheet has another size."""
        if qr.side(page_label(self.exam, sheet.code, self.page)) != self.side:
            raise Unlike("the code of a page is larger")

    def write(self, sheet: SheetVariant) -> bytes:
        """The code as a mask of one bit a module."""
        side, bits = qr.modules(page_label(self.exam, sheet.code, self.page))
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

    parts: list[bytes | Slot | Still]
    frames: list[tuple[Get, int, bytes]]
    code: Code | None
    tree: Element | None
    contents: int = 0  # pieces of marked content
    owners: list[Element] = field(default_factory=list)

    def check(self, sheet: SheetVariant, texts: Sequence[str]) -> None:
        """Raises: Unlike where a sheet has other content than texts in slots."""
        for part in self.parts:
            if not isinstance(part, bytes):
                part.write(texts)
        if self.code is not None:
            self.code.check(sheet)

    def write(self, sheet: SheetVariant, texts: Sequence[str]) -> bytes:
        """The page's content for a sheet."""
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
        self.said = {self._says(told): told for told in map(texts.compiled, self._margin_texts())}
        _, _, self.wide, self.high = masters.pdf.objects[int(masters.pages[0].reference.split()[0])]["MediaBox"]

    def _margin_texts(self) -> Iterator[Told]:
        """Texts in which margins may speak of a variant."""
        for told in (*self.masters.trace.texts.values(), *self.masters.trace.slots):
            names = [p.path[1] for p in told if isinstance(p, Hole) and p.path[0] == self.sheet.sheet]
            if {*names} & {"code", "name", "group"}:
                yield told

    def _says(self, told: tuple[str | int, ...]) -> str:
        """A text of the master."""
        return filled(told, self.texts.read(self.sheet))

    def template(self, page: MasterPage, place: int) -> PageTemplate:
        """One page. Raises: Unreadable, Unlike."""
        whose = owners(page.tree) if page.tree is not None else {}
        groups = list(grouped(page.page.items, whose))
        pieces: list[bytes | Slot | Still] = [b"/Artifact BMC", self.form(page.page.lines), b"EMC"]
        fixed: list[bytes] = [b"q", page.page.lines, b"Q"]
        new: dict[int, int] = {}
        owning: list[Element] = []
        code = None
        for items in groups:
            found = self._code(items[0], place)
            if found is not None:
                if code is not None:
                    raise Unreadable("a page has several codes for scanners")
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
        told = {part.told for part in pieces if isinstance(part, Slot | Still)}
        if any(self.texts.compiled(self.masters.trace.slots[slot]) not in told for slot in page.margins):
            raise Unreadable("a margin says a number of its own")
        frames = [self._frame(frame, self.masters.frame) for frame in page.frames]
        return PageTemplate(_joined(pieces), frames, code, page.tree if self.tagged else None, len(owning), owning)

    def _item(self, page: MasterPage, item: Item) -> Iterator[bytes | Slot | Still]:
        """The code of one piece."""
        if item.drawing:
            yield item.drawing
        box = page.slots.get(item.mcid) if item.mcid is not None else None
        told = None if box is None else self.texts.compiled(self.masters.trace.slots[box.slot])
        if told is not None and (len(item.runs) > 1 or any(run.more for run in item.runs)):
            code = b"\n".join(b"%b\n%b\n%b" % (run.colour, text_code(run), BLACK) for run in item.runs)
            yield Still(told, self._says(told), code)
            return
        for run in item.runs:
            found = self._in_margin(run) if item.mcid is None else None
            if told is not None and box is not None:
                found = told, box
            yield from _coloured(run, text_code(run) if found is None else self._slot(run, *found))

    def _slot(self, run: Run, told: tuple[str | int, ...], box: SlotBox) -> Slot | Still:
        """A slot, or where its text is not simply glyph beside glyph what stays still. Raises: Unreadable."""
        face, says = self.faces[run.font], self._says(told)
        if any(map(shaped, says)) or not face.plainly(run.shown, says, spaced=box.spacing != 0):
            return Still(told, says, text_code(run))
        return Slot(told, run, face, box)

    def _in_margin(self, run: Run) -> tuple[tuple[str | int, ...], SlotBox] | None:
        """What a margin says of the variant: above on the left whose sheet it is, below on the right which."""
        text, right, low = self.faces[run.font].read(run.shown), run.x > self.wide / 2, run.y < self.high / 2
        for plain, told in self.said.items():
            if text == plain and not right and not low:
                return told, SlotBox(-1, 0.0, float("inf"), 0.0)
            if text.startswith(f"{plain} · ") and right and low:
                return (*told, text.removeprefix(plain)), SlotBox(-1, 1.0, float("inf"), 0.0)
        return None

    def _shared(self, inner: Sequence[bytes | Slot | Still]) -> list[bytes | Slot | Still]:
        """Fixed code that is long, as a form that all pages show."""
        if all(isinstance(part, bytes) for part in inner):
            code = b"\n".join(part for part in inner if isinstance(part, bytes))
            return [self.form(code) if len(code) > SHORT else code]
        return list(inner)

    def _frame(self, frame: Any, style: FrameStyle | None) -> tuple[Get, int, bytes]:
        """The condition of a frame and its code."""
        if style is None:
            raise Unreadable("frames have no style")
        when = self.masters.trace.whens[frame.when]
        if when.name != FRAMED:
            raise Unreadable(f"the class {when.name} depends on a number")
        get, value = condition(when)
        grow = style.grow
        corner = (frame.x - grow, frame.y - grow, frame.width + 2 * grow, frame.height + 2 * grow)
        line = b" ".join(map(number, corner))
        return get, value, b"%b %b w %b re S" % (style.colour, number(style.line), line)

    def _code(self, item: Item, place: int) -> Code | None:
        """The code for scanners, where this drawing is it."""
        if not item.drawing or not self.exam or item.mcid is not None:
            return None
        side, path = qr.drawn(page_label(self.exam, self.sheet.code, place))
        if item.drawing.count(b"\nh\n") != path.count("z"):
            return None
        matrix = IDENTITY
        for line in item.drawing.split(b"\n"):
            if line.endswith(b" cm"):
                matrix = multiplied(numbers(line), matrix)
        return Code(self.exam, place, matrix, side)


def _coloured(run: Run, part: bytes | Slot | Still) -> Iterator[bytes | Slot | Still]:
    """Text in its colour, black again behind it."""
    yield from (part,) if run.colour == BLACK else (run.colour, part, BLACK)


def _joined(pieces: Sequence[bytes | Slot | Still]) -> list[bytes | Slot | Still]:
    """Fixed code that stands one behind another as one piece."""
    out: list[bytes | Slot | Still] = []
    for piece in pieces:
        if isinstance(piece, bytes) and out and isinstance(out[-1], bytes):
            out[-1] += b"\n" + piece
        else:
            out.append(piece)
    return out
