"""Changes of a graph keep its names, and leave out what no longer fits."""

from __future__ import annotations

from typing import Any

from examgen.engines import _numpy
from examgen.formula import parse
from examgen.graph import Builder, Graph, backward, differentiated
from examgen.mistakes import Mistake, changed, last_write, other_op, summed, swapped_operands, with_attrs, without


def value(graph: Graph, name: str, **data: Any) -> Any:
    return _numpy.run(graph, data, "exact")[name].tolist()


def net(target: bool = False) -> Graph:
    b = Builder()
    conv = b.conv2d(b.input("image", (1, 3, 3)), b.input("kernels", (1, 1, 2, 2)), stride=1, name="conv")
    pooled = b.pool("maxpool", conv, 2, name="pooled")
    return b.build(b.op("sub", pooled, b.input("target", (1, 1, 1)), name="f") if target else pooled)


def test_a_graph_changed_in_nothing_is_the_same_graph() -> None:
    """Names, order and attributes stay."""
    assert net() == changed(net(), lambda b, node: None)


def test_an_op_is_left_out_swapped_and_exchanged() -> None:
    """relu(x) as x, x - y as y - x, the larger as the smaller."""
    graph = parse("h = relu(x - y); f = max(h, y)")
    assert -2 == value(without("relu")(graph), "h", x=1, y=3)
    assert 2 == value(swapped_operands("sub")(graph), "h", x=1, y=3)
    assert 0 == value(other_op("maximum", "minimum")(graph), "f", x=1, y=3)


def test_unnamed_nodes_keep_their_names() -> None:
    """A new unnamed node never takes the name of one that comes later."""
    graph = parse("f = relu(x) * relu(y) + relu(z)")
    mistaken = without("relu")(graph)
    assert {node.name for node in graph.nodes} <= {node.name for node in mistaken.nodes}
    assert 5 == value(mistaken, graph.output, x=-2, y=-3, z=-1)


def test_what_does_not_fit_is_left_out() -> None:
    """Padding makes the pooled map 2 by 2: the difference to the target still broadcasts; a stride of 2 leaves no window."""
    padded = with_attrs("conv2d", padding=(1, 1))(net(target=True))
    assert (1, 2, 2) == padded["f"].shape
    strided = with_attrs("conv2d", stride=(2, 2))(net(target=True))
    assert "pooled" not in strided and "f" not in strided and "conv" in strided


def test_the_way_back_by_other_rules() -> None:
    """The last part instead of the sum; a node that gets nothing back has no gradient."""
    graph = parse("f = (a + b) * (b + 1)")
    both = differentiated(graph, {}, last_write)
    assert 8 == value(both.graph, both.gradients["b"], a=2, b=3, upstream=2)
    assert backward(graph) == differentiated(graph, {}, summed)
    silent = differentiated(graph, {"mul": lambda b, node, g: (g, None)}, summed)
    assert {"a", "b", "f"} <= silent.gradients.keys() < backward(graph).gradients.keys()


def test_a_mistake_without_a_change_is_the_honest_solver() -> None:
    """Nothing is changed unless something is named."""
    graph = parse("f = (a + b) * (b + 1)")
    assert Mistake("none", "").honest(graph) == Mistake("none", "").solver(graph)
