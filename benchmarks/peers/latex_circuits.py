"""Circuits with pict2e: what those of one structure share is set once, and numbers are put over it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from zlib import crc32

from benchmarks.peers.latex_text import math, number
from examgen.render import diagram
from examgen.render.notation import num

VECTOR, LINE = r"\vector", r"\line"


def circuit(drawing: diagram.Drawing) -> str:
    """Numbers over a drawing that is set once."""
    numbers = "".join(number for spot in drawing.spots for number in _numbers(drawing, spot))
    return rf"\begin{{picture}}{_size(drawing)}\drawn{{{_name(_fixed(drawing))}}}{numbers}\end{{picture}}"


def saved(diagrams: Iterable[diagram.Diagram | None]) -> str:
    """Each of the drawings once, in a box of its own, for all variants."""
    drawn = {_fixed(diagram.draw_circuit(each)): None for each in diagrams if each}
    return "".join(rf"\drawonce{{{_name(fixed)}}}{{{fixed}}}" for fixed in drawn)


def _name(fixed: str) -> str:
    return f"{crc32(fixed.encode()):08x}"


def _size(drawing: diagram.Drawing) -> str:
    return f"({drawing.width:.2f},{drawing.height:.2f})"


def _fixed(drawing: diagram.Drawing) -> str:
    """Wires, gates and names: what circuits of one structure share."""
    height = drawing.height
    wires = "".join(_wire(path, height) for path in drawing.wires)
    spots = "".join(part for spot in drawing.spots for part in _spot(drawing, spot))
    marks = "".join(rf"\at{{{mark.x:.2f}}}{{{height - mark.y:.2f}}}{{{math(mark.latex)}}}" for mark in drawing.marks)
    return rf"\begin{{picture}}{_size(drawing)}{wires}{spots}{marks}\end{{picture}}"


def _wire(path: str, height: float) -> str:
    """SVG path data of straight pieces; TeX counts heights from below."""
    steps, y = [], 0.0
    for sign, found in re.findall(r"([MLH])([^MLH]+)", path):
        x, *below = map(float, found.split())
        y = height - below[0] if below else y
        steps.append(rf"\{'moveto' if sign == 'M' else 'lineto'}({x:.2f},{y:.2f})")
    return "".join(steps) + r"\strokepath"


def _spot(drawing: diagram.Drawing, spot: diagram.Spot) -> Iterator[str]:
    y, start = drawing.height - spot.y, spot.x + drawing.gate
    yield rf"\put({start:.2f},{y:.2f}){{{VECTOR if spot.last else LINE}(1,0){{{drawing.stub:.2f}}}}}"
    if not spot.node.gate:
        yield rf"\atright{{{start - 1:.2f}}}{{{y:.2f}}}{{{math(spot.node.inside)}}}"
        return
    yield rf"\gate{{{spot.x + drawing.gate / 2:.2f}}}{{{y:.2f}}}{{{math(spot.node.inside)[1:-1]}}}"
    left, top, width, tall = spot.naming
    if spot.node.label:
        middle = drawing.height - top - tall / 2
        yield rf"\atright{{{left + width:.2f}}}{{{middle:.2f}}}{{\footnotesize{math(spot.node.label)}}}"


def _numbers(drawing: diagram.Drawing, spot: diagram.Spot) -> Iterator[str]:
    x, y = spot.x + drawing.gate + drawing.stub / 2, drawing.height - spot.y
    if not spot.node.constant:
        yield from _written(x, y + drawing.writing / 2, spot.node.value, spot.found_value, r"\textbf")
        yield from _written(x, y - drawing.writing / 2, spot.node.gradient, spot.found_gradient, r"\textit")


def _written(x: float, y: float, given: diagram.Shown, found: diagram.Shown, face: str) -> Iterator[str]:
    if given is not None:
        yield rf"\at{{{x:.2f}}}{{{y:.2f}}}{{{number(_shown(given))}}}"
    elif found is not None:
        yield rf"\at{{{x:.2f}}}{{{y:.2f}}}{{\footnotesize{face}{{{number(_shown(found))}}}}}"


def _shown(value: diagram.Shown) -> str:
    return value if isinstance(value, str) or value is None else num(value)  # type: ignore[return-value]  # a number is left
