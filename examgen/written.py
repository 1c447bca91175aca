"""What a student wrote, read as a number or a matrix of them, by a grammar of its own: nothing is ever evaluated as code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from examgen.errors import InputError


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
