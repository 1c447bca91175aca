"""Mistakes of convolution, ReLU and pooling, forward and back."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from examgen.graph import Builder, Node, Ref
from examgen.mistakes import Mistake, half_turned, other_op, read_as, skipped, transposed, with_attrs, without
from examgen.model import Exact, each
from examgen.ops.conv import out_length

FLIP = "Do not flip the filter: lay it on the window as it is."
TURNED = "Rows of the filter lie on rows of the window, not on columns."
SIZE = "Check stride and padding: the map has size (W − F + 2P)/S + 1."
DILATION = "Cells of a dilated filter lie D image cells apart."
BIAS = "The bias is added once to each cell."
RELU = "ReLU turns negatives into zero."
LARGEST = "MaxPool takes the largest number of the window, not the mean."
MEAN = "Average pooling takes the mean of the window, not the largest number."
STEP = "The pooling window moves by its own stride, not by 1."
CHANNELS = "The results of all channels add up to one map."
WINNER = "Back through MaxPool the gradient goes to the largest cell only."


def conv_mistakes(params: Any) -> Iterator[Mistake]:
    """Those that change something with these parameters, which are those of the net."""
    if prod(params.kernel) > 1:
        yield Mistake("conv_flipped", FLIP, reading=read_as("kernels", half_turned))
    if params.kernel[0] == params.kernel[1] > 1:
        yield Mistake("conv_rows_columns", TURNED, reading=read_as("kernels", transposed))
    if params.channels > 1:
        yield Mistake("conv_one_channel", CHANNELS, reading=read_as("image", _first_channel))
    yield Mistake("conv_stride", SIZE, with_attrs("conv2d", stride=(1, 1)))
    yield Mistake("conv_padding", SIZE, with_attrs("conv2d", padding=(0, 0)))
    yield Mistake("conv_dilation", DILATION, with_attrs("conv2d", dilation=(1, 1)))
    if params.bias:
        yield Mistake("conv_bias", BIAS, skipped("conv"))
    yield Mistake("conv_relu", RELU, without("relu"))
    yield from _pool_mistakes(params)


def _pool_mistakes(params: Any) -> Iterator[Mistake]:
    if params.pool == "max":
        yield Mistake("conv_average_for_max", LARGEST, other_op("maxpool", "avgpool"))
        yield Mistake("conv_pool_gradient", WINNER, slopes={"maxpool": _to_all})
    if params.pool == "avg":
        yield Mistake("conv_max_for_average", MEAN, other_op("avgpool", "maxpool"))
    if params.pool != "none" and _map_size(params) != (params.pool_size,) * 2:
        yield Mistake("conv_pool_stride_one", STEP, with_attrs(f"{params.pool}pool", stride=(1, 1)))


def _map_size(params: Any) -> tuple[int, ...]:
    return tuple(
        out_length(length, k, params.stride, params.padding, params.dilation)
        for length, k in zip((params.height, params.width), params.kernel, strict=True)
    )


def _first_channel(image: Exact) -> Exact:
    return image[:1] + each(image[1:], lambda cell: 0)


def _to_all(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    """Every cell of the window gets the whole gradient."""
    (image,) = b.inputs(node)
    how = {name: node[name] for name in ("size", "stride", "padding")}
    return (b.op("avgpool_dx", g, shape=image.shape, **how) * b.const(prod(node["size"])),)
