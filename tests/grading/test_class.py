"""A class of 200 whose right marks are known: each student gets them, in less than two seconds, from the key alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from time import perf_counter

import pytest

from examgen import grading, keyfile
from examgen.grading import Class
from examgen.marking import Marker
from tests.architecture.sources import ROOT
from tests.cli.commands import run
from tests.grading.conftest import Sat
from tests.grading.simulated import DEEDS, Done, Student, simulated

pytestmark = pytest.mark.xdist_group("sat")

HEAVY = ("torch", "sympy", "weasyprint", "jinja2", "matplotlib", "examgen.engines._torch", "examgen.problems")
OTHER_SEEDS = range(3)
LONGEST = 2.0  # seconds
TOO_NEAR = {("softmax_loss", "softmax_denominator")}  # a small p hardly changes: that such a paper is right is not certain


def differences(students: list[Student], found: Class) -> list[str]:
    """Every box that is not worth what is due."""
    marks = {one.entry.student: one.mark for one in found.students}
    said = []
    for one in students:
        mark = marks[one.id]
        if one.unmarked or mark is None:
            said += [f"{one.id}: no mark"] * (one.unmarked != (mark is None))
            continue
        points = {box.label: box.points for box in mark.boxes}
        wrong = {label: due for label, due in one.due.items() if points.get(label) != due}
        said += [f"{one.id} {label}: {points.get(label)}, due {due}" for label, due in wrong.items()]
    return said


def marked(sat: Sat) -> Class:
    table = grading.read_table(sat.table, sat.key)
    return grading.mark_class(sat.key, table.entries, table.complaints)


def test_the_simulation_knows_the_answers(sat: Sat) -> None:
    """What it works out in plain Python are the key's own numbers."""
    for variant in sat.told["variants"]:
        for paper, task in zip(sat.papers[variant["code"]], variant["tasks"], strict=True):
            for box in task["answers"]:
                flat = [float(cell) for cell in _flat(box["value"])]
                assert flat == pytest.approx(paper.truth[box["key"]], abs=1e-9), (variant["code"], box["label"])


def _flat(value: object) -> list[float]:
    return [cell for part in value for cell in _flat(part)] if isinstance(value, list) else [float(str(value))]


def test_the_class_does_all_that_students_do(sat: Sat) -> None:
    """Every deed, every mistake of every problem, absent ones; boxes of every worth between nothing and all."""
    done = [(paper.problem, done) for one in sat.students for paper, done in zip(sat.papers[one.code], one.done, strict=False)]
    known = {(paper.problem, name) for code in sat.papers for paper in sat.papers[code] for name in paper.mistakes}
    assert TOO_NEAR == known - {(problem, one.deed) for problem, one in done}
    assert set(DEEDS) - {"mistake"} <= {one.deed for _, one in done}
    assert 2 <= sum(one.absent for one in sat.students) <= 20
    shares = Counter(due / _worth(sat, one, label) for one in sat.students for label, due in one.due.items())
    assert {Fraction(0), Fraction(1, 2), Fraction(1)} == set(shares)
    assert all(count > 20 for count in shares.values()), shares


def _worth(sat: Sat, one: Student, label: str) -> Fraction:
    return next(box.points for paper in sat.papers[one.code] for box in paper.boxes if box.label == label)


def test_every_student_gets_the_mark_that_is_due(sat: Sat) -> None:
    """Box by box, from the table on."""
    found = marked(sat)
    assert () == found.complaints
    assert [] == differences(sat.students, found)


@pytest.mark.parametrize("seed", OTHER_SEEDS)
def test_other_classes_get_theirs(seed: int, sat: Sat) -> None:
    """The same with other dice, without a table."""
    marker = Marker(sat.key)
    for one in simulated(sat.papers, 100, seed):
        if not one.absent:
            mark = marker.mark(one.texts, one.code)
            assert one.due == {box.label: box.points for box in mark.boxes}, one


def test_a_mistake_is_told_to_whoever_made_it(sat: Sat) -> None:
    """Whoever loses points by a mistake made throughout a task reads its rule, or that of one which leads to the same."""
    for one, entry in zip(sat.students, marked(sat).students, strict=True):
        for paper, done in zip(sat.papers[one.code], one.done, strict=False):
            if done.deed in paper.mistakes and _lost(done) and entry.mark:
                named = {key for label in done.texts for key in entry.mark[label].mistakes}
                assert done.deed in named, (one.id, done)


def _lost(done: Done) -> bool:
    return any(done.texts[label] and not points for label, points in done.due.items())


def test_a_wrong_mark_is_seen(sat: Sat) -> None:
    """The teeth of the above: a key with one other answer, one with other points, a class that answers another variant."""
    for change in ("value", "points"):
        told = json.loads(json.dumps(sat.told))
        box = told["variants"][0]["tasks"][1]["answers"][0]
        box["accept"], box["points"] = (["9.1", "9.3"], box["points"]) if change == "value" else (box["accept"], "0.25")
        table = grading.read_table(sat.table, sat.key)
        found = grading.mark_class(keyfile.read(told), table.entries)
        assert differences(sat.students, found), change


def test_marking_is_quick(sat: Sat) -> None:
    """200 students in less than two seconds, the table read and the marks made into a table."""
    start = perf_counter()
    grading.marks_csv(marked(sat))
    assert perf_counter() - start < LONGEST


def test_marking_loads_nothing_heavy(sat: Sat, tmp_path: Path) -> None:
    """The whole command in a fresh process: no engine but what marking needs, no paper, no problem."""
    words = ["grade", sat.folder, sat.table, "-o", tmp_path / "marks.csv", "--moodle", tmp_path / "moodle.csv"]
    told = f"sys.argv = ['examgen', *{[*map(str, words)]!r}]"
    code = f"import sys; {told}\nfrom examgen.cli import main\ntry:\n    main()\nfinally:\n    print('loaded', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (0, _noted(sat)) == (done.returncode, done.stderr)
    first, *loaded = done.stdout.splitlines()[-1].split()
    assert ("loaded", []) == (first, sorted(set(HEAVY) & set(loaded)))
    assert "examgen.grading" in loaded


def test_the_summary_adds_up(sat: Sat) -> None:
    """Each number of it counted anew from what is due."""
    ended = run("grade", sat.folder, sat.table, "--json", "--scale", "50,70,85")
    assert (0, _noted(sat)) == (ended.status, ended.err)
    told = json.loads(ended.out)["summary"]
    there = [one for one in sat.students if not one.unmarked]
    absent = sum(one.absent for one in sat.students)
    totals = sorted(sum(one.due.values()) for one in there)
    assert (len(there), absent, 11) == (told["marked"], told["absent"], told["max"])
    assert float(Fraction(sum(totals), len(totals))) == pytest.approx(told["mean"])
    assert Counter(min(9, int(total * 10 / _most(sat, one))) for one, total in _totals(there)) == Counter(
        {place: count for place, count in enumerate(told["histogram"]) if count}
    )
    for box in told["boxes"]:
        shares = [due / _worth(sat, one, label) for one in there for label, due in one.due.items()
                  if label == box["label"] and _problem(sat, one, label) == box["problem"]]  # fmt: skip
        assert (len(shares), pytest.approx(float(sum(shares) / len(shares)))) == (box["students"], box["share"]), box
    assert Counter(_grade(total / _most(sat, one)) for one, total in _totals(there)) == Counter(told["grades"])


def _noted(sat: Sat) -> str:
    """Those who left everything blank and are not called absent."""
    says = "nothing stands in the row of %s, so there is no mark: write absent as status, or 0 points"
    blank = [(line, one.id) for line, one in _lines(sat) if not one.absent and not any(one.texts.values())]
    return "".join(f"note: {sat.table}, line {line}: {says % name}\n" for line, name in blank)


def _lines(sat: Sat) -> Iterator[tuple[int, Student]]:
    """The first line of each row: matrices take several."""
    line = 2
    for one in sat.students:
        yield line, one
        line += 1 + sum(text.count("\n") for text in one.texts.values())


def _totals(there: list[Student]) -> list[tuple[Student, Fraction]]:
    return [(one, sum(one.due.values(), Fraction(0))) for one in there]


def _most(sat: Sat, one: Student) -> Fraction:
    return sum((box.points for paper in sat.papers[one.code] for box in paper.boxes), Fraction(0))


def _problem(sat: Sat, one: Student, label: str) -> str:
    return next(paper.problem for paper in sat.papers[one.code] if label in [box.label for box in paper.boxes])


def _grade(share: Fraction) -> str:
    return "5" if share >= Fraction(85, 100) else "4" if share >= Fraction(7, 10) else "3" if share >= Fraction(1, 2) else "2"
