"""The seed lecture's worked examples through the public functions, to the digits that are printed there."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import examgen

SCORES = [[2.1, 1.6, 2.1], [3.0, 3.2, 2.8], [-2, 3.7, 3.8]]
DIAGONAL = [0, 1, 2]
IMAGE = [[1, 2, 3, 4, 5], [2, 2, 1, 1, 1], [3, 2, 1, 1, 1], [4, 1, 1, 1, 1], [5, 1, 1, 1, 1]]
CROSS = [[0, -1, 0], [1, 1, 1], [0, -1, 0]]
NEURON = {"w0": 1, "x0": -1, "w1": -2, "x1": 1, "w2": 1}
TABLES = {
    ("svm_loss", 1): ([1.5, 1.4, 0.9], 1.266667),
    ("svm_loss", 0): ([1.9, 1.5, 0.0], 1.133333),
    ("softmax_loss", 1): ([0.958020, 0.911901, 0.645985], 0.838635),
    ("softmax_loss", 0): ([1.245933, 1.047536, 0.438618], 0.910696),
}


@pytest.mark.parametrize(("name", "axis"), TABLES)
@pytest.mark.parametrize("engine", ["numpy", "sympy", "torch"])
def test_losses_in_both_orientations(name: str, axis: int, engine: str) -> None:
    """Rows as samples and columns as samples, whichever engine works it out."""
    losses, loss = TABLES[name, axis]
    found = getattr(examgen, name)(SCORES, DIAGONAL, class_axis=axis, engine=engine)
    assert losses == found.losses.round(6).tolist()
    assert loss == round(found.loss, 6)


def test_a_margin_of_exactly_0_passes_nothing() -> None:
    """The last column has one: its gradient is 0 throughout, in exact numbers whatever float64 makes of decimals."""
    assert (Fraction(0),) * 3 == tuple(row[2] for row in examgen.svm_loss(SCORES, DIAGONAL, class_axis=0, exact=True).dscores)


def test_mean_in_exact_numbers() -> None:
    """1.266667 is 19/15."""
    assert Fraction(19, 15) == examgen.svm_loss(SCORES, DIAGONAL, exact=True).loss


@pytest.mark.parametrize("engine", ["numpy", "sympy", "torch"])
def test_neuron(engine: str) -> None:
    """The sigmoid neuron, forward and backward."""
    found = examgen.backprop("f = 1 / (1 + exp(-(w0 * x0 + w1 * x1 + w2)))", NEURON, engine=engine)
    assert 0.119203 == round(found.value, 6)
    expected = {"w0": -0.104994, "x0": 0.104994, "w1": 0.104994, "x1": -0.209987, "w2": 0.104994}
    assert expected == {name: round(slope, 6) for name, slope in found.gradients.items()}


@pytest.mark.parametrize("engine", ["numpy", "sympy", "torch"])
def test_net(engine: str) -> None:
    """conv with stride 2, ReLU, MaxPool."""
    found = examgen.conv_relu_pool(IMAGE, CROSS, stride=2, engine=engine)
    assert [[[1, -2], [3, 1]], [[1, 0], [3, 1]], [[3]]] == [found.conv.tolist(), found.relu.tolist(), found.pooled.tolist()]
    assert found.dimage is found.dkernels is found.dbias is None


def test_net_is_cross_correlation() -> None:
    """The seed's filter is its own flip; one that is not tells that it is not flipped."""
    corner = np.zeros((3, 3))
    corner[0, 0] = 1
    assert [[1, 3], [3, 1]] == examgen.conv_relu_pool(IMAGE, corner, stride=2).conv.tolist()
