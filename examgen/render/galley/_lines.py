"""Lines of laid-out pieces as programs: what stands in them one behind another, so that other texts can be set in its place.

A line is set again without the engine that laid it out: texts are as wide as their glyphs, fractions as their wider storey,
frames and rules go along with what they belong to. A program is only kept if it sets its own master again where that stood.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from weasyprint.formatting_structure import boxes

from examgen.render.stamping._masters import ALIGNED
from examgen.render.stamping._streams import Run
from examgen.render.tracing import SLOT

BOLD = 600  # of a font's weight, and more
SPACE = 2.7  # points between words
BORDERS = 4.0  # pixels that collapsed borders add to a table, at most
NEAR = 0.12  # points by which a line set again may be off


class Unfit(Exception):
    """A piece holds what cannot be set again."""


@dataclass
class Word:
    """A run of text: a slot's, or fixed. `place` is its number among the runs of its piece."""

    place: int
    slot: int | None
    width: float
    x: float
    face: int
    spacing: float


@dataclass
class Gap:
    """Room: margins, borders and padding of what stands in the line."""

    width: float


@dataclass
class First:
    """A fixed word that a line begins with."""

    face: int
    size: float
    text: str


@dataclass
class Bound:
    """Where something in the line begins or ends, to which what is drawn holds on."""

    number: int
    opens: bool


@dataclass
class Block:
    """What stands in a line as one, with lines of its own: a fraction, which `pad`s them, or where `fixed` is its width a box
    in which each line has its place from its `left` edge.
    """

    lines: list[Line]
    fixed: float | None
    pad: tuple[float, float]
    left: float
    least: float


@dataclass
class Line:
    """A line: where it begins, how much room it has and how it is aligned in it.

    `behind` is what the line below begins with and must not have room for.
    """

    x: float
    room: float
    align: float
    items: list[Any] = field(default_factory=list)
    behind: list[Any] = field(default_factory=list)

    @property
    def dynamic(self) -> bool:
        """Whether it holds a slot."""
        return any(
            (isinstance(item, Word) and item.slot is not None)
            or (isinstance(item, Block) and any(line.dynamic for line in item.lines))
            for item in self.items
        )


@dataclass(frozen=True)
class Extent:
    """Where something in a line stood in the master: left, right, top and bottom, in points of the page."""

    left: float
    right: float
    top: float
    bottom: float


class Reader:
    """Reads the lines of one laid-out piece; `runs` are the strings of its page by where they begin."""

    def __init__(self, runs: dict[tuple[int, int], int], all_runs: Sequence[Run], scale: float, high: float) -> None:
        self.runs, self.all, self.scale, self.high = runs, all_runs, scale, high
        self.extents: list[Extent] = []
        self.used: set[int] = set()

    def lines(self, box: Any) -> Iterator[Line]:
        """The outermost lines in a piece."""
        box = getattr(box, "_box", box)
        if isinstance(box, boxes.LineBox):
            raise Unfit("a line stands outside of a block")
        children = list(getattr(box, "children", ()))
        whole = [child for child in children if isinstance(child, boxes.LineBox)]
        if whole:
            yield from self._of_block(box, whole)
            return
        for child in children:
            yield from self.lines(child)

    def _of_block(self, block: Any, found: Sequence[Any]) -> Iterator[Line]:
        style = block.style
        align = ALIGNED[style["text_align_all"]]
        left, room = block.content_box_x() * self.scale, block.width * self.scale
        made = [Line(left, room, align, list(self._items(line, style))) for line in found]
        if len(made) > 1 and any(line.dynamic for line in made):
            for line, below in zip(made, found[1:], strict=False):
                line.behind = self._begin(below)
        yield from made

    def _begin(self, line: Any) -> list[Any]:
        """What a line begins with and does not break. Raises: Unfit where that is not known."""
        first = line.children[0]
        if isinstance(first, boxes.TextBox):
            return [First(_face(first.style), first.style["font_size"] * self.scale, first.text.split(" ")[0])]
        if not isinstance(first, boxes.InlineBox) or first.style["white_space"] != "nowrap":
            raise Unfit("a text with slots is broken into lines")
        return list(self._inline(first))

    def _items(self, parent: Any, style: Any) -> Iterator[Any]:
        for child in parent.children:
            child = getattr(child, "_box", child)
            if isinstance(child, boxes.TextBox):
                yield from self._word(child, parent)
            elif isinstance(child, boxes.InlineBox):
                yield from self._inline(child)
            elif isinstance(child, boxes.AtomicInlineLevelBox) or child.style["display"][0] == "inline":
                yield from self._atom(child)
            elif child.style["position"] in ("absolute", "fixed") or "running" in str(child.style["position"]):
                yield from self._apart(child)
            else:
                raise Unfit(f"a {type(child).__name__} stands in a line")

    def _apart(self, child: Any) -> Iterator[Any]:
        """What is taken out of the line must stay where it is, and hold no slots."""
        for line in self.lines(child):
            if line.dynamic:
                raise Unfit("a slot is taken out of its line")
        return iter(())

    def _word(self, box: Any, parent: Any) -> Iterator[Any]:
        if not box.text.strip(" "):
            if box.width:
                yield Gap(box.width * self.scale)
            return
        place = self.runs.get(_key(box.position_x * self.scale, self.high - (box.position_y + box.baseline) * self.scale))
        if place is None:
            raise Unfit(f"the text {box.text!r} is not found on its page")
        self.used.add(place)
        element = parent.element if parent.element is not None else None
        name = element.get(SLOT) if element is not None and isinstance(parent, boxes.InlineBox) else None
        spacing = box.style["letter_spacing"]
        word = Word(
            place, None if name is None else int(name), box.width * self.scale, box.position_x * self.scale, _face(box.style),
            0.0 if spacing == "normal" else spacing * self.scale,
        )
        if not {"underline", "overline", "line-through"}.intersection(box.style["text_decoration_line"]):
            yield word
            return
        number = self._extent_of(box.position_x, box.position_y, box.width, box.height)
        yield Bound(number, True)
        yield word
        yield Bound(number, False)

    def _inline(self, box: Any) -> Iterator[Any]:
        number = self._extent(box)
        left = box.margin_left + box.border_left_width + box.padding_left
        right = box.margin_right + box.border_right_width + box.padding_right
        drawn = box.border_left_width or box.border_right_width or box.border_top_width or box.border_bottom_width
        if box.margin_left:
            yield Gap(box.margin_left * self.scale)
        if drawn:
            yield Bound(number, True)
        if left - box.margin_left:
            yield Gap((left - box.margin_left) * self.scale)
        yield from self._items(box, box.style)
        if right - box.margin_right:
            yield Gap((right - box.margin_right) * self.scale)
        if drawn:
            yield Bound(number, False)
        if box.margin_right:
            yield Gap(box.margin_right * self.scale)

    def _atom(self, box: Any) -> Iterator[Any]:
        """A box with lines of its own: they must stand one below another in one column."""
        number = self._extent(box)
        inner = list(self.lines(box))
        yield Gap(box.margin_left * self.scale)
        yield Bound(number, True)
        fixed = box.border_width() * self.scale if _fixed(box) else None
        if fixed is None:
            self._one_column(box)
        left = (box.border_left_width + box.padding_left) * self.scale
        right = (box.border_right_width + box.padding_right) * self.scale
        low = box.style["min_width"]
        least = 0.0 if low == "auto" else low.value * self.scale
        yield Block(inner, fixed, (left, right), box.border_box_x() * self.scale, least)
        yield Bound(number, False)
        yield Gap(box.margin_right * self.scale)

    def _one_column(self, box: Any) -> None:
        for part in box.descendants():
            if isinstance(part, boxes.TableRowBox) and len(part.children) != 1:
                raise Unfit("a table stands in a line")

    def _extent(self, box: Any) -> int:
        return self._extent_of(box.border_box_x(), box.border_box_y(), box.border_width(), box.border_height())

    def _extent_of(self, x: float, y: float, width: float, height: float) -> int:
        left, top = x * self.scale, self.high - y * self.scale
        self.extents.append(Extent(left, left + width * self.scale, top, top - height * self.scale))
        return len(self.extents) - 1


def _face(style: Any) -> int:
    """Plain, bold, slanted or both: the place of the style's letters on their page."""
    return int(style["font_weight"] >= BOLD) + 2 * int(style["font_style"] != "normal")


def _fixed(box: Any) -> bool:
    """Whether a box's width does not depend on its texts: given, or that of a table whose columns are given."""
    if box.style["width"] != "auto":
        return True
    cells = [part for part in box.descendants() if isinstance(part, boxes.TableCellBox)]
    if cells and all(child.style["width"] != "auto" for cell in cells for child in cell.children):
        return True
    tables = [part for part in box.descendants() if isinstance(part, boxes.TableBox) and part.style["table_layout"] == "fixed"]
    return any(abs(table.border_width() - box.width) < BORDERS for table in tables)


def _key(x: float, y: float) -> tuple[int, int]:
    return round(x * 50), round(y * 50)


def texts_of(box: Any) -> Iterator[Any]:
    """The texts in a box, in their order."""
    for part in box.descendants():
        if isinstance(part, boxes.TextBox):
            yield part


@dataclass
class Found:
    """How a slot of a paragraph was laid out: face, size, colour, base line, whether it is not broken, room around it, and
    where it hangs beside the lines.
    """

    face: int
    run: Run
    whole: bool
    before: float
    after: float = 0.0
    hung: float | None = None


class Pens:
    """Reads the slots of a laid-out paragraph. Raises: Unfit where more stands in it than text."""

    def __init__(self, runs: Sequence[Run], scale: float, high: float) -> None:
        self.runs, self.places, self.scale, self.high = runs, by_origin(runs), scale, high
        self.found: dict[int, Found] = {}
        self.pending, self.last = 0.0, -1

    def read(self, parent: Any, hung: bool = False) -> dict[int, Found]:
        """The slots of all lines of a block."""
        for child in parent.children:
            child = getattr(child, "_box", child)
            if isinstance(child, boxes.TextBox):
                self._text(child, parent, hung)
            elif isinstance(child, boxes.InlineBox):
                if child.border_left_width or child.border_right_width:
                    raise Unfit("a frame stands in a paragraph")
                self.pending += child.margin_left * self.scale
                self.read(child, hung)
                if child.margin_right and self.last >= 0:
                    self.found[self.last].after += child.margin_right * self.scale
            elif isinstance(child, boxes.LineBox):
                self.read(child, hung)
            elif isinstance(child, boxes.InlineBlockBox) and child.margin_left < 0:
                self.read(child, hung=True)
            else:
                raise Unfit(f"a {type(child).__name__} stands in a paragraph")
        return self.found

    def _text(self, box: Any, parent: Any, hung: bool) -> None:
        name = parent.element.get(SLOT) if parent.element is not None and isinstance(parent, boxes.InlineBox) else None
        if not box.text.strip():
            return
        place = self.places.get(_key(box.position_x * self.scale, self.high - (box.position_y + box.baseline) * self.scale))
        if name is None or place is None:
            raise Unfit(f"the text {box.text!r} is no slot")
        if int(name) not in self.found:
            where = box.position_x * self.scale if hung else None
            whole = parent.style["white_space"] == "nowrap"
            self.found[int(name)] = Found(_face(box.style), self.runs[place], whole, self.pending, 0.0, where)
            self.pending, self.last = 0.0, int(name)


def by_origin(runs: Sequence[Run]) -> dict[tuple[int, int], int]:
    """Strings by where they begin."""
    return {_key(run.x, run.y): place for place, run in enumerate(runs)}


@dataclass
class Placed:
    """Where everything of a line has come to stand: x of its runs, and left and right of what things hold on to."""

    words: dict[int, float]
    bounds: dict[int, list[float]]


class Setting:
    """Sets lines again: `widths` are those of the texts by the number of their run, where they are other ones."""

    def __init__(self, widths: dict[int, float], faces: Any = None) -> None:
        self.widths, self.faces = widths, faces
        self.placed = Placed({}, {})

    def line(self, line: Line) -> None:
        """One line. Raises: Unfit where it is wider than its room."""
        wide = self._measured(line.items)
        if wide > line.room + NEAR:
            raise Unfit("a line is wider than its room")
        if line.behind and wide + SPACE + self._measured(line.behind) <= line.room + NEAR:
            raise Unfit("a line would be broken elsewhere")
        self._put(line.items, line.x + (line.room - wide) * line.align)

    def _measured(self, items: Sequence[Any]) -> float:
        total = 0.0
        for item in items:
            kind = type(item)
            if kind is Word:
                total += self.widths.get(item.place, item.width)
            elif kind is Gap:
                total += item.width
            elif kind is Block:
                total += self._wide(item)
            elif kind is First:
                total += self.faces.shown(item.face, item.size, item.text)[0]
        return total

    def _wide(self, block: Block) -> float:
        if block.fixed is not None:
            return block.fixed
        inner = max((self._measured(line.items) for line in block.lines), default=0.0)
        return max(inner, block.least) + block.pad[0] + block.pad[1]

    def _put(self, items: Sequence[Any], x: float) -> None:
        for item in items:
            kind = type(item)
            if kind is Word:
                self.placed.words[item.place] = x
                x += self.widths.get(item.place, item.width)
            elif kind is Gap:
                x += item.width
            elif kind is Bound:
                self.placed.bounds.setdefault(item.number, []).append(x)
            else:
                x = self._block(item, x)

    def _block(self, block: Block, x: float) -> float:
        """Sets what stands in a line as one; gives where it ends."""
        wide = self._wide(block)
        for line in block.lines:
            own = self._measured(line.items)
            if block.fixed is None:
                start, room = x + block.pad[0], wide - block.pad[0] - block.pad[1]
            else:
                start, room = x + line.x - block.left, line.room
            if own > room + NEAR:
                raise Unfit("a text is wider than its box")
            self._put(line.items, start + (room - own) * line.align)
        return x + wide


def own_again(line: Line, placed: Placed) -> None:
    """Sees to it that a line set with its own texts stands where it stood. Raises: Unfit."""
    for word in _words(line.items):
        if abs(placed.words[word.place] - word.x) > NEAR:
            raise Unfit(f"a line cannot be set again: {placed.words[word.place]:.2f} instead of {word.x:.2f}")


def _words(items: Sequence[Any]) -> Iterator[Word]:
    for item in items:
        if isinstance(item, Word):
            yield item
        elif isinstance(item, Block):
            for line in item.lines:
                yield from _words(line.items)
