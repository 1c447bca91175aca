"""How an exam is printed, as its definition says it: course and date, paper, both sides, room for working."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

from examgen.errors import InputError
from examgen.model import Standard
from examgen.problem import shown
from examgen.render.sizes import PAPERS

LONGEST = 200  # characters of a title, a course or a date
MOST_ROOM = 200  # mm for the working of one task
UNITS = {"mm": Decimal(1), "cm": Decimal(10), "in": Decimal("25.4"), "мм": Decimal(1), "см": Decimal(10)}
_LENGTH = re.compile(r"\s*([0-9]{1,3}(?:[.,][0-9]{1,2})?)\s*(mm|cm|in|мм|см)\s*")

Text = str | Mapping[str, str]  # the same in every language, or one for each


@dataclass(frozen=True)
class Printing:
    """`space` is the least room for the working of a task, mm; None leaves it to the page. `pdf` is the standard that all
    paper keeps to, `tagged` whether sheets do, `templates` a folder of own ones.
    """

    title: Text
    course: Text = ""
    date: str | date = ""
    paper: str = "a4"
    duplex: bool = False
    space: float | None = None
    pdf: Standard = "ua"
    templates: Path | None = None
    tagged: bool = True

    def titled(self, language: str) -> str:
        """The title in a language. Raises: InputError where it has none."""
        return _in("title", self.title, language)

    def course_in(self, language: str) -> str:
        """The course in a language, empty where none is given. Raises: InputError where it has no name in it."""
        return _in("course", self.course, language)

    def dated(self, language: str) -> str:
        """The day in the words of a language, or what stands there instead."""
        if isinstance(self.date, str):
            return self.date
        from babel.dates import format_date  # here, since it takes long to load and only paper needs it

        return format_date(self.date, "long", locale=language)


def printing(
    language: str, *, title: Any, course: Any, date: Any, paper: Any, duplex: bool, space: Any, pdf: Any,
    tagged: bool, templates: Path | None,
) -> Printing:
    """What a definition says, looked at in every part. Raises: InputError naming the key."""
    told = _texts("title", title), _texts("course", course), _date(date)
    made = Printing(*told, _paper(paper), duplex, length(space), _standard(pdf), templates, tagged)
    if made.pdf == "a" and not tagged:
        raise InputError('tagged = false: an archival PDF needs its tags, leave out one of tagged and pdf = "a"')
    made.titled(language)
    made.course_in(language)
    return made


def _standard(given: Any) -> Standard:
    if given not in get_args(Standard):
        raise InputError(f"pdf = {shown(given)}: allowed are {', '.join(map(repr, get_args(Standard)))}")
    return given  # type: ignore[no-any-return]  # one of them, as the lines above ask


def length(given: Any) -> float | None:
    """A length such as "8cm", in mm. Raises: InputError."""
    if given is None:
        return None
    found = _LENGTH.fullmatch(given) if isinstance(given, str) else None
    asked = Decimal(found[1].replace(",", ".")) * UNITS[found[2]] if found else Decimal(0)
    if not 0 < asked <= MOST_ROOM:
        raise InputError(f'space = {shown(given)}: give the room for working as a length such as "8cm", at most 20 cm')
    return float(asked)


def _in(name: str, text: Text, language: str) -> str:
    if isinstance(text, str):
        return text
    if text and language not in text:
        raise InputError(f"{name} has no entry for {language!r}, add one beside {', '.join(map(repr, text))}")
    return text.get(language, "")


def _texts(name: str, given: Any) -> Text:
    """One text for all languages, or one for each from a table, all of which are looked at."""
    if given is None:
        return ""
    for text in given.values() if isinstance(given, dict) and given else (given,):
        _line(name, text, given)
    return {str(language): text for language, text in given.items()} if isinstance(given, dict) else str(given)


def _line(name: str, text: Any, given: Any) -> None:
    """Looks at one line of what is given. Raises: InputError."""
    if not isinstance(text, str) or not 0 < len(text.strip()) <= LONGEST:
        raise InputError(f"{name} = {shown(given)}: give text of 1 to {LONGEST} characters, or a table of it by language")
    if not text.isprintable():
        raise InputError(f"{name} = {shown(text)}: give one line without signs that nobody sees")


def _date(given: Any) -> str | date:
    if given is None:
        return ""
    if type(given) is date:  # a moment is a date too, and has a time that nobody would print
        return given
    if not isinstance(given, str):
        raise InputError(f"date = {shown(given)}: give a day such as 2026-12-15, or text in quotes")
    _line("date", given, given)
    return given


def _paper(given: Any) -> str:
    if not isinstance(given, str) or given.casefold() not in PAPERS:
        raise InputError(f"paper = {shown(given)}: allowed are {', '.join(repr(paper.name) for paper in PAPERS.values())}")
    return given.casefold()
