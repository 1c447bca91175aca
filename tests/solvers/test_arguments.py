"""What the public functions take, and the one sentence with which they refuse the rest."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
import torch

import examgen

SCORES = [[2.0, 1.0, 0.5], [0.25, 3.0, 1.5]]
LABELS = [0, 2]
IMAGE = [[1, 2, 3], [4, 5, 6], [7, 8, 10]]
NAN, INF = float("nan"), float("inf")

TABLES: dict[str, Callable[[], Any]] = {
    "tuples": lambda: tuple(map(tuple, SCORES)),
    "array": lambda: np.array(SCORES),
    "Fortran order": lambda: np.asfortranarray(SCORES),
    "float32": lambda: np.array(SCORES, dtype=np.float32),
    "float16": lambda: np.array(SCORES, dtype=np.float16),
    "long double": lambda: np.array(SCORES, dtype=np.longdouble),
    "big endian": lambda: np.array(SCORES, dtype=">f8"),
    "read only": lambda: np.broadcast_to(np.array(SCORES), (2, 3)),
    "every other row": lambda: np.repeat(SCORES, 2, axis=0)[::2],
    "list of arrays": lambda: [np.array(row) for row in SCORES],
    "tensor": lambda: torch.tensor(SCORES),
    "tensor with gradient": lambda: torch.tensor(SCORES, requires_grad=True),
    "bfloat16": lambda: torch.tensor(SCORES, dtype=torch.bfloat16),
    "list of tensors": lambda: [torch.tensor(row, requires_grad=True) for row in SCORES],
    "fractions": lambda: [[Fraction(cell) for cell in row] for row in SCORES],
    "decimals": lambda: [[Decimal(cell) for cell in row] for row in SCORES],
    "mixed": lambda: [[Fraction(2), 1, 0.5], [Decimal("0.25"), np.float64(3), sympy.Rational(3, 2)]],
}
TRUTHS: dict[str, Any] = {
    "tuple": (0, 2),
    "array": np.array([0, 2]),
    "uint8": np.array([0, 2], dtype=np.uint8),
    "whole floats": np.array([0.0, 2.0]),
    "whole fractions": [Fraction(0), Fraction(2)],
    "tensor": torch.tensor([0, 2]),
}


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("exact", [False, True])
def test_scores_of_any_kind(kind: str, exact: bool) -> None:
    """The result is that of lists of floats."""
    assert examgen.svm_loss(SCORES, LABELS, exact=exact) == examgen.svm_loss(TABLES[kind](), LABELS, exact=exact)


@pytest.mark.parametrize("kind", TRUTHS)
def test_labels_of_any_kind(kind: str) -> None:
    """Class numbers are whole, whatever holds them."""
    assert examgen.softmax_loss(SCORES, LABELS) == examgen.softmax_loss(SCORES, TRUTHS[kind])


@pytest.mark.parametrize("number", [2, 2.0, Fraction(2), Decimal(2), np.int8(2), np.float32(2), np.array(2), torch.tensor(2)])
def test_scalars_of_any_kind(number: Any) -> None:
    """A number is a number: as a margin, as an input, as an upstream gradient."""
    assert examgen.svm_loss(SCORES, LABELS, 2) == examgen.svm_loss(SCORES, LABELS, number)
    assert examgen.backprop("x * x", {"x": 2}, 2) == examgen.backprop("x * x", {"x": number}, number)
    assert examgen.conv_relu_pool(IMAGE, None, upstream=2) == examgen.conv_relu_pool(IMAGE, None, upstream=number)


@pytest.mark.parametrize("kind", ["numpy", "sympy", "torch"])
def test_results_are_float64(kind: str) -> None:
    """Arrays of float64 and Python floats come back from float32 and ints."""
    found = examgen.svm_loss(np.array([[1, 2], [3, 5]], dtype=np.float32), [0, 1], engine=kind)
    assert {np.dtype(np.float64)} == {found.losses.dtype, found.dscores.dtype}
    assert isinstance(found.loss, float)
    assert isinstance(examgen.backprop("x + 1", {"x": 1}, engine=kind).gradients["x"], float)


def test_shortest_decimals() -> None:
    """2.1 is 21/10, in float32 too."""
    for value in (2.1, np.float32(2.1), torch.tensor(2.1), np.float16(2.1), Decimal("2.1")):
        assert Fraction(21, 10) == examgen.backprop("1 * x", {"x": value}, exact=True).value


def test_results_own_their_numbers() -> None:
    """What comes back is frozen and is not the caller's array, and steps keep the numbers that were given."""
    image = np.array(IMAGE, dtype=float)
    found = examgen.conv_relu_pool(image, None, relu=False, pool=None, upstream=1)
    steps = examgen.conv_relu_pool(IMAGE, None, relu=False, pool=None, upstream=1).steps
    image[:] = 0
    for array in (found.conv, found.dimage):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 1
    assert (np.array(IMAGE) == found.relu).all()
    assert (np.array(IMAGE) == found.pooled).all()
    assert steps == found.steps
    assert found.accepts("conv[0,1]", "2")


def test_large_scores_do_not_overflow() -> None:
    """exp of 10,000 is beyond float64; the loss is not."""
    found = examgen.softmax_loss([[1e4, 0], [0, 1e4]], [0, 0])
    assert [0, 1e4] == found.losses.tolist()
    assert [[0, 0], [-0.5, 0.5]] == found.dscores.tolist()


@pytest.mark.parametrize("how", [{}, {"class_axis": 0}, {"reduction": "sum"}])
@pytest.mark.parametrize("name", ["svm_loss", "softmax_loss"])
def test_a_large_table_is_its_parts(name: str, how: dict[str, Any]) -> None:
    """A table that is worked on in blocks gives what its samples give one by one."""
    rng = np.random.default_rng(0)
    scores, labels = rng.standard_normal((700, 300)), rng.integers(0, 300, 700)
    function = getattr(examgen, name)
    whole = function(scores.T if "class_axis" in how else scores, labels, **how)
    single = [function(row[None], [label]) for row, label in zip(scores, labels, strict=True)]
    share = 1 if "reduction" in how else 1 / 700
    slopes = np.concatenate([one.dscores for one in single]) * share
    np.testing.assert_allclose(whole.losses, [one.loss for one in single], rtol=1e-12)
    np.testing.assert_allclose(whole.loss, share * sum(one.loss for one in single), rtol=1e-12)
    np.testing.assert_allclose(whole.dscores, slopes.T if "class_axis" in how else slopes, rtol=1e-12)


def svm(scores: Any = SCORES, labels: Any = LABELS, **how: Any) -> Any:
    return examgen.svm_loss(scores, labels, **how)


def softmax(scores: Any = SCORES, labels: Any = LABELS, **how: Any) -> Any:
    return examgen.softmax_loss(scores, labels, **how)


def conv(image: Any = IMAGE, kernels: Any = ((1, 2), (3, 4)), **how: Any) -> Any:
    return examgen.conv_relu_pool(image, kernels, **{"pool": None, **how})


def prop(formula: Any = "x * y", inputs: Any = None, **how: Any) -> Any:
    return examgen.backprop(formula, {"x": 1, "y": 2} if inputs is None else inputs, **how)


# what is wrong -> the call, and how its sentence begins
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "no scores": (lambda: svm([]), "scores is empty"),
    "no classes": (lambda: svm(np.zeros((2, 0))), "scores is empty"),
    "ragged": (lambda: svm([[1, 2], [3]]), "scores is ragged"),
    "nan": (lambda: svm([[1, NAN], [3, 4]]), "scores holds nan"),
    "infinite": (lambda: softmax([[1, -INF], [3, 4]]), "scores holds -inf"),
    "nan among fractions": (lambda: svm([[Fraction(1), Decimal("nan")], [3, 4]]), "scores holds NaN"),
    "an int beyond float64": (lambda: svm([[10**400, 2], [3, 4]]), "scores holds a number beyond"),
    "complex": (lambda: svm([[1j, 2], [3, 4]]), "scores holds complex numbers"),
    "text": (lambda: svm([["1", 2], [3, 4]]), "scores holds text"),
    "objects": (lambda: svm([[None, 2], [3, 4]]), "scores holds None (NoneType)"),
    "a dictionary": (lambda: svm({"a": 1}), "scores holds "),
    "none at all": (lambda: svm(None), "scores holds None"),
    "dates": (lambda: svm(np.array([["2020-01-01"]], dtype="M8[D]")), "scores holds dates"),
    "bools": (lambda: svm(np.array([[True, False]])), "scores holds truth values"),
    "a bool among numbers": (lambda: svm([[True, 2], [3, 4]]), "scores holds True"),
    "one row": (lambda: svm([1, 2, 3]), "scores has shape (3,), expected two axes"),
    "a cube": (lambda: softmax(np.zeros((2, 3, 4))), "scores has shape (2, 3, 4), expected two axes"),
    "one class": (lambda: svm([[1], [2]]), "scores has shape (2, 1), which is 1 class with class_axis=1"),
    "one class in columns": (lambda: svm([[1, 2]], class_axis=0), "scores has shape (1, 2), which is 1 class with class_axis"),
    "a label too many": (lambda: svm(labels=[0, 1, 2]), "labels has shape (3,), expected (2,)"),
    "a single label": (lambda: svm(labels=0), "labels has shape (), expected (2,)"),
    "one-hot labels": (lambda: softmax(labels=[[1, 0, 0], [0, 0, 1]]), "labels has shape (2, 3), expected (2,)"),
    "a label too large": (lambda: svm(labels=[0, 3]), "labels holds 3: with 3 classes a label is a whole number from 0 to 2"),
    "a label below 0": (lambda: softmax(labels=[-1, 0]), "labels holds -1"),
    "half a label": (lambda: svm(labels=[0, 0.5]), "labels holds 0.5"),
    "bools as labels": (lambda: svm(labels=[True, False]), "labels holds True"),
    "labels for rows": (lambda: svm(class_axis=0), "labels has shape (2,), expected (3,)"),
    "margin 0": (lambda: svm(margin=0), "margin is 0: give a number above 0"),
    "margin below 0": (lambda: svm(margin=-1.5), "margin is -1.5"),
    "margin nan": (lambda: svm(margin=NAN), "margin holds nan"),
    "margin infinite": (lambda: svm(margin=INF), "margin holds inf"),
    "margins": (lambda: svm(margin=[1, 2]), "margin has shape (2,): give one number"),
    "margin as a word": (lambda: svm(margin="1"), "margin holds text"),
    "squared as a number": (lambda: svm(squared=2), "squared is 2: give True or False"),
    "reduction none": (lambda: svm(reduction="none"), "reduction is 'none': give 'mean' or 'sum'"),
    "reduction None": (lambda: softmax(reduction=None), "reduction is None"),
    "class_axis 2": (lambda: svm(class_axis=2), "class_axis is 2: give 0 or 1"),
    "class_axis -1": (lambda: softmax(class_axis=-1), "class_axis is -1"),
    "class_axis True": (lambda: softmax(class_axis=True), "class_axis is true"),
    "unknown engine": (lambda: svm(engine="jax"), "engine is 'jax': give 'numpy' or 'torch' or 'sympy'"),
    "no engine": (lambda: svm(engine=None), "engine is None"),
    "exact torch": (lambda: svm(engine="torch", exact=True), "engine is 'torch' with exact=True"),
    "exact as a number": (lambda: svm(exact=1), "exact is 1: give True or False"),
    "exact and large": (lambda: svm(np.zeros((2000, 10)), [0] * 2000, exact=True), "the task has 98002 numbers: exact=True"),
    "sums beyond float64": (lambda: svm([[-1.7e308, 1.7e308]], [0]), "raised has no finite value"),
    "row for an image": (lambda: conv([1, 2, 3]), "image has shape (3,), expected (H, W), (C, H, W)"),
    "five axes": (lambda: conv(np.zeros((1, 1, 1, 3, 3))), "image has shape (1, 1, 1, 3, 3), expected"),
    "empty image": (lambda: conv(np.zeros((0, 3))), "image is empty"),
    "three axes of kernels": (lambda: conv(kernels=np.ones((1, 2, 2))), "kernels has shape (1, 2, 2), expected (kH, kW)"),
    "kernel nan": (lambda: conv(kernels=[[NAN]]), "kernels holds nan"),
    "too many channels": (lambda: conv(kernels=np.ones((1, 2, 2, 2))), "kernels has 2 channels, expected 1"),
    "too few channels": (lambda: conv(np.ones((4, 3, 3)), [[1]]), "kernels has 1 channels, expected 4"),
    "channels in groups": (
        lambda: conv(np.ones((4, 3, 3)), np.ones((2, 4, 1, 1)), groups=2), "kernels has 4 channels, expected 2",
    ),
    "groups of channels": (lambda: conv(np.ones((3, 3, 3)), np.ones((2, 1, 1, 1)), groups=2), "groups is 2: it has to divide"),
    "groups of filters": (lambda: conv(np.ones((2, 3, 3)), np.ones((3, 1, 1, 1)), groups=2), "groups is 2: it has to divide"),
    "groups 0": (lambda: conv(groups=0), "groups is 0: give at least 1"),
    "large kernel": (lambda: conv(kernels=np.ones((4, 4))), "kernels: a window of 4×4"),
    "dilated kernel": (lambda: conv(dilation=3), "kernels: a window of 2×2 with dilation (3, 3) does not fit 3×3"),
    "bias too long": (lambda: conv(bias=[1, 2]), "bias has shape (2,), expected (1,)"),
    "matrix of biases": (lambda: conv(bias=[[1]]), "bias has shape (1, 1), expected (F,)"),
    "bias alone": (lambda: conv(kernels=None, bias=[1]), "bias is given without kernels"),
    "stride 0": (lambda: conv(stride=0), "stride is 0: give at least 1"),
    "stride 0 across": (lambda: conv(stride=(1, 0)), "stride is 0"),
    "half a stride": (lambda: conv(stride=1.5), "stride is 1.5: give a whole number or a pair"),
    "three strides": (lambda: conv(stride=(1, 1, 1)), "stride is [1, 1, 1]: give a whole number or a pair"),
    "stride True": (lambda: conv(stride=True), "stride is true"),
    "negative padding": (lambda: conv(padding=-1), "padding is -1: give at least 0"),
    "padding as a word": (lambda: conv(padding="same"), "padding is 'same'"),
    "dilation 0": (lambda: conv(dilation=0), "dilation is 0"),
    "relu None": (lambda: conv(relu=None), "relu is None: give True or False"),
    "pool none": (lambda: conv(pool="none"), "pool is 'none': give 'max' or 'avg' or None"),
    "pool True": (lambda: conv(pool=True), "pool is true"),
    "large pool": (lambda: conv(pool="max", pool_size=3), "pool_size: a window of 3×3"),
    "pool of 0": (lambda: conv(pool="max", pool_size=0), "pool_size is 0"),
    "pool stride 0": (lambda: conv(pool="max", pool_stride=0), "pool_stride is 0"),
    "pool padding": (lambda: conv(pool="avg", pool_padding=(0, 2)), "pool_padding is (0, 2), more than half"),
    "negative pool padding": (lambda: conv(pool="avg", pool_padding=-1), "pool_padding is -1"),
    "upstream too small": (lambda: conv(upstream=[[1]]), "upstream has shape (1, 1), expected (2, 2) as pooled"),
    "upstream of full rank": (lambda: conv(upstream=np.ones((1, 2, 2))), "upstream has shape (1, 2, 2), expected (2, 2)"),
    "upstream nan": (lambda: conv(upstream=NAN), "upstream holds nan"),
    "formula of numbers": (lambda: prop(5), "a formula is text"),
    "empty formula": (lambda: prop(" "), "the formula is empty"),
    "a hat": (lambda: prop("x ^ y"), "formula, column 3: '^' cannot stand in a formula: write ** for a power"),
    "an unknown function": (lambda: prop("f = foo(x) + y"), "formula, column"),
    "missing input": (lambda: prop("x * y * z"), "inputs has no 'z', which the formula uses: give x, y, z"),
    "input nobody uses": (lambda: prop("2 * x"), "inputs holds 'y', which the formula does not use"),
    "input bound again": (lambda: prop("y = 2 * x"), "formula, column 1: the name 'y' is bound here and given too"),
    "bound twice": (lambda: prop("q = x + y; q = x * y"), "formula, column 12: the name 'q' is bound twice"),
    "used too early": (lambda: prop("f = q + y; q = x"), "formula, column 5: 'q' is used before it has a value"),
    "upstream as an input": (lambda: prop("upstream * x", {"x": 1, "upstream": 2}), "inputs holds 'upstream'"),
    "upstream as a statement": (lambda: prop("upstream = x * y; f = 2 * upstream"), "formula binds 'upstream'"),
    "a formula of constants": (lambda: prop("f = 2", {}), "formula: the last statement depends on no input"),
    "a list of inputs": (lambda: prop(inputs=[1, 2]), "inputs is [1, 2]: give a dictionary"),
    "a number for a name": (lambda: prop(inputs={"x": 1, "y": 2, 3: 4}), "inputs holds 3, which"),
    "input of text": (lambda: prop(inputs={"x": "1", "y": 2}), "inputs['x'] holds text"),
    "input nan": (lambda: prop(inputs={"x": NAN, "y": 2}), "inputs['x'] holds nan"),
    "shapes that do not broadcast": (lambda: prop(inputs={"x": [1, 2], "y": [1, 2, 3]}), "formula, column 3: shapes (2,)"),
    "an index outside": (lambda: prop("x[2] * y", {"x": [1, 2], "y": 1}), "formula, column 2: index [2] is outside shape (2,)"),
    "upstream larger than the value": (lambda: prop(upstream=[1, 2]), "upstream has shape (2,), expected ()"),
    "upstream that does not broadcast": (
        lambda: prop(inputs={"x": [1, 2, 3], "y": 1}, upstream=[1, 2]), "upstream has shape (2,), expected (3,)",
    ),
    "log of 0": (lambda: prop("q = log(x - 1); f = q * y"), "q has no finite value"),
    "log of a negative number": (lambda: prop("f = 2 + log(x - y)"), "f has no finite value"),
    "quotient by 0": (lambda: prop("q = y / (x - 1)"), "q has no finite value"),
    "exp beyond float64": (lambda: prop("q = exp(1000 * x); f = q * y"), "q has no finite value"),
    "root without a slope": (lambda: prop("f = sqrt(x - 1) * y"), "the gradient at f has no finite value"),
    "exact log of 0": (lambda: prop("q = log(x - 1); f = q * y", exact=True), "q has no finite value"),
    "exact quotient by 0": (lambda: prop("q = y / (x - 1)", exact=True), "q has no finite value"),
    "exact root without a slope": (lambda: prop("f = sqrt(x - 1) * y", exact=True), "the gradient at f has no finite value"),
    "sympy's log of 0": (lambda: prop("q = log(x - 1); f = q * y", engine="sympy"), "q has no finite value"),
    "torch's log of 0": (lambda: prop("q = log(x - 1); f = q * y", engine="torch"), "q has no finite value"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_sentence(case: str) -> None:
    """InputError names the argument first, then what came; one line, and what to do instead."""
    call, beginning = REFUSED[case]
    with pytest.raises(examgen.InputError) as raised:
        call()
    message = str(raised.value)
    assert message.startswith(beginning)
    assert "\n" not in message and len(message) < 250
    assert ":" in message or "expected" in message or "give" in message


def test_what_is_refused_is_close_to_what_is_taken() -> None:
    """The calls that the refusals spoil are themselves fine."""
    for call in (svm, softmax, conv, prop):
        call()
