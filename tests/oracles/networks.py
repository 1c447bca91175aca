"""Rows and matrices in plain Python, as the oracles of small networks need them, and a layer of PyTorch that holds the same.

As in `direct`, nothing of the package is used but the numbers drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import torch

from tests.oracles.direct import Expected, decimal
from tests.oracles.torch_code import tensor

Row = Sequence[Any]
Rows = Sequence[Row]
Mistake = tuple[Callable[[Any], bool], Callable[[Any, Any], Expected]]


def turned(rows: Rows) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def dot(x: Row, y: Row) -> Any:
    return sum(a * b for a, b in zip(x, y, strict=True))


def row_times(x: Row, w: Rows) -> list[Any]:
    """x @ w: the row times each column."""
    return [dot(x, column) for column in turned(w)]


def plus(*rows: Iterable[Any]) -> list[Any]:
    return [sum(cells) for cells in zip(*rows, strict=True)]


def times(x: Row, y: Row) -> list[Any]:
    return [a * b for a, b in zip(x, y, strict=True)]


def outer(x: Row, y: Row) -> list[list[Any]]:
    return [[a * b for b in y] for a in x]


def boxed(found: Mapping[str, Any]) -> Expected:
    """Arrays of one cell are asked as a number."""
    return {key: bare(value) for key, value in found.items()}


def bare(value: Any) -> Any:
    cells = value
    while isinstance(cells, (list, tuple)):
        if len(cells) > 1:
            return value
        (cells,) = cells
    return cells


def tanh(z: Any) -> Decimal:
    double = (2 * decimal(z)).exp()
    return (double - 1) / (double + 1)


def linear(data: Mapping[str, Any], weights: str, bias: str) -> torch.nn.Linear:
    """A layer that holds the weights, which PyTorch keeps with a row for each output."""
    w = tensor(data[weights])
    layer = torch.nn.Linear(*w.shape, bias=bias in data, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(w.T)
        if bias in data:
            layer.bias.copy_(tensor(data[bias]))
    return layer
