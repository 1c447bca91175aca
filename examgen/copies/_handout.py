"""The copies of a plan as the list by which they are handed out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from examgen.copies._copy import Copy
from examgen.render.handout import Handout, HandoutRow
from examgen.render.measuring import clean


def handout(copies: Sequence[Copy], codes: Mapping[int, str]) -> Handout:
    """In the order of the pile, with the numbers of those that lie apart; nothing tells of more time or another language."""
    names = Counter(copy.name for copy in copies)
    rows = [
        HandoutRow(number, copy.variant, codes[copy.variant], copy.row, copy.seat, _called(copy, names), clean(copy.group))
        for number, copy in enumerate(copies, 1)
    ]
    large = [number for number, copy in enumerate(copies, 1) if copy.large]  # their size is there for all to see
    spare = sum(copy.spare for copy in copies)
    return Handout(rows[: len(rows) - spare], rows[len(rows) - spare :], large)


def _called(copy: Copy, names: Counter[str]) -> str:
    """The name, with the id where another has the same; the id alone where there is no name."""
    alone = names[copy.name] < 2 or not copy.id or not copy.name
    return clean(copy.name or copy.id) if alone else clean(f"{copy.name} ({copy.id})")
