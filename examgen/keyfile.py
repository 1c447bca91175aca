"""`key.json` read again, by its own words alone: neither problem types nor definitions are needed to mark by it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import isfinite, prod
from pathlib import Path
from typing import Any, Literal, TypeVar

from examgen import archive, codes
from examgen.errors import InputError
from examgen.graph import Graph, split
from examgen.model import Exact, cells, each, freeze, nest, shape

T = TypeVar("T")
# a variant by its number, as people and spreadsheets write it: 7, Вариант 7, №7, 7.0
_NUMBER = re.compile(r"(?:вариант|variant|вар\.?|в\.?|v\.?|№|#)?\s*([0-9]{1,5})(?:[.,]0)?", re.IGNORECASE)
FORMAT = 1
MOST_DECIMALS = 20  # of an answer, or kept in between: builds have 9 at most
Blank = Literal["implied", "strict"]
Cells = Literal["half", "each", "all"]
BLANKS: tuple[Blank, ...] = ("implied", "strict")
CELLS: tuple[Cells, ...] = ("half", "each", "all")


@dataclass(frozen=True)
class Rules:
    """How an exam is marked, beyond what is right.

    `follow` is the share of its points that a box earns which follows from the student's own wrong number. `blank`: a blank
    box counts as right where all that depends on it is (`implied`), or never (`strict`). `cells`: an array with one wrong
    cell earns half of its points, or each cell its share, or nothing unless all are right. `exact_forms`: fractions and
    expressions with e and ln may stand as answers.
    """

    follow: Fraction = Fraction(1)
    blank: Blank = "implied"
    cells: Cells = "half"
    exact_forms: bool = True

    def to_json(self) -> dict[str, Any]:
        """As `key.json` holds them."""
        follow = int(self.follow) if self.follow.denominator == 1 else str(self.follow)
        return {"follow": follow, "blank": self.blank, "cells": self.cells, "exact_forms": self.exact_forms}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Rules:
        """The rules of a key; what it does not say is as it is by default."""
        known = {**cls().to_json(), **told}
        if known["blank"] not in BLANKS or known["cells"] not in CELLS:
            raise ValueError(f"marking = {dict(told)!r}")
        if not 0 <= Fraction(known["follow"]) <= 1 or not isinstance(known["exact_forms"], bool):
            raise ValueError(f"marking = {dict(told)!r}")
        return cls(Fraction(known["follow"]), known["blank"], known["cells"], bool(known["exact_forms"]))


STANDARD = Rules()


@dataclass(frozen=True)
class KeyBox:
    """One answer box; `value` are nearest doubles, `accept` the lowest and highest number of each cell, flat.

    `symbol` is the LaTeX of what is asked; keys of earlier builds have none. `options` are what the choices are called on
    paper: the value of such a box is the place of one of them, from 1.
    """

    label: str
    key: str
    symbol: str
    node: str
    gradient: bool
    index: tuple[int, ...]
    whole: bool
    shape: tuple[int, ...]
    value: Any
    exact: Any
    accept: tuple[tuple[Fraction, Fraction], ...]
    decimals: int
    points: Fraction
    options: tuple[str, ...] = ()

    @property
    def unit(self) -> Fraction:
        """One unit of the last decimal asked."""
        return Fraction(1, 10**self.decimals)

    def shows_zero(self, cell: Fraction) -> bool:
        """Whether a number is 0 once it is rounded as asked; where whole numbers are asked, to two decimals."""
        return 2 * abs(cell) < (Fraction(1, 100) if self.whole else self.unit)


@dataclass(frozen=True)
class KnownMistake:
    """What a known mistake leads to, by box key: None where there is no number to write."""

    key: str
    says: str
    results: Mapping[str, Any]


@dataclass(frozen=True)
class KeyTask:
    """One task of one variant; `data` holds the exact numbers given, `upstream` the gradient at the output."""

    number: int
    problem: str
    params: Mapping[str, Any]
    graph: Graph
    data: Mapping[str, Exact]
    upstream: Exact
    working: int
    boxes: tuple[KeyBox, ...]
    mistakes: tuple[KnownMistake, ...]

    @property
    def points(self) -> Fraction:
        """What all boxes are worth."""
        return sum((box.points for box in self.boxes), Fraction(0))


@dataclass(frozen=True)
class KeyVariant:
    """One variant with its tasks, which are read when somebody asks for them."""

    number: int
    code: str
    told: Mapping[str, Any] = field(repr=False)

    @cached_property
    def tasks(self) -> tuple[KeyTask, ...]:
        """Raises: InputError where they are not what a build writes."""
        return _reading(
            f"variant {self.code}", lambda: tuple(_task(number, task) for number, task in enumerate(self.told["tasks"], 1))
        )

    @cached_property
    def labels(self) -> frozenset[str]:
        """What its boxes are called, without reading the tasks. Raises: InputError."""
        return _reading(
            f"variant {self.code}",
            lambda: frozenset(str(answer["label"]) for task in self.told["tasks"] for answer in task["answers"]),
        )

    @property
    def boxes(self) -> tuple[KeyBox, ...]:
        """All boxes in the order of the sheet."""
        return tuple(box for task in self.tasks for box in task.boxes)


@dataclass(frozen=True)
class Key:
    """An exam's key; `rules` say how it is marked."""

    title: str
    language: str
    rules: Rules
    variants: tuple[KeyVariant, ...]

    def __getitem__(self, code: str) -> KeyVariant:
        """The variant of a code, or of a number as people say it. Raises: InputError, one sentence."""
        text = str(code).strip()
        if number := _NUMBER.fullmatch(text):
            if int(number[1]) in self._numbers:
                return self._numbers[int(number[1])]
            raise InputError(f"there is no variant {number[1]}: the exam has {len(self.variants)} of them")
        found = codes.normalise(text, self._codes)
        if found not in self._codes:
            meant = codes.suggested(codes.nearest(found, self._codes))
            raise InputError(
                f"variant {found} is none of this exam: {meant or 'compare the code with the sheet, and the title'}"
            )
        return self._codes[found]

    @cached_property
    def _codes(self) -> dict[str, KeyVariant]:
        return {variant.code: variant for variant in self.variants}

    @cached_property
    def _numbers(self) -> dict[int, KeyVariant]:
        return {variant.number: variant for variant in self.variants}


def load(place: Path) -> Key:
    """The key of a built folder, of an archive of one, or a `key.json` itself. Raises: InputError, one sentence."""
    return read(document(place), str(place))


def document(place: Path, name: str = "key.json") -> dict[str, Any]:
    """One of the JSON files of a build as it is. Raises: InputError."""
    entry = place if place.name == name else archive.opened(place) / name
    try:
        found = json.loads(entry.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, KeyError):
        raise InputError(f"{place}: there is no {name}, give a folder that `examgen build` has filled") from None
    except archive.DAMAGED as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"{place}: {name} cannot be read ({why}), build the folder again") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InputError(f"{place}: {name} is not of format {FORMAT}, build the folder again with this version")
    return found


def read(told: Mapping[str, Any], place: str = "the key") -> Key:
    """The key that a document holds. Raises: InputError where it is not what a build writes."""
    if not isinstance(told, Mapping) or told.get("format") != FORMAT:
        raise InputError(f"{place} is not of format {FORMAT}: give what `key.json` of a built folder holds")
    return _reading(place, lambda: _key(told))


def _key(told: Mapping[str, Any]) -> Key:
    variants = tuple(KeyVariant(int(row["number"]), str(row["code"]), row) for row in told["variants"])
    return Key(str(told["title"]), str(told["language"]), Rules.from_json(told.get("marking", {})), variants)


def _reading(place: str, make: Callable[[], T]) -> T:
    """What is made of a part of the document. Raises: InputError where that is not what a build writes."""
    try:
        return make()
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError) as error:
        what = f"{type(error).__name__}: {error}"
        raise InputError(f"{place}: not what a build writes ({what}), build the folder again") from None


def _task(number: int, told: Mapping[str, Any]) -> KeyTask:
    graph = task_graph(told)
    data, upstream = split(graph, exact_data(told["data"]))
    boxes, mistakes = tuple(map(_box, told["answers"])), tuple(map(_mistake, told["mistakes"]))
    task = KeyTask(number, str(told["problem"]), told["params"], graph, data, upstream, int(told["working"]), boxes, mistakes)
    for name, fits in _fits(task):
        if not fits:
            raise ValueError(f"{name} does not fit the graph")
    return task


def _fits(task: KeyTask) -> Iterator[tuple[str, bool]]:
    """Whether data and boxes have the shapes that the graph gives them: whoever computes relies on it."""
    graph, output = task.graph, task.graph[task.graph.output]
    for node in graph.inputs:
        yield node.name, _exact(task.data[node.name], node.shape)
    yield "upstream", _exact(task.upstream, output.shape)
    for box in task.boxes:
        dims = graph[box.node].shape
        inside = len(box.index) <= len(dims) and all(0 <= i < size for i, size in zip(box.index, dims, strict=False))
        yield box.label, inside and box.shape == dims[len(box.index) :] and _number(box.value, box.shape)
        yield box.label, len(box.accept) == prod(box.shape) and 0 <= box.decimals <= MOST_DECIMALS and box.points >= 0
    yield "working", 0 <= task.working <= MOST_DECIMALS


def _exact(value: Exact, dims: tuple[int, ...]) -> bool:
    """Whether a value is an array of whole numbers and fractions."""
    return _is_array(value, dims) and all(isinstance(cell, int | Fraction) for cell in cells(value))


def _number(value: Any, dims: tuple[int, ...]) -> bool:
    """Whether a value is an array of numbers that are finite."""
    return _is_array(value, dims) and all(isinstance(cell, int | float) and isfinite(cell) for cell in cells(value))


def _is_array(value: Any, dims: tuple[int, ...]) -> bool:
    flat = list(cells(value))
    return len(flat) == prod(dims) and nest(flat, dims) == value and not any(isinstance(cell, bool) for cell in flat)


def _box(told: Mapping[str, Any]) -> KeyBox:
    told = {"symbol": "", **told}
    ends = [Fraction(end) for end in cells(told["accept"])]
    pairs = tuple(zip(ends[::2], ends[1::2], strict=True))
    label, key, symbol, node = (str(told[name]) for name in ("label", "key", "symbol", "node"))
    return KeyBox(
        label, key, symbol, node, bool(told["gradient"]), tuple(told["index"] or ()), told["cells"] == "integer",
        shape(told["value"]), freeze(told["value"]), freeze(told["exact"]), pairs, int(told["decimals"]),
        Fraction(told["points"]), tuple(map(str, told.get("options", ()))),
    )


def _mistake(told: Mapping[str, Any]) -> KnownMistake:
    return KnownMistake(str(told["key"]), str(told["says"]), {key: freeze(found) for key, found in told["results"].items()})


def exact_data(data: Mapping[str, Any]) -> dict[str, Exact]:
    """The exact numbers of a task's data: whole ones as they are, decimals and fractions from their text."""
    return {name: each(value, lambda cell: Fraction(cell) if isinstance(cell, str) else cell) for name, value in data.items()}


def task_graph(task: Mapping[str, Any]) -> Graph:
    """The graph of a task of `key.json`."""
    return Graph.from_json(task["graph"])
