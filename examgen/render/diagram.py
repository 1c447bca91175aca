"""A computational graph drawn as a circuit: who feeds whom goes in, positions in millimetres come out.

A node is drawn as its gate (an input: its name) and a stub of wire behind it; above the stub stands the value, below it the
gradient, and wires leave from the stub's end. So a value that is used twice still has one place to be written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

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
Layout = tuple[float, float, dict[str, tuple[float, float]], tuple[str, ...]]


@lru_cache(maxsize=512)
def _layout(structure: Structure) -> Layout:
    """Positions and wires of the best of a few layouts: fewest crossings, then inputs nearest to their order, then flattest."""
    candidates = [_candidate(structure, seed) for seed in range(SEEDS)]
    best = min(candidates, key=lambda drawing: _quality(structure, drawing))
    return _measure(structure, best)


def _candidate(structure: Structure, seed: int) -> graphlay.Layout:
    graph = graphlay.Graph()
    for name, _ in structure:
        graph.node(name, width=GATE + STUB, height=2 * WRITING)
    for name, sources in structure:
        for source in sources:
            graph.edge(source, name)
    spacing = {"layer_gap": 7.0, "node_gap": 3.0, "dummy_gap": 4.0, "port_gap": 2.0, "stub": 2.0, "port_stroke_clear": 2.0}
    routing = {"style": "diagonal", "centre_ports": "all", "port_sides": "facing_only"}
    return graphlay.layout(graph, options={"spacing": spacing, "routing": routing, "seed": seed, "seed_mode": "structure"})


def _quality(structure: Structure, drawing: graphlay.Layout) -> tuple[int, int, float]:
    crossings = int(json.loads(json.dumps(drawing.metrics())).get("crossings", 0))
    heights = [drawing.nodes[i]["center"]["y"] for i, (_, sources) in enumerate(structure) if not sources]
    inversions = sum(a > b for i, a in enumerate(heights) for b in heights[i + 1 :])
    return crossings, inversions, drawing.bounds["max"]["y"] - drawing.bounds["min"]["y"]


def _measure(structure: Structure, drawing: graphlay.Layout) -> Layout:
    left, top = drawing.bounds["min"]["x"], drawing.bounds["min"]["y"]
    places = {
        name: (spot["center"]["x"] - (GATE + STUB) / 2 - left, spot["center"]["y"] - top)
        for (name, _), spot in zip(structure, drawing.nodes, strict=True)
    }
    ends = [places[name] for name, sources in structure for _ in sources]
    wires = tuple(
        _wire([(p["x"] - left, p["y"] - top) for p in edge["points"]], end)
        for edge, end in zip(drawing.edges, ends, strict=True)
    )
    return drawing.bounds["max"]["x"] - left, drawing.bounds["max"]["y"] - top, places, wires


def _wire(points: list[tuple[float, float]], gate: tuple[float, float]) -> str:
    """Path data of a wire, its end moved from the layout's box to the rim of the gate's circle."""
    x, y = points[-2]
    centre = (gate[0] + GATE / 2, gate[1])
    away = ((x - centre[0]) ** 2 + (y - centre[1]) ** 2) ** 0.5
    rim = tuple(c + (p - c) * GATE / 2 / away for c, p in zip(centre, (x, y), strict=True))
    return "M" + "L".join(f"{px:.2f} {py:.2f}" for px, py in _straight([*points[:-1], (rim[0], rim[1])]))


def _straight(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points without repetitions."""
    found = list(points)
    return [found[0], *(b for a, b in pairwise(found) if a != b)]
