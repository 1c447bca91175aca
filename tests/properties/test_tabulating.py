"""For which computations a table of functions stands in for a calculator, and which numbers it holds."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from examgen.errors import DrawError
from examgen.exam import read_exam
from examgen.formula import parse
from examgen.graph import Builder
from examgen.model import Instance
from examgen.registry import graph_of
from examgen.selecting import variants
from examgen.solving import exact_values
from examgen.tabulating import functions, off_the_table

HEAD = 'title = "T"\nvariants = 12\nseed = "correct horse battery staple"\n'
LOOKED_UP = 'calculator = "none"\nformulas = true\n'


@pytest.fixture(autouse=True)
def _no_seed_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXAMGEN_SEED", raising=False)


def drawn(folder: Path, task: str, allowed: str) -> list[Instance]:
    """The only task of every variant."""
    path = folder / "exam.toml"
    path.write_text(f'{HEAD}{allowed}[[task]]\nproblem = "backprop"\n{task}\n', encoding="utf-8")
    return [instance for variant in variants(read_exam(path)) for instance in variant.instances]


def lie_off(found: list[Instance]) -> list[Instance]:
    """Those whose numbers no table holds."""
    graphs = [(graph_of(instance.problem, instance.params), instance) for instance in found]
    return [instance for graph, instance in graphs if off_the_table(graph, exact_values(graph, instance.data))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("f = sigmoid(a * b + c)", ("sigmoid",)),
        ("f = tanh(a) + sigmoid(b) * c", ("tanh", "sigmoid")),
        ("f = x * y", ()),
        ("f = exp(x)", ()),
        ("f = sigmoid(a) + exp(b)", ()),
        ("f = tanh(sigmoid(a))", ()),
        ("f = sigmoid(2 * tanh(a) + b)", ()),
        ("f = sigmoid(x ** 0.5)", ()),
    ],
)
def test_functions_of_fractions_can_be_looked_up(text: str, found: tuple[str, ...]) -> None:
    """But nothing else leads out of the fractions, and no function is taken of what was looked up."""
    assert found == functions(parse(text))


@pytest.mark.parametrize(
    ("z", "held"),
    [("0", True), ("0.1", True), ("-2", True), ("4", True), ("-4", True), ("4.1", False), ("0.05", False), ("1/3", False)],
)
def test_a_table_has_tenths_up_to_its_end(z: str, held: bool) -> None:
    """Of either sign."""
    graph = parse("f = sigmoid(x)")
    reason = off_the_table(graph, exact_values(graph, {"x": Fraction(z)}))
    assert (None if held else "the table of sigmoid does not hold one of its numbers") == reason


def test_every_cell_is_looked_at() -> None:
    """One number of an array that a table lacks is enough."""
    b = Builder()
    graph = b.build(b.op("tanh", b.input("x", (2,)), name="f"))
    assert [True, False] == [
        off_the_table(graph, exact_values(graph, {"x": (Fraction(1), last)})) is None for last in (Fraction(2), Fraction(4))
    ]


PRODUCT = 'params = { formula = "z = a * b + c; f = sigmoid(z)" }'


def test_drawn_numbers_stand_in_the_table(tmp_path: Path) -> None:
    """Where a table is looked into, numbers between its rows are not drawn; the tooth: with a calculator they are."""
    assert [] == lie_off(drawn(tmp_path, PRODUCT, LOOKED_UP))
    assert 6 < len(lie_off(drawn(tmp_path, PRODUCT, "")))


@pytest.mark.parametrize("preset", ["sigmoid_neuron", "tanh_neuron"])
def test_a_table_changes_no_draw_of_a_neuron(preset: str, tmp_path: Path) -> None:
    """Old seeds draw the same numbers: those of every neuron stand in the table anyway."""
    task = f'preset = "{preset}"'
    assert drawn(tmp_path, task, "") == drawn(tmp_path, task, LOOKED_UP)


def test_numbers_that_are_never_in_the_table_end_in_a_sentence(tmp_path: Path) -> None:
    """It says why no candidate fits."""
    hundredths = 'params = { formula = "z = 0.01 * a + b; f = sigmoid(z)" }'
    with pytest.raises(DrawError, match="the table of sigmoid does not hold one of its numbers"):
        drawn(tmp_path, hundredths, LOOKED_UP)
