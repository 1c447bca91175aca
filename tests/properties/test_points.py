"""Points shared out over boxes: nothing lost, whole or half, groups alike wherever that can be."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examgen.errors import InputError
from examgen.model import Ask
from examgen.points import HALF, MOST, distribute
from examgen.registry import problems
from examgen.solving import draw


def boxes(*groups: tuple[str, int, Fraction]) -> tuple[Ask, ...]:
    """Boxes as (group, how many, points each)."""
    return tuple(Ask(f"{name}{i}", "n", "x", points=points, group=name) for name, count, points in groups for i in range(count))


GROUPS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=4).map(
    lambda sizes: boxes(*((f"g{i}_", count, weight * HALF) for i, (count, weight) in enumerate(sizes)))
)


def by_group(asks: Sequence[Ask], shares: Sequence[Fraction]) -> dict[str, set[Fraction]]:
    found: dict[str, set[Fraction]] = {}
    for ask, share in zip(asks, shares, strict=True):
        found.setdefault(ask.group, set()).add(share)
    return found


def splits(asks: Sequence[Ask], total: Fraction) -> list[tuple[Fraction, ...]]:
    """Every way to give each group equal half points that add up to the total, by trying all."""
    names = list(dict.fromkeys(ask.group for ask in asks))
    sizes = [sum(ask.group == name for ask in asks) for name in names]
    ranges = [range(1, int(total / HALF) // size + 1) for size in sizes]
    ways = [way for way in product(*ranges) if sum(s * w for s, w in zip(sizes, way, strict=True)) * HALF == total]
    return [tuple(dict(zip(names, way, strict=True))[ask.group] * HALF for ask in asks) for way in ways]


def distance(asks: Sequence[Ask], shares: Sequence[Fraction], total: Fraction) -> Fraction:
    """From what the asks' own weights want, squared."""
    unit = total / sum(ask.points for ask in asks)
    return sum(((share - ask.points * unit) ** 2 for ask, share in zip(asks, shares, strict=True)), Fraction(0))


@given(asks=GROUPS, halves=st.integers(1, 24))
def test_a_total_is_shared_out_exactly(asks: tuple[Ask, ...], halves: int) -> None:
    """The shares add up to the total, are whole or half, at least half, one per box; too few points are refused."""
    total = halves * HALF
    if halves < len(asks):
        with pytest.raises(InputError, match=f"for {len(asks)} boxes"):
            distribute(asks, total)
        return
    shares = distribute(asks, total)
    assert (total, len(asks)) == (sum(shares), len(shares))
    assert all(share >= HALF and (share / HALF).denominator == 1 for share in shares)


@given(asks=GROUPS, halves=st.integers(1, 14))
def test_groups_are_alike_and_nearest_to_their_weights(asks: tuple[Ask, ...], halves: int) -> None:
    """As trying every split finds; boxes of a group differ only where no split has them alike."""
    total = halves * HALF
    if halves < len(asks):
        return
    shares, ways = distribute(asks, total), splits(asks, total)
    if ways:
        assert all(len(found) == 1 for found in by_group(asks, shares).values())
        assert min(distance(asks, way, total) for way in ways) == distance(asks, shares, total)
    else:
        assert max(shares) - min(shares) <= HALF


def test_unlike_groups_are_seen() -> None:
    """The tooth of the comparison: a split by hand that is uneven or farther away."""
    asks = boxes(("a", 2, Fraction(1)), ("b", 1, Fraction(2)))
    assert {HALF, Fraction(1)} == by_group(asks, (HALF, Fraction(1), Fraction(1)))["a"]
    best = distribute(asks, Fraction(4))
    assert (Fraction(1), Fraction(1), Fraction(2)) == best
    assert distance(asks, (HALF, HALF, Fraction(3)), Fraction(4)) > distance(asks, best, Fraction(4))


def test_what_is_left_over_goes_to_the_later_boxes() -> None:
    """Three boxes of one group cannot share two points alike: the result, which stands last, gets more."""
    asks = boxes(("a", 3, Fraction(1)))
    assert (HALF, HALF, Fraction(1)) == distribute(asks, Fraction(2))


def test_no_points_given_means_the_boxes_own() -> None:
    """As the problem states them."""
    asks = boxes(("a", 2, Fraction(1)), ("b", 1, HALF))
    assert (Fraction(1), Fraction(1), HALF) == distribute(asks, None)


def test_a_box_wins_over_its_group() -> None:
    """Points by name: a box's key, then its group, then the box's own."""
    asks = boxes(("a", 2, Fraction(1)), ("b", 1, Fraction(2)))
    given = {"a": Fraction(3, 2), "a1": HALF}
    assert (Fraction(3, 2), HALF, Fraction(2)) == distribute(asks, given)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (Fraction(0), "0 points for 3 boxes: give whole or half points, at least 1.5"),
        (Fraction(-2), "-2 points"),
        (Fraction(1), "1 points for 3 boxes"),
        (Fraction(9, 4), "2.25 points for 3 boxes"),
        (MOST + HALF, "at most 100"),
        ({"c": Fraction(1)}, "there is no box 'c': boxes and groups are a, a0, a1, b, b0"),
        ({"a": Fraction(1, 4)}, "0.25 points for a box"),
        ({"a": Fraction(-1)}, "-1 points for a box"),
        ({"a": Fraction(60)}, "at most 100"),
    ],
)
def test_impossible_points_are_refused(points: Fraction | dict[str, Fraction], words: str) -> None:
    """With a sentence that says what is possible."""
    with pytest.raises(InputError, match=words):
        distribute(boxes(("a", 2, Fraction(1)), ("b", 1, Fraction(2))), points)


def test_every_preset_can_be_given_points() -> None:
    """From half a point a box up to the most, exactly, and soon: trying all splits of seven groups takes minutes."""
    begun = perf_counter()
    for name, chosen in problems().items():
        for preset in chosen.presets.values():
            asks = chosen.asks(draw(name, preset, "points").params)
            for total in (len(asks) * HALF, Fraction(len(asks)), Fraction(20), Fraction(MOST)):
                assert total == sum(distribute(asks, total))
    assert perf_counter() - begun < 60
