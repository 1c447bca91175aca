"""A person's own answers as text: the field that is meant, and the number or numbers stated for it."""

from __future__ import annotations

import re

from examgen.errors import InputError
from examgen.model import Exact, shape
from examgen.problem import shown
from examgen.written import Unreadable, read


def place(text: str) -> tuple[str, tuple[int, ...]]:
    """A field and the entry of it that is meant: "dscores[1,2]" is dscores and (1, 2). Raises: InputError."""
    match = re.fullmatch(r"\s*([^\[\]\s]+)\s*((?:\[[^\[\]]*\])*)\s*", text) if isinstance(text, str) else None
    indices = re.findall(r"[^\[\],]+", match[2]) if match else []
    if match is None or not all(re.fullmatch(r"\s*\d{1,9}\s*", part) for part in indices):
        raise InputError(f"field is {shown(text)}: give a name such as loss, losses[0] or dscores[1,2], counted from 0")
    return match[1], tuple(map(int, indices))


def answer(text: str, dims: tuple[int, ...]) -> Exact:
    """The number, or the nested tuples of them, that a text states for a value of the given shape.

    All that `examgen.written.read` takes: decimals, fractions, expressions with e, ln and roots, rows of them.
    Raises: InputError for what cannot be read, or has another shape.
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"text is {shown(text)}: write a number such as 1.27, -0,5, 19/15 or ln(9/2)")
    try:
        found = read(text, dims).value
    except Unreadable as reason:
        raise InputError(f"text holds {shown(text)}: {reason}") from reason
    if shape(found) != dims:
        raise InputError(f"text states numbers in shape {shape(found)}, expected {dims}: one row per line or before each ;")
    return found
