"""Functions by cases, as a person defines them: straight pieces that meet at knots, each knot with a slope of its own.

Such a function states its slope everywhere, at its knots too, so that none of them is a kink: what a framework calls a custom
function, with a backward pass that somebody wrote. ReLU, leaky ReLU, the absolute value and clamping are of this kind, under
whatever convention.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

from examgen.ops import _cells as cells
from examgen.ops._op import Op, Shape, ShapeError

if TYPE_CHECKING:
    from examgen.graph import Builder, Node, Ref

CUSTOM = "torch.autograd.Function: the slope at a knot is the one that its backward pass states"


def _pieces(attrs: dict[str, Any], x: Shape) -> Shape:
    at, knots, slopes = (attrs[name] for name in ("at", "knots", "slopes"))
    if not knots or len(at) != len(knots) or len(slopes) != len(knots) + 1:
        raise ShapeError(f"{len(slopes)} slopes, {len(at)} at knots and {len(knots)} knots: give n + 1, n and n of them")
    if list(knots) != sorted(set(knots)):
        raise ShapeError(f"knots {list(map(str, knots))} must ascend")
    return x


def slope_at(b: Builder, node: Node, x: Ref) -> Ref:
    """The slope of a function by cases, as a sum of steps: before a knot and behind it, none of which holds the knot itself."""
    slopes, constant = node["slopes"], Fraction(node["slopes"][0])
    steps: list[Ref] = []
    for knot, own, before, after in zip(node["knots"], node["at"], slopes, slopes[1:], strict=False):
        constant += own - before
        beyond = x - b.const(knot) if knot else x
        for factor, gap in ((before - own, -beyond), (after - own, beyond)):
            if factor:
                step = b.op("step", gap)
                steps.append(step if factor == 1 else b.const(factor) * step)
    return reduce(add, [b.const(constant), *steps] if constant or not steps else steps)


def _piecewise(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    return (g * slope_at(b, node, *b.inputs(node)),)


PIECEWISE = (
    Op(
        "piecewise", _pieces, _piecewise, convention="at a knot the slope that is stated with it",
        latex="f({0})", gate="f", source=CUSTOM, cell=cells.piecewise,
    ),
)
