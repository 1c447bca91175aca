"""Data parallelism in plain Python, sample by sample, and in PyTorch: a copy of the weights for each device, and autograd."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import torch
import torch.nn.functional as F

from tests.oracles.direct import Expected, precise
from tests.oracles.torch_code import tensor

EXTRAS: dict[str, dict[str, Any]] = {
    "three": {"devices": 3, "samples": 2, "last": 1, "features": 3},
    "one_weight": {"devices": 2, "samples": 3, "features": 1},
}
FURTHER: list[dict[str, Any]] = []


@precise
def direct(
    params: Any, data: Mapping[str, Any], *, factor: int = 2, inputs: bool = True, size: str = "own", added: bool = False,
    equal_shares: bool = False,
) -> Expected:
    """Twice residual times input of each sample; `size` is what a device divides by: its own samples, all, or nothing."""
    total = sum(params.counts)
    sums, boxes = [], dict[str, Any]()
    for i, count in enumerate(params.counts, start=1):
        found = [Fraction(0)] * params.features
        for row, y in zip(data[f"X{i}"], data[f"y{i}"], strict=True):
            residual = sum(x * w for x, w in zip(row, data["w"], strict=True)) - y
            found = [cell + factor * residual * (x if inputs else 1) for cell, x in zip(found, row, strict=True)]
        sums.append(found)
        boxes[f"g{i}"] = [cell / {"own": count, "all": total, "none": 1}[size] for cell in found]
    parts = [boxes[f"g{i}"] for i in range(1, params.devices + 1)]
    boxes["mean"] = [sum(column) / (1 if added else params.devices) for column in zip(*parts, strict=True)]
    boxes["full"] = boxes["mean"] if equal_shares else [sum(column) / total for column in zip(*sums, strict=True)]
    return boxes


def by_torch(params: Any, data: Mapping[str, Any], *, reduction: str = "mean") -> Expected:
    """`mse_loss` on each device and on the batch put together; the mean by `torch.stack(...).mean(0)`."""
    split = [(tensor(data[f"X{i}"]), tensor(data[f"y{i}"])) for i in range(1, params.devices + 1)]

    def gradient(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        w = tensor(data["w"]).requires_grad_()
        return torch.autograd.grad(F.mse_loss(x @ w, y, reduction=reduction), w)[0]

    parts = [gradient(x, y) for x, y in split]
    whole = gradient(torch.cat([x for x, _ in split]), torch.cat([y for _, y in split]))
    boxes: Expected = {f"g{i}": part.tolist() for i, part in enumerate(parts, start=1)}
    return boxes | {"mean": torch.stack(parts).mean(0).tolist(), "full": whole.tolist()}


def misused_torch(params: Any, data: Mapping[str, Any]) -> Expected:
    return by_torch(params, data, reduction="sum")


def with_(**options: Any) -> Callable[[Any, Any], Expected]:
    return lambda params, data: direct(params, data, **options)


MISTAKES = {
    "factor forgotten": (lambda p: True, with_(factor=1)),
    "added": (lambda p: True, with_(added=True)),
    "mean for the whole": (lambda p: not p.even, with_(equal_shares=True)),
}
WRONG = [
    ("parallel_factor", "2_devices", with_(factor=1)), ("parallel_sign", "uneven", with_(factor=-2)),
    ("parallel_input", "uneven", with_(inputs=False)), ("parallel_added", "4_devices", with_(added=True)),
    ("parallel_own_size", "2_devices", with_(size="all")), ("parallel_part_summed", "2_devices", with_(size="none")),
    ("parallel_own_size", "uneven", with_(size="all")), ("parallel_part_summed", "uneven", with_(size="none")),
    ("parallel_share", "uneven", with_(equal_shares=True)), ("parallel_share", "three", with_(equal_shares=True)),
]
