"""Formulas of whole arrays read off a graph: those of the lecture, and numbers that they give against autograd."""

from __future__ import annotations

from functools import partial

import pytest

from examgen.graph import Builder, Graph
from examgen.problems._formulas import backward, forward
from examgen.problems._layers import symbol
from examgen.registry import graph_of, problem

D = r"\partial L/\partial "
EXPECTED = {  # problem, preset -> equations, gradients; written by hand from the lecture's listings
    ("rnn_cell", "2_steps"): (
        [r"z_{1}=W\,x_{1}+b+h_{0}", r"h_{1}=\tanh z_{1}", r"z_{2}=W\,x_{2}+b+h_{1}", r"h_{2}=\tanh z_{2}"],
        {
            "W": rf"{D}z_{{2}}\,x_{{2}}^T+{D}z_{{1}}\,x_{{1}}^T",
            "b": f"{D}z_{{2}}+{D}z_{{1}}",
            "h0": f"{D}z_{{1}}",
            "z1": rf"{D}h_{{1}}\circ (1-h_{{1}}^2)",
            "h1": f"{D}z_{{2}}",
            "x2": rf"W^T\,{D}z_{{2}}",
        },
    ),
    ("parallel_block", "2x2_bias"): (
        [r"h_{1}=x\,w_{1}+b_{1}", r"h_{2}=x\,w_{2}+b_{2}", r"p=h_{1}\circ h_{2}", r"y=\max(0,\,p)"],
        {
            "p": rf"{D}y\circ [p>0]",
            "h1": rf"{D}p\circ h_{{2}}",
            "h2": rf"{D}p\circ h_{{1}}",
            "w1": rf"x^T\,{D}h_{{1}}",
            "b2": f"{D}h_{{2}}",
            "x": rf"{D}h_{{2}}\,w_{{2}}^T+{D}h_{{1}}\,w_{{1}}^T",
        },
    ),
    ("two_layer_net", "batch"): (
        [
            r"h=x\,w_{1}+b_{1}", r"a=\max(0,\,h)", r"y_{\mathrm{pred}}=a\,w_{2}+b_{2}",
            r"L=\sum (y_{\mathrm{pred}}-y)^{2}",
        ],
        {"w1": rf"x^T\,{D}h", "b1": rf"\sum {D}h", "a": rf"{D}y_{{\mathrm{{pred}}}}\,w_{{2}}^T", "h": rf"{D}a\circ [h>0]"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "preset"), EXPECTED)
def test_formulas_are_those_of_the_lecture(name: str, preset: str) -> None:
    graph = graph_of(name, problem(name).presets[preset].params)
    symbols = partial(symbol, graph, index=())
    equations, gradients = EXPECTED[name, preset]
    assert equations == list(forward(graph, symbols).values())
    found = backward(graph, symbols)
    assert gradients == {name: found[name] for name in gradients}


def test_a_sum_inside_a_product_has_brackets() -> None:
    graph = _graph()
    assert {"y": r"y=(a+b)\circ c"} == forward(graph, str)


def test_a_gate_that_is_told_elsewhere_leaves_its_operands_out() -> None:
    """Nothing is claimed of what comes back through a gate that has no formula here, such as an exponential."""
    b = Builder()
    x = b.input("x", (2,))
    y = b.op("mul", b.op("exp", x), b.input("c", (2,)), name="y")
    graph = b.build(b.op("relu", y, name="z"))
    assert "x" not in backward(graph, str)
    assert r"\partial L/\partial z\circ [y>0]" == backward(graph, str)["y"]


def _graph() -> Graph:
    b = Builder()
    left = b.op("add", b.input("a", (2,)), b.input("b", (2,)))
    return b.build(b.op("mul", left, b.input("c", (2,)), name="y"))
