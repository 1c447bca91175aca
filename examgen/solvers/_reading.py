"""A person's own answers as text: numbers with a point or a comma, fractions, rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from examgen.errors import InputError
from examgen.model import Exact, each, freeze, shape
from examgen.problem import shown

LONGEST = 80  # characters of one number
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d{1,3})?")
_FRACTION = re.compile(r"([+-]?\d+)/([1-9]\d*)")


def place(text: str) -> tuple[str, tuple[int, ...]]:
    """A field and the entry of it that is meant: "dscores[1,2]" is dscores and (1, 2). Raises: InputError."""
    match = re.fullmatch(r"\s*([^\[\]\s]+)\s*((?:\[[^\[\]]*\])*)\s*", text) if isinstance(text, str) else None
    indices = re.findall(r"[^\[\],]+", match[2]) if match else []
    if match is None or not all(re.fullmatch(r"\s*\d{1,9}\s*", part) for part in indices):
        raise InputError(f"field is {shown(text)}: give a name such as loss, losses[0] or dscores[1,2], counted from 0")
    return match[1], tuple(map(int, indices))


def answer(text: str, dims: tuple[int, ...]) -> Exact:
    """The number, or the nested tuples of them, that a text states for a value of the given shape.

    Rows are in brackets, or separated by ; or new lines; their numbers by spaces, or by commas where there are brackets or a
    space behind each. Any other comma is a decimal one. A fraction is 19/15. Axes of length 1 in front may be left out.
    Raises: InputError for what cannot be read, or has another shape.
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"text is {shown(text)}: write a number such as 1.27, -0,5 or 19/15")
    plain = text.strip().replace("−", "-").replace("–", "-")
    if not dims:
        return _number(re.sub(r"\s*/\s*|(?<=^[+-])\s+", lambda gap: gap[0].strip(), plain))
    found = _bracketed(plain) if "[" in plain or "(" in plain else _rows(plain)
    if _core(shape(found)) != _core(dims) or not _even(found, shape(found)):
        raise InputError(f"text states numbers in shape {shape(found)}, expected {dims}: one row per line or before each ;")
    return found


def _core(dims: tuple[int, ...]) -> tuple[int, ...]:
    """The shape without axes of length 1 in front."""
    while len(dims) > 1 and dims[0] == 1:
        dims = dims[1:]
    return dims


def _even(value: Any, dims: tuple[int, ...]) -> bool:
    if not dims:
        return not isinstance(value, tuple)
    return isinstance(value, tuple) and len(value) == dims[0] and all(_even(part, dims[1:]) for part in value)


def _rows(text: str) -> Exact:
    rows = [row for row in re.split(r"[;\n]", text) if row.strip()]
    found = tuple(tuple(map(_number, re.sub(r",(?=\s)", " ", row).split())) for row in rows)
    return found if len(found) > 1 else found[0]


def _bracketed(text: str) -> Exact:
    """Nested lists as Python writes them."""
    tokens = re.findall(r"[\[(]|[\])]|[^\s,;\[\]()]+", text)
    found = list(_nested(iter([*tokens, "]"])))
    if len(found) != 1 or text.count("[") + text.count("(") != text.count("]") + text.count(")"):
        raise InputError(f"text is {shown(text)}: its brackets do not match, write rows as [[1, -2], [3, 1]]")
    return each(freeze(found[0]), _number) if isinstance(found[0], list) else _number(found[0])


def _nested(tokens: Iterator[str]) -> Iterator[Any]:
    for token in tokens:
        if token in ("]", ")"):
            return
        yield list(_nested(tokens)) if token in ("[", "(") else token


def _number(token: str) -> Fraction:
    if len(token) <= LONGEST:
        if match := _FRACTION.fullmatch(token):
            return Fraction(int(match[1]), int(match[2]))
        if _NUMBER.fullmatch(token):
            return Fraction(token.replace(",", "."))
    raise InputError(f"text holds {shown(token)}: write a number such as 1.27, -0,5 or 19/15")
