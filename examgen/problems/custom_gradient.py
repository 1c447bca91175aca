"""Forward and backward pass of a custom function, such as the lecture's `MyReLU`, with its kinks asked on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, pairwise
from typing import Any

from examgen.graph import Builder, Graph
from examgen.model import Ask, Convention, Instance, Reminder, Step
from examgen.problem import DrawError, InputError, Mistake, Preset, Problem, Stream, Worked, param
from examgen.problems import _reminders as rules
from examgen.problems._by_cases import FUNCTION, KINK, function_steps, knots_of, piecewise_mistakes, slopes_of, square_mistakes


@dataclass(frozen=True)
class Params:
    function: str = param("relu", "the custom function", choices=tuple(FUNCTION))
    count: int = param(5, "numbers that it is applied to", low=2, high=8)
    at_kink: Fraction = param(Fraction(1), "the slope that is taken at a kink", timed=False)
    kinks: bool = param(True, "a number sits on each kink")
    leak: Fraction = param(Fraction(1, 10), "slope of the leaky ReLU below 0, less than 1", low=0, timed=False)
    bounds: tuple[int, int] = param((-2, 3), "clamp cuts off below and above", timed=False)
    limit: int = param(6, "numbers lie within ± this", low=3, high=20)


class CustomGradient(Problem):
    name = "custom_gradient"
    title = "Gradient of a custom function"
    source = "torch.autograd.Function; the seed lecture's MyReLU"
    params = Params
    default = "relu"
    sized = {"x": ("count",)}
    table = "x"
    example = 'x="-2 0 3" upstream="1 2 -3" at_kink=1'
    presets = {
        "relu": Preset(Params(), (3, 3), "quiz"),
        "leaky_relu": Preset(Params("leaky_relu", at_kink=Fraction(1, 10)), (4, 4)),
        "clamp": Preset(Params("clamp", count=6), (4, 5)),
    }

    def check(self, params: Params) -> None:
        if params.leak >= 1:
            raise InputError(f"leak = {params.leak}: must be below 1")
        if params.bounds[0] >= params.bounds[1]:
            raise InputError(f"bounds = {list(params.bounds)}: the first must be below the second")
        self.graph(params)

    def draw(self, params: Params, stream: Stream) -> Instance:
        """Every kink once, about as many numbers on each piece, and gradients of either sign on the first two pieces."""
        knots = knots_of(params)
        wanted = params.count - len(knots) * params.kinks
        pieces = [_between(low, high, params.limit) for low, high in zip((None, *knots), (*knots, None), strict=True)]
        taken = [wanted // len(pieces) + (place < wanted % len(pieces)) for place in range(len(pieces))]
        if wanted < len(pieces) or any(len(piece) < k for piece, k in zip(pieces, taken, strict=True)):
            raise DrawError(f"count = {params.count} does not put a number on each piece and kink: change count or limit")
        chosen = [list(stream.sample(piece, k)) for piece, k in zip(pieces, taken, strict=True)]
        slopes = {x: stream.signed(2, 5) for x in (*(knots if params.kinks else ()), *chain(*chosen))}
        if knots:
            left, right = chosen[0][0], chosen[1][0]
            slopes |= {left: abs(slopes[left]), right: -abs(slopes[right])}
        x = stream.shuffled(list(slopes))
        return Instance(self.name, params, {"x": x, "upstream": tuple(slopes[cell] for cell in x)})

    def graph(self, params: Params) -> Graph:
        b = Builder()
        x = b.input("x", (params.count,))
        if params.function == "square":
            return b.build(b.power(x, 2, name="y"))
        at = (params.at_kink,) * len(knots_of(params))
        base = params.bounds[0] if params.function == "clamp" else 0
        return b.build(b.piecewise(x, knots_of(params), slopes_of(params), at, base, name="y"))

    def asks(self, params: Params) -> tuple[Ask, ...]:
        """Values, then gradients; whole numbers stay whole unless a slope is a fraction."""
        dims, stated = (params.count,), (*slopes_of(params), params.at_kink if knots_of(params) else 0)
        kind: Any = "integer" if all(slope == int(slope) for slope in stated) else "number"
        return (
            Ask("y", "y", "y", "array", shape=dims, group="value", cell_kind=kind),
            Ask("dx", "x", r"\partial L/\partial x", "array", True, None, dims, Fraction(2), "gradient", kind),
        )

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        params = instance.params
        low, high = params.bounds
        numbers = {"leak": params.leak, "low": low, "high": high, "slope": params.at_kink}
        kink = KINK[len(knots_of(params)) - 1 :][:1] if knots_of(params) else ()
        return (
            Convention("function", FUNCTION[params.function], numbers),
            *(Convention("kink", says, numbers) for says in kink),
            Convention("gradient", GIVEN),
        )

    def reminders(self, params: Params) -> tuple[Reminder, ...]:
        own = {"relu": (rules.RELU,), "abs": (rules.GATES["abs"],), "square": (rules.SQUARE,)}
        return (rules.CHAIN, *own.get(params.function, ()))

    def mistakes(self, params: Params) -> tuple[Mistake, ...]:
        if params.function == "square":
            return tuple(square_mistakes())
        other = tuple(before if after == params.at_kink else after for before, after in pairwise(slopes_of(params)))
        return tuple(piecewise_mistakes(params.function, other if params.kinks else ()))

    def steps(self, worked: Worked) -> Iterator[Step]:
        return function_steps(worked, "x", "y")

    def readings(self, instance: Instance) -> Iterator[str]:
        if not any(x in knots_of(instance.params) for x in instance.data["x"]) and knots_of(instance.params):
            yield "no number sits on a kink: the slope that is stated there is not asked"


def _between(low: int | None, high: int | None, limit: int) -> list[int]:
    """Whole numbers strictly between two knots, none of them 0; without a knot up to the limit."""
    first, last = -limit if low is None else low + 1, limit if high is None else high - 1
    return [x for x in range(first, last + 1) if x]


GIVEN = (
    r"Given are $x$ and the gradient $\partial L/\partial y$. Find what the forward pass returns, $y$, and what the "
    r"backward pass returns, $\partial L/\partial x$."
)
PROBLEM = CustomGradient()
