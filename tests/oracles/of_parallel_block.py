"""The block of two parallel layers by plain rows and columns, by `torch.nn.Linear`, and by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from tests.oracles.direct import Expected, precise
from tests.oracles.hand import Hand
from tests.oracles.networks import Mistake, boxed, linear, outer, plus, row_times, times, turned
from tests.oracles.torch_code import tensor

EXTRAS = {"3x4_bias": {"inputs": 3, "outputs": 4, "bias": True}}


@precise
def direct(
    params: Any, data: Mapping[str, Any], *, clip: bool = True, mask: bool = True, own: bool = False, once: bool = False
) -> Expected:
    """max(0, (x w1) * (x w2)), and back through ReLU, the product, and both layers to x."""
    x = data["x"]
    h1, h2 = (row_times(x, data[f"w{i}"]) for i in (1, 2))
    if params.bias:
        h1, h2 = plus(h1, data["b1"]), plus(h2, data["b2"])
    p = times(h1, h2)
    dp = [g if cell > 0 or not mask else 0 for g, cell in zip(data["upstream"], p, strict=True)]
    dh1, dh2 = (times(dp, h1), times(dp, h2)) if own else (times(dp, h2), times(dp, h1))
    back = [row_times(dh, turned(data[name])) for dh, name in ((dh1, "w1"), (dh2, "w2"))]
    found = {"h1": h1, "h2": h2, "y": [max(0, cell) if clip else cell for cell in p], "dh1": dh1, "dh2": dh2}
    found |= {"dw1": outer(x, dh1), "dw2": outer(x, dh2), "db1": dh1, "db2": dh2}
    return boxed(found | {"dx": back[0] if once else plus(*back)})


def _wrongly(**options: bool) -> Callable[[Any, Any], Expected]:
    return lambda params, data: direct(params, data, **options)


MISTAKES: dict[str, Mistake] = {
    "nothing clipped": (lambda p: p.outputs > 1, _wrongly(clip=False)),
    "gradient past a clipped cell": (lambda p: p.outputs > 1, _wrongly(mask=False)),
    "own factor": (lambda p: True, _wrongly(own=True)),
    "one of two gradients": (lambda p: True, _wrongly(once=True)),
}


class ParallelBlock(torch.nn.Module):
    """As in the lecture."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__()
        self.linear1 = linear(data, "w1", "b1")
        self.linear2 = linear(data, "w2", "b2")

    def forward(self, x: torch.Tensor, clamped_first: bool) -> tuple[torch.Tensor, ...]:
        h1, h2 = self.linear1(x), self.linear2(x)
        return h1, h2, h1.clamp(min=0) * h2.clamp(min=0) if clamped_first else (h1 * h2).clamp(min=0)


def by_torch(params: Any, data: Mapping[str, Any], *, clamped_first: bool = False) -> Expected:
    """`clamped_first` puts ReLU on the factors, which is wrong."""
    block, x = ParallelBlock(data), tensor(data["x"]).requires_grad_()
    h1, h2, y = block(x, clamped_first)
    h1.retain_grad()
    h2.retain_grad()
    y.backward(tensor(data["upstream"]))
    found = {"h1": h1, "h2": h2, "y": y, "dh1": h1.grad, "dh2": h2.grad, "dx": x.grad}
    for place, layer in (("1", block.linear1), ("2", block.linear2)):
        found[f"dw{place}"] = layer.weight.grad.T
        if params.bias:
            found[f"db{place}"] = layer.bias.grad
    return boxed({key: value.tolist() for key, value in found.items()})


def misused_torch(params: Any, data: Mapping[str, Any]) -> Expected:
    """ReLU on the factors."""
    return by_torch(params, data, clamped_first=True)


# h1 = (-1, 6), h2 = (-4, -7), p = (4, -42), y = (4, 0); dp = (2, 0), dh1 = (-8, 0), dh2 = (-2, 0)
NO_BIAS: dict[str, Any] = {
    "x": [2, -1], "w1": [[1, 2], [3, -2]], "w2": [[-1, -2], [2, 3]], "upstream": [2, 3],
}
RIGHT: dict[str, Any] = {
    "h1": (-1, 6), "h2": (-4, -7), "y": (4, 0), "dh1": (-8, 0), "dh2": (-2, 0),
    "dw1": ((-16, 0), (8, 0)), "dw2": ((-4, 0), (2, 0)), "dx": (-6, -28),
}
NOTHING: dict[str, Any] = {
    "dh1": (0, 0), "dh2": (0, 0), "dw1": ((0, 0), (0, 0)), "dw2": ((0, 0), (0, 0)), "dx": (0, 0),
}


def back(dh1: Any, dh2: Any, dw1: Any, dw2: Any, dx: Any) -> dict[str, Any]:
    return {"dh1": dh1, "dh2": dh2, "dw1": dw1, "dw2": dw2, "dx": dx}


HANDS = [
    Hand("block_relu", "parallel_block", NO_BIAS, {
        "y": (4, -42), **back((-8, -21), (-2, 18), ((-16, -42), (8, 21)), ((-4, 36), (2, -18)), (-84, 68)),
    }),
    # p = h1 + h2 = (-5, -1): ReLU clips both
    Hand("block_sum", "parallel_block", NO_BIAS, {"y": (0, 0), **NOTHING}),
    # (0, 6) times (0, 0)
    Hand("block_relu_first", "parallel_block", NO_BIAS, {"y": (0, 0), **NOTHING}),
    # h1 = (0, 8), h2 = (0, 1), p = (0, 8): dp = (0, 3)
    Hand("block_transposed", "parallel_block", NO_BIAS, {
        "h1": (0, 8), "h2": (0, 1), "y": (0, 8),
        **back((0, 3), (0, 24), ((0, 6), (0, -3)), ((0, 48), (0, -24)), (57, 66)),
    }),
    # right are h1 = (2, 7), h2 = (-3, -5) and nothing behind ReLU; without the biases all is as above
    Hand("block_bias", "parallel_block", NO_BIAS | {"b1": [3, 1], "b2": [1, 2]}, RIGHT | {"db1": (-8, 0), "db2": (-2, 0)}),
    Hand("bp_mul_own_factor", "parallel_block", NO_BIAS,
         back((-2, 0), (-8, 0), ((-4, 0), (2, 0)), ((-16, 0), (8, 0)), (6, -22))),
    Hand("bp_mul_unchanged", "parallel_block", NO_BIAS, back((2, 0), (2, 0), ((4, 0), (-2, 0)), ((4, 0), (-2, 0)), (0, 10))),
    # every layer takes 1 for what comes from above
    Hand("bp_upstream", "parallel_block", NO_BIAS,
         back((-4, -7), (-1, 6), ((2, 2), (-1, -1)), ((2, 2), (-1, -1)), (0, 6))),
    Hand("bp_upstream_given", "parallel_block", NO_BIAS,
         back((-4, 0), (-1, 0), ((-8, 0), (4, 0)), ((-2, 0), (1, 0)), (-3, -14))),
    Hand("bp_fanout", "parallel_block", NO_BIAS, {"dx": (-8, -24)}),
    Hand("bp_fanout_other", "parallel_block", NO_BIAS, {"dx": (2, -4)}),
    Hand("bp_relu", "parallel_block", NO_BIAS,
         back((-32, 0), (-8, 0), ((-64, 0), (32, 0)), ((-16, 0), (8, 0)), (-24, -112))),
]
