"""A box that asks for a choice: its letters, how one is read, and that it is right or wrong and nothing between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from examgen import keyfile
from examgen.asking import wanted
from examgen.checking import form, printed
from examgen.choices import chosen, letter, letters
from examgen.errors import InputError
from examgen.marking import Accept, Corrections, follow, grade, read_box, right_values
from examgen.registry import asks_of, preset, problem
from examgen.sheets import boxes
from examgen.solving import draw
from examgen.testing import Case, CheckFailed, known
from examgen.testing._answers import boxes_fit_the_graph, whole_boxes_hold_whole_numbers
from examgen.testing._paper import choices_stand_on_the_sheet
from examgen.writing import Style
from tests.marking.keys import key_of

NAME, LABEL = "fused_graph", "random_cells"  # the problem type with choices: two boxes of four
READ = [
    ("a", 1), ("b", 2), ("C", 3), (" d ", 4), ("b)", 2), ("(b)", 2), ("b.", 2), ("«б»", 2), ("а", 1), ("В", 3), ("г)", 4),
    ("2", 2), ("2.0", 2), ("3,00", 3),
    ("4", 4), ("c", 3), ("с", 3),  # the last one is Cyrillic: far behind in its own alphabet, it stands for the Latin c
]  # fmt: skip
UNREAD = ["", "e", "д", "0", "5", "ab", "a b", "a, b", "а/б", "1.5", "1,00a", "a.0", "-1", "?", "b or c", "b=2", "۲", "²"]


@pytest.mark.parametrize(("text", "place"), READ)
def test_a_letter_is_read_in_any_alphabet(text: str, place: int) -> None:
    """By its place, in small letters or large, with a bracket or without; the place itself will do."""
    assert place == chosen(text, 4)


@pytest.mark.parametrize("text", UNREAD)
def test_what_names_no_choice_is_not_guessed(text: str) -> None:
    """Letters behind the last choice, two of them, numbers and anything else."""
    assert chosen(text, 4) is None


@pytest.mark.parametrize(("language", "wanted"), [("en", "abcd"), ("ru", "абвг")])
def test_letters_are_those_of_the_paper(language: str, wanted: str) -> None:
    """Of the alphabet that the boxes are labelled with; each is read as its own place."""
    found = letters(4, language)
    assert tuple(wanted) == found
    assert [1, 2, 3, 4] == [chosen(sign, 4) for sign in found]
    assert list(found) == [letter(place, found) for place in range(1, 5)]
    assert "7" == letter(7, found)


def marked(texts: list[str], language: str = "en", **rules: Any) -> Any:
    key = key_of(NAME, LABEL, language=language, **rules)
    labels = [answer["label"] for answer in key["variants"][0]["tasks"][0]["answers"]]
    return grade(key, dict(zip(labels, texts, strict=True))).boxes


def right(language: str = "en") -> list[int]:
    return [int(answer["value"]) for answer in key_of(NAME, LABEL, language=language)["variants"][0]["tasks"][0]["answers"]]


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("cells", ["half", "each", "all"])
def test_a_choice_is_right_or_earns_nothing(language: str, cells: Any) -> None:
    """Each of the four choices in both boxes: one is worth all points, the others none, by whatever rule for arrays."""
    for place, name in enumerate(letters(4, language), start=1):
        for box, correct in zip(marked([name, name], language, cells=cells), right(language), strict=True):
            assert (box.most if place == correct else 0) == box.points
            assert ("right" if place == correct else "wrong") == box.status


def test_every_wrong_choice_is_a_known_mistake() -> None:
    """Named, with the rule that it breaks."""
    for place in range(1, 5):
        for box, correct in zip(marked([str(place)] * 2), right(), strict=True):
            assert (place == correct) == (not box.mistakes)
            assert place == correct or (box.says and box.says != ("Wrong.",))


def test_both_choices_wrong_name_their_own_mistakes() -> None:
    """One mistake of the one box says nothing of the other."""
    first, second = right()
    one, other = marked([str(first % 4 + 1), str(second % 4 + 1)])
    assert one.mistakes and other.mistakes and set(one.mistakes).isdisjoint(other.mistakes)


def test_what_cannot_be_read_names_the_letters() -> None:
    """And is no wrong answer; a blank box stays blank, whatever else is right."""
    box, blank = marked(["e", ""])
    assert ("unreadable", ("No choice can be read; there are a, b, c, d.",)) == (box.status, box.says)
    assert ("blank", 0) == (blank.status, blank.points)


def test_a_further_choice_can_be_accepted() -> None:
    """By its letter, in whatever alphabet; what names no choice is refused."""
    key = keyfile.read(key_of(NAME, LABEL))
    variant, other = key.variants[0], letters(4, "ru")[right()[0] % 4]
    box = variant.boxes[0]
    accept = Accept("two readings", box=box.label, value=other)
    given = {box.label: letters(4, "en")[right()[0] % 4]}
    assert box.points == next(iter(grade(key, given, corrections=Corrections((accept,))).boxes)).points
    assert next(iter(grade(key, given).boxes)).points == 0
    with pytest.raises(InputError, match="there are a, b, c, d"):
        read_box("e", box)


def test_right_choices_are_shown_by_their_letters() -> None:
    """In what is revealed, in the strip of what follows, in the form and on a terminal."""
    key = keyfile.read(key_of(NAME, LABEL, language="ru"))
    variant = key.variants[0]
    names = [letters(4, "ru")[place - 1] for place in right("ru")]
    values = right_values(key, variant.code)
    assert names == [printed(values[box.label], False, box.options) for box in variant.boxes]
    rows = follow(key, variant.code, {variant.boxes[0].label: "г"})
    assert ["г", names[1]] == [printed(row.follows, False, row.options) for row in rows]
    assert form(key, variant).count("одна из букв а, б, в, г") == 2
    instance = draw(NAME, preset(NAME, LABEL), "marking", 0)
    asked = boxes(1, instance, "ru", None, 2)
    assert {"одна из букв а, б, в, г"} == {wanted(box, Style("ru", text=True)) for box in asked}


def test_choices_stay_choices_where_numbers_are_not_whole() -> None:
    """One's own decimals make numbers of whole boxes, and leave a choice what it is."""
    chosen_type = problem(NAME)
    instance = chosen_type.pin({}, {"x": ["0.5", -3], "a": 2, "b": "1.5", "c": -3})
    assert {"choice"} == {ask.kind for ask in asks_of(instance)} and all(ask.whole for ask in asks_of(instance))


class Unoffered(type(problem(NAME))):  # type: ignore[misc]  # a class found while it runs
    """With a choice of one, a choice without options, and an answer that no option has."""

    def asks(self, params: Any) -> Any:
        swap, fuse = super().asks(params)
        return replace(swap, options=swap.options[:1]), replace(fuse, options=())


class OutOfReach(type(problem(NAME))):  # type: ignore[misc]  # a class found while it runs
    """With fewer options than the graph chooses from."""

    def asks(self, params: Any) -> Any:
        swap, fuse = super().asks(params)
        return replace(swap, options=swap.options[:2]), replace(fuse, options=fuse.options[:2])


def test_a_choice_without_options_is_noticed() -> None:
    """The tooth: the suite refuses it, and an answer that is none of the options."""
    for made, check in ((Unoffered(), boxes_fit_the_graph), (OutOfReach(), whole_boxes_hold_whole_numbers)):
        with known(made), pytest.raises(CheckFailed, match="option"):
            check(Case(made, LABEL, 6))


def test_a_choice_that_is_not_on_the_sheet_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: a sheet that offers one option fewer."""
    case = Case(problem(NAME), LABEL, 1)
    sheet = case.sheets[0]
    box = replace(sheet.task.boxes[0], options=(*sheet.task.boxes[0].options, "operations 1 and 4"), letters=tuple("abcde"))
    spoilt = replace(sheet, task=replace(sheet.task, boxes=(box, *sheet.task.boxes[1:])))
    monkeypatch.setitem(case.__dict__, "sheets", (spoilt,))
    with pytest.raises(CheckFailed, match="does not offer e\\) operations 1 and 4"):
        choices_stand_on_the_sheet(case)
