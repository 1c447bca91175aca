"""Every preset against formulas written out in plain Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from examgen.problems.backprop import FORMULAS
from examgen.registry import problems
from tests.oracles import circuits, direct
from tests.oracles.circuits import WORKED, OwnFactor
from tests.oracles.direct import Expected
from tests.oracles.drawn import CASES, differing, exactness, solved
from tests.oracles.own import own

ORACLES: dict[str, Callable[..., Expected]] = {
    "svm_loss": direct.svm,
    "softmax_loss": direct.softmax,
    "backprop": circuits.backprop,
    "conv_relu_pool": direct.conv,
    **own("direct"),
}


@pytest.mark.parametrize(("name", "label"), CASES)
def test_answers_are_those_of_the_direct_formula(name: str, label: str) -> None:
    """Every box of every drawn instance: equal on fractions, within 45 digits behind exp and ln."""
    for instance, answers in solved(name, label):
        expected = ORACLES[name](instance.params, instance.data)
        assert [] == list(differing(expected, answers, exactness(instance)))


def test_every_problem_and_formula_has_an_oracle() -> None:
    """A new problem type, or a new formula of the list, needs an oracle of its own."""
    assert set(ORACLES) == set(problems())
    assert set(WORKED) == set(FORMULAS)


def _predicted(params: Any, data: Any) -> tuple[int, ...]:
    """The largest score's class, where a student takes it for the true one."""
    return tuple(max(range(params.classes), key=row.__getitem__) for row in direct.rows_of(params, data["scores"]))


def _wrong_slope(**slopes: Callable[..., Any]) -> Callable[..., Any]:
    """A formula's right values with some partial derivatives replaced; each is given all inputs."""

    def spoil(formula: str) -> Callable[..., Any]:
        def worked(**inputs: Any) -> Any:
            values, right = WORKED[formula](**inputs)
            return values, right | {name: slope(inputs, right) for name, slope in slopes.items()}

        return worked

    return spoil


OWN_FACTOR = _wrong_slope(w0=lambda inputs, right: right["x0"], x0=lambda inputs, right: right["w0"])
SPOILT = {
    "sum_times": _wrong_slope(z=lambda inputs, right: inputs["z"]),
    "product_max": _wrong_slope(z=lambda inputs, right: right["w"], w=lambda inputs, right: right["z"]),
    "fan_out": _wrong_slope(b=lambda inputs, right: inputs["a"] + inputs["b"]),
    "fan_out_relu": _wrong_slope(a=lambda inputs, right: right["c"] * inputs["b"]),
    "sigmoid_neuron": OWN_FACTOR,
    "sigmoid_gates": _wrong_slope(e=lambda inputs, right: -right["e"]),
    "tanh_neuron": OWN_FACTOR,
}


def _with(oracle: Callable[..., Expected], **options: Any) -> Callable[[Any, Any], Expected]:
    return lambda params, data: oracle(params, data, **options)


def _as_if(oracle: Callable[..., Expected], **changed: Any) -> Callable[[Any, Any], Expected]:
    """The oracle on other parameters than those of the instance."""
    return lambda params, data: oracle(replace(params, **changed), data)


def _relabelled(oracle: Callable[..., Expected]) -> Callable[[Any, Any], Expected]:
    return lambda params, data: oracle(params, {**data, "labels": _predicted(params, data)})


# problem -> mistake -> (which parameters it shows on, the oracle that makes it)
Mistake = tuple[Callable[[Any], bool], Callable[[Any, Any], Expected]]
MISTAKES: dict[str, dict[str, Mistake]] = {
    "svm_loss": {
        "margin forgotten": (lambda p: True, _as_if(direct.svm, margin=Fraction(0))),
        "max forgotten": (lambda p: True, _with(direct.svm, hinge=False)),
        "sign reversed": (lambda p: True, _with(direct.svm, sign=-1)),
        "only the worst": (lambda p: True, _with(direct.svm, only_worst=True)),
        "predicted class": (lambda p: True, _relabelled(direct.svm)),
        "squared": (lambda p: not p.squared, _as_if(direct.svm, squared=True)),
        "not squared": (lambda p: p.squared, _as_if(direct.svm, squared=False)),
        "not averaged": (lambda p: p.reduction == "mean", _as_if(direct.svm, reduction="sum")),
        "averaged": (lambda p: p.reduction == "sum", _as_if(direct.svm, reduction="mean")),
        "orientation": (lambda p: p.samples == p.classes and p.class_axis, _as_if(direct.svm, class_axis=0)),
    },
    "softmax_loss": {
        "log base ten": (lambda p: True, _with(direct.softmax, ten=True)),
        "denominator without the true class": (lambda p: True, _with(direct.softmax, without_true=True)),
        "p instead of p - 1": (lambda p: p.gradient, _with(direct.softmax, minus_one=False)),
        "predicted class": (lambda p: True, _relabelled(direct.softmax)),
        "not averaged": (lambda p: p.reduction == "mean" and p.samples > 1, _as_if(direct.softmax, reduction="sum")),
        "averaged": (lambda p: p.reduction == "sum", _as_if(direct.softmax, reduction="mean")),
        "scores taken for logarithms": (lambda p: p.log_scores, _as_if(direct.softmax, log_scores=False)),
    },
    "backprop": {
        "upstream forgotten": (lambda p: p.upstream == "drawn", _with(circuits.backprop, upstream=1)),
        "own factor in a product": (lambda p: "*" in p.formula, _with(circuits.backprop, number=OwnFactor)),
        "wrong slope": (
            lambda p: p.formula in WORKED,
            lambda params, data: circuits.backprop(params, data, worked=SPOILT[params.formula](params.formula)),
        ),
    },
    "conv_relu_pool": {  # another size of the map shows at once; it has no place for the gradient that was given
        "filter flipped": (lambda p: True, _with(direct.conv, flip=True)),
        "stride forgotten": (lambda p: p.stride > 1 and p.gradient == "none", _as_if(direct.conv, stride=1)),
        "padding forgotten": (lambda p: p.padding > 0 and p.gradient == "none", _as_if(direct.conv, padding=0)),
        "dilation forgotten": (lambda p: p.dilation > 1 and p.gradient == "none", _as_if(direct.conv, dilation=1)),
        "bias forgotten": (lambda p: p.bias, _as_if(direct.conv, bias=False)),
        "mean for maximum": (lambda p: p.pool == "max", _as_if(direct.conv, pool="avg")),
        "maximum for mean": (lambda p: p.pool == "avg", _as_if(direct.conv, pool="max")),
        "gradient past a clipped cell": (
            lambda p: p.gradient != "none" and p.relu and p.pool != "max", _with(direct.conv, mask=False),
        ),
        "gradient to the whole window": (
            lambda p: p.gradient != "none" and p.pool == "max", _with(direct.conv, spread=True),
        ),
        "half forgotten": (lambda p: p.gradient == "target", _with(direct.conv, half=False)),
    },
    **own("MISTAKES"),
}


@pytest.mark.parametrize(("name", "label"), CASES)
def test_oracle_with_a_mistake_disagrees(name: str, label: str) -> None:
    """Each mistake that a preset's parameters let a student make shows on at least one of its drawn instances."""
    first = solved(name, label)[0][0]
    for mistake, (possible, wrong) in MISTAKES[name].items():
        if possible(first.params):
            found = (differing(wrong(i.params, i.data), answers, exactness(i)) for i, answers in solved(name, label))
            assert any(map(list, found)), mistake


@pytest.mark.parametrize(("name", "mistake"), [(name, mistake) for name in MISTAKES for mistake in MISTAKES[name]])
def test_every_mistake_is_possible_somewhere(name: str, mistake: str) -> None:
    """No tooth is there in vain: some preset's parameters allow the mistake."""
    labels = [label for other, label in CASES if other == name]
    assert any(MISTAKES[name][mistake][0](solved(name, label)[0][0].params) for label in labels)
