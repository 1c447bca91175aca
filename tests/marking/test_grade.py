"""The marker by its rules: what is right, blank, followed, partial, named or unreadable, and what people decide afterwards."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from time import perf_counter
from typing import Any

import numpy as np
import pytest

import examgen
from examgen import keyfile
from examgen.errors import InputError
from examgen.marking import Accept, Cancel, Corrections, Follower, Given, Mark, Marker, _judging, _task, grade
from examgen.marking import _grading as grading
from tests.marking.keys import ALL, Cell, boxes, cut, flat, half_up, key_of, right, task, written
from tests.marking.rule_cases import RULES, Rule, outcome
from tests.marking.walking import Paper

PRESETS = [pytest.param(*both, id="-".join(both)) for both in ALL]
Key = Mapping[str, Any]


def statuses(mark: Mark) -> dict[str, str]:
    return {box.key: box.status for box in mark.boxes}


def full(mark: Mark) -> bool:
    """Every box right, every point given."""
    return mark.points == mark.most > 0 and {"right"} == {box.status for box in mark.boxes}


# ---- what is right


@pytest.mark.parametrize("turn", range(2))
@pytest.mark.parametrize("cell", [half_up, cut], ids=["rounded", "cut off"])
@pytest.mark.parametrize(("name", "label"), PRESETS)
def test_right_answers_have_all_points(name: str, label: str, cell: Cell, turn: int) -> None:
    """However they are rounded to the decimals asked, and with all the digits of a float."""
    key = key_of(name, label, turn)
    assert full(grade(key, right(key, cell)))
    assert full(grade(key, {box["label"]: box["value"] for box in boxes(key)}))


@pytest.mark.parametrize(("name", "label"), PRESETS)
def test_exact_forms_have_all_points(name: str, label: str) -> None:
    """Those of the key, as people write them; where decimals alone are allowed, fractions and logarithms are refused."""
    key = key_of(name, label)
    forms = {box["label"]: form(box["exact"]) for box in boxes(key)}
    strict = key_of(name, label, exact_forms=False)
    refused = {box.label for box in grade(strict, forms).boxes if box.status == "unreadable"}
    assert full(grade(key, forms))
    assert {label for label, text in forms.items() if set(text) & set("/lept")} == refused


def form(exact: Any) -> str:
    """A closed form of the key in the writing of people; long ones are missing there, and count as blank no more than once."""
    if isinstance(exact, list):
        return "[" + ", ".join(map(form, exact)) + "]"
    return str(exact).replace("log", "ln")


def test_one_unit_too_many_is_noticed() -> None:
    """The tooth: numbers right beside what is accepted are wrong, in every preset."""
    for name, label in ALL:
        key = key_of(name, label)
        for box in boxes(key):
            highest = [Fraction(end) for end in flat(box["accept"])][1::2]
            beside = [str(float(high + Fraction(1, 10**5))) for high in highest]
            if "options" in box:
                beside = [str(int(high) % len(box["options"]) + 1) for high in highest]
            text = beside[0] if not isinstance(box["value"], list) else nested(box["value"], iter(beside))
            assert "wrong" == grade(key, {box["label"]: text})[box["label"]].status


def nested(value: Any, texts: Iterator[str]) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(nested(part, texts) for part in value) + "]"
    return next(texts)


# ---- known mistakes


@pytest.mark.parametrize(("name", "label"), PRESETS)
def test_known_mistakes_are_named_and_followed(name: str, label: str) -> None:
    """Each costs the boxes where it is made, which are named; what follows from them by the right rules earns its points."""
    key = key_of(name, label)
    paper, marker = Paper(task(key)), Marker(keyfile.read(key))
    assert task(key)["mistakes"]
    for mistake in task(key)["mistakes"]:
        answers = {**right(key), **mistaken(key, mistake)}
        assert [] == list(unlike(key, paper, mistake, marker.mark(answers)))


def mistaken(key: Key, mistake: Mapping[str, Any]) -> dict[str, str]:
    """What somebody writes who makes it; nothing where it leads to no number."""
    found = {}
    for box in boxes(key):
        if box["key"] in mistake["results"]:
            result = mistake["results"][box["key"]]
            whole = box["cells"] == "integer" and all(abs(x - round(x)) < 1e-9 for x in flat(result or 0))
            found[box["label"]] = "" if result is None else written(result, 0 if whole else max(2, box["decimals"]))
    return found


def unlike(key: Key, paper: Paper, mistake: Mapping[str, Any], mark: Mark) -> Iterator[str]:
    """What the marker says otherwise than a person would who works the boxes out again from those before."""
    roots: dict[int, tuple[float, ...]] = {}
    sized = ""  # the node of a map of another size: what follows from it stands in the mistake's results
    ends = any(box["gradient"] for box in paper.boxes)  # nobody goes back from such a map
    for place in paper.order:
        box = paper.boxes[place]
        found, result = mark[box["label"]], mistake["results"].get(box["key"], box["value"])
        told = f"{mistake['key']}: {box['key']} is {found.status}, {found.mistakes}"
        if result is None or accepted(box, found.written):
            if found.status not in (("blank", "implied") if result is None else ("right",)):
                yield told
            continue
        if sized not in ("", box["node"]) and not ends and any(flat(result)):
            if found.status != "followed":
                yield told
            continue
        sized = sized or ("" if np.shape(result) == np.shape(box["value"]) else box["node"])
        follows = np.shape(result) == np.shape(box["value"]) and paper.follows(place, roots, tuple(flat(result)))
        if np.shape(result) == np.shape(box["value"]) and not follows:
            roots[place] = tuple(flat(result))
        if follows and not paper.trivial(place, roots):
            fair = found.status == "followed"
        elif found.status == "followed":  # a carried number may have had as much behind its last decimal
            fair = paper.follows(place, roots, tuple(flat(result)), units=2)
        else:
            named = any(same_result(key, name, mistake, box) for name in found.mistakes)
            fair = named and found.status in ("wrong", "partial")
        if not fair:
            yield told


def accepted(box: Mapping[str, Any], text: str) -> bool:
    """By the script of docs/key.md: whether each number lies between the ends; another count of them does not."""
    numbers, ends = [Fraction(part) for part in re.findall("-?[0-9.]+", text)], [Fraction(end) for end in flat(box["accept"])]
    if 2 * len(numbers) != len(ends):
        return False
    return all(map(operator.le, ends[::2], numbers)) and all(map(operator.ge, ends[1::2], numbers))


def same_result(key: Key, name: str, mistake: Mapping[str, Any], box: Mapping[str, Any]) -> bool:
    """Whether two mistakes lead to the same in a box, as far as its decimals can tell."""
    other = next(each for each in task(key)["mistakes"] if each["key"] == name)["results"].get(box["key"])
    here = mistake["results"][box["key"]]
    if other is None or np.shape(other) != np.shape(here):
        return False
    return bool(np.allclose(other, here, rtol=0, atol=5 * 10.0 ** -max(2, box["decimals"])))


def test_a_mistake_under_another_name_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: a marker that names the first mistake whatever was written, or that follows nothing."""
    key = key_of("softmax_loss", "3x3")
    paper, mistakes = Paper(task(key)), task(key)["mistakes"]

    def found() -> int:
        marks = (grade(key, {**right(key), **mistaken(key, mistake)}) for mistake in mistakes)
        return sum(len(list(unlike(key, paper, *both))) for both in zip(mistakes, marks, strict=True))

    assert 0 == found()
    with monkeypatch.context() as patch:
        patch.setattr(_judging, "_leads_to", lambda mistake, answer: mistake.key == mistakes[0]["key"])
        assert 0 < found()
    monkeypatch.setattr(Follower, "above", [frozenset()] * len(paper.boxes))
    assert 0 < found()


# ---- follow-through, blanks, arrays, trivial results


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.group}: {dict(rule.writes)}")
def test_rules(rule: Rule) -> None:
    """Each case of the page's table comes to what stands there."""
    assert rule.earns == outcome(rule)


BROKEN: dict[str, tuple[Any, str, Any, str]] = {
    "nothing follows": (Follower, "above", [frozenset()] * 8, "follow-through"),
    "nothing is implied": (_task.TaskMarker, "_imply", lambda self, answers: None, "blank boxes"),
    "each cell counts": (_task, "share", lambda wrong, count, rules: Fraction(count - wrong, count), "arrays"),
    "nothing is trivial": (_task.TaskMarker, "_trivial", lambda *given: False, "trivial results"),
    "all is trivial": (_task.TaskMarker, "_trivial", lambda *given: True, "trivial results"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_rule_is_noticed(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: each rule taken away changes what the cases of its table earn."""
    where, name, other, group = BROKEN[how]
    monkeypatch.setattr(where, name, other)
    assert any(rule.earns != outcome(rule) for rule in RULES if rule.group == group)


# ---- labels and readings


@pytest.mark.parametrize(
    ("language", "labels"),
    [("en", "1a 1b 1c 1d"), ("en", "1A 1.b 1c) 1-D"), ("en", "1а 1б 1в 1г"), ("ru", "1а 1б 1в 1г"), ("ru", "1a 1b 1c 1d"),
     ("ru", "1А 1.Б 1в) 1Г"), ("en", "1а 1b 1с 1d")],
)
def test_labels_as_people_type_them(language: str, labels: str) -> None:
    """Capitals, points and brackets, and the letters of another alphabet."""
    key = key_of("svm_loss", "3x3", language=language)
    answers = dict(zip(labels.split(), right(key).values(), strict=True))
    assert full(grade(key, answers))


def test_labels_that_are_none_are_noted() -> None:
    """They cost nothing, and a box that is there twice is an error."""
    key = key_of("svm_loss", "3x3")
    mark = grade(key, {**right(key), "9z": "1", "name": "A"})
    assert mark.points == mark.most and "9z, name" in mark.notes[0]
    assert () == grade(key, right(key)).notes
    with pytest.raises(InputError, match="there twice"):
        grade(key, {"1a": "1", "1A": "2"})


def test_an_answer_that_cannot_be_read_is_an_error_of_its_box() -> None:
    """The others are marked as if nothing were."""
    key = key_of("svm_loss", "3x3")
    mark = grade(key, {**right(key), "1b": "five"})
    assert {"losses[0]": "right", "losses[1]": "unreadable", "losses[2]": "right", "loss": "right"} == statuses(mark)
    assert "five" in mark["1b"].says[0] and mark.points == mark.most - 1


DEEP: list[Any] = []
DEEP.append(DEEP)


STRANGE = [True, float("nan"), 10**400, 10**9999, b"1", {"a": 1}, DEEP, [[["1"]]], [], object(), "1" * 10**6]


@pytest.mark.parametrize("answer", STRANGE, ids=range(len(STRANGE)))
def test_strange_answers_are_wrong_or_unreadable(answer: Any) -> None:
    """Whatever a notebook or a table holds."""
    key = key_of("conv_relu_pool", "5x5_stride2")
    for label in right(key):
        assert grade(key, {label: answer})[label].status in ("wrong", "unreadable", "blank")


@pytest.mark.parametrize("number", ["1e30", "-1e30", "1e14", "-1e14", "1e5", "1e-30", "-700"])
def test_endless_numbers_end(number: str) -> None:
    """In any box before exponentials and quotients; what lies behind is still marked."""
    for name, label in (("backprop", "sigmoid_gates"), ("backprop", "tanh_neuron"), ("softmax_loss", "3x3")):
        key = key_of(name, label)
        for wrong in right(key):
            mark = grade(key, {other: number if other == wrong else "77" for other in right(key)})
            assert mark[wrong].status in ("wrong", "followed")


def test_numbers_and_arrays_are_read_as_text_is() -> None:
    """Those of Python and of NumPy."""
    for name, label in (("conv_relu_pool", "5x5_gradient"), ("softmax_loss", "3x3_gradient")):
        key = key_of(name, label)
        assert full(grade(key, {box["label"]: np.asarray(box["value"]) for box in boxes(key)}))


# ---- what people decide


def test_corrections() -> None:
    """A further value, another reading, a box that does not count, points by hand; each with its reason."""
    key = key_of("svm_loss", "3x3")
    reading = next(m for m in task(key)["mistakes"] if len(m["results"]) == 4)
    answers = {**right(key), "1a": "77", "1b": ""}
    value = Corrections(accepts=(Accept("misprint", box="1a", value="77"),))
    found = grade(key, answers, corrections=value)["1a"]
    assert ("right", 1, True) == (found.status, found.points, "misprint" in found.says[0])
    other = Corrections(accepts=(Accept("two readings", task=1, reading=reading["key"]),))
    assert full(grade(key, mistaken(key, reading), corrections=other))
    assert not full(grade(key, mistaken(key, reading)))
    assert (3, 3) == tuple(map(int, spent(grade(key, answers, corrections=Corrections(cancels=(Cancel("x", "1a"),))))))
    gift = Corrections(cancels=(Cancel("x", "1a", give="full"),))
    found = grade(key, answers, corrections=gift)["1a"]
    assert ("cancelled", 1) == (found.status, found.points)
    given = Corrections(given=(Given("seen", "Ann", "1a", Fraction(1, 2)),), cancels=(Cancel("x", "1a"),))
    assert Fraction(1, 2) == grade(key, answers, corrections=given, student="Ann")["1a"].points
    assert "cancelled" == grade(key, answers, corrections=given, student="Bob")["1a"].status


def spent(mark: Mark) -> tuple[Fraction, Fraction]:
    return mark.points, mark.most


def test_points_by_hand() -> None:
    """They win over what is marked; more than the box has, or for no box, is refused."""
    key = key_of("svm_loss", "3x3")
    mark = grade(key, {"1a": "77"}, points={"1.A": "0,5", "1b": ""})
    assert ("hand", Fraction(1, 2)) == (mark["1a"].status, mark["1a"].points)
    assert "implied" != mark["1b"].status
    for points in ({"1a": "2"}, {"1a": "-1"}, {"1a": "x"}, {"9a": "1"}):
        with pytest.raises(InputError):
            grade(key, {}, points=points)


def test_keys_and_variants_that_are_none() -> None:
    """One sentence each."""
    key = key_of("svm_loss", "3x3")
    for wrong in ({}, {"format": 2}, {**key, "variants": [{}]}):
        with pytest.raises(InputError):
            grade(wrong, {})
    with pytest.raises(InputError, match="check symbol"):
        grade(key, {}, "K7Q2MX")
    assert full(examgen.grade(key, {**right(key), "variant": 1}))


# ---- time


def test_a_class_is_marked_in_time() -> None:
    """200 students of one variant with a wrong box each: far below the two seconds promised, whatever else the machine does."""
    key = key_of("softmax_loss", "3x3_gradient")
    marker, answers = Marker(keyfile.read(key)), right(key)
    begin = perf_counter()
    for student in range(200):
        marker.mark({**answers, f"1{'abcdefgh'[student % 8]}": f"{student / 100}"})
    assert perf_counter() - begin < 10


def test_texts_of_answers() -> None:
    """Nested lists in brackets; None is blank."""
    assert ("", "[[1, 2], [3.5, ]]", "1.5") == tuple(map(grading.text_of, (None, [[1, 2], [3.5, None]], np.float64(1.5))))
