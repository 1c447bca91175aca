"""Points of a task laid out over its boxes, whole or half, boxes of one group alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from examgen.errors import InputError
from examgen.model import Ask

HALF = Fraction(1, 2)
Points = Fraction | Mapping[str, Fraction] | None


def distribute(asks: Sequence[Ask], points: Points) -> tuple[Fraction, ...]:
    """Points per box: the asks' own where None, a total shared out after them, or given by box key or group.

    Raises: InputError where there are fewer half points than boxes, or a box is given none.
    """
    if points is None:
        return tuple(ask.points for ask in asks)
    if isinstance(points, Mapping):
        return _given(asks, points)
    halves = points / HALF
    if halves.denominator != 1 or halves < len(asks):
        least = len(asks) * HALF
        raise InputError(
            f"{_shown(points)} points for {len(asks)} boxes: give whole or half points, at least {_shown(least)}"
        )
    return _shared(asks, int(halves))


def _given(asks: Sequence[Ask], points: Mapping[str, Fraction]) -> tuple[Fraction, ...]:
    known = {name for ask in asks for name in (ask.key, ask.group)}
    if unknown := [name for name in points if name not in known]:
        raise InputError(f"there is no box {unknown[0]!r}: boxes and groups are {', '.join(sorted(known - {''}))}")
    found = [points.get(ask.key, points.get(ask.group, ask.points)) for ask in asks]
    if wrong := [value for value in found if value < HALF or (value / HALF).denominator != 1]:
        raise InputError(f"{_shown(wrong[0])} points for a box: give whole or half points, at least 0.5")
    return tuple(found)


def _shared(asks: Sequence[Ask], halves: int) -> tuple[Fraction, ...]:
    groups: dict[tuple[str, Fraction], list[int]] = {}
    for place, ask in enumerate(asks):
        groups.setdefault((ask.group or ask.key, ask.points), []).append(place)
    members = list(groups.values())
    unit = halves / float(sum(ask.points for ask in asks))
    wanted = [float(weight) * unit for _, weight in groups]
    even = min(_splits([len(m) for m in members], halves), key=lambda split: _distance(split, wanted, members), default=None)
    result = [1] * len(asks)
    if even is None:  # no way to keep groups alike: the later boxes, where results stand, get the rest
        spare = halves - len(asks)
        result = [1 + spare // len(asks) + (place >= len(asks) - spare % len(asks)) for place in range(len(asks))]
    else:
        for share, places in zip(even, members, strict=True):
            for place in places:
                result[place] = share
    return tuple(share * HALF for share in result)


def _splits(sizes: Sequence[int], halves: int) -> Iterator[tuple[int, ...]]:
    """Every way to give each group so many half points per box, at least one, that uses all of them."""
    if len(sizes) == 1:
        if halves % sizes[0] == 0 and halves >= sizes[0]:
            yield (halves // sizes[0],)
        return
    for share in range(1, (halves - sum(sizes[1:])) // sizes[0] + 1):
        for rest in _splits(sizes[1:], halves - share * sizes[0]):
            yield (share, *rest)


def _distance(split: Sequence[int], wanted: Sequence[float], members: Sequence[Sequence[int]]) -> float:
    return sum(len(m) * (share - w) ** 2 for share, w, m in zip(split, wanted, members, strict=True))


def _shown(value: Fraction) -> str:
    return f"{float(value):g}"
