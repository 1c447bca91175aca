"""A class from its list to the pile: what is printed for whom, what the tables say, and who may read them."""

from __future__ import annotations

import csv
import io
import re
import stat
from collections import Counter
from itertools import combinations
from pathlib import Path

import pikepdf
import pytest

import examgen.build
from examgen.render.paper import Head, SheetVariant
from tests.building.conftest import built
from tests.building.folders import SECRET, Folder
from tests.cli.commands import Ended, complaint, run
from tests.unset import unset

pytestmark = pytest.mark.xdist_group("copies")

QUICK = f"""
title = {{ ru = "Контрольная работа", en = "Short test" }}
language = "ru"
minutes = 20
variants = 6
seed = "{SECRET}"

[[task]]
problem = "svm_loss"
preset = "2x3"
"""
CLASS, SPARE, ROW = 90, 5, 12
SLOW, LARGE, FOREIGN = 4, 7, 9  # places on the list of those who need something


def name(place: int) -> str:
    return f"Фамилия{place:02} Имя"


def roster() -> str:
    rows = [
        f"{name(place)};ИТ-{place % 3 + 1};{1000 + place};{'37' * (place == SLOW)};{'да' * (place == LARGE)};"
        f"{'en' * (place == FOREIGN)}"
        for place in range(CLASS)
    ]
    return "\n".join(["ФИО;Группа;Номер;Минуты;Крупно;Язык", *rows])


@pytest.fixture(scope="module")
def exam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One quick task in six variants, and the class list beside it."""
    place = tmp_path_factory.mktemp("copies")
    (place / "exam.toml").write_text(QUICK, encoding="utf-8")
    (place / "students.csv").write_text(roster(), encoding="utf-8")
    return place / "exam.toml"


Told = dict[bool, list[SheetVariant]]  # what was to be set in large print, and what was not


@pytest.fixture(scope="module")
def told() -> Told:
    """All sheets of the class; only the first and the last ones are set, since each takes a tenth of a second."""
    return {}


@pytest.fixture(scope="module")
def made(exam: Path, told: Told) -> tuple[Folder, Ended]:
    """The class in a room of eight rows of twelve seats."""
    folder, real = exam.parent / "out", examgen.build.sheets_pdf

    def shortened(head: Head, sheets: list[SheetVariant], *, large: bool = False, **_: object) -> bytes:
        told[large] = sheets
        return real(head, sheets if large else [*sheets[:ROW], *sheets[-SPARE:]], large=large)

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("EXAMGEN_SEED", raising=False)
        patch.setattr(examgen.build, "sheets_pdf", shortened)
        options = ("--roster", exam.parent / "students.csv", "--room", "8x12", "--spare", SPARE)
        return Folder(folder), built(folder, exam, *options)


def assignment(folder: Folder) -> list[dict[str, str]]:
    text = folder.bytes("assignment.csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def test_the_assignment_lists_everybody_by_seat(made: tuple[Folder, Ended]) -> None:
    """Row by row in the order of the list; the code is that of the number; what single students need stands there."""
    rows = assignment(made[0])
    codes = {str(variant["number"]): variant["code"] for variant in made[0].key["variants"]}
    assert CLASS + SPARE == len(rows)
    assert [name(place) for place in range(CLASS)] + [""] * SPARE == [row["name"] for row in rows]
    assert [(str(place // 12 + 1), str(place % 12 + 1)) for place in range(CLASS)] == [
        (row["row"], row["seat"]) for row in rows[:CLASS]
    ]
    assert [codes[row["variant"]] for row in rows] == [row["code"] for row in rows]
    assert ("37", "yes", "en") == (rows[SLOW]["minutes"], rows[LARGE]["large"], rows[FOREIGN]["language"])
    assert 3 == sum(bool(row["minutes"] + row["large"] + row["language"]) for row in rows)


def test_neighbours_of_the_class_have_other_variants(made: tuple[Folder, Ended]) -> None:
    """All eight around, by the table; and each variant is used 15 or 16 times."""
    rows = assignment(made[0])
    seated = [(int(row["row"]), int(row["seat"]), row["variant"]) for row in rows if row["row"]]
    pairs = [(a, b) for a, b in combinations(seated, 2) if abs(a[0] - b[0]) <= 1 and abs(a[1] - b[1]) <= 1]
    assert 7 * 11 + 7 * 6 < len(pairs)
    assert [] == [(a, b) for a, b in pairs if a[2] == b[2]]
    assert {15, 16} == set(Counter(row["variant"] for row in rows).values())


def test_the_hand_out_list_names_everybody_and_gives_no_reason(made: tuple[Folder, Ended]) -> None:
    """Seat, name, group, number and code in the order of the pile; heads and the count of pages on every page."""
    folder = made[0]
    pages = folder.pages("handout.pdf")
    listed = [line.split() for page in pages for line in page.splitlines() if re.search(r"\d+ +[0-9A-Z]{6}$", line.rstrip())]
    assert [
        [str(number), *filter(None, (row["row"], row["seat"], *row["name"].split(), row["group"], row["variant"], row["code"]))]
        for number, row in enumerate(assignment(folder), 1)
    ] == listed
    for number, page in enumerate(pages, 1):
        assert all(head in page for head in ("Ряд", "Место", "Вариант", "Подпись", f"стр. {number} из {len(pages)}"))
    text = "\n".join(pages)
    assert "Запасные экземпляры" in text and "Дата" in text
    assert [f"Крупным шрифтом, отдельно: {LARGE + 1}"] == [line for line in text.splitlines() if "рупн" in line]
    assert not re.search(r"\b37\b.*мин|English|\ben\b", text, re.IGNORECASE)


def test_the_hand_out_list_can_be_read_aloud(made: tuple[Folder, Ended]) -> None:
    """Tagged, titled, in its language."""
    with pikepdf.open(made[0].path / "handout.pdf") as document:
        assert ("ru", "Ведомость раздачи: Контрольная работа") == (str(document.Root.Lang), str(document.docinfo["/Title"]))
        assert "1" == document.open_metadata().get("pdfuaid:part")
        found = [o for o in document.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/StructElem"]
        assert {"/H1", "/H2", "/Table", "/TH", "/TD"} <= {str(element.get("/S")) for element in found}


def test_files_that_stay_in_the_office_are_the_owners_alone(made: tuple[Folder, Ended]) -> None:
    """And the last line of the build names them, and none of those that are handed out."""
    folder, ended = made
    private = {name for name in folder.names if not stat.S_IMODE((folder.path / name).stat().st_mode) & 0o077}
    assert {"key.pdf", "key.json", "assignment.csv", *folder.solutions} == private
    assert 0o700 == stat.S_IMODE((folder.path / "solutions").stat().st_mode)
    *_, last = ended.out.splitlines()
    assert "must not leave the office, readable by you alone: key.pdf, key.json, assignment.csv, solutions/" == last


def test_the_assignment_is_taken_as_it_stands(made: tuple[Folder, Ended]) -> None:
    """By the table of points: everybody with the code, and a row for each spare copy."""
    folder = made[0]
    ended = run("marks", folder.path, "--roster", folder.path / "assignment.csv")
    assert (0, "") == (ended.status, ended.err)
    rows = [line.split(";")[:4] for line in ended.out.splitlines()[1:]]
    assert [[row["id"], row["name"], row["group"], row["code"]] for row in assignment(folder)] == rows


def test_an_edited_assignment_is_told_and_kept(made: tuple[Folder, Ended], exam: Path, tmp_path: Path) -> None:
    """By `verify` in a note, which counts it otherwise, and by the next build before any work."""
    folder = made[0].copy(tmp_path / "out")
    assert run("verify", folder.path).out.startswith(f"{len(folder.names)} files unchanged; ")
    path = folder.path / "assignment.csv"
    path.write_bytes(path.read_bytes() + b"\r\n")
    ended = run("verify", folder.path)
    assert 0 == ended.status, ended.err
    assert ended.out.startswith("note: assignment.csv: changed since it was built; it is a proposal, the code on the paper")
    assert complaint(run("build", exam, "-o", folder.path)).startswith(f"{path}: changed since it was built")


def sheet(pages: list[str], code: str, who: str) -> str:
    """The page with a code and a name on it, of which there is one."""
    (page,) = (page for page in pages if code in page and who in page)
    return page


def test_there_is_a_sheet_for_each_copy(made: tuple[Folder, Ended], told: Told) -> None:
    """In the order of the pile, those in large print in a file of their own."""
    rows = assignment(made[0])
    for large in (False, True):
        wanted = [(row["name"], row["group"], row["code"]) for row in rows if bool(row["large"]) == large]
        assert wanted == [(sheet.name, sheet.group, sheet.code) for sheet in told[large]]


def test_each_sheet_bears_its_name_and_seat(made: tuple[Folder, Ended]) -> None:
    """As printed, in the order of the pile, group and variant too; spare ones have a line for the name."""
    folder, rows = made[0], [row for row in assignment(made[0]) if not row["large"]]
    pages = folder.pages("sheets.pdf")
    assert ROW + SPARE == len(pages)
    for row, page in zip([*rows[:ROW], *rows[-SPARE:]], pages, strict=True):
        if row["language"]:
            continue
        place = f"ряд {row['row']}, место {row['seat']}" if row["seat"] else "Фамилия, имя"
        assert all(said in page for said in (row["name"], row["group"], place, f"Вариант {row['variant']}", row["code"]))


def test_single_students_are_served(made: tuple[Folder, Ended]) -> None:
    """More time, another language and large print on their own sheets, and on nobody else's."""
    folder, rows = made[0], assignment(made[0])
    pages, large = folder.pages("sheets.pdf"), folder.pages("sheets-large.pdf")
    assert "Время: 37 минут" in sheet(pages, rows[SLOW]["code"], name(SLOW))
    foreign = sheet(pages, rows[FOREIGN]["code"], name(FOREIGN))
    assert "Short test" in foreign and "Time: 20 minutes" in foreign and "row 1, seat 10" in foreign
    assert 1 == len(large) and name(LARGE) in large[0] and rows[LARGE]["code"] in large[0]
    assert (1, 1) == tuple(sum(said in page for page in pages) for said in ("37 минут", "Short test"))
    assert not any(name(LARGE) in page for page in pages)


def test_large_print_stands_on_larger_paper(made: tuple[Folder, Ended]) -> None:
    """A3, where the others stand on A4."""
    for file, size in (("sheets.pdf", (210, 297)), ("sheets-large.pdf", (297, 420))):
        with pikepdf.open(made[0].path / file) as document:
            found = {tuple(round(float(side) * 25.4 / 72) for side in page.mediabox[2:]) for page in document.pages}
        assert {size} == found


def test_a_class_in_large_print_has_ordinary_sheets_beside_it(
    exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nameless, one of each variant that is used."""
    named: dict[bool, list[tuple[int, str]]] = {}

    def watched(head: Head, sheets: list[SheetVariant], *, large: bool = False, **_: object) -> bytes:
        named[large] = [(sheet.number, sheet.name) for sheet in sheets]
        return b"%PDF-1.7"

    monkeypatch.setattr(examgen.build, "sheets_pdf", watched)
    unset(monkeypatch)
    (tmp_path / "one.csv").write_text("name;large\nAnna;yes\nBoris;x\n", encoding="utf-8")
    ended = run("build", exam, "-o", tmp_path / "out", "-j", 1, "--roster", tmp_path / "one.csv", "--spare", 0)
    assert 0 == ended.status, ended.err
    assert {"Anna", "Boris"} == {name for _, name in named[True]}
    assert [(1, ""), (2, "")] == named[False]


def test_a_build_without_copies_leaves_no_list(
    made: tuple[Folder, Ended], exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lists of the build before it go, which a note says, and its own summary speaks of no copies."""
    unset(monkeypatch)
    monkeypatch.setattr(examgen.build, "sheets_pdf", lambda head, sheets, **kind: b"%PDF-1.7")
    folder = made[0].copy(tmp_path / "out")
    ended = run("build", exam, "-o", folder.path, "-j", 1)
    assert 0 == ended.status, ended.err
    assert sorted(["key.json", "key.pdf", "manifest.json", "sheets.pdf", *folder.solutions]) == folder.names
    assert "note: assignment.csv, handout.pdf and sheets-large.pdf of the build before are removed\n" in ended.out
    assert "to print" not in ended.out and ended.out.endswith(": key.pdf, key.json, solutions/\n")
    assert "removed" not in run("build", exam, "-o", folder.path, "-j", 1).out


def test_conflicts_and_idle_variants_are_notes(exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two variants around a table of four; six for one copy."""
    unset(monkeypatch)
    monkeypatch.setattr(examgen.build, "sheets_pdf", lambda head, sheets, **kind: b"%PDF-1.7")
    ended = run("build", exam, "-o", tmp_path / "two", "-j", 1, "-n", 2, "--room", "2x2")
    notes = [line for line in ended.out.splitlines() if line.startswith("note: ")]
    assert "note: 2 pairs of neighbours have the same variant: four variants keep all apart" == notes[0]
    pair = re.compile(r"note: row \d, seat \d and row \d, seat \d both have variant \d")
    assert 2 == sum(bool(pair.fullmatch(line)) for line in notes)
    one = run("build", exam, "-o", tmp_path / "one", "-j", 1, "--copies", 1)
    assert "note: 5 of 6 variants are on no sheet, since there are fewer copies\n" in one.out
    assert "to print: sheets.pdf, handout.pdf (1 copy of 1 variant)\n" in one.out


def test_an_assignment_can_be_built_again(
    made: tuple[Folder, Ended], exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its people get what they had in the same seats; its spare copies are a note."""
    unset(monkeypatch)
    monkeypatch.setattr(examgen.build, "sheets_pdf", lambda head, sheets, **kind: b"%PDF-1.7")
    listed = made[0].path / "assignment.csv"
    ended = run("build", exam, "-o", tmp_path / "out", "-j", 1, "--roster", listed)
    assert 0 == ended.status, ended.err
    assert f"note: {SPARE} papers without a student are passed over, --spare makes new ones\n" in ended.out
    assert assignment(made[0])[:CLASS] == assignment(Folder(tmp_path / "out"))


WRONG = {
    "spare alone": (("--spare", 3), "--spare 3: spare copies of what? Give --roster, --copies or --room as well"),
    "no room": (("--room", "8 by 12"), "--room 8 by 12: give rows and seats in a row, such as 8x12"),
    "empty room": (("--room", "0x12"), "--room 0x12: give rows and seats in a row, such as 8x12"),
    "small room": (("--copies", 7, "--room", "2x3"), "--room 2x3: has 6 seats for 7 copies, 1 too few"),
}


@pytest.mark.parametrize(("options", "says"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_told_before_any_work(
    options: tuple[object, ...], says: str, exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one sentence that names the option; no folder is made."""
    monkeypatch.setattr(examgen.build, "variants", lambda *arguments: pytest.fail("drawn too early"))
    assert says == complaint(run("build", exam, "-o", tmp_path / "out", *options))
    assert [] == list(tmp_path.iterdir())


def test_a_class_that_is_larger_than_asked_is_told(exam: Path, tmp_path: Path) -> None:
    """Fewer copies than people, and fewer seats."""
    listed = ("--roster", exam.parent / "students.csv")
    said = complaint(run("build", exam, "-o", tmp_path / "out", *listed, "--copies", 80))
    assert f"--copies 80: the class list has {CLASS} people, give at least as many copies" == said
    said = complaint(run("build", exam, "-o", tmp_path / "out", *listed, "--room", "8х11"))
    assert f"--room 8x11: has 88 seats for {CLASS} copies, 2 too few" == said
