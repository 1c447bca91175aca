"""What a student wrote, read as a number or a matrix of them, by a grammar of its own: nothing is ever evaluated as code.

A text is spelled in one way first (`_spelling`); a number is read by a grammar (`_scalar`) that reckons as it goes, within
bounds (`_numbers`); brackets, rows and the two meanings of a comma are told apart by the shape that is asked (`_rows`).
"""

from __future__ import annotations

from math import prod
from typing import Any

from examgen.written._data import Unreadable, Written, excerpt
from examgen.written._decimal import LONGEST
from examgen.written._rows import rows
from examgen.written._scalar import scalar
from examgen.written._spelling import as_written, spelled

LONGEST_ARRAY = 20_000  # characters

__all__ = ["Unreadable", "Written", "excerpt", "read"]


def read(text: str, dims: tuple[int, ...], *, forms: bool = True) -> Written:
    """The number that a text states, or nested tuples of them where `dims` has axes.

    A text in the asked shape comes back in it: axes of length 1 may be left out, and a vector may be a row or a column.
    Numbers in another shape come back in their own. In a chain of equal numbers (19/15 = 1,27) the first one counts.
    `forms=False` takes decimals alone, with a power of ten or a percent sign; in a chain the last one counts.
    Raises: Unreadable, for any text that states no number or more than one.
    """
    plain = spelled(text, min(LONGEST_ARRAY, LONGEST * max(1, prod(dims))))
    try:
        if dims:
            return rows(plain, dims, forms)
        found = scalar(plain, forms)
    except Unreadable as error:
        raise Unreadable(error.says, {name: _as_written(told, text) for name, told in error.values.items()}) from None
    return Written(found.value, found.places)


def _as_written(told: Any, text: str) -> Any:
    return as_written(told, text) if isinstance(told, str) else told
