"""The faces of a document: which glyph of which font shows a character in each style, and how wide it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from examgen.render.galley._lines import Unfit
from examgen.render.typeset.matrices import number
from examgen.render.typeset.streams import Page, Run

STYLES = 4  # paragraphs of letters: plain, bold, slanted, both
CODES = re.compile(rb"<([0-9a-f]*)>")


@dataclass(frozen=True)
class Glyph:
    """How a character is shown: font, code, and width in thousandths of the size."""

    font: bytes
    code: bytes
    width: float


class Faces:
    """All styles of a document, learned from the page of letters."""

    def __init__(self, fonts: Mapping[bytes, Any], page: Page, letters: str) -> None:
        self.read = {name: dict(font.to_unicode) for name, font in fonts.items()}
        self.widths = {name: dict(font.widths) for name, font in fonts.items()}
        self.styles: list[dict[str, Glyph]] = []
        wanted = len("".join(letters.split()))
        glyphs: dict[str, Glyph] = {}
        seen = 0
        for run in (run for item in page.items if item.mcid is not None for run in item.runs):
            for text, glyph in self._glyphs(run):
                glyphs.setdefault(text, glyph)
                seen += len("".join(text.split()))
            if seen >= wanted:
                self.styles.append(glyphs)
                glyphs, seen = {}, 0
        self.usual = frozenset(glyphs["0"].font for glyphs in self.styles)
        self.known: dict[tuple[int, float, str], tuple[float, bytes]] = {}

    def _glyphs(self, run: Run) -> Iterator[tuple[str, Glyph]]:
        for font, _, shown in ((run.font, run.size, run.shown), *run.more):
            codes = b"".join(CODES.findall(shown))
            for i in range(0, len(codes), 4):
                code = codes[i : i + 4]
                yield self.read[font][int(code, 16)], Glyph(font, code, self.widths[font][int(code, 16)])

    def text(self, run: Run) -> str:
        """What a run says."""
        return "".join(text for text, _ in self._glyphs(run))

    def width(self, run: Run) -> float:
        """How wide a run is, in points."""
        return sum(glyph.width for _, glyph in self._glyphs(run)) * run.size / 1000

    def shows(self, run: Run, style: int, text: str) -> bool:
        """Whether a run begins a text just as the text is set here: with the same glyphs of the same fonts."""
        glyphs = [glyph for sign, glyph in self._glyphs(run) if not sign.isspace()]
        return glyphs == self._of(style, "".join(text.split()))[: len(glyphs)]

    def shown(self, style: int, size: float, text: str) -> tuple[float, bytes]:
        """How wide a text is, in points, and the code that shows it where the pen stands. Raises: Unfit."""
        found = self.known.get((style, size, text))
        if found is None:
            glyphs = self._of(style, text)
            found = sum(glyph.width for glyph in glyphs) * size / 1000, _code(glyphs, size)
            self.known[style, size, text] = found
        return found

    def strange(self, style: int, text: str) -> frozenset[bytes]:
        """The fonts that show some of a text though they are none of those for digits: a line may be higher with them."""
        return frozenset(glyph.font for glyph in self._of(style, text)) - self.usual

    def _of(self, style: int, text: str) -> list[Glyph]:
        known = self.styles[style]
        try:
            return [known[sign] for sign in text]
        except KeyError as missing:
            raise Unfit(f"the paper has no letter {missing.args[0]!r}") from None


def _code(glyphs: Sequence[Glyph], size: float) -> bytes:
    """Glyphs font by font."""
    out = []
    font, codes = b"", b""
    for glyph in glyphs:
        if glyph.font != font:
            if codes:
                out.append(b"%b %b Tf<%b>Tj" % (font, number(size), codes))
            font, codes = glyph.font, b""
        codes += glyph.code
    return b" ".join([*out, b"%b %b Tf<%b>Tj" % (font, number(size), codes)])
