"""A class's table of answers or points, as spreadsheets write it: any separator, any decimal mark, errors told by line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from examgen.errors import InputError
from examgen.grading._data import Complaint, Entry
from examgen.keyfile import Key, KeyVariant
from examgen.labels import is_label, typed

LARGEST = 50_000_000  # bytes
MOST_LINES = 40  # of one row; a quote that is still open by then was forgotten
ACTIVE = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes text that begins so for a formula
SEPARATORS = {";": "semicolons", "\t": "tabs", ",": "commas"}
ABSENT = ("absent", "отсутствует", "отсутствовал", "отсутствовала", "неявка", "не явился", "не явилась", "н", "н/я")
HEADS = {
    "id": ("id", "id number", "student id", "student", "номер", "студент", "шифр"),
    "variant": ("variant", "code", "variant code", "вариант", "код", "код варианта"),
    "status": ("status", "статус"),
    "group": ("group", "группа"),
    "name": ("name", "full name", "first name", "last name", "surname", "имя", "фамилия", "отчество", "фио"),
}
_POINTS = re.compile(r"(?P<label>[^()]+?)\s*\((?:max\.?|макс\.?)?\s*\d[\d.,\s/–-]*\)")


@dataclass(frozen=True)
class Table:
    """The rows that can be marked, and what is wrong with the others; `unused` are columns that nobody reads."""

    entries: tuple[Entry, ...]
    complaints: tuple[Complaint, ...]
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Column:
    """What a column holds: one of `HEADS`, `answers` or `points` with the label of a box, or nothing that is read."""

    kind: str
    label: str = ""


def read_table(path: Path, key: Key) -> Table:
    """The table of a file. Raises: InputError where none of its rows can be marked, one sentence that names the place."""
    told = str(path)
    lines = _lines(_text(path, told))
    place, first, separator, lines_left = _head_line(lines, told)
    heads = _split(first, separator, place)
    columns = _columns(heads, key, place)
    reader = _Reader(key, columns, separator)
    for number, text, cells in _records(lines_left, separator, len(columns)):
        reader.row(number, text, cells)
    unused = tuple(head for head, column in zip(heads, columns, strict=True) if not column.kind and head.strip())
    return Table(tuple(reader.entries), tuple(reader.complaints), unused)


def _text(path: Path, told: str) -> str:
    """UTF-8, UTF-16 with its mark, or Windows-1251."""
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{told}: is larger than {LARGEST // 1_000_000} MB, which no class's table is")
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{told}: cannot be read ({error.strerror}), check its name and permissions") from None
    if raw.startswith(b"PK\x03\x04"):  # what the formats of spreadsheets themselves begin with
        raise InputError(f"{told}: is a spreadsheet's own file, save the table as CSV in UTF-8")
    encodings = ["utf-16"] if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1251"]
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(f"{told}: is neither UTF-8 nor Windows-1251 text, save the table as CSV in UTF-8")


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _head_line(lines: Sequence[str], told: str) -> tuple[str, str, str, Iterator[tuple[int, str]]]:
    """Where the heads stand, their line, what parts its cells, and the numbered lines behind it."""
    numbered = iter(enumerate(lines, 1))
    said = ""
    for number, line in numbered:
        if sep := re.fullmatch(r"\"?sep=(.)\"?", line.strip("﻿ ")):  # how a spreadsheet is told of the separator
            said = sep[1]
        elif line.strip(" ;,\t"):
            unquoted = re.sub(r'"[^"]*"', "", line)
            found = said or next((sign for sign in SEPARATORS if sign in unquoted), "")
            if not found:
                break
            if "\0" in line:
                raise InputError(f"{told}: is no text, save the table as CSV in UTF-8")
            return f"{told}, line {number}", line, found, numbered
    raise InputError(f"{told}: there is no head such as id;variant;1a;1b, with semicolons, tabs or commas between them")


def _split(text: str, separator: str, place: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([text], delimiter=separator))]
    except (csv.Error, StopIteration) as error:
        raise InputError(f"{place}: cannot be read ({error})") from None


def _columns(heads: Sequence[str], key: Key, place: str) -> list[_Column]:
    """What each column holds. Raises: InputError for what is missing, there twice, or the label of no box."""
    points = {head: match["label"] for head in heads if (match := _POINTS.fullmatch(head))}
    meant = typed([*heads, *points.values()], key.language)
    known = {label for variant in key.variants for label in variant.labels}
    found = [_column(head, points, meant, known, place) for head in heads]
    for kind in ("id", "variant"):
        if not any(column.kind == kind for column in found) and (kind == "id" or len(key.variants) > 1):
            raise InputError(f"{place}: there is no column {kind!r}, name one so")
    twice = [column for place, column in enumerate(found) if column.kind not in ("", "name") and column in found[:place]]
    if twice:
        raise InputError(f"{place}: column {twice[0].label or twice[0].kind!r} is there twice, keep one of them")
    return found


def _column(head: str, points: Mapping[str, str], meant: Mapping[str, str], known: set[str], place: str) -> _Column:
    for kind, names in HEADS.items():
        if head.strip("﻿ ").casefold() in names:
            return _Column(kind)
    label = meant.get(points.get(head, head))
    if label is None and not is_label(points.get(head, head)):
        return _Column("")
    if label is None or label not in known:
        raise InputError(f"{place}: column {head[:40]!r}: no variant of this exam has such a box")
    return _Column("points" if head in points else "answers", label)


def _records(
    lines: Iterator[tuple[int, str]], separator: str, width: int
) -> Iterator[tuple[int, str, list[str] | None]]:
    """(first line, its text, cells) of every row; no cells where it cannot be read, and then it ends with its first line."""
    waiting = list(lines)
    place = 0
    while place < len(waiting):
        number, text = waiting[place]
        cells, taken = _record([line for _, line in waiting[place : place + MOST_LINES]], separator)
        if taken > 1 and (cells is None or len(cells) != width):
            cells, taken = None, 1
        place += taken
        if cells is None or any(cell.strip() for cell in cells):
            yield number, text, cells


def _record(lines: Sequence[str], separator: str) -> tuple[list[str] | None, int]:
    """The cells of the row that begins with these lines, and how many of them it takes: a quote may span lines."""
    quotes = 0
    for taken, line in enumerate(lines, 1):
        quotes += line.count('"')
        if quotes % 2 == 0:
            try:
                return next(csv.reader([f"{part}\n" for part in lines[:taken]], delimiter=separator, strict=True), []), taken
            except csv.Error:
                return None, taken
    return None, len(lines)


class _Reader:
    """Rows made entries, one by one; what is wrong with a row is kept beside its line."""

    def __init__(self, key: Key, columns: Sequence[_Column], separator: str) -> None:
        self.key, self.columns, self.separator = key, columns, separator
        self.entries: list[Entry] = []
        self.complaints: list[Complaint] = []
        self.seen: dict[str, int] = {}

    def row(self, line: int, text: str, cells: Sequence[str] | None) -> None:
        try:
            self.entries.append(self._entry(line, text, cells))
        except InputError as error:
            self.complaints.append(Complaint(line, str(error)))

    def _entry(self, line: int, text: str, cells: Sequence[str] | None) -> Entry:
        told = self._told(text, cells)
        student = _plain(" ".join(told.get("id", [""])[0].split()))
        if not student:
            raise InputError("there is no id, write one")
        if not student.isprintable():
            raise InputError(f"id {student[:40]!r} holds signs that cannot be seen, type it anew")
        if student in self.seen:
            raise InputError(f"student {student[:40]} stands in line {self.seen[student]} already, keep one of the two")
        status = self._status(told)
        answers, points = self._filled("answers", cells or ()), self._filled("points", cells or ())
        variant = self._variant(told, status, {**answers, **points})
        entry = Entry(
            line, student, variant, _plain(" ".join(told.get("name", ())).strip()), _plain(told.get("group", [""])[0]), status,
            answers, points,
        )
        self.seen[student] = line
        return entry

    def _told(self, text: str, cells: Sequence[str] | None) -> dict[str, list[str]]:
        """What stands in the columns of each kind."""
        if cells is None:
            raise InputError("a quote is opened and not closed, or stands inside of a cell, or a cell is far too long")
        if len(cells) != len(self.columns):
            raise InputError(self._width(len(cells), text))
        found: dict[str, list[str]] = {}
        for column, cell in zip(self.columns, cells, strict=True):
            found.setdefault(column.kind, []).append(cell.strip())
        return found

    def _width(self, cells: int, text: str) -> str:
        what = f"has {cells} cells, the head {len(self.columns)}"
        if self.separator == "," and re.search(r"\d,\d", text):
            return f"{what}: commas part the cells here, so put a decimal comma in quotes (\"1,27\"), or save with semicolons"
        named = SEPARATORS.get(self.separator, "separators")
        if cells > len(self.columns):
            return f"{what}: put a cell with {named} in quotes, such as a matrix (\"1 -2; 3 1\")"
        return f"{what}: leave empty cells between {named} where nothing was written"

    def _status(self, told: Mapping[str, Sequence[str]]) -> str:
        said = told.get("status", [""])[0].casefold()
        if said and said not in ABSENT:
            raise InputError(f"status {said[:40]!r}: write absent, or leave it empty")
        return "absent" if said else ""

    def _filled(self, kind: str, cells: Sequence[str]) -> dict[str, str]:
        pairs = zip(self.columns, cells, strict=True)
        return {column.label: cell.strip() for column, cell in pairs if column.kind == kind and cell.strip()}

    def _variant(self, told: Mapping[str, Sequence[str]], status: str, filled: Mapping[str, str]) -> str:
        if status:
            if filled:
                raise InputError("the student is absent, and there are answers or points: empty one of the two")
            return ""
        said = told.get("variant", [""])[0]
        if not said and len(self.key.variants) > 1:
            raise InputError("there is no variant, write the code on the sheet, or absent as status")
        variant = self.key[said] if said else self.key.variants[0]
        _check_boxes(variant, filled)
        return variant.code


def _plain(text: str) -> str:
    """Without the apostrophe that `harmless` has put before what a spreadsheet would take for a formula."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(ACTIVE) else text


def _check_boxes(variant: KeyVariant, filled: Mapping[str, str]) -> None:
    if strange := next((label for label in filled if label not in variant.labels), None):
        raise InputError(f"variant {variant.code} has no box {strange}: is it another variant, or another column?")


def read_roster(path: Path, key: Key) -> list[dict[str, str]]:
    """A class list: id, and name, group and variant where there are such columns. Raises: InputError naming the line."""
    told = str(path)
    place, first, separator, lines = _head_line(_lines(_text(path, told)), told)
    heads = _split(first, separator, place)
    kinds = [next((kind for kind, names in HEADS.items() if head.strip("﻿ ").casefold() in names), "") for head in heads]
    if "id" not in kinds:
        raise InputError(f"{place}: there is no column 'id', name one so")
    found: dict[str, dict[str, str]] = {}
    for line, _, cells in _records(lines, separator, len(heads)):
        if cells is None or len(cells) != len(heads):
            raise InputError(f"{told}, line {line}: cannot be read, it needs {len(heads)} cells as the head has")
        row = _roster_row(kinds, cells)
        if not row["id"] or row["id"] in found:
            raise InputError(f"{told}, line {line}: {'id ' + row['id'][:40] + ' is there twice' if row['id'] else 'no id'}")
        found[row["id"]] = {**row, "variant": _known(row["variant"], key, f"{told}, line {line}")}
    return list(found.values())


def _roster_row(kinds: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    pairs = list(zip(kinds, cells, strict=True))
    return {kind: _plain(" ".join(" ".join(cell for own, cell in pairs if own == kind).split())) for kind in HEADS}


def _known(said: str, key: Key, place: str) -> str:
    """The code of a variant, if one is told. Raises: InputError."""
    try:
        return key[said].code if said else ""
    except InputError as error:
        raise InputError(f"{place}: {error}") from None
