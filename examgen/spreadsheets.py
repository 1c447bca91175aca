"""Tables as spreadsheets write and read them: any separator, several encodings, cells without formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from examgen import bounded
from examgen.errors import InputError

LARGEST = 50_000_000  # bytes
MOST_ROWS = 100_000
MOST_LINES = 40  # of one row; a quote that is still open by then was forgotten
JOINERS = "\u200c\u200d"  # signs without width that letters of some scripts need between them
ACTIVE = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes text that begins so for a formula
SEPARATORS = {";": "semicolons", "\t": "tabs", ",": "commas"}
REGISTRY = "sis user id"  # Canvas: what the university calls a student, beside a number of its own under "ID"
NAMED = ("student", "студент")  # an id, or the name where another column holds the id
PERSON = {
    "id": (
        "id", "id number", "student id", "student number", REGISTRY, *NAMED, "номер", "шифр",
        "зачетка", "зачетки", "номер зачетки", "зачетная книжка", "зачетной книжки", "номер зачетной книжки",
        "студ билет", "студ билета", "номер студ билета",
        "студенческий билет", "студенческого билета", "номер студенческого билета",
    ),
    "group": ("group", "groups", "section", "группа", "группы", "номер группы", "учебная группа"),
    "name": (
        "name", "full name", "first name", "last name", "surname", "student name", "имя", "фамилия", "отчество",
        "фио", "ф и о", "фио студента", "ф и о студента", "фамилия имя", "фамилия, имя", "фамилия и имя",
        "фамилия имя отчество", "фамилия, имя, отчество",
    ),
}  # what columns about a person are called, as `_bare` has it; several may make up a name
UNNAMED = "no column says who somebody is, call one such as name or ФИО, or id"
PAPER = {"variant": ("variant", "code", "variant code", "вариант", "код", "код варианта")}

Row = tuple[int, str, list[str] | None]  # first line, its text, cells; no cells where it cannot be read


@dataclass(frozen=True)
class Spreadsheet:
    """A table with a head: `place` is where the head stands, `rows` come as they are read, once."""

    place: str
    heads: tuple[str, ...]
    separator: str
    rows: Iterator[Row]


def read_spreadsheet(path: Path, example: str, alone: Mapping[str, Sequence[str]] | None = None) -> Spreadsheet:
    """The table of a file; `example` is a head that it might have, `alone` names columns that may be the only one.

    Raises: InputError naming the file and the line.
    """
    told = str(path)
    number, line, separator, rest = _head_line(_lines(_text(path, told)), told, example, alone or {})
    place = f"{told}, line {number}"
    heads = tuple(_split(line, separator, place))
    return Spreadsheet(place, heads, separator, _few(_records(rest, separator, len(heads)), told))


def _few(rows: Iterator[Row], told: str) -> Iterator[Row]:
    for count, row in enumerate(rows):
        if count == MOST_ROWS:
            raise InputError(f"{told}: has more than {MOST_ROWS:,} rows, which no class has: keep those of one exam")
        yield row


def kind_of(head: str, kinds: Mapping[str, Sequence[str]]) -> str:
    """What a column is called, out of the names of each kind; empty where it is none of them."""
    wanted = _bare(head)
    return next((kind for kind, names in kinds.items() if wanted in names), "")


def kinds_of(heads: Sequence[str], kinds: Mapping[str, Sequence[str]]) -> list[str]:
    """What each column is called; where several could be the id, the others are the name or not read, as Canvas means them."""
    found, bare = [kind_of(head, kinds) for head in heads], [_bare(head) for head in heads]
    if found.count("id") > 1 and REGISTRY in bare:
        found = ["" if head == "id" else kind for kind, head in zip(found, bare, strict=True)]
    if found.count("id") > 1 and "name" not in found:
        found = ["name" if head in NAMED else kind for kind, head in zip(found, bare, strict=True)]
    return found


def _bare(head: str) -> str:
    """A head without what people put into it or leave out: case, dots, the sign for a number, both dots of ё."""
    told = head.replace("\N{ZERO WIDTH NO-BREAK SPACE}", "").replace("№", " ").replace(".", " ").casefold().replace("ё", "е")
    return " ".join(told.split())


def joined(kinds: Sequence[str], cells: Sequence[str], kind: str) -> str:
    """What stands in the columns of one kind, with single spaces."""
    return plain(" ".join(" ".join(cell for own, cell in zip(kinds, cells, strict=True) if own == kind).split()))


def identified(people: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What tells people apart, given id and name of each: the id, else the name, numbered where it is taken; or nothing."""
    listed = list(people)
    taken = {own for own, _ in listed}
    for own, name in listed:
        found, count = own or name, 1
        while found and not own and found in taken:
            count += 1
            found = f"{name} ({count})"
        taken.add(found)
        yield found


def passed_over(papers: int) -> str:
    """A note on rows that hold a variant and nobody who has it."""
    return f"{papers} paper{'s' * (papers != 1)} without a student {'is' if papers == 1 else 'are'} passed over"


def _text(path: Path, told: str) -> str:
    """UTF-8, UTF-16 with its mark, or Windows-1251."""
    try:
        raw = bounded.content(path, LARGEST, "class's table")
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


def _head_line(
    lines: Sequence[str], told: str, example: str, alone: Mapping[str, Sequence[str]]
) -> tuple[int, str, str, Iterator[tuple[int, str]]]:
    """Where the heads stand, their line, what parts its cells, and the numbered lines behind it."""
    numbered = iter(enumerate(lines, 1))
    said = ""
    for number, line in numbered:
        if sep := re.fullmatch(r"\"?sep=(.)\"?", line.strip("\N{ZERO WIDTH NO-BREAK SPACE} ")):  # how a spreadsheet is told
            said = sep[1]
        elif line.strip(" ;,\t"):
            unquoted = re.sub(r'"[^"]*"', "", line)
            found = said or next((sign for sign in SEPARATORS if sign in unquoted), ";" if kind_of(line, alone) else "")
            if not found:
                break
            if "\0" in line:
                raise InputError(f"{told}: is no text, save the table as CSV in UTF-8")
            return number, line, found, numbered
    lone = ", or a single column such as name or ФИО" if alone else ""
    raise InputError(f"{told}: there is no head such as {example}, with semicolons, tabs or commas between them{lone}")


def _split(text: str, separator: str, place: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([text], delimiter=separator))]
    except (csv.Error, StopIteration) as error:
        raise InputError(f"{place}: cannot be read ({error})") from None


def _records(lines: Iterator[tuple[int, str]], separator: str, width: int) -> Iterator[Row]:
    """Every row that is not empty; one that cannot be read ends with its first line."""
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


def plain(text: str) -> str:
    """Without the apostrophe that `harmless` has put before what a spreadsheet would take for a formula."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(ACTIVE) else text


def seen(text: str) -> bool:
    """Whether all signs of a text can be seen, or are needed between letters, as in Persian and Indian names."""
    return all(letter.isprintable() or letter in JOINERS for letter in text)


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula, on one line without signs that cannot be seen."""
    seen = "".join(letter if letter.isprintable() or letter in JOINERS else " " for letter in text)
    return f"'{seen}" if seen.startswith(ACTIVE) else seen


def written(rows: Iterable[Iterable[str]], separator: str = ";") -> bytes:
    """Rows of finished cells as a file, with the mark that tells spreadsheets of UTF-8."""
    file = io.StringIO()
    csv.writer(file, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return file.getvalue().encode("utf-8-sig")
