"""Convolution and pooling. "conv" is cross-correlation, as in every framework: the kernel is not flipped.

Shapes: images (..., C, H, W), kernels (F, C/groups, kH, kW), maps (..., F, H', W'). Sizes floor, as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

from examgen.ops import _cells as cells
from examgen.ops._op import Flat, Op, Shape, ShapeError

if TYPE_CHECKING:
    from examgen.graph import Builder, Graph, Node, Ref

DUMOULIN = "Dumoulin and Visin, A guide to convolution arithmetic, 2016; torch.nn.functional"

Pair = tuple[int, int]


def out_length(length: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> int:
    """Cells along one axis: floor((W - D(F - 1) - 1 + 2P) / S) + 1; 0 or less where the window does not fit."""
    return (length + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def _map_size(image: Shape, kernel: Pair, attrs: dict[str, Any], dilation: Pair = (1, 1)) -> Pair:
    sizes = tuple(
        out_length(image[axis], kernel[axis], attrs["stride"][axis], attrs["padding"][axis], dilation[axis])
        for axis in (-2, -1)
    )
    if min(sizes) < 1:
        raise ShapeError(
            f"a window of {kernel[0]}×{kernel[1]} does not fit an image of {image[-2]}×{image[-1]}"
            f" with padding {attrs['padding'][0]}: take a smaller window or more padding"
        )
    return sizes[0], sizes[1]


def _conv_shape(attrs: dict[str, Any], image: Shape, kernels: Shape) -> Shape:
    filters, channels, kh, kw = kernels
    groups = attrs["groups"]
    if image[-3] != channels * groups or filters % groups:
        raise ShapeError(
            f"kernels of shape {kernels} in {groups} group(s) do not fit {image[-3]} channel(s):"
            " kernels have channels / groups planes, and groups divides the number of filters"
        )
    return (*image[:-3], filters, *_map_size(image, (kh, kw), attrs, attrs["dilation"]))


def _pool_shape(attrs: dict[str, Any], image: Shape) -> Shape:
    size, padding = attrs["size"], attrs["padding"]
    if any(2 * p > s for p, s in zip(padding, size, strict=True)):
        raise ShapeError(f"pool padding {padding} is more than half of the pool size {size}")
    return (*image[:-2], *_map_size(image, size, attrs))


def _conv(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    image, kernels = b.inputs(node)
    how = {name: node[name] for name in ("stride", "padding", "dilation", "groups")}
    return (
        b.op("conv2d_dx", g, kernels, shape=image.shape, **how),
        b.op("conv2d_dk", g, image, shape=kernels.shape, **how),
    )


def _pool(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    (image,) = b.inputs(node)
    how = {name: node[name] for name in ("size", "stride", "padding")}
    if node.op == "maxpool":
        return (b.op("maxpool_dx", g, image, **how),)
    return (b.op("avgpool_dx", g, shape=image.shape, **how),)


@lru_cache(maxsize=256)
def pool_windows(plane: Pair, size: Pair, stride: Pair, padding: Pair) -> tuple[tuple[int, ...], ...]:
    """For each window over one H×W plane, row by row, the flat indices of its cells; cells of the padding are left out."""
    height, width = plane
    rows = out_length(height, size[0], stride[0], padding[0])
    columns = out_length(width, size[1], stride[1], padding[1])
    windows = []
    for top, left in product(range(rows), range(columns)):
        covered = product(range(size[0]), range(size[1]))
        places = ((top * stride[0] - padding[0] + i, left * stride[1] - padding[1] + j) for i, j in covered)
        windows.append(tuple(i * width + j for i, j in places if 0 <= i < height and 0 <= j < width))
    return tuple(windows)


def tied_windows(
    plane: Sequence[Any], dims: Pair, size: Pair, stride: Pair, padding: Pair = (0, 0), *, clipped: bool
) -> Iterator[tuple[int, ...]]:
    """Windows over one H×W plane of flat cells whose largest number stands in more than one cell, as flat indices.

    `clipped` says that the plane comes from ReLU: a window of zeros then passes nothing either way and is no tie.
    """
    for members in pool_windows(dims, size, stride, padding):
        found = [plane[i] for i in members]
        largest = max(found)
        if found.count(largest) > 1 and not (clipped and largest == 0):
            yield members


def _pool_tie(graph: Graph, node: Node, x: Flat) -> Iterator[str]:
    source = graph[node.inputs[0]]
    height, width = source.shape[-2:]
    how: tuple[Pair, Pair, Pair] = (node["size"], node["stride"], node["padding"])
    for start in range(0, len(x), height * width):
        plane = x[start : start + height * width]
        for _ in tied_windows(plane, (height, width), *how, clipped=source.op == "relu"):
            yield "maxpool window with two equal maxima"


CONV = (
    Op("conv2d", _conv_shape, _conv, latex="\\operatorname{{conv}}({0}, {1})", gate="conv", source=DUMOULIN, cell=cells.conv2d),
    Op(
        "maxpool", _pool_shape, _pool, _pool_tie, "at a tie the first cell in row order",
        latex="\\operatorname{{MaxPool}}({0})", gate="MaxPool", source=DUMOULIN,
        cell=cells.maxpool,
    ),
    Op(
        "avgpool", _pool_shape, _pool, latex="\\operatorname{{AvgPool}}({0})", gate="AvgPool",
        convention="padding counts as zeros", source=DUMOULIN,
        cell=cells.avgpool,
    ),
    Op("conv2d_dx", lambda attrs, g, k: tuple(attrs["shape"]), source="transpose of conv2d in the image", cell=cells.conv2d_dx),
    Op(
        "conv2d_dk", lambda attrs, g, x: tuple(attrs["shape"]), source="transpose of conv2d in the kernels",
        cell=cells.conv2d_dk,
    ),
    Op(
        "maxpool_dx", lambda attrs, g, x: x, source="the upstream gradient goes to each window's first maximum",
        cell=cells.maxpool_dx,
    ),
    Op(
        "avgpool_dx", lambda attrs, g: tuple(attrs["shape"]), source="the upstream gradient is divided evenly",
        cell=cells.avgpool_dx,
    ),
)
