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
    """Of one box the ends of what is accepted, (candidates, cells) each, in units of the last of `places` decimals."""

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
    """Box by box what `answers.accepted` gives; candidates whose ends are not certain are put in doubt."""
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
        return Accepted(ask, value[0] // one, value[0] // one, GUARD)
    spans = [rounded[1][place][:, :, places] for place in rounded[0].holders(ask.node, gradient=ask.gradient)]
    reached = [fixed.widths(fixed.widened(span, asked, FINEST), 4) for span in spans]
    ends = np.concatenate((np.min([span[:2] for span in reached], axis=0), np.max([span[2:] for span in reached], axis=0)))
    unit, last = 10 ** (PLACES - asked), 10 ** (PLACES - asked - GUARD)
    low = np.minimum(ends[:2], fixed.widths(value, 2) - unit) // last
    high = -(-np.maximum(ends[2:], fixed.widths(value, 2) + unit) // last)
    doubt.add((low[0] != low[1]) | (high[0] != high[1]))
    return Accepted(ask, low[0], high[0], asked + GUARD)


def blurred(boxes: Sequence[Accepted], reasons: list[str | None]) -> None:
    """Writes down the first box of each candidate whose interval is too wide to mark by."""
    for accept in boxes:
        allowed = WIDEST_GRADIENT if accept.ask.gradient else WIDEST_VALUE
        decimals = 0 if accept.ask.whole else accept.places - GUARD
        wide = (accept.high - accept.low > allowed * 10 ** (accept.places - decimals)).any(axis=-1)
        why = f"the accepted interval of {accept.ask.key} is wider than {allowed} units of its last decimal"
        for candidate in np.flatnonzero(wide).tolist():
            reasons[candidate] = reasons[candidate] or why
