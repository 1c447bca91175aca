"""A class list: who sits an exam, where, and what a single student needs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import ceil
from pathlib import Path

from examgen.copies._copy import Copy, Room
from examgen.errors import InputError
from examgen.exam import Exam
from examgen.render.language import language_names, own_names
from examgen.spreadsheets import PAPER, PERSON, UNNAMED, joined, kind_of, kinds_of, read_spreadsheet, seen

HEADS = {
    **PERSON,
    "row": ("row", "ряд"),
    "seat": ("seat", "place", "место"),
    "minutes": ("minutes", "time", "минуты", "минут", "время"),
    "large": ("large", "large print", "крупно", "крупный шрифт", "крупный"),
    "language": ("language", "язык"),
}
YES = ("yes", "y", "true", "1", "x", "+", "да", "д", "х", "✓", "v")
NO = ("", "no", "n", "false", "0", "-", "нет", "н")
LAST = 999  # row or seat
MOST_MINUTES = 1000
LONGEST = 200  # characters of a name, a group or an id
_NUMBER = re.compile(r"(\d{1,4})(?:[.,]0)?")  # spreadsheets like to add a decimal
_MINUTES = re.compile(r"(\d{1,4}(?:[.,]\d{1,9})?)\s*(?:(?:minutes?|mins?|минут[аы]?|мин|m|м)\.?|['′])?", re.IGNORECASE)
_ADDED = re.compile(r"\+\s*(\d{1,3})[^\d%]*")


@dataclass(frozen=True)
class Roster:
    """People in the order of the list; `unused` are columns that nobody reads.

    `spare` counts the rows with a variant and nobody who has it, as an assignment holds them.
    """

    people: tuple[Copy, ...]
    unused: tuple[str, ...] = ()
    spare: int = 0


def read_roster(path: Path, exam: Exam, room: Room | None = None) -> Roster:
    """The class that a file lists, for an exam and perhaps a room. Raises: InputError naming line, column and remedy."""
    sheet = read_spreadsheet(path, "name;group;id;row;seat", PERSON)
    kinds = kinds_of(sheet.heads, HEADS)
    _check_heads(kinds, sheet.place)
    reader = _Reader(path, sheet.heads, kinds, exam, room)
    people = [copy for line, _, cells in sheet.rows if (copy := reader.person(line, cells)) is not None]
    if not people:
        raise InputError(f"{sheet.place}: nobody is listed under the head, write a row for each student")
    seats = [copy.seated for copy in people]
    if any(seats) and not all(seats):
        line = reader.lines[seats.index(False)]
        raise InputError(f"{path}, line {line}: has no row and seat, and others have: give everybody a seat, or nobody")
    unused = tuple(head for head, kind in zip(sheet.heads, kinds, strict=True) if not kind and head.strip())
    return Roster(tuple(people), unused, reader.spare)


def _check_heads(kinds: Sequence[str], place: str) -> None:
    if not {"name", "id"} & {*kinds}:
        raise InputError(f"{place}: {UNNAMED}")
    for one, other in (("row", "seat"), ("seat", "row")):
        if one in kinds and other not in kinds:
            raise InputError(f"{place}: there is a column {one!r} and none {other!r}, add it")
    twice = [kind for i, kind in enumerate(kinds) if kind not in ("", "name") and kind in kinds[:i]]
    if twice:
        raise InputError(f"{place}: column {twice[0]!r} is there twice, keep one of them")


class _Reader:
    """Rows made copies, one by one."""

    def __init__(self, path: Path, heads: Sequence[str], kinds: Sequence[str], exam: Exam, room: Room | None) -> None:
        self.path, self.heads, self.kinds, self.exam, self.room = path, heads, kinds, exam, room
        self.ids: dict[str, int] = {}
        self.places: dict[tuple[int, int], int] = {}
        self.lines: list[int] = []
        self.spare = 0

    def person(self, line: int, cells: Sequence[str] | None) -> Copy | None:
        """Who is listed in a row; nobody where it speaks of a paper alone."""
        place = f"{self.path}, line {line}"
        if cells is None or len(cells) != len(self.kinds):
            raise InputError(f"{place}: cannot be read, it needs {len(self.kinds)} cells as the head has")
        said = {kind: joined(self.kinds, cells, kind) for kind in HEADS}
        if self._dealt(cells) and not said["name"] and not said["id"]:
            self.spare += 1
            return None
        copy = Copy(
            name=self._text(place, said, "name"), group=self._text(place, said, "group"), id=self._text(place, said, "id"),
            row=self._number(place, said, "row", LAST) or 0, seat=self._number(place, said, "seat", LAST) or 0,
            minutes=self._minutes(place, said),
            large=self._large(place, said), language=self._language(place, said),
        )
        self._check(place, copy)
        self._remember(line, place, copy)
        return replace(copy, id="") if _called_by_name(copy) else copy

    def _dealt(self, cells: Sequence[str]) -> bool:
        """Whether a row names a variant."""
        return any(cell.strip() and kind_of(head, PAPER) for head, cell in zip(self.heads, cells, strict=True))

    def _at(self, place: str, kind: str) -> str:
        """The place of a cell, with the column as it is called in the file."""
        return f"{place}, column {self.heads[self.kinds.index(kind)][:40]!r}"

    def _text(self, place: str, said: Mapping[str, str], kind: str) -> str:
        text = said[kind]
        if len(text) > LONGEST or not seen(text):
            what = f"is longer than {LONGEST} characters" if len(text) > LONGEST else "holds signs that cannot be seen"
            raise InputError(f"{self._at(place, kind)}: {text[:40]!r} {what}, type it anew")
        return text

    def _number(self, place: str, said: Mapping[str, str], kind: str, most: int) -> int | None:
        if not said[kind]:
            return None
        found = _NUMBER.fullmatch(said[kind])
        if not found or not 1 <= int(found[1]) <= most:
            told = f"{said[kind][:40]!r} is no whole number from 1 to {most}"
            raise InputError(f"{self._at(place, kind)}: {told}, write one or leave the cell empty")
        return int(found[1])

    def _minutes(self, place: str, said: Mapping[str, str]) -> int | None:
        """A whole time, where it has decimals the next whole minute. Raises: InputError, also for what is to be added."""
        text = said["minutes"]
        if not text:
            return None
        if added := _ADDED.fullmatch(text):
            told = f"write the whole time, such as {self.exam.minutes + int(added[1])}"
            raise InputError(f"{self._at(place, 'minutes')}: {text[:40]!r} is added time, {told}")
        found = _MINUTES.fullmatch(text)
        minutes = ceil(Decimal(found[1].replace(",", "."))) if found else 0
        if not 1 <= minutes <= MOST_MINUTES:
            told = f"{text[:40]!r} is no time from 1 to {MOST_MINUTES} minutes"
            raise InputError(f"{self._at(place, 'minutes')}: {told}, write it such as 60 or leave the cell empty")
        return minutes

    def _large(self, place: str, said: Mapping[str, str]) -> bool:
        word = said["large"].casefold()
        if word not in (*YES, *NO):
            told = f"{said['large'][:40]!r} is neither yes nor no"
            raise InputError(f"{self._at(place, 'large')}: {told}, write yes or leave the cell empty")
        return word in YES

    def _language(self, place: str, said: Mapping[str, str]) -> str | None:
        if not said["language"]:
            return None
        language = language_names().get(said["language"].casefold())
        if language is None:
            told = f"{said['language'][:40]!r} is no language of the paper"
            raise InputError(f"{self._at(place, 'language')}: {told}, use one of {', '.join(own_names())}")
        if language == self.exam.language:
            return None
        try:
            self.exam.printing.titled(language)
            self.exam.printing.course_in(language)
        except InputError as error:
            raise InputError(f"{self._at(place, 'language')}: {error}") from None
        return language

    def _check(self, place: str, copy: Copy) -> None:
        if not copy.name and not copy.id:
            raise InputError(f"{place}: there is neither a name nor an id, write one or remove the line")
        if (copy.row > 0) != (copy.seat > 0):
            empty = "seat" if copy.row else "row"
            raise InputError(f"{self._at(place, empty)}: is empty, write a number or empty row and seat both")
        if self.room is not None and copy.seated and copy.place not in self.room:
            told = f"row {copy.row}, seat {copy.seat} is not in --room {self.room}"
            raise InputError(f"{place}: {told}, correct the seat or give a larger room")

    def _remember(self, line: int, place: str, copy: Copy) -> None:
        """Raises: InputError where a seat or an id is taken already."""
        self.lines.append(line)
        if copy.id and self.ids.setdefault(copy.id, line) != line:
            told = f"{copy.id[:40]} stands in line {self.ids[copy.id]} already"
            raise InputError(f"{self._at(place, 'id')}: {told}, keep one of the two")
        if copy.seated and self.places.setdefault(copy.place, line) != line:
            told = f"row {copy.row}, seat {copy.seat} stands in line {self.places[copy.place]} already"
            raise InputError(f"{place}: {told}, seat one of the two elsewhere")


def _called_by_name(copy: Copy) -> bool:
    """Whether the id is only what an assignment calls those who have none: the name, perhaps numbered."""
    return bool(copy.name) and re.fullmatch(rf"{re.escape(copy.name)}( \(\d+\))?", copy.id) is not None
