"""Filters and images of a convolutional net drawn so that no kink, no tie and no large number is left."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from typing import Any

from examgen.drawing import Stream
from examgen.model import Exact, cells, nest
from examgen.ops.conv import out_length, tied_windows

FILTER_CELLS, FILTER_WEIGHTS = (-1, 1, 2), (5, 3, 2)  # negative in the mean, so that ReLU has something to clip
LARGEST_CELL = 20
REPAIRS = 200

Taps = list[list[tuple[int, int]]]  # per cell of a map: (filter cell, image cell) pairs


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
    taps, under = _taps(params), _under(params)
    flats = [tuple(cells(bank)) for bank in kernels]
    planes = [
        [b + sum([flat[k] * image[i] for k, i in pairs if flat[k]]) for pairs in taps]
        for flat, b in zip(flats, bias, strict=True)
    ]
    for _ in range(REPAIRS):
        offending = _offence(params, planes, flats, taps)
        if offending is None:
            return
        drawn, pixel = stream.below(6), stream.choice(offending or range(len(image)))
        more, image[pixel] = drawn - image[pixel], drawn
        for flat, plane in zip(flats, planes, strict=True) if more else ():
            for cell, k in under[pixel]:
                plane[cell] += flat[k] * more


@lru_cache(maxsize=64)
def _under(params: Any) -> Taps:
    """Per image cell the windows that it lies under: (cell of a map, filter cell) pairs."""
    found: Taps = [[] for _ in range(params.channels * params.height * params.width)]
    for cell, pairs in enumerate(_taps(params)):
        for k, i in pairs:
            found[i].append((cell, k))
    return found


@lru_cache(maxsize=64)
def _taps(params: Any) -> Taps:
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


def _offence(params: Any, planes: Sequence[list[int]], flats: Sequence[Sequence[int]], taps: Taps) -> list[int] | None:
    """Image cells to change: those that count in a window at a kink, at a tie or too large; any (none named) if ReLU does not
    act."""
    columns = out_length(params.width, params.kernel[1], params.stride, params.padding, params.dilation)
    for plane, flat in zip(planes, flats, strict=True):
        low, high = min(plane), max(plane)
        if low < -LARGEST_CELL or high > LARGEST_CELL or (params.relu and 0 in plane):
            worst = (value for value in plane if (params.relu and value == 0) or abs(value) > LARGEST_CELL)
            return [i for k, i in taps[plane.index(next(worst))] if flat[k]]
        if params.relu and not low < 0 < high:
            return []
        tied = _tied_window(params, plane, columns)
        if tied is not None:
            return [i for cell in tied for k, i in taps[cell] if flat[k]]
    return None


def _tied_window(params: Any, plane: list[int], columns: int) -> tuple[int, ...] | None:
    """The first pooling window with a tie, as cells of the map."""
    if params.pool != "max":
        return None
    passed = [max(cell, 0) for cell in plane] if params.relu else plane
    size, stride = (params.pool_size,) * 2, (params.pool_stride,) * 2
    dims = (len(plane) // columns, columns)
    return next(tied_windows(passed, dims, size, stride, clipped=params.relu), None)
