"""Papers that sheets are set on: the measure is the same on all of them, so that only the height decides what fits."""

from __future__ import annotations

from dataclasses import dataclass

MEASURE = 174.0  # width of the text on every paper, mm
TOP, BOTTOM = 14.0, 18.0  # margins, mm: the lower one holds the codes for scanners


@dataclass(frozen=True)
class Paper:
    """A paper and the next larger one, on which the same page stands enlarged; width and height in mm."""

    name: str
    size: tuple[float, float]
    larger: tuple[float, float]

    @property
    def scale(self) -> float:
        """By how much large print is larger, so that the page fills the width of the larger paper: 1.41 on A3."""
        return self.larger[0] / self.size[0]

    def page(self, large: bool = False) -> tuple[float, float]:
        """The page that is laid out; a `large` one is enlarged when it is written, and then has the larger paper's height."""
        return (self.size[0], self.larger[1] / self.scale) if large else self.size


PAPERS = {
    "a4": Paper("A4", (210.0, 297.0), (297.0, 420.0)),  # A3
    "letter": Paper("Letter", (215.9, 279.4), (279.4, 431.8)),  # Tabloid
}


def page_rule(paper: str, large: bool = False) -> str:
    """The size and margins of a page, as a rule of CSS: a large one has the same room, in the middle of its paper."""
    width, height = PAPERS[paper].page(large)
    side, more = (width - MEASURE) / 2, (height - PAPERS[paper].size[1]) / 2
    return (
        f"@page {{ size: {width:.2f}mm {height:.2f}mm; margin: {TOP + more:.2f}mm {side:.2f}mm {BOTTOM + more:.2f}mm; }}"
    )
