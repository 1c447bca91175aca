"""Variants dealt to seats so that neighbours differ and all are used alike: a colouring of the seats.

With five variants and more, seat after seat takes the least used one that none of its neighbours has: at most four of them
are dealt before it. With four the parities of row and seat tell neighbours apart. With fewer some neighbours have to share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from examgen.drawing import Stream

Seat = tuple[int, int]  # row and seat
Dealt = dict[Seat, int]
AROUND = tuple((row, seat) for row in (-1, 0, 1) for seat in (-1, 0, 1) if (row, seat) != (0, 0))
ENOUGH = 4  # variants that no room is short of
TRIES = 20  # deals by chance, of which the best counts
# regular deals to so many variants, by the parities of row and seat
PATTERNS: Mapping[int, tuple[Callable[[int, int], int], ...]] = {
    1: (lambda row, seat: 0,),
    2: (lambda row, seat: row, lambda row, seat: seat),
    3: (lambda row, seat: row if seat else 2, lambda row, seat: seat if row else 2),
    4: (lambda row, seat: 2 * row + seat,),
}


def around(seats: Iterable[Seat]) -> dict[Seat, tuple[Seat, ...]]:
    """The neighbours of each seat: up to eight."""
    there = set(seats)
    return {
        (row, seat): tuple(near for i, j in AROUND if (near := (row + i, seat + j)) in there) for row, seat in sorted(there)
    }


def dealt(seats: Iterable[Seat], variants: int, stream: Stream) -> Dealt:
    """A variant, from 1 on, for each seat, whatever their order.

    Where variants are many enough the room is closed up first: rows and seats that nobody takes are left out, so that those
    who sit next to each other with a free seat between them differ as well.
    """
    if variants >= ENOUGH:
        closed = _closed_up(seats)
        found = _best(closed.values(), variants, stream)
        return {place: found[close] for place, close in closed.items()}
    return _best(seats, variants, stream)


def _closed_up(seats: Iterable[Seat]) -> dict[Seat, Seat]:
    """Each seat's place among the rows and the seats that are taken at all; neighbours stay neighbours."""
    taken = sorted(seats)
    rows, columns = (
        {number: place for place, number in enumerate(sorted({seat[axis] for seat in taken}))} for axis in (0, 1)
    )
    return {(row, seat): (rows[row], columns[seat]) for row, seat in taken}


def _best(seats: Iterable[Seat], variants: int, stream: Stream) -> Dealt:
    near = around(seats)
    best, least = {}, None
    for found in _deals(near, variants, stream):
        _balance(found, near, variants)
        badness = (_clashes(found, near), _spread(found, variants))
        if least is None or badness < least:
            best, least = found, badness
        if badness <= (0, 1):
            break
    names = stream.shuffled(range(1, variants + 1))  # so that a pattern says nothing about numbers
    return {place: names[variant] for place, variant in best.items()}


def _deals(near: Mapping[Seat, Sequence[Seat]], variants: int, stream: Stream) -> Iterator[Dealt]:
    # with four, neighbouring rows have different pairs, so that each row may turn its own: a neighbour's row tells nothing
    turned = {row: stream.below(2) if variants == ENOUGH else 0 for row in sorted({row for row, _ in near})}
    for rule in PATTERNS.get(variants, ()):
        yield _settled({(row, seat): rule(row % 2, (seat + turned[row]) % 2) for row, seat in near}, near, variants)
    for _ in range(TRIES):
        yield _settled(_by_chance(near, variants, stream), near, variants)


def _by_chance(near: Mapping[Seat, Sequence[Seat]], variants: int, stream: Stream) -> Dealt:
    """Seat after seat, one of those that clash least, and of them one of the least used."""
    found: Dealt = {}
    used = [0] * variants
    for place, neighbours in near.items():
        taken = Counter(found[other] for other in neighbours if other in found)
        cost = [(taken[variant], used[variant]) for variant in range(variants)]
        least = min(cost)
        found[place] = stream.choice([variant for variant in range(variants) if cost[variant] == least])
        used[found[place]] += 1
    return found


def _settled(found: Dealt, near: Mapping[Seat, Sequence[Seat]], variants: int) -> Dealt:
    """Seats changed one by one as long as that leaves fewer clashes."""
    moved = True
    while moved:
        moved = False
        for place, neighbours in near.items():
            taken = Counter(found[other] for other in neighbours)
            best = min(range(variants), key=lambda variant: taken[variant])
            if taken[best] < taken[found[place]]:
                found[place], moved = best, True
    return found


def _balance(found: Dealt, near: Mapping[Seat, Sequence[Seat]], variants: int) -> None:
    """Exchanges two variants in parts of the room, as long as that evens out how often they are used.

    A part is what hangs together of the seats with either of the two (a Kempe chain), so no clash is added or taken away.
    """
    while _evened(found, near, variants):
        pass


def _evened(found: Dealt, near: Mapping[Seat, Sequence[Seat]], variants: int) -> bool:
    used = Counter(found.values())
    pairs = ((used[a] - used[b], a, b) for a in range(variants) for b in range(variants) if used[a] - used[b] > 1)
    for difference, a, b in sorted(pairs, reverse=True):
        parts = list(_parts(found, near, {a, b}))
        excess = [sum(1 if found[place] == a else -1 for place in part) for part in parts]
        if chosen := _chosen(excess, difference):
            for place in (place for i in chosen for place in parts[i]):
                found[place] = a + b - found[place]
            return True
    return False


def _parts(found: Dealt, near: Mapping[Seat, Sequence[Seat]], pair: set[int]) -> Iterator[list[Seat]]:
    left = {place for place, variant in found.items() if variant in pair}
    for start in near:
        if start in left:
            left.discard(start)
            part = [start]
            for place in part:
                joining = [other for other in near[place] if other in left]
                left.difference_update(joining)
                part += joining
            yield part


def _chosen(excess: Sequence[int], difference: int) -> list[int]:
    """Which parts to exchange, so that the difference becomes as small as it can; none where nothing makes it smaller."""
    came: dict[int, tuple[int, int]] = {0: (-1, 0)}  # what can be reached: the last part taken for it, and what was before
    for part, more in enumerate(excess):
        for before in list(came):
            came.setdefault(before + more, (part, before))
        if difference // 2 in came:
            break
    sums = [total for total in came if 0 < total < difference]
    total = min(sums, key=lambda total: abs(2 * total - difference), default=0)
    chosen = []
    while total:
        part, total = came[total]
        chosen.append(part)
    return chosen


def _clashes(found: Dealt, near: Mapping[Seat, Sequence[Seat]]) -> int:
    return sum(found[place] == found[other] for place, neighbours in near.items() for other in neighbours) // 2


def _spread(found: Dealt, variants: int) -> int:
    used = Counter(found.values())
    counts = [used[variant] for variant in range(variants)]
    return max(counts) - min(counts)
