"""The numbers that the SymPy engine's programs run on: fractions, 75 digits, and SymPy's own for closed forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import floor, prod
from typing import Any

import mpmath
import sympy

from examgen.engines._sympy_expressions import (
    Absolute,
    Chosen,
    FirstLargest,
    Floor,
    IsEqual,
    IsFirstLargest,
    IsPositive,
    Larger,
    Largest,
    LargestShare,
    Least,
    LeastShare,
    RealPower,
    Relu,
    Sign,
    Smaller,
    Wins,
    WrongClass,
)

Table = dict[Any, Callable[..., Any]]

DIGITS = "digits"  # the step that makes digits of a fraction
IRRATIONAL = {RealPower, sympy.exp, sympy.log, sympy.sin, sympy.cos, sympy.tanh}
ZERO = sympy.Rational(1, 10**50)  # a closed form nearer to 0 than this is 0

working = mpmath.MPContext()
working.dps = 75  # 20 digits to lose where a p close to 1 is taken from 1


@dataclass(frozen=True)
class Numbers:
    """One kind of number: how a fraction becomes one, and what SymPy's operations do on rational and on other ones."""

    number: Callable[[Any], Any]
    rational: Table
    irrational: Table


def _selections(
    sign: Callable[[Any], Any], half: Any, ratio: Callable[[int, int], Any], whole: Callable[[Any], Any] = floor
) -> Table:
    """The functions that compare and choose; `sign` gives a number below, at or above 0, `whole` the floor of one."""

    def largest(*x: Any) -> Any:
        best = x[0]
        for other in x[1:]:
            best = other if sign(other - best) > 0 else best
        return best

    def least(*x: Any) -> Any:
        return -largest(*(-cell for cell in x))

    def share(i: Any, *x: Any) -> Any:
        hits = [sign(cell - largest(*x)) == 0 for cell in x]
        return ratio(1, sum(hits)) if hits[int(i)] else 0

    def is_first(i: Any, *x: Any) -> int:
        return int(all(sign(x[int(i)] - cell) > 0 for cell in x[: int(i)]) and sign(largest(*x) - x[int(i)]) == 0)

    def wins(x: Any, y: Any) -> Any:
        difference = sign(x - y)
        return half if difference == 0 else int(difference > 0)

    return {
        Relu: lambda x: x if sign(x) > 0 else 0,
        IsPositive: lambda x: int(sign(x) > 0),
        Floor: lambda x: int(whole(x)),
        Absolute: lambda x: x if sign(x) > 0 else -x,
        Sign: lambda x: (sign(x) > 0) - (sign(x) < 0),
        Larger: largest,
        Smaller: least,
        Wins: wins,
        Largest: largest,
        Least: least,
        LargestShare: share,
        LeastShare: lambda i, *x: share(i, *(-cell for cell in x)),
        FirstLargest: largest,
        IsFirstLargest: is_first,
        Chosen: lambda which, *scores: scores[int(which)],
        WrongClass: lambda label, k: int(k) + int(bool(k >= label)),
        IsEqual: lambda x, y: int(x == y),
    }


def _sum(*x: Any) -> Any:
    return sum(x)


def _product(*x: Any) -> Any:
    return prod(x)


def _whole(value: int | Fraction) -> int | Fraction:
    """An int where it can be one: a fraction's arithmetic takes twenty times longer."""
    return int(value) if value.denominator == 1 else Fraction(value)


def _fraction_power(x: int | Fraction, n: int) -> int | Fraction:
    return x**n if n >= 0 else Fraction(x) ** n  # an int to a negative power would be a float


def _of_positive(function: Callable[[Any], Any], sign: Callable[[Any], Any] = lambda x: x) -> Callable[[Any], Any]:
    def checked(x: Any) -> Any:
        if sign(x) <= 0:
            raise ValueError(f"log of {x}: it is defined above 0 only")
        return function(x)

    return checked


def _real_power(
    power: Callable[[Any, Any], Any], sign: Callable[[Any], Any] = lambda x: x
) -> Callable[[Any, Any], Any]:
    """x**n, which is defined from 0 on, and above 0 only where n is negative."""

    def checked(x: Any, n: Any) -> Any:
        if sign(x) < 0:
            raise ValueError(f"{x} to the power {n}: a root is defined from 0 on")
        if sign(x) == 0 and sign(n) < 0:
            raise ZeroDivisionError(f"0 to the power {n}")
        return power(x, n)

    return checked


def _digits(value: int | Fraction) -> Any:
    return working.mpf(value.numerator) / value.denominator


def _sympy_sign(x: Any) -> int:
    """-1, 0 or 1. A zero that SymPy does not see, as log(4) - 2*log(2), is found by its digits."""
    x = sympy.sympify(x)
    if _is_positive_sum(x):
        return 1
    digits = x if x.is_Rational else x.evalf(60)
    if abs(digits) < ZERO and not x.is_Rational:
        return 0
    return int(sympy.sign(digits))


def _is_positive_sum(x: Any) -> bool:
    """Whether it is a sum of exponentials and positive fractions, as above and below the line of a softmax."""
    terms = x.args if x.is_Add else (x,)
    return all(isinstance(term, sympy.exp) or (term.is_Rational and term.p > 0) for term in terms)


def _sympy_power(x: Any, n: Any) -> Any:
    if n < 0 and _sympy_sign(x) == 0:
        raise ZeroDivisionError(f"0 to the power {n}")
    return sympy.Pow(x, n)


def _sympy_log(x: Any) -> Any:
    """ln x, without a minus in front where x is a fraction below 1 and -ln x is asked: ln(9/2), not -ln(2/9)."""
    x = sympy.sympify(x)
    if x.is_Add and all(isinstance(term, sympy.exp) or term.is_Rational for term in x.args):
        return sympy.log(x, evaluate=False)  # there is nothing to simplify, and SymPy seeks complex angles for a millisecond
    return -sympy.log(1 / x) if x.is_Rational and x < 1 else sympy.log(x)


def as_symbol(value: Any) -> Any:
    """A fraction as SymPy's own."""
    return sympy.Rational(value.numerator, value.denominator) if isinstance(value, (int, Fraction)) else value


EXACT = Numbers(
    _whole,
    {sympy.Add: _sum, sympy.Mul: _product, sympy.Pow: _fraction_power}
    | _selections(lambda x: x, Fraction(1, 2), Fraction),
    {
        DIGITS: _digits,
        sympy.Add: _sum,
        sympy.Mul: _product,
        sympy.Pow: lambda x, n: working.mpf(x) ** int(n),
        RealPower: _real_power(lambda x, n: working.mpf(x) ** n),
        sympy.exp: working.exp,
        sympy.log: _of_positive(working.log),
        sympy.sin: working.sin,
        sympy.cos: working.cos,
        sympy.tanh: working.tanh,
    }
    | _selections(lambda x: x, working.mpf(0.5), lambda p, q: working.mpf(p) / q, working.floor),
)

_SYMBOLIC_TABLE = {
    DIGITS: as_symbol,
    sympy.Add: sympy.Add,
    sympy.Mul: sympy.Mul,
    sympy.Pow: _sympy_power,
    RealPower: _real_power(sympy.Pow, _sympy_sign),
    sympy.exp: sympy.exp,
    sympy.log: _of_positive(_sympy_log, _sympy_sign),
    sympy.sin: sympy.sin,
    sympy.cos: sympy.cos,
    sympy.tanh: sympy.tanh,
} | _selections(_sympy_sign, sympy.S.Half, sympy.Rational, sympy.floor)

SYMBOLIC = Numbers(_whole, EXACT.rational, _SYMBOLIC_TABLE)  # SymPy's own from the first function on: they are slow
