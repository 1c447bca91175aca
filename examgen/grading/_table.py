"""A class's table of answers or points, as spreadsheets write it: any separator, any decimal mark, errors told by line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from examgen.errors import InputError
from examgen.grading._data import Complaint, Entry
from examgen.keyfile import Key, KeyVariant
from examgen.labels import is_label, typed
from examgen.spreadsheets import PAPER, PERSON, SEPARATORS, UNNAMED, identified, joined, kinds_of, plain, read_spreadsheet

EXAMPLE = "id;variant;1a;1b"
ABSENT = ("absent", "отсутствует", "отсутствовал", "отсутствовала", "неявка", "не явился", "не явилась", "н", "н/я")
HEADS = {
    **PERSON,
    **PAPER,
    "status": ("status", "статус"),
}
_POINTS = re.compile(r"(?P<label>[^()]+?)\s*\((?:max\.?|макс\.?)?\s*\d[\d.,\s/–-]*\)")


@dataclass(frozen=True)
class Table:
    """The rows that can be marked, and what is wrong with the others; `unused` are columns that nobody reads.

    `spare` counts the rows with a variant and nothing else: papers that nobody took.
    """

    entries: tuple[Entry, ...]
    complaints: tuple[Complaint, ...]
    unused: tuple[str, ...] = ()
    spare: int = 0


@dataclass(frozen=True)
class _Column:
    """What a column holds: one of `HEADS`, `answers` or `points` with the label of a box, or nothing that is read."""

    kind: str
    label: str = ""


def read_table(path: Path, key: Key) -> Table:
    """The table of a file. Raises: InputError where none of its rows can be marked, one sentence that names the place."""
    sheet = read_spreadsheet(path, EXAMPLE)
    columns = _columns(sheet.heads, key, sheet.place)
    reader = _Reader(key, columns, sheet.separator)
    for number, text, cells in sheet.rows:
        reader.row(number, text, cells)
    unused = tuple(head for head, column in zip(sheet.heads, columns, strict=True) if not column.kind and head.strip())
    return Table(tuple(reader.entries), tuple(reader.complaints), unused, reader.spare)


def _columns(heads: Sequence[str], key: Key, place: str) -> list[_Column]:
    """What each column holds. Raises: InputError for what is missing, there twice, or the label of no box."""
    points = {head: match["label"] for head in heads if (match := _POINTS.fullmatch(head))}
    meant = typed([*heads, *points.values()], key.language)
    known = {label for variant in key.variants for label in variant.labels}
    kinds = kinds_of(heads, HEADS)
    found = [
        _Column(kind) if kind else _column(head, points, meant, known, place) for kind, head in zip(kinds, heads, strict=True)
    ]
    for kind in ("id", "variant"):
        if not any(column.kind == kind for column in found) and (kind == "id" or len(key.variants) > 1):
            raise InputError(f"{place}: there is no column {kind!r}, name one so")
    twice = [column for place, column in enumerate(found) if column.kind not in ("", "name") and column in found[:place]]
    if twice:
        raise InputError(f"{place}: column {twice[0].label or twice[0].kind!r} is there twice, keep one of them")
    return found


def _column(head: str, points: Mapping[str, str], meant: Mapping[str, str], known: set[str], place: str) -> _Column:
    label = meant.get(points.get(head, head))
    if label is None and not is_label(points.get(head, head)):
        return _Column("")
    if label is None or label not in known:
        raise InputError(f"{place}: column {head[:40]!r}: no variant of this exam has such a box")
    return _Column("points" if head in points else "answers", label)


class _Reader:
    """Rows made entries, one by one; what is wrong with a row is kept beside its line."""

    def __init__(self, key: Key, columns: Sequence[_Column], separator: str) -> None:
        self.key, self.columns, self.separator = key, columns, separator
        self.entries: list[Entry] = []
        self.complaints: list[Complaint] = []
        self.seen: dict[str, int] = {}
        self.spare = 0

    def row(self, line: int, text: str, cells: Sequence[str] | None) -> None:
        try:
            told = self._told(text, cells)
            if {kind for kind, said in told.items() if kind and any(said)} == {"variant"}:
                self.spare += 1
            else:
                self.entries.append(self._entry(line, told, cells or ()))
        except InputError as error:
            self.complaints.append(Complaint(line, str(error)))

    def _entry(self, line: int, told: Mapping[str, Sequence[str]], cells: Sequence[str]) -> Entry:
        student = plain(" ".join(told.get("id", [""])[0].split()))
        if not student:
            raise InputError("there is no id, write one")
        if not student.isprintable():
            raise InputError(f"id {student[:40]!r} holds signs that cannot be seen, type it anew")
        if student in self.seen:
            raise InputError(f"student {student[:40]} stands in line {self.seen[student]} already, keep one of the two")
        status = self._status(told)
        answers, points = self._filled("answers", cells), self._filled("points", cells)
        variant = self._variant(told, status, {**answers, **points})
        entry = Entry(
            line, student, variant, plain(" ".join(told.get("name", ())).strip()), plain(told.get("group", [""])[0]), status,
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


def _check_boxes(variant: KeyVariant, filled: Mapping[str, str]) -> None:
    if strange := next((label for label in filled if label not in variant.labels), None):
        raise InputError(f"variant {variant.code} has no box {strange}: is it another variant, or another column?")


def read_roster(path: Path, key: Key) -> list[dict[str, str]]:
    """A class list: id or name, and group and variant where there are such columns; or the assignment that a build proposes.

    Who has no id is called by the name. A row that holds nothing but a variant is a paper for whoever comes: its id is empty.
    Raises: InputError naming the line.
    """
    sheet = read_spreadsheet(path, EXAMPLE, PERSON)
    kinds = kinds_of(sheet.heads, HEADS)
    if not {"id", "name"} & {*kinds}:
        raise InputError(f"{sheet.place}: {UNNAMED}")
    if kinds.count("id") > 1:
        raise InputError(f"{sheet.place}: column 'id' is there twice, keep one of them")
    found: list[dict[str, str]] = []
    seen: dict[str, int] = {}
    for line, _, cells in sheet.rows:
        row = _listed(kinds, cells, key, f"{path}, line {line}")
        if row["id"] and seen.setdefault(row["id"], line) != line:
            told = f"id {row['id'][:40]} stands in line {seen[row['id']]} already, keep one of the two"
            raise InputError(f"{path}, line {line}: {told}")
        found.append(row)
    ids = identified((row["id"], row["name"]) for row in found)
    return [row | {"id": own} for row, own in zip(found, ids, strict=True)]


def _listed(kinds: Sequence[str], cells: Sequence[str] | None, key: Key, place: str) -> dict[str, str]:
    """One row of a class list. Raises: InputError where it says nothing that can be used."""
    if cells is None or len(cells) != len(kinds):
        raise InputError(f"{place}: cannot be read, it needs {len(kinds)} cells as the head has")
    row = {kind: joined(kinds, cells, kind) for kind in HEADS} | {"variant": _variant(kinds, cells, key, place)}
    if not (row["id"] or row["name"] or row["variant"]):
        raise InputError(f"{place}: there is neither an id nor a name, write one or remove the line")
    return row


def _variant(kinds: Sequence[str], cells: Sequence[str], key: Key, place: str) -> str:
    """The code of a variant, if one is told, by number, by code or by both. Raises: InputError."""
    said = [text for own, cell in zip(kinds, cells, strict=True) if own == "variant" and (text := " ".join(cell.split()))]
    try:
        codes = list(dict.fromkeys(key[text].code for text in said))
    except InputError as error:
        raise InputError(f"{place}: {error}") from None
    if len(codes) > 1:
        raise InputError(f"{place}: {said[0][:40]} and {said[1][:40]} are two variants, keep what stands on the paper")
    return codes[0] if codes else ""
