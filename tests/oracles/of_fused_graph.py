"""Which rewritings keep a graph, by plain functions run on hundreds of inputs; and in PyTorch, one module after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from random import Random
from typing import Any

import torch

from tests.oracles.direct import Expected, precise
from tests.oracles.torch_code import tensor

EXTRAS: dict[str, dict[str, Any]] = {
    "first": {"ops": ("up", "relu", "shift", "down"), "order": 1, "inputs": 5},
    "none": {"ops": ("shift", "down", "relu", "sum"), "order": 2},
    "turned": {"ops": ("shift", "up", "relu", "down"), "order": 3},
    "behind": {"ops": ("shift", "down", "max", "relu")},
}
FURTHER: list[dict[str, Any]] = list(EXTRAS.values())
TRIALS = 300
Numbers = list[Fraction]
Function = Callable[[Numbers], Numbers]


def functions(params: Any, data: Mapping[str, Any]) -> list[Function]:
    """The operations of the graph: each takes and gives a list of numbers."""
    place = next(i for i in range(3) if params.ops[i] == "shift" and params.ops[i + 1] in ("up", "down"))
    found: list[Function] = []
    for i, op in enumerate(params.ops):
        factor = data["a" if i == place + 1 else "c"] if op in ("up", "down") else 1
        found.append(partial(APPLIED[op], data["b"] if op == "shift" else factor))
    return found


APPLIED: dict[str, Callable[[Any, Numbers], Numbers]] = {
    "shift": lambda b, x: [cell + b for cell in x],
    "up": lambda a, x: [cell * a for cell in x],
    "down": lambda a, x: [cell * a for cell in x],
    "relu": lambda _, x: [max(cell, Fraction(0)) for cell in x],
    "max": lambda _, x: [max(x)],
    "sum": lambda _, x: [sum(x, Fraction(0))],
}


def run(graph: Sequence[Function], x: Numbers) -> Numbers:
    for function in graph:
        x = function(x)
    return x


def rewritten(params: Any, data: Mapping[str, Any]) -> tuple[list[list[Function]], list[list[Function]]]:
    """The graph with neighbours exchanged, and with two operations fused, in the order of the choices."""
    graph, a, b = functions(params, data), data["a"], data["b"]
    place = next(i for i in range(3) if params.ops[i] == "shift" and params.ops[i + 1] in ("up", "down"))
    swapped = [[*graph[:i], graph[i + 1], graph[i], *graph[i + 2 :]] for i in range(3)]
    affine = [(a, a * b), (a, b), (a + b, 0), (a, a + b)]
    turned = affine[params.order :] + affine[: params.order]
    ways = (partial(lambda w, k, x: [w * cell + k for cell in x], w, k) for w, k in turned)
    fused = [[*graph[:place], way, *graph[place + 2 :]] for way in ways]
    return swapped, fused


def chosen(graph: list[Function], others: list[list[Function]], inputs: list[Numbers]) -> int:
    """The place of the only rewriting that agrees on all inputs; one behind the last where none does, 0 where several do."""
    same = [i for i, other in enumerate(others, start=1) if all(run(graph, x) == run(other, x) for x in inputs)]
    return same[0] if len(same) == 1 else 0 if same else len(others) + 1


@precise
def direct(params: Any, data: Mapping[str, Any], *, given: bool = False, swap: int = 0, fuse: int = 0) -> Expected:
    """On random inputs, not those of the task (`given` takes them alone); `swap` and `fuse` are choices made by mistake."""
    random = Random(repr(sorted(data.items())))
    inputs = [[Fraction(random.randint(-90, 90), random.randint(1, 9)) for _ in data["x"]] for _ in range(TRIALS)]
    inputs = [list(map(Fraction, data["x"]))] if given else inputs
    swapped, fused = rewritten(params, data)
    graph = functions(params, data)
    return {"swap": swap or chosen(graph, swapped, inputs), "fuse": fuse or chosen(graph, fused, inputs)}


def by_torch(params: Any, data: Mapping[str, Any], *, keep: bool = False) -> Expected:
    """The same with tensors on the inputs of the task; `keep` (wrong on purpose) forgets to exchange anything."""
    x, a, b = tensor(data["x"]), float(data["a"]), float(data["b"])
    place = next(i for i in range(3) if params.ops[i] == "shift" and params.ops[i + 1] in ("up", "down"))
    layers: list[Callable[[torch.Tensor], torch.Tensor]] = []
    for i, op in enumerate(params.ops):
        factor = a if i == place + 1 else float(data.get("c", 1))
        layers.append({
            "shift": lambda t: t + b, "up": lambda t, w=factor: t * w, "down": lambda t, w=factor: t * w, "relu": torch.relu,
            "max": lambda t: t.max().reshape(1), "sum": lambda t: t.sum().reshape(1),
        }[op])  # fmt: skip

    def f(chain: Any) -> torch.Tensor:
        return torch.nn.Sequential(*map(Layer, chain))(x)  # type: ignore[no-any-return]  # a module gives what it likes

    swaps = [layers if keep else [*layers[:i], layers[i + 1], layers[i], *layers[i + 2 :]] for i in range(3)]
    fused = [lambda t: a * t + a * b, lambda t: a * t + b, lambda t: (a + b) * t, lambda t: a * t + a + b]
    turned = fused[params.order :] + fused[: params.order]
    ways = [[*layers[:place], way, *layers[place + 2 :]] for way in turned]
    same = [[i for i, chain in enumerate(chains, start=1) if torch.equal(f(chain), f(layers))] for chains in (swaps, ways)]
    return {"swap": (same[0] or [4])[-1], "fuse": (same[1] or [0])[0]}


class Layer(torch.nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x)


def misused_torch(params: Any, data: Mapping[str, Any]) -> Expected:
    found = by_torch(params, data, keep=True)
    return {"swap": found["swap"], "fuse": found["fuse"] % 4 + 1}


def with_(**options: Any) -> Callable[[Any, Any], Expected]:
    return lambda params, data: direct(params, data, **options)


def way(original: int) -> Callable[[Any, Any], Expected]:
    """A wrong way to fuse, by its place before the choices are turned."""
    return lambda params, data: direct(params, data, fuse=1 + (original - params.order) % 4)


MISTAKES = {
    "first pair": (lambda p: p.ops[0] == "shift", with_(swap=1)),
    "none": (lambda p: p.ops != ("shift", "down", "relu", "sum"), with_(swap=4)),
    "another way": (lambda p: True, lambda params, data: {"swap": 0, "fuse": direct(params, data)["fuse"] % 4 + 1}),
}
WRONG = [
    ("fused_swap_1", "turned", with_(swap=1)), ("fused_swap_2", "turned", with_(swap=3)),
    ("fused_swap_3", "turned", with_(swap=4)),
    ("fused_swap_1", "first", with_(swap=2)), ("fused_swap_3", "first", with_(swap=4)),
    ("fused_swap_2", "behind", with_(swap=2)), ("fused_swap_3", "none", with_(swap=3)),
    *((key, label, way(i)) for i, key in enumerate(("fused_shift_alone", "fused_shift_factor", "fused_shift_sum"), start=1)
      for label in ("first", "turned")),
]
