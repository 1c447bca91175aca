"""A class list as people save it: what each column may hold, and what is wrong by line, column and remedy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from examgen.copies import Copy, Room, Roster, assignment_csv, plan, read_roster
from examgen.copies._roster import HEADS as PEOPLE
from examgen.errors import InputError
from examgen.exam import Exam, read_exam
from tests.building.folders import LECTURE
from tests.grading.tables import Dialect

HEAD = "name;group;id;row;seat;minutes;large;language"


@pytest.fixture(scope="module")
def exam() -> Exam:
    """The lecture's exam, in Russian, with a title for every language."""
    return read_exam(LECTURE, language="ru")


def read(exam: Exam, place: Path, content: str | bytes, room: Room | None = None) -> Roster:
    path = place / "students.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read_roster(path, exam, room)


def refused(exam: Exam, place: Path, content: str, room: Room | None = None) -> str:
    """The sentence, without the file's name."""
    with pytest.raises(InputError) as failure:
        read(exam, place, content, room)
    assert str(failure.value).startswith(str(place / "students.csv"))
    return str(failure.value).removeprefix(str(place / "students.csv")).lstrip(",: ")


DIALECTS = [Dialect(), Dialect(",", "utf-8-sig", "\n"), Dialect("\t", "utf-16", "\r"), Dialect(";", "cp1251", told=True)]


@pytest.mark.parametrize("dialect", DIALECTS, ids=str)
def test_every_column_is_read(dialect: Dialect, exam: Exam, tmp_path: Path) -> None:
    """In any dialect, under Russian heads, with a name in two columns and one that nobody reads."""
    rows = [
        ["Фамилия", "Имя", "Группа", "Номер", "Ряд", "Место", "Минуты", "Крупно", "Язык", "Заметки"],
        ["Иванова", "Анна", "ИТ-1", "17", "2", "3,0", "60", "да", "EN", "по справке"],
        ["Петров", "Олег", "", "", "2", "4", "", "", "ru", ""],
    ]
    found = read(exam, tmp_path, dialect.bytes(rows))
    anna = Copy(name="Иванова Анна", group="ИТ-1", id="17", row=2, seat=3, minutes=60, large=True, language="en")
    assert (anna, Copy(name="Петров Олег", row=2, seat=4)) == found.people
    assert ("Заметки",) == found.unused


@pytest.mark.parametrize("word", ["yes", "Да", "1", "x", "х", "+", "TRUE", "'+"])
def test_large_print_is_asked_for(word: str, exam: Exam, tmp_path: Path) -> None:
    """In words, by a cross in either alphabet, and as spreadsheets guard a plus."""
    (copy,) = read(exam, tmp_path, f"name;large\nAnna;{word}\n").people
    assert copy.large


@pytest.mark.parametrize("word", ["", "no", "Нет", "0", "-"])
def test_large_print_is_not_asked_for(word: str, exam: Exam, tmp_path: Path) -> None:
    """The tooth: an empty cell and words that say no."""
    (copy,) = read(exam, tmp_path, f"name;large\nAnna;{word}\n").people
    assert not copy.large


MINUTES = {
    60: ("60", "60 мин", "60 мин.", "60 минут", "60 min", "60 Minutes", "60,0", "60min", "59.5"),
    68: ("67,5", "67.5", "67,5 мин"), 1: ("0,5", "1 минута"), 1000: ("1000", "999,01"), None: ("",),
}  # fmt: skip


@pytest.mark.parametrize(("minutes", "cell"), [(minutes, cell) for minutes, cells in MINUTES.items() for cell in cells])
def test_minutes_as_people_write_them(minutes: int | None, cell: str, exam: Exam, tmp_path: Path) -> None:
    """With or without the word; half a minute is a whole one."""
    assert minutes == read(exam, tmp_path, f"name;minutes\nAnna;{cell}\n").people[0].minutes


@pytest.mark.parametrize("cell", ["0", "1000,5", "-5", "1 ч", "60 h", "60 70", "sixty", "50%", "+50%"])
def test_what_is_no_time_is_told(cell: str, exam: Exam, tmp_path: Path) -> None:
    """The tooth: numbers out of range, other units, words."""
    says = f"column 'minutes': {cell!r} is no time from 1 to 1000 minutes, write it such as 60 or leave the cell empty"
    assert f"line 2, {says}" == refused(exam, tmp_path, f"name;minutes\nAnna;{cell}\n")


@pytest.mark.parametrize("cell", ["+15", "'+15", "+ 15 мин"])
def test_added_time_is_told(cell: str, exam: Exam, tmp_path: Path) -> None:
    """With the whole time that it makes."""
    told = f"{cell.lstrip(chr(39))!r} is added time, write the whole time, such as {exam.minutes + 15}"
    assert f"line 2, column 'minutes': {told}" == refused(exam, tmp_path, f"name;minutes\nAnna;{cell}\n")


LANGUAGES = {"en": ("en", "EN", "English", "английский", "Английский"), None: ("", "ru", "Russian", "русский")}


@pytest.mark.parametrize(("language", "cell"), [(language, cell) for language, cells in LANGUAGES.items() for cell in cells])
def test_languages_by_code_and_by_name(language: str | None, cell: str, exam: Exam, tmp_path: Path) -> None:
    """In any language of the paper; that of the exam is no other one."""
    assert language == read(exam, tmp_path, f"name;language\nAnna;{cell}\n").people[0].language


def test_a_name_or_an_id_is_enough(exam: Exam, tmp_path: Path) -> None:
    """In the head, and in each row."""
    assert ("", "17") == (lambda copy: (copy.name, copy.id))(read(exam, tmp_path, "id;group\n17;a\n").people[0])
    both = read(exam, tmp_path, "id;name\n17;\n;Anna\n").people
    assert [("17", ""), ("", "Anna")] == [(copy.id, copy.name) for copy in both]


def test_one_column_is_a_class_list(exam: Exam, tmp_path: Path) -> None:
    """Names alone have nothing between them."""
    assert ["Иванова Анна", "Петров"] == [copy.name for copy in read(exam, tmp_path, "ФИО\nИванова Анна\nПетров\n").people]


def test_an_assignment_is_a_class_list(exam: Exam, tmp_path: Path) -> None:
    """Everybody as on the list it was made from, namesakes without ids too; papers for nobody are passed over."""
    who = (Copy(name="Анна", id="17"), Copy(name="Олег"), Copy(name="Олег"), Copy(id="18", large=True, minutes=60))
    content = assignment_csv(plan(who, 4, "a seed of some length", spare=3).copies, {1: "A", 2: "B", 3: "C", 4: "D"})
    found = read(exam, tmp_path, content)
    assert (who, 3, ("variant", "code")) == (found.people, found.spare, found.unused)


def test_namesakes_who_share_an_id_are_told(exam: Exam, tmp_path: Path) -> None:
    """The tooth: an id that is the name is left out, and still stands once."""
    says = "line 3, column 'id': Олег stands in line 2 already, keep one of the two"
    assert says == refused(exam, tmp_path, "name;id\nОлег;Олег\nОлег;Олег\n")


HEADS = {
    "name": ("Ф.И.О.", "Ф. И. О.", "ФИО студента", "Student Name", "NAME", "Фамилия, имя"),
    "id": (
        "№ студ. билета", "№ студенческого билета", "Номер зачётки", "№ зачётки", "номер зачетки", "зачётка",
        "студенческий билет", "Student ID", "SIS User ID", "Student",
    ),
    "group": ("Section", "Groups", "Группа", "№ группы"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "head"), [(kind, head) for kind, heads in HEADS.items() for head in heads])
def test_heads_as_people_write_them(kind: str, head: str, exam: Exam, tmp_path: Path) -> None:
    """With dots, the sign for a number, either е; beside a column that is known."""
    other = "name" if kind == "id" else "id"
    found = read(exam, tmp_path, f'{other};"{head}"\nA;B\n')
    assert ("B", ()) == (getattr(found.people[0], kind), found.unused)


@pytest.mark.parametrize("head", ["№", "№ п/п", ".", "Username"])
def test_other_heads_are_not_used(head: str, exam: Exam, tmp_path: Path) -> None:
    """The tooth: the number of a line is nobody's id."""
    assert (head,) == read(exam, tmp_path, f"{head};ФИО\n1;Anna\n").unused


def test_names_of_columns_can_be_met() -> None:
    """Each is written as heads are compared: a name with a dot or a ё would never be."""
    names = [(name, kind) for kind, all_of_them in PEOPLE.items() for name in all_of_them]
    assert names == [(" ".join(name.replace("ё", "е").replace(".", " ").casefold().split()), kind) for name, kind in names]


CANVAS = {
    "all": ("Student,ID,SIS User ID,SIS Login ID,Section", ("ID", "SIS Login ID"), "s17"),
    "its own id": ("Student,ID,SIS Login ID,Section", ("SIS Login ID",), "401"),
    "name beside it": ("Name,ID,SIS User ID,Section", ("ID",), "s17"),
}


@pytest.mark.parametrize(("head", "unused", "own"), CANVAS.values(), ids=CANVAS)
def test_canvas(head: str, unused: tuple[str, ...], own: str, exam: Exam, tmp_path: Path) -> None:
    """Where a student has an id the column of students is the name; the university's id comes before Canvas's own."""
    cells = {
        "Student": '"Klein, Boris"', "Name": '"Klein, Boris"', "ID": "401", "SIS User ID": "s17", "SIS Login ID": "bk",
        "Section": "02",
    }  # fmt: skip
    found = read(exam, tmp_path, f"{head}\n{','.join(cells[name] for name in head.split(','))}\n")
    assert (unused, Copy(name="Klein, Boris", id=own, group="02")) == (found.unused, found.people[0])


WRONG = {
    "no head": (
        "Anna\nBoris\n",
        "there is no head such as name;group;id;row;seat, with semicolons, tabs or commas between them, or a single column such"
        " as name or ФИО",
    ),
    "nobody named": ("group;row;seat\na;1;1\n", "line 1: no column says who somebody is, call one such as name or ФИО, or id"),
    "nobody listed": ("name;id\n;\n", "line 1: nobody is listed under the head, write a row for each student"),
    "row alone": ("name;row\na;1\n", "line 1: there is a column 'row' and none 'seat', add it"),
    "seat alone": ("name;seat\na;1\n", "line 1: there is a column 'seat' and none 'row', add it"),
    "column twice": ("name;id;id\na;1;2\n", "line 1: column 'id' is there twice, keep one of them"),
    "too few cells": ("name;id\na\n", "line 2: cannot be read, it needs 2 cells as the head has"),
    "neither name nor id": (
        "name;id;group\na;1;g\n;;g\n", "line 3: there is neither a name nor an id, write one or remove the line",
    ),
    "same id": ("name;id\na;1\nb;2\nc;1\n", "line 4, column 'id': 1 stands in line 2 already, keep one of the two"),
    "same seat": (
        "name;row;seat\na;1;1\nb;1;2\nc;1;1\n",
        "line 4: row 1, seat 1 stands in line 2 already, seat one of the two elsewhere",
    ),
    "two ids": ("name;id;шифр\na;1;2\n", "line 1: column 'id' is there twice, keep one of them"),
    "seat missing": ("name;Ряд;Место\na;1;\n", "line 2, column 'Место': is empty, write a number or empty row and seat both"),
    "some seated": (
        "name;row;seat\na;1;1\nb;;\n", "line 3: has no row and seat, and others have: give everybody a seat, or nobody",
    ),
    "no number": (
        "name;row;seat\na;A;1\n",
        "line 2, column 'row': 'A' is no whole number from 1 to 999, write one or leave the cell empty",
    ),
    "minutes": (
        "name;minutes\na;1001\n",
        "line 2, column 'minutes': '1001' is no time from 1 to 1000 minutes, write it such as 60 or leave the cell empty",
    ),
    "large": ("name;large\na;A3\n", "line 2, column 'large': 'A3' is neither yes nor no, write yes or leave the cell empty"),
    "language": (
        "name;язык\na;fr\n",
        "line 2, column 'язык': 'fr' is no language of the paper, use one of en (English), ru (русский)",
    ),
    "hidden": ("name;id\na\x1bb;1\n", "line 2, column 'name': 'a\\x1bb' holds signs that cannot be seen, type it anew"),
    "long": (f"name;id\n{'a' * 201};1\n", f"line 2, column 'name': '{'a' * 40}' is longer than 200 characters, type it anew"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "says"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told(content: str, says: str, exam: Exam, tmp_path: Path) -> None:
    """In one sentence with line, column and remedy."""
    assert says == refused(exam, tmp_path, content)


def test_a_seat_outside_the_room_is_told(exam: Exam, tmp_path: Path) -> None:
    """Inside it nothing is wrong."""
    content = "name;row;seat\na;2;3\nb;3;1\n"
    says = "line 3: row 3, seat 1 is not in --room 2x3, correct the seat or give a larger room"
    assert says == refused(exam, tmp_path, content, Room(2, 3))
    assert 2 == len(read(exam, tmp_path, content, Room(3, 3)).people)


@pytest.mark.parametrize("key", ["title", "course"])
def test_a_language_without_a_title_is_told(key: str, exam: Exam, tmp_path: Path) -> None:
    """Or without a name of the course; one text alone stands for all languages."""
    def named(text: str | dict[str, str]) -> Exam:
        return replace(exam, printing=replace(exam.printing, **{key: text}))

    content = "name;language\na;en\n"
    says = f"line 2, column 'language': {key} has no entry for 'en', add one beside 'ru'"
    assert says == refused(named({"ru": "Контрольная"}), tmp_path, content)
    assert "en" == read(named("Контрольная"), tmp_path, content).people[0].language


def test_a_file_that_is_not_there_is_told(exam: Exam, tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(InputError, match=r"students\.csv: cannot be read \(No such file"):
        read_roster(tmp_path / "students.csv", exam)
