"""A plan walked through with a whole stack: `honesty`'s rules on spans, with every candidate in doubt that they leave open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from examgen.honesty import FINEST
from examgen.model import cells
from examgen.sifting import _fixed as fixed
from examgen.sifting._fixed import UNIT, Array, Doubt
from examgen.sifting._plan import Plan, Step
from examgen.sifting._stack import Given
from examgen.sifting._written import Column, Places, Row, Unwritable, windows

Spans = list[Array]


def walked(plan: Plan, stack: Given, working: int | None, doubt: Doubt) -> Spans:
    """The span of every step; `working` None: nobody rounds on the way."""
    found: Spans = []
    for step in plan.steps:
        span = _step(step, found, stack, working, doubt)
        if working is not None and step.cells is not None:
            span = fixed.widened(span, working, FINEST)
        doubt.add((fixed.lowest(span) < -fixed.LARGEST * UNIT) | (fixed.highest(span) > fixed.LARGEST * UNIT))
        found.append(span)
    return found


def _step(step: Step, found: Spans, stack: Given, working: int | None, doubt: Doubt) -> Array:
    if step.cells is None:
        return _leaf(step, stack)
    sources = [found[source] for source in step.sources]
    chosen: Array | None = None
    if step.node.op in ("maxpool", "maxpool_dx"):
        chosen = winners(step, sources[-1], doubt)
    elif len(sources) > 1 and step.node.op in ("pick", "others", "put_others"):
        chosen = fixed.lowest(sources[1])
    elif step.node.op == "one_hot":
        chosen = fixed.lowest(sources[0])
    row = in_a_row(sources, step.cells.numbers)
    span = _column(step.cells.column, row, chosen, doubt, cut=working is not None)
    return span if working is not None else fixed.point(span)


def _leaf(step: Step, stack: Given) -> Array:
    if step.node.op == "const":
        flat = [(cell.numerator, cell.denominator) for cell in cells(step.node["value"])]
        bounds = np.array([(number * UNIT // below, -(-number * UNIT // below)) for number, below in flat]).T
        span = np.repeat(bounds[:, None, :], stack.count, axis=1)
        return span if (bounds[0] != bounds[1]).any() else span[:1]
    if step.node["discrete"]:
        return fixed.exact(stack.labels[step.name])  # as they are: nobody reckons with them
    return stack.spans[step.name]


def in_a_row(sources: Sequence[Array], numbers: Sequence[Fraction]) -> Array:
    """The cells of all operands, then numbers."""
    count = sources[0].shape[1]
    floors = np.array([number * UNIT // 1 for number in numbers], dtype=np.int64)
    ceilings = np.array([-(-number * UNIT // 1) for number in numbers], dtype=np.int64)
    bounds = floors[None] if (floors == ceilings).all() else np.stack((floors, ceilings))
    span = np.broadcast_to(bounds[:, None, :], (len(bounds), count, len(numbers)))
    return np.concatenate(fixed.alike(*sources, span), axis=-1)


def gathered(row: Row, spans: Array, chosen: Array | None) -> Array:
    """Cells at their places in a row, of shape (…, candidates, cells)."""
    if row.chosen is None:
        return np.take(spans, row.places, axis=-1)
    assert chosen is not None
    places = row.chosen(chosen)
    return np.take_along_axis(spans, places.reshape(*(1,) * (spans.ndim - 2), *places.shape), axis=-1)


def _column(column: Column, row: Array, chosen: Array | None, doubt: Doubt, *, cut: bool) -> Array:
    if isinstance(column, Row):
        return gathered(column, row, chosen)
    args = _column(column.args, row, chosen, doubt, cut=False)
    parts = args.reshape(*args.shape[:-1], -1, column.parts)
    if column.do in FUNCTIONS:
        work, known = FUNCTIONS[column.do]
        return fixed.function(parts[..., 0], work, known, doubt, cut=cut)
    if column.do == "**":
        return fixed.power(parts[..., 0], column.exponent, doubt)
    if column.do not in RULES:
        raise Unwritable(column.do)
    return RULES[column.do](parts, doubt)


def winners(step: Step, image: Array, doubt: Doubt) -> Places:
    """The flat cell of the image that wins each window, whatever is rounded: (candidates, windows)."""
    pooled = step.node.shape if step.node.op == "maxpool" else step.shapes[0]
    places = windows(step.node, pooled, step.shapes[-1])
    low, high = fixed.lowest(image)[:, places], fixed.highest(image)[:, places]
    best = low.argmax(axis=-1)[..., None]
    least = np.take_along_axis(low, best, axis=-1)
    # others stay below it, or all are the same number exactly, of which the first wins
    equal = (low == least) & (high == least) & (np.take_along_axis(high, best, axis=-1) == least)
    itself = np.arange(places.shape[1]) == best
    doubt.add(~(itself | (high < least) | equal).all(axis=-1))
    return np.asarray(np.take_along_axis(np.broadcast_to(places, low.shape), best, axis=-1)[..., 0])


def _sum(x: Array, doubt: Doubt) -> Array:
    return fixed.total(x, doubt)


def _product(x: Array, doubt: Doubt) -> Array:
    found = x[..., 0]
    for part in range(1, x.shape[-1]):
        found = fixed.mul(found, x[..., part], doubt)
    return found


def _step_of(x: Array, doubt: Doubt) -> Array:
    return _decided(x[0, ..., 0] > 0, x[-1, ..., 0] <= 0, doubt)


def _decided(one: Array, zero: Array, doubt: Doubt) -> Array:
    """1 or 0, where either is certain."""
    doubt.add(~(one | zero))
    return fixed.exact(np.where(one, UNIT, 0))


def _floor(x: Array, doubt: Doubt) -> Array:
    """The same whole number wherever in the span, or nothing is certain."""
    found = np.asarray(x[..., 0] // UNIT * UNIT)
    doubt.add(found[0] != found[-1])
    return found[:1]


def _sign(x: Array, doubt: Doubt) -> Array:
    low, high = x[0, ..., 0], x[-1, ..., 0]
    doubt.add(~((low > 0) | (high < 0) | ((low == 0) & (high == 0))))
    return fixed.exact(np.sign(low) * UNIT)


def _share(x: Array, doubt: Doubt) -> Array:
    return _decided(x[0, ..., 0] > x[-1, ..., 1], x[-1, ..., 0] < x[0, ..., 1], doubt)


def _largest(x: Array, doubt: Doubt) -> Array:
    own, others = x[..., 0], x[..., 1:]
    below = (others[0] > own[-1][..., None]).any(axis=-1)
    return _decided((others[-1] < own[0][..., None]).all(axis=-1), below, doubt)


Rule = Callable[[Array, Doubt], Array]  # of (bounds, candidates, cells, parts)
RULES: Mapping[str, Rule] = {
    "+": _sum,
    "-": lambda x, doubt: fixed.add(x[..., 0], fixed.neg(x[..., 1])),
    "*": _product,
    "/": lambda x, doubt: fixed.div(x[..., 0], x[..., 1], doubt),
    "neg": lambda x, doubt: fixed.neg(x[..., 0]),
    "abs": lambda x, doubt: fixed.size(x[..., 0]),
    "floor": _floor,
    "max": lambda x, doubt: x.max(axis=-1),
    "min": lambda x, doubt: x.min(axis=-1),
    "step": _step_of,
    "sign": _sign,
    "share": _share,
    "largest": _largest,
    "smallest": lambda x, doubt: _largest(fixed.neg(x), doubt),
}
FUNCTIONS: Mapping[str, tuple[Callable[[Array], Array], tuple[int, int] | None]] = {
    "exp": (np.exp, (0, UNIT)),
    "log": (np.log, (UNIT, 0)),
    "sqrt": (np.sqrt, None),
    "tanh": (np.tanh, (0, 0)),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), (0, UNIT // 2)),
}
