"""The proposal who gets which variant, as a table: what is edited there counts less than the code on the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from examgen.copies._copy import Copy
from examgen.spreadsheets import harmless, identified, written

HEAD = ("row", "seat", "name", "group", "id", "variant", "code", "language", "minutes", "large")


def assignment_csv(copies: Sequence[Copy], codes: Mapping[int, str]) -> bytes:
    """A row per copy in the order of the pile; `codes` are those on the papers.

    Who has no id is called by the name, so that the table can be given to `examgen marks` as it is.
    """
    ids = identified((copy.id, copy.name) for copy in copies)
    rows = (_row(copy, own, codes[copy.variant]) for copy, own in zip(copies, ids, strict=True))
    return written((HEAD, *rows))


def _row(copy: Copy, own: str, code: str) -> tuple[str, ...]:
    place = (str(copy.row), str(copy.seat)) if copy.seated else ("", "")
    minutes, large = str(copy.minutes or ""), "yes" if copy.large else ""
    who = map(harmless, (copy.name, copy.group, own))
    return (*place, *who, str(copy.variant), code, copy.language or "", minutes, large)
