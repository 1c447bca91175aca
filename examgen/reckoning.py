"""Expressions reckoned out: `Term` to number, exactly where it is rational and to 45 decimals elsewhere.

A small evaluator of its own: it shares nothing with the engines, so what a step states can be checked against them.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor, prod
from typing import Any

import mpmath

from examgen.model import Expression, Leaf, Term

mp = mpmath.MPContext()
mp.dps = 60
PLACES = 45  # decimals of what is irrational, and digits that count of what is smaller than 1
EQUAL = 10**40  # numbers closer than one part of this are one number: digits behind exp and log end somewhere


def reckon(expression: Expression) -> Fraction:
    """The value of an expression; irrational ones are rounded to 45 decimals, small ones to as many digits.

    Raises: ZeroDivisionError or ValueError where it has none.
    """
    if isinstance(expression, Leaf):
        return Fraction(expression.value)
    (inner, *_) = expression.args
    if expression.do == "exp" and isinstance(inner, Term) and inner.do == "log":
        return reckon(inner.args[0])  # exactly, where digits would leave a trace
    return _RULES[expression.do](*map(reckon, expression.args))


def same(one: Fraction, other: Fraction) -> bool:
    """Whether two numbers are equal as far as digits behind exp and log can tell."""
    return abs(one - other) * EQUAL <= max(Fraction(1), abs(one), abs(other))


def _irrational(function: Callable[..., Any]) -> Callable[..., Fraction]:
    def rule(*numbers: Fraction) -> Fraction:
        found = function(*(mp.mpf(x.numerator) / x.denominator for x in numbers))
        if not hasattr(found, "_mpf_") or not mp.isfinite(found):
            raise ValueError(f"{found} is no real number")
        return snapped(found)

    return rule


def snapped(number: Any) -> Fraction:
    """A number of many digits as a fraction, so that what the last digits alone tell apart is one number."""
    places = PLACES + max(0, -int(mp.mag(number) * 0.30103)) if number else 0
    return Fraction(int(mp.nint(number * 10**places)), 10**places)


def _sum(*parts: Fraction) -> Fraction:
    """A sum; where numbers cancel but for the last of their digits it is 0."""
    total = sum(parts, Fraction(0))
    return total if abs(total) * EQUAL > max(map(abs, parts)) else Fraction(0)


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator == 1:
        return base ** int(exponent)
    return _irrational(mp.power)(base, exponent)


def _share(x: Fraction, y: Fraction) -> Fraction:
    return Fraction(1, 2) if x == y else Fraction(x > y)


def _extreme_share(extreme: Callable[..., Fraction]) -> Callable[..., Fraction]:
    def rule(*numbers: Fraction) -> Fraction:
        return Fraction(numbers[0] == extreme(numbers), numbers.count(extreme(numbers)))

    return rule


_RULES: dict[str, Callable[..., Fraction]] = {
    "+": _sum,
    "*": lambda *factors: prod(factors, start=Fraction(1)),
    "-": lambda x, y: _sum(x, -y),
    "/": lambda x, y: x / y,
    "**": _power,
    "neg": lambda x: -x,
    "abs": abs,
    "floor": lambda x: Fraction(floor(x)),
    "max": lambda *numbers: max(numbers),
    "min": lambda *numbers: min(numbers),
    "step": lambda x: Fraction(x > 0),
    "sign": lambda x: Fraction((x > 0) - (x < 0)),
    "share": _share,
    "largest": _extreme_share(max),
    "smallest": _extreme_share(min),
    "exp": _irrational(mp.exp),
    "log": _irrational(mp.log),
    "sqrt": _irrational(mp.sqrt),
    "sin": _irrational(mp.sin),
    "cos": _irrational(mp.cos),
    "tanh": _irrational(mp.tanh),
    "sigmoid": _irrational(lambda x: 1 / (1 + mp.exp(-x))),
}
