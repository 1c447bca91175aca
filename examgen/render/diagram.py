"""A computational graph drawn as a circuit: who feeds whom goes in, positions in millimetres come out.

A node is drawn as its gate (an input: its name) and a stub of wire behind it; above the stub stands the value, below it the
gradient, and wires leave from the stub's end. So a value that is used twice still has one place to be written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

import graphlay

from examgen.errors import InputError
from examgen.render.measuring import width
from examgen.render.notation import math

Shown = int | Fraction | str | None

GATE = 8.0  # diameter of a gate and width of an input's name, mm
WRITING = 6.0  # height of a writing place, mm
NAME = 3.4  # height of a gate's name, mm
TRUNK = 3.0  # height kept free for a wire that passes a column, mm
LETTERS = 10.0  # pt of a name
BESIDE = 0.8  # how far a number stands from its gate, and from what comes behind it, mm
ARROW = 1.8  # room for the head of the arrow at the output, mm
DIGITS = (1.2, 4.8)  # the digits of a number stand so far above a wire, or below it, mm
MARK = 1.6  # how far a mark stands from a wire, and as far from its end, mm
TWIN = 2.2  # how far two wires from one value to one gate part, mm
PAGE = 174.0  # width there is on the page, mm
ORDERED = frozenset(("-", "−", "/", "÷", r"\div"))  # gates whose second operand is marked with their own sign
# Length of the wire that carries the writing places and distance of columns, mm: the first that fits the page is taken.
SPACINGS = ((15.0, 7.0), (12.5, 5.0), (10.5, 3.5))


@dataclass(frozen=True)
class Node:
    """One input, constant or gate of a circuit.

    `label` is the LaTeX name ("" for an unnamed gate), `gate` what stands in the circle ("" for an input or constant).
    `value` and `gradient` are what the sheet gives, as numbers or finished text. A constant has no place for a gradient.
    """

    name: str
    label: str = ""
    gate: str = ""
    sources: tuple[str, ...] = ()
    value: Shown = None
    gradient: Shown = None
    constant: bool = False

    @property
    def inside(self) -> str:
        """LaTeX of what stands in the circle, or of the name of an input; a word is not a product of letters."""
        word = self.gate.isalpha() and len(self.gate) > 1
        return rf"\operatorname{{{self.gate}}}" if word else self.gate or self.label

    @property
    def mark(self) -> str:
        """LaTeX to stand at the second operand's wire, where the gate treats its operands differently."""
        return self.gate if self.gate in ORDERED else ""


@dataclass(frozen=True)
class Diagram:
    """A circuit: nodes in an order of evaluation, and the name of the output node."""

    nodes: tuple[Node, ...]
    output: str


@dataclass(frozen=True)
class Spot:
    """Where a node is drawn: left edge and middle of its gate, and what a key writes at its stub.

    `rooms` are the widths that a value and a gradient have, in mm: beyond the stub where nothing stands in the way. `lead`
    is by how much the name of an input is longer than a gate is wide.
    """

    node: Node
    x: float
    y: float
    last: bool
    found_value: Shown = None
    found_gradient: Shown = None
    rooms: tuple[float, float] = (0.0, 0.0)
    lead: float = 0.0

    @property
    def naming(self) -> tuple[float, float, float, float]:
        """Where a gate's name stands, flush right: left, top, width, height; off its circle and its writing places."""
        return self.x - 2.0, self.y - GATE / 2 - NAME, GATE + 2.6, NAME


@dataclass(frozen=True)
class Mark:
    """A small sign at a wire's end, centred on a point."""

    latex: str
    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    """A laid-out circuit: sizes in mm before scaling; `wires` are SVG path data."""

    width: float
    height: float
    scale: float
    spots: tuple[Spot, ...]
    wires: tuple[str, ...]
    marks: tuple[Mark, ...]
    stub: float
    gate: float = GATE
    writing: float = WRITING


def draw_circuit(diagram: Diagram, found: Mapping[str, tuple[Shown, Shown]] | None = None) -> Drawing:
    """Lay a circuit out, from inputs on the left to the output on the right; the same circuit is always drawn alike.

    `found` (node name -> value, gradient) is what a key fills in; a sheet passes none.
    Raises: InputError if a node is fed by one that does not stand before it.
    """
    known: set[str] = set()
    for node in diagram.nodes:
        if missing := set(node.sources) - known:
            raise InputError(f"circuit node {node.name!r} is fed by {sorted(missing)}, which must stand before it")
        known.add(node.name)
    leads = {node.name: lead for node in diagram.nodes if (lead := _lead(node))}
    layout = _layout(tuple((node.name, node.sources) for node in diagram.nodes), tuple(leads.items()))
    spots = tuple(
        Spot(node, *layout.places[node.name], node.name == diagram.output, *(found or {}).get(node.name, (None, None)))
        for node in diagram.nodes
    )
    spots = tuple(replace(spot, rooms=_rooms(layout, spot, spots), lead=leads.get(spot.node.name, 0.0)) for spot in spots)
    marks = tuple(
        Mark(node.mark, *layout.seconds[node.name]) for node in diagram.nodes if node.mark and node.name in layout.seconds
    )
    wires = tuple(wire.path for wire in layout.wires)
    scale = min(1.0, PAGE / layout.width)
    return Drawing(layout.width, layout.height, scale, spots, wires, marks, layout.stub)


@lru_cache(maxsize=4096)
def placed(scale: float, x: float, y: float, width: float, height: float) -> str:
    """The style of what stands over a circuit at a place in its millimetres, one line high."""
    left, top, wide, high = (f"{size * scale:.2f}mm" for size in (x, y, width, height))
    return f"left:{left};top:{top};width:{wide};height:{high};line-height:{high}"


def _lead(node: Node) -> float:
    """By how much an input's name, or a constant, is longer than a gate is wide, mm."""
    return 0.0 if node.gate else max(0.0, 1.2 + width(math(node.label).striptags(), LETTERS) - GATE)


Structure = tuple[tuple[str, tuple[str, ...]], ...]
Leads = tuple[tuple[str, float], ...]
Point = tuple[float, float]
Place = str | tuple[str, int]  # a node, or the trunk of its wire in a later column


@dataclass(frozen=True)
class _Wire:
    """One piece of wire; where it enters a gate, the room beside its end."""

    points: tuple[Point, ...]
    gate: str = ""
    beside: Point = (0.0, 0.0)

    @property
    def path(self) -> str:
        """SVG path data: a slanting line, and where it passes a column a level one."""
        (ax, ay), (bx, by), *level = self.points
        return f"M{ax:.2f} {ay:.2f}L{bx:.2f} {by:.2f}" + "".join(f"H{x:.2f}" for x, _ in level)


@dataclass(frozen=True)
class _Layout:
    """Where gates begin, and the wires between them."""

    width: float
    height: float
    stub: float
    places: Mapping[str, Point]
    wires: tuple[_Wire, ...]
    crossings: int
    inversions: int

    @property
    def seconds(self) -> dict[str, Point]:
        """Beside the second wire of every gate that has two: wires into a gate come in the order of its operands."""
        entering: dict[str, list[Point]] = {}
        for wire in self.wires:
            entering.setdefault(wire.gate, []).append(wire.beside)
        return {gate: points[1] for gate, points in entering.items() if gate and len(points) == 2}


@lru_cache(maxsize=512)
def _layout(structure: Structure, leads: Leads = ()) -> _Layout:
    """The roomiest spacing that fits; then fewest crossings, inputs nearest to their own order, and flattest."""
    tried: list[_Layout] = []
    for stub, gap in SPACINGS:
        tried = [_candidate(structure, leads, stub, gap, flip, turn) for flip in (1, -1) for turn in (1, -1)]
        if tried[0].width <= PAGE:
            break
    return min(tried, key=lambda layout: (layout.crossings, layout.inversions, layout.height))


def _candidate(structure: Structure, leads: Leads, stub: float, gap: float, flip: int, turn: int) -> _Layout:
    """One layout, upside down where `flip` is -1; `turn` -1 hands the engine the nodes in reverse order."""
    columns, edges = _columns(structure), _edges(structure)
    places = list(dict.fromkeys(place for name, _ in structure for place in (name, *_trunk(edges, name))))[::turn]
    longer: Mapping[Place, float] = dict(leads)
    drawing = _engine({place: GATE + stub + longer.get(place, 0.0) for place in places}, edges, columns, gap)
    low, high = drawing.bounds["min"], drawing.bounds["max"]
    top = low["y"] if flip == 1 else -high["y"]
    spots = {
        place: (spot["center"]["x"] + (longer.get(place, 0.0) - GATE - stub) / 2 - low["x"], flip * spot["center"]["y"] - top)
        for place, spot in zip(places, drawing.nodes, strict=True)
    }
    _sort_siblings(structure, spots)
    order = [spots[name][1] for name, sources in structure if not sources]
    return _Layout(
        high["x"] - low["x"],
        high["y"] - low["y"],
        stub,
        {name: spots[name] for name, _ in structure},
        tuple(_wires(edges, spots, GATE + stub)),
        int(drawing.metrics().get("crossings", 0)),
        sum(a > b for i, a in enumerate(order) for b in order[i + 1 :]),
    )


def _columns(structure: Structure) -> dict[str, int]:
    """The column of every node: one behind its last source; an input stands right before its first gate."""
    columns: dict[str, int] = {}
    for name, sources in structure:
        columns[name] = max((columns[source] + 1 for source in sources), default=0)
    for name, sources in structure:
        fed = [columns[other] for other, others in structure if name in others]
        if not sources and fed:
            columns[name] = min(fed) - 1
    return columns


def _edges(structure: Structure) -> list[tuple[Place, Place]]:
    """The wires, cut at every column: a value that is needed later has one trunk, from which its wires branch."""
    columns = _columns(structure)
    cut: list[tuple[Place, Place]] = []
    for name, sources in structure:
        for source in sources:
            before: Place = source
            for column in range(columns[source] + 1, columns[name]):
                cut.append((before, (source, column)))
                before = (source, column)
            cut.append((before, name))
    trunks = [edge for edge in dict.fromkeys(cut) if isinstance(edge[1], tuple)]
    return trunks + [edge for edge in cut if isinstance(edge[1], str)]


def _trunk(edges: Sequence[tuple[Place, Place]], name: str) -> list[Place]:
    return [end for _, end in edges if isinstance(end, tuple) and end[0] == name]


def _engine(
    widths: Mapping[Place, float], edges: Sequence[tuple[Place, Place]], columns: Mapping[str, int], gap: float
) -> graphlay.Layout:
    graph = graphlay.Graph()
    for place, wide in widths.items():
        column = place[1] if isinstance(place, tuple) else columns[place]
        height = TRUNK if isinstance(place, tuple) else 2 * WRITING
        graph.node(place, width=wide, height=height, label=str(place), rank={"fixed": column})
    for start, end in dict.fromkeys(edges):
        graph.edge(start, end)
    spacing = {"layer_gap": gap, "node_gap": 3.0, "port_gap": 0.5, "stub": 0.5, "port_stroke_clear": 0.5}
    routing = {"style": "diagonal", "centre_ports": "all", "port_sides": "facing_only"}
    return graphlay.layout(graph, options={"spacing": spacing, "routing": routing})


def _sort_siblings(structure: Structure, spots: dict[Place, Point]) -> None:
    """Inputs that feed the same single gate stand in their own order: they may change places without a crossing."""
    fed = {name: [other for other, sources in structure if name in sources] for name, _ in structure}
    groups: dict[tuple[str, float], list[str]] = {}
    for name, sources in structure:
        if not sources and len(fed[name]) == 1:
            groups.setdefault((fed[name][0], spots[name][0]), []).append(name)
    for names in groups.values():
        heights = sorted(spots[name][1] for name in names)
        for name, height in zip(names, heights, strict=True):
            spots[name] = (spots[name][0], height)


def _wires(edges: Sequence[tuple[Place, Place]], spots: Mapping[Place, Point], width: float) -> Iterator[_Wire]:
    """Pieces of wire: from the end of a stub or trunk to the rim of a gate or through the next trunk."""
    twins = Counter(edges)
    drawn: Counter[tuple[Place, Place]] = Counter()
    for start, end in edges:
        x, y = spots[start][0] + width, spots[start][1]
        left, middle = spots[end]
        if isinstance(end, tuple):
            yield _Wire(((x, y), (left, middle), (left + width, middle)))
            continue
        shift = TWIN * (2 * drawn[start, end] - twins[start, end] + 1)
        drawn[start, end] += 1
        rim = _rim((left + GATE / 2, middle), (x, y), shift)
        yield _Wire(((x, y), rim), end, _beside(rim, (x, y)))


def _rooms(layout: _Layout, spot: Spot, spots: Sequence[Spot]) -> tuple[float, float]:
    """How wide a value above a node's wire and a gradient below it may be before they meet a wire or another node."""
    start, least = spot.x + GATE + BESIDE, layout.stub - BESIDE - ARROW
    if spot.last:
        return least, least
    wires = [piece for wire in layout.wires for piece in pairwise(wire.points)]
    found = []
    for low, high in ((spot.y - DIGITS[1], spot.y - DIGITS[0]), (spot.y + DIGITS[0], spot.y + DIGITS[1])):
        ends = [_enters(piece, low, high) for piece in wires]
        ends += [other.x for other in spots if other.y - GATE / 2 < high and low < other.y + GATE / 2 and other.x > spot.x]
        found.append(max(least, min((x for x in ends if x > start), default=layout.width) - BESIDE - start))
    return found[0], found[1]


def _enters(piece: tuple[Point, Point], low: float, high: float) -> float:
    """Where a straight wire first stands between two heights, from the left; 0 where it never does."""
    (ax, ay), (bx, by) = piece
    if max(ay, by) <= low or min(ay, by) >= high:
        return 0.0
    if low < ay < high:
        return ax
    return ax + (bx - ax) * ((low if ay <= low else high) - ay) / (by - ay)


def _beside(rim: Point, start: Point) -> Point:
    """A little back from the end of a wire, and off it: below a rising wire, above any other."""
    back = (start[0] - rim[0], start[1] - rim[1])
    length = (back[0] ** 2 + back[1] ** 2) ** 0.5
    x, y = MARK * back[0] / length, MARK * back[1] / length
    side = 1 if y > 0.1 else -1
    return rim[0] + x + side * y, rim[1] + y + side * abs(x)


def _rim(centre: Point, start: Point, shift: float) -> Point:
    """Where a wire from `start` meets the circle: straight towards its centre, or `shift` above or below it."""
    if shift:
        return centre[0] - ((GATE / 2) ** 2 - shift**2) ** 0.5, centre[1] + shift
    away = ((start[0] - centre[0]) ** 2 + (start[1] - centre[1]) ** 2) ** 0.5
    return (
        centre[0] + (start[0] - centre[0]) * GATE / 2 / away,
        centre[1] + (start[1] - centre[1]) * GATE / 2 / away,
    )
