"""A few small graphs of each family that hold every op between them, whatever random graphs happen to hold."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from math import prod
from operator import add
from typing import Any

from examgen.graph import Builder, Ref
from examgen.model import nest
from tests.properties.graphs import BINARY, REDUCTIONS, UNARY, Case, above_zero, unary

Step = Callable[[Builder, Ref, Ref], Ref]  # of a matrix (2, 3) and a row (3,)


def numbers(dims: tuple[int, ...], start: int = 0) -> Any:
    """Sixteenths of both signs, no two alike, none of them 0 and none whole."""
    return nest([Fraction((-1) ** i * (2 * (start + i) + 3) + (start + i) % 3 * 16, 16) for i in range(prod(dims))], dims)


def of_arrays(*steps: Step) -> Case:
    """The sum of squares of what each step makes of the same two arrays."""
    b = Builder()
    x, y = b.input("x", (2, 3)), b.input("y", (3,))
    made = [step(b, x, y) for step in steps]
    out = b.op("neg", reduce(add, (b.reduce("sum", b.power(ref, 2)) for ref in made)), name="out")
    return Case(b.build(out), {"x": numbers((2, 3)), "y": numbers((3,), 7)}, Fraction(3, 4))


def _one(op: str) -> Step:
    return lambda b, x, y: unary(b, op, x)


def _two(op: str) -> Step:
    """The narrower operand second, then first."""
    if op == "div":
        return lambda b, x, y: x / above_zero(b, y)
    return lambda b, x, y: b.op(op, b.op(op, x, y), x) if op in ("sub", "mul") else b.op(op, y, x)


def _over(op: str) -> Step:
    return lambda b, x, y: b.reduce(op, x, (-2,)) + b.reduce(op, y, keepdims=True)


SHAPED: tuple[Step, ...] = (
    lambda b, x, y: b.matmul(x, b.transpose(x)),
    lambda b, x, y: b.matmul(x, y),
    lambda b, x, y: b.op("getitem", x, index=(-1, 1)),
    lambda b, x, y: b.op("softmax", x),
    lambda b, x, y: b.op("spread", y, axes=(-2,), shape=(2, 3)) * x,
)


def of_maps(op: str, *lead: int, clipped: bool) -> Case:
    """A convolution of two groups with every option, ReLU or not, and a pool; images one by one or in a batch."""
    b = Builder()
    image, kernels = b.input("image", (*lead, 2, 5, 4)), b.input("kernels", (2, 1, 2, 2))
    conv = b.op("conv2d", image, kernels, stride=(2, 1), dilation=(1, 2), padding=(1, 0), groups=2, name="conv")
    out = b.op("neg", b.pool(op, b.op("relu", conv) if clipped else conv, 2, 1, 1 - clipped), name="out")
    data = {"image": numbers(image.shape), "kernels": numbers((2, 1, 2, 2), 3)}
    return Case(b.build(out), data, numbers(out.shape, 5))


def of_labels(op: str) -> Case:
    b = Builder()
    scores, labels = b.input("scores", (2, 3)), b.input("labels", (2,), discrete=True)
    made = b.op(op, scores, labels, name="chosen", **({"keepdims": False} if op == "pick" else {}))
    out = b.op("mul", made, made, name="out")
    return Case(b.build(out), {"scores": numbers((2, 3)), "labels": (2, 0)}, numbers(out.shape, 2))


EVERY: dict[str, tuple[Case, ...]] = {
    "array": (
        of_arrays(*map(_one, UNARY[:6])), of_arrays(*map(_one, UNARY[6:12])), of_arrays(*map(_one, UNARY[12:])),
        of_arrays(*map(_two, BINARY)), of_arrays(*map(_over, REDUCTIONS)), of_arrays(*SHAPED),
    ),
    "conv": (of_maps("maxpool", clipped=True), of_maps("avgpool", 2, clipped=False)),
    "labelled": tuple(map(of_labels, ("pick", "others", "cross_entropy"))),
}
