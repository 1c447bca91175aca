"""The tables of functions against whole-number arithmetic and against what every book of tables prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import pytest

from examgen.formulas import function_table
from examgen.render.paper import FunctionTable

TERMS = 60  # of the series of exp up to 6: what is left out lies far behind the last digit
Both = tuple[Fraction, Fraction]


def exp(x: Fraction) -> Fraction:
    """The exponential series in fractions."""
    total = term = Fraction(1)
    for count in range(1, TERMS):
        term *= x / count
        total += term
    return total


def sigmoid(z: Fraction) -> Both:
    e = exp(z)
    return e / (e + 1), e / (e + 1) ** 2


def tanh(z: Fraction) -> Both:
    e = exp(2 * z)
    return (e - 1) / (e + 1), 4 * e / (e + 1) ** 2


WORKED: Mapping[str, Callable[[Fraction], Both]] = {"sigmoid": sigmoid, "tanh": tanh}


def half_up(number: Fraction, decimals: int) -> Fraction:
    return Fraction(int(number * 10**decimals + Fraction(1, 2)), 10**decimals)


def wrong(table: FunctionTable, worked: Callable[[Fraction], Both]) -> list[Fraction]:
    """The rows that hold something else than the function, its derivative and their rounding say."""
    rounded = {row[0]: tuple(half_up(number, table.decimals) for number in worked(row[0])) for row in table.rows}
    return [row[0] for row in table.rows if row[1:] != rounded[row[0]]]


@pytest.mark.parametrize("decimals", [3, 4, 9])
@pytest.mark.parametrize("name", WORKED)
def test_every_row_is_worked_out_anew(name: str, decimals: int) -> None:
    """By series of fractions, rounded half-up, with no library between."""
    table = function_table(name, decimals)
    assert [] == wrong(table, WORKED[name])
    assert decimals == table.decimals


def test_a_wrong_row_is_noticed() -> None:
    """The tooth: the other function's numbers are wrong in every row but that of 0, whose derivative alone is."""
    table = function_table("sigmoid", 4)
    assert [row[0] for row in table.rows] == wrong(table, tanh)


@pytest.mark.parametrize(("name", "last"), [("sigmoid", 4), ("tanh", 3)])
def test_a_table_goes_in_tenths_from_0(name: str, last: int) -> None:
    """Every tenth up to its end, once."""
    assert [Fraction(tenth, 10) for tenth in range(10 * last + 1)] == [row[0] for row in function_table(name, 4).rows]


PUBLISHED = {
    "sigmoid": {"0": "0.5", "0.5": "0.6225", "1": "0.7311", "1.5": "0.8176", "2": "0.8808", "3": "0.9526", "4": "0.9820"},
    "tanh": {"0": "0", "0.5": "0.4621", "1": "0.7616", "1.5": "0.9051", "2": "0.9640", "3": "0.9951"},
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_rows_that_everybody_knows(name: str) -> None:
    """To four decimals, as books print them."""
    rows = {row[0]: row[1] for row in function_table(name, 4).rows}
    assert PUBLISHED[name] == {z: value for z, value in PUBLISHED[name].items() if rows[Fraction(z)] == Fraction(value)}
