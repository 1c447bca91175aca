"""What results can do: frozen, equal by value, short in print, plain for JSON, and able to judge a person's answer."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import examgen
from examgen.problem import Problem
from examgen.registry import preset, problems
from examgen.solvers import TaskResult, solve, solve_instance
from examgen.solving import draw

SCORES, LABELS = [[2.1, 1.6, 2.1], [3.0, 3.2, 2.8], [-2, 3.7, 3.8]], [0, 1, 2]
IMAGE = [[1, 2, 3, 4, 5], [2, 2, 1, 1, 1], [3, 2, 1, 1, 1], [4, 1, 1, 1, 1], [5, 1, 1, 1, 1]]
CROSS = [[0, -1, 0], [1, 1, 1], [0, -1, 0]]


def svm(**how: Any) -> Any:
    return examgen.svm_loss(SCORES, LABELS, **how)


def softmax(**how: Any) -> Any:
    return examgen.softmax_loss(SCORES, LABELS, **how)


def product(**how: Any) -> Any:
    return examgen.backprop("q = x + y; f = q * z", {"x": -2, "y": 5, "z": -4}, **how)


def net(**how: Any) -> Any:
    return examgen.conv_relu_pool(IMAGE, CROSS, stride=2, upstream=[[1]], **how)


RESULTS = (svm, softmax, product, net)


@pytest.mark.parametrize("make", RESULTS)
@pytest.mark.parametrize("exact", [False, True])
def test_equal_by_value(make: Any, exact: bool) -> None:
    """Equal where made twice, copied or pickled; not equal where one number is another, or to anything else."""
    one = make(exact=exact)
    assert one == make(exact=exact) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one))
    assert one != one.to_dict()
    with pytest.raises(TypeError):
        hash(one)


def test_one_other_number_is_noticed() -> None:
    """In an array, in a scalar, in a mapping, and in the sign of an upstream gradient alone."""
    assert svm() != svm(margin=2)
    assert svm() != svm(reduction="sum")
    assert product() != product(upstream=-1)
    assert net() != examgen.conv_relu_pool(IMAGE, CROSS, stride=2, upstream=[[2]])
    assert net() != examgen.conv_relu_pool(IMAGE, CROSS, stride=2)


@pytest.mark.parametrize("make", RESULTS)
def test_frozen(make: Any) -> None:
    """A field cannot be set anew."""
    found = make()
    for field in dataclasses.fields(found):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(found, field.name, 0)


@pytest.mark.parametrize("make", RESULTS)
@pytest.mark.parametrize("exact", [False, True])
def test_to_dict_is_json(make: Any, exact: bool) -> None:
    """Through JSON and back it is the same plain data, with one entry per field."""
    found = make(exact=exact)
    plain = found.to_dict()
    assert plain == json.loads(json.dumps(plain))
    assert {f.name for f in dataclasses.fields(found)} - {"_task"} == set(plain)


def test_to_dict_says_the_numbers() -> None:
    """Floats as numbers, exact ones as text, what is not there as null."""
    assert {"q": {"value": 3, "gradient": -4}, "f": {"value": -12, "gradient": 1}} == product().to_dict()["nodes"]
    assert "19/15" == svm(exact=True).to_dict()["loss"]
    assert "log(2)" == examgen.softmax_loss([[0, 0]], [0], exact=True).to_dict()["loss"]
    assert [[3, 2, 1], [4, 1, 1], [5, 1, 1]] == net().to_dict()["dkernels"]
    assert net().to_dict()["dbias"] is None


def test_printed_short() -> None:
    """Small arrays in full to six digits, large ones by their shape, fields by name."""
    assert (
        "BackpropResult(value=-12, gradients={'x': -4, 'y': -4, 'z': 3}, nodes={'q': (3, -4), 'f': (-12, 1)})"
        == repr(product())
    )
    assert "losses=[1.5, 1.4, 0.9], loss=1.26667" in repr(svm())
    assert "loss=19/15" in repr(svm(exact=True))
    large = repr(examgen.softmax_loss(np.zeros((500, 40)), [0] * 500))
    assert "dscores=<array 500 × 40>" in large
    assert len(large) < 200


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("make", RESULTS)
def test_steps_are_made_when_asked_for(make: Any, exact: bool) -> None:
    """The worked solution of every function, the same whatever numbers the result holds, made once."""
    found = make(exact=exact)
    assert "steps" not in vars(found)
    assert len(found.steps) > 1
    assert found.steps is found.steps
    assert make().steps == found.steps


def test_no_steps_for_what_nobody_reads() -> None:
    """Over 10,000 numbers steps are refused; answers are still judged, by the floats."""
    found = examgen.svm_loss(np.ones((3000, 2)), [0] * 3000)
    with pytest.raises(examgen.InputError, match="the task has 27002 numbers: a worked solution"):
        _ = found.steps
    assert found.accepts("loss", "1")
    assert found.accepts("losses[2999]", "1.005")
    assert not found.accepts("dscores[0]", "0.5 0.5")


ACCEPTED = [
    (svm, "loss", "1.27"),
    (svm, "loss", "1,27"),
    (svm, "loss", " 19/15 "),
    (svm, "loss", "19 / 15"),
    (svm, "loss", "1.2766"),
    (svm, "losses[0]", "1.5"),
    (svm, "losses [ 2 ]", ".9"),
    (svm, "losses", "1.5 1.4 0.9"),
    (svm, "losses", "1,5 1,4 0,9"),
    (svm, "losses", "1.5, 1.4, 0.9"),
    (svm, "losses", "[1.5, 1.4, 0.9]"),
    (svm, "dscores[0,0]", "−2/3"),
    (svm, "dscores[0][0]", "–0.67"),
    (svm, "dscores[0,0]", "- 0,67"),
    (svm, "dscores[1]", "1/3 -2/3 1/3"),
    (svm, "loss", "1 4/15"),
    (svm, "loss", "L = 3,8/3 ≈ 1,27"),
    (softmax, "losses[1]", "0,91"),
    (softmax, "losses[1]", "-ln(e^3,2/(e^3+e^3,2+e^2,8))"),
    (softmax, "probabilities[1,1]", "4.0e-1"),
    (product, "f", "-12"),
    (product, "value", "-12"),
    (product, "q", "3"),
    (product, "dq", "-4"),
    (product, "dx", "−4"),
    (product, "dz", "3.0"),
    (net, "conv", "1 -2; 3 1"),
    (net, "conv", "1 -2\n3 1"),
    (net, "conv", "[[1,-2],[3,1]]"),
    (net, "conv", "((1, -2), (3, 1))"),
    (net, "conv[1,0]", "3"),
    (net, "pooled", "3"),
    (net, "dkernels[0]", "3; 2; 1".replace(";", "")),
]
REJECTED = [
    (svm, "loss", "1.25"),
    (svm, "loss", "1.2767"),
    (svm, "loss", "-1.27"),
    (svm, "losses", "1.5 1.4 1.9"),
    (softmax, "losses[1]", "0.95"),
    (product, "f", "12"),
    (product, "f", "-12.005"),  # whole numbers are met exactly
    (product, "dx", "-4.001"),
    (net, "conv", "1 -2; 3 1.001"),
    (net, "conv", "1 3; -2 1"),
    (net, "pooled", "3.01"),
]
UNREAD = [
    ("loss", "", "text is ''"),
    ("loss", "one", "text holds 'one'"),
    ("loss", "1 2", "text holds '1 2'"),
    ("loss", "1/0", "text holds '1/0'"),
    ("loss", "nan", "text holds 'nan'"),
    ("loss", "9" * 100, "text holds '9999"),
    ("loss", "1e9999", "text holds '1e9999'"),
    ("loss", 1.27, "text is 1.27"),
    ("losses", "1 2", r"text states numbers in shape \(2,\), expected \(3,\)"),
    ("dscores", "1 2 3; 4 5; 7 8 9", "text holds .*unequal length"),
    ("dscores", "[[1,2,3],[4,5,6]", "text holds .*brackets .* do not match"),
    ("dscores", "1 2 3 4 5 6 7 8 9", "text states numbers"),
    ("lose", "1", "field is 'lose', which this result does not hold: it has losses, loss, dscores"),
    ("losses[3]", "1", r"field is losses\[3\], which is outside shape \(3,\)"),
    ("loss[0]", "1", r"field is loss\[0\], which is outside"),
    ("losses[-1]", "1", "field is 'losses"),
    ("losses[x]", "1", "field is 'losses"),
    ("", "1", "field is ''"),
    (None, "1", "field is None"),
]


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(("make", "field", "text"), ACCEPTED)
def test_right_answers(make: Any, field: str, text: str, exact: bool) -> None:
    """As a point or a comma, a fraction, any minus, rows in any notation."""
    assert make(exact=exact).accepts(field, text)


@pytest.mark.parametrize(("make", "field", "text"), REJECTED)
def test_wrong_answers(make: Any, field: str, text: str) -> None:
    """More than one unit of the last decimal away, or anything but a whole number that is asked."""
    assert not make().accepts(field, text)


@pytest.mark.parametrize(("field", "text", "says"), UNREAD)
def test_unreadable_answers(field: Any, text: Any, says: str) -> None:
    """Neither right nor wrong: InputError says what came and what is read."""
    with pytest.raises(examgen.InputError, match=says):
        svm().accepts(field, text)


@pytest.mark.parametrize(("how", "says"), [({"decimals": -1}, "decimals is -1"), ({"working": 1.5}, "working is 1.5")])
def test_decimals_are_checked(how: dict[str, Any], says: str) -> None:
    with pytest.raises(examgen.InputError, match=says):
        svm().accepts("loss", "1", **how)


def test_decimals_count() -> None:
    """One unit of the last decimal asked, either way."""
    assert svm().accepts("loss", "1.3", decimals=1)
    assert not svm().accepts("loss", "1.28", decimals=2)
    assert svm().accepts("loss", "1.28", decimals=1)
    assert not svm().accepts("loss", "1.2", decimals=2)


def test_a_gradient_that_is_not_there() -> None:
    """Without an upstream gradient there is none to judge."""
    with pytest.raises(examgen.InputError, match=r"field is 'dimage', .*: it has conv, relu, pooled"):
        examgen.conv_relu_pool(IMAGE, CROSS).accepts("dimage", "0")


def test_names_that_look_like_gradients() -> None:
    """A statement called dx is what dx means; the gradient at x is then d(x)."""
    found = examgen.backprop("dx = 3 * x; f = dx * dx", {"x": 2})
    assert found.accepts("dx", "6")
    assert found.accepts("d(x)", "36")
    assert 36 == found.gradients["x"]


def test_dead_ends_and_constants() -> None:
    """What does not lead to the value has gradient 0; a statement of constants has none."""
    found = examgen.backprop("c = 2; g = x * y; f = c * x", {"x": 3, "y": [1, 2]})
    assert [0, 0] == found.gradients["y"].tolist() == found.nodes["g"].gradient.tolist()
    assert (2.0, None) == found.nodes["c"]
    assert ["c", "g", "f"] == list(found.nodes)
    assert ((Fraction(0),) * 2, None) == (
        (exact := examgen.backprop("c = 2; g = x * y; f = c * x", {"x": 3, "y": [1, 2]}, exact=True)).gradients["y"],
        exact.nodes["c"].gradient,
    )


def test_shapes_of_a_net() -> None:
    """A bare image and filter give bare maps; anything more keeps its axes."""
    stack = [CROSS]
    dims = {
        (5, 5): (IMAGE, CROSS), (1, 5, 5): ([IMAGE], CROSS), (2, 5, 5): (IMAGE, [stack, stack]),
        (3, 2, 5, 5): ([[IMAGE]] * 3, [stack, stack]),
    }
    for expected, (image, kernels) in dims.items():
        found = examgen.conv_relu_pool(image, kernels, padding=1, pool=None, upstream=1)
        assert {expected} == {found.conv.shape, found.relu.shape, found.pooled.shape}
        assert (np.shape(image), np.shape(kernels)) == (found.dimage.shape, found.dkernels.shape)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("name", problems())
def test_any_drawn_task(name: str, exact: bool) -> None:
    """Every preset of every problem type can be solved, judged, printed and told."""
    for label in problems()[name].presets:
        instance = draw(name, preset(name, label), "solvers", 0)
        found = solve_instance(instance, exact=exact)
        assert json.dumps(found.to_dict())
        assert len(repr(found)) < 1000
        assert found.steps
        assert solve(name, instance.params, instance.data, exact=exact) == found


class Elsewhere(type(problems()["svm_loss"])):  # type: ignore[misc]  # a class found while it runs
    """A problem type that is not ours, with the results every problem has by default."""

    name = "elsewhere"
    results = Problem.results


def test_a_problem_type_of_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its fields are its named nodes and their gradients, by name and as attributes."""
    monkeypatch.setattr("examgen.registry.problems", lambda: {"elsewhere": Elsewhere()})
    found = solve("elsewhere", Elsewhere.params(2, 2), {"scores": [[1, 2], [3, 5]], "labels": [0, 1]})
    assert isinstance(found, TaskResult)
    assert [2, 0] == found.losses.tolist()
    assert [[-0.5, 0.5], [0, 0]] == found.dscores.tolist()
    assert found.accepts("dscores[0]", "-0.5 0.5")
    assert {"true_scores", "other_scores", "raised", "margins", "losses", "loss", "dscores"} < set(found.to_dict())
    with pytest.raises(AttributeError, match="the result has no 'probabilities'"):
        _ = found.probabilities


REFUSED = {
    "data has no 'labels'": {"scores": [[1, 2]]},
    "data holds 'score'": {"scores": [[1, 2]], "labels": [0], "score": 1},
    "scores has shape": {"scores": [[1, 2, 3]], "labels": [0]},
    "labels holds 0.5": {"scores": [[1, 2]], "labels": [0.5]},
    "upstream has shape": {"scores": [[1, 2]], "labels": [0], "upstream": [1, 2]},
}


@pytest.mark.parametrize("says", REFUSED)
def test_data_that_do_not_fit(says: str) -> None:
    """What the command line hands over is checked against the graph."""
    with pytest.raises(examgen.InputError, match=says):
        solve("svm_loss", problems()["svm_loss"].params(1, 2), REFUSED[says])
