"""The hand-out list: what stands above the names, and room for long ones."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from examgen.copies import Copy, handout, plan
from examgen.render.html import handout_html
from examgen.render.paper import Head
from examgen.setting import write_pdf

LONGEST = "Константинопольская-Преображенская Александра Владиславовна"
GROUP = "Section 02 (Tu/Th)"


def listed(head: Head, people: list[Copy]) -> str:
    """The list of a class with four variants, as HTML."""
    return handout_html(head, handout(plan(people, 4, "a seed of some length").copies, dict.fromkeys(range(1, 5), "WMWMQX")))


def above(head: Head, people: list[Copy]) -> list[str]:
    """The texts between the title and the table."""
    top = listed(head, people).partition("</h1>")[2].partition("<table")[0]
    return [text for text in re.sub(r"<[^>]*>", "\n", top).splitlines() if text.strip()]


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (Head("Test", course="CS231n", date="24 October 2025"), ["CS231n · 24 October 2025", "Handed out", "Collected"]),
        (Head("Test", course="CS231n"), ["CS231n", "Date", "Handed out", "Collected"]),
        (Head("Test", date="24 October 2025"), ["24 October 2025", "Handed out", "Collected"]),
        (Head("Test"), ["Date", "Handed out", "Collected"]),
    ],
)
def test_course_and_date_are_the_exams(head: Head, said: list[str]) -> None:
    """There is room for a date only where the exam has none."""
    assert ["Hand-out list", *said] == above(head, [Copy(name="Anna")])


def test_what_lies_apart_is_named_by_its_numbers() -> None:
    """Those in large print, in both languages; the tooth: without any there is no such line."""
    people = [Copy(name=f"Student {i}", large=i in (3, 6)) for i in range(8)]
    assert "In large print, apart: 4, 7" in above(Head("Test"), people)
    assert "Крупным шрифтом, отдельно: 4, 7" in above(Head("Тест", "ru"), people)
    assert not any("apart" in text for text in above(Head("Test"), [Copy(name="Anna", minutes=90, language="ru")]))


@pytest.mark.parametrize(("language", "paper"), [("ru", "a4"), ("en", "letter")])
def test_long_names_have_room(language: str, paper: str, tmp_path: Path) -> None:
    """Beside seats and a long group: a name takes three lines at most, heads and codes are not broken."""
    people = [Copy(name=LONGEST, group=GROUP, row=12, seat=seat) for seat in range(97, 101)]
    head = Head("Test", language, paper=paper)
    found = words(listed(head, people), head, tmp_path)
    assert len(people) == sum(text == "WMWMQX" for text, _ in found)
    assert len({top for text, top in found if text in re.split(r"(?<=-)| ", LONGEST)}) <= 3 * len(people)
    heads = {"ru": {"Ряд", "Место", "Группа", "Вариант"}, "en": {"Row", "Seat", "Group", "Variant"}}
    assert heads[language] <= {text for text, _ in found}


def words(html: str, head: Head, place: Path) -> list[tuple[str, str]]:
    """Every word of a PDF, with where its line begins."""
    path = place / "handout.pdf"
    path.write_bytes(write_pdf(html, head))
    told = subprocess.run(["pdftotext", "-bbox", path, "-"], capture_output=True, text=True, check=True).stdout
    return [(text, top) for top, text in re.findall(r'<word [^>]*yMin="([\d.]+)"[^>]*>([^<]*)</word>', told)]


def test_a_part_of_the_list_keeps_its_numbers() -> None:
    """Places of the pile, spare copies and those in large print among them; the parts are the whole."""
    copies = plan([Copy(name=f"Student {i}", large=i in (0, 3)) for i in range(4)], 4, "a seed of some length", spare=2).copies
    whole = handout(copies, dict.fromkeys(range(1, 5), "WMWMQX"))
    parts = [whole.part(range(0, 3)), whole.part(range(3, 6))]
    assert [[1, 2, 3], [4, 5, 6]] == [[row.number for row in (*part.rows, *part.spares)] for part in parts]
    assert ([1], [4], [5, 6]) == (parts[0].large, parts[1].large, [row.number for row in parts[1].spares])
    assert whole == whole.part(range(6))
