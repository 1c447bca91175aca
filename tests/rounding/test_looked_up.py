"""Whoever reads functions off a printed table is marked right, and mistakes made with it are still told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache

import pytest

from examgen.formulas import function_table
from examgen.model import Instance
from examgen.registry import preset, problems
from examgen.solving import Contract, accepts
from tests.rounding.marking import drawn

VARIANTS = 150
CONTRACT = Contract(4, 2)
NEURONS = {"sigmoid_neuron": "sigmoid", "tanh_neuron": "tanh"}
WRITES: Mapping[str, tuple[bool, str]] = {
    "half-up on the way": (True, ROUND_HALF_UP),
    "cut on the way": (True, ROUND_DOWN),
    "half-up in the end": (False, ROUND_HALF_UP),
    "cut in the end": (False, ROUND_DOWN),
}
Read = Callable[[str, Fraction], tuple[Fraction, Fraction]]  # a function at z -> its value and its derivative


def read(name: str, z: Fraction, decimals: int = CONTRACT.working) -> tuple[Fraction, Fraction]:
    """The row of |z|, and what the rules under the table say of a negative z."""
    value, slope = next(row[1:] for row in function_table(name, decimals).rows if row[0] == abs(z))
    if z < 0:
        value = 1 - value if name == "sigmoid" else -value
    return value, slope


def cut(number: Fraction, places: int, how: str) -> Fraction:
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    return Fraction(exact.quantize(Decimal(1).scaleb(-places), how))


def paper(instance: Instance, reading: Read, how: str) -> dict[str, Fraction]:
    """What a student writes into the boxes of a neuron, worked out by hand from the two numbers that were looked up."""
    on_the_way, style = WRITES[how]
    data = {name: Fraction(value) for name, value in instance.data.items()}
    z = data["w0"] * data["x0"] + data["w1"] * data["x1"] + data["w2"]
    (label,) = (label for label in NEURONS if preset(instance.problem, label).params == instance.params)
    f, slope = reading(NEURONS[label], z)

    def noted(number: Fraction) -> Fraction:
        return cut(number, CONTRACT.working, style) if on_the_way else number

    dz = noted(data["upstream"] * slope)
    found = {"z": z, "f": f, "dz": dz, "dw2": dz}
    for one, other in (("w0", "x0"), ("x0", "w0"), ("w1", "x1"), ("x1", "w1")):
        found[f"d{one}"] = noted(dz * data[other])
    return {key: cut(number, 3 if key[0] == "d" else 2, style) for key, number in found.items()}


def refused(instance: Instance, written: Mapping[str, Fraction]) -> list[str]:
    """The boxes in which a student is not right."""
    allowed = accepts(instance, CONTRACT)
    assert allowed.keys() == written.keys()
    return [key for key, (low, high) in allowed.items() if not Fraction(low) <= written[key] <= Fraction(high)]


@cache
def variants(label: str) -> tuple[Instance, ...]:
    return tuple(drawn("backprop", label, CONTRACT, turn) for turn in range(VARIANTS))


def test_the_presets_that_a_table_helps_are_those_tried_here() -> None:
    """A new preset for which a table stands in has to be tried too."""
    helped = {label for chosen in problems().values() for label, start in chosen.presets.items() if chosen.tables(start.params)}
    assert NEURONS.keys() == helped


@pytest.mark.parametrize("how", WRITES)
@pytest.mark.parametrize("label", NEURONS)
def test_a_reader_of_the_table_is_right(label: str, how: str) -> None:
    """In every box of every variant, rounding half-up or cutting off, on the way or in the end."""
    assert [] == [box for instance in variants(label) for box in refused(instance, paper(instance, read, how))]


@pytest.mark.parametrize("label", NEURONS)
def test_a_coarser_table_is_noticed(label: str) -> None:
    """The tooth: a table with two decimals fewer than are to be kept leads astray."""

    def coarse(name: str, z: Fraction) -> tuple[Fraction, Fraction]:
        return read(name, z, CONTRACT.working - 2)

    assert any(refused(instance, paper(instance, coarse, "half-up on the way")) for instance in variants(label))


MISREADINGS: Mapping[str, Read] = {
    "the value for the derivative": lambda name, z: (read(name, z)[0],) * 2,
    "one factor of the derivative": lambda name, z: (read(name, z)[0], 1 - read(name, z)[0]),
    "the columns exchanged": lambda name, z: read(name, z)[::-1],
    "the next row": lambda name, z: read(name, z + Fraction(1, 10)),
    "nothing for the derivative": lambda name, z: (read(name, z)[0], Fraction(1)),
}


@pytest.mark.parametrize("how", WRITES)
@pytest.mark.parametrize("misreading", MISREADINGS)
@pytest.mark.parametrize("label", NEURONS)
def test_whoever_misreads_the_table_is_told(label: str, misreading: str, how: str) -> None:
    """In every variant at least one box is wrong."""
    seen = [refused(instance, paper(instance, MISREADINGS[misreading], how)) for instance in variants(label)]
    assert VARIANTS == sum(map(bool, seen))


@pytest.mark.parametrize("label", NEURONS)
def test_the_sign_of_z_counts(label: str) -> None:
    """Whoever reads the row of |z| and leaves it at that has a wrong value wherever z is negative."""
    negative = [instance for instance in variants(label) if paper(instance, read, "half-up in the end")["z"] < 0]
    papers = [paper(instance, lambda name, z: read(name, abs(z)), "half-up in the end") for instance in negative]
    assert len(negative) > VARIANTS / 4
    assert all("f" in refused(instance, written) for instance, written in zip(negative, papers, strict=True))
