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

Taps = list[list[tuple[int, int]]]  # per cell of a map: (filter cell or its weight, image cell) pairs


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
    taps = _taps(params)
    banks = [(_weighted(tuple(cells(bank)), taps), b) for bank, b in zip(kernels, bias, strict=True)]
    for _ in range(REPAIRS):
        offending = _offence(params, image, banks)
        if offending is None:
            return
        image[stream.choice(offending)] = stream.below(6)


def _weighted(flat: Sequence[int], taps: Taps) -> Taps:
    """Per cell of a map: (weight, image cell) pairs, without weights of 0."""
    return [[(flat[k], i) for k, i in pairs if flat[k]] for pairs in taps]


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


def _offence(params: Any, image: list[int], banks: Sequence[tuple[Taps, int]]) -> list[int] | None:
    """Image cells to change: those under a window at a kink, at a tie or too large; all of them if ReLU does not act."""
    columns = out_length(params.width, params.kernel[1], params.stride, params.padding, params.dilation)
    everything = list(range(len(image)))
    for taps, b in banks:
        plane = [b + sum([w * image[i] for w, i in pairs]) for pairs in taps]
        for value, pairs in zip(plane, taps, strict=True):
            if (params.relu and value == 0) or abs(value) > LARGEST_CELL:
                return [i for _, i in pairs] or everything
        if params.relu and not min(plane) < 0 < max(plane):
            return everything
        tied = _tied_window(params, plane, columns)
        if tied is not None:
            return [i for cell in tied for _, i in taps[cell]]
    return None


def _tied_window(params: Any, plane: list[int], columns: int) -> tuple[int, ...] | None:
    """The first pooling window with a tie, as cells of the map."""
    if params.pool != "max":
        return None
    passed = [max(cell, 0) for cell in plane] if params.relu else plane
    size, stride = (params.pool_size,) * 2, (params.pool_stride,) * 2
    dims = (len(plane) // columns, columns)
    return next(tied_windows(passed, dims, size, stride, clipped=params.relu), None)
