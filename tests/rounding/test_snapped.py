"""An engine's numbers as fractions: as many digits as are promised, far more than a float has."""

from __future__ import annotations

from fractions import Fraction

import pytest

from examgen.answers import LARGEST, snapped
from examgen.engines._numpy_numbers import mp

E_TO_45 = "2.718281828459045235360287471352662497757247094"  # of e, the last digit rounded


def test_45_decimals_are_kept() -> None:
    """Not the 16 digits of a float: a key would name another double than the nearest."""
    assert Fraction(E_TO_45) == snapped(mp.exp(1))
    assert -Fraction(E_TO_45) == snapped(-mp.exp(1))


def test_numbers_that_are_equal_are_equal() -> None:
    """What the last digits alone tell apart is one number; what is rational stays as it is."""
    assert Fraction(2) == snapped(mp.exp(mp.log(2)))
    assert (3, Fraction(1, 3)) == (snapped(3), snapped(Fraction(1, 3)))


@pytest.mark.parametrize("cell", [mp.inf, mp.nan, mp.mpc(1, 1), LARGEST * 10, mp.exp(100)])
def test_what_cannot_be_written_is_refused(cell: object) -> None:
    """Infinite, none at all, complex, too large."""
    with pytest.raises(ValueError, match=r"no real number|too large"):
        snapped(cell)
