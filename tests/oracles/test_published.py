"""Numbers that others worked out: the seed lecture's homework and slides, and the pages of CS231n."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from examgen.model import cells
from examgen.registry import problem
from examgen.solving import notes, solve

F = Fraction
TABLE = (("2.1", "1.6", "2.1"), ("3.0", "3.2", "2.8"), ("-2", "3.7", "3.8"))
CATS = (("3.2", "5.1", "-1.7"), ("1.3", "4.9", "2.0"), ("2.2", "2.5", "-3.1"))
IMAGE = (((1, 2, 3, 4, 5), (2, 2, 1, 1, 1), (3, 2, 1, 1, 1), (4, 1, 1, 1, 1), (5, 1, 1, 1, 1)),)
CROSS = ((((0, -1, 0), (1, 1, 1), (0, -1, 0)),),)
ROWS, COLUMNS = {"class_axis": 1}, {"class_axis": 0}
NEURON = {"w0": 1, "w1": -2, "w2": 1, "x0": -1, "x1": 1}


def answers(name: str, data: Mapping[str, Any], **params: Any) -> dict[str, Any]:
    """Key of every box -> exact answer for pinned numbers."""
    return {answer.ask.key: answer.value for answer in solve(problem(name).pin(params, data)).answers}


def losses(found: Mapping[str, Any]) -> list[Any]:
    """The images' losses, then the total."""
    return [*(value for key, value in found.items() if key.startswith("losses")), found["loss"]]


def to(places: int, numbers: list[Any]) -> list[float]:
    return [round(float(number), places) for number in numbers]


def test_conv_relu_pool_of_the_homework() -> None:
    """5×5 with the cross-shaped filter, stride 2."""
    found = answers("conv_relu_pool", {"image": IMAGE, "kernels": CROSS}, stride=2)
    assert {"conv": ((1, -2), (3, 1)), "relu": ((1, 0), (3, 1)), "pooled": 3} == found


def test_symmetric_filter_of_the_homework_is_noted() -> None:
    """The filter is its own flip, which a printed variant must not be: pinned, it is noted."""
    pinned = problem("conv_relu_pool").pin({"stride": 2}, {"image": IMAGE, "kernels": CROSS})
    assert any("flip" in note for note in notes(pinned))


def test_gradients_of_the_homework_by_hand() -> None:
    """P = 3 stands in the lower left cell, so that its window is the filter's gradient; upstream 1."""
    data = {"image": IMAGE, "kernels": CROSS, "upstream": (((1,),),)}
    found = answers("conv_relu_pool", data, stride=2, gradient="upstream")
    assert ((0, 0), (1, 0)) == found["dconv"]
    assert ((3, 2, 1), (4, 1, 1), (5, 1, 1)) == found["dkernels"]


def test_sigmoid_neuron_of_the_lecture() -> None:
    """w = (1, -2, 1), x = (-1, 1): six decimals of the output and of every gradient."""
    found = answers("backprop", NEURON, formula="sigmoid_neuron")
    assert -2 == found["z"]
    expected = [0.119203, 0.104994, -0.104994, 0.104994, 0.104994, 0.104994, -0.209987]
    assert expected == to(6, [found[key] for key in ("f", "dz", "dw0", "dw1", "dw2", "dx0", "dx1")])


def test_sigmoid_gates_of_the_lecture() -> None:
    """The same neuron gate by gate: f = 1 / d with d = 1 + e²."""
    found = answers("backprop", NEURON, formula="sigmoid_gates", ask="all")
    assert [-1, -2, -3, -2, 2] == [found[key] for key in ("p", "q", "s", "z", "m")]
    expected = [7.389056, 8.389056, -0.014209, -0.014209, -0.104994]
    assert expected == to(6, [found[key] for key in ("e", "d", "dd", "de", "dm")])


def test_sigmoid_neuron_of_cs231n() -> None:
    """w = (2, -3, -3), x = (-1, -2), as worked in "Backpropagation, Intuitions"."""
    found = answers("backprop", {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3}, formula="sigmoid_neuron")
    expected = [1, 0.73, -0.2, 0.39, -0.39, -0.59, 0.2]
    assert expected == to(2, [found[key] for key in ("z", "f", "dw0", "dx0", "dw1", "dx1", "dw2")])


def test_circuit_of_cs231n() -> None:
    """(x + y) z at (-2, 5, -4)."""
    found = answers("backprop", {"x": -2, "y": 5, "z": -4}, formula="sum_times")
    assert {"f": -12, "dx": -4, "dy": -4, "dz": 3} == found


def test_circuit_with_max_by_hand() -> None:
    """x y + max(z, w) at (3, -4, 2, -1) under upstream 2: the max sends all to z."""
    found = answers("backprop", {"x": 3, "y": -4, "z": 2, "w": -1, "upstream": 2}, formula="product_max")
    assert {"f": -10, "dx": -8, "dy": 6, "dz": 2, "dw": 0} == found


@pytest.mark.parametrize(
    ("axis", "params", "expected"),
    [
        (ROWS, {}, [F("1.5"), F("1.4"), F("0.9"), F(19, 15)]),
        (COLUMNS, {}, [F("1.9"), F("1.5"), 0, F(17, 15)]),
        (ROWS, {"reduction": "sum"}, [F("1.5"), F("1.4"), F("0.9"), F("3.8")]),
        (COLUMNS, {"reduction": "sum"}, [F("1.9"), F("1.5"), 0, F("3.4")]),
        (ROWS, {"squared": True}, [F("1.25"), 1, F("0.81"), F("1.02")]),
        (COLUMNS, {"squared": True}, [F("3.61"), F("2.25"), 0, F(293, 150)]),
        (ROWS, {"margin": F(1, 2)}, [F("0.5"), F("0.4"), F("0.4"), F(13, 30)]),
        (COLUMNS, {"margin": F(2)}, [F("2.9"), F("2.9"), F("1.3"), F(71, 30)]),
    ],
)
def test_svm_of_the_seed(axis: dict[str, int], params: dict[str, Any], expected: list[Any]) -> None:
    """True class on the diagonal, in both orientations."""
    assert expected == losses(answers("svm_loss", {"scores": TABLE}, **axis, **params))


def test_svm_of_cs231n() -> None:
    """Cat, car and frog: 2.9, 0, 12.9 and their mean."""
    assert [F("2.9"), 0, F("12.9"), F("15.8") / 3] == losses(answers("svm_loss", {"scores": CATS}))


def test_svm_gradient_of_the_seed_by_hand() -> None:
    """Rows: -2, -2 and -1 margins count against the true class; divided by N = 3."""
    found = answers("svm_loss", {"scores": TABLE}, gradient=True)["dscores"]
    third = F(1, 3)
    assert ((-2 * third, third, third), (third, -2 * third, third), (0, third, -third)) == found


def test_svm_gradient_at_the_margin_of_zero() -> None:
    """Columns: the last image has a margin of exactly 0, whose slope is 0."""
    found = answers("svm_loss", {"scores": TABLE}, class_axis=0, gradient=True)["dscores"]
    third = F(1, 3)
    assert ((-third, 0, 0), (third, -third, 0), (0, third, 0)) == found


def test_margin_of_zero_is_noted() -> None:
    """Pinned numbers on a kink are solved and noted: in columns, and not in rows."""
    pinned = [problem("svm_loss").pin({"class_axis": axis}, {"scores": TABLE}) for axis in (0, 1)]
    assert [1, 0] == [sum("kink" in note for note in notes(instance)) for instance in pinned]


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        (ROWS, [0.958020, 0.911901, 0.645985, 0.838635]),
        (COLUMNS, [1.245933, 1.047536, 0.438618, 0.910696]),
    ],
)
def test_softmax_of_the_seed(axis: dict[str, int], expected: list[float]) -> None:
    """True class on the diagonal, natural logarithm, in both orientations."""
    assert expected == to(6, losses(answers("softmax_loss", {"scores": TABLE}, **axis)))


def test_softmax_of_cs231n() -> None:
    """The cat's probability is 0.13, and its loss 2.04 by the natural logarithm."""
    found = answers("softmax_loss", {"scores": CATS[:1]})
    assert [0.13, 2.04] == to(2, [found["p[0]"], found["losses[0]"]])


def test_orientations_of_the_seed_differ() -> None:
    """The tooth of all of the above: read the other way round, no loss of the table stays the same."""
    for name in ("svm_loss", "softmax_loss"):
        one, other = (losses(answers(name, {"scores": TABLE}, class_axis=axis)) for axis in (0, 1))
        assert all(mine != theirs for mine, theirs in zip(one, other, strict=True))


def test_flipped_filter_differs() -> None:
    """The tooth of the homework's map: made lopsided, the filter gives another map than its flip."""
    lopsided = ((((0, -1, 0), (1, 1, 1), (0, -1, 1)),),)
    flip = ((((1, -1, 0), (1, 1, 1), (0, -1, 0)),),)
    one, other = (
        answers("conv_relu_pool", {"image": IMAGE, "kernels": kernels}, stride=2)["conv"]
        for kernels in (lopsided, flip)
    )
    assert ((2, -1), (4, 2)) == one
    assert list(cells(one)) != list(cells(other))


def test_a_kink_that_float64_misses_is_not_refused() -> None:
    """0.1 + 0.2 - 0.3 is 0, and in float64 it is not: exact engines agree on slope 0, float64 says it did not compare."""
    pinned = problem("backprop").pin({"formula": "f = relu(0.1 * x + 0.2 * y - 0.3 * z)"}, {"x": 1, "y": 1, "z": 1})
    solution = solve(pinned)
    assert [0, 0, 0, 0] == [answer.value for answer in solution.answers]
    value, slope = solution.certificates[0].bounds, solution.certificates[1].bounds
    assert "float64 on cpu within 1e-12 of the largest number" == value["torch"]
    assert "not compared: at a kink that rounded data miss" == slope["torch"]


def test_large_scores_that_nearly_cancel_are_not_refused() -> None:
    """What float64 loses of a million is no disagreement: the bound follows the largest number."""
    pinned = problem("svm_loss").pin({}, {"scores": [[10**6, "999999.9"]]})
    assert "9/10" == solve(pinned).answers[0].exact
