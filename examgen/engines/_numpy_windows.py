"""Convolution and pooling in NumPy, forward and backward: windows as columns of a matrix, or cell by cell of a window."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from examgen.engines._numpy_numbers import Array, div, stacked, zeros
from examgen.graph import Node


def _padded(x: Array, padding: tuple[int, int], fill: Any = None) -> Array:
    """Padded on every side, with zeros unless told."""
    v, h = padding
    if v == h == 0:
        return x
    *lead, rows, columns = x.shape
    out = zeros((*lead, rows + 2 * v, columns + 2 * h), x)
    if fill is not None:
        out[...] = fill
    out[..., v : v + rows, h : h + columns] = x
    return out


def _windows(x: Array, size: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int] = (1, 1)) -> Array:
    """View of shape (..., H', W', kH, kW) of the windows over (..., H, W)."""
    reach = tuple(d * (s - 1) + 1 for s, d in zip(size, dilation, strict=True))
    view = sliding_window_view(x, reach, axis=(-2, -1))
    return view[..., :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


def _columns(node: Node, x: Array, kernels: tuple[int, ...]) -> Array:
    """Windows as columns for one matrix product: (..., groups, C/groups·kH·kW, H'·W')."""
    view = _windows(_padded(x, node["padding"]), (kernels[-2], kernels[-1]), node["stride"], node["dilation"])
    view = np.moveaxis(view, (-2, -1), (-4, -3))
    lead, groups = view.shape[:-5], node["groups"]
    return view.reshape(*lead, groups, -1, view.shape[-2] * view.shape[-1])


def _grouped(node: Node, kernels: Array, like: Array) -> Array:
    """Kernels as rows for one matrix product with `like`, of shape (..., groups, rows, columns)."""
    *stack, filters, _, _, _ = kernels.shape
    between = (1,) * (like.ndim - 3 - len(stack))
    return kernels.reshape(*stack, *between, node["groups"], filters // node["groups"], -1)


def conv2d(node: Node, x: Array, kernels: Array) -> Array:
    columns = _columns(node, x, kernels.shape)
    product = np.matmul(_grouped(node, kernels, columns), columns)
    return np.asarray(product.reshape(*x.shape[:-3], *node.shape[-3:]))


def conv2d_dk(node: Node, g: Array, x: Array, lead: int) -> Array:
    columns = _columns(node, x, node["shape"])
    rows = g.reshape(*columns.shape[:-2], g.shape[-3] // node["groups"], -1)
    product = np.matmul(rows, np.swapaxes(columns, -1, -2))
    total = np.asarray(product.sum(axis=tuple(range(lead, product.ndim - 3))))
    return total.reshape(*x.shape[:lead], *node["shape"])


def conv2d_dx(node: Node, g: Array, kernels: Array) -> Array:
    groups, (kh, kw) = node["groups"], kernels.shape[-2:]
    shape = (*g.shape[:-3], *node["shape"][-3:])
    rows = g.reshape(*g.shape[:-3], groups, g.shape[-3] // groups, -1)
    product = np.matmul(np.swapaxes(_grouped(node, kernels, rows), -1, -2), rows)
    columns = product.reshape(*shape[:-2], kh * kw, *g.shape[-2:])
    out = _bordered(node, shape, columns)
    for k, cells in enumerate(_places(out, (kh, kw), g.shape[-2:], node["stride"], node["dilation"])):
        cells += columns[..., k, :, :]
    return _inner(node, out, shape)


def _bordered(node: Node, shape: tuple[int, ...], like: Array) -> Array:
    """Zeros for an image of the given shape and its padding."""
    (v, h), (*lead, rows, columns) = node["padding"], shape
    return zeros((*lead, rows + 2 * v, columns + 2 * h), like)


def _inner(node: Node, x: Array, shape: tuple[int, ...]) -> Array:
    """The image without its padding."""
    v, h = node["padding"]
    return x[..., v : v + shape[-2], h : h + shape[-1]]


def _places(x: Array, size: Any, cells: Any, stride: Any, dilation: Any = (1, 1)) -> Iterator[Array]:
    """For each place in a window, in row order, the cells of all windows that lie there: views (..., H', W')."""
    (rows, columns), (sv, sh) = cells, stride
    for i, j in product(range(size[0]), range(size[1])):
        top, left = i * dilation[0], j * dilation[1]
        yield x[..., top : top + sv * (rows - 1) + 1 : sv, left : left + sh * (columns - 1) + 1 : sh]


def _floor(x: Array) -> Any:
    """What stands in the padding under max: less than every number."""
    return -np.inf if x.dtype != object else min(x.flat) - 1


def _pooled_places(node: Node, x: Array, cells: tuple[int, ...], fill: Any) -> Iterator[Array]:
    return _places(_padded(x, node["padding"], fill), node["size"], cells, node["stride"])


def maxpool(node: Node, x: Array) -> Any:
    first, *rest = _pooled_places(node, x, node.shape[-2:], _floor(x))
    largest = first.copy()
    for cells in rest:
        np.maximum(largest, cells, out=largest)
    return largest


def maxpool_dx(node: Node, g: Array, x: Array) -> Array:
    places = _pooled_places(node, x, g.shape[-2:], _floor(x))
    largest = next(places).copy()
    winner = np.zeros(g.shape, dtype=np.int32)
    for k, cells in enumerate(places, 1):
        beaten = np.asarray((cells > largest) | (cells != cells), dtype=bool)  # a nan wins, as in PyTorch
        np.maximum(largest, cells, out=largest)
        np.maximum(winner, beaten * np.int32(k), out=winner)
    out = _bordered(node, x.shape, g)
    for k, cells in enumerate(_places(out, node["size"], g.shape[-2:], node["stride"])):
        cells += g * (winner == k)  # in float64 faster than any choice between g and 0
    return _inner(node, out, x.shape)


def avgpool(node: Node, x: Array) -> Any:
    return div(sum(_pooled_places(node, x, node.shape[-2:], None)), prod(node["size"]))


def avgpool_dx(node: Node, g: Array) -> Array:
    shape = stacked(node["shape"], g, len(node["shape"]))
    out, part = _bordered(node, shape, g), div(g, prod(node["size"]))
    for cells in _places(out, node["size"], g.shape[-2:], node["stride"]):
        cells += part
    return _inner(node, out, shape)
