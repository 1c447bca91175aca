"""Classes to seat: rooms with gaps, and what a plan must hold whoever sits where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import combinations

from hypothesis import strategies as st

from examgen.copies import Copy, Plan

Place = tuple[int, int]

PLACES = st.tuples(st.integers(1, 9), st.integers(1, 12))
SPARSE = st.lists(PLACES, min_size=1, max_size=60, unique=True)
FULL = st.builds(
    lambda rows, seats: [(row, seat) for row in range(1, rows + 1) for seat in range(1, seats + 1)],
    st.integers(1, 7), st.integers(1, 8),
)  # fmt: skip
GAPS = st.builds(lambda room, without: [place for place in room if place not in without] or [(1, 1)], FULL, st.sets(PLACES))
ROOMS = SPARSE | FULL | GAPS


def people(places: Iterable[Place]) -> list[Copy]:
    """Somebody at each place, named after it."""
    return [Copy(name=f"{row}/{seat}", row=row, seat=seat) for row, seat in places]


def clashes(plan: Plan) -> set[frozenset[Place]]:
    """Pairs of places beside, behind or across each other with the same variant, found by looking at all pairs."""
    seated = [copy for copy in plan.copies if copy.row]
    return {
        frozenset((one.place, other.place))
        for one, other in combinations(seated, 2)
        if abs(one.row - other.row) <= 1 and abs(one.seat - other.seat) <= 1 and one.variant == other.variant
    }


def told(plan: Plan) -> set[frozenset[Place]]:
    """The pairs that a plan names."""
    return {frozenset((conflict.first.place, conflict.second.place)) for conflict in plan.conflicts}


def counts(plan: Plan, variants: int) -> list[int]:
    """How often each variant that may be used is used."""
    used = Counter(copy.variant for copy in plan.copies)
    return [used[variant] for variant in range(1, min(variants, len(plan.copies)) + 1)]
