"""Pieces set one below another on pages: margins that meet are one, headings stay with what follows, steps stay whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from examgen.render.galley._fragments import Edge, Piece, classes
from examgen.render.galley._lines import Unfit
from examgen.render.galley._units import Code, Unit

SLACK = 0.02  # points that sums of heights may be off
THIRD = 0.333  # of the width from one column to the next: print.css says 32 % and 1.3 %


@dataclass
class Set:
    """A piece set: its unit, its code, and what holds it, outermost first, each by a number of its own."""

    piece: Piece
    unit: Unit
    code: Code
    holders: tuple[tuple[int, str], ...]
    gap: float = 0.0  # above it, where it does not begin a page
    over: float = 0.0  # above it, where it does and pages keep such margins
    x: float = 0.0  # to the right of where it was laid out
    y: float = 0.0  # from the top of its page
    bound: bool = False  # to what stands above it
    turns: bool = False  # it begins a page
    columns: list[Set] = field(default_factory=list)  # what stands side by side in its place

    @property
    def height(self) -> float:
        """Of itself, or of the longest column."""
        return max((one.y + one.code.height for one in self.columns), default=self.code.height)

    @property
    def table(self) -> int:
        """The number of the table that it is a row of; 0 where it is none."""
        return next((place for place, tag in self.holders if tag.startswith("<table")), 0)


@dataclass
class Leaf:
    """A page: what is set on it."""

    sets: list[Set] = field(default_factory=list)

    def put(self, one: Set, y: float) -> None:
        """Sets a piece, or columns of them, so far from the top."""
        for each in one.columns or [one]:
            self.sets.append(replace(each, y=y + (each.y if one.columns else 0.0)))


@dataclass(frozen=True)
class Frame:
    """What pages hold: how high and wide, in points; whether margins stay where a page begins without being told to."""

    high: float
    wide: float
    keeps: bool


Find = Callable[[Piece], tuple[Unit, Code]]


def pages(events: Sequence[Piece | Edge], find: Find, frame: Frame) -> list[Leaf]:
    """The pages of one document. Raises: Unfit where a piece is higher than a page."""
    sets = _gathered(events, find, frame.wide)
    heads = {one.table: one for one in sets if one.piece.html.startswith("<thead")}
    leaves: list[Leaf] = []
    used = frame.high
    for chunk in _chunks(sets):
        first = chunk[0]
        need = sum(one.height + one.gap for one in chunk) - first.gap
        if leaves and not first.turns and used + first.gap + need <= frame.high + SLACK:
            used += first.gap
        else:
            used = _turned(leaves, first, heads, frame)
        for place, one in enumerate(chunk):
            used += one.gap if place else 0.0
            if used + one.height > frame.high + SLACK:
                used = _turned(leaves, one, heads, frame)
                if used + one.height > frame.high:
                    raise Unfit("a piece is higher than a page")
            leaves[-1].put(one, used)
            used += one.height
    return leaves


def _turned(leaves: list[Leaf], first: Set, heads: Mapping[int, Set], frame: Frame) -> float:
    """A new page, which begins with the head of a table that goes on; gives how much of it is used."""
    margin = first.over if not leaves or first.turns or frame.keeps else 0.0
    leaves.append(Leaf())
    head = heads.get(first.table)
    if head is None or head is first:
        return margin
    leaves[-1].put(head, 0.0)
    return head.height


@dataclass
class _Meeting:
    """What has ended and begun since the last piece: depths of what holds pieces."""

    closed: list[int] = field(default_factory=list)
    opened: list[int] = field(default_factory=list)


def _gathered(events: Sequence[Piece | Edge], find: Find, wide: float) -> list[Set]:
    """Pieces with the gaps above them, and whether they stay with what stands there."""
    sets: list[Set] = []
    held: list[tuple[int, str]] = []
    meeting = _Meeting()
    place = 0
    while place < len(events):
        event = events[place]
        place += 1
        if isinstance(event, Edge) and event.opens and "mistakes" in classes(event.tag):
            end = next(i for i in range(place, len(events)) if _closes(events[i], event.tag))
            one = _side_by_side(events[place:end], find, (*held, (place, event.tag)), wide)
            place = end + 1
        elif isinstance(event, Edge):
            _edge(event, place, held, meeting)
            continue
        else:
            unit, code = find(event)
            one = Set(event, unit, code, tuple(held))
        one.over = max(_begins(one, meeting))
        if sets:
            _follow(sets[-1], one, meeting)
        sets.append(one)
        meeting = _Meeting()
    return sets


def _closes(event: Piece | Edge, tag: str) -> bool:
    return isinstance(event, Edge) and not event.opens and event.tag == tag


def _edge(event: Edge, place: int, held: list[tuple[int, str]], meeting: _Meeting) -> None:
    if event.opens:
        held.append((place, event.tag))
        meeting.opened.append(len(held) - 1)
    else:
        held.pop()
        meeting.closed.append(len(held))


def _side_by_side(events: Sequence[Piece | Edge], find: Find, held: tuple[tuple[int, str], ...], wide: float) -> Set:
    """Columns as one piece."""
    columns: list[list[Set]] = []
    depth = 0
    for event in events:
        if isinstance(event, Edge):
            depth += 1 if event.opens else -1
            if event.opens and depth == 1:
                columns.append([])
            continue
        unit, code = find(event)
        columns[-1].append(Set(event, unit, code, held, x=(len(columns) - 1) * THIRD * wide))
    for column in columns:
        y = before = 0.0
        for one in column:
            top, bottom = one.unit.margins
            y += max(before, top) if before or y else top
            one.y = y
            y += one.code.height
            before = bottom
    every = [one for column in columns for one in column]
    first = every[0]
    return replace(first, columns=every, x=0.0, y=0.0)


def _follow(before: Set, one: Set, meeting: _Meeting) -> None:
    above, below = before.unit, one.unit
    meets = [_margins(before)[1], *_begins(one, meeting)]
    meets += [above.around[depth].bottom for depth in meeting.closed if depth < len(above.around)]
    one.gap = max(meets)
    shared = set(before.holders) & set(one.holders)
    whole = any(holder in shared and below.around[i].whole for i, holder in enumerate(one.holders) if i < len(below.around))
    one.turns = any(above.around[depth].ends for depth in meeting.closed if depth < len(above.around))
    one.turns |= any(below.around[depth].turns for depth in meeting.opened if depth < len(below.around))
    one.bound = not one.turns and (above.keeps or whole or before.piece.html.startswith("<thead"))


def _begins(one: Set, meeting: _Meeting) -> list[float]:
    """The margins that meet where a piece begins: its own, and of what begins with it."""
    around = one.unit.around
    return [_margins(one)[0], *(around[depth].top for depth in meeting.opened if depth < len(around))]


def _margins(one: Set) -> tuple[float, float]:
    """The margins of a piece; of columns those of what holds them, the outermost but for sections."""
    if not one.columns:
        return one.unit.margins
    holder = one.unit.around[len(one.holders) - 1]
    return holder.top, holder.bottom


def _chunks(sets: Sequence[Set]) -> list[list[Set]]:
    chunks: list[list[Set]] = []
    for one in sets:
        if one.bound and chunks:
            chunks[-1].append(one)
        else:
            chunks.append([one])
    return chunks
