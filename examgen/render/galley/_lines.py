"""Lines of laid-out pieces as programs: what stands in them one behind another, so that other texts can be set in its place.

A line is set again without the engine that laid it out: texts are as wide as their glyphs, fractions as their wider storey,
frames and rules go along with what they belong to. A program is only kept if it sets its own master again where that stood.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

SPACE = 2.7  # points between words
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
    for word in words(line.items):
        if abs(placed.words[word.place] - word.x) > NEAR:
            raise Unfit(f"a line cannot be set again: {placed.words[word.place]:.2f} instead of {word.x:.2f}")


def words(items: Sequence[Any]) -> Iterator[Word]:
    """All words in a line, those of its blocks too."""
    for item in items:
        if isinstance(item, Word):
            yield item
        elif isinstance(item, Block):
            for line in item.lines:
                yield from words(line.items)
