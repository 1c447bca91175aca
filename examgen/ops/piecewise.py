"""Functions by cases, as a person defines them: straight pieces that meet at knots, each knot with a slope of its own.

Such a function states its slope everywhere, at its knots too, so that none of them is a kink: what a framework calls a custom
function, with a backward pass that somebody wrote. ReLU, leaky ReLU, the absolute value and clamping are of this kind, under
whatever convention.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from examgen.ops import _cells as cells
from examgen.ops._op import Op, Shape, ShapeError

if TYPE_CHECKING:
    from examgen.graph import Builder, Node, Ref

CUSTOM = "torch.autograd.Function: the slope at a knot is the one that its backward pass states"
STATED = ("at", "knots", "slopes")


def _pieces(attrs: dict[str, Any], x: Shape) -> Shape:
    at, knots, slopes = (attrs[name] for name in STATED)
    if not knots or len(at) != len(knots) or len(slopes) != len(knots) + 1:
        raise ShapeError(f"{len(slopes)} slopes, {len(at)} at knots and {len(knots)} knots: give n + 1, n and n of them")
    if list(knots) != sorted(set(knots)):
        raise ShapeError(f"knots {list(map(str, knots))} must ascend")
    return x


def _slope(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    return (g * b.op("piecewise_slope", *b.inputs(node), **{name: node[name] for name in STATED}),)


PIECEWISE = (
    Op(
        "piecewise", _pieces, _slope, convention="at a knot the slope that is stated with it",
        latex="f({0})", gate="f", source=CUSTOM, cell=cells.piecewise,
    ),
    Op("piecewise_slope", _pieces, latex="f'({0})", source="slope of piecewise", cell=cells.piecewise_slope),
)
