"""Where texts stand that were laid out: which run a box has become, in which face, and as which slot.

WeasyPrint says where a text begins; so does the code of its page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weasyprint.formatting_structure import boxes

from examgen.render.tracing import SLOT
from examgen.render.typeset.streams import Run

BOLD = 600


def face(style: Any) -> int:
    """Plain, bold, slanted or both: the place of the style's letters on their page."""
    return bool(style["font_weight"] >= BOLD) + 2 * bool(style["font_style"] != "normal")


def key(x: float, y: float) -> tuple[int, int]:
    """Where a text begins, as it is looked up."""
    return round(x * 50), round(y * 50)


def by_origin(runs: Sequence[Run]) -> dict[tuple[int, int], int]:
    """Strings by where they begin."""
    return {key(run.x, run.y): place for place, run in enumerate(runs)}


def slot_of(parent: Any) -> int | None:
    """The number of the slot that a box is, if it is one."""
    element = parent.element
    name = element.get(SLOT) if element is not None and isinstance(parent, boxes.InlineBox) else None
    return None if name is None else int(name)
