"""What reading gives: the numbers as they were written, or a sentence that says why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from examgen.errors import InputError

MOST_SHOWN = 40  # characters of an answer that a sentence repeats


@dataclass(frozen=True)
class Written:
    """The number, or nested tuples of numbers, that a text states: exact, or of 30 decimals behind roots, e and logarithms.

    `places`, nested alike, are the decimals that were written; None for a fraction or an expression.
    """

    value: Any
    places: Any


class Unreadable(InputError):
    """Nothing can be read: `says` is an English message (a gettext id) with %(name)s places for `values`."""

    def __init__(self, says: str, values: Mapping[str, Any] | None = None) -> None:
        self.says, self.values = says, dict(values or {})
        super().__init__(says % self.values if self.values else says)


def excerpt(text: str) -> str:
    """The beginning of a text, with what cannot be seen written as \\u202e and the like."""
    begin = text.strip()[:MOST_SHOWN]
    seen = "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in begin)
    return seen if max(len(seen), len(text.strip())) <= MOST_SHOWN else f"{seen[:MOST_SHOWN]}…"
