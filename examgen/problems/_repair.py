"""Filters and images of a convolutional net drawn so that no kink, no tie and no large number is left."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

from examgen.drawing import Stream
from examgen.model import Exact, cells, nest
from examgen.ops.conv import out_length, pool_windows

FILTER_CELLS, FILTER_WEIGHTS = (-1, 1, 2), (5, 3, 2)  # negative in the mean, so that ReLU has something to clip
LARGEST_CELL = 20
REPAIRS = 200

Pairs = list[list[tuple[int, int]]]


def filter_bank(params: Any, stream: Stream) -> Exact:
    """One filter (C, kH, kW), drawn plane by plane."""
    return tuple(_filter(params, stream) for _ in range(params.channels))


def _filter(params: Any, stream: Stream) -> Exact:
    """Two to four zeros in a 3×3 filter, both signs, and not its own flip."""
    area = params.kernel[0] * params.kernel[1]
    fewest = 2 if area >= 9 else 0
    while True:
        zeros = stream.integer(fewest, min(fewest + 2, max(area - 2, 0)))
        entries = [stream.weighted(FILTER_CELLS, FILTER_WEIGHTS) for _ in range(area - zeros)] + [0] * zeros
        plane = nest(stream.shuffled(entries), params.kernel)
        if area == 1 or (min(entries) < 0 < max(entries) and tells_flip(plane)):
            return plane


def tells_flip(plane: Exact) -> bool:
    """Whether a filter plane differs from its own half turn; a single cell has none."""
    flat = list(cells(plane))
    return len(flat) == 1 or flat != flat[::-1]


def repair(params: Any, stream: Stream, image: list[int], kernels: Exact, bias: tuple[int, ...]) -> None:
    """Redraws one pixel under an offending window at a time; gives up after a bounded number (the caller draws anew).

    `image` holds the flat cells of (C, H, W) and is changed in place; `kernels` is (F, C, kH, kW), `bias` (F,).
    """
    layout, relu = _layout(params), params.relu
    flats = [tuple(cells(bank)) for bank in kernels]
    planes = [
        [b + sum([flat[k] * image[i] for k, i in pairs if flat[k]]) for pairs in layout.taps]
        for flat, b in zip(flats, bias, strict=True)
    ]
    for _ in range(REPAIRS):
        for plane, flat in zip(planes, flats, strict=True):
            offending = _offence(layout, relu, plane, flat)
            if offending is not None:
                break
        else:
            return
        drawn = stream.below(6)
        pixel = offending[stream.below(len(offending))] if offending else stream.below(len(image))
        more, image[pixel] = drawn - image[pixel], drawn
        for flat, plane in zip(flats, planes, strict=True) if more else ():
            for cell, k in layout.under[pixel]:
                plane[cell] += flat[k] * more


class Layout(NamedTuple):
    """What lies under what: per cell of a map (filter cell, image cell) pairs, per image cell (cell of a map, filter cell)
    pairs, and the cells of a map under each window of a max pooling."""

    taps: Pairs
    under: Pairs
    windows: tuple[tuple[int, ...], ...]


@lru_cache(maxsize=64)
def _layout(params: Any) -> Layout:
    taps = _taps(params)
    under: Pairs = [[] for _ in range(params.channels * params.height * params.width)]
    for cell, pairs in enumerate(taps):
        for k, i in pairs:
            under[i].append((cell, k))
    if params.pool != "max":
        return Layout(taps, under, ())
    columns = out_length(params.width, params.kernel[1], params.stride, params.padding, params.dilation)
    size, stride = (params.pool_size,) * 2, (params.pool_stride,) * 2
    return Layout(taps, under, pool_windows((len(taps) // columns, columns), size, stride, (0, 0)))


def _taps(params: Any) -> Pairs:
    """What lies under each window; cells of the padding are left out."""
    rows, columns = (
        out_length(length, k, params.stride, params.padding, params.dilation)
        for length, k in zip((params.height, params.width), params.kernel, strict=True)
    )
    area = params.kernel[0] * params.kernel[1]
    result = []
    for top, left in product(range(rows), range(columns)):
        pairs = []
        for c, i, j in product(range(params.channels), range(params.kernel[0]), range(params.kernel[1])):
            y = top * params.stride - params.padding + i * params.dilation
            x = left * params.stride - params.padding + j * params.dilation
            if 0 <= y < params.height and 0 <= x < params.width:
                pairs.append((c * area + i * params.kernel[1] + j, (c * params.height + y) * params.width + x))
        result.append(pairs)
    return result


def _offence(layout: Layout, relu: bool, plane: list[int], flat: Sequence[int]) -> list[int] | None:
    """Image cells to change for one map: those that count in a window at a kink, at a tie or too large; any (none named) if
    ReLU does not act."""
    low, high = min(plane), max(plane)
    if low < -LARGEST_CELL or high > LARGEST_CELL or (relu and 0 in plane):
        worst = next(value for value in plane if (relu and value == 0) or abs(value) > LARGEST_CELL)
        return [i for k, i in layout.taps[plane.index(worst)] if flat[k]]
    if relu and not low < 0 < high:
        return []
    for members in layout.windows:
        found = [plane[cell] for cell in members]
        largest = max(found)
        if found.count(largest) > 1 and not (relu and largest < 0):  # a window clipped whole is no tie
            return [i for cell in members for k, i in layout.taps[cell] if flat[k]]
    return None
