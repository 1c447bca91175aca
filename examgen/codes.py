"""Variant codes: five symbols and a check symbol, printed on a sheet and typed back by a marker.

A code is a keyed permutation of sitting and variant number: unique within an exam over all its sittings, and telling
nothing to anybody without the exam's seed. Of each set of symbols that look alike (0OQD, 1ILJ, 2Z, 5S, 6G, 8B, MN,
UVW, XY) the 19 hold one; none is a vowel, so that no word appears and no spreadsheet reads a number such as 2E5.
Source: Feistel networks with cycle walking, Black and Rogaway, "Ciphers with arbitrary finite domains", 2002;
the check is a weighted sum modulo a prime, as in ISBN-10.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from examgen.drawing import Stream, key
from examgen.errors import InputError

ALPHABET = "23456789CHJKMPQRTWX"
LENGTH = 6
SCHEME = "XG"  # in capitals, as all that a page says, so that its QR code stays small
CODES = len(ALPHABET) ** (LENGTH - 1)

_PRIME = len(ALPHABET)
_WEIGHTS = (6, 5, 4, 3, 2, 1)  # all different and none 0 modulo a prime: no single error and no swap is missed
_ROUNDS = 8
_SIDE = 1574  # the smallest whose square holds all codes, so that cycle walking almost never walks
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_PADDING = re.compile(r"[\s\-‐-―−]")
_PAGE = re.compile(rf"{SCHEME}:(?P<exam>[{ALPHABET}]{{5}}):(?P<code>[{ALPHABET}]{{6}}):(?P<page>[1-9][0-9]{{0,2}})")
_CYRILLIC = str.maketrans("СНКМРТХЗ", "CHKMPTX3")  # the same shapes typed on a Russian keyboard
_LOOKALIKE = str.maketrans("BDGNOSUVYZ01", "8Q6MQ5WWX2Q7")


def encode(number: int, seed: str | int, sitting: int = 1) -> str:
    """The code of variant `number`, counted from 1, of the given sitting, counted from 1.

    The first sitting has room for 1,238,050 variants and each further one for half as many as the one before.
    Raises: InputError if number or sitting is not a whole number of at least 1 or has no room.
    """
    for name, value in (("variant's number", number), ("sitting", sitting)):
        if type(value) is not int or value < 1:
            raise InputError(f"The {name} is {value!r}: give a whole number of at least 1.")
    if sitting > CODES.bit_length() or (2 * number - 1) << (sitting - 1) > CODES:
        raise InputError(f"There is no code for variant {number} of sitting {sitting}: lower one of the two.")
    # every positive integer is a power of two times an odd number in one way: sitting and number share one range
    place = _permuted(((2 * number - 1) << (sitting - 1)) - 1, _tables(seed))
    values = [place // _PRIME**i % _PRIME for i in range(LENGTH - 2, -1, -1)]
    values.append(-_checksum(values) % _PRIME)
    return "".join(ALPHABET[value] for value in values)


def locate(code: str, seed: str | int) -> tuple[int, int]:
    """Variant number and sitting of a code: the inverse of `encode`. Every well-formed code has one.

    Raises: InputError if the code is mistyped.
    """
    place = 0
    for symbol in normalise(code)[:-1]:
        place = place * _PRIME + _VALUE[symbol]
    index = _unpermuted(place, _tables(seed)) + 1
    power = (index & -index).bit_length()
    return (index >> power) + 1, power


def decode(code: str, seed: str | int, sitting: int = 1) -> int:
    """The variant number of a code of the given sitting.

    Raises: InputError if the code is mistyped or belongs to another sitting or another exam.
    """
    number, found = locate(code, seed)
    if found != sitting:
        raise InputError(
            f"Code {normalise(code)} is none of sitting {sitting} of this exam: check its sitting and the exam's seed."
        )
    return number


def check(code: str) -> bool:
    """Whether the text is a code as printed: six symbols of the alphabet whose check symbol fits."""
    return len(code) == LENGTH and set(code) <= _VALUE.keys() and not _checksum([_VALUE[s] for s in code]) % _PRIME


def normalise(text: str, known: Collection[str] = ()) -> str:
    """A code as printed, from one typed in small letters, with spaces or dashes, or in Cyrillic letters of like shape.

    Raises: InputError if it is no code, saying why and what was meant: one of those `known` that is typed almost so, or one
    that a look-alike explains.
    """
    code = _PADDING.sub("", text).upper().translate(_CYRILLIC)
    if check(code):
        return code
    meant = [other for other in (code.translate(_LOOKALIKE),) if other in known or (not known and check(other))]
    remedy = suggested(meant or nearest(code, known)) or "compare it with the sheet."
    raise InputError(f"{text[:40]!r} is no variant code, since {_reason(code)}: {remedy}")


def nearest(code: str, known: Collection[str]) -> list[str]:
    """Those of the known codes from which a code differs by one symbol, missing, added or mistyped, or by two swapped."""
    return [other for other in known if _near(code, other)][:2]


def _near(code: str, other: str) -> bool:
    """Whether what is left between the same beginning and the same end is one symbol at most, or two swapped."""
    if abs(len(code) - len(other)) > 1:
        return False
    begin = next((i for i, (a, b) in enumerate(zip(code, other, strict=False)) if a != b), min(len(code), len(other)))
    left, right = code[begin:], other[begin:]
    return (
        (len(left) <= 1 and len(right) <= 1) or left[1:] == right[1:] or left[1:] == right or left == right[1:]
        or (left[:2] == right[1::-1] and left[2:] == right[2:])
    )


def suggested(meant: Sequence[str]) -> str:
    """The question whether one of these was meant; empty where there are none."""
    return f"was {' or '.join(meant)} meant?" if meant else ""


def _reason(code: str) -> str:
    if len(code) != LENGTH:
        return f"it has {len(code)} symbols instead of {LENGTH}"
    strange = [symbol for symbol in code if symbol not in _VALUE]
    return f"{strange[0]!r} never stands in one" if strange else "its check symbol does not fit"


def _checksum(values: list[int]) -> int:
    return sum(weight * value for weight, value in zip(_WEIGHTS, values, strict=False))


@lru_cache(maxsize=16, typed=True)
def _tables(seed: str | int) -> tuple[tuple[int, ...], ...]:
    """The round functions as tables: 5 ms once per exam, and then no hash per code."""
    stream = Stream(key("variant code", seed))
    return tuple(tuple(stream.below(_SIDE) for _ in range(_SIDE)) for _ in range(_ROUNDS))


def _permuted(place: int, tables: tuple[tuple[int, ...], ...]) -> int:
    while True:
        left, right = divmod(place, _SIDE)
        for table in tables:
            left, right = right, (left + table[right]) % _SIDE
        place = left * _SIDE + right
        if place < CODES:
            return place


def _unpermuted(place: int, tables: tuple[tuple[int, ...], ...]) -> int:
    while True:
        left, right = divmod(place, _SIDE)
        for table in reversed(tables):
            left, right = (right - table[left]) % _SIDE, left
        place = left * _SIDE + right
        if place < CODES:
            return place


def identity(seed: str | int) -> str:
    """The five symbols by which a scanner tells one exam from another; nobody finds the seed by them."""
    stream = Stream(key("exam identity", seed))
    return "".join(ALPHABET[stream.below(_PRIME)] for _ in range(LENGTH - 1))


def page_label(exam: str, code: str, page: int) -> str:
    """What the QR code of a page holds: XG:exam:variant:page. Pages count from 1."""
    return f"{SCHEME}:{exam}:{code}:{page}"


def read_page_label(text: str) -> tuple[str, str, int]:
    """Exam, variant code and page of what a scanner has read.

    Raises: InputError where it is no page of an exam.
    """
    found = _PAGE.fullmatch(text.strip())
    if found is None or not check(found["code"]):
        raise InputError(f"{text[:40]!r} is no page of an exam: scan the square code at the foot of a sheet.")
    return found["exam"], found["code"], int(found["page"])
