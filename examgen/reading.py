"""One's own numbers read from the command line, from files and from standard input: what `solve` is given."""

from __future__ import annotations

import csv
import json
import os
import re
import sys
import tomllib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from examgen import bounded
from examgen.errors import InputError
from examgen.model import Instance, each
from examgen.problem import DIGITS, Problem, shown
from examgen.registry import preset
from examgen.tables import read_toml

STDIN = "-"
LONGEST = 200  # characters of a file's name in a complaint
LARGEST = 20_000_000  # bytes of a file
UPSTREAM = "upstream"  # shaped as the output, which may be a single number
FILES = (".toml", ".csv", ".txt", ".tsv")
OWN = ("preset", "params", "data")  # tables of a file beside parameters and inputs themselves


@dataclass(frozen=True)
class Given:
    """One task's numbers before they are checked: parameters and inputs by name, over a preset if there is one.

    `told` is the place they come from, as a complaint names it; empty for the command line.
    """

    params: Mapping[str, Any]
    data: Mapping[str, Any]
    label: str | None = None
    told: str = ""


def instances(chosen: Problem, words: Sequence[str]) -> tuple[Instance, ...]:
    """The tasks that the words of a command line give: files, `-`, name=value, --name value, or a bare text.

    A file may hold several; what is said on the command line wins over it.
    Raises: InputError, one sentence that names the word, the file or the number.
    """
    said, files = _sorted_out(chosen, words)
    found = [task for file in files for task in _file(chosen, file)] or [Given({}, {})]
    return tuple(_pinned(chosen, _over(task, said)) for task in found)


def _over(task: Given, said: Given) -> Given:
    label = task.label if said.label is None else said.label
    return Given({**task.params, **said.params}, {**task.data, **said.data}, label, task.told)


def _pinned(chosen: Problem, task: Given) -> Instance:
    if not task.data:
        inputs = f"{chosen.table or 'its inputs'}=…, or a file"
        place = task.told or chosen.name
        raise InputError(f"{place}: there are no numbers, give {inputs} (examgen solve --help shows examples)")
    try:
        start = preset(chosen.name, task.label).params if task.label is not None else None
        return chosen.pin(task.params, task.data, start, bounded=False)
    except InputError as error:
        said = str(error)
        if any(f"data holds {name!r}" in said for name in task.data):  # maybe a parameter, mistyped
            said += f"; parameters are {', '.join(_defaults(chosen))}"
        raise InputError(f"{task.told}: {said}" if task.told else said) from None


def _sorted_out(chosen: Problem, words: Sequence[str]) -> tuple[Given, list[str]]:
    """What the words themselves say, and the files."""
    params: dict[str, Any] = {}
    data: dict[str, Any] = {}
    files: list[str] = []
    left = deque(words)
    while left:
        word = left.popleft()
        named = re.fullmatch(r"(--)?([A-Za-z_][\w-]*)(?:=(.*))?", word, re.DOTALL)
        if named and named[1]:
            _put(chosen, named[2].replace("-", "_"), _option(chosen, named, left), params, data)
        elif named and named[3] is not None and not _is_statement(chosen, named, params):
            _put(chosen, named[2], named[3], params, data)
        elif word == STDIN or not chosen.text or os.path.isfile(word) or Path(word).suffix in FILES:
            files.append(word)
        elif chosen.text in params:
            raise InputError(f"{shown(word)}: there is one {chosen.text} already, {shown(params[chosen.text])}")
        else:
            params[chosen.text] = word
    return Given(params, data, params.pop("preset", None)), files


def _is_statement(chosen: Problem, named: re.Match[str], params: Mapping[str, Any]) -> bool:
    """Whether name=… is no number but the formula that is still missing, such as q=x+y;f=q*z."""
    free = chosen.text and chosen.text not in params and named[2] not in {*_defaults(chosen), "preset"}
    return bool(free) and re.search(r"(?<![\w.])(?!(?:nan|inf)\b)[A-Za-z_]", named[3], re.IGNORECASE) is not None


def _option(chosen: Problem, named: re.Match[str], left: deque[str]) -> str:
    """What follows --name: after =, or the next word; what is true or false needs none, but may have one."""
    if named[3] is not None:
        return str(named[3])
    if isinstance(_defaults(chosen).get(named[2].replace("-", "_")), bool):
        return left.popleft() if left and _is_value(left[0]) else "true"
    if not left:
        raise InputError(f"--{named[2]}: a value is missing behind it")
    return left.popleft()


def _is_value(word: str) -> bool:
    """Whether a word can only be meant for the option before it."""
    return word.lower() in ("true", "false") or re.fullmatch(r"[-+−–\[\s]*\d[-+−–\[\]\s\d.,;/eE]*", word) is not None


def _defaults(chosen: Problem) -> dict[str, Any]:
    return {f.name: f.default for f in fields(chosen.params)}


def _put(chosen: Problem, name: str, text: str, params: dict[str, Any], data: dict[str, Any]) -> None:
    """A parameter of the problem has the type of its default; anything else but the preset is an input of numbers.

    Numbers for what is a word, true or false as a parameter are an input of that name: the parameter follows from it.
    """
    defaults = _defaults(chosen) | {"preset": ""}
    worded = name != chosen.text and isinstance(defaults.get(name), bool | str)
    if name in defaults and not (worded and _readable(re.split(r"[][\s,;]+", text.strip("[] "))[0])):
        params[name] = _parameter(name, text, defaults[name])
    else:
        value = numbers(name, text)
        one = name in defaults and name != UPSTREAM and not isinstance(value, (list, tuple))
        data[name] = [value] if one or (name == chosen.table and _is_flat(value)) else value  # one label, one row


def _is_flat(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and not any(isinstance(part, (list, tuple)) for part in value)


def _parameter(name: str, text: str, default: Any) -> Any:
    if isinstance(default, bool):
        if text.lower() not in ("true", "false"):
            raise InputError(f"{name} = {shown(text)}: give true or false")
        return text.lower() == "true"
    if isinstance(default, str):
        return text
    if isinstance(default, tuple) and isinstance(default[0], str):
        return re.split(r"[\s,]+", text.strip())
    value = numbers(name, text)
    return _whole(value) if isinstance(default, int | tuple) else value


def _whole(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_whole(part) for part in value]
    if isinstance(value, Decimal) and abs(value.adjusted()) > DIGITS:
        return value  # written out it would fill the memory
    return int(value) if Fraction(value).denominator == 1 else value


def numbers(name: str, text: str) -> Any:
    """A number, a list, or rows of a matrix: `2.1`, `19/15`, `0,1,2`, `1 2; 3 4`, `[1 2; 3 4]`, `[[1, 2], [3, 4]]`.

    Numbers are exact as written. A lone comma parts two numbers: a decimal comma needs rows, as in `2,1 1,6; 3 3,2`.
    Raises: InputError naming the input and what came.
    """
    plain = text.strip().replace("−", "-").replace("–", "-")
    if rows := re.fullmatch(r"\[([^][]*;[^][]*)\]", plain):
        plain = rows[1]
    if plain.startswith("["):
        return _bracketed(name, plain)
    if ";" in plain or "\n" in plain:
        return table(name, plain)
    parts = [part for part in re.split(r"\s*,\s*|\s+", plain) if part]
    found = [_number(name, part) for part in parts]
    if not found:
        raise InputError(f"{name} is empty: give at least one number")
    return found[0] if len(found) == 1 and "," not in plain else found


def _bracketed(name: str, text: str) -> Any:
    quoted = re.sub(r"[^][\s,]+", lambda cell: json.dumps(cell[0].strip("\"'")), re.sub(r",\s*\]", "]", text))
    try:
        return each(json.loads(quoted), lambda cell: _number(name, cell))
    except InputError:
        raise
    except (RecursionError, ValueError):
        raise InputError(f"{name} = {shown(text)}: write lists as [1, 2] or [[1, 2], [3, 4]]") from None


def _number(name: str, text: str) -> Decimal | Fraction:
    try:
        return _finite(text)
    except (ValueError, ArithmeticError):
        raise InputError(f"{name} holds {shown(text)}: only finite numbers can stand there") from None


def _finite(text: str) -> Decimal | Fraction:
    """A number exactly as written. Raises: ValueError or ArithmeticError."""
    if "/" in text:
        return Fraction(text)
    if not (number := Decimal(text)).is_finite():
        raise ValueError(text)
    return number


def table(name: str, text: str) -> Any:
    """A table as text, one row per line (or between semicolons): parted by semicolons, tabs, commas or spaces.

    A row of heads and a column of names are passed over. Where commas do not part the numbers they are decimal commas.
    Raises: InputError naming the place.
    """
    rows = _cells(name, text)
    heads = len(rows) > 1 and not any(map(_readable, rows[0]))
    body = list(enumerate(rows, 1))[heads:]
    width = len(body[0][1])
    for i, row in body:
        if len(row) != width:
            raise InputError(f"{name}, row {i}: the table is ragged, its width {len(row)} and not {width}")
    names = width > 1 and not any(_readable(row[0]) for _, row in body)
    return [[_cell(name, cell, i, j) for j, cell in list(enumerate(row, 1))[names:]] for i, row in body]


def _cells(name: str, text: str) -> list[list[str]]:
    """The cells as text. Raises: InputError where there are none."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    if len(lines) == 1 and ";" in lines[0]:
        lines = [line for line in lines[0].split(";") if line.strip()]
    separator = _separator(lines)
    try:
        split = (
            (re.sub(r",(\s|$)", " ", line).split() for line in lines) if separator is None
            else csv.reader(lines, delimiter=separator)
        )
        rows = [[cell.strip() for cell in row] for row in split if row]
    except csv.Error as error:
        raise InputError(f"{name}: the table cannot be read ({error})") from None
    if not rows:
        raise InputError(f"{name} is empty: give at least one number")
    return rows


def _separator(lines: Sequence[str]) -> str | None:
    """What parts the cells of a line; None for spaces. A comma does not where spaces part numbers, or a name from one."""
    text = "\n".join(lines)
    if found := next((sign for sign in ";\t" if sign in text), None):
        return found
    spaced = any(map(_TWO_NUMBERS.search, lines)) or all(map(_NAMED_NUMBER.fullmatch, lines))
    return None if spaced or "," not in text else ","


_TWO_NUMBERS = re.compile(r"[\d.]\s+[-+−–]?[.\d]")
_NAMED_NUMBER = re.compile(r"\s*[^\W\d_]\S*\s+[-+−–]?\d+(,\d+)?\s*")
_NUMBER = re.compile(r"[-+−–]?(?:[.,]?\d[\d.,/eE+−–-]*|nan|inf|infinity)", re.IGNORECASE)


def _readable(cell: str) -> bool:
    """Whether a cell is meant as a number, if perhaps a wrong one."""
    return _NUMBER.fullmatch(cell) is not None


def _cell(name: str, cell: str, row: int, column: int) -> Any:
    plain = cell.replace("−", "-").replace("–", "-").replace(",", ".")
    try:
        return _finite(plain)
    except (ValueError, ArithmeticError):
        raise InputError(f"{name}, row {row}, column {column}: {shown(cell)} is no finite number") from None


def _file(chosen: Problem, name: str) -> list[Given]:
    """The tasks of a file: an exam definition's pinned ones of this problem, one task in TOML, or a bare table."""
    told = "standard input" if name == STDIN else name if len(name) <= LONGEST else f"{name[:LONGEST]}…"
    text = _text(name, told)
    if not text.strip():
        raise InputError(f"{told}: is empty, give numbers as a table, one row per line, or as TOML")
    if name != STDIN and Path(name).suffix == ".toml":
        return _tasks(chosen, told, read_toml(Path(name)))
    try:
        return _tasks(chosen, told, tomllib.loads(text, parse_float=Decimal))
    except InputError:
        raise
    except (RecursionError, ValueError, ArithmeticError) as error:
        if "=" in text:
            raise InputError(f"{told}: not TOML: {error}") from None
    if not chosen.table:
        raise InputError(f"{told}: not TOML, and {chosen.name} has no table: give name=value, or a .toml file")
    try:
        return [Given({}, {chosen.table: table(chosen.table, text)}, told=told)]
    except InputError as error:
        raise InputError(f"{told}: {error}") from None


def _text(name: str, told: str) -> str:
    try:
        if name == STDIN:
            raw = bounded.drained(sys.stdin.buffer, LARGEST, f"{told}: is longer than {LARGEST // 10**6} MB, which no task is")
        else:
            raw = bounded.content(Path(name), LARGEST, "task")
    except IsADirectoryError:
        raise InputError(f"{told}: this is a folder, give a .toml or .csv file") from None
    except InputError:
        raise
    except (FileNotFoundError, ValueError):  # a null byte is in no name
        meant = "give a .toml or .csv file, - for standard input, or name=value"
        raise InputError(f"{told}: there is no such file, {meant}") from None
    except OSError as error:
        raise InputError(f"{told}: cannot be read ({error.strerror}), check its name and permissions") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{told}: is not UTF-8, save the file as UTF-8 text") from None


def _tasks(chosen: Problem, told: str, document: Mapping[str, Any]) -> list[Given]:
    if "task" not in document:
        return [_given(chosen, told, document)]
    listed = document["task"] if isinstance(document["task"], list) else []
    of_it = [(i, task) for i, task in enumerate(listed, 1) if isinstance(task, dict) and task.get("problem") == chosen.name]
    found = [_given(chosen, f"{told}, task {i}", task) for i, task in of_it if "data" in task]
    if not found:
        raise InputError(f"{told}: no task of {chosen.name} with numbers of its own (data) is in it")
    return found


def _given(chosen: Problem, told: str, task: Mapping[str, Any]) -> Given:
    """Parameters and inputs by name, bare or under params and data."""
    for name in ("params", "data"):
        if not isinstance(task.get(name, {}), dict):
            raise InputError(f"{told}: {name} = {shown(task[name])}, give a table of names and values")
    known = _defaults(chosen)
    if isinstance(task.get("problem"), str) and task["problem"] != chosen.name:
        raise InputError(f"{told}: problem = {shown(task['problem'])}, and {chosen.name} is to be solved")
    skipped = (*OWN, "problem", "points", "working", "decimals") if "data" in task or "problem" in task else OWN
    bare = {name: value for name, value in task.items() if name not in skipped}
    inputs = {name: value for name, value in bare.items() if _is_input(known, name, value)}
    params = {name: value for name, value in bare.items() if name not in inputs}
    label = task.get("preset")
    if label is not None and not isinstance(label, str):
        raise InputError(f"{told}: preset = {shown(label)}, give a name")
    return Given({**params, **task.get("params", {})}, {**inputs, **task.get("data", {})}, label, told)


def _is_input(known: Mapping[str, Any], name: str, value: Any) -> bool:
    return name not in known or (isinstance(known[name], bool | str) and not isinstance(value, bool | str))
