"""Lines read from the boxes of a laid-out piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from weasyprint.formatting_structure import boxes

from examgen.render.galley._lines import Block, Bound, Extent, First, Gap, Line, Unfit, Word
from examgen.render.galley._origins import face, key, slot_of
from examgen.render.stamping._masters import ALIGNED

EVEN = 0.05  # pixels by which a line that a box is as wide as may differ from it
BORDERS = 4.0  # pixels that collapsed borders add to a table, at most


class Reader:
    """Reads the lines of one laid-out piece; `runs` are the strings of its page by where they begin."""

    def __init__(self, runs: dict[tuple[int, int], int], scale: float, high: float) -> None:
        self.runs, self.scale, self.high = runs, scale, high
        self.extents: list[Extent] = []

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
            return [First(face(first.style), first.style["font_size"] * self.scale, first.text.split(" ")[0])]
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
        place = self.runs.get(key(box.position_x * self.scale, self.high - (box.position_y + box.baseline) * self.scale))
        if place is None:
            raise Unfit(f"the text {box.text!r} is not found on its page")
        spacing = box.style["letter_spacing"]
        word = Word(
            place, slot_of(parent), box.width * self.scale, box.position_x * self.scale, face(box.style),
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


def _fixed(box: Any) -> bool:
    """Whether a box's width does not depend on its texts: given, or that of a table whose columns are given."""
    if box.style["width"] != "auto":
        return True
    cells = [part for part in box.descendants() if isinstance(part, boxes.TableCellBox)]
    if cells and all(child.style["width"] != "auto" for cell in cells for child in cell.children):
        return True
    tables = [part for part in box.descendants() if isinstance(part, boxes.TableBox) and part.style["table_layout"] == "fixed"]
    return any(abs(table.border_width() - box.width) < BORDERS for table in tables) and _widest(box) < box.width - EVEN


def _widest(box: Any) -> float:
    """The width of the widest line in a box that stands in none of its tables."""
    if isinstance(box, boxes.LineBox):
        return float(sum(getattr(child, "_box", child).margin_width() for child in box.children))
    parts = (getattr(child, "_box", child) for child in getattr(box, "children", ()))
    return max((_widest(part) for part in parts if not isinstance(part, boxes.TableBox)), default=0.0)
