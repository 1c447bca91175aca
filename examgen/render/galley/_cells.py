"""Grids whose cells are marked as none that was laid out marks them all: put together cell by cell.

The cells of a grid can be marked in thousands of ways. Where looks differ in nothing but the classes of cells, only as many are
laid out as show every cell in every class; any other one takes each of its cells from one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from examgen.render.galley._drawings import Stroke
from examgen.render.galley._fragments import OPEN, Look, Piece
from examgen.render.galley._lines import NEAR, Block, Bound, Line, Unfit, Word
from examgen.render.galley._units import Held, Unit

CELL = re.compile(r'(<td class=")([^"]*)(">)(.*?)</td>', re.DOTALL)
APART = 10_000  # between the numbers of what comes from one unit and from the next
ANYWHERE = re.compile(rb"|[\d. ]+ rg|/\w+<</MCID|>>BDC|EMC")  # code that is not about a place on the page
WITHIN = 20  # points around the middle of a cell's text in which its marks have theirs
MIDDLE = 0.35  # of a digit's size over its base line


@dataclass(frozen=True)
class Grid:
    """A look apart from the classes of its cells: the rest of it, and of each cell its class and its one slot."""

    rest: Look
    classes: tuple[str, ...]
    slots: tuple[int, ...]


@lru_cache(maxsize=4096)
def grid(look: Look) -> Grid | None:
    """The cells of a look; None where it has none, or some that do not hold one slot each."""
    around, before, own = look
    found = list(CELL.finditer(own))
    if not found or any(cell[4].count(OPEN) != 1 for cell in found):
        return None
    slots = tuple(own.count(OPEN, 0, cell.start()) for cell in found)
    return Grid((around, before, CELL.sub(r"\1\3\4", own)), tuple(cell[2] for cell in found), slots)


def enough(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Of pieces that look unlike each other those from which the others can be put together."""
    seen: dict[Look, set[tuple[int, str]]] = {}
    for piece in pieces:
        if (cells := grid(piece.seen)) is not None:
            known = seen.setdefault(cells.rest, set())
            if known.issuperset(enumerate(cells.classes)):
                continue
            known.update(enumerate(cells.classes))
        yield piece


def joined(units: Mapping[Look, Sequence[Unit]], looks: Sequence[Look], form: Any) -> Iterator[tuple[Look, Unit]]:
    """Units for as many of these looks as can be put together from others that were laid out."""
    known: dict[Look, list[_Laid]] = {}
    for look, found in units.items():
        if (cells := grid(look)) is not None and not found[0].stiff:
            known.setdefault(cells.rest, []).append(_Laid(cells, found[0]))
    families = {rest: _Family(laid) for rest, laid in known.items()}
    for look in looks:
        cells = grid(look)
        if look not in units and cells is not None and cells.rest in families:
            try:
                yield look, families[cells.rest].unit(cells, form)
            except Unfit:  # it is laid out itself
                continue


_Marks = dict[int, list[tuple[Stroke, bool]]]  # of each slot's cell: what marks it, and whether above what all grids have


class _Laid:
    """A grid that was laid out, as what its cells are made of."""

    def __init__(self, cells: Grid, unit: Unit) -> None:
        self.cells, self.unit = cells, unit

    @cached_property
    def segments(self) -> list[list[Any]]:
        """The parts of its code, those of each piece of content by themselves."""
        found: list[list[Any]] = [[]]
        for part in self.unit.parts:
            found[-1].append(part)
            if part == b"EMC":
                found.append([])
        return found

    @cached_property
    def lines(self) -> dict[int, Line]:
        """The line of each slot."""
        return {slot: line for top in self.unit.lines for line, slot in _slots(top)}

    def place(self, slot: int) -> int:
        """Which segment a slot stands in. Raises: Unfit where something in it belongs to this grid alone."""
        word = self.unit.slots[slot]
        for number, segment in enumerate(self.segments):
            if any(type(part) is tuple and part[:2] == ("word", word) for part in segment):
                if all(ANYWHERE.fullmatch(part) for part in segment if type(part) is bytes):
                    return number
                break
        raise Unfit("a cell is more than text")

    def strokes(self, number: int) -> list[Stroke]:
        """What is drawn around something, where the grid begins at the top of a page."""
        return [stroke.lifted(-self.unit.top) for stroke in self.unit.held[number].strokes]

    def slot_of(self, stroke: Stroke) -> int:
        """The slot of the cell that a stroke marks. Raises: Unfit."""
        (x, y), found = stroke.middle, []
        for slot in self.cells.slots:
            line, run = self.lines[slot], self.unit.words[self.unit.slots[slot]].run
            across, up = x - line.x - line.room / 2, y - (run.y - self.unit.top + MIDDLE * run.size)
            found.append((max(abs(across), abs(up)), slot))
        near, slot = min(found)
        if near > WITHIN:
            raise Unfit("a mark belongs to no cell")
        return slot


def _slots(line: Line) -> Iterator[tuple[Line, int]]:
    for item in line.items:
        if isinstance(item, Word) and item.slot is not None:
            yield line, item.slot
        elif isinstance(item, Block):
            for inner in item.lines:
                yield from _slots(inner)


class _Family:
    """Grids that differ in nothing but the classes of their cells."""

    def __init__(self, known: Sequence[_Laid]) -> None:
        self.known, self.base = known, known[0].unit

    @cached_property
    def even(self) -> bool:
        """Whether they have everything in the same place."""
        return all(_alike(self.known[0], other) for other in self.known)

    def unit(self, cells: Grid, form: Any) -> Unit:
        """One more of them, put together. Raises: Unfit."""
        if not self.even:
            raise Unfit("cells with other marks move something")
        sources = {slot: self._source(place, cells.classes[place]) for place, slot in enumerate(cells.slots)}
        made = replace(self.base, words=dict(self.base.words), slots=dict(self.base.slots), known={})
        segments, lines = list(self.known[0].segments), dict[int, Line]()
        for slot, source in sources.items():
            if not source:
                continue
            laid, apart = self.known[source], APART * source
            place, word, up = laid.place(slot), laid.unit.slots[slot], self.base.top - laid.unit.top
            segments[place] = [_elsewhere(part, apart, up) for part in laid.segments[place]]
            lines[slot] = _renumbered(laid.lines[slot], apart)
            run = laid.unit.words[word].run
            made.words[word + apart] = replace(laid.unit.words[word], run=replace(run, y=run.y + up), known={})
            made.slots[slot] = word + apart
        made.parts = [part for segment in segments for part in segment]
        made.lines = [_with(line, lines) for line in self.base.lines]
        made.held = [self._held(number, sources, form) for number in range(len(self.base.held))]
        return made

    def _source(self, place: int, kind: str) -> int:
        """The first grid in which a cell has a class. Raises: Unfit."""
        for number, laid in enumerate(self.known):
            if laid.cells.classes[place] == kind:
                return number
        raise Unfit(f"no cell at this place is {kind!r}")

    def _held(self, number: int, sources: Mapping[int, int], form: Any) -> Held:
        """What is drawn around something in the grid: what all have, and the marks of each cell, below it or above."""
        kept, marks = self._drawn[number]
        below, above = list[Stroke](), list[Stroke]()
        for slot, source in sources.items():
            for stroke, over in marks[source].get(slot, ()):
                (above if over else below).append(stroke)
        drawn = (*below, *kept, *above)
        return replace(self.base.held[number], strokes=drawn, form=form(b"\n".join(stroke.code() for stroke in drawn)))

    @cached_property
    def _drawn(self) -> list[tuple[list[Stroke], list[_Marks]]]:
        """Of each thing around which something is drawn: the strokes of all grids, and the marks of the cells of each.

        Raises: Unfit where cells of one class are not marked alike.
        """
        return [self._apart(number) for number in range(len(self.base.held))]

    def _apart(self, number: int) -> tuple[list[Stroke], list[_Marks]]:
        found = [[(stroke, stroke.seen) for stroke in laid.strokes(number)] for laid in self.known]
        common = set.intersection(*({seen for _, seen in strokes} for strokes in found))
        every, counts = list[_Marks](), dict[tuple[int, str], set[int]]()
        for laid, strokes in zip(self.known, found, strict=True):
            marks: _Marks = {}
            over = False
            for stroke, seen in strokes:
                over = over or seen in common
                if seen not in common:
                    marks.setdefault(laid.slot_of(stroke), []).append((stroke.lifted(self.base.top), over))
            for slot, kind in zip(laid.cells.slots, laid.cells.classes, strict=True):
                counts.setdefault((slot, kind), set()).add(len(marks.get(slot, ())))
            every.append(marks)
        if any(len(several) > 1 for several in counts.values()):
            raise Unfit("cells of one class are marked in several ways")
        return [stroke.lifted(self.base.top) for stroke, seen in found[0] if seen in common], every


def _alike(one: _Laid, other: _Laid) -> bool:
    """Whether two grids have everything in the same place, so that cells can be exchanged."""
    a, b = one.unit, other.unit
    same = (a.margins, a.around, a.keeps, a.marked, a.contents, len(a.held)) == (
        b.margins, b.around, b.keeps, b.marked, b.contents, len(b.held)
    )
    near = abs(a.height - b.height) < NEAR and one.lines.keys() == other.lines.keys()
    pairs = [(one.lines[slot], other.lines[slot]) for slot in one.cells.slots] if near else []
    lines = all(abs(x.x - y.x) < NEAR and abs(x.room - y.room) < NEAR and x.align == y.align for x, y in pairs)
    heads = [[segment[:1] for segment in laid.segments] for laid in (one, other)]
    places = near and all(one.place(slot) == other.place(slot) for slot in one.cells.slots)
    return same and near and lines and heads[0] == heads[1] and places


def _elsewhere(part: Any, apart: int, up: float) -> Any:
    """Code of another grid: its words have numbers of their own, and stand so much higher."""
    if type(part) is tuple and part[0] == "word":
        _, word, run = part
        return "word", word + apart, replace(run, y=run.y + up)
    return part


def _renumbered(line: Line, apart: int) -> Line:
    return replace(line, items=[_item(item, apart) for item in line.items])


def _item(item: Any, apart: int) -> Any:
    if isinstance(item, Word):
        return replace(item, place=item.place + apart)
    if isinstance(item, Bound):
        return replace(item, number=item.number + apart)
    return replace(item, lines=[_renumbered(line, apart) for line in item.lines]) if isinstance(item, Block) else item


def _with(line: Line, others: Mapping[int, Line]) -> Line:
    """A line in which those of some slots are other ones."""
    for item in line.items:
        if isinstance(item, Word) and item.slot is not None and item.slot in others:
            return others[item.slot]
    inner = [
        replace(item, lines=[_with(each, others) for each in item.lines]) if isinstance(item, Block) else item
        for item in line.items
    ]
    return replace(line, items=inner)
