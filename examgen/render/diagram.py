"""A computational graph drawn as a circuit: who feeds whom goes in, positions in millimetres come out.

A node is drawn as its gate (an input: its name) and a stub of wire behind it; above the stub stands the value, below it the
gradient, and wires leave from the stub's end. So a value that is used twice still has one place to be written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import graphlay

from examgen.errors import InputError

Shown = int | Fraction | str | None

GATE = 8.0  # diameter of a gate and width of an input's name, mm
STUB = 15.0  # length of the wire that carries the writing places, mm
WRITING = 6.0  # height of a writing place, mm
PAGE = 174.0  # width there is on the page, mm
SEEDS = 12


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


@dataclass(frozen=True)
class Diagram:
    """A circuit: nodes in an order of evaluation, the name of the output node, and the words for who cannot see it."""

    nodes: tuple[Node, ...]
    output: str
    alt: str = ""


@dataclass(frozen=True)
class Spot:
    """Where a node is drawn: left edge and middle of its gate, and what a key writes at its stub."""

    node: Node
    x: float
    y: float
    last: bool
    found_value: Shown = None
    found_gradient: Shown = None


@dataclass(frozen=True)
class Drawing:
    """A laid-out circuit: sizes in mm before scaling; `wires` are SVG path data."""

    width: float
    height: float
    scale: float
    spots: tuple[Spot, ...]
    wires: tuple[str, ...]
    alt: str
    gate: float = GATE
    stub: float = STUB
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
    width, height, places, wires = _layout(tuple((node.name, node.sources) for node in diagram.nodes))
    spots = tuple(
        Spot(node, *places[node.name], node.name == diagram.output, *(found or {}).get(node.name, (None, None)))
        for node in diagram.nodes
    )
    return Drawing(width, height, min(1.0, PAGE / width), spots, wires, diagram.alt)


Structure = tuple[tuple[str, tuple[str, ...]], ...]
Places = dict[str, tuple[float, float]]
Bends = dict[tuple[str, str], list[tuple[float, float]]]
Layout = tuple[float, float, Places, tuple[str, ...]]


@lru_cache(maxsize=512)
def _layout(structure: Structure) -> Layout:
    """Positions and wires of the best of a few layouts: fewest crossings, then inputs nearest to their order, then flattest."""
    candidates = [_places(structure, seed, flip) for seed in range(SEEDS) for flip in (1, -1)]
    crossings, _, height, width, places, bends = min(candidates, key=lambda candidate: candidate[:3])
    wires = tuple(
        _wire(places[source], places[name], bends[source, name]) for name, sources in structure for source in sources
    )
    return width, height, places, wires


def _places(structure: Structure, seed: int, flip: int) -> tuple[int, int, float, float, Places, Bends]:
    """One layout, upside down where `flip` is -1: its quality, its width, where gates are and how wires between them bend."""
    drawing = _engine(structure, seed)
    low, high = drawing.bounds["min"], drawing.bounds["max"]
    top = low["y"] if flip == 1 else -high["y"]
    places = {
        name: (spot["center"]["x"] - (GATE + STUB) / 2 - low["x"], flip * spot["center"]["y"] - top)
        for (name, _), spot in zip(structure, drawing.nodes, strict=True)
    }
    edges = [(source, name) for name, sources in structure for source in sources]
    bends = {
        edge: [(p["x"] - low["x"], flip * p["y"] - top) for p in drawn["points"][1:-1]]
        for edge, drawn in zip(edges, drawing.edges, strict=True)
    }
    _sort_siblings(structure, places, bends)
    order = [places[name][1] for name, sources in structure if not sources]
    inversions = sum(a > b for i, a in enumerate(order) for b in order[i + 1 :])
    crossings = int(drawing.metrics().get("crossings", 0))
    return crossings, inversions, high["y"] - low["y"], high["x"] - low["x"], places, bends


def _engine(structure: Structure, seed: int) -> graphlay.Layout:
    graph = graphlay.Graph()
    for name, _ in structure:
        graph.node(name, width=GATE + STUB, height=2 * WRITING)
    for name, sources in structure:
        for source in sources:
            graph.edge(source, name)
    spacing = {"layer_gap": 7.0, "node_gap": 3.0, "dummy_gap": 4.0, "port_gap": 2.0, "stub": 2.0, "port_stroke_clear": 2.0}
    routing = {"style": "diagonal", "centre_ports": "all", "port_sides": "facing_only"}
    return graphlay.layout(graph, options={"spacing": spacing, "routing": routing, "seed": seed, "seed_mode": "structure"})


def _sort_siblings(structure: Structure, places: Places, bends: Bends) -> None:
    """Inputs that feed the same single gate stand in their own order: they may change places without a crossing."""
    fed: dict[str, list[str]] = {name: [] for name, _ in structure}
    for name, sources in structure:
        for source in sources:
            fed[source].append(name)
    groups: dict[tuple[str, float], list[str]] = {}
    for name, sources in structure:
        if not sources and len(fed[name]) == 1:
            groups.setdefault((fed[name][0], places[name][0]), []).append(name)
    for (gate, _), names in groups.items():
        found = sorted(((places[name], bends[name, gate]) for name in names), key=lambda spot: spot[0][1])
        for name, (place, bend) in zip(names, found, strict=True):
            places[name], bends[name, gate] = place, bend


def _wire(source: tuple[float, float], gate: tuple[float, float], bends: list[tuple[float, float]]) -> str:
    """Path data of a wire from the end of a stub to the rim of a gate."""
    start = (source[0] + GATE + STUB, source[1])
    centre = (gate[0] + GATE / 2, gate[1])
    last = bends[-1] if bends else start
    away = ((last[0] - centre[0]) ** 2 + (last[1] - centre[1]) ** 2) ** 0.5
    rim = (centre[0] + (last[0] - centre[0]) * GATE / 2 / away, centre[1] + (last[1] - centre[1]) * GATE / 2 / away)
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in [start, *bends, rim])
