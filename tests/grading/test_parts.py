"""Scales, and what is said of a class beside its marks, by hand."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from examgen import keyfile
from examgen.errors import InputError
from examgen.grading._class import Class, mark_class
from examgen.grading._data import Entry
from examgen.grading._decisions import _Checked, _reads, read_corrections
from examgen.grading._scale import read_scale
from examgen.marking import Accept, Cancel, Corrections, Given
from examgen.writing import plain
from tests.marking.keys import key_of

TASK = "backprop", "fan_out"  # several boxes, each with one number
SHARES = ("0", "0.4999", "0.5", "0.7", "0.8499", "0.85", "1")


@pytest.mark.parametrize(
    ("text", "grades"),
    [("50,70,85", "2234455"), ("50", "2233333"), ("fail=0, pass=50,  top = 100", "f f p p p p t"), ("100", "2222223")],
)
def test_grades_of_a_scale(text: str, grades: str) -> None:
    """A limit belongs to the better grade."""
    scale = read_scale(text)
    assert grades.replace(" ", "") == "".join(scale.grade(Fraction(share))[0] for share in SHARES)


@pytest.mark.parametrize(
    "text",
    [
        "", "50,", "70,50", "50,50", "50,50,60", "50,101", "a=0,60", "50,b=60", "a=10,b=50", "a=0,a=50", "50.123", "-5", "1000",
        "a=0,b=50,c=101",
    ],
)
def test_scales_that_are_none(text: str) -> None:
    """One sentence, with what was given."""
    with pytest.raises(InputError, match=rf"^--scale {text}: "):
        read_scale(text)


def marked(*entries: Entry, **told: Any) -> Class:
    """A class that sat one task."""
    return mark_class(keyfile.read(key_of(*TASK)), entries, **told)


def said(found: Class) -> list[tuple[int, str]]:
    return [(one.line, one.says) for one in found.notes]


def entry(line: int, student: str, **told: Any) -> Entry:
    (variant,) = keyfile.read(key_of(*TASK)).variants
    return Entry(line, student, variant.code, **told)


def labels() -> list[str]:
    (variant,) = keyfile.read(key_of(*TASK)).variants
    return [box.label for box in variant.boxes]


def test_rows_that_tell_too_little() -> None:
    """An empty one has no mark; one with points alone lacks boxes; a blank paper and an absent student lack nothing."""
    first, *others = labels()
    whole = dict.fromkeys(labels(), "0")
    rows = entry(4, "c", points=whole), entry(5, "d", answers={first: "1"})
    found = marked(entry(2, "a"), entry(3, "b", status="absent"), *rows)
    assert [(2, "nothing stands in the row of a, so there is no mark: write absent as status, or 0 points")] == said(found)
    assert ["c", "d"] == [one.entry.student for one, _ in found.present] and [] == found.changed
    told = f"a has neither points nor an answer for {', '.join(others[1:])}: 0 points"
    assert [(2, told)] == said(marked(entry(2, "a", points={first: "0"}, answers={others[0]: "1"})))


def test_corrections_that_do_nothing() -> None:
    """For whom is not there, who has no such box, and beside points by hand."""
    first = labels()[0]
    given = Corrections(given=(Given("why", "z", first, Fraction(0)), Given("why", "a", "9z", Fraction(0))))
    assert [
        (0, "corrections give points to z, who is not in the table"),
        (0, "corrections give points to a for 9z, who has no mark or no such box"),
    ] == said(marked(entry(2, "a", answers={first: "1"}), corrections=given))
    accepts = Corrections(accepts=(Accept("why", first, None, None, "777", None),))
    hand = {"points": dict.fromkeys(labels(), "0")}
    told = [(0, "what corrections accept changes no points that were given by hand, as 1 students have")]
    assert told == said(marked(entry(2, "a", **hand), entry(3, "b", answers={first: "1"}), corrections=accepts))
    assert [] == said(marked(entry(2, "a", answers={first: "1"}), corrections=accepts))
    assert [] == said(marked(entry(2, "a", **hand), corrections=Corrections(cancels=(Cancel("why", first, None, "none"),))))


def test_marks_before_and_after_corrections() -> None:
    """Who is changed, by how much, with the grade of the new mark; complaints come in the order of the table."""
    first = labels()[0]
    accepts = Corrections(accepts=(Accept("why", first, None, None, "777", None),))
    rows = [entry(line, name, answers={first: text}) for line, name, text in ((9, "a", "777"), (4, "b", "888"))]
    rows += [entry(line, name, points={"9z": "1"}) for line, name in ((6, "c"), (3, "d"))]
    found = marked(*rows, corrections=accepts, scale=read_scale("100"))
    assert ["a"] == [one.entry.student for one in found.changed]
    assert [("a", 0), ("b", 0)] == [(one.entry.student, one.before.points) for one in found.students if one.before]
    assert [3, 6] == [one.line for one in found.complaints] and found.students[1].grade == "2"
    assert [None] * 2 == [one.before for one in marked(*rows[:2]).students]


def test_what_boxes_are_called() -> None:
    """By their symbol; where they have none, by their key."""
    (variant,) = keyfile.read(key_of(*TASK)).variants
    names = marked(entry(2, "a", answers={labels()[0]: "1"})).names
    assert {(1, TASK[0], box.key): plain(box.symbol or box.key) for box in variant.boxes} == names and all(names.values())


def test_a_bad_entry_is_told_in_one_line(tmp_path: Path) -> None:
    """Where it stands, what is wrong, and what is allowed; nothing of it is cut off."""
    path = tmp_path / "decided.toml"
    path.write_text('[[cancel]]\nreason = "why"\n', encoding="utf-8")
    told = f"{path}: cancel 1 box: field required; allowed are accept, cancel and points, each with a reason"
    with pytest.raises(InputError, match=f"^{re.escape(told)}$"):
        read_corrections(path, keyfile.read(key_of(*TASK)))


def test_boxes_of_one_task() -> None:
    """A decision for a task speaks of no other, be it before or after."""
    document = key_of(*TASK)
    more = key_of("svm_loss", "3x3")["variants"][0]["tasks"]
    document["variants"][0]["tasks"] = [*document["variants"][0]["tasks"], *more, *more]
    checked = _Checked(keyfile.read(document), "file")
    every = [len(task.boxes) for task in checked.key.variants[0].tasks]
    for number, count in enumerate(every, 1):
        assert [number] * count == [task.number for _, task, _ in checked._places("here", None, number, None)]


def test_a_mistake_that_leads_somewhere() -> None:
    """By its own name, where it has a result in the box."""
    told: Any = SimpleNamespace(mistakes=[SimpleNamespace(key=key, results={"f": 1}) for key in ("a", "c")])
    boxes: Any = SimpleNamespace(key="f"), SimpleNamespace(key="g")
    assert [True, False, True, False] == [_reads(told, boxes[0], reading) for reading in ("a", "b", "c", None)]
    assert not _reads(told, boxes[1], "a")
