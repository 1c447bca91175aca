"""Candidates looked at together get the verdict that each gets by itself, and so the same numbers are drawn."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from examgen import registry
from examgen.exam import Exam, read_exam
from examgen.fairness import reference
from examgen.model import Instance
from examgen.problem import Preset
from examgen.selecting import Fair, Selection
from examgen.sifting import Ahead, Key, Likeness, _batch, _fixed, _sharp, _told, _walk, draw_all
from examgen.solving import Candidate, Contract, candidates, draw, faults

PRESETS = [(name, label) for name, problem in registry.problems().items() for label in problem.presets]
LECTURE = Path(__file__).parents[2] / "variants" / "lecture6.toml"
KEYS, EACH = 3, 3  # keys of a preset, and candidates of each
EXAM = 'title = "T"\nvariants = 30\nseed = "together"\nformulas = true\ncalculator = "{}"\n'
TASK = '[[task]]\nproblem = "{}"\npreset = "{}"\n'


def fair_of(name: str, label: str, contract: Contract) -> Fair:
    preset = registry.preset(name, label)
    return Fair(contract.decimals, reference(name, preset, contract), read_exam(LECTURE).band)


def looked(name: str, label: str, contract: Contract, fair: Fair | None = None, keys: int = KEYS) -> list[list[Candidate]]:
    """The first candidates of some keys, looked at together."""
    likeness = fair and Likeness(fair.decimals, fair.unlike, fair.marked)
    ahead = Ahead(name, registry.preset(name, label), contract, likeness)
    made = [ahead.key("together", number) for number in range(keys)]
    for one in made:
        one.wanted = 2 * EACH
    ahead.look(made, EACH)
    return [[Candidate(found.instance, found.refusal or found.unfit) for found in one.found] for one in made]


def alone(name: str, label: str, contract: Contract, fair: Fair | None = None, keys: int = KEYS) -> list[list[Candidate]]:
    """The same one by one."""
    refusal = (lambda instance: fair.marked(instance)[0]) if fair else (lambda instance: None)
    preset = registry.preset(name, label)
    tried = [candidates(name, preset, "together", number, contract=contract, refusal=refusal) for number in range(keys)]
    return [list(islice(one, EACH)) for one in tried]


@pytest.mark.parametrize(("name", "label"), PRESETS)
def test_verdicts_are_those_of_each_alone(name: str, label: str) -> None:
    """Numbers, and why a candidate is not used: unlike the others, a kink, a flaw, blurred, or hiding a mistake."""
    contract = Contract()
    fair = fair_of(name, label, contract)
    assert alone(name, label, contract, fair) == looked(name, label, contract, fair)


@pytest.mark.parametrize(("name", "label"), [("backprop", "tanh_neuron"), ("softmax_loss", "3x3_log"), ("svm_loss", "3x3")])
@pytest.mark.parametrize("contract", [Contract(2, 2), Contract(6, 3), Contract(3, 1), Contract(9, 4)])
def test_other_contracts_are_kept_too(name: str, label: str, contract: Contract) -> None:
    """With fewer or more decimals the same candidates are refused for the same reasons; beyond six each is asked alone."""
    assert alone(name, label, contract) == looked(name, label, contract)


OWN: list[tuple[str, dict[str, Any]]] = [
    ("backprop", {"formula": "f = x / y + log(z * z)"}),
    ("backprop", {"formula": "a = min(x, y); b = max(a, z); f = a * b * x", "upstream": "drawn"}),
    ("backprop", {"formula": "f = sin(x) * y"}),
    ("svm_loss", {"samples": 2, "classes": 4, "margin": Fraction(1, 3)}),
    ("softmax_loss", {"samples": 3, "classes": 2, "reduction": "sum", "gradient": True, "digits": 2}),
    ("conv_relu_pool", {"height": 6, "width": 6, "padding": 1, "pool": "avg", "gradient": "upstream", "image_gradient": True}),
    ("conv_relu_pool", {"height": 6, "width": 6, "pool_stride": 1, "filters": 2, "channels": 2, "gradient": "target"}),
]


@pytest.mark.parametrize(("name", "params"), OWN, ids=str)
def test_parameters_of_ones_own_are_decided_alike(name: str, params: dict[str, Any]) -> None:
    """Divisions, ties, thirds, and an op that no stack holds."""
    contract, preset = Contract(), Preset(registry.problem(name).with_params(params), (1, 1))
    ahead = Ahead(name, preset, contract)
    keys = [ahead.key("own", number) for number in range(KEYS)]
    for key in keys:
        key.wanted = EACH
    ahead.look(keys, 2 * EACH)
    found = [[Candidate(one.instance, one.refusal or one.unfit) for one in key.found] for key in keys]
    tried = [candidates(name, preset, "own", number, contract=contract) for number in range(KEYS)]
    assert [list(islice(one, len(key.found))) for one, key in zip(tried, keys, strict=True)] == found


def marks(name: str, label: str) -> list[tuple[object, object]]:
    """What candidates are known by, together and alone."""
    fair = fair_of(name, label, Contract())
    ahead = Ahead(name, registry.preset(name, label), Contract(), Likeness(2, fair.unlike, fair.marked))
    key: Key = ahead.key("marks")
    key.wanted = 8
    ahead.look([key], 40)
    return [(fair.marked(found.instance)[1], found.marks) for found in key.found if found.instance and found.marks]


@pytest.mark.parametrize(
    ("name", "label"), [("softmax_loss", "3x3_gradient"), ("conv_relu_pool", "average"), ("backprop", "fan_out")]
)
def test_marks_are_those_of_each_alone(name: str, label: str) -> None:
    """By which numbers a variant is compared with others, before it or of an earlier exam."""
    found = marks(name, label)
    assert found and all(alone == together for alone, together in found)


@pytest.mark.parametrize(("name", "label"), PRESETS)
def test_draws_are_those_of_each_alone(name: str, label: str) -> None:
    """Many keys at once give what each gives by itself."""
    preset, keys = registry.preset(name, label), [("all", number) for number in range(6)]
    assert [draw(name, preset, *key) for key in keys[:3]] == list(draw_all(name, preset, keys))[:3]


@pytest.mark.parametrize(("name", "label"), PRESETS)
def test_draws_without_a_contract_have_no_kink_and_no_flaw(name: str, label: str) -> None:
    """Nothing is asked of rounding then, but of the numbers themselves."""
    preset, problem = registry.preset(name, label), registry.problem(name)
    found = list(draw_all(name, preset, [("free", number) for number in range(12)], None))
    assert [] == [why for instance in found for why in faults(problem, instance)]


def exam(folder: Path, calculator: str, name: str, label: str) -> Exam:
    path = folder / "exam.toml"
    path.write_text(EXAM.format(calculator) + TASK.format(name, label), encoding="utf-8")
    return read_exam(path)


def selected(exam: Exam, count: int, *, together: bool) -> tuple[list[tuple[Instance, ...]], dict[object, Counter[str]]]:
    selection = Selection(exam, together=together)
    return [variant.instances for variant in selection.take(count)], dict(selection.refused)


def test_an_exam_holds_the_same_variants() -> None:
    """Variants and the counts of refusals, past the first chunk of variants that are looked at together."""
    lecture = read_exam(LECTURE)
    assert selected(lecture, 70, together=False) == selected(lecture, 70, together=True)


@pytest.mark.parametrize(
    ("calculator", "name", "label"),
    [
        ("none", "backprop", "sum_times"), ("none", "backprop", "random_3"), ("none", "conv_relu_pool", "4x4"),
        ("none", "backprop", "sigmoid_neuron"), ("none", "softmax_loss", "3x3_log"),
    ],
)
def test_presets_of_little_room_hold_the_same_variants(tmp_path: Path, calculator: str, name: str, label: str) -> None:
    """Where most candidates repeat something, where each has a graph of its own, and where numbers must be in a table."""
    made = exam(tmp_path, calculator, name, label)
    assert selected(made, 25, together=False) == selected(made, 25, together=True)


def decided(name: str, label: str, count: int = 48) -> tuple[int, int]:
    """How many candidates of a preset are decided together, and how many of them otherwise than alone."""
    problem, preset = registry.problem(name), registry.preset(name, label)
    instances = list(draw_all(name, preset, [("teeth", number) for number in range(count)], None))
    with np.errstate(all="ignore"):
        reasons, doubt = _batch.Batch(problem, instances, Contract(), effort=False).unfit(np.arange(count), ())
    ahead = Ahead(name, preset, Contract())
    found = [ahead._alone(instance).unfit for instance in instances]
    wrong = [why for why, ours, open_ in zip(found, reasons, doubt, strict=True) if not open_ and why != ours]
    return count - int(doubt.sum()), len(wrong)


@pytest.mark.parametrize(("name", "label"), [preset for preset in PRESETS if not preset[1].startswith("random")])
def test_nearly_all_are_decided_together(name: str, label: str) -> None:
    """Bounds seldom leave anything open: otherwise being fast would be a matter of luck."""
    certain, wrong = decided(name, label, 24)
    assert (0, True) == (wrong, certain >= 18)


def test_bounds_that_do_not_round_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who forgets that solvers round on the way takes blurred candidates."""
    monkeypatch.setattr(_walk.fixed, "widened", lambda x, places, finest: x)
    assert decided("backprop", "tanh_neuron")[1] > 0


def test_a_margin_left_out_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake's result must lie beyond what is accepted by more than rounding can bring back."""
    monkeypatch.setattr(_told, "MARGIN", -2)
    assert decided("softmax_loss", "2x3", 160)[1] > 0


def test_other_widths_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The widest interval that may be accepted counts."""
    monkeypatch.setattr(_sharp, "WIDEST_GRADIENT", 4)
    assert decided("backprop", "tanh_neuron")[1] > 0


def test_a_structure_that_cannot_be_stacked_is_asked_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """An op that the arrays do not know leads to the reference, not to an error."""
    monkeypatch.setattr(_walk, "RULES", {})
    name, label, contract = "svm_loss", "3x3", Contract()
    assert alone(name, label, contract) == looked(name, label, contract)


def test_numbers_too_large_for_the_arrays_are_asked_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound that is passed puts a candidate in doubt."""
    monkeypatch.setattr(_fixed, "LARGEST", 2)
    name, label, contract = "svm_loss", "3x3", Contract()
    assert alone(name, label, contract) == looked(name, label, contract)
