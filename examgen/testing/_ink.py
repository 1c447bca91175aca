"""Where the black of a text lies, in the paper's own fonts: line boxes are no measure, since scripts have none of their own."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import Any

from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

from examgen.render.faces import face, faces

FOREIGN = (0.0, -0.25, 1.0, 0.85)  # of a character that another font has to lend, in em


@dataclass(frozen=True)
class Area:
    """A rectangle on a page, in px: y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def shrunk(self, by: float) -> Area:
        return Area(self.left + by, self.top + by, self.right - by, self.bottom - by)

    def meets(self, other: Area) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def ink(text: str, style: str, weight: int, size: float, left: float, right: float, baseline: float) -> Area | None:
    """The rectangle around the glyphs of a text set from `left` to `right`; None where there is nothing to see.

    What overhangs is left out: letters are cut to lean over their neighbours.
    """
    shown = text.strip()
    if not shown or not size:
        return None
    name = f"{'italic' if style != 'normal' else 'normal'}-{700 if weight >= 600 else 400}"
    found = [_glyph(name, char) for char in shown if not char.isspace()]
    space = _advance(name) * size
    left += space * (len(text) - len(text.lstrip())) + max(0.0, found[0][0]) * size
    right -= space * (len(text) - len(text.rstrip())) + max(0.0, found[-1][2]) * size
    return Area(left, baseline - max(g[3] for g in found) * size, right, baseline - min(g[1] for g in found) * size)


@cache
def _glyph(name: str, char: str) -> tuple[float, float, float, float]:
    """A character's glyph in em: room in front, lowest point, room behind, highest point."""
    for key, font in _fonts().items():
        if key.endswith(name) and (glyph := font.getBestCmap().get(ord(char))):
            pen = BoundsPen(font.getGlyphSet())
            font.getGlyphSet()[glyph].draw(pen)
            unit, advance = font["head"].unitsPerEm, font["hmtx"][glyph][0]
            low_x, low_y, high_x, high_y = pen.bounds or (0, 0, advance, 0)
            return low_x / unit, low_y / unit, (advance - high_x) / unit, high_y / unit
    return 0.0, FOREIGN[1], 0.0, FOREIGN[3]


@cache
def _advance(name: str) -> float:
    font = next(font for key, font in _fonts().items() if key.endswith(name))
    return float(font["hmtx"][font.getBestCmap()[ord(" ")]][0] / font["head"].unitsPerEm)


@cache
def _fonts() -> dict[str, Any]:
    """Every face by its name, the text family's first."""
    return {name: TTFont(io.BytesIO(face(name) or b"")) for name in sorted(faces())}
