"""Who gets which variant: a class, a number of copies or a room, dealt the variants of an exam."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heapreplace

from examgen.copies._copy import Copy, Room
from examgen.copies._seating import around, dealt
from examgen.drawing import Stream, key
from examgen.errors import InputError
from examgen.problem import PLENTY

SEATS = 1_000  # that variants are dealt to: a room, in which neighbours are kept apart


@dataclass(frozen=True)
class Conflict:
    """Two neighbours with the same variant."""

    first: Copy
    second: Copy

    def __str__(self) -> str:
        one, other = (f"row {copy.row}, seat {copy.seat}" for copy in (self.first, self.second))
        return f"{one} and {other} both have variant {self.first.variant}"


@dataclass(frozen=True)
class Plan:
    """All copies in the order of the pile: by row and seat, then those without a seat, spare ones last."""

    copies: tuple[Copy, ...]

    @property
    def variants(self) -> tuple[int, ...]:
        """The numbers of the variants that somebody gets."""
        return tuple(sorted({copy.variant for copy in self.copies}))

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Neighbours with the same variant, each pair once."""
        by_place = {copy.place: copy for copy in self.copies if copy.seated}
        return tuple(
            Conflict(by_place[place], by_place[other])
            for place, others in around(by_place).items()
            for other in sorted(others)
            if place < other and by_place[place].variant == by_place[other].variant
        )

    def notes(self, variants: int) -> tuple[str, ...]:
        """What somebody should know before printing, where the exam has so many variants."""
        idle, conflicts = variants - len(self.variants), self.conflicts
        told = [f"{idle} of {variants} variants are on no sheet, since there are fewer copies"] if idle else []
        if len(self.variants) == 1 and conflicts:
            told.append("all neighbours have the same variant, since there is only one: four keep all apart")
        elif conflicts:
            pairs = f"{len(conflicts)} pairs of neighbours have" if len(conflicts) > 1 else "1 pair of neighbours has"
            told.append(f"{pairs} the same variant: four variants keep all apart")
            told += map(str, conflicts)
        return tuple(told)

    def __str__(self) -> str:
        named, large = sum(bool(copy.name or copy.id) for copy in self.copies), sum(copy.large for copy in self.copies)
        spare = sum(copy.spare for copy in self.copies)
        parts = ((named, "with names"), (large, "in large print"), (spare, "spare"))
        told = "".join(f", {count} {what}" for count, what in parts if count)
        copies, variants = len(self.copies), len(self.variants)
        return f"{copies} cop{'y' if copies == 1 else 'ies'} of {variants} variant{'s' * (variants != 1)}{told}"


def plan(
    people: Sequence[Copy], variants: int, seed: str, *, count: int | None = None, room: Room | None = None, spare: int = 0,
    sitting: int = 1,
) -> Plan:
    """The copies of an exam of so many variants: for `people`, nameless ones up to `count`, and `spare` ones.

    Those who have no seat get the free ones of the room, row by row; a room for nobody in particular is filled. No two
    neighbours have the same variant where there are four variants or more. No more variants are used than copies are needed.
    Raises: InputError where people, count and room do not fit together.
    """
    wanted = _wanted(people, count, room)
    if wanted + spare > PLENTY:
        raise InputError(f"{wanted + spare} copies are too many, at most {PLENTY} can be made at once")
    all_of_them = _placed([*people, *[Copy()] * (wanted - len(people))], room)
    used = min(variants, len(all_of_them) + spare)
    stream = Stream(key(seed, "copies", sitting))
    seated = sorted((copy for copy in all_of_them if copy.seated), key=lambda copy: copy.place)
    if len(seated) > SEATS:
        raise InputError(f"{len(seated)} copies have seats, at most {SEATS} can be dealt at once: give rows and seats to fewer")
    by_place = dealt([copy.place for copy in seated], used, stream.fork("seats")) if seated else {}
    pile = [replace(copy, variant=by_place[copy.place]) for copy in seated]
    rest = [*(copy for copy in all_of_them if not copy.seated), *[Copy(spare=True)] * spare]
    turns = _in_turn(Counter(copy.variant for copy in pile), stream.fork("pile").shuffled(range(1, used + 1)))
    return Plan((*pile, *(replace(copy, variant=next(turns)) for copy in rest)))


def _wanted(people: Sequence[Copy], count: int | None, room: Room | None) -> int:
    if count is not None and count < len(people):
        raise InputError(f"--copies {count}: the class list has {len(people)} people, give at least as many copies")
    if count is not None or people:
        return max(count or 0, len(people))
    if room is None:
        raise InputError("there is nobody to make copies for: give --roster, --copies or --room")
    return room.size


def _placed(copies: Sequence[Copy], room: Room | None) -> list[Copy]:
    """Everybody in a room has a seat. Raises: InputError where there are too few."""
    if room is None:
        return list(copies)
    if room.size < len(copies):
        raise InputError(f"--room {room}: has {room.size} seats for {len(copies)} copies, {len(copies) - room.size} too few")
    taken = {copy.place for copy in copies}
    places = ((row, seat) for row in range(1, room.rows + 1) for seat in range(1, room.seats + 1))
    free = (place for place in places if place not in taken)
    return [copy if copy.seated else _at(copy, next(free)) for copy in copies]


def _at(copy: Copy, place: tuple[int, int]) -> Copy:
    return replace(copy, row=place[0], seat=place[1])


def _in_turn(used: Counter[int], order: Sequence[int]) -> Iterator[int]:
    """Without end: of the least used variants the first in the order, so that equals come one after another."""
    waiting = [(used[variant], place, variant) for place, variant in enumerate(order)]
    heapify(waiting)
    while True:
        count, place, variant = waiting[0]
        heapreplace(waiting, (count + 1, place, variant))
        yield variant
