"""One's own numbers read from the command line, from files and from standard input: what `solve` is given."""

from __future__ import annotations

import csv
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from examgen.errors import InputError
from examgen.exam import read_toml
from examgen.model import Instance
from examgen.problem import Problem, shown
from examgen.registry import preset

STDIN = "-"
OWN = ("preset", "params", "data")  # tables of a file beside parameters and inputs themselves


@dataclass(frozen=True)
class Given:
    """One task's numbers before they are checked: parameters and inputs by name, over a preset if there is one."""

    params: Mapping[str, Any]
    data: Mapping[str, Any]
    label: str | None = None


def instances(chosen: Problem, words: Sequence[str]) -> tuple[Instance, ...]:
    """The tasks that the words of a command line give: files, `-`, name=value, --name value, or a bare text.

    A file may hold several; what is said on the command line wins over it.
    Raises: InputError, one sentence that names the word, the file or the number.
    """
    params, data, files = _sorted_out(chosen, words)
    found = [task for file in files for task in _file(chosen, file)] or [Given({}, {})]
    return tuple(_pinned(chosen, Given({**task.params, **params}, {**task.data, **data}, task.label)) for task in found)


def _pinned(chosen: Problem, task: Given) -> Instance:
    if not task.data:
        inputs = f"{chosen.table or 'its inputs'}=…, or a file"
        raise InputError(f"{chosen.name}: there are no numbers, give {inputs} (examgen solve --help shows examples)")
    start = preset(chosen.name, task.label).params if task.label is not None else None
    return chosen.pin(task.params, task.data, start, bounded=False)


def _sorted_out(chosen: Problem, words: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Parameters, inputs and files."""
    params: dict[str, Any] = {}
    data: dict[str, Any] = {}
    files: list[str] = []
    left = iter(words)
    for word in left:
        named = re.fullmatch(r"(--)?([A-Za-z_][\w-]*)(?:=(.*))?", word, re.DOTALL)
        if named and named[1]:
            _put(chosen, named[2].replace("-", "_"), _option(chosen, named, left), params, data)
        elif named and named[3] is not None:
            _put(chosen, named[2], named[3], params, data)
        elif word == STDIN or not chosen.text or Path(word).is_file() or Path(word).suffix in (".toml", ".csv", ".txt", ".tsv"):
            files.append(word)
        else:
            params[chosen.text] = word
    return params, data, files


def _option(chosen: Problem, named: re.Match[str], left: Iterator[str]) -> str:
    """What follows --name: after =, or the next word; nothing has to follow what is true or false."""
    name = named[2].replace("-", "_")
    if named[3] is not None:
        return str(named[3])
    if isinstance(_defaults(chosen).get(name), bool):
        return "true"
    value = next(left, None)
    if value is None:
        raise InputError(f"--{named[2]}: a value is missing behind it")
    return value


def _defaults(chosen: Problem) -> dict[str, Any]:
    return {f.name: f.default for f in fields(chosen.params)}


def _put(chosen: Problem, name: str, text: str, params: dict[str, Any], data: dict[str, Any]) -> None:
    """A parameter of the problem has the type of its default; anything else is an input of numbers.

    Numbers for what is a word, true or false as a parameter are an input of that name: the parameter follows from it.
    """
    defaults = _defaults(chosen)
    worded = name != chosen.text and isinstance(defaults.get(name), bool | str)
    if name in defaults and not (worded and _readable(re.split(r"[\s,;\[]+", text.strip(" ["))[0])):
        params[name] = _parameter(name, text, defaults[name])
    else:
        data[name] = numbers(name, text)


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
    if isinstance(value, list):
        return [_whole(part) for part in value]
    return int(value) if Fraction(value).denominator == 1 else value


def numbers(name: str, text: str) -> Any:
    """A number, a list, or rows of a matrix: `2.1`, `0,1,2`, `1 2; 3 4`, `[[1, 2], [3, 4]]`.

    Numbers are exact as written. A lone comma parts two numbers: a decimal comma needs rows, as in `2,1 1,6; 3 3,2`.
    Raises: InputError naming the input and what came.
    """
    plain = text.strip().replace("−", "-").replace("–", "-")
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
    try:
        return tomllib.loads(f"value = {text}", parse_float=Decimal)["value"]
    except (tomllib.TOMLDecodeError, RecursionError, ValueError, ArithmeticError):
        raise InputError(f"{name} = {shown(text)}: write lists as [1, 2] or [[1, 2], [3, 4]]") from None


def _number(name: str, text: str) -> Decimal | Fraction:
    try:
        return Fraction(text) if "/" in text else Decimal(text)
    except (ValueError, ArithmeticError):
        raise InputError(f"{name} holds {shown(text)}: only numbers can stand there") from None


def table(name: str, text: str) -> Any:
    """A table as text, one row per line (or between semicolons): parted by semicolons, tabs, commas or spaces.

    A row of heads and a column of names are passed over. Where commas do not part the numbers they are decimal commas.
    Raises: InputError naming the place.
    """
    rows = _cells(text)
    if len(rows) > 1 and not any(map(_readable, rows[0][1:] or rows[0])):
        rows = rows[1:]
    if len(rows[0]) > 1 and not any(_readable(row[0]) for row in rows):
        rows = [row[1:] for row in rows]
    return [[_cell(name, cell, i, j) for j, cell in enumerate(row, 1)] for i, row in enumerate(rows, 1)]


def _cells(text: str) -> list[list[str]]:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    if len(lines) == 1 and ";" in lines[0]:
        lines = [line for line in lines[0].split(";") if line.strip()]
    separator = next((sign for sign in ";\t" if sign in "\n".join(lines)), None)
    if separator is None and not any(re.search(r"\s", line.strip().replace(", ", ",")) for line in lines):
        separator = ","
    if separator is None:
        spaced = (re.sub(r",\s", " ", line).split() for line in lines)
        return [[cell for cell in row if cell] for row in spaced]
    return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]


def _readable(cell: str) -> bool:
    return re.fullmatch(r"[-+−]?[\d.,/eE+-]+", cell.strip()) is not None and any(map(str.isdigit, cell))


def _cell(name: str, cell: str, row: int, column: int) -> Any:
    plain = cell.strip().replace("−", "-").replace("–", "-").replace(",", ".")
    try:
        return Fraction(plain) if "/" in plain else Decimal(plain)
    except (ValueError, ArithmeticError):
        raise InputError(f"{name}, row {row}, column {column}: {shown(cell)} is no number") from None


def _file(chosen: Problem, name: str) -> list[Given]:
    """The tasks of a file: an exam definition's pinned ones of this problem, one task in TOML, or a bare table."""
    if name != STDIN and Path(name).suffix == ".toml":
        return _tasks(chosen, name, read_toml(Path(name)))
    text, told = _text(name), "standard input" if name == STDIN else name
    try:
        return _tasks(chosen, told, tomllib.loads(text, parse_float=Decimal))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError, ArithmeticError) as error:
        if isinstance(error, InputError):
            raise
    if not chosen.table:
        raise InputError(f"{told}: not TOML, and {chosen.name} has no table: give name=value, or a .toml file")
    if not text.strip():
        raise InputError(f"{told}: is empty, give a table of numbers, one row per line")
    try:
        return [Given({}, {chosen.table: table(chosen.table, text)})]
    except InputError as error:
        raise InputError(f"{told}: {error}") from None


def _text(name: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    except FileNotFoundError:
        meant = "give a .toml or .csv file, - for standard input, or name=value"
        raise InputError(f"{name}: there is no such file, {meant}") from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror}), check its permissions") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{name}: is not UTF-8, save the file as UTF-8 text") from None


def _tasks(chosen: Problem, told: str, document: Mapping[str, Any]) -> list[Given]:
    if "task" in document:
        listed = document["task"] if isinstance(document["task"], list) else []
        found = [task for task in listed if isinstance(task, dict) and task.get("problem") == chosen.name and "data" in task]
        if not found:
            raise InputError(f"{told}: no task of {chosen.name} with numbers of its own (data) is in it")
        return [_given(chosen, told, task) for task in found]
    return [_given(chosen, told, document)]


def _given(chosen: Problem, told: str, task: Mapping[str, Any]) -> Given:
    """Parameters and inputs by name, bare or under params and data."""
    for name in ("params", "data"):
        if not isinstance(task.get(name, {}), dict):
            raise InputError(f"{told}: {name} = {shown(task[name])}, give a table of names and values")
    known = _defaults(chosen)
    skipped = (*OWN, "problem", "points", "working", "decimals") if "data" in task else OWN
    bare = {name: value for name, value in task.items() if name not in skipped}
    inputs = {name: value for name, value in bare.items() if _is_input(known, name, value)}
    params = {name: value for name, value in bare.items() if name not in inputs}
    label = task.get("preset")
    if label is not None and not isinstance(label, str):
        raise InputError(f"{told}: preset = {shown(label)}, give a name")
    return Given({**params, **task.get("params", {})}, {**inputs, **task.get("data", {})}, label)


def _is_input(known: Mapping[str, Any], name: str, value: Any) -> bool:
    return name not in known or (isinstance(known[name], bool | str) and not isinstance(value, bool | str))
