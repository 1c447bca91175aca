"""Units: one look laid out once and taken apart, for all pieces that have it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from examgen.render.galley._drawings import Stroke
from examgen.render.galley._lines import Extent, Line
from examgen.render.galley._paragraphs import Paragraph
from examgen.render.typeset.streams import Run
from examgen.render.typeset.tree import Element

EVEN = 0.02  # points by which nothing is moved


@dataclass(frozen=True)
class Holder:
    """What holds a unit: its margins in points, whether it stays on one page, and whether one begins with it or behind it."""

    top: float
    bottom: float
    whole: bool
    turns: bool
    ends: bool


@dataclass(frozen=True)
class Held:
    """What is drawn around something in a line: stroke by stroke, and all of it as one form; and what it holds on to."""

    strokes: tuple[Stroke, ...]
    form: bytes
    place: int
    extent: Extent


@dataclass
class Unit:
    """A look: its height and margins in points, its code with places for texts, and its structure.

    `top` is where it began on its own page, to which all its code is related.
    """

    top: float
    height: float
    margins: tuple[float, float]
    around: tuple[Holder, ...]
    keeps: bool  # together with what comes behind it
    marked: float | None  # how far below its top a bookmark leads, where it has one
    parts: list[Any] = field(default_factory=list)  # code, places of words, numbers of content
    lines: list[Line] = field(default_factory=list)
    words: dict[int, Word] = field(default_factory=dict)
    slots: dict[int, int] = field(default_factory=dict)  # slot -> word
    held: list[Held] = field(default_factory=list)
    trees: list[Element] = field(default_factory=list)
    contents: int = 0
    owners: list[Element] = field(default_factory=list)
    formulas: list[Element] = field(default_factory=list)
    figures: list[Element] = field(default_factory=list)
    known: dict[Any, Any] = field(default_factory=dict)
    paragraph: Paragraph | None = None
    only: tuple[str, ...] | None = None  # the texts that it was laid out with, where no others can be set

    @property
    def stiff(self) -> bool:
        """Whether it is something else than lines of texts."""
        return self.paragraph is not None or self.only is not None


@dataclass
class Word:
    """A slot's run: its style, size, height and colour, how its text is trimmed, and the texts set so far."""

    run: Run
    style: int
    spacing: float
    lead: bool
    tail: bool
    known: dict[str, tuple[float, bytes]] = field(default_factory=dict)


@dataclass(frozen=True)
class Code:
    """What a unit looks like with certain texts: code between numbers of marked content."""

    parts: tuple[Any, ...]  # bytes, or the number of a piece of content
    height: float
