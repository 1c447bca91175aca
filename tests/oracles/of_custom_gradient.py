"""Custom functions written by hand: in plain Python, and for PyTorch with their own backward pass, as the lecture does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import torch

from tests.oracles.direct import Expected
from tests.oracles.torch_code import tensor

EXTRAS: dict[str, dict[str, Any]] = {
    "torch_relu": {"count": 4, "at_kink": Fraction(0)},
    "abs": {"function": "abs", "at_kink": Fraction(0)},
    "square": {"function": "square", "count": 4},
    "hard_clamp": {"function": "clamp", "count": 7, "at_kink": Fraction(0), "bounds": (-3, 1)},
    "half": {"function": "leaky_relu", "leak": Fraction(1, 4), "at_kink": Fraction(1, 2)},
    "beside": {"function": "clamp", "kinks": False},
}
FURTHER: list[dict[str, Any]] = [{"function": "abs", "at_kink": Fraction(0)}, {"function": "square"}]


def value(params: Any, x: Any) -> Any:
    low, high = params.bounds
    if params.function == "relu":
        return x if x > 0 else 0
    if params.function == "leaky_relu":
        return x if x > 0 else params.leak * x
    if params.function == "abs":
        return x if x > 0 else -x
    if params.function == "clamp":
        return low if x < low else high if x > high else x
    return x * x


def slope(params: Any, x: Any) -> Any:
    low, high = params.bounds
    if params.function == "square":
        return 2 * x
    if x in (params.bounds if params.function == "clamp" else (0,)):
        return params.at_kink
    if params.function == "clamp":
        return int(low < x < high)
    return 1 if x > 0 else {"relu": 0, "leaky_relu": params.leak, "abs": -1}[params.function]


def direct(
    params: Any, data: Mapping[str, Any], back: Callable[[Any, Any], Any] | None = None,
    forth: Callable[[Any], Any] | None = None,
) -> Expected:
    """Number by number; `back(x, g)` and `forth(x)` stand in for what a mistake makes of the two passes."""
    right = zip(data["x"], data["upstream"], strict=True)
    found = [g * slope(params, x) if back is None else back(x, g) for x, g in right]
    values = [value(params, x) if forth is None else forth(x) for x in data["x"]]
    return {"y": tuple(map(Fraction, values)), "dx": tuple(map(Fraction, found))}


class MyReLU(torch.autograd.Function):
    """The lecture's, with the slope at 0 that the task states."""

    @staticmethod
    def forward(ctx: Any, x: Any, at_kink: float) -> Any:
        ctx.save_for_backward(x)
        ctx.at_kink = at_kink
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        (x,) = ctx.saved_tensors
        grad_input = grads[0].clone()
        grad_input[x < 0] = 0
        grad_input[x == 0] *= ctx.at_kink
        return grad_input, None


class MyLeakyReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any, at_kink: float, leak: float) -> Any:
        ctx.save_for_backward(x)
        ctx.slopes = at_kink, leak
        return torch.where(x > 0, x, leak * x)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        (x,) = ctx.saved_tensors
        at_kink, leak = ctx.slopes
        grad_input = grads[0].clone()
        grad_input[x < 0] *= leak
        grad_input[x == 0] *= at_kink
        return grad_input, None, None


class MyAbs(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any, at_kink: float) -> Any:
        ctx.save_for_backward(x)
        ctx.at_kink = at_kink
        return x.abs()

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        (x,) = ctx.saved_tensors
        grad_input = grads[0].clone()
        grad_input[x < 0] *= -1
        grad_input[x == 0] *= ctx.at_kink
        return grad_input, None


class MyClamp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any, at_kink: float, low: int, high: int) -> Any:
        ctx.save_for_backward(x)
        ctx.rest = at_kink, low, high
        return x.clamp(low, high)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        (x,) = ctx.saved_tensors
        at_kink, low, high = ctx.rest
        grad_input = grads[0].clone()
        grad_input[(x < low) | (x > high)] = 0
        grad_input[(x == low) | (x == high)] *= at_kink
        return grad_input, None, None, None


class MySquare(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        (x,) = ctx.saved_tensors
        return grads[0] * 2 * x


def by_torch(params: Any, data: Mapping[str, Any], turned: int = 1) -> Expected:
    """The function applied, and autograd through its own backward pass."""
    x, at_kink = tensor(data["x"]).requires_grad_(), float(params.at_kink)
    y = {
        "relu": lambda: MyReLU.apply(x, at_kink),
        "leaky_relu": lambda: MyLeakyReLU.apply(x, at_kink, float(params.leak)),
        "abs": lambda: MyAbs.apply(x, at_kink),
        "clamp": lambda: MyClamp.apply(x, at_kink, *params.bounds),
        "square": lambda: MySquare.apply(x),
    }[params.function]()
    y.backward(turned * tensor(data["upstream"]))
    assert x.grad is not None
    return {"y": y.tolist(), "dx": x.grad.tolist()}


def misused_torch(params: Any, data: Mapping[str, Any]) -> Expected:
    """Descending instead of differentiating."""
    return by_torch(params, data, turned=-1)


def _kink_as_beside(params: Any, data: Mapping[str, Any]) -> Expected:
    """The slope behind the kink, or that before it where the task states the one behind."""
    kinks, near = params.bounds if params.function == "clamp" else (0,), Fraction(1, 100)

    def back(x: Any, g: Any) -> Any:
        sides = slope(params, x + near), slope(params, x - near)
        return g * (next(side for side in sides if side != params.at_kink) if x in kinks else slope(params, x))

    return direct(params, data, back)


def _forward(function: Callable[[Any, Any], Any], back: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Expected]:
    """The task of another function, which keeps the stated slope at its kinks."""

    def oracle(params: Any, data: Mapping[str, Any]) -> Expected:
        kinks = params.bounds if params.function == "clamp" else (0,)
        at = {x: params.at_kink for x in kinks}
        return direct(params, data, lambda x, g: g * at.get(x, back(params, x)), lambda x: function(params, x))

    return oracle


def _with(back: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any], Expected]:
    return lambda params, data: direct(params, data, lambda x, g: back(params, x, g))


def _kinked(params: Any) -> bool:
    return bool(params.kinks and params.function != "square")


MISTAKES = {
    "gradient from above forgotten": (lambda p: True, _with(lambda p, x, g: slope(p, x))),
    "value for slope": (lambda p: True, _with(lambda p, x, g: g * value(p, x))),
    "unchanged": (lambda p: True, _with(lambda p, x, g: g)),
    "the other side of the kink": (_kinked, _kink_as_beside),
}
PIECES = ("relu", "leaky_relu", "clamp", "torch_relu", "abs", "half")
WRONG = [
    *(("bp_upstream", label, _with(lambda p, x, g: slope(p, x))) for label in (*PIECES, "square")),
    *(("custom_value", label, _with(lambda p, x, g: g * value(p, x))) for label in (*PIECES, "square")),
    *(("custom_unchanged", label, _with(lambda p, x, g: g)) for label in PIECES),
    *(("custom_slope_at_gradient", label, _with(lambda p, x, g: g * slope(p, g))) for label in PIECES),
    *(("custom_kink", label, _kink_as_beside) for label in (*PIECES, "hard_clamp")),
    ("custom_square", "square", _with(lambda p, x, g: g * x)),
    ("custom_relu", "relu", _forward(lambda p, x: x, lambda p, x: 1)),
    ("custom_leaky_relu", "leaky_relu", _forward(lambda p, x: max(x, 0), lambda p, x: int(x > 0))),
    ("custom_clamp", "clamp", _forward(lambda p, x: min(x, p.bounds[1]), lambda p, x: int(x < p.bounds[1]))),
]
