"""Circuits differentiated by hand, and random ones by forward mode: dual numbers instead of a backward pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from tests.oracles.direct import Expected, decimal, precise

Worked = Callable[..., tuple[dict[str, Any], dict[str, Any]]]  # inputs -> values and partial derivatives by name


def sum_times(x: Any, y: Any, z: Any) -> Any:
    return {"f": (x + y) * z}, {"x": z, "y": z, "z": x + y}


def product_max(x: Any, y: Any, z: Any, w: Any) -> Any:
    return {"f": x * y + max(z, w)}, {"x": y, "y": x, "z": int(z > w), "w": int(w > z)}


def fan_out(a: Any, b: Any) -> Any:
    """ab + a + b² + b, differentiated as a polynomial."""
    return {"f": a * b + a + b * b + b}, {"a": b + 1, "b": a + 2 * b + 1}


def fan_out_relu(a: Any, b: Any, c: Any) -> Any:
    """h² + ha with h = max(0, ab + c), differentiated as a polynomial where h is not 0."""
    h = max(0, a * b + c)
    through = (2 * h + a) * (h > 0)
    return {"f": h * h + h * a}, {"a": through * b + h, "b": through * a, "c": through}


def _neuron(slope: Any, w0: Any, x0: Any, w1: Any, x1: Any) -> dict[str, Any]:
    return {"z": slope, "w0": slope * x0, "x0": slope * w0, "w1": slope * x1, "x1": slope * w1, "w2": slope}


def sigmoid_neuron(w0: Any, x0: Any, w1: Any, x1: Any, w2: Any) -> Any:
    """The slope of σ as e^z / (1 + e^z)², not as σ(1 - σ)."""
    z = w0 * x0 + w1 * x1 + w2
    e = z.exp()
    return {"z": z, "f": e / (1 + e)}, _neuron(e / (1 + e) ** 2, w0, x0, w1, x1)


def sigmoid_gates(w0: Any, x0: Any, w1: Any, x1: Any, w2: Any) -> Any:
    """Every gate of 1 / (1 + e^-z): up to z all gates carry the slope of σ."""
    p, q = w0 * x0, w1 * x1
    values, slopes = sigmoid_neuron(w0, x0, w1, x1, w2)
    e, up = (-values["z"]).exp(), slopes["z"]
    gates = {"p": p, "q": q, "s": p + q, "m": -values["z"], "e": e, "d": 1 + e}
    inner = {"p": up, "q": up, "s": up, "m": -up, "e": -1 / (1 + e) ** 2, "d": -1 / (1 + e) ** 2}
    return values | gates, slopes | inner


def tanh_neuron(w0: Any, x0: Any, w1: Any, x1: Any, w2: Any) -> Any:
    """tanh by two exponentials, its slope as 4 / (e^z + e^-z)²."""
    z = w0 * x0 + w1 * x1 + w2
    up, down = z.exp(), (-z).exp()
    return {"z": z, "f": (up - down) / (up + down)}, _neuron(4 / (up + down) ** 2, w0, x0, w1, x1)


WORKED: dict[str, Worked] = {
    worked.__name__: worked
    for worked in (sum_times, product_max, fan_out, fan_out_relu, sigmoid_neuron, sigmoid_gates, tanh_neuron)
}


class Dual:
    """A number and its partial derivatives: a + b e with e² = 0, for each input at once."""

    def __init__(self, value: Any, slopes: Mapping[str, Any]) -> None:
        self.value, self.slopes = value, slopes

    def __add__(self, other: Dual) -> Dual:
        return self._with(self.value + other.value, other, 1, 1)

    def __sub__(self, other: Dual) -> Dual:
        return self._with(self.value - other.value, other, 1, -1)

    def __mul__(self, other: Dual) -> Dual:
        return self._with(self.value * other.value, other, other.value, self.value)

    def _with(self, value: Any, other: Dual, mine: Any, theirs: Any) -> Dual:
        names = self.slopes.keys() | other.slopes.keys()
        slopes = {name: self.slopes.get(name, 0) * mine + other.slopes.get(name, 0) * theirs for name in names}
        return type(self)(value, slopes)


class OwnFactor(Dual):
    """Wrong on purpose: a product hands each factor the slope of the other one."""

    def __mul__(self, other: Dual) -> Dual:
        return self._with(self.value * other.value, other, self.value, other.value)


def _relu(x: Dual) -> Dual:
    return x if x.value > 0 else type(x)(0, {})


def _max(x: Dual, y: Dual) -> Dual:
    return x if x.value > y.value else y


def forward_mode(statements: str, data: Mapping[str, Any], number: type[Dual] = Dual) -> Dual:
    """The last statement's value and its derivatives by all inputs, carried along from left to right."""
    scope: dict[str, Any] = {name: number(value, {name: 1}) for name, value in data.items()}
    last = ""
    for statement in statements.split(";"):
        last, expression = (part.strip() for part in statement.split("=", 1))
        scope[last] = eval(expression, {"__builtins__": {}, "relu": _relu, "max": _max}, scope)
    result: Dual = scope[last]
    return result


@precise
def backprop(
    params: Any, data: Mapping[str, Any], *,
    upstream: Any = None, worked: Worked | None = None, number: type[Dual] = Dual,
) -> Expected:
    """Values of the named gates, and the gradients: partial derivatives times the gradient at the output."""
    inputs = {name: value for name, value in data.items() if name != "upstream"}
    given: Any = Fraction(data["upstream"] if upstream is None else upstream)
    by_hand = worked or WORKED.get(params.formula)
    if by_hand is None:
        result = forward_mode(params.formula, inputs, number)
        values, slopes = {"f": result.value}, {name: result.slopes.get(name, 0) for name in inputs}
    elif "w0" in inputs:
        values, slopes = by_hand(**{name: decimal(value) for name, value in inputs.items()})
        given = decimal(given)
    else:
        values, slopes = by_hand(**inputs)
    return values | {f"d{name}": slope * given for name, slope in slopes.items()}
