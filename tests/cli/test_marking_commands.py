"""The commands of who checks, marks, and keeps an exam: what they print and write, how they end, and what they refuse."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import stat
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from examgen import registry
from tests.adapters.students import right
from tests.building.folders import HOMEWORK, Folder
from tests.cli.commands import complaint, run
from tests.cli.test_commands import shell

pytestmark = pytest.mark.xdist_group("marking")

TABLE = "id;name;status;2а;2г\nanna;Анна;;1,5;1,27\noleg;Олег;;3;1,77\nlena;Лена;absent;;\n"
BROKEN = TABLE + "oleg;;;1;1\nshort\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lecture's own numbers: one variant of five tasks."""
    folder = tmp_path_factory.mktemp("marking") / "out"
    ended = run("build", HOMEWORK, "-o", folder, "-j", 1)
    assert 0 == ended.status, ended.err
    return folder


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.fixture
def packed(built: Path, tmp_path: Path) -> Path:
    path = tmp_path / "exam.zip"
    assert 0 == run("archive", built, path).status
    return path


def code_of(folder: Path) -> str:
    return str(Folder(folder).key["variants"][0]["code"])


def filled(folder: Path, place: Path, change: Callable[[dict[str, Any]], None] = lambda answers: None) -> Path:
    """The form with every answer right, then changed."""
    told = {name: _text(value) for name, value in right(Folder(folder).key["variants"][0]).items()}
    change(told)
    place.write_text("".join(f"{json.dumps(name)} = {json.dumps(text)}\n" for name, text in told.items()), encoding="utf-8")
    return place


def _text(value: Any) -> str:
    return "; ".join(" ".join(row) for row in value) if isinstance(value, list) else str(value)


def test_a_form_holds_no_answer(built: Path, packed: Path) -> None:
    """Every box with what it takes, empty, the same from a definition, a folder and an archive; no number of the key."""
    ended = run("answers", HOMEWORK)
    assert (0, "") == (ended.status, ended.err)
    assert ended.out == run("answers", built).out == run("answers", packed, "--variant", "1").out
    told = tomllib.loads(ended.out)
    variant = Folder(built).key["variants"][0]
    labels = [answer["label"] for task in variant["tasks"] for answer in task["answers"]]
    assert {"variant": variant["code"], **dict.fromkeys(labels, "")} == told
    body = [line for line in ended.out.splitlines() if line.startswith('"')]
    shown = [number for line in body for number in re.findall(r"\d+[.,]\d+|\d{2,}", line.partition("#")[2])]
    assert [] == shown
    assert ["1.27"] == re.findall(r"\d+[.,]\d+", '"2г" = ""  # 1.27'.partition("#")[2])  # a number would be seen


def test_a_form_of_one_variant_among_many(tmp_path: Path) -> None:
    """Which one has to be said, by number or code; a variant of a definition is drawn when it is asked for."""
    text = HOMEWORK.parent.joinpath("lecture6.toml").read_text(encoding="utf-8")
    path = tmp_path / "exam.toml"
    path.write_text(text.replace("variants = 30", "variants = 3"), encoding="utf-8")
    assert "which of the 3 variants? Give --variant, the code on the sheet" == complaint(run("answers", path))
    second = run("answers", path, "--variant", 2)
    code = tomllib.loads(second.out)["variant"]
    assert second == run("answers", path, "--variant", code.lower())
    assert "there is no variant 9: the exam has 3 of them" == complaint(run("answers", path, "--variant", 9))
    assert complaint(run("answers", path, "--variant", "ZZZ")).startswith("'ZZZ' is no variant code")


def test_an_empty_form_is_checked(built: Path, tmp_path: Path) -> None:
    """Nothing of it is right: status 1, no sentence of blame, no answer told."""
    form = tmp_path / "my.toml"
    form.write_text(run("answers", built).out, encoding="utf-8")
    ended = run("check", built, form)
    assert (1, "") == (ended.status, ended.err)
    assert 26 == ended.out.count("пусто") and "Баллы: 0 из 19." in ended.out
    assert "1,27" not in ended.out


def test_a_form_is_checked(built: Path, packed: Path, tmp_path: Path) -> None:
    """All right ends in 0; one wrong number in 1, and what follows from it is told; from every kind of place alike."""
    form = filled(built, tmp_path / "my.toml")
    for place in (HOMEWORK, built, packed, built / "key.json"):
        ended = run("check", place, form)
        assert (0, "") == (ended.status, ended.err)
        assert "Баллы: 19 из 19." in ended.out
    filled(built, form, lambda answers: answers.update({"2а": "2,5", "2г": "1,6"}))
    ended = run("check", built, form)
    assert 1 == ended.status and "Баллы: 18 из 19." in ended.out
    assert "из числа в 2а" in ended.out and "1,5" not in ended.out
    assert "1,5" in run("check", built, form, "--reveal").out
    told = json.loads(run("check", built, form, "--json").out)
    assert (18, 19, ["wrong", "right", "right", "followed"]) == (
        told["points"], told["max"], [box["status"] for box in told["tasks"][1]["boxes"]]
    )  # fmt: skip


def test_forms_that_cannot_be_checked(built: Path, tmp_path: Path) -> None:
    """One sentence each."""
    form = tmp_path / "my.toml"
    cases = {
        '"1а" = {a = 1}\n': "1а holds no answer",
        '"1а" = true\n': "1а holds no answer",
        '"1а" = "1"\n"1a" = "2"\n': "is there twice",
        'variant = "ZZZ"\n': "'ZZZ' is no variant code",
        "1а\n": "not TOML",
    }
    for text, says in cases.items():
        form.write_text(text, encoding="utf-8")
        assert says in complaint(run("check", built, form)), text
    assert "there is no such file, write one with: examgen answers" in complaint(run("check", built, tmp_path / "none.toml"))


def test_control_characters_of_an_answer_reach_no_terminal(built: Path, tmp_path: Path) -> None:
    """Neither of an answer nor of the name of a box that is none."""
    form = filled(built, tmp_path / "my.toml", lambda answers: answers.update({"2а": "\x1b[31m", "\x1b[32m": "1"}))
    ended = run("check", built, form)
    assert 1 == ended.status, ended.err
    assert "\x1b" not in ended.out and "2а" in ended.out


def test_a_class_is_graded(built: Path, packed: Path, table: Path, tmp_path: Path) -> None:
    """A summary, a table of marks, a file for Moodle; all only for their owner; the same from an archive."""
    marks, moodle = tmp_path / "marks.csv", tmp_path / "moodle.csv"
    ended = run("grade", built, table, "-o", marks, "--moodle", moodle, "--scale", "F=0,D=20")
    assert (0, "") == (ended.status, ended.err)
    assert "2 marked, 1 absent; mean 3.50, median 3.5 of 19 points" in ended.out
    assert "grades: D: 1, F: 1" in ended.out
    assert f"{marks} is written\n{moodle} is written\n" in ended.out
    assert {0o600} == {stat.S_IMODE(os.stat(path).st_mode) for path in (marks, moodle)}
    first = marks.read_bytes()
    assert 0 == run("grade", packed, table, "-o", marks, "--scale", "F=0,D=20", "--force").status
    assert first == marks.read_bytes()


def test_moodle_reads_the_grades(built: Path, table: Path, tmp_path: Path) -> None:
    """A row per student: id, name, points, maximum, feedback; who was absent has no grade, not even 0."""
    moodle = tmp_path / "moodle.csv"
    assert 0 == run("grade", built, table, "--moodle", moodle).status
    content = moodle.read_bytes().decode("utf-8")
    assert content.startswith("\ufeff") and "\r\n" in content
    head, *body = csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline=""), delimiter=";")
    assert ["ID number", "Name", "Grade", "Maximum", "Feedback"] == head
    assert [["anna", "Анна", "4", "19"], ["oleg", "Олег", "3", "19"], ["lena", "Лена", "", ""]] == [row[:4] for row in body]
    assert "" == body[2][4] and "2а" in body[1][4]


def test_grading_as_json(built: Path, table: Path, tmp_path: Path) -> None:
    """JSON alone on the output; what is written is told beside it."""
    ended = run("grade", built, table, "--json", "-o", tmp_path / "marks.csv")
    told = json.loads(ended.out)
    assert (0, f"{tmp_path / 'marks.csv'} is written\n") == (ended.status, ended.err)
    assert {"title", "students", "complaints", "notes", "summary"} == told.keys()
    assert ["present", "present", "absent"] == [one["status"] for one in told["students"]]
    assert "points" not in told["students"][2]


def test_broken_rows_end_in_2_and_all_others_are_marked(built: Path, table: Path, tmp_path: Path) -> None:
    """Each by its line, on the side of errors; the table of marks has the others."""
    table.write_text(BROKEN, encoding="utf-8")
    marks = tmp_path / "marks.csv"
    ended = run("grade", built, table, "-o", marks)
    assert 2 == ended.status
    assert [
        f"{table}, line 5: student oleg stands in line 3 already, keep one of the two",
        f"{table}, line 6: has 1 cells, the head 5: leave empty cells between semicolons where nothing was written",
        f"{table}: 2 rows are not marked, 3 are",
    ] == ended.err.splitlines()
    assert 4 == marks.read_bytes().count(b"\r\n")
    table.write_text(TABLE + "short\n", encoding="utf-8")
    assert f"{table}: 1 row is not marked, 3 are" == run("grade", built, table).err.splitlines()[-1]
    table.write_text(BROKEN, encoding="utf-8")
    told = json.loads(run("grade", built, table, "--json").out)
    assert [5, 6] == [complaint["line"] for complaint in told["complaints"]]


def _refusals(built: Path, table: Path, place: Path) -> dict[str, tuple[tuple[object, ...], str]]:
    there, new = place / "there.csv", place / "new.csv"
    there.write_text("kept", encoding="utf-8")
    grade = ("grade", built, table)
    return {
        "over a file": ((*grade, "-o", there), f"-o {there}: is there already, choose another name or say --force"),
        "over a folder": ((*grade, "-o", place, "--force"), f"-o {place}: is a folder, give the name of a file"),
        "over the table": ((*grade, "-o", table, "--force"), "is the file that the numbers come from"),
        "over the key": ((*grade, "-o", built / "key.json", "--force"), "is the file that the numbers come from"),
        "no folder": ((*grade, "-o", place / "no" / "x.csv"), "there is no folder"),
        "one file twice": ((*grade, "-o", new, "--moodle", new), "is written twice, choose another name"),
        "too long": ((*grade, "-o", place / ("x" * 300)), "cannot be written (File name too long)"),
        "moodle over a file": ((*grade, "-o", new, "--moodle", there), "--moodle"),
        "no scale": ((*grade, "-o", new, "--scale", "70,50"), "--scale 70,50: give rising limits in percent"),
        "scale of words": ((*grade, "-o", new, "--scale", "good"), "--scale good: give rising limits in percent"),
        "scale above": ((*grade, "-o", new, "--scale", "50,101"), "--scale 50,101: give rising limits in percent"),
        "named from above": ((*grade, "-o", new, "--scale", "F=10,D=50"), "the first named grade begins at 0"),
        "no corrections": ((*grade, "-o", new, "--corrections", place / "no.toml"), "there is no such file"),
        "no table": (("grade", built, place / "no.csv", "-o", new), "cannot be read (No such file or directory)"),
        "no build": (("grade", place, table, "-o", new), "there is no key.json, give a folder"),
        "marks over a file": (("marks", built, "-o", there), f"-o {there}: is there already"),
        "marks over the roster": (("marks", built, "--roster", table, "-o", table, "--force"), "is the file that the numbers"),
        "no roster": (("marks", built, "--roster", place / "no.csv", "-o", new), "cannot be read"),
        "archive over a file": (("archive", built, there), f"OUT.zip {there}: is there already"),
        "archive of nothing": (("archive", place, new), "there is no key.json"),
        "archive of a file": (("archive", built / "key.json", new), "is no folder, give the one"),
        "archive with nothing": (("archive", built, new, "--with", place / "no.csv"), "cannot be read"),
        "archive with a namesake": (("archive", built, new, "--with", _namesake(place)), "has a file of that name already"),
        "follow no variant": (("follow", built, "ZZZ", "2а=1"), "'ZZZ' is no variant code"),
        "follow no box": (("follow", built, "1", "9я=1"), "has no box '9я': boxes are 1а, 1б"),
        "follow no number": (("follow", built, "1", "2а=foo"), '2а: The word "foo" is not known'),
        "follow nothing": (("follow", built, "1", "2а"), "give each box once with its number, such as 2a=0,88"),
        "follow twice": (("follow", built, "1", "2а=1", "2а=2"), "give each box once with its number"),
        "follow another size": (("follow", built, "1", "1а=1"), "1а: "),
    }  # fmt: skip


def _namesake(place: Path) -> Path:
    (place / "other").mkdir(exist_ok=True)
    (place / "other" / "key.json").write_text("{}", encoding="utf-8")
    return place / "other" / "key.json"


def test_what_is_refused_changes_nothing(built: Path, table: Path, tmp_path: Path) -> None:
    """One sentence and status 2 for each; no file is made, and those that stood there stay."""
    place = tmp_path / "place"
    place.mkdir()
    cases = _refusals(built, table, place)
    before = _files(built, tmp_path)
    for name, (words, says) in cases.items():
        assert says in complaint(run(*words)), name
        assert before == _files(built, tmp_path), name


def _files(*places: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for place in places for path in sorted(place.rglob("*")) if path.is_file()}


def test_an_empty_table_of_points(built: Path, table: Path, tmp_path: Path) -> None:
    """To the screen or into a file, with the students of a roster; filled in it is graded."""
    ended = run("marks", built, "--roster", table)
    assert (0, "") == (ended.status, ended.err)
    path = tmp_path / "points.csv"
    told = run("marks", built, "--roster", table, "-o", path)
    assert f"{path} is written: fill it in, then examgen grade {built} {path}\n" == told.out
    assert ended.out == path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    rows = list(csv.reader(io.StringIO(ended.out), delimiter=";"))
    assert ["id", "name", "group", "variant", "status", "1а (2)", "1б (0,5)"] == rows[0][:7]
    assert [["anna", "Анна"], ["oleg", "Олег"], ["lena", "Лена"]] == [row[:2] for row in rows[1:]]
    rows[1][5:7], rows[2][5:7], rows[3][4] = ["1,5", "0,5"], ["0", "0.25"], "absent"
    with path.open("w", encoding="cp1251", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    ended = run("grade", built, path)
    assert 0 == ended.status
    assert ["2 students marked by hand"] == [line for line in ended.out.splitlines() if "by hand" in line]
    assert "anna has neither points nor an answer for 1в" in ended.err


def test_points_over_typed_answers_are_listed(built: Path, tmp_path: Path) -> None:
    """Each with its student, once; who has points by hand alone is counted."""
    path, code = tmp_path / "points.csv", code_of(built)
    rows = [f"anna;Анна;{code};1,5;0;0,5", f"oleg;;{code};;7;", f"lena;;{code};2;;", f"boris;;{code};;;0,5"]
    path.write_text("\n".join(["id;name;variant;1а (2);1а;1б (0,5)", *rows]), encoding="utf-8")
    said = [line for line in run("grade", built, path).out.splitlines() if "by hand" in line]
    assert ["by hand, over what was typed: anna (Анна) has 1а 1.5/2", "2 students marked by hand"] == said


def test_papers_that_nobody_took_are_passed_over(built: Path, tmp_path: Path) -> None:
    """A row with a variant alone is one note; the teeth: points on such a paper, or a status, need a student."""
    path, code = tmp_path / "points.csv", code_of(built)
    head, spare = "id;name;group;variant;status;1а (2)", f";;;{code};;"
    path.write_text(f"{head}\nanna;;;{code};;2\n{spare}\n{spare}\n", encoding="utf-8")
    ended = run("grade", built, path)
    assert (0, True) == (ended.status, "note: 2 papers without a student are passed over\n" in ended.err)
    path.write_text(f"{head}\nanna;;;{code};;2\n{spare}2\n;;;{code};absent;\n{spare}\n", encoding="utf-8")
    ended = run("grade", built, path)
    assert (2, True) == (ended.status, "note: 1 paper without a student is passed over\n" in ended.err)
    assert [f"{path}, line {line}: there is no id, write one" for line in (3, 4)] == ended.err.splitlines()[-3:-1]


def test_a_strip_is_recomputed(built: Path, packed: Path) -> None:
    """From one wrong number: its own box, what changes, what does not; no other task; also from an archive."""
    ended = run("follow", built, code_of(built).lower(), "2a=3")
    assert (0, "") == (ended.status, ended.err)
    words = [line.split() for line in ended.out.splitlines()[1:]]
    assert [["2а", "1,5", "=", "3"], ["2б", "1,4"], ["2в", "0,9"], ["2г", "1,27", "→", "1,77"]] == words
    assert ended == run("follow", packed, "1", "2а=3")


def test_an_archive_is_the_same_bytes(built: Path, table: Path, tmp_path: Path) -> None:
    """Whenever it is made; everything of the folder and what is added is in it, and only its owner reads it."""
    one, two = tmp_path / "one.zip", tmp_path / "two.zip"
    for path in (one, two):
        ended = run("archive", built, path, "--with", table)
        assert (0, "") == (ended.status, ended.err)
    assert one.read_bytes() == two.read_bytes()
    assert 0o600 == stat.S_IMODE(one.stat().st_mode)
    with zipfile.ZipFile(one) as packed:
        assert sorted([*Folder(built).names, "table.csv"]) == packed.namelist()
        assert all(packed.read(name) == (built / name).read_bytes() for name in Folder(built).names)
    copy = tmp_path / "copy"
    shutil.copytree(built, copy)
    (copy / "key.json").write_bytes((copy / "key.json").read_bytes() + b"\n")
    assert 0 == run("archive", copy, two, "--with", table, "--force").status
    assert one.read_bytes() != two.read_bytes() and one.read_bytes() == (tmp_path / "two.1.zip").read_bytes()


def test_an_archive_in_its_own_folder_holds_itself_not(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the two are named."""
    copy = tmp_path / "copy"
    shutil.copytree(built, copy)
    assert 0 == run("archive", copy, copy / "exam.zip").status
    monkeypatch.chdir(copy)
    (copy / "exam.1.zip").unlink(missing_ok=True)
    assert 0 == run("archive", copy, "exam.zip", "--force").status
    with zipfile.ZipFile("exam.zip") as packed:
        assert "exam.zip" not in packed.namelist() and "key.json" in packed.namelist()


def test_an_archive_is_verified(built: Path, packed: Path, tmp_path: Path) -> None:
    """Proved again like the folder; a changed answer in it is seen."""
    assert run("verify", built).out == run("verify", packed).out
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b'"value": 1.5', b'"value": 1.6') if name == "key.json" else content)
    ended = run("verify", changed)
    assert 1 == ended.status and "key.json: changed since it was built" in ended.err


READERS = [("grade", "TABLE"), ("follow", "1", "2а=1"), ("verify",), ("answers",)]


@pytest.mark.parametrize("command", READERS, ids=lambda words: words[0])
def test_damaged_archives(command: tuple[str, ...], packed: Path, table: Path, tmp_path: Path) -> None:
    """Cut off, with other bytes inside, of something else, or no archive at all: one sentence."""
    content = packed.read_bytes()
    start = content.index(b"key.json") + 2000
    damaged = {
        "cut": content[: len(content) // 2], "flipped": content[:start] + b"\0" * 200 + content[start + 200 :],
        "empty": b"", "text": b"no archive", "other": _zip({"readme.txt": "hello"}), "not json": _zip({"key.json": "{"}),
        "list": _zip({"key.json": "[]", "manifest.json": "[]"}), "format": _zip({"key.json": '{"format": 99}'}),
    }  # fmt: skip
    for name, data in damaged.items():
        path = tmp_path / f"{name}.zip"
        path.write_bytes(data)
        words = [table if word == "TABLE" else word for word in command[1:]]
        said = complaint(run(command[0], path, *words))
        assert str(path) in said and "Traceback" not in said, name


def _zip(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return made.getvalue()


def test_marking_needs_the_key_alone(built: Path, table: Path, tmp_path: Path) -> None:
    """Problems that this version does not know, and a registry that does not even load, are no obstacle."""
    folder = tmp_path / "later"
    folder.mkdir()
    told = Folder(built).key
    for task in told["variants"][0]["tasks"]:
        task["problem"] = "problem_of_another_time"
    (folder / "key.json").write_text(json.dumps(told), encoding="utf-8")
    packed = tmp_path / "later.zip"
    assert 0 == run("archive", folder, packed).status
    broken = (
        "import sys\n"
        "class Blocker:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('examgen.registry', 'examgen.problems', 'examgen.exam', 'torch', 'sympy', 'weasyprint'):\n"
        "            raise ImportError(name + ' is blocked')\n"
        "sys.meta_path.insert(0, Blocker())\n"
        "from examgen.cli import main\n"
        "sys.argv = ['examgen', *sys.argv[1:]]\n"
        "main()\n"
    )
    for words in (("grade", packed, table), ("marks", packed), ("archive", folder, tmp_path / "new.zip")):
        ended = shell("-c", broken, *map(str, words))
        assert (0, "") == (ended.status, ended.err), words
    for words in (("follow", str(packed), "1", "2а=3"), ("answers", str(packed))):
        ended = shell("-m", "examgen", *words)
        assert (0, "") == (ended.status, ended.err), words
    assert "is blocked" in shell("-c", broken, "solve", "svm_loss").err  # the tooth


def test_a_registry_that_fails_is_noticed_elsewhere(monkeypatch: pytest.MonkeyPatch, built: Path, table: Path) -> None:
    """Within one process: grading and following never ask for a problem."""
    def fail() -> None:
        raise AssertionError("a problem was asked for")

    monkeypatch.setattr(registry, "problems", fail)
    assert 0 == run("grade", built, table).status


def test_no_name_moves_the_cursor(built: Path, tmp_path: Path) -> None:
    """Escape sequences in names stay out of what is printed."""
    table = tmp_path / "table.csv"
    table.write_text("id;name;variant;1а (2);1а\nanna;\x1b[31mАнна;1;1;0\n", encoding="utf-8")
    ended = run("grade", built, table)
    assert 0 == ended.status and ": anna ( [31mАнна) has 1а 1/2" in ended.out
    assert "\x1b" not in ended.out + ended.err
