"""Intervals of a stack in whole numbers of 10^-14: where exactly an end lies, or between which two of them.

A span is an int64 array whose first axis holds 1, 2 or 4 bounds, the second the candidates, and the last the cells:
1: a number, known exactly;
2: a number between two bounds;
4: an interval, with two bounds for its lower end, then two for its upper end.
Ends are those of `honesty`, which are whole numbers of 10^-30: what is exact here is exact there, since products of two
numbers of 14 decimals have 28, and every whole number of 10^-14 is one of 10^-30, so that no rounding there leaves a bound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

PLACES = 14
UNIT = 10**PLACES
HALF_UNIT = 10 ** (PLACES // 2)
LARGEST = 10**4  # of any number: far below the 92,233 at which int64 ends, so that no sum or product passes it unseen
LOSS = 1e-14  # relative, of a function in float64: 45 units in the last place, many times what any libm loses
FLOATS = 1e-15  # relative, of a quotient of two numbers that were made floats


class Doubt:
    """Which candidates of a stack have left what can be reckoned here for certain."""

    def __init__(self, count: int) -> None:
        self.of = np.zeros(count, dtype=bool)

    def add(self, where: Array) -> None:
        """`where`: any axes in front, then the candidates, then cells."""
        if where.any():
            self.of |= where.any(axis=tuple(axis for axis in range(where.ndim) if axis != where.ndim - 2))


def exact(numbers: Array) -> Array:
    """A span of numbers that are known, of shape (candidates, cells)."""
    return numbers[None]


def lowest(x: Array) -> Array:
    return np.asarray(x[0])


def highest(x: Array) -> Array:
    return np.asarray(x[-1])


def widths(x: Array, bounds: int) -> Array:
    """The same span with as many bounds as asked, or more."""
    if len(x) == 1 and bounds > 1:
        return np.repeat(x, bounds, axis=0)
    return np.concatenate((x, x)) if len(x) == 2 and bounds == 4 else x


def alike(*spans: Array) -> list[Array]:
    most = max(map(len, spans))
    return [widths(x, most) for x in spans]


def add(x: Array, y: Array) -> Array:
    x, y = alike(x, y)
    return np.asarray(x + y)


def neg(x: Array) -> Array:
    """Lower and upper change places, of ends and of their bounds."""
    return -x[::-1]


def total(x: Array, doubt: Doubt) -> Array:
    """The sum over the last axis: of spans (bounds, candidates, cells, parts)."""
    found = x.sum(axis=-1)  # what wraps around on the way comes back where the sum is within the range
    doubt.add(np.abs(x.astype(np.float64).sum(axis=-1)) > LARGEST * UNIT)
    return np.asarray(found)


def _paired(x: Array, y: Array) -> tuple[Array, Array]:
    """Bounds of every end of one against those of the other: (ends, bounds, candidates, cells) each, to be broadcast."""
    ends, bounds = (x.reshape(max(1, len(x) // 2), min(2, len(x)), *x.shape[1:]) for x in (x, y))
    return ends[:, None, :, None], bounds[None, :, None, :]


def _hulled(low: Array, high: Array) -> Array:
    """One span of all ends of pairs, whose bounds have not been compared yet."""
    low, high = low.min(axis=(2, 3)), high.max(axis=(2, 3))
    if low.shape[:2] == (1, 1):
        low, high = low[0], high[0]
        return low if np.array_equal(low, high) else np.concatenate((low, high))
    axes = (0, 1)
    return np.stack((low.min(axis=axes), high.min(axis=axes), low.max(axis=axes), high.max(axis=axes)))


def mul(x: Array, y: Array, doubt: Doubt) -> Array:
    floors, rest = product(*_paired(x, y), doubt)
    return _hulled(floors, floors + rest)


def product(x: Array, y: Array, doubt: Doubt) -> tuple[Array, Array]:
    """The product rounded down, and whether something was left: in halves of 7 digits, none of which passes int64."""
    doubt.add(np.abs(x.astype(np.float64) * y) > float(LARGEST) * UNIT * UNIT)
    (x1, x0), (y1, y0) = np.divmod(x, HALF_UNIT), np.divmod(y, HALF_UNIT)
    carried, last = np.divmod(x0 * y0, HALF_UNIT)
    middle, rest = np.divmod(x1 * y0 + x0 * y1 + carried, HALF_UNIT)
    return x1 * y1 + middle, (last | rest) != 0


def div(x: Array, y: Array, doubt: Doubt) -> Array:
    """A quotient by what is not 0; exact where whole numbers divide."""
    zero = (lowest(y) <= 0) & (highest(y) >= 0)
    doubt.add(zero)
    y = np.where(zero, UNIT, y)
    if len(y) == 1 and not (y % UNIT).any():  # a mean
        floors, rest = np.divmod(_paired(x, y)[0], _paired(x, y)[1] // UNIT)
        return _hulled(floors, floors + (rest != 0))
    above, below = _paired(x, y)
    found = above / below * UNIT
    doubt.add(np.abs(found) > float(LARGEST) * UNIT)
    loss = np.abs(found) * FLOATS + 1
    return _hulled(_whole(np.floor(found - loss)), _whole(np.ceil(found + loss)))


def _whole(x: Array) -> Array:
    """As int64; what is too large for it is in doubt already."""
    bound = float(10 * LARGEST) * UNIT / 2
    return np.asarray(np.clip(np.nan_to_num(x), -bound, bound).astype(np.int64))


def size(x: Array) -> Array:
    """The absolute value."""
    if len(x) == 1:
        return np.abs(x)
    turned = neg(x)
    low, high = np.maximum(np.maximum(x, turned), 0), np.maximum(x, turned)
    half = len(x) // 2
    return np.concatenate((low[:half], high[half:]))


def power(x: Array, exponent: int, doubt: Doubt) -> Array:
    """An even power: of the absolute value, bound by bound."""
    base = found = size(x)
    for _ in range(exponent - 1):
        floors, rest = product(found, base, doubt)
        found = widths(floors, 2) if len(floors) == 1 and rest.any() else floors
        found = found + (widths(rest, len(found)) & _upper(len(found)))
        base = widths(base, len(found))
    return found


def _upper(bounds: int) -> Array:
    """Which of the bounds of a span are upper ones."""
    return np.asarray(np.arange(bounds) % 2 == 1).reshape(bounds, 1, 1)


def function(x: Array, work: Callable[[Array], Array], known: tuple[int, int] | None, doubt: Doubt, *, cut: bool) -> Array:
    """A growing function in float64, with more than it can lose; `known` is a number at which its value is exact, and that.

    An interval, since `honesty` widens its result by 10^-30 on both sides. `cut` says that it is rounded next: then what is
    less than a number above 0 by so little is cut off as what is less by 10^-14.
    """
    x = widths(x, 4)
    at = x / UNIT
    with np.errstate(all="ignore"):
        found = work(at)
    doubt.add(~(np.abs(found) <= LARGEST))
    loss = np.abs(found) * LOSS * (1 + np.abs(at)) * UNIT
    low, high = _whole(np.floor(found * UNIT - loss)) - 1, _whole(np.ceil(found * UNIT + loss)) + 1
    result = np.where(_upper(4), high, low)
    if known is not None:
        # the lower end is a little less than the value there, and the upper one a little more
        there, value = known
        below = value - 1 if cut and value > 0 else value
        around = np.array((value - 1, below, value, value + 1)).reshape(4, 1, 1)
        result = np.where(x == there, around, result)
    return result


def point(x: Array) -> Array:
    """Of an interval that holds one number: its outer bounds."""
    return x[[0, 3]] if len(x) == 4 else x


def widened(x: Array, places: int, finest: int) -> Array:
    """Spans widened by rounding to `places` decimals or to one of the `finest` - 1 numbers of decimals behind."""
    coarse = 10 ** (PLACES - places)
    if len(x) == 1 and not (x % coarse).any():
        return x
    x = widths(x, 4)
    found = _raised(np.concatenate((-x[:2], x[2:])), coarse, finest)
    return np.concatenate((-found[:2], found[2:]))


def _raised(x: Array, coarse: int, finest: int) -> Array:
    """The highest that rounding makes of a number: half-up where it is positive, cut off where it is negative.

    It never falls where the number grows, so that bounds stay bounds.
    """
    found = np.where(x < 0, -(-x // coarse * coarse), x)
    flat, unit = found.reshape(-1), coarse
    left = np.flatnonzero((x > 0).reshape(-1) & (x % coarse != 0).reshape(-1))
    for _ in range(finest):
        if not len(left):
            break
        numbers = flat[left]
        up = numbers % unit >= unit // 2  # the first that rounds up is the highest: those behind stay below it
        flat[left[up]] = (numbers[up] // unit + 1) * unit
        left, unit = left[~up], unit // 10
    return found
