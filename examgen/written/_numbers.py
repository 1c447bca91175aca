"""Arithmetic on what students write: exact while it is rational, else on 80 digits, and bounded before it is done."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from fractions import Fraction
from math import isqrt

from examgen.written._data import Unreadable

BEYOND = "The number is too large or too close to 0: write one between 10^-100 and 10^30."
ZERO_DIVISOR = "Division by 0 gives no number: check what stands below the fraction bar."
ZERO_POWER = "0^0 is no number: write the number that is meant."
LOGARITHM = "A logarithm is taken of a positive number only: check what stands behind ln or lg."
ROOT = "A root is taken of a number from 0 on only: check what stands under it."

LARGEST = 10**30
MOST_BITS = 1000  # of a numerator or a denominator
STEEPEST = 1000  # a power of e
SNAPPED = Decimal(1).scaleb(-30)
# from LARGEST down to the 30 decimals that are kept cancelling takes 60 digits
_CONTEXT = Context(prec=80, traps=[InvalidOperation, DivisionByZero, Overflow])
_LOST = Decimal(1).scaleb(-75)

Number = Fraction | Decimal  # a Decimal is irrational, or was

ZERO, ONE = Fraction(0), Fraction(1)
E = _CONTEXT.exp(Decimal(1))
PI = Decimal("3.141592653589793238462643383279502884197169399375105820974944592307816406286208998628034825342117067982")


def snapped(value: Number) -> Fraction:
    """A rational number as it is, any other to 30 decimals, so that ln(e^3) is 3."""
    return value if isinstance(value, Fraction) else Fraction(_CONTEXT.quantize(value, SNAPPED))


def bounded(value: Number) -> Number:
    """The number itself. Raises: Unreadable beyond the bounds."""
    if (isinstance(value, Fraction) and _bits(value) > MOST_BITS) or size(value) > LARGEST:
        raise Unreadable(BEYOND)
    return value


def add(one: Number, other: Number) -> Number:
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return bounded(one + other)
    a, b = _decimal(one), _decimal(other)
    total = _CONTEXT.add(a, b)
    lost = total.copy_abs() < _CONTEXT.multiply(max(a.copy_abs(), b.copy_abs()), _LOST)  # what rounding left of ln 4 - 2 ln 2
    return ZERO if lost else bounded(total)


def multiply(one: Number, other: Number) -> Number:
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return bounded(one * other)
    return bounded(_CONTEXT.multiply(_decimal(one), _decimal(other)))


def divide(one: Number, other: Number) -> Number:
    if not other:
        raise Unreadable(ZERO_DIVISOR)
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return bounded(one / other)
    return bounded(_CONTEXT.divide(_decimal(one), _decimal(other)))


def negate(value: Number) -> Number:
    return -value if isinstance(value, Fraction) else value.copy_negate()


def size(value: Number) -> Number:
    """Without its sign; abs() would round a Decimal to the digits of whoever calls."""
    return abs(value) if isinstance(value, Fraction) else value.copy_abs()


def power(one: Number, exponent: Number) -> Number:
    """Raises: Unreadable for 0^0, for a negative number to a broken exponent, and where too much would be to be computed."""
    whole = isinstance(exponent, Fraction) and exponent.denominator == 1
    if not one:
        return _power_of_zero(exponent)
    if one < 0 and not whole:
        raise Unreadable(ROOT)
    if size(exponent) > STEEPEST:
        raise Unreadable(BEYOND)
    steep = exponent if one == E else multiply(exponent, ln(size(one)))
    if not whole:
        return exp(steep)
    if size(steep) > STEEPEST:
        raise Unreadable(BEYOND)
    times = int(exponent)
    if isinstance(one, Decimal):
        return bounded(_CONTEXT.power(one, times))
    if _bits(one) * abs(times) > 2 * MOST_BITS:
        raise Unreadable(BEYOND)
    return bounded(Fraction(one**times))


def exp(x: Number) -> Number:
    if size(x) > STEEPEST:
        raise Unreadable(BEYOND)
    return bounded(_CONTEXT.exp(_decimal(x))) if x else ONE


def ln(x: Number) -> Number:
    return _logarithm(x, _CONTEXT.ln)


def lg(x: Number) -> Number:
    return _logarithm(x, _CONTEXT.log10)


def sqrt(x: Number) -> Number:
    if x < 0:
        raise Unreadable(ROOT)
    if isinstance(x, Fraction):
        top, bottom = isqrt(x.numerator), isqrt(x.denominator)
        if top * top == x.numerator and bottom * bottom == x.denominator:
            return Fraction(top, bottom)
    return _CONTEXT.sqrt(_decimal(x))


def sigmoid(x: Number) -> Number:
    """1/(1 + e^-x)."""
    shrunk = _shrunk(size(x))
    return divide(ONE if x >= 0 else shrunk, add(ONE, shrunk))


def tanh(x: Number) -> Number:
    shrunk = _shrunk(multiply(Fraction(2), size(x)))
    found = divide(add(ONE, negate(shrunk)), add(ONE, shrunk))
    return found if x >= 0 else negate(found)


def _shrunk(x: Number) -> Number:
    """e^-x of a positive number: 0 where nothing of it is left in 80 digits."""
    return exp(negate(x)) if x <= STEEPEST else ZERO


def _logarithm(x: Number, of: Callable[[Decimal], Decimal]) -> Number:
    if x <= 0:
        raise Unreadable(LOGARITHM)
    return ZERO if x == 1 else of(_decimal(x))


def _power_of_zero(exponent: Number) -> Number:
    if exponent > 0:
        return ZERO
    raise Unreadable(ZERO_DIVISOR if exponent else ZERO_POWER)


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _decimal(value: Number) -> Decimal:
    if isinstance(value, Decimal):
        return value
    return _CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))
