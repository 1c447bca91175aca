"""A decimal as it is written: with a point or a comma, a power of ten, a percent sign."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from examgen.written._data import Unreadable
from examgen.written._numbers import BEYOND, bounded

LONGEST = 200  # characters of one number
DEEPEST = 20  # brackets within brackets
HIGHEST = 400  # a power of ten that is still worked out: the number's own bounds are narrower

RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
SUPERSCRIPT = "[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+"
_POWER = rf"(?:(?:\^|\*\*) *([+-]?\d+|\([+-]?\d+\)|{{[+-]?\d+}})|({SUPERSCRIPT}))"
_BARE_POWER = re.compile(rf"^([+-]? *)(?=10 *{_POWER})", re.ASCII)
_DECIMAL = re.compile(rf"([+-]?) *(?:(\d+)[.,]?(\d*)|[.,](\d+))(?:[eE]([+-]?\d+)| *\* *10 *{_POWER})?( *%)?", re.ASCII)


@dataclass(frozen=True)
class Part:
    """One number: `unit` is that of the last decimal written, None for what is no plain decimal."""

    value: Fraction
    unit: Fraction | None = None
    places: int | None = None


def decimal(text: str) -> Part | None:
    """The plain decimal that a text is; None for anything else, or what is too long. Raises: Unreadable beyond the bounds."""
    if len(text) > LONGEST:
        return None
    match = _DECIMAL.fullmatch(_BARE_POWER.sub(r"\g<1>1*", _unwrapped(text)))
    if match is None:
        return None
    sign, whole, behind, alone, *powers, percent = match.groups()
    decimals = behind or alone or ""
    places = len(decimals) - power_of_ten(next(filter(None, powers), "0")) + (2 if percent else 0)
    unit = Fraction(10) ** -places
    value = int(sign + (whole or "") + decimals) * unit
    bounded(value)
    return Part(value, unit, max(0, places))


def power_of_ten(text: str) -> int:
    """The exponent that a text states, in brackets or raised."""
    digits = text.strip("(){}").translate(RAISED)
    if len(digits) > 6 or abs(int(digits)) > HIGHEST:
        raise Unreadable(BEYOND)
    return int(digits)


def _unwrapped(text: str) -> str:
    """Without the brackets around it; what is no decimal inside them is none then either."""
    for _ in range(DEEPEST):
        if text[:1] + text[-1:] not in ("()", "[]", "{}"):
            break
        text = text[1:-1].strip()
    return text
