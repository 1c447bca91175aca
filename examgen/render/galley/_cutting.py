"""A page of pieces cut apart: what stands on it for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from examgen.render.galley._drawings import Stroke, strokes
from examgen.render.typeset.streams import Item, Page
from examgen.render.typeset.tree import Element, owners

APART = 12.0  # points that what is drawn may reach out of its piece: less than half of the room between pieces


@dataclass
class Cut:
    """What stands on a page for one piece: its content, and what is drawn there."""

    items: list[Item]
    strokes: list[Stroke]


class Cutting:
    """Cuts a page into the pieces that were laid out on it, one below another; `tops` are their elements."""

    def __init__(self, page: Page, tops: Sequence[Element]) -> None:
        self.page, self.tops = page, iter(tops)
        self.strokes = list(strokes(page.lines)) if page.lines else []

    def next(self, top: float, bottom: float) -> tuple[Cut, list[Element]]:
        """The piece that stands between two heights, and the elements in it."""
        tree = next(self.tops)
        own = owners(tree)
        items = [item for item in self.page.items if item.mcid in own]
        drawn = []
        for stroke in self.strokes:
            _, low, _, high = stroke.corners
            if bottom - APART <= low and high <= top + APART:
                drawn.append(stroke)
        return Cut(items, drawn), [kid for kid in tree.kids if isinstance(kid, Element)]
