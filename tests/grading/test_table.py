"""Tables as people and their programs save them: what stands in them is read, and what is wrong is told by its line."""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from itertools import product
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examgen import grading, keyfile
from examgen.copies import Copy, assignment_csv, plan
from examgen.errors import InputError
from examgen.grading import Table
from examgen.spreadsheets import harmless
from tests.grading.conftest import Sat
from tests.grading.tables import Dialect, rows

pytestmark = pytest.mark.xdist_group("sat")

SEPARATORS, ENCODINGS = (";", "\t", ","), ("utf-8", "utf-8-sig", "cp1251", "utf-16")
DIALECTS = [
    Dialect(separator, encoding, ends, quoted, told)
    for (separator, encoding), (ends, quoted, told) in product(
        product(SEPARATORS, ENCODINGS), [("\r\n", False, False), ("\n", False, True), ("\r", True, False)]
    )
]
HEAD = "id;variant;1а;1б;3а"
QUOTE = "a quote is opened and not closed, or stands inside of a cell, or a cell is far too long"


def read(sat: Sat, place: Path, content: str | bytes) -> Table:
    path = place / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return grading.read_table(path, sat.key)


def told(table: Table) -> dict[int, str]:
    """What is wrong, by line."""
    return {complaint.line: complaint.says for complaint in table.complaints}


def refused(sat: Sat, place: Path, content: str | bytes) -> str:
    """The sentence for a table that cannot be read at all, without the file's name."""
    with pytest.raises(InputError) as failure:
        read(sat, place, content)
    assert str(failure.value).startswith(str(place / "t.csv"))
    return str(failure.value).removeprefix(str(place / "t.csv")).lstrip(",: ")


@pytest.mark.parametrize("dialect", DIALECTS, ids=str)
def test_every_dialect_reads_the_same(dialect: Dialect, sat: Sat, tmp_path: Path) -> None:
    """The class of 200, matrices over several lines among them."""
    found = read(sat, tmp_path, dialect.bytes(rows(sat.students, sat.labels)))
    assert ((), ()) == (found.complaints, found.unused)
    assert [one.id for one in sat.students] == [entry.student for entry in found.entries]
    for one, entry in zip(sat.students, found.entries, strict=True):
        assert (one.absent, "" if one.absent else one.code) == (entry.absent, entry.variant)
        wanted = {label: _typed(text.strip(), dialect) for label, text in one.texts.items() if text}
        assert wanted == entry.answers


def _typed(text: str, dialect: Dialect) -> str:
    """A text as far as the encoding has its signs."""
    return text.replace("−", "-").replace("≈", "=").replace("🙂", "?") if dialect.encoding == "cp1251" else text


CELL = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")) | st.sampled_from('",;\t\n'), max_size=12)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=5), st.sampled_from(SEPARATORS),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.sampled_from(["\n", "\r\n"]), st.booleans(),
)  # fmt: skip
def test_any_text_comes_back(
    sat: Sat, tmp_path: Path, cells: list[tuple[str, str, str]], separator: str, encoding: str, ends: str, quoted: bool
) -> None:
    """Whatever stands in the boxes, in any dialect."""
    code = sat.students[0].code
    body = [[f"s{place}", code, *three] for place, three in enumerate(cells)]
    content = Dialect(separator, encoding, ends, quoted).bytes([HEAD.split(";"), *body])
    found = read(sat, tmp_path, content)
    assert () == found.complaints
    labels = HEAD.split(";")[2:]
    wanted = [{label: text.strip() for label, text in zip(labels, three, strict=True) if text.strip()} for three in cells]
    assert wanted == [entry.answers for entry in found.entries]


def test_a_decimal_comma_between_commas_is_no_guess(sat: Sat, tmp_path: Path) -> None:
    """It is told with its line and the remedies; quoted ones are read."""
    code = sat.students[0].code
    found = read(sat, tmp_path, f'id,variant,1а,1б\na,{code},1,27,3\nb,{code},"1,27",3\n')
    assert [("b", {"1а": "1,27", "1б": "3"})] == [(entry.student, entry.answers) for entry in found.entries]
    (line, says), = told(found).items()
    assert 2 == line and 'put a decimal comma in quotes ("1,27"), or save with semicolons' in says


def test_each_broken_row_is_told_by_its_line_and_all_others_are_read(sat: Sat, tmp_path: Path) -> None:
    """One of everything that goes wrong in a row, after a matrix that takes two lines."""
    one, other = sat.key.variants[0].code, sat.key.variants[1].code
    lines = {
        2: f'good;{one};1;2;"1 2', 3: '3 4"', 4: f"short;{one};1", 5: f"long;{one};1;2;1 2; 3 4", 6: "typo;44H3T5;1;2;3",
        7: "size;ZZZ;1;2;3", 8: "number;99;1;2;3", 9: f"good;{other};1;2;3", 10: f";{one};1;2;3", 11: "none;;1;2;3",
        12: f'open;{one};1;"2;3', 13: f"\x1b[31mred;{one};1;2;3", 14: f'inside;"{one}";1;2";3', 15: ";;;;", 16: "",
        17: f"last; {one.lower()} ;1;2;3", 18: "third;3;1;;",
    }  # fmt: skip
    found = read(sat, tmp_path, "\n".join([HEAD, *lines.values()]))
    assert {"good": 2, "last": 17, "third": 18} == {entry.student: entry.line for entry in found.entries}
    assert {"good": one, "last": one, "third": sat.key["3"].code} == {entry.student: entry.variant for entry in found.entries}
    assert {
        4: "has 3 cells, the head 5: leave empty cells between semicolons where nothing was written",
        5: 'has 6 cells, the head 5: put a cell with semicolons in quotes, such as a matrix ("1 -2; 3 1")',
        6: "'44H3T5' is no variant code, since its check symbol does not fit: was 44H3T4 meant?",
        7: "'ZZZ' is no variant code, since it has 3 symbols instead of 6: compare it with the sheet.",
        8: "there is no variant 99: the exam has 8 of them",
        9: "student good stands in line 2 already, keep one of the two",
        10: "there is no id, write one",
        11: "there is no variant, write the code on the sheet, or absent as status",
        12: QUOTE, 14: QUOTE,
        13: r"id '\x1b[31mred' holds signs that cannot be seen, type it anew",
    } == told(found)  # fmt: skip


@pytest.mark.parametrize("second", ['b;{};"2";3;4', 'b;{};2;3;"4"', 'b;{};"1 2;\n3 4";"3";"4"'])
def test_an_open_quote_swallows_no_row(second: str, sat: Sat, tmp_path: Path) -> None:
    """Also where the next row has a quote that seems to close it."""
    code = sat.students[0].code
    found = read(sat, tmp_path, f'{HEAD}\na;{code};1;2;"3\n{second.format(code)}\nc;{code};"5";6;7\n')
    assert (["b", "c"], {2: QUOTE}) == ([entry.student for entry in found.entries], told(found))


def test_a_box_of_other_variants_is_told(sat: Sat, tmp_path: Path) -> None:
    """The softmax task has five boxes, the other one four."""
    four, five = (sat.key[number].code for number in ("1", "2"))
    found = read(sat, tmp_path, f"id;variant;1д\na;{four};1\nb;{five};1\nc;{four};\n")
    assert ["b", "c"] == [entry.student for entry in found.entries]
    assert {2: f"variant {four} has no box 1д: is it another variant, or another column?"} == told(found)


@pytest.mark.parametrize("head", ["1а;1б;2а", "1a;1b;2a", "1A;1B;2A", "1.а;1 б;2а)", "1-А; 1б) ;2.а.", "1a;1б;2а"])
def test_labels_as_people_type_them(head: str, sat: Sat, tmp_path: Path) -> None:
    """Of either alphabet, large or small, with what people put in between."""
    found = read(sat, tmp_path, f"ID;Вариант;{head}\ns;{sat.students[0].code};1;2;3\n")
    assert [{"1а": "1", "1б": "2", "2а": "3"}] == [entry.answers for entry in found.entries]


def test_russian_heads(sat: Sat, tmp_path: Path) -> None:
    """Names of columns as a Russian class list has them; several columns of names are one name."""
    content = f"Фамилия;Имя;Группа;Шифр;Код варианта;Статус;1а\nИванова;Анна;ИТ-1;17;{sat.students[0].code};;5\n;;;18;;Н/Я;\n"
    one, other = read(sat, tmp_path, content.encode("cp1251")).entries
    assert ("Иванова Анна", "ИТ-1", "17", {"1а": "5"}) == (one.name, one.group, one.student, one.answers)
    assert other.absent


def test_what_a_head_must_have(sat: Sat, tmp_path: Path) -> None:
    """One sentence for each table of which no row can be marked; the line is that of the head."""
    none = "there is no head such as id;variant;1a;1b, with semicolons, tabs or commas between them"
    cases: dict[str | bytes, str] = {
        "": none, "\n\n": none, "id\n1\n": none, "id|variant\n": none,
        "id;1а\n": "line 1: there is no column 'variant', name one so",
        "variant;1а\n": "line 1: there is no column 'id', name one so",
        "sep=;\n\nvariant;1а\n": "line 3: there is no column 'id', name one so",
        "id;variant;1а;1a\n": "line 1: column '1а' is there twice, keep one of them",
        "id;variant;id\n": "line 1: column 'id' is there twice, keep one of them",
        "id;variant;7я\n": "line 1: column '7я': no variant of this exam has such a box",
        "id;variant;1а;1ъ (1)\n": "line 1: column '1ъ (1)': no variant of this exam has such a box",
        "id;variant;1A;1.b;2б\n": "line 1: column '1.b': no variant of this exam has such a box",
        b"PK\x03\x04\x14\x00": "is a spreadsheet's own file, save the table as CSV in UTF-8",
        "id;variant;1а\n".encode("utf-16-le"): "is no text, save the table as CSV in UTF-8",
        b"\xff\xff\x98": "is neither UTF-8 nor Windows-1251 text, save the table as CSV in UTF-8",
    }
    for content, says in cases.items():
        assert says == refused(sat, tmp_path, content), content


def test_a_table_that_is_none(sat: Sat, tmp_path: Path) -> None:
    """A folder, a name with no file."""
    for place in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(InputError, match=r"cannot be read .*, check its name and permissions"):
            grading.read_table(place, sat.key)


def test_columns_that_nobody_reads_are_named(sat: Sat, tmp_path: Path) -> None:
    """A comment, sums of an earlier table; columns without a head are left alone."""
    found = read(sat, tmp_path, f"id;variant;1а;comment;task 1;;reasons\na;{sat.students[0].code};5;x;1;;y\n")
    assert (("comment", "task 1", "reasons"), ()) == (found.unused, found.complaints)


def test_null_bytes_are_no_end(sat: Sat, tmp_path: Path) -> None:
    """In an answer they make it unreadable, and nothing else."""
    found = read(sat, tmp_path, f"id;variant;1а\na;{sat.students[0].code};5\0\nb;{sat.students[0].code};5\n")
    mark = grading.mark_class(sat.key, found.entries).students[0].mark
    assert mark and "unreadable" == mark["1а"].status and 2 == len(found.entries)


def test_a_large_table_is_read_in_time(sat: Sat, tmp_path: Path) -> None:
    """10 MB with a row that opens a quote in each twentieth line; larger than 50 MB is none."""
    code = sat.students[0].code
    lines = [HEAD, *(f's{place};{code};{"9" * 130};"1 2' + ("" if place % 20 == 0 else '"') + ";3" for place in range(65_000))]
    start = perf_counter()
    found = read(sat, tmp_path, "\n".join(lines))
    assert perf_counter() - start < 20
    assert (65_000 - 3250, 3250) == (len(found.entries), len(found.complaints))
    with open(tmp_path / "huge.csv", "wb") as file:
        file.truncate(50_000_001)
    with pytest.raises(InputError, match="is larger than 50 MB, which no class's table is"):
        grading.read_table(tmp_path / "huge.csv", sat.key)


def test_points_answers_or_both(sat: Sat, tmp_path: Path) -> None:
    """Points by hand win where there are any; wrong ones are told by line; absent is not 0."""
    code = sat.key["1"].code
    body = [
        f"a;{code};;0,5;;1", f"b;{code};;0.25;77;", f"c;{code};;2;;", f"d;{code};;-1;;", f"e;{code};;много;;", ";;;;;",
        "f;;absent;;;", f"g;{code};absent;1;;", f"h;{code};ill;1;;", f"i;{code};;1/2;;", f"j;{code};;;;",
    ]  # fmt: skip
    content = "\n".join(["id;variant;status;1а (макс. 1);1а;1б (0,5–1)", *body])
    table = read(sat, tmp_path, content)
    found = grading.mark_class(sat.key, table.entries, table.complaints)
    marks = {one.entry.student: one.mark for one in found.students}
    assert ["a", "b", "f", "j"] == list(marks)
    assert marks["a"] and marks["b"] and marks["f"] is None
    assert ("hand", Fraction(1, 2), "hand", Fraction(1)) == (
        marks["a"]["1а"].status, marks["a"]["1а"].points, marks["a"]["1б"].status, marks["a"]["1б"].points
    )  # fmt: skip
    assert ("hand", Fraction(1, 4), "77") == (marks["b"]["1а"].status, marks["b"]["1а"].points, marks["b"]["1а"].written)
    assert {
        4: "1а: '2' points, give a number from 0 to 1", 5: "1а: '-1' points, give a number from 0 to 1",
        6: "1а: 'много' points, give a number from 0 to 1", 11: "1а: '1/2' points, give a number from 0 to 1",
        9: "the student is absent, and there are answers or points: empty one of the two",
        10: "status 'ill': write absent, or leave it empty",
    } == {complaint.line: complaint.says for complaint in found.complaints}  # fmt: skip
    assert [2, 3, 12] == [note.line for note in found.notes]
    assert ["a has neither points", "b has neither points", "nothing stands in th"] == [note.says[:20] for note in found.notes]


def test_an_empty_table_of_points_has_the_maxima(sat: Sat, tmp_path: Path) -> None:
    """With the decimal mark of the language; filled in it is read as points, and the sums are those that were given."""
    for language, head in (("ru", "1а (0,5–1)"), ("en", "1а (0.5–1)")):
        key = keyfile.read({**sat.told, "language": language})
        text = grading.points_csv(key).decode("utf-8-sig")
        separator = ";" if language == "ru" else ","
        table = list(csv.reader(io.StringIO(text), delimiter=separator))
        assert ["id", "name", "group", "variant", "status", head] == table[0][:6]
        assert [variant.code for variant in key.variants] == [row[3] for row in table[1:]]
    filled = [
        [f"s{place}", *row[1:5], *("" if head.startswith("1д") else "0,5" for head in table[0][5:])]
        for place, row in enumerate(table[1:])
    ]
    found = read(sat, tmp_path, Dialect().bytes([table[0], *filled]))
    assert () == found.complaints
    marked = grading.mark_class(sat.key, found.entries)
    totals = [sum(1 for box in mark.boxes if box.status == "hand") * Fraction(1, 2) for _, mark in marked.present]
    assert (totals, 8) == ([mark.points for _, mark in marked.present], len(totals))


def test_marks_given_again_are_points_by_hand(sat: Sat, tmp_path: Path) -> None:
    """The table that `grade` writes, given to it again: the same sums, each box by hand."""
    table = grading.read_table(sat.table, sat.key)
    first = grading.mark_class(sat.key, table.entries)
    again = read(sat, tmp_path, grading.marks_csv(first))
    assert () == again.complaints
    second = grading.mark_class(sat.key, again.entries)
    assert [one.mark and one.mark.points for one in first.students] == [one.mark and one.mark.points for one in second.students]
    assert {"hand"} == {box.status for _, mark in second.present for box in mark.boxes}


NAMES = ["=1+1", "+7", "-5", "@SUM(A1)", '=HYPERLINK("http://x";"y")', "Ива;нов", 'Ко"т', "−1"]


@pytest.mark.parametrize("name", NAMES)
def test_no_cell_is_a_formula(name: str, sat: Sat, tmp_path: Path) -> None:
    """What a spreadsheet would work out is written as text, and read back as it was."""
    code = sat.students[0].code
    head = ["id", "name", "group", "variant", "1а"]
    content = Dialect().bytes([head, [name, name, name, code, "=2+2"]])
    table = read(sat, tmp_path, content)
    found = grading.mark_class(sat.key, table.entries)
    for made in (grading.marks_csv(found), grading.moodle_csv(found)):
        for row in csv.reader(io.StringIO(made.decode("utf-8-sig"), newline=""), delimiter=";"):
            assert [] == [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    (entry,) = read(sat, tmp_path, grading.marks_csv(found)).entries
    assert [name] * 3 == [entry.student, entry.name, entry.group]
    roster = tmp_path / "roster.csv"
    roster.write_bytes(Dialect().bytes([head[:3], [name, name, name]]))
    empty = grading.points_csv(sat.key, grading.read_roster(roster, sat.key))
    assert [] == [cell for row in csv.reader(io.StringIO(empty.decode("utf-8-sig")), delimiter=";")
                  for cell in row if cell.startswith(("=", "+", "-", "@"))]  # fmt: skip


def test_no_cell_hides_anything() -> None:
    """What cannot be seen, or ends a line, is a space."""
    assert "a [31mb  c" == harmless("a\x1b[31mb\n\u202ec")


def test_a_roster(sat: Sat, tmp_path: Path) -> None:
    """Id, name, group and variant in any order; a complaint names its line."""
    path = tmp_path / "roster.csv"
    path.write_text("Группа;ФИО;Номер;Вариант\nИТ-1;Анна;17;3\nИТ-1;Олег;18;\n", encoding="utf-8")
    code = sat.key["3"].code
    found = grading.read_roster(path, sat.key)
    assert [("17", "Анна", "ИТ-1", code), ("18", "Олег", "ИТ-1", "")] == [
        (row["id"], row["name"], row["group"], row["variant"]) for row in found
    ]
    cases = {
        "group;variant\na;1\n": "line 1: no column says who somebody is, call one such as name or ФИО, or id",
        "id;шифр\n1;2\n": "line 1: column 'id' is there twice, keep one of them",
        "id;name\n1;a\n1;b\n": "line 3: id 1 stands in line 2 already, keep one of the two",
        "id;name;group\n1;a;g\n;;g\n": "line 3: there is neither an id nor a name, write one or remove the line",
        "id;name\n1;a;b\n": "line 2: cannot be read, it needs 2 cells as the head has",
        "id;variant\n1;99\n": "line 2: there is no variant 99: the exam has 8 of them",
    }
    for content, says in cases.items():
        path.write_text(content, encoding="utf-8")
        with pytest.raises(InputError) as failure:
            grading.read_roster(path, sat.key)
        assert f"{path}, {says}" == str(failure.value)


@pytest.mark.parametrize("head", ["id;name", "name"])
def test_who_has_no_id_is_called_by_the_name(head: str, sat: Sat, tmp_path: Path) -> None:
    """Numbered as in an assignment, where a column of ids is empty and where there is none."""
    path = tmp_path / "roster.csv"
    names = ["Иванов Иван", "Петров Олег", "Иванов Иван"]
    path.write_text("\n".join([head, *(";" * (head != "name") + name for name in names)]), encoding="utf-8")
    found = grading.read_roster(path, sat.key)
    assert ["Иванов Иван", "Петров Олег", "Иванов Иван (2)"] == [row["id"] for row in found]
    assert names == [row["name"] for row in found]


def test_a_canvas_list_is_a_roster(sat: Sat, tmp_path: Path) -> None:
    """The university's id, with the student as the name, in tables of points too."""
    path = tmp_path / "roster.csv"
    path.write_text('Student,ID,SIS User ID,Section\n"Klein, Boris",401,b.klein,Section 02\n', encoding="utf-8")
    (row,) = grading.read_roster(path, sat.key)
    assert ("b.klein", "Klein, Boris", "Section 02") == (row["id"], row["name"], row["group"])
    found = read(sat, tmp_path, 'Student,ID,SIS User ID,Variant,1а\n"Klein, Boris",401,b.klein,1,\n')
    assert (("ID",), "b.klein", "Klein, Boris") == (found.unused, found.entries[0].student, found.entries[0].name)


def test_an_assignment_is_a_roster(sat: Sat, tmp_path: Path) -> None:
    """As a build writes it: by number and code, those without an id by their names, spare copies with a code alone."""
    codes = {variant.number: variant.code for variant in sat.key.variants}
    who = [Copy(name="Анна", id="17"), Copy(name="Олег"), Copy(name="Олег"), Copy(name="=1+1", row=2, seat=3)]
    copies = plan(who, len(codes), "a seed of some length", spare=2).copies
    path = tmp_path / "assignment.csv"
    path.write_bytes(assignment_csv(copies, codes))
    found = grading.read_roster(path, sat.key)
    assert [("=1+1", "=1+1"), ("17", "Анна"), ("Олег", "Олег"), ("Олег (2)", "Олег"), ("", ""), ("", "")] == [
        (row["id"], row["name"]) for row in found
    ]
    assert [codes[copy.variant] for copy in copies] == [row["variant"] for row in found]
    assert codes[copies[-1].variant] in grading.points_csv(sat.key, found).decode("utf-8-sig").splitlines()[-1]


def test_an_assignment_that_names_two_variants_is_told(sat: Sat, tmp_path: Path) -> None:
    """Where only the number or only the code was edited; the tooth: both edited are one."""
    one, other = sat.key.variants[:2]
    path = tmp_path / "assignment.csv"
    path.write_text(f"name;id;variant;code\nAnna;1;{one.number};{other.code}\n", encoding="utf-8")
    with pytest.raises(InputError) as failure:
        grading.read_roster(path, sat.key)
    said = f"{path}, line 2: {one.number} and {other.code} are two variants, keep what stands on the paper"
    assert said == str(failure.value)
    path.write_text(f"name;id;variant;code\nAnna;1;{other.number};{other.code}\n", encoding="utf-8")
    assert [other.code] == [row["variant"] for row in grading.read_roster(path, sat.key)]
