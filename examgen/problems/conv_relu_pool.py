"""conv -> ReLU -> pool on a small image, forward and backward. "conv" is cross-correlation: the filter is not flipped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

from examgen.drawing import Stream
from examgen.errors import InputError
from examgen.graph import Builder, Graph, Ref, Shape, Sizes
from examgen.mistakes import Mistake
from examgen.model import Ask, Calculator, Convention, Exact, Index, Instance, Reminder, Step, nest, shape
from examgen.narration import Worked
from examgen.ops.conv import out_length
from examgen.points import HALF
from examgen.problem import Preset, Problem, ResultField, param
from examgen.problems import _conv_steps as conv_steps
from examgen.problems._conv_mistakes import conv_mistakes
from examgen.problems._conv_reminders import conv_reminders
from examgen.problems._repair import LARGEST_CELL, filter_bank, repair, tells_flip

RANKS = {"image": 3, "kernels": 4}


@dataclass(frozen=True)
class Params:
    channels: int = param(1, "C, channels of the image", low=1, high=4)
    height: int = param(5, "H, rows of the image", low=1, high=16)
    width: int = param(5, "W, columns of the image", low=1, high=16)
    filters: int = param(1, "F, filters", low=1, high=4)
    kernel: tuple[int, int] = param((3, 3), "rows and columns of a filter", low=1, high=7)
    bias: bool = param(False, "add a bias to every cell of a map")
    stride: int = param(1, "stride of the convolution", low=1, high=4)
    padding: int = param(0, "zero padding on every side", low=0, high=3)
    dilation: int = param(1, "dilation of the filter", low=1, high=3)
    relu: bool = param(True, "apply ReLU to the map")
    pool: str = param("max", "pooling", choices=("max", "avg", "none"))
    pool_size: int = param(2, "rows and columns of the pooling window", low=1, high=5)
    pool_stride: int = param(2, "stride of the pooling", low=1, high=5)
    gradient: str = param(
        "none", "backward pass: from a given upstream gradient, or from half the squared error against a target",
        choices=("none", "upstream", "target"),
    )
    image_gradient: bool = param(False, "ask for the gradient with respect to the image too")


class ConvReluPool(Problem):
    name = "conv_relu_pool"
    title = "Convolutional network"
    source = "Dumoulin and Visin, A guide to convolution arithmetic, 2016; the seed lecture's homework"
    params = Params
    default = "5x5_stride2"
    table = "image"
    example = 'image.csv kernels="0 -1 0; 1 1 1; 0 -1 0" --stride 2'
    presets = {
        "4x4": Preset(Params(height=4, width=4, kernel=(2, 2), pool="none"), (5, 5), "quiz", version=2),
        "5x5_stride2": Preset(Params(stride=2), (5, 6), version=2),
        "4x6": Preset(Params(height=4, width=6), (8, 9), version=2),
        "5x5_2x2": Preset(Params(kernel=(2, 2)), (10, 11), version=2),
        "2_channels": Preset(Params(channels=2, stride=2), (8, 8), version=2),
        "5x5_gradient": Preset(Params(stride=2, gradient="upstream"), (8, 8), version=2),
        "6x6": Preset(Params(height=6, width=6), (15, 15), "homework", version=2),
        "2_filters": Preset(Params(filters=2, stride=2, bias=True), (12, 13), "homework", version=2),
        "dilated": Preset(Params(height=6, width=6, dilation=2, padding=1, bias=True), (15, 17), "homework", version=2),
        "average": Preset(Params(height=6, width=6, pool="avg"), (15, 15), "homework", "simple", version=2),
        "target_gradient": Preset(
            Params(height=4, width=6, gradient="target", image_gradient=True), (16, 18), "homework", version=2
        ),
    }

    def check(self, params: Params) -> None:
        self.graph(params)
        if params.gradient == "none" and params.image_gradient:
            raise InputError("image_gradient = true needs a backward pass: set gradient to 'upstream' or 'target'")

    def calculator(self, params: Params) -> Calculator:
        """An average is a division that rarely ends."""
        return "simple" if params.pool == "avg" else "none"

    def draw(self, params: Params, stream: Stream) -> Instance:
        """A filter that tells flipped from unflipped, and an image repaired cell by cell until no kink is left."""
        _check_whole(params)
        kernels = tuple(filter_bank(params, stream) for _ in range(params.filters))
        bias = tuple(stream.signed(1, 3) for _ in kernels) if params.bias else (0,) * params.filters
        image = [stream.below(6) for _ in range(params.channels * params.height * params.width)]
        repair(params, stream, image, kernels, bias)
        data = {"image": nest(image, (params.channels, params.height, params.width)), "kernels": kernels}
        if params.bias:
            data["bias"] = bias
        return Instance(self.name, params, data | self._given(params, stream))

    def _given(self, params: Params, stream: Stream) -> dict[str, Exact]:
        if params.gradient == "none":
            return {}
        name = "upstream" if params.gradient == "upstream" else "target"
        graph = self.graph(params)
        dims = graph["pooled" if "pooled" in graph else "relu" if "relu" in graph else "conv"].shape
        return {name: stream.array(dims, lambda: stream.signed(1, 4))}

    def graph(self, params: Params) -> Graph:
        return network(
            (params.channels, params.height, params.width),
            (params.filters, params.channels, *params.kernel),
            bias=params.bias, stride=params.stride, padding=params.padding, dilation=params.dilation, relu=params.relu,
            pool=None if params.pool == "none" else params.pool, pool_size=params.pool_size, pool_stride=params.pool_stride,
            target=params.gradient == "target",
        )

    def asks(self, params: Params) -> tuple[Ask, ...]:
        graph = self.graph(params)
        boxes: list[Ask] = []
        for node, letter, points in (("conv", "Z", 2), ("relu", "A", HALF), ("pooled", "P", HALF)):
            if node in graph:
                kind = "number" if (node, params.pool) == ("pooled", "avg") else "integer"
                boxes += _boxes(node, node, letter, graph[node].shape, Fraction(points), kind)
        if params.gradient == "target":
            boxes.append(Ask("loss", "loss", "L", points=HALF, group="loss"))
        if params.gradient != "none":
            boxes += _gradients(params, graph)
        return tuple(boxes)

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        params = instance.params
        size = {"height": params.height, "width": params.width, "channels": params.channels}
        filters = {"filters": params.filters, "kh": params.kernel[0], "kw": params.kernel[1]}
        pool = {"size": params.pool_size, "stride": params.pool_stride}
        backward = params.gradient != "none"
        return (
            Convention("channels", CHANNELS[params.channels > 1], size),
            Convention("filter", FILTERS[params.filters > 1], filters),
            Convention("flip", FLIP),
            Convention("bias", BIAS[params.bias]),
            Convention("stride", "Stride %(stride)s.", {"stride": params.stride}),
            Convention("padding", PADDING[params.padding > 0], {"padding": params.padding}),
            *((Convention("dilation", DILATION, {"dilation": params.dilation}),) if params.dilation > 1 else ()),
            *((Convention("relu", "Negative cells become 0, the others stay."),) if params.relu else ()),
            *((Convention("pool", POOL[params.pool], pool),) if params.pool != "none" else ()),
            *((Convention("gradient", GRADIENT[params.gradient], {"last": _last(params)}),) if backward else ()),
        )

    def formula(self, params: Params) -> tuple[str, ...]:
        """What each part of the net makes of the one before; the sheet counts them."""
        lines = [r"Z=\operatorname{conv}(I,K)" + ("+b" if params.bias else "")]
        if params.relu:
            lines.append(r"A=\operatorname{ReLU}(Z)=\max(0,\,Z)")
        if params.pool != "none":
            operator = "MaxPool" if params.pool == "max" else "AvgPool"
            lines.append(rf"P=\operatorname{{{operator}}}({'A' if params.relu else 'Z'})")
        return tuple(lines)

    def reminders(self, params: Params) -> tuple[Reminder, ...]:
        return tuple(conv_reminders(params))

    def flaws(self, instance: Instance, values: Mapping[str, Any]) -> Iterator[str]:
        params, conv = instance.params, values["conv"]
        if any(abs(cell) > LARGEST_CELL for cell in conv):
            yield f"a cell of the map is beyond ±{LARGEST_CELL}"
        area = len(conv) // params.filters
        for plane in (conv[i : i + area] for i in range(0, len(conv), area)):
            if params.relu and not min(plane) < 0 < max(plane):
                yield "ReLU does not both clip and pass something of a filter's map"
        if "pooled" in values and not any(values["pooled"]):
            yield "every pooled number is 0"
        if not all(tells_flip(plane) for bank in instance.data["kernels"] for plane in bank):
            yield "a filter is its own flip: convolution and cross-correlation agree"

    def mistakes(self, params: Params) -> tuple[Mistake, ...]:
        return tuple(conv_mistakes(params))

    def symbol(self, graph: Graph, node: str, index: Index) -> str:
        return conv_steps.symbol(graph, node, index)

    def steps(self, worked: Worked) -> Iterator[Step]:
        return conv_steps.steps(worked)

    def sizes(self, given: Mapping[str, Any], data: Mapping[str, Exact]) -> dict[str, Any]:
        if missing := [name for name in RANKS if name not in data]:
            raise InputError(f"data has no {missing[0]!r}: give image and kernels")
        image, kernels = (shape(_planes(data[name], rank)) for name, rank in RANKS.items())
        if len(image) != 3 or len(kernels) != 4:
            raise InputError(
                f"image has shape {image} and kernels {kernels}: give (H, W) and (kH, kW), or (C, H, W) and (F, C, kH, kW)"
            )
        sizes = {"channels": image[0], "height": image[1], "width": image[2], "filters": kernels[0]}
        backward = next(({"gradient": name} for name in ("upstream", "target") if name in data), {})
        return {**sizes, "kernel": kernels[2:], "bias": "bias" in data, **backward}

    def completed(self, params: Params, data: dict[str, Exact]) -> dict[str, Exact]:
        ranks = {**RANKS, "upstream": 3, "target": 3}
        return data | {name: _planes(data[name], rank) for name, rank in ranks.items() if name in data}

    def results(self, graph: Graph) -> Mapping[str, ResultField]:
        """Each part's output, or what a part left out passes on, and the gradients of the inputs there are."""
        fields, passed = {}, "image"
        for part in ("conv", "relu", "pooled"):
            passed = part if part in graph else passed
            fields[part] = ResultField(passed)
        if "loss" in graph:
            fields["loss"] = ResultField("loss")
        return fields | {f"d{leaf}": ResultField(leaf, True) for leaf in ("image", "kernels", "bias") if leaf in graph}

    def readings(self, instance: Instance) -> Iterator[str]:
        params = instance.params
        if not all(tells_flip(plane) for bank in instance.data["kernels"] for plane in bank):
            yield "a filter is its own flip: the numbers do not tell convolution from cross-correlation"
        if any(_remainders(params)):
            yield "a window does not fit a whole number of times: sizes are rounded down and cells at the edge are left out"


CHANNELS = {
    False: r"The image $I$ is $%(height)s\times%(width)s$ with one channel.",
    True: (
        r"The image $I$ is $%(height)s\times%(width)s$ with %(channels)s channels, and a filter has one matrix per "
        "channel; the channels' results add up to **one** map."
    ),
}
FILTERS = {
    False: r"There is one filter $K$, $%(kh)s\times%(kw)s$.",
    True: r"There are %(filters)s filters $K$, $%(kh)s\times%(kw)s$, and each gives a map of its own.",
}
FLIP = "**The filter is not flipped** (as in PyTorch): lay it over the window, multiply cell by cell, add up."
BIAS = {True: "Then add the bias $b$ to every cell.", False: "There is no bias."}
PADDING = {True: "Zero padding of %(padding)s on every side.", False: "No padding."}
DILATION = "Dilation %(dilation)s: neighbouring filter cells lie %(dilation)s image cells apart."
POOL = {
    "max": r"The largest of each window $%(size)s\times%(size)s$, stride %(stride)s.",
    "avg": r"The mean of each window $%(size)s\times%(size)s$, stride %(stride)s.",
}
GRADIENT = {
    "upstream": "The gradient of $L$ at the output is given. Find the gradients that are asked.",
    "target": r"With the target $T$ let $L=\tfrac{1}{2}\sum(%(last)s-T)^2$. Find the gradients that are asked.",
}


def _planes(value: Exact, rank: int) -> Exact:
    """A bare matrix as the one plane of an image, or of the one filter; anything else as it is."""
    for _ in range(rank - 2 if len(shape(value)) == 2 else 0):
        value = (value,)
    return value


def _last(params: Params) -> str:
    """The letter of the net's output."""
    return "P" if params.pool != "none" else "A" if params.relu else "Z"


def network(
    image: Shape, kernels: Shape | None, *, bias: bool = False, stride: Sizes = 1, padding: Sizes = 0, dilation: Sizes = 1,
    groups: int = 1, relu: bool = True, pool: str | None = "max", pool_size: Sizes = 2, pool_stride: Sizes | None = None,
    pool_padding: Sizes = 0, target: bool = False,
) -> Graph:
    """conv -> ReLU -> pool with any of its parts left out; a part left out passes its input on.

    Shapes: image (..., C, H, W), kernels (F, C/groups, kH, kW); sizes are ints or (vertical, horizontal) pairs.
    Raises: ShapeError where they do not fit.
    """
    b = Builder()
    result = b.input("image", image)
    if kernels is not None:
        name = "sums" if bias else "conv"
        result = b.conv2d(result, b.input("kernels", kernels), stride, padding, dilation, groups, name)
        if bias:
            planes = b.op("spread", b.input("bias", kernels[:1]), axes=(-2, -1), shape=(kernels[0], 1, 1))
            result = b.op("add", result, planes, name="conv")
    if relu:
        result = b.op("relu", result, name="relu")
    if pool is not None:
        result = b.pool(f"{pool}pool", result, pool_size, pool_stride, pool_padding, name="pooled")
    return b.build(_half_squared_error(b, result) if target else result)


def _half_squared_error(b: Builder, result: Ref) -> Ref:
    error = b.op("sub", result, b.input("target", result.shape), name="error")
    return b.op("mul", b.const(HALF), b.reduce("sum", b.power(error, 2)), name="loss")


def _numbered(stem: str, index: tuple[int, ...], sizes: tuple[int, ...]) -> tuple[str, str]:
    """A key and a LaTeX subscript that count only where there is more than one: ("dkernels[1]", "_{2}")."""
    counted = [i for i, size in zip(index, sizes, strict=True) if size > 1]
    key = stem + "".join(f"[{i}]" for i in counted)
    return key, "_{" + "".join(str(i + 1) for i in counted) + "}" if counted else ""


def _boxes(
    stem: str, node: str, letter: str, dims: tuple[int, ...], points: Fraction, kind: Any, *, gradient: bool = False
) -> Iterator[Ask]:
    """One box per plane of the last two axes: a matrix, or a number where a plane is a single cell."""
    planes, plane = dims[:-2], dims[-2:]
    for index in product(*map(range, planes)):
        key, subscript = _numbered(stem, index, planes)
        symbol = rf"\partial L/\partial {letter}{subscript}" if gradient else f"{letter}{subscript}"
        if plane == (1, 1):
            yield Ask(key, node, symbol, kind, gradient, (*index, 0, 0), (), points, stem, kind)
        else:
            yield Ask(key, node, symbol, "array", gradient, index, plane, points, stem, kind)


def _gradients(params: Params, graph: Graph) -> Iterator[Ask]:
    """Gradients of the map, the filters, the bias and, where asked, the image: whole numbers but for an average."""
    kind: Any = "number" if params.pool == "avg" else "integer"
    one = Fraction(1)
    yield from _boxes("dconv", "conv", "Z", graph["conv"].shape, one, kind, gradient=True)
    yield from _boxes("dkernels", "kernels", "K", graph["kernels"].shape, one, kind, gradient=True)
    for f in range(params.filters if params.bias else 0):
        key, subscript = _numbered("dbias", (f,), (params.filters,))
        symbol = rf"\partial L/\partial b{subscript}"
        yield Ask(key, "bias", symbol, kind, True, (f,), (), HALF, "dbias", kind)
    if params.image_gradient:
        yield from _boxes("dimage", "image", "I", graph["image"].shape, one, kind, gradient=True)


def _remainders(params: Params) -> Iterator[int]:
    """What is left of each axis after the last window of the convolution, then of the pooling."""
    for length, kernel in zip((params.height, params.width), params.kernel, strict=True):
        yield (length + 2 * params.padding - params.dilation * (kernel - 1) - 1) % params.stride
        if params.pool != "none":
            cells_along = out_length(length, kernel, params.stride, params.padding, params.dilation)
            yield (cells_along - params.pool_size) % params.pool_stride


def _check_whole(params: Params) -> None:
    if any(_remainders(params)):
        raise InputError(
            f"image {params.height}×{params.width}, filter {params.kernel[0]}×{params.kernel[1]}, stride {params.stride},"
            f" padding {params.padding}, dilation {params.dilation}, pool {params.pool_size} by {params.pool_stride}:"
            " output sizes are not whole, change one of them"
        )


PROBLEM = ConvReluPool()
