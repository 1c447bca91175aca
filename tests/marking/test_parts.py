"""The marker's parts by themselves, at the ends of what they accept."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from examgen import keyfile
from examgen.answers import rounded
from examgen.errors import InputError
from examgen.honesty import SCALE
from examgen.keyfile import KeyBox, Rules
from examgen.marking import Accept, Corrections, follow, grade
from examgen.marking._answers import text_of
from examgen.marking._following import Follower, interval, middle
from examgen.marking._grading import points_of
from examgen.marking._judging import Answer, around, certain, coarse, followed, in_shape, share, within
from examgen.marking._marks import number
from examgen.marking._strip import _number, right_values
from examgen.marking._task import FOLLOWS, LEFT, Chain, TaskMarker, _same
from examgen.model import each
from examgen.written import Written
from tests.marking.keys import key_of


def box(value: Any = 1.25, *, whole: bool = False, shape: tuple[int, ...] = (), accept: Any = None) -> KeyBox:
    flat = [Fraction(cell) for cell in np.ravel(value).tolist()]
    ends = accept or tuple((cell - Fraction(1, 50), cell + Fraction(3, 100)) for cell in flat)
    return KeyBox("1a", "loss", "L", "loss", False, (), whole, shape, value, None, ends, 2, Fraction(1))


def wrote(one: KeyBox, value: Any, places: Any) -> Answer:
    return Answer(one, "", Written(value, places))


def units(low: str, high: str) -> tuple[int, int]:
    return int(Fraction(low) * SCALE), int(Fraction(high) * SCALE)


@pytest.mark.parametrize(
    ("wrong", "count", "cells", "worth"),
    [
        (0, 4, "all", "1"), (1, 4, "all", "0"), (0, 4, "half", "1"), (1, 4, "half", "1/2"), (2, 4, "half", "0"),
        (1, 1, "half", "0"), (1, 2, "half", "1/2"), (1, 4, "each", "3/4"), (4, 4, "each", "0"), (0, 1, "each", "1"),
    ],
)
def test_the_worth_of_a_box(wrong: int, count: int, cells: Any, worth: str) -> None:
    """All or nothing, half for all but one of several, or number by number."""
    assert Fraction(worth) == share(wrong, count, Rules(cells=cells))


def test_points_are_whole_where_they_are() -> None:
    """For JSON: 2, and not 2.0; a half stays one."""
    assert (2, 0.5, 0.25) == tuple(map(number, (Fraction(2), Fraction(1, 2), Fraction(1, 4))))
    assert (int, float) == (type(number(Fraction(4, 2))), type(number(Fraction(3, 2))))


@pytest.mark.parametrize(("told", "points"), [("1", 1), ("0,5", "1/2"), ("2.0000", 2), (2, 2), ("0", 0), (1.5, "3/2")])
def test_points_by_hand(told: Any, points: Any) -> None:
    """As many as the box has are still allowed."""
    assert Fraction(points) == points_of(told, "1a", Fraction(2))


@pytest.mark.parametrize("told", ["2.0001", "-1", "one", "", "1.00000", "0001", "1/2", "1e0", 3])
def test_points_that_are_none(told: Any) -> None:
    """The sentence names the box and its most."""
    with pytest.raises(InputError, match=r"^1a: .* give a number from 0 to 2$"):
        points_of(told, "1a", Fraction(2))


def test_a_written_decimal_may_hide_digits() -> None:
    """Up to half a unit nearer to 0 or a whole one further away; of 0 a unit both ways; a fraction hides none."""
    one = box(accept=None)
    for cell, places, low, high in (
        ("1.25", 2, "1.245", "1.26"), ("-1.25", 2, "-1.26", "-1.245"), ("0", 2, "-0.01", "0.01"),
        ("1.5", 1, "1.495", "1.51"), ("1.1234", 4, "1.12335", "1.1235"), ("4/3", None, "4/3", "4/3"),
    ):
        ((found_low, found_high),) = wrote(one, Fraction(cell), places).carried()
        assert (found_low, found_high) == interval(Fraction(low))[:1] + interval(Fraction(high))[1:]
        assert interval(Fraction(cell)) == wrote(one, Fraction(cell), places).carried(exact=True)[0]
    assert (interval(Fraction(3)),) == wrote(box(3.0, whole=True), Fraction(3), 0).carried()


def test_ends_of_an_interval_lie_outside() -> None:
    """A third is between two whole numbers of the scale; the middle is between the ends."""
    low, high = interval(Fraction(1, 3))
    assert (1, True) == (high - low, low < Fraction(SCALE, 3) < high)
    assert Fraction(2) == middle(units("1", "3"))


def test_what_follows_is_accepted_give_or_take_a_unit() -> None:
    """Of a whole number nothing but itself, where it is one but for a double's last digits; else to a hundredth."""
    assert [(Fraction("0.99"), Fraction("2.01"))] == followed(box(), (units("1", "2"),))
    assert [(Fraction(2), Fraction(2))] == followed(box(2.0, whole=True), (units("1.9999999999", "2.0000000001"),))
    assert [(Fraction("1.98"), Fraction("2.01"))] == followed(box(2.0, whole=True), (units("1.99", "2"),))
    assert [(Fraction("1.99"), Fraction("2.02"))] == followed(box(2.0, whole=True), (units("2", "2.01"),))


def test_what_follows_lies_near_what_comes_out() -> None:
    """No further than twenty units from it; of several ways the narrowest that may agree counts."""
    wide = [(Fraction(0), Fraction(10))]
    assert [(Fraction("4.8"), Fraction("5.3"))] == within(wide, [(units("5", "5.1"),)], box())
    assert [(Fraction("4.8"), Fraction("5.2"))] == within(wide, [(units("4", "6"),), (units("5", "5"),)], box())
    assert [(Fraction("3.8"), Fraction("6.2"))] == within(wide, [(units("4", "6"),), (units("11", "11"),)], box())
    assert wide == within(wide, [(units("11", "12"),)], box())
    assert [(Fraction(0), Fraction("0.2"))] == within(wide, [(units("-1", "0"),)], box())


def test_an_exact_number_is_certain_to_less_than_a_unit() -> None:
    assert certain((units("1", "1.009"),), box()) and not certain((units("1", "1.01"),), box())
    assert not certain((units("1", "1"), units("1", "2")), box())


def test_a_mistaken_result_is_as_wide_as_the_box_accepts() -> None:
    """Below and above by the widest of its numbers, a unit at least; a whole one is itself alone."""
    wide = box((1.0, 2.0), shape=(2,), accept=((Fraction(1), Fraction("1.05")), (Fraction("1.97"), Fraction(2))))
    assert ((2,), [(3 - Fraction("0.03"), 3 + Fraction("0.05"))] * 2) == around((3, 3), wide)
    assert ((), [(Fraction("2.99"), Fraction("3.01"))]) == around(3, box(1.0, accept=((Fraction(1), Fraction(1)),)))
    whole = box(2.0, whole=True, accept=((Fraction(2), Fraction(2)),))
    assert [[(Fraction(3), Fraction(3))]] * 2 == [around(3, whole)[1], around(3 + 1e-10, whole)[1]]
    assert [(Fraction(5, 2) - Fraction(1, 100), Fraction(5, 2) + Fraction(1, 100))] == around(2.5, whole)[1]


@pytest.mark.parametrize(
    ("cell", "places", "expected"),
    [("1.2", 1, True), ("1.3", 1, True), ("1.4", 1, False), ("1", 0, False), ("1.25", 2, True), ("1.2", None, False)],
)
def test_a_decimal_too_few(cell: str, places: int | None, expected: bool) -> None:
    """One is told of, more are not; what is right is right."""
    assert expected == coarse(wrote(box(), Fraction(cell), places))


def test_a_decimal_too_few_of_a_whole_number() -> None:
    """There is none, nor of an array of another size."""
    assert not coarse(wrote(box(2.0, whole=True), Fraction(2), 0))
    assert not coarse(wrote(box(), (Fraction("1.2"), Fraction("1.2")), (1, 1)))


def test_where_a_number_stands() -> None:
    """Row by row."""
    one = box(np.zeros((2, 3, 4)).tolist(), shape=(2, 3, 4), accept=((Fraction(0), Fraction(0)),) * 24)
    assert [(0, 0, 0), (0, 0, 3), (0, 1, 0), (1, 2, 3)] == [in_shape(Answer(one, ""), place) for place in (0, 3, 4, 23)]


def test_as_many_numbers_as_asked() -> None:
    """Axes of length 1 may be left out, others not; the ends belong to what is accepted."""
    row = wrote(box(), ((Fraction(1), Fraction(2)),), ((0, 0),))
    assert [True, True, False, False] == [row.long_as(dims) for dims in ((2,), (1, 2, 1), (2, 2), ())]
    ends = [(Fraction(1), Fraction(1)), (Fraction(1), Fraction(2))]
    assert ((), (0,), True) == (row.misses(ends), row.misses([(Fraction(2), Fraction(3)), ends[1]]), row.shows((2,), ends))


def test_numbers_that_are_the_same() -> None:
    """To twenty decimals."""
    one = Fraction(1, 3)
    assert _same([one], [one + Fraction(1, 10**20) - Fraction(1, 10**22)])
    assert not _same([one], [one + Fraction(1, 10**20)]) and not _same([one, one], [one, one + 1])


def test_answers_as_text() -> None:
    """Lists, arrays, dashes, None, and what is too long or too deep."""
    told = [None, "-", "—", " 1,5 ", [1, [2, "x"]], np.array([[1.5]]), 10**5000, [[[[[[[[[[1]]]]]]]]]]]
    found = list(map(text_of, told))
    assert ["", "", "", "1,5", "[1, [2, x]]", "[[1.5]]", "…"] == found[:-1] and "[…]" in found[-1]
    assert "…" == text_of(Fraction(10**5000, 3))


# ---- what was decided since, and what follows


def accepted(one: KeyBox, code: str = "AB", **told: Any) -> list[Any]:
    """What a correction makes right in the box of task 1."""
    variant, task = SimpleNamespace(code=code), SimpleNamespace(number=1, mistakes=())
    found: Any = Corrections((Accept("why", **told),)).accepted(variant, task, one)  # type: ignore[arg-type]  # all that is read
    return [bounds for _, bounds in found]


def test_a_value_that_is_accepted_too() -> None:
    """In its box and variant alone; give or take a unit of its last decimal or of the last asked, a whole one as it is."""
    tenth, hundredth = Fraction(1, 10), Fraction(1, 100)
    for text, slack in (("1.5", tenth), ("1.505", hundredth), ("3/2", hundredth)):
        assert [((), ((Fraction(text) - slack, Fraction(text) + slack),))] == accepted(box(), box="1a", value=text)
    assert [((), ((2, 2),))] == accepted(box(1.0, whole=True), box="1a", value="2")
    places = ("1a", "AB"), ("1a", "CD"), ("1b", None), ("1b", "AB")
    assert [1, 0, 0, 0] == [len(accepted(box(), value="1.5", box=label, variant=code)) for label, code in places]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (("followed",), True), (("followed", "right", "blank"), True), (("right",), False), (("blank",), False),
        (("followed", "wrong"), False), (("followed", "partial"), False), ((), False),
    ],
)
def test_all_that_comes_after_follows(after: tuple[str, ...], expected: bool) -> None:
    """Something does, and nothing written is wrong."""
    marker: Any = SimpleNamespace(follower=SimpleNamespace(below=(range(1, len(after) + 1),)))
    answers: Any = [SimpleNamespace(status=status) for status in ("wrong", *after)]
    assert expected == TaskMarker._goes_on(marker, 0, answers)


def test_each_way_is_held_against_an_answer() -> None:
    """Also where nobody gets anywhere on one before it, or something else comes out there."""
    ways = [None, ((), (units("7", "7"),)), ((), (units("5", "5"),))]
    follower: Any = SimpleNamespace(
        task=SimpleNamespace(boxes=(box(), box())),
        ways=lambda carried, *, exact=False: ways,
        expected=lambda carried, *, exact=False: ways[1:],
    )
    marker = TaskMarker.__new__(TaskMarker)
    marker.follower = follower
    answers = [wrote(box(), Fraction(number), 2) for number in (3, 5)]
    assert [2] == [chain.way for chain in marker._followed(follower, 1, (0,), answers)]


@pytest.mark.parametrize(
    ("trivial", "before", "says"), [(True, (), (LEFT,)), (True, ("said",), ("said",)), (False, ("said",), (FOLLOWS,))]
)
def test_what_is_said_of_an_answer_that_follows(trivial: bool, before: tuple[str, ...], says: tuple[str, ...]) -> None:
    """Worth its points, unless nothing was left to work out; of that no more is said where something was said."""
    marker: Any = TaskMarker.__new__(TaskMarker)
    marker.task, marker.rules, marker.say = SimpleNamespace(boxes=(box(), box())), Rules(), lambda text, values: text
    marker._chains = lambda *given: iter([Chain(marker, 0, (0,), [(Fraction(5), Fraction(5))])])
    marker._trivial = lambda *given: trivial
    answers = [wrote(box(), Fraction(number), 2) for number in (3, 5)]
    answers[1].says = before
    assert marker._by_following(1, answers, {0: False})
    assert (says, 0 if trivial else Rules().follow) == (answers[1].says, answers[1].share)


def test_ways_leave_room_for_rounding() -> None:
    """Unless they are asked not to."""
    (variant,) = keyfile.read(key_of("backprop", "sigmoid_neuron")).variants
    follower = Follower(variant.tasks[0])
    assert follower.ways({}) == follower.ways({}, exact=False) != follower.ways({}, exact=True)


def test_what_comes_out_of_the_right_numbers() -> None:
    """Without rounding on the way; of an array of another size nothing is known."""
    (variant,) = keyfile.read(key_of("backprop", "sigmoid_gates")).variants
    marker = TaskMarker.__new__(TaskMarker)
    marker.follower = Follower(variant.tasks[0])
    for place in range(len(variant.boxes)):
        assert {found[place] for found in marker.follower.expected({}, exact=True)} == marker._sound(marker.follower, place)
        assert set() == marker._sound(Follower(variant.tasks[0]), place)


def test_numbers_of_a_strip() -> None:
    """Rounded as asked, to two decimals where nothing is said; a whole one is whole."""
    found = (units("1.256", "1.256"),)
    assert [Fraction("1.26"), 1] == [_number(box(), found), _number(box(), (units("1", "1"),))]
    assert Fraction("1.26") == _number(box(1.0, whole=True), found)


# ---- strips of answers worked out again


def test_right_numbers_of_a_strip_are_exact() -> None:
    """Rounded once, and not on the way, whatever stands in one box; where nothing is the student's own, they follow."""
    key = keyfile.read(key_of("backprop", "sigmoid_gates"))
    (variant,) = key.variants
    expected = [rounded(each(one.value, Fraction), one.decimals or 2) for one in variant.boxes]
    last = variant.tasks[0].boxes[Follower(variant.tasks[0]).order[-1]].label
    rows = follow(key, variant.code, {last: "1"})
    assert expected == [row.right for row in rows] == [row.right if row.own else row.follows for row in rows]
    assert dict(zip([one.label for one in variant.boxes], expected, strict=True)) == right_values(key, variant.code)


def chosen() -> tuple[keyfile.Key, keyfile.KeyVariant]:
    key = keyfile.read(key_of("conv_relu_pool", "5x5_stride2"))
    return key, key.variants[0]


def test_a_strip_from_a_map_of_ones_own() -> None:
    """Clipping and pooling go on from the student's map; from the right one they are right."""
    key, variant = chosen()
    right = right_values(key, variant.code)
    conv, relu, pooled = (one.label for one in variant.boxes)
    for more, changed in ((7, [True, True, True]), (0, [False] * 3)):
        own = [[cell + more for cell in row] for row in right[conv]]  # type: ignore[union-attr]  # a map has rows
        rows = follow(key, variant.code, {conv: text_of(own)})
        assert [True, False, False] == [row.own for row in rows]
        assert ([conv, relu, pooled], changed) == ([row.label for row in rows], [row.changed for row in rows])
        clipped = tuple(tuple(max(cell, 0) for cell in row) for row in own)
        assert [clipped, max(max(row) for row in clipped)] == [rows[1].follows, np.ravel(rows[2].follows)[0]]
        assert right == {row.label: row.right for row in rows}


def test_strips_of_what_is_no_number_or_no_box() -> None:
    """One sentence each."""
    key, variant = chosen()
    label = variant.boxes[0].label
    for told, message in (
        ({"9z": "1"}, f"variant {variant.code} has no box '9z': boxes are {label}, "),
        ({label: "many"}, f"^{label}: "),
        ({label: "[[1, 2, 3]]"}, f"^{label}: the size is 1×3; 2×2 is asked: "),
    ):
        with pytest.raises(InputError, match=message):
            follow(key, variant.code, told)


def test_a_mark_as_plain_data() -> None:
    """Points are numbers, and a box that is not there is named."""
    key = key_of("svm_loss", "3x3")
    mark = grade(key, {})
    told = mark.to_dict()
    assert (0, int) == (told["points"], type(told["points"])) and told["max"] == mark.most > 0
    with pytest.raises(InputError, match="there is no box 'q': boxes are "):
        mark["q"]
