"""Whoever reads functions off a printed table is marked right, and mistakes made with it are still told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from examgen.formulas import function_table
from examgen.model import Instance, each
from examgen.registry import problems
from examgen.solving import Contract, accepts
from tests.rounding.marking import drawn

VARIANTS = 150
CONTRACT = Contract(4, 2)
WRITES: Mapping[str, tuple[bool, str]] = {
    "half-up on the way": (True, ROUND_HALF_UP),
    "cut on the way": (True, ROUND_DOWN),
    "half-up in the end": (False, ROUND_HALF_UP),
    "cut in the end": (False, ROUND_DOWN),
}
Preset = tuple[str, str]  # a problem and a label
Look = Callable[[Fraction], tuple[Fraction, Fraction]]
Note = Callable[[Fraction], Fraction]
Written = Mapping[str, Sequence[Fraction]]  # the cells of each box
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


def neuron(data: Mapping[str, Any], look: Look, noted: Note) -> Written:
    """The boxes of a neuron, by hand."""
    z = data["w0"] * data["x0"] + data["w1"] * data["x1"] + data["w2"]
    f, slope = look(z)
    dz = noted(data["upstream"] * slope)
    partners = (("w0", "x0"), ("x0", "w0"), ("w1", "x1"), ("x1", "w1"))
    found = {"z": z, "f": f, "dz": dz, "dw2": dz} | {f"d{one}": noted(dz * data[other]) for one, other in partners}
    return {key: [cell] for key, cell in found.items()}


def recurrent_step(data: Mapping[str, Any], look: Look, noted: Note) -> Written:
    """The boxes of one step of a recurrent cell, by hand."""
    z = [
        sum(w * x for w, x in zip(row, data["x1"], strict=True)) + b + h
        for row, b, h in zip(data["W"], data["b"], data["h0"], strict=True)
    ]
    h, slopes = zip(*map(look, z), strict=True)
    dz = [noted(given * slope) for given, slope in zip(data["upstream"], slopes, strict=True)]
    return {"z1": z, "h1": list(h), "dz1": dz, "dW": [noted(g * x) for g in dz for x in data["x1"]], "db": dz}


TRIED: Mapping[Preset, tuple[str, Callable[[Mapping[str, Any], Look, Note], Written]]] = {
    ("backprop", "sigmoid_neuron"): ("sigmoid", neuron),
    ("backprop", "tanh_neuron"): ("tanh", neuron),
    ("rnn_cell", "1_step"): ("tanh", recurrent_step),
}
LOOKED_UP = ("f", "h1")  # the boxes for what stands in a table


def paper(preset: Preset, instance: Instance, reading: Read, how: str) -> Written:
    """What a student writes into the boxes, worked out by hand from the two numbers that were looked up for each z."""
    on_the_way, style = WRITES[how]
    name, by_hand = TRIED[preset]

    def noted(number: Fraction) -> Fraction:
        return cut(number, CONTRACT.working, style) if on_the_way else number

    data = {key: each(value, Fraction) for key, value in instance.data.items()}
    found = by_hand(data, lambda z: reading(name, z), noted)
    return {key: [cut(cell, 3 if key[0] == "d" else 2, style) for cell in row] for key, row in found.items()}


def refused(instance: Instance, written: Written) -> list[str]:
    """The boxes in which a student is not right."""
    allowed = accepts(instance, CONTRACT)
    assert allowed.keys() == written.keys()
    return [
        key for key, ends in allowed.items()
        if not all(low <= cell <= high for (low, high), cell in zip(intervals(ends), written[key], strict=True))
    ]


def intervals(ends: Any) -> Iterator[tuple[Fraction, Fraction]]:
    """The ends for each cell, in the order of the cells."""
    if isinstance(ends[0], str):
        yield Fraction(ends[0]), Fraction(ends[1])
    else:
        for part in ends:
            yield from intervals(part)


@cache
def variants(preset: Preset) -> tuple[Instance, ...]:
    return tuple(drawn(*preset, CONTRACT, turn) for turn in range(VARIANTS))


def test_the_presets_that_a_table_helps_are_those_tried_here() -> None:
    """A new preset for which a table stands in has to be tried too."""
    assert TRIED.keys() == {
        (name, label)
        for name, chosen in problems().items()
        for label, start in chosen.presets.items()
        if chosen.tables(start.params)
    }


@pytest.mark.parametrize("how", WRITES)
@pytest.mark.parametrize("preset", TRIED, ids="-".join)
def test_a_reader_of_the_table_is_right(preset: Preset, how: str) -> None:
    """In every box of every variant, rounding half-up or cutting off, on the way or in the end."""
    assert [] == [box for instance in variants(preset) for box in refused(instance, paper(preset, instance, read, how))]


@pytest.mark.parametrize("preset", TRIED, ids="-".join)
def test_a_coarser_table_is_noticed(preset: Preset) -> None:
    """The tooth: a table with two decimals fewer than are to be kept leads astray."""

    def coarse(name: str, z: Fraction) -> tuple[Fraction, Fraction]:
        return read(name, z, CONTRACT.working - 2)

    assert any(refused(instance, paper(preset, instance, coarse, "half-up on the way")) for instance in variants(preset))


MISREADINGS: Mapping[str, Read] = {
    "the value for the derivative": lambda name, z: (read(name, z)[0],) * 2,
    "one factor of the derivative": lambda name, z: (read(name, z)[0], 1 - read(name, z)[0]),
    "the columns exchanged": lambda name, z: read(name, z)[::-1],
    "the next row": lambda name, z: read(name, z + Fraction(1, 10)),
    "nothing for the derivative": lambda name, z: (read(name, z)[0], Fraction(1)),
}


@pytest.mark.parametrize("how", WRITES)
@pytest.mark.parametrize("misreading", MISREADINGS)
@pytest.mark.parametrize("preset", TRIED, ids="-".join)
def test_whoever_misreads_the_table_is_told(preset: Preset, misreading: str, how: str) -> None:
    """In every variant at least one box is wrong."""
    seen = [refused(instance, paper(preset, instance, MISREADINGS[misreading], how)) for instance in variants(preset)]
    assert VARIANTS == sum(map(bool, seen))


def sums(preset: Preset, instance: Instance) -> Sequence[Fraction]:
    """What is looked up."""
    return next(row for key, row in paper(preset, instance, read, "half-up in the end").items() if key[0] == "z")


@pytest.mark.parametrize("preset", TRIED, ids="-".join)
def test_the_sign_of_z_counts(preset: Preset) -> None:
    """Whoever reads the row of |z| and leaves it at that has a wrong value wherever z is negative."""
    negative = [instance for instance in variants(preset) if any(z < 0 for z in sums(preset, instance))]
    papers = [paper(preset, instance, lambda name, z: read(name, abs(z)), "half-up in the end") for instance in negative]
    assert len(negative) > VARIANTS / 4
    assert all({*LOOKED_UP} & {*refused(instance, written)} for instance, written in zip(negative, papers, strict=True))
