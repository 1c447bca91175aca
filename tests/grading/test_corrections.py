"""Decisions after the exam: exactly the marks change that have to, the list names them, and old marks are kept."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from examgen import grading
from examgen.grading import Class
from examgen.grading._terminal import changes
from tests.cli.commands import complaint, run
from tests.grading.conftest import Sat
from tests.grading.simulated import Student, simulated
from tests.grading.tables import Dialect, rows

pytestmark = pytest.mark.xdist_group("sat")

REASON = 'reason = "The sheet can be read so."\n'
Due = Mapping[str, Fraction]


@pytest.fixture(scope="module")
def crowd(sat: Sat) -> list[Student]:
    """More students than a class has, to choose from."""
    return simulated(sat.papers, 260, 5)


class Appeal:
    """A class of 200 of which each student either took a reading or did not, beyond doubt; and what becomes of its marks."""

    def __init__(self, sat: Sat, crowd: Sequence[Student], place: Path, task: int, reading: str = "") -> None:
        clear = [one for one in crowd if one.absent or not one.done[task - 1].is_near(reading)]
        self.sat, self.place, self.task, self.reading, self.students = sat, place, task, reading, clear[:200]
        assert 200 == len(self.students)
        self.table = place / "table.csv"
        self.table.write_bytes(Dialect().bytes(rows(self.students, sat.labels)))

    def marked(self, corrections: str) -> Class:
        path = self.place / "decided.toml"
        path.write_text(corrections, encoding="utf-8")
        decided, table = grading.read_corrections(path, self.sat.key), grading.read_table(self.table, self.sat.key)
        return grading.mark_class(self.sat.key, table.entries, table.complaints, corrections=decided)

    def due(self, changed: Callable[[Student], Due]) -> dict[str, Due]:
        return {one.id: {**one.due, **changed(one)} for one in self.students if not one.unmarked}

    def by_reading(self, codes: Sequence[str] | None = None, boxes: Sequence[str] | None = None) -> dict[str, Due]:
        def changed(one: Student) -> Due:
            return one.done[self.task - 1].due_with(self.reading, boxes) if codes is None or one.code in codes else {}

        return self.due(changed)


def check(appeal: Appeal, found: Class, due: Mapping[str, Due], least: int) -> list[str]:
    """Every box of every student as due; who has other points than without corrections is listed, and nobody else."""
    before = {one.id: sum(one.due.values()) for one in appeal.students if not one.unmarked}
    for one, mark in found.present:
        assert due[one.entry.student] == {box.label: box.points for box in mark.boxes}, one.entry.student
        assert one.before and before[one.entry.student] == one.before.points
    changed = [name for name in due if sum(due[name].values()) != before[name]]
    assert least <= len(changed) < len(due) / 2, len(changed)
    *lines, last = changes(found)
    assert changed == [line.removeprefix("changed: ").split()[0] for line in lines]
    assert f"corrections changed {len(changed)} of {len(due)} marks" == last
    return changed


READINGS = [(1, "loss_orientation", 3), (3, "conv_flipped", 5), (2, "bp_mul_own_factor", 4), (1, "softmax_log10", 1)]


@pytest.mark.parametrize(("task", "reading", "least"), READINGS, ids=[reading for _, reading, _ in READINGS])
def test_who_took_an_accepted_reading_has_its_points(
    task: int, reading: str, least: int, sat: Sat, crowd: list[Student], tmp_path: Path
) -> None:
    """In every box of the task, in all variants; nobody else's mark changes."""
    appeal = Appeal(sat, crowd, tmp_path, task, reading)
    found = appeal.marked(f'[[accept]]\n{REASON}task = {task}\nreading = "{reading}"\n')
    changed = check(appeal, found, appeal.by_reading(), least)
    took = [one.id for one in appeal.students if not one.unmarked and one.done[task - 1].deed == reading]
    assert len(set(took) & set(changed)) >= least


def test_a_reading_of_one_box_and_of_one_variant(sat: Sat, crowd: list[Student], tmp_path: Path) -> None:
    """What was decided of one box changes no other; nor does a decision for one variant change another one."""
    appeal = Appeal(sat, crowd, tmp_path, 3, "conv_flipped")
    found = appeal.marked(f'[[accept]]\n{REASON}box = "3а"\nreading = "conv_flipped"\n')
    everywhere = check(appeal, found, appeal.by_reading(boxes=["3а"]), 4)
    code = next(one.code for one in appeal.students if one.id == everywhere[0])
    found = appeal.marked(f'[[accept]]\n{REASON}box = "3а"\nreading = "conv_flipped"\nvariant = "{code.lower()}"\n')
    here = check(appeal, found, appeal.by_reading([code], ["3а"]), 1)
    assert set(here) < set(everywhere)


def test_a_further_value(sat: Sat, crowd: list[Student], tmp_path: Path) -> None:
    """Who wrote it has the box, and nobody else; a matrix may be given as a list."""
    appeal = Appeal(sat, crowd, tmp_path, 3, "conv_flipped")
    one = next(one for one in appeal.students if not one.absent and one.done[2].deed == "conv_flipped" and not one.due["3а"])
    value = one.done[2].meant["conv"]
    listed = json.dumps([[int(cell) for cell in row] for row in value])
    found = appeal.marked(f'[[accept]]\n{REASON}box = "3a"\nvalue = {listed}\nvariant = "{one.code}"\n')

    def changed(other: Student) -> Due:
        same = other.code == one.code and other.done[2].meant.get("conv") == value and other.texts["3а"]
        return {"3а": Fraction(2)} if same else {}

    assert one.id in check(appeal, found, appeal.due(changed), 1)


@pytest.mark.parametrize("give", ["none", "full"])
def test_a_cancelled_box(give: str, sat: Sat, crowd: list[Student], tmp_path: Path) -> None:
    """It counts for nobody and leaves the maximum, or for everybody who was there; other boxes stay as they are."""
    appeal = Appeal(sat, crowd, tmp_path, 2)
    found = appeal.marked(f'[[cancel]]\n{REASON}box = "2з"\ngive = "{give}"\n')
    due = appeal.due(lambda one: {"2з": Fraction(1, 2) if give == "full" else Fraction(0)})
    for one, mark in found.present:
        assert due[one.entry.student] == {box.label: box.points for box in mark.boxes}
        assert (11 if give == "full" else Fraction(21, 2)) == mark.most
        says = "Баллы засчитаны всем" if give == "full" else "Не учитывается"
        assert ("cancelled", (f"{says}: The sheet can be read so.",)) == (mark["2з"].status, mark["2з"].says)


def test_points_for_one_student(sat: Sat, crowd: list[Student], tmp_path: Path) -> None:
    """By id and box, over whatever was marked, also where the box is cancelled; a stranger is noted."""
    appeal = Appeal(sat, crowd, tmp_path, 2)
    one = next(one for one in appeal.students if not one.unmarked and one.due["2а"] == 0)
    given = f'[[points]]\n{REASON}id = "{one.id}"\nbox = "2a"\npoints = 0.25\n'
    found = appeal.marked(given + f'[[points]]\n{REASON}id = "nobody"\nbox = "2а"\npoints = "0,5"\n')
    assert [one.id] == check(appeal, found, appeal.due(lambda other: {"2а": Fraction(1, 4)} if other == one else {}), 1)
    assert "corrections give points to nobody, who is not in the table" in [note.says for note in found.notes]
    found = appeal.marked(given + f'[[cancel]]\n{REASON}box = "2а"\n')
    mark = next(mark for other, mark in found.present if other.entry.student == one.id)
    assert ("hand", Fraction(1, 4)) == (mark["2а"].status, mark["2а"].points)


def test_old_marks_are_kept(sat: Sat, crowd: list[Student], tmp_path: Path) -> None:
    """In a column of the new table, and as a file beside it; only --force writes over what is there."""
    appeal = Appeal(sat, crowd, tmp_path, 3, "conv_flipped")
    marks = tmp_path / "marks.csv"
    assert 0 == run("grade", sat.folder, appeal.table, "-o", marks).status
    before = marks.read_bytes()
    path = tmp_path / "decided.toml"
    path.write_text(f'[[accept]]\n{REASON}task = 3\nreading = "conv_flipped"\n', encoding="utf-8")
    words = ("grade", sat.folder, appeal.table, "--corrections", path, "-o", marks)
    assert f"-o {marks}: is there already, choose another name or say --force" == complaint(run(*words))
    assert before == marks.read_bytes()
    assert 0 == run(*words, "--force").status
    assert before == (tmp_path / "marks.1.csv").read_bytes()
    assert {"decided.toml", "table.csv", "marks.csv", "marks.1.csv"} == {path.name for path in tmp_path.iterdir()}
    old, new = _table(before), _table(marks.read_bytes())
    assert {name: row["points"] for name, row in old.items()} == {name: row["points before"] for name, row in new.items()}
    assert "points before" not in next(iter(old.values()))
    assert any(row["points"] != row["points before"] for row in new.values())


def _table(content: bytes) -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")}


def test_corrections_beside_the_key_are_found(sat: Sat, tmp_path: Path) -> None:
    """Without an option; they are those that `--corrections` would name."""
    folder = tmp_path / "built"
    folder.mkdir()
    (folder / "key.json").write_bytes((sat.folder / "key.json").read_bytes())
    text = f'[[cancel]]\n{REASON}box = "1а"\n'
    (folder / "corrections.toml").write_text(text, encoding="utf-8")
    key = sat.key
    assert grading.corrections_at(folder, None, key) == grading.read_corrections(folder / "corrections.toml", key)
    assert 1 == len(grading.corrections_at(folder, None, key).cancels)
    assert grading.corrections_at(sat.folder, None, key).cancels == ()


def test_without_corrections_nothing_is_said_of_them(sat: Sat) -> None:
    """Neither a list nor a count."""
    assert "corrections changed" not in run("grade", sat.folder, sat.table).out


ACCEPT, CANCEL, POINTS = f"[[accept]]\n{REASON}", f"[[cancel]]\n{REASON}", f"[[points]]\n{REASON}"
BAD = {
    "no reason": ('[[accept]]\nbox = "1а"\nvalue = 1\n', ("accept 1 reason", "each with a reason")),
    "empty reason": ('[[accept]]\nreason = " "\nbox = "1а"\nvalue = 1\n', ("accept 1: give a reason",)),
    "long reason": (f'[[accept]]\nreason = "{"x" * 301}"\nbox = "1а"\nvalue = 1\n', ("accept 1: give a reason",)),
    "reason of two lines": ('[[accept]]\nreason = "a\\nb"\nbox = "1а"\nvalue = 1\n', ("accept 1: give a reason, one line",)),
    "unknown table": ('[[forgive]]\nreason = "x"\n', ("forgive", "allowed are accept, cancel and points")),
    "unknown entry": (ACCEPT + 'colour = 1\nbox = "1а"\nvalue = 1\n', ("accept 1 colour",)),
    "nothing accepted": (ACCEPT + 'box = "1а"\n', ("accept 1: give either a value, or a reading",)),
    "both accepted": (ACCEPT + 'box = "1а"\nvalue = 1\nreading = "svm_sign"\n', ("accept 1: give either a value, or",)),
    "no place": (ACCEPT + 'reading = "svm_sign"\n', ("accept 1: give a box",)),
    "two places": (ACCEPT + 'task = 1\nbox = "1а"\nreading = "svm_sign"\n', ("accept 1: give a box",)),
    "value of a task": (ACCEPT + "task = 1\nvalue = 1\n", ("accept 1: give a box",)),
    "no such box": (ACCEPT + 'box = "9а"\nvalue = 1\n', ("accept 1: no variant has a box '9а'",)),
    "no such task": (ACCEPT + 'task = 9\nreading = "svm_sign"\n', ("accept 1: there is no such box or task",)),
    "no such variant": (ACCEPT + 'box = "1а"\nvalue = 1\nvariant = "ZZZ"\n', ("accept 1: 'ZZZ' is no variant code",)),
    "box of other variants": (ACCEPT + 'box = "1д"\nvalue = 1\nvariant = "1"\n', ("no such box or task in variant 44H3T4",)),
    "no number": (ACCEPT + 'box = "1а"\nvalue = "many"\n', ("accept 1: value for box 1а:", "many")),
    "no such reading": (ACCEPT + 'task = 3\nreading = "flipped"\n', ("'flipped'", "known there are conv_average_for_max, ")),
    "reading elsewhere": (ACCEPT + 'box = "3в"\nreading = "svm_sign"\n', ("'svm_sign' leads to nothing else there",)),
    "cancel what": (CANCEL, ("cancel 1 box",)),
    "give what": (CANCEL + 'box = "1а"\ngive = "half"\n', ("cancel 1: give = 'half': allowed are none", "and full")),
    "cancel no box": (CANCEL + 'box = "7"\n', ("cancel 1: no variant has a box '7'",)),
    "points for whom": (POINTS + 'box = "1а"\npoints = 1\n', ("points 1 id",)),
    "too many points": (POINTS + 'id = 1\nbox = "1а"\npoints = 2\n', ("points 1: 1а: '2' points, give a number from 0 to 1",)),
    "negative points": (POINTS + 'id = 1\nbox = "1а"\npoints = -1\n', ("points 1: 1а: '-1' points",)),
    "second entry": (CANCEL + 'box = "1а"\n' + CANCEL + 'box = "9я"\n', ("cancel 2: no variant has a box '9я'",)),
    "task as text": (ACCEPT + 'task = "3"\nreading = "conv_flipped"\n', ("accept 1 task",)),
    "no toml": ("[[accept]\n", ("not TOML",)),
    "not a list": ("accept = 1\n", ("accept",)),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_entry_is_one_sentence(name: str, sat: Sat, tmp_path: Path) -> None:
    """With the file and the entry; nothing is marked and nothing written."""
    path, marks = tmp_path / "decided.toml", tmp_path / "marks.csv"
    text, words = BAD[name]
    path.write_text(text, encoding="utf-8")
    said = complaint(run("grade", sat.folder, sat.table, "--corrections", path, "-o", marks))
    assert said.startswith(f"{path}: "), said
    assert [] == [word for word in words if word not in said], said
    assert not marks.exists()


def test_corrections_that_are_not_there(sat: Sat, tmp_path: Path) -> None:
    """A file that was named has to be there."""
    path = tmp_path / "none.toml"
    said = complaint(run("grade", sat.folder, sat.table, "--corrections", path))
    assert f"{path}: there is no such file, write [[accept]], [[cancel]] or [[points]] tables into it" == said


def test_a_change_too_many_is_seen(sat: Sat, crowd: list[Student], tmp_path: Path) -> None:
    """The tooth of `check`: corrections that do more than what is due."""
    appeal = Appeal(sat, crowd, tmp_path, 3, "conv_flipped")
    more = f'[[cancel]]\n{REASON}box = "1а"\ngive = "full"\n'
    found = appeal.marked(f'[[accept]]\n{REASON}task = 3\nreading = "conv_flipped"\n{more}')
    with pytest.raises(AssertionError):
        check(appeal, found, appeal.by_reading(), 1)
