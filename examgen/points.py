"""Points of a task laid out over its boxes, whole or half, boxes of one group alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from math import lcm

from examgen.errors import InputError
from examgen.model import Ask

HALF = Fraction(1, 2)
MOST = 100  # points of a task
Points = Fraction | Mapping[str, Fraction] | None


def distribute(asks: Sequence[Ask], points: Points) -> tuple[Fraction, ...]:
    """Points per box: the asks' own where None, a total shared out after them, or given by box key or group.

    Raises: InputError where there are fewer half points than boxes, a box is given none, or the task more than 100.
    """
    if points is None:
        return tuple(ask.points for ask in asks)
    if isinstance(points, Mapping):
        return _given(asks, points)
    if points > MOST:
        raise InputError(f"{_shown(points)} points for a task: give at most {MOST}")
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
    if sum(found) > MOST:
        raise InputError(f"{_shown(sum(found, Fraction(0)))} points for a task: give at most {MOST}")
    return tuple(found)


def _shared(asks: Sequence[Ask], halves: int) -> tuple[Fraction, ...]:
    groups: dict[tuple[str, Fraction], list[int]] = {}
    for place, ask in enumerate(asks):
        groups.setdefault((ask.group or ask.key, ask.points), []).append(place)
    unit = halves / sum(ask.points for ask in asks)
    even = _even(tuple(map(len, groups.values())), tuple(weight * unit for _, weight in groups), halves)
    if even is None:  # no way to keep groups alike: the later boxes, where results stand, get the rest
        least, spare = divmod(halves, len(asks))
        return tuple((least + (place >= len(asks) - spare)) * HALF for place in range(len(asks)))
    shares = {place: share for share, places in zip(even, groups.values(), strict=True) for place in places}
    return tuple(shares[place] * HALF for place in range(len(asks)))


@cache
def _even(sizes: tuple[int, ...], wanted: tuple[Fraction, ...], halves: int) -> tuple[int, ...] | None:
    """Half points per box of each group, at least one, that use all of them and lie nearest to what is wanted.

    None where there is no such way. Ties go to the smaller shares of the earlier groups. Built from the last group
    back, one best split per number of half points used: trying all splits takes minutes for seven groups.
    """
    scale = lcm(*(wish.denominator for wish in wanted))  # costs in whole numbers
    best: dict[int, tuple[int, tuple[int, ...]]] = {0: (0, ())}
    for size, wish in zip(reversed(sizes), reversed(wanted), strict=True):
        longer: dict[int, tuple[int, tuple[int, ...]]] = {}
        for used, (cost, split) in best.items():
            for share in range(1, (halves - used) // size + 1):
                found = (cost + size * int((share - wish) * scale) ** 2, (share, *split))
                total = used + share * size
                longer[total] = min(found, longer.get(total, found))
        best = longer
    return best[halves][1] if halves in best else None


def _shown(value: Fraction) -> str:
    return f"{float(value):g}"
