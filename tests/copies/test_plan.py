"""Who gets which variant: neighbours differ, all variants are used alike, and nothing depends on the order of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examgen.copies import Copy, Plan, Room, plan
from examgen.errors import InputError
from examgen.spreadsheets import harmless, seen
from tests.copies.classes import ROOMS, Place, clashes, counts, people, told

SEED = "6d1f0c52e7b94a38"


def even(plan: Plan, variants: int) -> bool:
    found = counts(plan, variants)
    return max(found) - min(found) <= 1


@given(ROOMS, st.integers(4, 12))
def test_no_neighbours_have_the_same_variant(places: list[Place], variants: int) -> None:
    """Any room with gaps, four variants or more."""
    made = plan(people(places), variants, SEED)
    assert set() == clashes(made)
    assert () == made.conflicts


@given(ROOMS, st.integers(5, 12), st.integers(0, 5))
def test_variants_are_used_alike(places: list[Place], variants: int, spare: int) -> None:
    """From five variants on, spare copies among them: no more than one apart, and none that is not needed."""
    made = plan(people(places), variants, SEED, spare=spare)
    assert even(made, variants)
    assert set(made.variants) == set(range(1, min(variants, len(places) + spare) + 1))


@given(st.integers(1, 12), st.integers(1, 80), st.integers(0, 5))
def test_a_pile_without_seats_is_interleaved(variants: int, count: int, spare: int) -> None:
    """As many copies in a row as there are variants have different ones, and all are used alike."""
    made = plan([], variants, SEED, count=count, spare=spare)
    dealt = [copy.variant for copy in made.copies]
    width = min(variants, len(dealt))
    assert {width} == {len({*dealt[i : i + width]}) for i in range(len(dealt) - width + 1)}
    assert even(made, variants)


@given(ROOMS, st.integers(1, 12))
def test_every_conflict_is_told_and_nothing_else(places: list[Place], variants: int) -> None:
    """Found by comparing all pairs of seats."""
    made = plan(people(places), variants, SEED)
    assert clashes(made) == told(made)
    assert len(told(made)) == len(made.conflicts)


def test_a_conflict_names_both_seats() -> None:
    """And the variant, in one line."""
    (conflict,) = plan(people([(2, 4), (2, 3)]), 1, SEED).conflicts
    assert "row 2, seat 3 and row 2, seat 4 both have variant 1" == str(conflict)


@pytest.mark.parametrize(("variants", "most"), [(2, 84), (3, 42), (4, 0)])
def test_few_variants_clash_as_little_as_a_regular_pattern(variants: int, most: int) -> None:
    """A full room of 8 rows of 12: stripes, stripes with one variant between, parities."""
    made = plan([], variants, SEED, room=Room(8, 12))
    assert len(made.conflicts) <= most


def test_seats_apart_are_dealt_evenly() -> None:
    """Every second seat of every second row, where a pattern of parities would give everybody the same."""
    made = plan(people([(row, seat) for row in range(1, 12, 2) for seat in range(1, 12, 2)]), 4, SEED)
    assert [9, 9, 9, 9] == counts(made, 4)


@given(ROOMS, st.integers(1, 12), st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(places: list[Place], variants: int, chance: Random) -> None:
    """Where everybody has a seat: the same pile, by row and seat."""
    mixed = list(places)
    chance.shuffle(mixed)
    made = plan(people(places), variants, SEED)
    assert made == plan(people(mixed), variants, SEED)
    assert sorted(places) == [copy.place for copy in made.copies]


def test_another_seed_deals_otherwise() -> None:
    """The tooth of reproducibility: another seed or sitting gives another deal, the same ones the same."""
    def dealt(seed: str, sitting: int = 1) -> list[int]:
        return [copy.variant for copy in plan([], 6, seed, room=Room(8, 12), sitting=sitting).copies]

    assert dealt(SEED) == dealt(SEED)
    assert dealt(SEED) != dealt("another seed") != dealt(SEED, 2)


@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("variants", [4, 5, 6])
def test_a_free_seat_between_makes_no_equal_neighbours(variants: int, step: int) -> None:
    """Where everybody sits every second seat, in every row or every second one, the next person has another variant too."""
    places = [(row, seat) for row in range(1, 8 * step, step) for seat in range(1, 16, 2)]
    dealt = {copy.place: copy.variant for copy in plan(people(places), variants, SEED).copies}
    near = ((0, 2), (step, 0), (step, 2), (step, -2))
    others = {(row, seat): [dealt.get((row + i, seat + j)) for i, j in near] for row, seat in places}
    assert [] == [place for place in places if dealt[place] in others[place]]


def test_rows_of_four_variants_are_turned_each_by_itself() -> None:
    """So that nobody knows a row two away by one's own: a regular pattern, the tooth, would have one kind of row pair."""
    rows = [[copy.variant for copy in plan([], 4, SEED, room=Room(12, 6)).copies if copy.row == row] for row in range(1, 13)]
    assert 4 == len({tuple(row) for row in rows})


@pytest.mark.parametrize("name", ["علی\u200cرضا", "क्\u200dष"])
def test_letters_may_be_joined_by_signs_without_width(name: str) -> None:
    """As names of some scripts need them; other signs that nobody sees are none of a name."""
    assert seen(name) and name in harmless(name)
    assert not seen("a\u202eb") and not seen("a\u0000b")


@given(ROOMS)
def test_everybody_has_an_own_variant_where_there_are_enough(places: list[Place]) -> None:
    """The first ones, each once."""
    made = plan(people(places), len(places) + 3, SEED)
    assert list(range(1, len(places) + 1)) == sorted(copy.variant for copy in made.copies)


def test_a_room_is_filled_row_by_row() -> None:
    """In the order of the list; those who have seats keep them, and the nameless come last."""
    listed = [Copy(name="a"), Copy(name="b"), Copy(name="c")]
    made = plan(listed, 5, SEED, room=Room(2, 3), count=5)
    assert [("a", 1, 1), ("b", 1, 2), ("c", 1, 3), ("", 2, 1), ("", 2, 2)] == _places(made)
    seated = [replace(listed[0], row=1, seat=2), replace(listed[1], row=2, seat=1)]
    assert [("", 1, 1), ("a", 1, 2), ("", 1, 3), ("b", 2, 1)] == _places(plan(seated, 5, SEED, room=Room(2, 3), count=4))
    assert 6 == len(plan([], 5, SEED, room=Room(2, 3)).copies)


def _places(made: Plan) -> list[tuple[str, int, int]]:
    return [(copy.name, copy.row, copy.seat) for copy in made.copies]


def test_those_without_a_seat_follow_those_with_one() -> None:
    """Copies beyond a class list with seats, and spare ones at the very end."""
    made = plan(people([(2, 1), (1, 1)]), 5, SEED, count=4, spare=2)
    assert [("1/1", False), ("2/1", False), ("", False), ("", False), ("", True), ("", True)] == [
        (copy.name, copy.spare) for copy in made.copies
    ]
    assert [1, 1, 1, 1, 2] == sorted(counts(made, 5))


def test_what_single_students_need_is_kept() -> None:
    """Minutes, large print and language go with the copy."""
    one = Copy(name="a", row=1, seat=1, minutes=60, large=True, language="en")
    (copy,) = plan([one], 3, SEED).copies
    assert replace(one, variant=1) == copy


@pytest.mark.parametrize(
    ("listed", "count", "room", "says"),
    [
        (3, 2, None, "--copies 2: the class list has 3 people, give at least as many copies"),
        (7, None, Room(2, 3), "--room 2x3: has 6 seats for 7 copies, 1 too few"),
        (1, 9, Room(2, 3), "--room 2x3: has 6 seats for 9 copies, 3 too few"),
        (0, 20_001, None, "20001 copies are too many, at most 20000 can be made at once"),
        (0, None, Room(30, 40), "1200 copies have seats, at most 1000 can be dealt at once: give rows and seats to fewer"),
    ],
)
def test_what_does_not_fit_is_told(listed: int, count: int | None, room: Room | None, says: str) -> None:
    """With how many are too many."""
    with pytest.raises(InputError) as failure:
        plan([Copy(name=str(place)) for place in range(listed)], 4, SEED, count=count, room=room)
    assert says == str(failure.value)


def test_notes_name_what_is_idle_and_who_clashes() -> None:
    """One line for one variant, a line for each pair otherwise, none where all is well."""
    two = people([(1, 1), (1, 2), (2, 1)])
    alone = "all neighbours have the same variant, since there is only one: four keep all apart"
    assert ("27 of 30 variants are on no sheet, since there are fewer copies",) == plan(two, 30, SEED).notes(30)
    assert (alone,) == plan(two, 1, SEED).notes(1)
    some = plan(two, 2, SEED)
    assert ("1 pair of neighbours has the same variant: four variants keep all apart", str(some.conflicts[0])) == some.notes(2)


@pytest.mark.parametrize("dealt", [(1, 1, 2), (1, 2, 1), (2, 1, 1)])
def test_equal_neighbours_are_found(dealt: Sequence[int]) -> None:
    """The tooth of the search for clashes: a pair made equal on purpose is found and told."""
    broken = Plan(tuple(replace(copy, variant=one) for copy, one in zip(people([(1, 1), (1, 2), (2, 2)]), dealt, strict=True)))
    (pair,) = clashes(broken)
    assert {pair} == told(broken)
