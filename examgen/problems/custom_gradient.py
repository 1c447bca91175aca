"""Forward and backward pass of a custom function, such as the lecture's `MyReLU`, with its kinks asked on purpose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, pairwise
from typing import Any

from examgen.drawing import Stream
from examgen.errors import DrawError, InputError
from examgen.graph import Builder, Graph
from examgen.mistakes import Mistake
from examgen.model import Ask, Convention, Exact, Instance, Reminder, Step
from examgen.narration import Worked
from examgen.problem import Preset, Problem, param
from examgen.problems import _reminders as rules
from examgen.problems._by_cases import function_steps, piecewise_mistakes, square_mistakes
from examgen.problems._lists import listed

FUNCTIONS = ("relu", "leaky_relu", "abs", "clamp", "square")


@dataclass(frozen=True)
class Params:
    function: str = param("relu", "the custom function", choices=FUNCTIONS)
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
        knots = _knots(params)
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
        at = (params.at_kink,) * len(_knots(params))
        base = params.bounds[0] if params.function == "clamp" else 0
        return b.build(b.piecewise(x, _knots(params), _slopes(params), at, base, name="y"))

    def asks(self, params: Params) -> tuple[Ask, ...]:
        """Values, then gradients; whole numbers stay whole unless a slope is a fraction."""
        dims, stated = (params.count,), (*_slopes(params), params.at_kink if _knots(params) else 0)
        kind: Any = "integer" if all(slope == int(slope) for slope in stated) else "number"
        return (
            Ask("y", "y", "y", "array", shape=dims, group="value", cell_kind=kind),
            Ask("dx", "x", r"\partial L/\partial x", "array", True, None, dims, Fraction(2), "gradient", kind),
        )

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        params = instance.params
        low, high = params.bounds
        numbers = {"leak": params.leak, "low": low, "high": high, "slope": params.at_kink}
        kink = KINK[len(_knots(params)) - 1 :][:1] if _knots(params) else ()
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
        other = tuple(before if after == params.at_kink else after for before, after in pairwise(_slopes(params)))
        return tuple(piecewise_mistakes(params.function, other if params.kinks else ()))

    def steps(self, worked: Worked) -> Iterator[Step]:
        return function_steps(worked, "x", "y")

    def sizes(self, given: Mapping[str, Any], data: Mapping[str, Exact]) -> dict[str, Any]:
        """As many as there are, in a list or in a table of one row."""
        if "x" not in data:
            raise InputError("data has no 'x': give x, and upstream where the gradient of L is not 1")
        return {"count": len(listed(data["x"]))}

    def completed(self, params: Params, data: dict[str, Exact]) -> dict[str, Exact]:
        return {name: listed(value) for name, value in data.items()}

    def readings(self, instance: Instance) -> Iterator[str]:
        if not any(x in _knots(instance.params) for x in instance.data["x"]) and _knots(instance.params):
            yield "no number sits on a kink: the slope that is stated there is not asked"


def _knots(params: Params) -> tuple[int, ...]:
    return {"square": (), "clamp": params.bounds}.get(params.function, (0,))


def _slopes(params: Params) -> tuple[Any, ...]:
    """From the left."""
    return {"relu": (0, 1), "leaky_relu": (params.leak, 1), "abs": (-1, 1), "clamp": (0, 1, 0)}.get(params.function, ())


def _between(low: int | None, high: int | None, limit: int) -> list[int]:
    """Whole numbers strictly between two knots, none of them 0; without a knot up to the limit."""
    first, last = -limit if low is None else low + 1, limit if high is None else high - 1
    return [x for x in range(first, last + 1) if x]


FUNCTION = {
    "relu": r"A custom function computes ReLU, number by number: $$y=f(x)=\max(0,\;x)$$",
    "leaky_relu": r"A custom function computes a leaky ReLU, number by number: $$y=f(x)=\max(%(leak)s\,x,\;x)$$",
    "abs": r"A custom function computes the absolute value, number by number: $$y=f(x)=|x|$$",
    "clamp": (
        r"A custom function clamps, number by number: $$y=f(x)=\min(\max(x,%(low)s),\;%(high)s)$$"
    ),
    "square": r"A custom function squares, number by number: $$y=f(x)=x^2$$",
}
KINK = (
    "**At the kink $x=0$ its backward pass takes the slope $f'(0)=%(slope)s$.**",
    "**At the kinks $x=%(low)s$ and $x=%(high)s$ its backward pass takes the slope $f'(x)=%(slope)s$.**",
)
GIVEN = (
    r"Given are $x$ and the gradient $\partial L/\partial y$. Find what the forward pass returns, $y$, and what the "
    r"backward pass returns, $\partial L/\partial x$."
)
PROBLEM = CustomGradient()
