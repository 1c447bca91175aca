"""Pieces set one below another on pages: margins that meet are one, headings stay with what follows, steps stay whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from examgen.render.galley._fragments import Edge, Piece
from examgen.render.galley._lines import Unfit
from examgen.render.galley._units import Code, Unit

SLACK = 0.02  # points that sums of heights may be off


@dataclass
class Set:
    """A piece set: its unit, its code, and what holds it, outermost first, each by a number of its own."""

    piece: Piece
    unit: Unit
    code: Code
    holders: tuple[tuple[int, str], ...]
    gap: float = 0.0  # above it, where it does not begin a page
    y: float = 0.0  # from the top of its page
    bound: bool = False  # to what stands above it


@dataclass
class Leaf:
    """A page: what is set on it."""

    sets: list[Set] = field(default_factory=list)


Find = Callable[[Piece], tuple[Unit, Code]]


def pages(events: Iterable[Piece | Edge], find: Find, high: float) -> list[Leaf]:
    """The pages of one document, each `high` points. Raises: Unfit where a piece is higher than a page."""
    sets = _gathered(events, find)
    leaves: list[Leaf] = []
    used = high
    for chunk in _chunks(sets):
        need = sum(s.unit.height + s.gap for s in chunk) - chunk[0].gap
        if leaves and used + chunk[0].gap + need <= high + SLACK:
            used += chunk[0].gap
        else:
            leaves.append(Leaf())
            used = 0.0
        for place, one in enumerate(chunk):
            if place:
                used += one.gap
            if used + one.unit.height > high + SLACK:
                if not leaves[-1].sets or one.unit.height > high:
                    raise Unfit("a piece is higher than a page")
                leaves.append(Leaf())
                used = 0.0
            one.y = used
            used += one.unit.height
            leaves[-1].sets.append(one)
    return leaves


def _gathered(events: Iterable[Piece | Edge], find: Find) -> list[Set]:
    """Pieces with the gaps above them, and whether they stay with what stands there."""
    sets: list[Set] = []
    open_: list[tuple[int, str]] = []
    count = 0
    closed: list[int] = []  # depths of what was closed since the last piece
    opened: list[int] = []
    for event in events:
        if isinstance(event, Edge):
            if event.opens:
                count += 1
                open_.append((count, event.tag))
                opened.append(len(open_) - 1)
            else:
                open_.pop()
                closed.append(len(open_))
            continue
        unit, code = find(event)
        one = Set(event, unit, code, tuple(open_))
        if sets:
            _follow(sets[-1], one, closed, opened)
        sets.append(one)
        closed, opened = [], []
    return sets


def _follow(before: Set, one: Set, closed: Sequence[int], opened: Sequence[int]) -> None:
    meeting = [before.unit.margins[1], one.unit.margins[0]]
    meeting += [before.unit.around[depth].bottom for depth in closed if depth < len(before.unit.around)]
    meeting += [one.unit.around[depth].top for depth in opened if depth < len(one.unit.around)]
    one.gap = max(meeting)
    shared = set(before.holders) & set(one.holders)
    whole = any(holder in shared and one.unit.around[i].whole for i, holder in enumerate(one.holders))
    one.bound = before.unit.keeps or whole


def _chunks(sets: Sequence[Set]) -> list[list[Set]]:
    chunks: list[list[Set]] = []
    for one in sets:
        if one.bound and chunks:
            chunks[-1].append(one)
        else:
            chunks.append([one])
    return chunks
