"""The graph: its backward pass against autograd, its paper expansion, its JSON, and what its builder refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, assume, example, given, settings
from hypothesis import strategies as st

from examgen.engines import _numpy, _torch
from examgen.errors import InputError
from examgen.graph import Builder, Graph, Node, Ref, backward, expand
from examgen.ops import OPS
from tests.properties.every_op import EVERY
from tests.properties.graphs import Case, array_graphs, conv_graphs, labelled_graphs, some

BOUND = 1e-9
NEAR = 1e-7  # so near to a kink, two engines may round to different sides of it

FAMILIES = {"array": array_graphs(), "conv": conv_graphs(), "labelled": labelled_graphs()}
cases = st.one_of(*FAMILIES.values())


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The nodes on which two engines differ, relative where a number is above 1."""
    pairs = {name: (np.asarray(one[name], dtype=float), np.asarray(other[name], dtype=float)) for name in other}
    return [
        name for name, (x, y) in pairs.items()
        if x.shape != y.shape or not np.all(np.abs(x - y) <= BOUND * np.maximum(1, np.abs(y)))
    ]


def off_kinks(graph: Graph, values: Mapping[str, Any]) -> bool:
    """No operand of a piecewise op nearly at a kink: each engine could then be on a side of its own."""
    return all(_gap(node.op, [np.asarray(values[name]) for name in node.inputs]) > NEAR for node in graph.nodes)


def _gap(op: str, operands: list[Any]) -> float:
    if op in ("relu", "abs", "step"):
        return float(np.min(np.abs(operands[0])))
    if op in ("maximum", "minimum"):
        return float(np.min(np.abs(operands[0] - operands[1])))
    if op in ("amax", "amin", "maxpool"):
        gaps = np.diff(np.sort(operands[0].ravel()))
        gaps = gaps[gaps > 0] if op == "maxpool" else gaps  # maps are exact: clipped cells are 0 in every engine
        return float(np.min(gaps, initial=1.0))
    return 1.0


def agrees_with_autograd(case: Case) -> None:
    mine = _numpy.evaluate(case.graph, case.data, case.upstream)
    assume(off_kinks(case.graph, mine.values))
    theirs = _torch.evaluate(case.graph, case.data, case.upstream)
    assert theirs.gradients.keys() == mine.gradients.keys()
    assert ([], []) == (differing(mine.values, theirs.values), differing(mine.gradients, theirs.gradients))


@pytest.mark.parametrize(("family", "examples"), [("array", 400), ("conv", 100), ("labelled", 60)])
def test_backward_graph_is_autograd(family: str, examples: int) -> None:
    """Values and gradients of every node, within 1e-9 of PyTorch's: of every op, then of random graphs."""
    check = settings(max_examples=some(examples))(given(FAMILIES[family])(agrees_with_autograd))
    for case in EVERY[family]:
        check = example(case)(check)
    check()


def _unsummed(b: Builder, node: Node, g: Ref) -> Any:
    """The second operand's share as wide as the result, though it was broadcast."""
    return b.sum_to(g, b.inputs(node)[0].shape), g


def _own_factor(b: Builder, node: Node, g: Ref) -> Any:
    return tuple(b.sum_to(g * x, x.shape) for x in b.inputs(node))


def _undivided(b: Builder, node: Node, g: Ref) -> Any:
    (x,) = b.inputs(node)
    return (b.op("spread", g, axes=() if node["keepdims"] else node["axes"], shape=x.shape),)


def _operands(b: Builder, node: Node, g: Ref) -> Any:
    return b.inputs(node)


def _no_minus_one(b: Builder, node: Node, g: Ref) -> Any:
    return b.op("softmax", b.inputs(node)[0]), None


SPOILT: dict[str, tuple[str, Callable[..., Any]]] = {
    "add": ("array", _unsummed),
    "mul": ("array", _own_factor),
    "piecewise": ("array", _operands),
    "mean": ("array", _undivided),
    "matmul": ("array", _operands),
    "spread": ("array", _operands),
    "softmax": ("array", _operands),
    "conv2d": ("conv", _operands),
    "maxpool": ("conv", _operands),
    "avgpool": ("conv", _operands),
    "cross_entropy": ("labelled", _no_minus_one),
}


@pytest.mark.parametrize("op", SPOILT)
def test_wrong_vjp_is_found(monkeypatch: pytest.MonkeyPatch, op: str) -> None:
    """The tooth: with one rule spoilt, the property fails on some graph (which nobody needs to see made small)."""
    family, wrong = SPOILT[op]
    monkeypatch.setitem(OPS, op, replace(OPS[op], vjp=wrong))
    backward.cache_clear()
    search = settings(max_examples=400, phases=(Phase.generate,), report_multiple_bugs=False, print_blob=False)
    try:
        with pytest.raises((AssertionError, InputError, ValueError)):
            search(given(FAMILIES[family])(agrees_with_autograd))()
    finally:
        backward.cache_clear()


def expansion_agrees(case: Case) -> None:
    paper = expand(case.graph)
    assert not any(OPS[node.op].expand for node in paper.nodes)
    one, other = (_numpy.evaluate(graph, case.data, case.upstream) for graph in (case.graph, paper))
    names = [node.name for node in case.graph.nodes if node.name in paper and not node.name.startswith("%")]
    assert {"out"} <= set(names)
    assert [] == differing(other.values, {name: one.values[name] for name in names})
    assert [] == differing(other.gradients, {name: one.gradients[name] for name in names if name in one.gradients})


@settings(max_examples=some(150))
@given(cases)
def test_expansion_is_the_graph(case: Case) -> None:
    """Written out as on paper, every named node keeps its value, and its gradient where it had one."""
    assume(off_kinks(case.graph, _numpy.evaluate(case.graph, case.data, case.upstream).values))
    expansion_agrees(case)


def test_wrong_expansion_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: a sigmoid written out without its minus, a cross-entropy without its logarithm."""
    b = Builder()
    scores, labels = b.input("scores", (2, 3)), b.input("labels", (2,), discrete=True)
    graph = b.build(b.op("cross_entropy", b.op("sigmoid", scores, name="s"), labels, name="out"))
    case = Case(graph, {"scores": ((1, 2, 3), (2, 1, 1)), "labels": (0, 1)}, (1, 1))
    right = {op: OPS[op].expand for op in ("sigmoid", "cross_entropy")}
    wrong: dict[str, Callable[..., Any]] = {
        "sigmoid": lambda b, node, name: b.op("div", b.const(1), b.const(1) + b.op("exp", *b.inputs(node)), name=name),
        "cross_entropy": lambda b, node, name: b.op(
            "neg", b.op("pick", b.op("softmax", b.inputs(node)[0]), b.inputs(node)[1], keepdims=False), name=name
        ),
    }
    for op, expansion in wrong.items():
        monkeypatch.setitem(OPS, op, replace(OPS[op], expand=expansion))
        expand.cache_clear()
        with pytest.raises(AssertionError):
            expansion_agrees(case)
        monkeypatch.setitem(OPS, op, replace(OPS[op], expand=right[op]))
    expand.cache_clear()
    expansion_agrees(case)


def test_every_op_is_met() -> None:
    """Whatever is drawn, every op that a graph can be differentiated through is among them, off its kinks."""
    every = [case for family in FAMILIES for case in EVERY[family]]
    assert all(off_kinks(case.graph, _numpy.evaluate(case.graph, case.data, case.upstream).values) for case in every)
    met = {node.op for case in every for node in case.graph.differentiable}
    assert set() == {op.name for op in OPS.values() if op.vjp} - met


@settings(max_examples=some(150))
@given(cases)
def test_json_round_trip(case: Case) -> None:
    """Through text and back: the same graph, forward and backward."""
    for graph in (case.graph, backward(case.graph).graph):
        assert graph == Graph.from_json(json.loads(json.dumps(graph.to_json())))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row.update(op="solve"), "unknown op 'solve'"),
        (lambda row: row.update(inputs=["x", "missing"]), "'missing' is used before it has a value"),
        (lambda row: row.update(name="x"), "the name 'x' is bound twice"),
        (lambda row: row.update(op="matmul"), "have no matrix product"),
    ],
)
def test_changed_json_is_refused(change: Callable[[dict[str, Any]], None], message: str) -> None:
    """A graph read from a file is checked anew, row by row."""
    b = Builder()
    plain = b.build(b.op("add", b.input("x", (2, 3)), b.input("y", (2, 3)), name="f")).to_json()
    change(plain["nodes"][-1])
    with pytest.raises(InputError, match=message):
        Graph.from_json(plain)


@given(st.text(min_size=1).filter(lambda op: op not in OPS))
def test_unknown_op_is_refused(op: str) -> None:
    """Whatever is not in the table."""
    b = Builder()
    with pytest.raises(InputError, match="unknown op"):
        b.op(op, b.input("x"))


@pytest.mark.parametrize(
    ("op", "shapes", "attrs", "message"),
    [
        ("add", [(2,), (3,)], {}, "do not broadcast"),
        ("maximum", [(2, 3), (2,)], {}, "do not broadcast"),
        ("matmul", [(2, 3), (2, 3)], {}, "no matrix product"),
        ("matmul", [(), (3,)], {}, "no matrix product"),
        ("getitem", [(2, 3)], {"index": (2,)}, "outside shape"),
        ("getitem", [(2,)], {"index": (0, 0)}, "outside shape"),
        ("cross_entropy", [(2, 3), (3,)], {}, "one label for each row"),
        ("pick", [(), ()], {"keepdims": False}, "one label for each row"),
        ("others", [(3, 2), (2,)], {}, "one label for each row"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(op: str, shapes: list[Any], attrs: dict[str, Any], message: str) -> None:
    """Where the graph is built, and not where it is evaluated."""
    b = Builder()
    with pytest.raises(InputError, match=message):
        b.op(op, *(b.input(f"x{i}", dims) for i, dims in enumerate(shapes)), **attrs)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"kernel": (1, 1, 5, 5)}, "does not fit an image of 4×4"),
        ({"kernel": (1, 1, 2, 2), "dilation": 4}, "does not fit an image of 4×4"),
        ({"kernel": (1, 2, 2, 2)}, "do not fit 1 channel"),
        ({"kernel": (3, 1, 2, 2), "groups": 2}, "do not fit 1 channel"),
    ],
)
def test_windows_that_do_not_fit_are_refused(how: dict[str, Any], message: str) -> None:
    """A filter larger than its image, or of other channels."""
    b = Builder()
    image, kernels = b.input("image", (1, 4, 4)), b.input("kernels", how.pop("kernel"))
    with pytest.raises(InputError, match=message):
        b.conv2d(image, kernels, **how)


@pytest.mark.parametrize(("size", "padding", "message"), [(5, 0, "does not fit"), (2, 2, "more than half")])
def test_pools_that_do_not_fit_are_refused(size: int, padding: int, message: str) -> None:
    """A window larger than its map, or padding that whole windows could lie in."""
    b = Builder()
    with pytest.raises(InputError, match=message):
        b.pool("maxpool", b.input("image", (1, 4, 4)), size, padding=padding)


@given(array_graphs(), st.randoms(use_true_random=False))
def test_rebound_name_is_refused(case: Case, random: Any) -> None:
    """Every name of a graph takes one value, those that nobody gave included."""
    name = random.choice(case.graph.nodes).name
    b = Builder(case.graph)
    with pytest.raises(InputError, match="is bound twice"):
        b.op("neg", b.ref("x0"), name=name)


def test_output_that_is_no_node_is_refused() -> None:
    """And the nodes there are stand in the message."""
    b = Builder()
    b.input("x")
    with pytest.raises(InputError, match=r"the output 'f' is not a node of the graph: name one of x"):
        b.build("f")
