"""Following a student's own wrong number: never less than without, never points for the number itself, all that is honest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examgen import keyfile
from examgen.marking import Follower, Marker, _task
from examgen.marking._following import interval
from examgen.marking._judging import Answer
from tests.marking import walking
from tests.marking.keys import ALL, key_of, task
from tests.marking.walking import HABITS, Habit, Numbers, Paper
from tests.properties.graphs import some

FINE = 4  # decimals of numbers that somebody has and does not write into the box
CHANGES = ("shift", "sign", "zero", "huge", "one cell", "anything")


@cache
def ready(name: str, label: str) -> tuple[Paper, Marker, Marker]:
    """A task, its marker, and one by which nothing that follows is worth anything."""
    key = key_of(name, label)
    plain = key_of(name, label, follow=Fraction(0))
    return Paper(task(key)), Marker(keyfile.read(key)), Marker(keyfile.read(plain))


@st.composite
def wrong_numbers(draw: Any) -> tuple[str, str, int, Numbers, bool, Habit, int]:
    """A preset, one of its boxes, other numbers in it, whether more decimals of them are kept, a habit of rounding, a way."""
    name, label = draw(st.sampled_from(ALL))
    paper, *_ = ready(name, label)
    place = draw(st.integers(0, len(paper.boxes) - 1))
    box, numbers = paper.boxes[place], np.array(paper.right(place))
    change = draw(st.sampled_from(CHANGES))
    some = draw(st.floats(-9, 9).filter(lambda x: abs(x) > 0.1))
    if change == "one cell":
        numbers[draw(st.integers(0, len(numbers) - 1))] += some
    else:
        moved = {"shift": numbers + some, "sign": -numbers, "zero": 0 * numbers, "huge": 1000 * numbers + 500}
        numbers = moved.get(change, np.array(draw(st.lists(st.floats(-9, 9), min_size=len(numbers), max_size=len(numbers)))))
    kept = draw(st.booleans())
    places = 0 if box["cells"] == "integer" else FINE if kept else box["decimals"]
    found = tuple((walking.half_up(numbers, places) + 0.0).tolist())
    return name, label, place, found, kept, draw(st.sampled_from(HABITS)), draw(st.integers(0, len(paper.ways) - 1))


def sheet(paper: Paper, place: int, numbers: Numbers, habit: Habit, way: int) -> dict[str, Any]:
    """What stands on the paper of somebody who goes on from these numbers; nothing where there is none to write."""
    worked, last = paper.work({place: numbers}, habit, way), walking.cut if habit is walking.cut else walking.half_up
    return {box["label"]: shown(box, found, last) for box, found in zip(paper.boxes, worked, strict=True)}


def shown(box: Mapping[str, Any], numbers: Numbers, habit: Habit) -> Any:
    if not np.isfinite(numbers).all():
        return None
    places = box["decimals"] or 2
    return _texts(np.reshape(habit(np.array(numbers), places), np.shape(box["value"])).tolist(), places)


def _texts(value: Any, places: int) -> Any:
    return [_texts(part, places) for part in value] if isinstance(value, list) else f"{value:.{places}f}"


def faults(drawn: tuple[str, str, int, Numbers, bool, Habit, int]) -> Iterator[str]:
    """What is unfair in the marks of somebody who goes on honestly from wrong numbers."""
    name, label, place, numbers, _, habit, way = drawn
    paper, marker, plain = ready(name, label)
    own, answers = {place: numbers}, sheet(paper, place, numbers, habit, way)
    mark, without = marker.mark(answers), plain.mark(answers)
    if mark.points < without.points:
        yield "following lowers the mark"
    for other, (found, bare) in enumerate(zip(mark.boxes, without.boxes, strict=True)):
        if found.points < bare.points:
            yield f"following lowers {found.key}"
        if other == place:
            if found.points != bare.points or found.status == "followed":
                yield f"the wrong numbers in {found.key} are paid"
        elif paper.lost(other, own, habit, way):
            continue
        elif found.written and not paper.trivial(other, own):
            if found.status not in ("right", "followed") or found.points != found.most:
                yield f"{found.key} follows and is {found.status}"
        elif found.status == "followed":
            yield f"{found.key} is trivial and is paid"


@settings(max_examples=some(1000))
@given(wrong_numbers())
def test_going_on_from_a_wrong_number(drawn: tuple[str, str, int, Numbers, bool, Habit, int]) -> None:
    """All boxes below earn their points unless they are trivial; the wrong one earns what it would alone."""
    assert [] == list(faults(drawn))


BROKEN: dict[str, tuple[Any, str, Any]] = {
    "nothing follows": (Follower, "above", [frozenset()] * 30),
    "nothing is trivial": (_task.TaskMarker, "_trivial", lambda *given: False),
    "only what was written counts": (Answer, "_behind", lambda self, cell, places: interval(cell)),
}


SEEN = [
    ("backprop", "sigmoid_neuron", 0, (3.1449,), True, walking.cut, 0),
    ("backprop", "sigmoid_neuron", 0, (40.0,), False, walking.cut, 0),
    ("softmax_loss", "3x3", 0, (0.0051,), True, walking.keep, 0), ("svm_loss", "3x3", 0, (7.25,), False, walking.keep, 0),
    ("backprop", "sigmoid_gates", 0, (0.0,), False, walking.cut, 0),
]


def test_the_cases_of_the_teeth_are_fair() -> None:
    assert [[]] * len(SEEN) == [list(faults(case)) for case in SEEN]


@pytest.mark.parametrize("how", BROKEN)
def test_unfair_following_is_noticed(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: a marker that follows nothing, pays trivial results, or leaves no room for rounding."""
    ready.cache_clear()
    monkeypatch.setattr(*BROKEN[how])
    assert any(list(faults(case)) for case in SEEN)
    ready.cache_clear()


@given(st.sampled_from(ALL), st.lists(st.one_of(st.none(), st.floats(-99, 99)), min_size=30, max_size=30))
def test_following_never_lowers_a_mark(preset: tuple[str, str], cells: list[float | None]) -> None:
    """Whatever stands in all of the boxes: no box has less than without."""
    paper, marker, plain = ready(*preset)
    answers = {
        box["label"]: None if cell is None else shown(box, tuple(cell for _ in paper.right(place)), walking.half_up)
        for place, (box, cell) in enumerate(zip(paper.boxes, cells, strict=False))
    }
    pairs = zip(marker.mark(answers).boxes, plain.mark(answers).boxes, strict=True)
    assert [] == [found.key for found, bare in pairs if found.points < bare.points]


def test_a_number_that_follows_nothing_earns_nothing() -> None:
    """Every box beside what follows by a tenth and more is wrong, in every preset."""
    for name, label in ALL:
        paper, marker, _ = ready(name, label)
        for place in range(len(paper.boxes)):
            numbers = tuple(x + 2 for x in paper.right(place))
            worked = paper.work({place: numbers})
            for other, box in enumerate(paper.boxes):
                choices = len(box.get("options", ()))
                astray = tuple(x % choices + 1 if choices else x + 3 + abs(x) for x in worked[other])
                if other != place and np.isfinite(astray).all():
                    answers = {paper.boxes[place]["label"]: shown(paper.boxes[place], numbers, walking.half_up)}
                    answers[box["label"]] = shown(box, astray, walking.half_up)
                    assert "wrong" == marker.mark(answers)[box["label"]].status, (name, label, place, other)
