"""What follows from a gradient: each engine takes its own, and what changes the way back changes it too."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from examgen.engines import _numpy, _sympy, _torch
from examgen.errors import InputError
from examgen.graph import Builder, Graph, Ref, backward, differentiated, expand, routes
from examgen.mistakes import summed, without_upstream
from examgen.model import each
from examgen.verifying import prove

RATE = Fraction(1, 10)
DATA = {"x": (3, -1), "w": ((1, 2), (4, -2)), "y": (1, 0)}


def descent(activation: str = "relu", name: str = "w_new") -> Graph:
    """One step of gradient descent on the weights of max(0, x w), against the squared error."""
    b = Builder()
    x, w, y = b.input("x", (2,)), b.input("w", (2, 2)), b.input("y", (2,))
    error = b.op(activation, b.matmul(x, w)) - y
    loss = b.reduce("sum", b.power(error, 2), name="loss")
    b.op("sub", w, b.const(RATE) * b.gradient(w, "g"), name=name)
    return b.build(loss)


# x w = (-1, 8): the second column alone has a gradient, 2 * 8 * (3, -1)
STEPPED = ((1, 2 - Fraction(48, 10)), (4, -2 + Fraction(16, 10)))
ENGINES: list[Callable[..., Any]] = [_numpy.evaluate, _sympy.evaluate, _torch.evaluate]


@pytest.mark.parametrize("evaluate", ENGINES)
def test_a_step_of_descent(evaluate: Callable[..., Any]) -> None:
    """By hand."""
    found = evaluate(descent(), DATA).values
    assert np.allclose(each(STEPPED, float), np.asarray(each(found["w_new"].tolist() if hasattr(found["w_new"], "tolist")
                                                             else found["w_new"], float)))


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_it_is_proved(activation: str) -> None:
    """All engines agree on it, and it is the weight less a tenth of the gradient."""
    proof = prove(descent(activation), DATA)
    weights = [cell for row in DATA["w"] for cell in row]
    stepped = [w - RATE * g for w, g in zip(weights, proof.gradients["w"], strict=True)]
    assert all(abs(mine - theirs) < Fraction(1, 10**40) for mine, theirs in zip(stepped, proof.values["w_new"], strict=True))
    assert proof.values["g"] == proof.gradients["w"]


def test_another_gradient_leads_elsewhere() -> None:
    """The tooth: with a mistake on the way back the step is another one; without any gradient there is none."""
    graph = descent()
    wrong = differentiated(graph, {"relu": without_upstream("relu")}, summed)
    found = _numpy.run(wrong.graph, {**DATA, wrong.upstream: 1}, "exact")
    assert [[1, 2 - RATE * 3], [4, -2 + RATE]] == found["w_new"].tolist()
    lost = differentiated(graph, {"relu": lambda b, node, g: (None,)}, summed)
    assert "w_new" not in lost.graph and "w_new" not in lost.values


def test_stacks() -> None:
    """Of several instances each has its own step."""
    data = {name: np.asarray([value, each(value, lambda cell: 2 * cell)], dtype=float) for name, value in DATA.items()}
    for evaluate in (_numpy.evaluate, _torch.evaluate):
        found = evaluate(descent(), data, np.ones(2), count=2).values["w_new"]
        alone = [evaluate(descent(), {name: each(value, lambda cell, k=k: k * cell) for name, value in DATA.items()})
                 for k in (1, 2)]
        assert np.allclose(found, [one.values["w_new"] for one in alone])


def test_ways_of_working_it_out() -> None:
    """Every route ends with it, written out or not; the way back itself holds no such node."""
    for graph in (descent("sigmoid"), expand(descent("sigmoid"))):
        assert all("w_new" in route.values for route in routes(graph))
        assert "gradient" not in {node.op for node in backward(graph).graph.nodes}


def test_it_goes_through_a_file() -> None:
    """As in a key."""
    assert descent() == Graph.from_json(descent().to_json())


def _of(what: Callable[[Builder, Ref, Ref], Ref]) -> Callable[[], Graph]:
    def build() -> Graph:
        b = Builder()
        x, apart = b.input("x"), b.input("apart")
        return b.build(what(b, x, apart))

    return build


def _differentiated_again(b: Builder, x: Ref, apart: Ref) -> Ref:
    b.op("mul", x, x, name="f")
    return b.op("mul", b.gradient(x), x, name="again")


def _elsewhere(b: Builder, x: Ref, apart: Ref) -> Ref:
    b.gradient(apart)
    return b.op("mul", x, x, name="f")


@pytest.mark.parametrize(
    ("build", "says"),
    [(_of(_elsewhere), r"no gradient at 'apart'"), (_of(_differentiated_again), r"'again' follows from a gradient")],
)
def test_what_has_no_gradient_is_refused(build: Callable[[], Graph], says: str) -> None:
    """An input that the output does not follow from, and an output behind a gradient."""
    with pytest.raises(InputError, match=says):
        build()
