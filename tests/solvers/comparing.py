"""Random work for the public functions, and how far PyTorch, told the same work in its own words, is from them.

What is compared is every value and every gradient, cell by cell: |ours - theirs| / max(1, |theirs|), the largest of all.
Half of the numbers are small and whole, so that ties and kinks come up and are exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

import examgen

BOUND = 1e-9


@dataclass(frozen=True)
class Compared:
    """What was done, in words, and the largest difference."""

    case: str
    worst: float


def difference(ours: Any, theirs: Any) -> float:
    """Infinite where shapes differ or something is no number."""
    mine, other = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    if mine.shape != other.shape or not np.isfinite(mine).all():
        return float("inf")
    return float(np.max(np.abs(mine - other) / np.maximum(1, np.abs(other)), initial=0))


def numbers(rng: Random, dims: tuple[int, ...], *, whole: bool) -> Any:
    size = int(np.prod(dims, dtype=int))
    cells = [float(rng.randint(-3, 3)) if whole else rng.uniform(-2, 2) for _ in range(size)]
    return np.array(cells).reshape(dims)


def leaf(array: Any) -> Any:
    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


def gradients(output: Any, leaves: list[Any], upstream: Any) -> list[Any]:
    """By autograd; zeros for what the output does not depend on."""
    seed = torch.as_tensor(upstream, dtype=torch.float64).broadcast_to(output.shape)
    found = torch.autograd.grad(output, leaves, grad_outputs=seed, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(leaves, found, strict=True)]


def plain(tensor: Any) -> Any:
    return tensor.detach().numpy()


# --- tables of scores


def loss_case(rng: Random, **how: Any) -> Compared:
    """A table in either orientation, hinge or softmax, against multi_margin_loss and cross_entropy."""
    samples, classes, axis = rng.randint(1, 6), rng.randint(2, 6), rng.randint(0, 1)
    whole, reduction = rng.random() < 0.5, rng.choice(["mean", "sum"])
    table, labels = numbers(rng, (samples, classes), whole=whole), [rng.randrange(classes) for _ in range(samples)]
    x, y = leaf(table), torch.tensor(labels)
    given = {"reduction": reduction, "class_axis": axis, **how}
    scores = table if axis else table.T
    if rng.random() < 0.5:
        margin, squared = rng.choice([1, 2, 0.5]), rng.random() < 0.5
        losses = F.multi_margin_loss(x, y, p=1 + squared, margin=margin, reduction="none") * classes
        ours: Any = examgen.svm_loss(scores, labels, margin, squared, **given)
        pairs = []
    else:
        losses = F.cross_entropy(x, y, reduction="none")
        ours = examgen.softmax_loss(scores, labels, **given)
        p = plain(F.softmax(x, dim=1))
        pairs = [(ours.probabilities, p if axis else p.T)]
    loss = losses.mean() if reduction == "mean" else losses.sum()
    slope = plain(gradients(loss, [x], 1.0)[0])
    pairs += [(ours.losses, plain(losses)), (ours.loss, plain(loss)), (ours.dscores, slope if axis else slope.T)]
    return Compared(f"{ours!r} of {scores.tolist()}, {labels}, {given}", max(difference(*pair) for pair in pairs))


# --- convolutional nets


def conv_case(rng: Random, **how: Any) -> Compared:
    """A net with any part left out, against F.conv2d, F.relu, F.max_pool2d and F.avg_pool2d."""
    while True:
        given, arrays = conv_arguments(rng)
        try:
            parts, leaves = torch_net(given, arrays)
        except RuntimeError:  # PyTorch refuses windows that do not fit
            continue
        break
    dims = tuple(parts[-1].shape)
    upstream: Any = numbers(rng, dims, whole=True) if rng.random() < 0.8 else 2
    ours = examgen.conv_relu_pool(**{"kernels": None, **arrays}, **given, upstream=upstream, **how)
    slopes = gradients(parts[-1], list(leaves.values()), upstream)
    pairs = [(mine, plain(part)) for mine, part in zip((ours.conv, ours.relu, ours.pooled), parts, strict=True)]
    pairs += [(getattr(ours, f"d{name}"), plain(slope)) for name, slope in zip(leaves, slopes, strict=True)]
    shapes = {name: array.shape for name, array in arrays.items()}
    return Compared(f"{shapes}, {given}", max(difference(*pair) for pair in pairs))


def conv_arguments(rng: Random) -> tuple[dict[str, Any], dict[str, Any]]:
    whole, groups = rng.random() < 0.5, rng.choice([1, 1, 1, 2, 3])
    channels, filters = groups * rng.randint(1, 2), groups * rng.randint(1, 2)

    def sizes(low: int, high: int) -> Any:
        return rng.randint(low, high) if rng.random() < 0.5 else (rng.randint(low, high), rng.randint(low, high))

    lead: tuple[int, ...] = rng.choice([(channels,), (rng.randint(1, 3), channels)])
    rank4 = (filters, channels // groups, rng.randint(1, 3), rng.randint(1, 3))
    bare = groups == channels == 1 and rng.random() < 0.5
    arrays = {"image": numbers(rng, (*(() if bare else lead), rng.randint(1, 9), rng.randint(1, 9)), whole=whole)}
    given: dict[str, Any] = {"relu": rng.random() < 0.7, "pool": rng.choice(["max", "max", "avg", None])}
    if rng.random() < 0.9:
        arrays["kernels"] = numbers(rng, rank4[2:] if bare and rng.random() < 0.5 else rank4, whole=whole)
        given |= {"stride": sizes(1, 3), "padding": sizes(0, 2), "dilation": sizes(1, 2), "groups": groups}
        if rng.random() < 0.5:
            arrays["bias"] = numbers(rng, (1 if arrays["kernels"].ndim == 2 else filters,), whole=whole)
    size = (rng.randint(1, 3), rng.randint(1, 3))
    given |= {"pool_size": size, "pool_padding": (rng.randint(0, size[0] // 2), rng.randint(0, size[1] // 2))}
    if rng.random() < 0.5:
        given["pool_stride"] = sizes(1, 3)
    return given, arrays


def torch_net(given: dict[str, Any], arrays: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """What comes out of each part in the shape we promise, and the leaves by name."""
    leaves = {name: leaf(array) for name, array in arrays.items()}
    bare = arrays["image"].ndim == 2
    x = leaves["image"][None] if bare else leaves["image"]
    if "kernels" in leaves:
        k = leaves["kernels"] if arrays["kernels"].ndim == 4 else leaves["kernels"][None, None]
        bare = bare and arrays["kernels"].ndim == 2
        how = {name: given[name] for name in ("stride", "padding", "dilation", "groups")}
        x = F.conv2d(x, k, leaves.get("bias"), **how)
    parts = [x]
    parts.append(F.relu(parts[-1]) if given["relu"] else parts[-1])
    if given["pool"] is not None:
        pool = F.max_pool2d if given["pool"] == "max" else F.avg_pool2d
        parts.append(pool(parts[-1], given["pool_size"], given.get("pool_stride"), given["pool_padding"]))
    else:
        parts.append(parts[-1])
    return [part[0] for part in parts] if bare else parts, leaves


# --- formulas

SHAPES = {
    "a": (), "b": (), "u": (3,), "v": (3,), "w": (2,), "A": (2, 3), "B": (3, 2), "C": (2, 3), "R": (1, 3), "K": (2, 1),
}
SAFE = "(1 + ({0}) ** 2)"  # above 0 whatever stands in it
CELLWISE = (
    "-({0})", "({0}) ** 2", "({0}) ** 3", "tanh({0})", "sigmoid({0})", *("relu({0})", "abs({0})") * 2, "sin({0})", "cos({0})",
    "exp(sin({0}))", f"log{SAFE}", f"sqrt{SAFE}", f"{SAFE} ** -1", f"{SAFE} ** 0.5", f"1.5 / {SAFE}", "2 - ({0})",
)
JOINED = (
    "({0}) + ({1})", "({0}) - ({1})", "({0}) * ({1})", f"({{0}}) / {SAFE.format('{1}')}", "max({0}, {1})", "min({0}, {1})",
)


@dataclass(frozen=True)
class Part:
    text: str
    dims: tuple[int, ...]


def expression(rng: Random, known: list[Part], depth: int) -> Part:
    """A random expression over what is known: cellwise, broadcast, multiplied, reduced, turned or indexed."""
    if depth == 0:
        return rng.choice(known)
    x = expression(rng, known, depth - 1)
    kind = rng.choice(["cellwise", "cellwise", "joined", "joined", "joined", "matrix", "reduced", "turned", "indexed"])
    if kind in ("joined", "matrix"):
        y = expression(rng, known, rng.randrange(depth))
        return product(x, y) if kind == "matrix" and multiplies(x.dims, y.dims) else joined(rng, x, y)
    if kind == "reduced" and x.dims:
        return reduced(rng, x)
    if kind == "turned" and len(x.dims) == 2:
        return Part(f"({x.text}).T", x.dims[::-1])
    if kind == "indexed" and x.dims:
        at = [rng.randint(-n, n - 1) for n in x.dims[: rng.randint(1, len(x.dims))]]
        return Part(f"({x.text})[{', '.join(map(str, at))}]", x.dims[len(at) :])
    return Part(rng.choice(CELLWISE).format(x.text), x.dims)


def multiplies(x: tuple[int, ...], y: tuple[int, ...]) -> bool:
    return bool(x) and bool(y) and x[-1] == y[0]


def product(x: Part, y: Part) -> Part:
    return Part(f"({x.text}) @ ({y.text})", x.dims[:-1] + y.dims[1:])


def joined(rng: Random, x: Part, y: Part) -> Part:
    try:
        return Part(rng.choice(JOINED).format(x.text, y.text), np.broadcast_shapes(x.dims, y.dims))
    except ValueError:
        return x


def reduced(rng: Random, x: Part) -> Part:
    do, axis, keepdims = rng.choice(["sum", "mean", "max", "min"]), rng.randrange(-len(x.dims), len(x.dims)), rng.random() < 0.5
    if rng.random() < 0.4:
        return Part(f"{do}({x.text})", ())
    dims = list(x.dims)
    dims[axis : axis + 1 or None] = [1] * keepdims
    return Part(f"{do}({x.text}, axis={axis}{', keepdims=True' * keepdims})", tuple(dims))


def extreme(two: Callable[..., Any], of_one: Callable[..., Any]) -> Callable[..., Any]:
    def rule(*x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
        if len(x) == 2:
            return two(*(torch.as_tensor(part, dtype=torch.float64) for part in x))
        return of_one(x[0]) if axis is None else of_one(x[0], dim=axis, keepdim=keepdims)

    return rule


def along(of_one: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, axis=None, keepdims=False: of_one(x) if axis is None else of_one(x, dim=axis, keepdim=keepdims)


TORCH = {
    **{name: getattr(torch, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "abs")},
    "max": extreme(torch.maximum, torch.amax), "min": extreme(torch.minimum, torch.amin),
    "sum": along(torch.sum), "mean": along(torch.mean),
}


def formula_case(rng: Random, **how: Any) -> Compared:
    """A few statements, some of them dead ends, read by Python with torch's functions behind the names."""
    inputs = {name: numbers(rng, dims, whole=rng.random() < 0.5) for name, dims in SHAPES.items()}
    known = [Part(name, dims) for name, dims in SHAPES.items()]
    statements = []
    for i in range(rng.randint(1, 4)):
        part = expression(rng, known, rng.randint(1, 4))
        statements.append((f"h{i}", part.text))
        known += [Part(f"h{i}", part.dims)] * 3
    text = "; ".join(f"{name} = {expr}" for name, expr in statements)
    return formula_compared(rng, text, {name: array for name, array in inputs.items() if f"{name}" in words(text)}, **how)


def words(text: str) -> set[str]:
    return set("".join(letter if letter.isalnum() else " " for letter in text).split())


def formula_compared(rng: Random, text: str, inputs: dict[str, Any], **how: Any) -> Compared:
    leaves = {name: leaf(array) for name, array in inputs.items()}
    made: dict[str, Any] = {}
    for statement in text.split("; "):
        name, expr = statement.split(" = ", 1)
        made[name] = eval(expr, {**TORCH, **leaves, **made}) * 1
    output = made[name]
    upstream: Any = numbers(rng, tuple(output.shape), whole=True) if rng.random() < 0.5 else 1
    ours = examgen.backprop(text, inputs, upstream, **how)
    slopes = gradients(output, [*leaves.values(), *made.values()], upstream)
    pairs = [(ours.value, plain(output))]
    pairs += [(ours.gradients[name], plain(slope)) for name, slope in zip(leaves, slopes, strict=False)]
    for (name, tensor), slope in zip(made.items(), slopes[len(leaves) :], strict=True):
        pairs += [(ours.nodes[name].value, plain(tensor)), (ours.nodes[name].gradient, plain(slope))]
    return Compared(f"{text} of {inputs}", max(difference(*pair) for pair in pairs))


CASES: dict[str, Callable[..., Compared]] = {"losses": loss_case, "conv": conv_case, "formulas": formula_case}
