"""Text -> key -> exact random integers and fractions, the same on every machine and under every Python.

NumPy promises a stream only for one build and Python only for `random.random()`, so numbers come from a keyed hash
counter. The stream is, word for word: block i is the 64-byte BLAKE2b digest of i (8 bytes, little-endian) under the
32-byte key and the personalisation `examgen draw`, read as sixteen little-endian 32-bit words, first word first.
An integer below n <= 2**32 is `word * n >> 32`, refused where it would be biased.
Source: BLAKE2, RFC 7693; Lemire, "Fast random integer generation in an interval", 2019.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from itertools import count
from struct import Struct
from typing import Any, TypeVar

from examgen.errors import DrawError, InputError

VERSION = 1  # of the stream: part of every key, so that a changed rule changes all draws at once and not a few

Bound = int | Fraction | str  # text is a decimal such as "-0.25"; a float is refused, since 0.1 is not one tenth

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)

_KEY_BYTES = 32
_WORD = 1 << 32
_MASK = _WORD - 1
_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_block = Struct("<16I").unpack


def key(*parts: str | int) -> bytes:
    """The 32-byte key of a list of names and numbers: exam seed, sitting, task, variant, preset version and the like.

    Each part is written with its type and length, so that ("1", "23"), ("12", "3") and (1, 23) have nothing in common.
    Raises: InputError if there is no part, or one is neither text nor a whole number.
    """
    return _digest(b"", b"examgen key", (VERSION, *parts), len(parts))


def _digest(secret: bytes, purpose: bytes, parts: tuple[str | int, ...], given: int) -> bytes:
    if not given:
        raise InputError("A key has no parts: name at least one, such as the exam's seed.")
    encoded = b"".join(map(_encoded, parts))
    return blake2b(encoded, digest_size=_KEY_BYTES, key=secret, person=purpose).digest()


def _encoded(part: str | int) -> bytes:
    if type(part) is str:
        kind, body = b"s", part.encode("utf-8", "surrogatepass")
    elif type(part) is int:
        kind, body = b"i", part.to_bytes(part.bit_length() // 8 + 1, "little", signed=True)
    else:
        raise InputError(f"A key's part is a {type(part).__name__}: give text or a whole number.")
    return kind + len(body).to_bytes(8, "little") + body


def _words(secret: bytes) -> Iterator[int]:
    for counter in count():
        yield from _block(blake2b(counter.to_bytes(8, "little"), key=secret, person=b"examgen draw").digest())


class Stream:
    """Random numbers that depend on a key alone and on how many were drawn before.

    Bounds are inclusive, all results exact and uniform unless said otherwise. The key is not shown by `repr`.
    Raises: InputError where no value fits the arguments, naming the method.
    """

    __slots__ = ("_key", "_word")

    def __init__(self, key: bytes) -> None:
        if type(key) is not bytes or len(key) != _KEY_BYTES:
            raise InputError(f"A stream's key is not {_KEY_BYTES} bytes: make it with examgen.drawing.key.")
        self._key = key
        self._word: Callable[[], int] = _words(key).__next__

    def fork(self, *parts: str | int) -> Stream:
        """An independent stream named by `parts`: the same one however much of this one was drawn."""
        return Stream(_digest(self._key, b"examgen fork", parts, len(parts)))

    def below(self, n: int) -> int:
        """An integer in 0..n-1."""
        if type(n) is not int or n < 1:
            raise InputError(f"below: the bound is {n!r}; give a whole number of at least 1.")
        if n > _WORD:
            return self._below_wide(n)
        product = self._word() * n
        if product & _MASK < n:
            biased = _WORD % n
            while product & _MASK < biased:
                product = self._word() * n
        return product >> 32

    def _below_wide(self, n: int) -> int:
        bits = (n - 1).bit_length()
        words = -(-bits // 32)
        while True:
            value = 0
            for _ in range(words):
                value = value << 32 | self._word()
            value >>= 32 * words - bits
            if value < n:
                return value

    def integer(self, low: int, high: int) -> int:
        """An integer in low..high."""
        _ordered_bounds("integer", low, high)
        return low + self.below(high - low + 1)

    def signed(self, low: int, high: int) -> int:
        """An integer of either sign with magnitude in low..high, low at least 1: never 0."""
        _ordered_bounds("signed", low, high)
        if low < 1:
            raise InputError(f"signed: the smallest magnitude is {low}; give at least 1, or use integer.")
        return self._signed(low, high)

    def _signed(self, low: int, high: int) -> int:
        draw = self.below(2 * (high - low + 1))
        magnitude = low + (draw >> 1)
        return -magnitude if draw & 1 else magnitude

    def decimal(self, low: Bound, high: Bound, digits: int) -> Fraction:
        """A number in low..high with `digits` decimals, each such number equally likely."""
        first, last, scale = _grid("decimal", low, high, digits)
        return Fraction(first + self.below(last - first + 1), scale)

    def signed_decimal(self, low: Bound, high: Bound, digits: int) -> Fraction:
        """A number of either sign with `digits` decimals and magnitude in low..high, low above 0: never 0."""
        first, last, scale = _grid("signed_decimal", low, high, digits)
        if first < 1:
            raise InputError(f"signed_decimal: the smallest magnitude is {low}; give more than 0, or use decimal.")
        return Fraction(self._signed(first, last), scale)

    def choice(self, values: Sequence[T]) -> T:
        """One of the values."""
        _filled("choice", values)
        return values[self.below(len(values))]

    def weighted(self, values: Sequence[T], weights: Sequence[int]) -> T:
        """One of the values, as often as its weight says: whole numbers, not negative, not all 0."""
        _filled("weighted", values)
        if len(values) != len(weights):
            raise InputError(f"weighted: {len(values)} values have {len(weights)} weights; give one weight each.")
        if any(type(weight) is not int or weight < 0 for weight in weights) or not any(weights):
            raise InputError("weighted: the weights must be whole numbers, none negative and not all 0.")
        rest = self.below(sum(weights))
        index = 0
        while rest >= weights[index]:
            rest -= weights[index]
            index += 1
        return values[index]

    def shuffled(self, values: Sequence[T]) -> tuple[T, ...]:
        """All values in random order."""
        _sequence("shuffled", values)
        return self.sample(values, len(values))

    def sample(self, values: Sequence[T], k: int) -> tuple[T, ...]:
        """The values at k different places, in random order (Fisher and Yates)."""
        _sequence("sample", values)
        if type(k) is not int or not 0 <= k <= len(values):
            raise InputError(f"sample: {k!r} of {len(values)} values were asked for; give 0 to {len(values)}.")
        pool = list(values)
        for i in range(k):
            j = i + self.below(len(pool) - i)
            pool[i], pool[j] = pool[j], pool[i]
        return tuple(pool[:k])

    @staticmethod
    def distinct(k: int, draw: Callable[[], H]) -> tuple[H, ...]:
        """The first k different results of `draw()`, in order of appearance.

        Raises: DrawError after 100 + 50 k calls; with k <= 1000 equally likely values that is one case in 10**18.
        """
        _size("distinct", k)
        found: dict[H, None] = {}
        for _ in range(100 + 50 * k):
            if len(found) == k:
                return tuple(found)
            found.setdefault(draw())
        raise DrawError(f"distinct: only {len(found)} of {k} different values were found; widen the range.")

    @staticmethod
    def array(shape: Sequence[int], draw: Callable[[], object]) -> Any:
        """Nested tuples of `draw()` of the given shape, filled in row-major order; one bare result for shape ()."""
        for size in shape:
            _size("array", size)
        if not shape:
            return draw()
        return tuple(Stream.array(shape[1:], draw) for _ in range(shape[0]))


def _ordered_bounds(method: str, low: int, high: int) -> None:
    if type(low) is not int or type(high) is not int:
        raise InputError(f"{method}: the bounds {low!r} and {high!r} must be whole numbers.")
    if low > high:
        raise InputError(f"{method}: the lower bound {low} is above the upper bound {high}; swap them.")


# typed, or 1.0 would be answered from what was kept for 1 and pass unrefused
@lru_cache(maxsize=1024, typed=True)
def _grid(method: str, low: Bound, high: Bound, digits: int) -> tuple[int, int, int]:
    """First and last multiple of 1/scale within the bounds, both times scale, and the scale."""
    if type(digits) is not int or digits < 0:
        raise InputError(f"{method}: the number of digits is {digits!r}; give a whole number of at least 0.")
    scale = 10**digits
    first = -(-_exact(method, low) * scale // 1)
    last = _exact(method, high) * scale // 1
    if first > last:
        raise InputError(f"{method}: no number with {digits} decimals lies in {low}..{high}; widen the bounds.")
    return first, last, scale


def _exact(method: str, bound: Bound) -> Fraction:
    if type(bound) in (int, Fraction) or (type(bound) is str and _DECIMAL.fullmatch(bound)):
        return Fraction(bound)
    raise InputError(f"{method}: the bound {bound!r} is not exact; give an int, a Fraction or text such as '0.25'.")


def _filled(method: str, values: Sequence[object]) -> None:
    _sequence(method, values)
    if not values:
        raise InputError(f"{method}: there are no values; give at least one.")


def _sequence(method: str, values: Sequence[object]) -> None:
    # a set's order depends on PYTHONHASHSEED and would break reproducibility unseen
    if type(values) not in (list, tuple, range) and not isinstance(values, Sequence):
        raise InputError(f"{method}: a {type(values).__name__} has no order to draw by; give a tuple or a list.")


def _size(method: str, size: int) -> None:
    if type(size) is not int or size < 0:
        raise InputError(f"{method}: the size is {size!r}; give a whole number of at least 0.")
