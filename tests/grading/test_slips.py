"""Feedback slips: everybody's on the page where it belongs, in the right words, within its quarter whatever it says."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pikepdf
import pytest

from examgen import grading
from examgen.grading import _slips
from examgen.grading._data import Entry, Marked
from examgen.grading._slips import slips
from examgen.keyfile import Key
from examgen.marking import BoxMark, Mark, TaskMark
from examgen.marking._marks import Status
from examgen.model import cells
from examgen.render import slips as fitting
from examgen.render.html import slips_html
from examgen.render.language import translations
from examgen.render.measuring import clean, lines
from examgen.render.paper import Head
from examgen.render.pdf import lay_out
from examgen.render.slips import WIDE, Remark, Slip, fitted
from examgen.setting import write_pdf
from tests.grading.conftest import Sat

TITLE = "Test: the tools of deep learning"
PAGE = (595.28, 841.89)  # points
MARGIN = 12.0  # points from a cutting line, at least
LONG = 3 * "The rule is stated at length here, so that a sentence fills more than one line of a narrow column, and goes on. "
NAMES = (
    "W" * 500, "word " * 100, "<script>alert(1)</script></section><h1>x</h1>", "{{ 7 * 7 }} {% raw %}", "", " \u200b ",
    "\u202eIvan\u202e\u2066", "فاطمة بنت محمد", "\U0001f469\u200d\U0001f52c" * 60, "Z" + "\u0301" * 300 + "algo",
    "\ufdfd" * 40, "a\x00b\nc\td\ud800", "漢字" * 100,
)  # fmt: skip


class Word(NamedTuple):
    page: int
    left: float
    top: float
    right: float
    bottom: float
    text: str


def words(pdf: bytes, folder: Path) -> list[Word]:
    """Every word with its place, in points from the upper left corner."""
    (folder / "slips.pdf").write_bytes(pdf)
    command = ["pdftotext", "-bbox", "slips.pdf", "-"]
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    found, page = [], -1
    for line in told.stdout.splitlines():
        page += "<page " in line
        if place := re.search(r'xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.*)</word>', line):
            found.append(Word(page, *map(float, place.groups()[:4]), place[5]))  # type: ignore[arg-type]  # four numbers
    return found


def astray(found: Sequence[Word]) -> list[str]:
    """Words that come too near to a cutting line or the edge of the paper."""
    return [word.text for word in found if not _clear(word)]


def _clear(word: Word) -> bool:
    return _inside(word.left, word.right, PAGE[0]) and _inside(word.top, word.bottom, PAGE[1])


def _inside(low: float, high: float, length: float) -> bool:
    start = 0.0 if low < length / 2 else length / 2
    return start + MARGIN <= low and high <= start + length / 2 - MARGIN


def quarters(found: Sequence[Word]) -> list[str]:
    """The text of each quarter of each page, in the order of reading."""
    told: dict[tuple[int, bool, bool], list[str]] = {}
    for word in found:
        told.setdefault((word.page, word.top > PAGE[1] / 2, word.left > PAGE[0] / 2), []).append(word.text)
    return [" ".join(told[place]) for place in sorted(told)]


def box(label: str, status: Status = "wrong", *says: str, points: str = "0", most: str = "1", **more: Any) -> BoxMark:
    return BoxMark(int(label[0]), label, f"key {label}", Fraction(points), Fraction(most), status, says=says, **more)


def right(label: str) -> BoxMark:
    return box(label, "right", points="1")


def student(*boxes: BoxMark, name: str = "Ada Lovelace", before: Mark | None = None, grade: str = "", **more: Any) -> Marked:
    entry = Entry(2, more.pop("id", "s1"), "K00QMX", name=name, **more)
    return Marked(entry, mark(*boxes), grade, before)


def mark(*boxes: BoxMark, notes: tuple[str, ...] = ()) -> Mark:
    numbers = sorted({one.task for one in boxes})
    tasks = (TaskMark(number, "any", tuple(one for one in boxes if one.task == number)) for number in numbers)
    return Mark("K00QMX", "en", tuple(tasks), notes)


def text(one: Marked, language: str = "en") -> str:
    """A slip's words, as the document has them."""
    html = slips([one], TITLE, language)
    body = re.sub(r"</?(b|span)[^>]*>|<[^>]+>", lambda tag: "" if tag[1] else " ", html[html.index("<body>") :])
    return " ".join(body.replace("\N{NO-BREAK SPACE}", " ").split())


def test_everybody_present_has_a_slip_where_it_belongs(sat: Sat, tmp_path: Path) -> None:
    """Most of a class, four to a page in the order of the table; nobody who was absent, and no word near a cutting line."""
    told = grading.mark_class(sat.key, grading.read_table(sat.table, sat.key).entries[:100]).students
    there = [(one, one.mark) for one in told if one.mark is not None]
    assert len(there) < len(told)
    found = words(write_pdf(slips(told, TITLE, "en")), tmp_path)
    assert [] == astray(found)
    texts = quarters(found)
    assert len(there) == len(texts)
    assert -(-len(there) // 4) == found[-1].page + 1
    for (one, made), quarter in zip(there, texts, strict=True):
        assert re.search(rf"(^| ){re.escape(one.entry.name or one.entry.student)}( |$)", quarter)
        assert f"Variant {made.variant}" in quarter
    gone = [one.entry.student for one in told if one.mark is None]
    assert not [name for name in gone if any(re.search(rf"\b{re.escape(name)}\b", quarter) for quarter in texts)]


def leaks(told: Sequence[str], marks: Sequence[Mark], key: Key) -> list[str]:
    """Right values that stand on a slip, looked for as the key rounds them; a number of points is none."""
    found = []
    for words_of, one in zip(told, marks, strict=True):
        points = {f"{float(value):g}" for part in (one, *one.tasks, *one.boxes) for value in (part.points, part.most)}
        for asked in key[one.variant].boxes:
            for cell in cells(asked.value):
                shown = f"{float(cell):.{asked.decimals}f}"
                if "." in shown and f"{float(shown):g}" not in points and re.search(rf"(?<![\d.]){re.escape(shown)}", words_of):
                    found.append(f"{asked.label}: {shown}")
    return found


def test_no_right_value_stands_on_a_slip(sat: Sat) -> None:
    """Of a class, beside the key's values."""
    told = [one for one in grading.mark_class(sat.key, grading.read_table(sat.table, sat.key).entries).students if one.mark]
    texts = [text(one) for one in told[:60]]
    assert [] == leaks(texts, [one.mark for one in told[:60] if one.mark], sat.key)


def test_a_right_value_on_a_slip_is_found(sat: Sat) -> None:
    """The tooth: a sentence that tells the answer."""
    asked = next(one for one in sat.key.variants[0].boxes if not one.shape and float(one.value) % 0.5)
    shown = f"{float(asked.value):.{asked.decimals}f}"
    one = student(box("1a", "wrong", f"It is {shown}."))
    telling = replace(one.mark, variant=sat.key.variants[0].code)  # type: ignore[type-var]  # a mark is a dataclass
    assert f"{asked.label}: {shown}" in leaks([text(one)], [telling], sat.key)


def test_a_slip_says_all_that_is_to_be_said() -> None:
    """Head, points by task, what is right in one line, and every kind of box that is not simply right with its sentence."""
    before = mark(box("1a"), box("1b"), box("2a"))
    boxes = (
        right("1a"), right("1b"), box("1c", "followed", "Follows.", points="1"), box("1d", "blank", "Not answered."),
        right("2a"), box("2b", "blank", "Not answered.", most="2"), box("2c", "hand", "By hand.", points="0.5"),
        box("2d", "cancelled", "Does not count: a misprint", most="0"), box("2e", "implied", "Blank; counts.", points="1"),
        box("2f", "right", "Accepted: other reading", points="1"),
    )  # fmt: skip
    one = student(*boxes, group="CS-231", grade="B", before=before)
    assert text(one) == (
        f"{TITLE} Ada Lovelace Variant K00QMX · Group CS-231 Points: 6.5 of 10 before: 0 of 3 Grade: B"
        " Task 1 3 of 4 Task 2 3.5 of 6 Right: 1a, 1b, 2a. 1c (1 of 1) Follows. 1d, 2b (0 of 3) Not answered."
        " 2c (0.5 of 1) By hand. 2d Does not count: a misprint 2e (1 of 1) Blank; counts."
        " 2f (1 of 1) Accepted: other reading"
    )


def test_a_slip_in_russian() -> None:
    """Words, decimal comma and the language of the document."""
    one = student(right("1а"), box("1б", points="0.5", most="1.5"), group="301", grade="4", name="Ким Алина")
    assert "Ким Алина Вариант K00QMX · Группа 301 Баллы: 1,5 из 2,5 Оценка: 4 Задача 1 1,5 из 2,5 Верно: 1а." in text(one, "ru")
    assert "1б (0,5 из 1,5)" in text(one, "ru")
    assert '<html lang="ru">' in slips([one], "Контрольная", "ru")


def test_what_is_not_changed_or_not_there_is_not_said() -> None:
    """No grade, no group, nothing before; the id only for want of a name, or where two have the same."""
    boxes = (right("1a"), right("1b"))
    said = text(student(*boxes, before=mark(*boxes), id="s77"))
    assert "before" not in said and "Grade" not in said and "Group" not in said and "s77" not in said
    assert said.endswith("All boxes are right.")
    assert "s77 Variant" in text(student(*boxes, name="", id="s77"))
    twins = slips([student(*boxes, id="s77"), student(*boxes, id="s78")], TITLE, "en")
    assert "K00QMX · s77<" in twins and "K00QMX · s78<" in twins


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (((1, 0), (0, 2)), "Wrong in row, column: (2, 1), (1, 3)."),
        (((0, 0), (0, 1)), "Wrong in row, column: (1, 1), (1, 2)."),
        (((1,), (3,)), "Wrong in their order: 2, 4."),
        (((1, 0, 2),), "Wrong in matrix, row, column: (2, 1, 3)."),
        (((1, 0, 2, 2), (0, 0, 0, 0)), "Wrong in matrix, row, column: (2.1, 3, 3), (1.1, 1, 1)."),
        (((1, 1),), ""),
        (((0, 0), (0, 1), (1, 0), (1, 1)), ""),
        (tuple((0, i) for i in range(7)), ""),
    ],
)
def test_wrong_numbers_are_told_by_their_places(places: tuple[tuple[int, ...], ...], said: str) -> None:
    """From 1 on; not where a sentence tells the one place, where all are wrong, and where there are very many."""
    assert text(student(box("1a", "wrong", "Told.", cells=places))).endswith(f"1a (0 of 1) Told. {said}".strip())


def test_many_labels_in_a_row_are_the_first_and_the_last() -> None:
    """From four on, within a task."""
    boxes = [right(f"1{letter}") for letter in "abcdef"] + [box("1g", "wrong", "No.")] + [right(f"2{x}") for x in "abc"]
    assert "Right: 1a–1f, 2a, 2b, 2c. 1g" in text(student(*boxes))


def test_points_without_an_end_are_rounded() -> None:
    """A third of a point is 0.33."""
    assert "(0.33 of 1)" in text(student(box("1a", "followed", "Follows.", points="1/3")))


def crowded(count: int = 40) -> Marked:
    """So many wrong boxes, each with a long sentence of its own, and everything else long as well."""
    boxes = [box(f"{1 + i // 10}{'abcdefghij'[i % 10]}", "wrong", f"Number {i}. {LONG}") for i in range(count)]
    one = student(*boxes, name="Anna-Maria " * 30, group="group " * 40, grade="very good " * 20, before=mark(box("1a")))
    return replace(one, mark=replace(one.mark, notes=(LONG,) * 4))  # type: ignore[type-var]  # a mark is a dataclass


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_slip_with_very_much_to_say_stays_in_its_quarter(language: str, tmp_path: Path) -> None:
    """Forty long sentences: what there is no room for is counted, all that stands there is within; so are its neighbours."""
    told = [crowded(), student(right("1a"), name="Next"), crowded(3), crowded(12), crowded(40)]
    found = words(write_pdf(slips(told, TITLE * 3, language)), tmp_path)
    assert [] == astray(found)
    assert 2 == found[-1].page + 1
    texts = quarters(found)
    assert 5 == len(texts)
    left = {"en": r"Boxes that found no room here: (\d+)\.", "ru": r"Не поместилось полей: (\d+)\."}[language]
    for quarter, count in zip(texts, (40, 1, 3, 12, 40), strict=True):
        rest = re.search(left, quarter)
        printed = len(re.findall(r"Number \d+\.", quarter))
        assert count - (count == 1) == printed + (int(rest[1]) if rest else 0)
    assert re.search(left, texts[0])


def test_a_slip_out_of_its_quarter_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: a slip that is not fitted runs to the end of its quarter."""
    monkeypatch.setattr(fitting, "HIGH", 1000.0)
    assert astray(words(write_pdf(slips([crowded()], TITLE, "en")), tmp_path))


def set_lines(slip: Slip) -> list[tuple[str, int]]:
    """The remarks of one slip, as text, with the lines that each fills on paper."""
    frames = lay_out(slips_html(Head(TITLE), [slip])).pages[0]._page_box.descendants()
    paragraphs = [frame for frame in frames if frame.element_tag == "p" and type(frame).__name__ == "BlockBox"]
    return [(_text_of(frame), _lines_of(frame)) for frame in paragraphs[-len(slip.remarks) :]]


def _text_of(frame: Any) -> str:
    return "".join(piece.text for piece in frame.descendants() if hasattr(piece, "text"))


def _lines_of(frame: Any) -> int:
    return sum(type(line).__name__ == "LineBox" for line in frame.descendants())


@pytest.mark.parametrize("count", [5, 9, 13, 18])
def test_the_lines_counted_are_no_fewer_than_those_set(count: int) -> None:
    """Sentences of every length and labels of every number, in letters of every size; and nearly no more."""
    remarks = tuple(Remark("1a, 2b, 3c, 4d"[: 4 * (i % 4) + 2], "0 of 2.5", LONG[: 19 * i + 40]) for i in range(count))
    told = fitted(TITLE, Slip("Name", "facts", "Points: 1 of 2", (("Task 1", "1 of 2"),), remarks), "en")
    placed = set_lines(told.slip)
    assert all(lines(text, told.size, WIDE) >= count for text, count in placed)
    assert sum(lines(text, told.size, WIDE) for text, _ in placed) <= 1.15 * sum(count for _, count in placed) + 1
    assert any(lines(text, told.size, 1.5 * WIDE) < count for text, count in placed)


def test_hostile_names_harm_nobody(tmp_path: Path) -> None:
    """Markup, templates, other directions, towers of accents, 500 letters: each within its quarter, all others as they were."""
    told = [one for name in NAMES for one in (student(right("1a"), name=name, id=name[:90], group=name), quiet())]
    pdf = write_pdf(slips(told, TITLE, "en"))
    found = words(pdf, tmp_path)
    assert [] == astray(found)
    texts = quarters(found)
    assert 2 * len(NAMES) == len(texts)
    others = {" ".join(sorted(quarter.split())) for quarter in texts[1::2]}
    assert {" ".join(sorted(quarters(words(write_pdf(slips([quiet(), quiet()], TITLE, "en")), tmp_path))[0].split()))} == others
    html = slips(told, TITLE, "en")
    assert "<script" not in html and "&lt;script" in html and "{{ 7 * 7 }}" in html
    assert html.count("<h1") == len(told)


@pytest.mark.parametrize("word", ["No." * 200, "W" * 300, "漢字" * 100, "a\N{NO-BREAK SPACE}" * 200, "п-" * 200])
def test_a_sentence_of_one_word_breaks(word: str, tmp_path: Path) -> None:
    """Within its quarter, to its end or to the dots that stand for it; the tooth is a style sheet that breaks no word."""
    html = slips([student(*(box(f"1{x}", "wrong", x + word) for x in "abcd"), name=word)], TITLE, "en")
    assert [] == astray(words(write_pdf(html), tmp_path))
    if "N" in word or "W" in word:
        assert astray(words(write_pdf(html.replace("overflow-wrap: anywhere", "")), tmp_path))


def quiet() -> Marked:
    return student(right("1a"), box("1b", "blank", "Not answered."), name="Grace Hopper", group="CS", id="s9")


def test_clean_words_are_on_one_line_and_seen() -> None:
    """No character turns the direction, breaks the line or piles up; letters and what joins them stay."""
    assert "Ivan" == clean("\u202eIvan\u202c\u2066")
    assert "a b c" == clean(" a\n\tb\u2028c\x00\ud800 ")
    assert "Z\u0302\u0302x" == clean("Z" + "\u0302" * 40 + "x").replace("Ẑ\u0302\u0302", "Z\u0302\u0302")
    assert "می\u200cخواهم" == clean("می\u200cخواهم")


def test_the_pdf_is_tagged_in_the_order_of_reading() -> None:
    """PDF/UA-1 with language and title, a heading for each slip, and the students' names in their order."""
    told = [student(right("1а"), name=f"Имя {i}") for i in range(6)]
    with pikepdf.open(io.BytesIO(write_pdf(slips(told, "Зачёт", "ru")))) as document:
        assert "ru" == str(document.Root.Lang)
        assert "Результаты: Зачёт" == str(document.docinfo["/Title"])
        assert "1" == document.open_metadata().get("pdfuaid:part")
        kinds = [str(part.get("/S")) for part in elements(document.Root.StructTreeRoot)]
        assert 6 == kinds.count("/H1")
        with document.open_outline() as outline:
            assert [f"Имя {i}" for i in range(6)] == [str(item.title) for item in outline.root]


def elements(part: Any) -> Iterator[Any]:
    """The elements of a structure tree in the order of reading."""
    below = part.get("/K")
    for one in below if isinstance(below, pikepdf.Array) else [below]:
        if isinstance(one, pikepdf.Dictionary) and "/S" in one:
            yield one
            yield from elements(one)


def messages() -> set[str]:
    """What slips say, besides what the template does."""
    named = (pair for module in (_slips, fitting) for pair in vars(module).items() if pair[0].isupper())
    return {value for _, value in named if isinstance(value, str) and "\N{NO-BREAK SPACE}" != value}


def test_every_message_is_translated() -> None:
    """And a message that nobody translated is found."""
    known: Mapping[str, str] = getattr(translations("ru"), "_catalog", {})
    assert len(messages()) > 10
    assert set() == messages() - set(known)
    assert {"Nobody translated this."} == {"Nobody translated this."} - set(known)


def test_nobody_present_is_an_empty_document() -> None:
    """All absent: a document without a slip, not an error."""
    assert "<h1" not in slips([Marked(Entry(2, "s1", "", status="absent"), None)], TITLE, "en")
