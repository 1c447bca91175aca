"""What the builder and the op table say of shapes, names and windows, written out by hand."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
import pytest

from examgen.engines import _numpy
from examgen.engines._sympy import LIMIT
from examgen.errors import InputError
from examgen.graph import HAND_SIZED, Builder, Graph, Node, _rewritten, backward, kinks, pair, routes
from examgen.ops import OPS
from examgen.ops.arrays import reduction_groups
from examgen.ops.conv import out_length, pool_windows, tied_windows
from examgen.ops.elementwise import spread_index
from examgen.ops.piecewise import slope_at

CONV = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2), "groups": 2}
POOL = {"size": (2, 3), "stride": (1, 2), "padding": (1, 0)}


@pytest.mark.parametrize(
    ("op", "attrs", "shapes", "expected"),
    [
        ("add", {}, [(2, 1, 3), (4, 1)], (2, 4, 3)),
        ("add", {}, [(), (2, 3)], (2, 3)),
        ("sum", {"axes": (-2,), "keepdims": False}, [(2, 3, 4)], (2, 4)),
        ("sum", {"axes": (-3, -1), "keepdims": True}, [(2, 3, 4)], (1, 3, 1)),
        ("mean", {"axes": (), "keepdims": False}, [()], ()),
        ("matmul", {}, [(2, 3), (3, 4)], (2, 4)),
        ("matmul", {}, [(3,), (3, 4)], (4,)),
        ("matmul", {}, [(2, 3), (3,)], (2,)),
        ("matmul", {}, [(3,), (3,)], ()),
        ("transpose", {}, [(2, 3, 4)], (2, 4, 3)),
        ("transpose", {}, [(3,)], (3,)),
        ("getitem", {"index": (-2, 2)}, [(2, 3, 4)], (4,)),
        ("getitem", {"index": (1,)}, [(2, 3, 4)], (3, 4)),
        ("pick", {"keepdims": True}, [(2, 2, 3), (2, 2)], (2, 2, 1)),
        ("pick", {"keepdims": False}, [(4,), ()], ()),
        ("others", {}, [(2, 4), (2,)], (2, 3)),
        ("cross_entropy", {}, [(2, 4), (2,)], (2,)),
        ("one_hot", {"classes": 5}, [(2,)], (2, 5)),
        ("conv2d", CONV, [(7, 4, 5, 6), (6, 2, 3, 2)], (7, 6, 3, 4)),
        ("maxpool", POOL, [(2, 5, 4, 7)], (2, 5, 5, 3)),
        ("avgpool", {**POOL, "padding": (1, 1)}, [(4, 7)], (5, 4)),
    ],
)
def test_shapes(op: str, attrs: dict[str, Any], shapes: list[tuple[int, ...]], expected: tuple[int, ...]) -> None:
    """Of a result, from those of the operands."""
    assert expected == tuple(OPS[op].shape(attrs, *shapes))


@pytest.mark.parametrize(
    ("length", "kernel", "stride", "padding", "dilation", "cells"),
    [(5, 3, 2, 0, 1, 2), (5, 3, 2, 1, 1, 3), (6, 3, 2, 0, 1, 2), (7, 3, 2, 0, 2, 2), (4, 2, 2, 0, 1, 2), (3, 3, 1, 0, 1, 1)],
)
def test_lengths_of_maps(length: int, kernel: int, stride: int, padding: int, dilation: int, cells: int) -> None:
    """By the formula of the convolution guide, sizes floored."""
    assert cells == out_length(length, kernel, stride, padding, dilation)


def test_windows_of_pools() -> None:
    """Row by row, without the cells of the padding; steps down and to the right differ."""
    assert ((0, 1, 3, 4), (1, 2, 4, 5)) == pool_windows((2, 3), (2, 2), (2, 1), (0, 0))
    assert ((0,), (1, 2), (3,), (4, 5)) == pool_windows((2, 3), (1, 2), (1, 2), (0, 1))
    assert ((0, 1), (2, 3), (4, 5)) == pool_windows((3, 2), (1, 2), (1, 1), (0, 0))


def test_ties_of_pools() -> None:
    """Two largest are a tie, two others none; a window of zeros is one unless it was clipped."""
    plane, how = [1, 3, 3, 3, 2, 2, 0, 0], ((2, 4), (2, 2), (2, 2))
    assert [(2, 3, 6, 7)] == list(tied_windows(plane, *how, clipped=False))
    zeros = [0, 0, 0, 0]
    assert [(0, 1, 2, 3)] == list(tied_windows(zeros, (2, 2), (2, 2), (1, 1), clipped=False))
    assert [] == list(tied_windows(zeros, (2, 2), (2, 2), (1, 1), clipped=True))
    assert [(0, 1)] == list(tied_windows([1, 1], (1, 2), (1, 2), (1, 1), clipped=True))
    assert [] == list(tied_windows([-1, 0, -1, -1], (2, 2), (2, 2), (1, 1), clipped=True))


def test_pools_that_tie_are_named_plane_by_plane() -> None:
    """The second plane of three alone."""
    b = Builder()
    graph = b.build(b.pool("maxpool", b.input("x", (3, 1, 2)), (1, 2), name="p"))
    assert ["p: maxpool window with two equal maxima"] == list(kinks(graph, {"x": [1, 2, 5, 5, 3, 4], "p": [2, 5, 4]}))


def test_cells_that_are_reduced_together() -> None:
    """In row order, axes counted from the right."""
    b = Builder()
    first, both, none = (b.reduce("sum", b.input(f"x{i}", (2, 3)), axes) for i, axes in enumerate(((-2,), None, ())))
    graph = Graph(b.build(none).nodes, none.name)
    assert {(0,): [0, 3], (1,): [1, 4], (2,): [2, 5]} == reduction_groups(graph[first.name], (2, 3))
    assert {(): [*range(6)]} == reduction_groups(graph[both.name], (2, 3))
    assert {(i, j): [3 * i + j] for i in range(2) for j in range(3)} == reduction_groups(graph[none.name], (2, 3))


def test_cells_that_broadcasting_repeats() -> None:
    """An axis of length 1, an axis that is not there, and both."""
    assert [0, 1, 2, 0, 1, 2] == spread_index((3,), (2, 3))
    assert [0, 0, 0, 1, 1, 1] == spread_index((2, 1), (2, 3))
    assert [0, 0, 1, 1] * 2 == spread_index((2, 1), (2, 2, 2))
    assert [0, 0] == spread_index((), (2,))


# ---- shortcuts of the builder


def test_pairs_are_vertical_then_horizontal() -> None:
    """An int stands for both."""
    assert ((2, 1), (3, 3)) == (pair((2, 1)), pair(3))


def test_what_changes_nothing_adds_no_node() -> None:
    """The first power, the transpose of what has no rows, a sum to its own shape; a name is wanted, and a node."""
    b = Builder()
    number, row, matrix = b.input("n"), b.input("r", (3,)), b.input("m", (2, 3))
    assert [number, row] == [b.transpose(number), b.transpose(row)]
    assert (row, row) == (b.power(row, 1), b.sum_to(row, (3,)))
    assert ("p", 1) == (b.power(row, 1, "p").name, b.build("p")["p"]["exponent"])
    assert ((3, 2), "sum_to") == (b.transpose(matrix).shape, b.build(b.sum_to(matrix, (3,)))[b.last].op)


def test_columns_and_rows() -> None:
    """A column's axis of length 1 comes last, a row's first."""
    b = Builder()
    x = b.input("x", (3,))
    assert ((3, 1), (1, 3)) == (b.as_column(x).shape, b.as_row(x).shape)


def test_options_that_are_not_given() -> None:
    """A pool steps by its window; a convolution steps by one, without padding, dilation or groups; a reduction takes all."""
    b = Builder()
    image = b.input("image", (1, 6, 6))
    made = [b.pool("maxpool", image, (2, 3)), b.conv2d(image, b.input("k", (1, 1, 2, 2))), b.reduce("sum", image)]
    pool, conv, total = (b.build(ref)[ref.name] for ref in made)
    assert ((2, 3), (2, 3), (0, 0)) == (pool["size"], pool["stride"], pool["padding"])
    assert ((1, 1), (0, 0), (1, 1), 1) == tuple(conv[name] for name in ("stride", "padding", "dilation", "groups"))
    assert ((-3, -2, -1), False, ()) == (total["axes"], total["keepdims"], total.shape)


def test_a_function_by_cases_begins_at_0() -> None:
    """Unless its value at the first knot is given."""
    b = Builder()
    x = b.input("x")
    made = [b.piecewise(x, (0,), (0, 1), (1,), *base, name=f"f{i}") for i, base in enumerate(((), (2,)))]
    assert [0, 2] == [b.build(ref)[ref.name]["base"] for ref in made]


def test_holders_of_values_and_gradients() -> None:
    """A node's value stands under its own name, its gradient under another."""
    b = Builder()
    both = backward(b.build(b.op("exp", b.input("x"), name="f")))
    assert ("x", "f") == tuple(both.holder(name, gradient=False) for name in ("x", "f"))
    assert (both.gradients["x"], both.upstream) == tuple(both.holder(name, gradient=True) for name in ("x", "f"))


def test_nodes_are_shared_where_that_is_wanted() -> None:
    """What repeats an unnamed node is that node, unless it has a name; without the wish each stands by itself."""
    for b, others in ((Builder(share=True), 1), (Builder(share=False), 2), (Builder(), 2)):
        x = b.input("x")
        assert others == len({(x + x).name, (x + x).name})
        assert "named" == b.op("add", x, x, name="named").name


def test_names_that_are_kept_are_not_taken() -> None:
    """Nor those that a node has by now."""
    b = Builder(kept={"%1", "%3"})
    x = b.input("x")
    assert ["%2", "%4"] == [(x + x).name, (x * x).name]
    b.add("neg", ["x"], {}, "%5")
    assert ("%6", "%6") == ((-x).name, b.last)


def test_the_way_back_leaves_names_alone() -> None:
    """An input called upstream keeps its name."""
    b = Builder()
    graph = b.build(b.op("neg", b.input("upstream"), name="upstream_"))
    both = backward(graph)
    assert ("upstream__", {"upstream", "upstream_"}) == (both.upstream, set(both.values) & set(both.gradients))


@pytest.mark.parametrize(
    ("at", "knots", "slopes", "message"),
    [
        ((), (), (1,), "give n"), ((1,), (0, 1), (1, 2, 3), "give n"), ((1,), (0,), (1,), "give n"),
        ((1, 1), (1, 0), (1, 2, 3), "must ascend"), ((1, 1), (1, 1), (1, 2, 3), "must ascend"),
    ],
)
def test_pieces_that_do_not_fit_are_refused(at: Any, knots: Any, slopes: Any, message: str) -> None:
    """Of no knot, of other counts, and out of order."""
    b = Builder()
    with pytest.raises(InputError, match=message):
        b.piecewise(b.input("x"), knots, slopes, at)


@pytest.mark.parametrize("text", ["1/0", "x", "1.5", "", "1" * 401, "-", "1/-2"])
def test_numbers_of_a_file_that_are_none_are_refused(text: str) -> None:
    """Nothing but whole numbers and fractions of a bounded length."""
    b = Builder()
    plain = b.build(b.const(Fraction(1, 2), "c") * b.input("x")).to_json()
    plain["nodes"][0]["attrs"]["value"] = text
    with pytest.raises(InputError, match="no whole number or fraction"):
        Graph.from_json(plain)


def test_what_a_graph_says_of_itself() -> None:
    """Its cells, whether fractions are enough, its inputs, and what follows from a real one."""
    b = Builder()
    x, y = b.input("x", (2, 3)), b.input("y", (2,), discrete=True)
    picked = b.op("pick", x, y, keepdims=False, name="p")
    graph = b.build(b.op("exp", picked, name="e"))
    assert (6 + 2 + 2 + 2, True) == (graph.size, graph.transcendental)
    assert (["x", "y"], {"x", "p", "e"}) == ([node.name for node in graph.inputs], set(graph.real))
    for exponent, irrational in ((Fraction(1, 2), True), (Fraction(-2), False)):
        b = Builder()
        assert irrational == b.build(b.power(b.input("x"), exponent)).transcendental
    assert hash(graph) == hash(Graph.from_json(graph.to_json())) and "e" in graph and "q" not in graph


def test_an_attribute_that_is_not_there() -> None:
    """Is no None."""
    with pytest.raises(KeyError):
        Node("x", "neg", (), (("a", 1),), ())["b"]
    assert 1 == Node("x", "neg", (), (("a", 1),), ())["a"]


def test_names_are_counted() -> None:
    """From 1 on, none left out."""
    b = Builder()
    x = b.input("x")
    assert ["%1", "%2", "%3"] == [(x + x).name, (x * x).name, (-x).name]


def test_hand_sized_is_what_exact_work_is_for() -> None:
    """What a person reads ends where SymPy stops, and where messages say."""
    assert (10_000, 10_000) == (HAND_SIZED, LIMIT)


# ---- the ways in which a graph is worked out


def value_of(graph: Graph, x: float) -> list[float]:
    """What it comes to in float64, from `x` and numbers beside it."""
    data = {node.name: np.asarray(1 if node["discrete"] else x + np.arange(prod(node.shape))) for node in graph.inputs}
    shaped = {node.name: data[node.name].reshape(node.shape) for node in graph.inputs}
    return list(np.ravel(_numpy.run(graph, shaped, "float")[graph.output]))


@pytest.mark.parametrize("op", [op.name for op in OPS.values() if op.ways or op.unfolded or op.expand])
def test_an_op_written_out_is_the_op(op: str) -> None:
    """In each way that it lists: the same number at each of several places, under the name of the op."""
    b = Builder()
    inputs = b.input("x", (3,) if op in ("softmax", "cross_entropy") else ()), b.input("y", discrete=True)
    graph = b.build(b.op(op, *inputs[: 1 + (op == "cross_entropy")], name="f"))
    for way in filter(None, (*OPS[op].ways, OPS[op].unfolded, OPS[op].expand)):
        written = _rewritten(graph, {op: way})[0]
        assert "f" == written.output and op not in {node.op for node in written.nodes}
        for x in (-2.0, -0.3, 0.1, 0.7, 1.9):
            assert pytest.approx(value_of(graph, x), rel=1e-12) == value_of(written, x)


def test_ways_repeat_nothing() -> None:
    """The exponentials of one number are one node, whichever ops are written out by them."""
    b = Builder()
    x = b.input("x")
    graph = b.build(b.op("add", b.op("tanh", x, name="p"), b.op("tanh", x, name="q"), name="f"))
    written, names = _rewritten(graph, {"tanh": OPS["tanh"].ways[1]})
    assert {"exp": 2, "neg": 1} == {op: [node.op for node in written.nodes].count(op) for op in ("exp", "neg")}
    assert {"x": "x", "p": "p", "q": "q", "f": "f"} == names


def test_a_graph_has_as_many_routes_as_there_are_ways() -> None:
    """One where nothing is written out, two where one op unfolds, three of tanh; none of them twice."""
    for op, count in (("exp", 1), ("sigmoid", 2), ("tanh", 3)):
        b = Builder()
        every = routes(b.build(b.op(op, b.input("x"), name="f")))
        assert (op, count) == (op, len(every)) and count == len({one.graph for one in every})


@pytest.mark.parametrize(
    ("slopes", "at", "ops"), [((0, 1), 0, ["step"]), ((0, 0), 0, ["const"]), ((1, 2), 1, ["const", "step", "add"])]
)
def test_slopes_of_functions_by_cases(slopes: tuple[int, ...], at: int, ops: list[str]) -> None:
    """That of ReLU is one step and no sum, that of a constant is 0, and 1 is added where it is less nowhere."""
    b = Builder()
    node = b.build(b.piecewise(b.input("x"), (0,), slopes, (at,), name="f"))["f"]
    made = [one.op for one in b.build(slope_at(b, node, b.ref("x"))).nodes if one.op not in ("input", "piecewise", "neg")]
    assert sorted(ops) == sorted(made)
