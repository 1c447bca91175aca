"""What is accepted in every box, for a whole stack, and which boxes rounding blurs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from examgen.answers import GUARD, decimals_of
from examgen.graph import Graph
from examgen.honesty import FINEST
from examgen.model import Ask, cells, nest, pick
from examgen.sifting import _fixed as fixed
from examgen.sifting._fixed import PLACES, UNIT, Array, Doubt
from examgen.sifting._plan import Plan
from examgen.sifting._walk import Spans
from examgen.solving import WIDEST_GRADIENT, WIDEST_VALUE


@dataclass(frozen=True, eq=False)
class Accepted:
    """Of one box the ends of what is accepted, in units of the last of `places` decimals.

    Each end lies between two bounds, (2, candidates, cells): where a number that is rounded outward is itself of so many
    decimals, the digits behind exp and ln leave the last one open.
    """

    ask: Ask
    low: Array
    high: Array
    places: int


@lru_cache(maxsize=4096)
def box(dims: tuple[int, ...], index: tuple[int, ...] | None) -> tuple[int, ...]:
    """The flat cells of a node that a box asks for."""
    count = int(np.prod(dims, dtype=int))
    return tuple(cells(pick(nest(range(count), dims), index)))


def accepted(
    graph: Graph, asks: Sequence[Ask], exact: tuple[Plan, Spans], rounded: tuple[Plan, Spans], decimals: int, doubt: Doubt
) -> list[Accepted]:
    """Box by box what `answers.accepted` gives."""
    return [_accepted(graph, ask, exact, rounded, decimals, doubt) for ask in asks]


def _accepted(
    graph: Graph, ask: Ask, exact: tuple[Plan, Spans], rounded: tuple[Plan, Spans], decimals: int, doubt: Doubt
) -> Accepted:
    places = list(box(graph[ask.node].shape, ask.index))
    (holder,) = exact[0].holders(ask.node, gradient=ask.gradient)
    value = exact[1][holder][:, :, places]
    asked = decimals_of(graph, ask, decimals)
    if ask.whole:
        doubt.add(value[0] != value[-1])
        one = 10 ** (PLACES - GUARD)
        doubt.add(value[0] % UNIT != 0)
        return Accepted(ask, fixed.widths(value, 2) // one, fixed.widths(value, 2) // one, GUARD)
    spans = [rounded[1][place][:, :, places] for place in rounded[0].holders(ask.node, gradient=ask.gradient)]
    reached = [fixed.widths(fixed.widened(span, asked, FINEST), 4) for span in spans]
    ends = np.concatenate((np.min([span[:2] for span in reached], axis=0), np.max([span[2:] for span in reached], axis=0)))
    unit, last = 10 ** (PLACES - asked), 10 ** (PLACES - asked - GUARD)
    low = np.minimum(ends[:2], fixed.widths(value, 2) - unit) // last
    high = -(-np.maximum(ends[2:], fixed.widths(value, 2) + unit) // last)
    return Accepted(ask, low, high, asked + GUARD)


def blurred(boxes: Sequence[Accepted], reasons: list[str | None], doubt: Doubt) -> None:
    """Writes down the first box of each candidate whose interval is too wide to mark by."""
    for accept in boxes:
        allowed = WIDEST_GRADIENT if accept.ask.gradient else WIDEST_VALUE
        decimals = 0 if accept.ask.whole else accept.places - GUARD
        most = allowed * 10 ** (accept.places - decimals)
        wide, perhaps = (accept.high[0] - accept.low[1] > most).any(axis=-1), accept.high[1] - accept.low[0] > most
        doubt.add(perhaps & ~wide[:, None])
        why = f"the accepted interval of {accept.ask.key} is wider than {allowed} units of its last decimal"
        for candidate in np.flatnonzero(wide).tolist():
            reasons[candidate] = reasons[candidate] or why
