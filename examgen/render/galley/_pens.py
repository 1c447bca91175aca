"""Slots read from the boxes of a laid-out paragraph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from weasyprint.formatting_structure import boxes

from examgen.render.galley._lines import Unfit
from examgen.render.galley._origins import by_origin, face, key, slot_of
from examgen.render.typeset.streams import Run


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
        slot = slot_of(parent)
        if not box.text.strip():
            return
        place = self.places.get(key(box.position_x * self.scale, self.high - (box.position_y + box.baseline) * self.scale))
        if slot is None or place is None:
            raise Unfit(f"the text {box.text!r} is no slot")
        if slot not in self.found:
            where = box.position_x * self.scale if hung else None
            whole = parent.style["white_space"] == "nowrap"
            self.found[slot] = Found(face(box.style), self.runs[place], whole, self.pending, 0.0, where)
            self.pending, self.last = 0.0, slot
