"""Circuits: every wire is there, nothing overlaps, and the same circuit is drawn alike."""

from __future__ import annotations

import itertools

import pytest

from examgen.errors import InputError
from examgen.render.diagram import GATE, PAGE, WRITING, Diagram, Drawing, Node, draw_circuit
from examgen.sheets import circuit
from tests.render.specimens import every_instance

NEURON = Diagram(
    (
        Node("w0", "w_0"),
        Node("x0", "x_0"),
        Node("w1", "w_1"),
        Node("x1", "x_1"),
        Node("p", gate="×", sources=("w0", "x0")),
        Node("q", gate="×", sources=("w1", "x1")),
        Node("s", gate="+", sources=("p", "q")),
        Node("f", "f", gate="σ", sources=("s",)),
    ),
    "f",
)
REUSED = Diagram((Node("a", "a"), Node("h", "h", "−", ("a", "a")), Node("f", "f", "÷", ("a", "h"))), "f")


def circuits() -> list[Diagram]:
    """The circuits of all presets and options."""
    return [circuit(instance, "en") for instance in every_instance() if instance.problem == "backprop"]


def overlaps(drawing: Drawing) -> list[tuple[str, str]]:
    """Pairs of nodes whose gates or writing places overlap."""
    width = GATE + drawing.stub
    return [
        (one.node.name, other.node.name)
        for one, other in itertools.combinations(drawing.spots, 2)
        if abs(one.x - other.x) < width - 0.01 and abs(one.y - other.y) < 2 * WRITING - 0.01
    ]


@pytest.mark.parametrize("diagram", [NEURON, REUSED, *circuits()], ids=lambda d: "-".join(n.gate for n in d.nodes if n.gate))
def test_a_circuit_is_whole_and_fits_the_page(diagram: Diagram) -> None:
    """No two places overlap, sources stand to the left, every operand has its wire, and the width is the page's."""
    drawing = draw_circuit(diagram)
    where = {spot.node.name: spot.x for spot in drawing.spots}
    assert [] == overlaps(drawing)
    assert all(where[source] < where[node.name] for node in diagram.nodes for source in node.sources)
    assert sum(len(node.sources) for node in diagram.nodes) <= len(drawing.wires)
    assert drawing.width * drawing.scale <= PAGE + 0.01


def test_an_overlap_is_found() -> None:
    """The tooth: two nodes put on one place."""
    drawing = draw_circuit(NEURON)
    moved = Drawing(**{**vars(drawing), "spots": (drawing.spots[0], drawing.spots[0])})
    assert [("w0", "w0")] == overlaps(moved)


def test_inputs_keep_their_order_where_they_can() -> None:
    """w0, x0, w1, x1 from top to bottom."""
    heights = [spot.y for spot in draw_circuit(NEURON).spots if not spot.node.sources]
    assert sorted(heights) == heights


def test_a_value_used_twice_by_a_gate_has_two_wires() -> None:
    """a − a shows two lines that end apart."""
    ends = {wire for wire in draw_circuit(REUSED).wires if "H" not in wire}
    assert 4 == len(ends)


def test_the_second_operand_of_a_difference_and_a_quotient_is_marked() -> None:
    """Upper and lower do not tell which one is taken away."""
    assert ["−", "÷"] == [mark.latex for mark in draw_circuit(REUSED).marks]
    assert () == draw_circuit(NEURON).marks


def test_a_key_fills_in_values_and_gradients() -> None:
    """What was found goes to its own node and leaves the others empty."""
    found = {spot.node.name: (spot.found_value, spot.found_gradient) for spot in draw_circuit(NEURON, {"p": (3, -2)}).spots}
    assert (3, -2) == found["p"]
    assert (None, None) == found["q"]


def test_a_node_fed_by_a_later_one_is_refused() -> None:
    """Nodes come in an order of evaluation."""
    with pytest.raises(InputError, match=r"circuit node 'f' is fed by \['x'\], which must stand before it"):
        draw_circuit(Diagram((Node("f", gate="+", sources=("x",)), Node("x")), "f"))
