"""The recurrent cell by plain rows and columns, by `torch.nn.Linear` and autograd through time, and by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import tanh
from typing import Any

import torch

from tests.oracles import networks
from tests.oracles.direct import Expected, decimal, precise
from tests.oracles.hand import Hand
from tests.oracles.networks import Mistake, boxed, dot, linear, outer, plus
from tests.oracles.torch_code import tensor

EXTRAS: dict[str, dict[str, Any]] = {
    "3_inputs": {"inputs": 3, "hidden": 2}, "one_of_one": {"inputs": 1, "hidden": 1, "steps": 1},
}


@precise
def direct(
    params: Any, data: Mapping[str, Any], *, truncated: bool = False, straight: bool = False, memory: bool = True
) -> Expected:
    """h_t = tanh(W x_t + b + h_{t-1}); back through time the gradients of all steps are added."""
    weights, state, found = data["W"], list(map(decimal, data["h0"])), {}
    for t in range(1, params.steps + 1):
        sums = [decimal(dot(row, data[f"x{t}"])) for row in weights]
        found[f"z{t}"] = plus(sums, map(decimal, data["b"]), state if memory else [0] * len(sums))
        found[f"h{t}"] = state = [networks.tanh(z) for z in found[f"z{t}"]]
    dh, dw, db = list(map(decimal, data["upstream"])), None, None
    for t in range(params.steps, 0, -1):
        dz = [g * (1 - (h if straight else h * h)) for g, h in zip(dh, found[f"h{t}"], strict=True)]
        found[f"dz{t}"] = dh = dz
        here = outer(dz, data[f"x{t}"])
        if dw is None or db is None:
            dw, db = here, dz
        elif not truncated:
            dw, db = [plus(*rows) for rows in zip(dw, here, strict=True)], plus(db, dz)
    return boxed(found | {"dW": dw, "db": db})


def _wrongly(**options: bool) -> Callable[[Any, Any], Expected]:
    return lambda params, data: direct(params, data, **options)


MISTAKES: dict[str, Mistake] = {
    "state left out": (lambda p: True, _wrongly(memory=False)),
    "1 - tanh": (lambda p: True, _wrongly(straight=True)),
    "last step alone": (lambda p: p.steps == 2, _wrongly(truncated=True)),
}


class MyCell(torch.nn.Module):
    """As in the lecture."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__()
        self.linear = linear({**data, "w": tensor(data["W"]).T.tolist()}, "w", "b")

    def forward(self, x: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        z = self.linear(x) + h
        return z, torch.tanh(z)


def by_torch(params: Any, data: Mapping[str, Any], *, detached: bool = False) -> Expected:
    """`detached` cuts the graph between the steps; of one step the gradient at the output is left out."""
    cell, h = MyCell(data), tensor(data["h0"])
    found: dict[str, Any] = {}
    for t in range(1, params.steps + 1):
        last = t == params.steps
        z, h = cell(tensor(data[f"x{t}"]), h.detach() if detached and last else h)
        z.retain_grad()
        found |= {f"z{t}": z, f"h{t}": h}
    alone = detached and params.steps == 1
    h.backward(torch.ones_like(h) if alone else tensor(data["upstream"]))
    zero = torch.zeros_like(h)
    found |= {f"dz{t}": found[f"z{t}"].grad if found[f"z{t}"].grad is not None else zero for t in range(1, params.steps + 1)}
    found |= {"dW": cell.linear.weight.grad, "db": cell.linear.bias.grad}
    return boxed({key: value.tolist() for key, value in found.items()})


def misused_torch(params: Any, data: Mapping[str, Any]) -> Expected:
    """The state detached, or the gradient at the output forgotten."""
    return by_torch(params, data, detached=True)


# z1 = 1 - 0.3 + 0.4, z2 = -0.5 - 0.3 + h1
CELL: dict[str, Any] = {"W": [["0.5"]], "b": ["-0.3"], "h0": ["0.4"], "x1": [2], "x2": [-1], "upstream": ["0.8"]}
H1, H2 = tanh(1.1), tanh(tanh(1.1) - 0.8)
DZ2 = 0.8 * (1 - H2**2)
DZ1 = DZ2 * (1 - H1**2)
ALONE, AGAIN = 0.8 * (1 - tanh(0.8) ** 2), 0.8 * (1 - tanh(0.4) ** 2)


def cell(z1: float, h1: float, z2: float, h2: float) -> dict[str, Any]:
    return {"z1": z1, "h1": h1, "z2": z2, "h2": h2}


def shared(dz2: Any, dz1: Any, dw: Any, db: Any) -> dict[str, Any]:
    return {"dz2": dz2, "dz1": dz1, "dW": dw, "db": db}


def followed(dz2: float, dz1: float) -> dict[str, Any]:
    """What belongs to the gradients at both sums."""
    return shared(dz2, dz1, 2 * dz1 - dz2, dz1 + dz2)


def sloped(h1: float, h2: float, upstream: float = 0.8) -> dict[str, Any]:
    return followed(upstream * (1 - h2**2), upstream * (1 - h2**2) * (1 - h1**2))


# one step, W taken by columns: z1 = (0.5 + 0.4 + 0.1 + 0.3, -1 + 0.6 - 0.2 + 0.4)
WIDE: dict[str, Any] = {
    "W": [["0.5", -1], ["0.2", "0.3"]], "b": ["0.1", "-0.2"], "h0": ["0.3", "0.4"], "x1": [1, 2], "upstream": ["0.5", "-0.8"],
}
WIDE_BACK = (0.5 * (1 - tanh(1.3) ** 2), -0.8 * (1 - tanh(-0.2) ** 2))


HANDS = [
    # without a state nothing leads back from the second step to the first
    Hand("rnn_state", "rnn_cell", CELL, {
        **cell(0.7, tanh(0.7), -0.8, tanh(-0.8)),
        **shared(ALONE, None, -ALONE, ALONE),
    }),
    # z2 = -0.5 - 0.3 + 0.4
    Hand("rnn_first_state", "rnn_cell", CELL, {
        "z2": -0.4, "h2": tanh(-0.4), **shared(AGAIN, None, -AGAIN, AGAIN),
    }),
    Hand("rnn_bias", "rnn_cell", CELL, {
        **cell(1.4, tanh(1.4), tanh(1.4) - 0.5, tanh(tanh(1.4) - 0.5)), **sloped(tanh(1.4), tanh(tanh(1.4) - 0.5)),
    }),
    Hand("rnn_tanh", "rnn_cell", CELL, {"h1": 1.1, "z2": 0.3, "h2": 0.3, **followed(0.8, 0.8)}),
    Hand("rnn_transposed", "rnn_cell", WIDE, {
        "z1": (1.3, -0.2), "h1": (tanh(1.3), tanh(-0.2)), "dz1": WIDE_BACK, "db": WIDE_BACK,
        "dW": tuple((g, 2 * g) for g in WIDE_BACK),
    }),
    Hand("bp_tanh", "rnn_cell", CELL, followed(0.8 * (1 - H2), 0.8 * (1 - H2) * (1 - H1))),
    # each gate takes 1 for what comes from above
    Hand("bp_upstream", "rnn_cell", CELL, shared(1 - H2**2, 1 - H1**2, 2 - 1, 2)),
    Hand("bp_upstream_given", "rnn_cell", CELL, sloped(H1, H2, 1)),
    Hand("bp_fanout", "rnn_cell", CELL, {"dW": 2 * DZ1, "db": DZ1}),
    Hand("bp_fanout_other", "rnn_cell", CELL, {"dW": -DZ2, "db": DZ2}),
]
