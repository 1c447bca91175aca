"""Stacks counted out: windows laid one after another in plain Python, and layers of `torch.nn` that are built and run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import nn

from tests.oracles.direct import Expected

EXTRAS: dict[str, dict[str, Any]] = {
    "all": {"layers": "pool conv conv linear linear", "receptive": True},
    "alone": {"layers": "conv", "smallest": 5, "largest": 9, "receptive": True},
    "deep": {"layers": "conv conv pool conv conv pool linear", "smallest": 24, "largest": 40},
}
FURTHER: list[dict[str, Any]] = [{"receptive": True}]


def rows(params: Any, data: Mapping[str, Any]) -> Iterator[tuple[int, str, Any]]:
    """Number, kind and numbers of each layer."""
    left = {kind: list(data.get(kind, ())) for kind in ("conv", "pool", "linear")}
    for number, kind in enumerate(params.layers.split(), start=1):
        yield number, kind, left[kind].pop(0)


def windows(cells: int, window: int, stride: int) -> int:
    """How many windows lie within so many cells, counted one by one."""
    return sum(1 for start in range(0, cells, stride) if start + window <= cells)


def direct(
    params: Any, data: Mapping[str, Any], *, sides: int = 2, less: int = 0, up: bool = False, strides: bool = True,
    bias: int = 1, deep: bool = True, flat: bool = True, jumps: bool = True, whole: int = 0,
) -> Expected:
    channels, side = data["image"]
    found, total, reach, jump, last = {}, 0, 1, 1, 0
    inputs = None
    for number, kind, row in rows(params, data):
        if kind == "linear":
            inputs = (channels if flat else 1) * side**2 if inputs is None else inputs
            found[f"N{number}"], inputs = row * (inputs + bias), row
        else:
            window, stride, padding = row[1:] if kind == "conv" else (*row, 0)
            stride_now, cells = (stride if strides else 1), side + sides * padding
            side = windows(cells, window, stride_now) - less + (up and (cells - window) % stride_now != 0)
            found[f"H{number}"], last = side, number
            reach, jump = reach + (window - 1 + whole) * jump, jump * (stride if jumps else 1)
            if kind == "conv":
                found[f"N{number}"] = row[0] * (window**2 * (channels if deep else 1) + bias)
                channels = row[0]
    total = sum(value for name, value in found.items() if name[0] == "N")
    return found | {"N": total, f"R{last}": reach}


def by_torch(params: Any, data: Mapping[str, Any], mode: bool = False, bias: bool = True) -> Expected:
    """Shapes of what the layers give, `numel` of their parameters, and the cells of the image that autograd reaches."""
    channels, side = data["image"]
    x, found, maps = torch.zeros(1, channels, side, side), {}, []
    for number, kind, row in rows(params, data):
        if kind == "linear":
            x = x.flatten(1)
            layer: nn.Module = nn.Linear(x.shape[1], row, bias=bias)
        elif kind == "conv":
            layer = nn.Conv2d(x.shape[1], row[0], row[1], row[2], row[3], bias=bias)
        else:
            layer = nn.MaxPool2d(*row, ceil_mode=mode)
        x = layer(x)
        if kind != "linear":
            found[f"H{number}"] = x.shape[-1]
            maps.append(row[1:] if kind == "conv" else (*row, 0))
        if kind != "pool":
            found[f"N{number}"] = sum(parameter.numel() for parameter in layer.parameters())
    counts = sum(value for name, value in found.items() if name[0] == "N")
    return found | {"N": counts, f"R{len(maps)}": reached(maps)}


def reached(maps: list[Any]) -> int:
    """How many cells of a line the middle cell of the last map depends on: windows summed, and their gradient looked at."""
    line = torch.zeros(1, 1, 601, requires_grad=True)
    x: Any = line
    for window, stride, padding in maps:
        x = nn.functional.conv1d(x, torch.ones(1, 1, window), stride=stride, padding=padding)
    x[0, 0, x.shape[-1] // 2].backward()
    assert line.grad is not None
    return int((line.grad != 0).sum())


def misused_torch(params: Any, data: Mapping[str, Any]) -> Expected:
    """Pooling that rounds up, and layers without a bias; where there is neither, an image one smaller."""
    channels, side = data["image"]
    return by_torch(params, {**data, "image": (channels, side - 3)}, mode=True, bias=False)


def with_(**options: Any) -> Callable[[Any, Any], Expected]:
    return lambda params, data: direct(params, data, **options)


def counts(params: Any) -> bool:
    return bool(params.counts)


MISTAKES = {
    "padding once": (lambda p: True, with_(sides=1)),
    "one window less": (lambda p: True, with_(less=1)),
    "rounded up": (lambda p: True, with_(up=True)),
    "no bias": (counts, with_(bias=0)),
    "one channel": (counts, with_(deep=False)),
    "strides forgotten in the field": (lambda p: p.receptive and "pool" in p.layers, with_(jumps=False)),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "shape_padding_once": {"sides": 1}, "shape_plus_one": {"less": 1}, "shape_up": {"up": True},
    "shape_stride": {"strides": False}, "count_bias": {"bias": 0}, "count_channels": {"deep": False},
    "count_flat": {"flat": False}, "field_jump": {"jumps": False}, "field_window": {"whole": 1},
}
WRONG = [
    (key, label, with_(**options))
    for label in ("counts", "receptive", "sizes", "all")
    for key, options in OPTIONS.items()
    if not (label == "sizes" and key[:5] in ("count", "field")) and not (label == "receptive" and key[:5] == "count")
    and not (label == "counts" and key[:5] == "field")
]
