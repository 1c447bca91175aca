"""Drawn numbers tell mistakes apart: in every draw, the same ones in all variants, and exceptions are true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from examgen import mistaken, registry, solving
from examgen.build import variants
from examgen.exam import read_exam
from examgen.model import Instance
from examgen.problem import Problem
from examgen.problems.svm_loss import SvmLoss
from examgen.solving import STANDARD, accepts, draw, untellable
from examgen.testing import known

DRAWS = 25
EXCEPTED = 200
EXAM = Path("variants/lecture6.toml")


def presets() -> Iterator[Any]:
    for name, problem in registry.problems().items():
        yield from (pytest.param(name, label, id=f"{name}-{label}") for label in problem.presets)


def told(instance: Instance) -> Mapping[str, Any]:
    return mistaken.told_apart(instance, accepts(instance, STANDARD), STANDARD.decimals)


def hidden(name: str, label: str, draws: int) -> set[str]:
    """The mistakes that some draw does not tell apart, and that nobody has excepted."""
    preset, found = registry.preset(name, label), set()
    for number in range(draws):
        instance = draw(name, preset, "told", number)
        spared = registry.problem(name).exceptions(instance.params)
        found |= {key for key, boxes in told(instance).items() if not boxes and key not in spared}
    return found


def excepted_and_told(name: str, label: str, draws: int) -> set[str]:
    """The exceptions that some draw tells apart after all, or that are no mistakes of the preset."""
    preset, found = registry.preset(name, label), set()
    exceptions = registry.problem(name).exceptions(preset.params)
    for number in range(draws if exceptions else 0):
        seen = told(draw(name, preset, "excepted", number))
        found |= {key for key in exceptions if seen.get(key, ("no such mistake",))}
    return found


@pytest.mark.parametrize(("name", "label"), tuple(presets()))
def test_every_draw_tells_every_mistake_apart(name: str, label: str) -> None:
    """Each mistake that applies leaves the accepted interval in at least one box, so far that no rounding leads back."""
    assert set() == hidden(name, label, DRAWS)


@pytest.mark.parametrize(("name", "label"), tuple(presets()))
def test_no_exception_can_be_told_apart_after_all(name: str, label: str) -> None:
    """Over 200 draws of each preset that has exceptions."""
    assert set() == excepted_and_told(name, label, EXCEPTED)


class Excepting(SvmLoss):
    """With one exception that is no true one, and one that names nothing."""

    def exceptions(self, params: Any) -> Mapping[str, str]:
        return {"svm_only_worst": "made up", "svm_nothing": "made up"}


def test_a_false_exception_is_noticed() -> None:
    """The tooth: many tables tell the largest violation from the sum of all."""
    with known(Excepting()):
        assert {"svm_only_worst", "svm_nothing"} == excepted_and_told("svm_loss", "3x3", 20)


def test_a_hidden_mistake_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: where the drawing loop does not ask, a negative score is not always there to lose its sign."""
    monkeypatch.setattr(solving, "confusions", lambda *given: iter(()))
    assert "svm_negative_score" in hidden("svm_loss", "2x3", DRAWS)


def test_all_variants_of_an_exam_tell_the_same_set_apart() -> None:
    """30 variants of the control work: a misunderstanding costs points in all of them, or in none."""
    exam = read_exam(EXAM, variants=30)
    sets: dict[tuple[int, str], set[frozenset[str]]] = {}
    for variant in variants(exam):
        for task, instance in zip(exam.tasks, variant.instances, strict=True):
            seen = frozenset(key for key, boxes in told(instance).items() if boxes)
            sets.setdefault((task.number, instance.problem), set()).add(seen)
    assert {(1, "svm_loss"), (1, "softmax_loss"), (2, "backprop"), (3, "conv_relu_pool")} == sets.keys()
    assert [] == [place for place, found in sets.items() if len(found) != 1 or not min(map(len, found))]


def pinned(problem: Problem, formula: str) -> Any:
    return problem.with_params({"formula": formula})


@pytest.mark.parametrize(("formula", "wanted"), [("f = x + y", {"bp_upstream"}), ("f = (x + y) * z", set())])
def test_a_formula_of_ones_own_hides_what_it_must(formula: str, wanted: set[str]) -> None:
    """A single gate under a gradient of 1 has nothing to forget, and can be drawn all the same."""
    chosen = registry.problem("backprop")
    params = pinned(chosen, formula)
    assert wanted == untellable("backprop", params, STANDARD)
    assert draw("backprop", replace(chosen.presets["sum_times"], params=params), "own").data


BOTH_SIDES = ("f = max(x * y, 3)", "f = relu(x) + relu(y) + relu(z) + relu(w)")


@pytest.mark.parametrize("formula", BOTH_SIDES)
def test_mistakes_that_cannot_all_show_leave_a_formula_drawable(formula: str) -> None:
    """Either the product counts or max has something to send elsewhere; and four units are seldom all alive."""
    chosen = registry.problem("backprop")
    params = pinned(chosen, formula)
    instance = draw("backprop", replace(chosen.presets["sum_times"], params=params), "own")
    spared = untellable("backprop", params, STANDARD)
    found = mistaken.told_apart(instance, accepts(instance, STANDARD), STANDARD.decimals)
    assert spared and all(boxes for key, boxes in found.items() if key not in spared)


def test_a_box_has_its_number_where_another_image_has_none() -> None:
    """Without exponentials the third image's scores sum to 0: its own boxes are empty, and the others are not."""
    chosen = registry.problem("softmax_loss")
    scores = [[Fraction(-11, 10), Fraction(12, 10), Fraction(-14, 10)], [1, 2, 3], [1, -2, 1]]
    instance = chosen.pin({}, {"scores": scores, "labels": [0, 1, 2]}, chosen.presets["3x3"].params)
    found = mistaken.results(instance)["softmax_no_exp"]
    assert pytest.approx(float(Fraction(11, 13))) == float(found["p[0]"])
    assert pytest.approx(1 / 3) == float(found["p[1]"])
    assert found["p[2]"] is None


def test_mistakes_with_the_same_results_are_reported() -> None:
    """At depth two a forgotten factor and a given gradient taken as 1 are one and the same number."""
    instance = draw("backprop", registry.preset("backprop", "product_max"), "alike")
    assert (("bp_upstream", "bp_upstream_given"),) == tuple(mistaken.alike(mistaken.results(instance)))
