"""Numbers of the textbook route: float64, or objects that are ints, fractions or `mpmath.mpf` with 55 digits."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt

from examgen.graph import Node, irrational

Array = npt.NDArray[Any]

mp = mpmath.MPContext()
mp.dps = 55
LARGEST_BITS = 2000
LARGEST_POWER = 10**5  # of 2, of a number of 55 digits: it takes no more memory, and scores of 10,000 are put under exp


def as_fractions(x: Array) -> Array:
    return np.asarray(_fractions(x), dtype=object) if x.dtype == object and rational(x) else x


def check_size(node: Node, x: Array) -> None:
    """Raises OverflowError where exact numbers outgrow paper, before the next op makes them outgrow memory."""
    for cell in x.flat:
        if isinstance(cell, (int, Fraction)):
            size, largest = max(cell.numerator.bit_length(), cell.denominator.bit_length()), LARGEST_BITS
        else:
            size, largest = abs(mp.mag(cell)) if isinstance(cell, mp.mpf) and cell else 0, LARGEST_POWER
        if size > largest:
            raise OverflowError(f"{node.op} gives a number of more than {largest} bits")


def alike(node: Node, sources: list[Array]) -> list[Array]:
    """Fractions made 55-digit numbers where the op, or another operand, needs them."""
    if not irrational(node) and all(rational(x) for x in sources):
        return sources
    return [_digits(x) if x.dtype == object and rational(x) else x for x in sources]


def rational(x: Array) -> bool:
    return x.size == 0 or isinstance(x.flat[0], (int, Fraction, np.integer))


def leaf(value: Any, numbers: str) -> Array:
    if isinstance(value, np.ndarray) and numbers == "float":
        return value if value.dtype == np.float64 else value.astype(np.float64)
    if numbers == "int":
        return np.asarray(value, dtype=np.int64)
    exact = np.asarray(value, dtype=object)
    return exact.astype(np.float64) if numbers == "float" else np.asarray(_wholes(exact), dtype=object)


def mpf(value: int | Fraction) -> Any:
    fraction = Fraction(value)
    return mp.mpf(fraction.numerator) / fraction.denominator


def _digits(x: Array) -> Array:
    return np.asarray(np.frompyfunc(mpf, 1, 1)(x), dtype=object)


def whole(value: int | Fraction) -> int | Fraction:
    """An int where it can be one: its arithmetic is many times faster than that of a fraction."""
    return int(value) if value.denominator == 1 else Fraction(value)


def _quotient(x: Any, y: Any) -> Any:
    """Of exact numbers: two ints would make a float."""
    return whole(Fraction(x, y)) if isinstance(x, (int, Fraction)) and isinstance(y, (int, Fraction)) else x / y


_fractions = np.frompyfunc(Fraction, 1, 1)
_wholes = np.frompyfunc(whole, 1, 1)
floors = np.frompyfunc(lambda x: int(mp.floor(x)) if isinstance(x, mp.mpf) else floor(x), 1, 1)
_quotients = np.frompyfunc(_quotient, 2, 1)


def div(x: Any, y: Any, out: Array | None = None) -> Any:
    exact = not hasattr(x, "dtype") or x.dtype == object  # a lone cell of objects is the number itself
    return _quotients(x, y) if exact else np.true_divide(x, y, out=out)


def stacked(shape: tuple[int, ...], like: Array, rank: int) -> tuple[int, ...]:
    """The shape behind the axes in front of the last `rank` ones of another array: those of a stack."""
    return (*like.shape[: like.ndim - rank], *shape)


def zeros(shape: tuple[int, ...], like: Array) -> Array:
    """Zeros in the numbers of `like`: an int 0 among fractions would divide to a float."""
    if like.dtype != object:
        return np.zeros(shape, dtype=like.dtype)
    return np.full(shape, like.flat[0] * 0 if like.size else 0, dtype=like.dtype)
