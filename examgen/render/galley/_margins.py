"""What stands in the margins: the same on all pages, but for whose page it is and its number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from examgen.render.galley._faces import Faces
from examgen.render.typeset.matrices import number
from examgen.render.typeset.streams import BLACK, Page, Run
from examgen.render.typeset.text import text_code

WHOSE, MARK = "\ue020", "1"  # what stands for whose page it is, and for numbers of pages, in the page that was laid out


@dataclass(frozen=True)
class Numbered:
    """A text at the right edge that ends with numbers of pages."""

    run: Run
    right: float
    whose: bool
    middle: str
    of: str | None


@dataclass(frozen=True)
class Margins:
    """Fixed code, and what is written for each page."""

    fixed: bytes
    numbered: Sequence[Numbered]
    faces: Faces

    def code(self, whose: str, page: int, pages: int) -> bytes:
        """The margins of a page."""
        out = [self.fixed]
        for one in self.numbered:
            end = "" if one.of is None else f"{one.of}{pages}"
            text = f"{whose if one.whose else ''}{one.middle}{page}{end}"
            wide, code = self.faces.shown(0, one.run.size, text)
            x, y = number(one.right - wide), number(one.run.y)
            colour, black = (one.run.colour, BLACK) if one.run.colour != BLACK else (b"", b"")
            out.append(b"%b BT %b %b Td %b ET %b" % (colour, x, y, code, black))
        return b"\n".join(part for part in out if part)


def margins(page: Page, faces: Faces) -> Margins:
    """The margins of a page that was laid out with `WHOSE` for whose it is: of a document of one page."""
    fixed, numbered = [], []
    for item in page.items:
        if item.mcid is not None:
            continue
        for run in item.runs:
            text = faces.text(run)
            found = re.fullmatch(r"(.*?)(\D*)1(?:(\D+)1)?", text) if " · " in text and text.endswith(MARK) else None
            if found is None:
                colour, black = (run.colour + b"\n", b"\n" + BLACK) if run.colour != BLACK else (b"", b"")
                fixed.append(colour + text_code(run) + black)
                continue
            before, middle, of = found.groups()
            whose = WHOSE in before + middle
            middle = (before + middle).replace(WHOSE, "")
            numbered.append(Numbered(run, run.x + faces.width(run), whose, middle, of))
    return Margins(b"\n".join(fixed), numbered, faces)
