"""Circuits: every wire is there, nothing overlaps, and the same circuit is drawn alike."""

from __future__ import annotations

import itertools
import re

import pytest

from examgen.errors import InputError
from examgen.render.diagram import GATE, PAGE, WRITING, Diagram, Drawing, Node, Spot, draw_circuit
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
    return [circuit(instance) for instance in every_instance() if instance.problem == "backprop"]


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


Area = tuple[float, float, float, float]  # left, top, right, bottom
LETTER = 3.5  # width of a name of one letter with an index, mm


def name_of(spot: Spot) -> Area:
    """Where a short name's letters are: flush right in their place."""
    left, top, width, height = spot.naming
    return left + width - LETTER, top, left + width, top + height


def taken(drawing: Drawing, spot: Spot) -> list[Area]:
    """What one spot takes: its writing places, and its gate's lower part, the widest a name could run into."""
    start, end = spot.x + GATE + 0.8, spot.x + GATE + drawing.stub - 1.8
    gate = (spot.x, spot.y - GATE / 2, spot.x + GATE, spot.y + GATE / 2)
    return [(start, spot.y - WRITING, end, spot.y), (start, spot.y, end, spot.y + WRITING), gate]


def wire_points(path: str) -> list[tuple[float, float]]:
    """Points along a wire, half a millimetre apart or nearer."""
    corners: list[tuple[float, float]] = []
    for letter, x, y in re.findall(r"([MLH])(-?[\d.]+)(?: (-?[\d.]+))?", path):
        corners.append((float(x), corners[-1][1] if letter == "H" else float(y)))
    return [
        (ax + (bx - ax) * i / 400, ay + (by - ay) * i / 400)
        for (ax, ay), (bx, by) in itertools.pairwise(corners)
        for i in range(401)
    ]


def names_in_the_way(drawing: Drawing) -> list[str]:
    """Names that lie on a wire, a gate, a writing place or another name."""
    named = [spot for spot in drawing.spots if spot.node.gate and spot.node.label]
    points = [point for wire in drawing.wires for point in wire_points(wire)]
    found = []
    for spot in named:
        left, top, right, bottom = name_of(spot)
        areas = [area for other in drawing.spots for area in taken(drawing, other)]
        areas += [name_of(other) for other in named if other is not spot]
        on_area = any(a < right - 0.01 and left < c - 0.01 and b < bottom - 0.01 and top < d - 0.01 for a, b, c, d in areas)
        if on_area or any(left < x < right and top < y < bottom for x, y in points):
            found.append(spot.node.name)
    return found


@pytest.mark.parametrize("diagram", [NEURON, REUSED, *circuits()], ids=lambda d: "-".join(n.gate for n in d.nodes if n.gate))
def test_a_name_is_in_nobodys_way(diagram: Diagram) -> None:
    """A gate's name lies on no wire, no gate, no writing place and no other name."""
    assert [] == names_in_the_way(draw_circuit(diagram))


def test_a_name_in_the_way_is_found() -> None:
    """The teeth: a wire led through a name, and a gate that comes too near."""
    drawing = draw_circuit(REUSED)
    last = drawing.spots[-1]
    left, top, width, height = last.naming
    crossing = f"M{left:.2f} {top + height / 2:.2f}H{left + width + 1:.2f}"
    near = Spot(last.node, last.x, last.y - GATE, False)
    assert ["f"] == names_in_the_way(Drawing(**{**vars(drawing), "wires": (*drawing.wires, crossing)}))
    assert "f" in names_in_the_way(Drawing(**{**vars(drawing), "spots": (*drawing.spots, near)}))


def test_a_long_name_of_an_input_has_its_room() -> None:
    """It reaches to the left of where short names begin, over no other node, and short ones leave everything as it was."""
    long = Diagram((Node("m", r"\mathrm{momentum}"), Node("x", "x"), Node("f", "f", "×", ("m", "x"))), "f")
    drawing = draw_circuit(long)
    leads = {spot.node.name: spot.lead for spot in drawing.spots}
    assert 0 == leads["x"] == leads["f"] < leads["m"]
    assert all(spot.x >= spot.lead - 0.01 for spot in drawing.spots)
    assert [] == overlaps(drawing)
    assert {0} == {spot.lead for spot in draw_circuit(NEURON).spots}


def test_a_number_has_room_up_to_what_stands_behind_it() -> None:
    """Where its wire runs on level a number may be longer than its stub; where the wire turns into it, no longer."""
    drawing = draw_circuit(NEURON)
    least = drawing.stub - 2.6
    rooms = {spot.node.name: spot.rooms for spot in drawing.spots}
    assert all(room >= least - 0.01 for pair in rooms.values() for room in pair)
    assert rooms["s"][0] > least < rooms["s"][1]
    assert pytest.approx((least, least)) == rooms["f"]


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
