"""Computational graphs of one's own, and conv -> ReLU -> pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from examgen import formula as language
from examgen.errors import InputError
from examgen.graph import Graph
from examgen.ops.conv import out_length
from examgen.problem import shown
from examgen.problems.conv_relu_pool import network
from examgen.registry import problem
from examgen.solvers._arguments import Given, Shape, choice, flag, numbers, pair, whole
from examgen.solvers._results import BackpropResult, ConvReluPoolResult
from examgen.solvers._solve import solved, upstream_of
from examgen.solvers._task import Task

UPSTREAM = "upstream"
SHAPES = {"image": "(H, W), (C, H, W) or (N, C, H, W)", "kernels": "(kH, kW) or (F, C/groups, kH, kW)", "bias": "(F,)"}


def backprop(
    formula: str, inputs: Mapping[str, Any], upstream: Any = 1, *, engine: str = "numpy", exact: bool = False
) -> BackpropResult:
    """Forward and backward pass through a formula: every named statement, and the last one's gradient at each of them.

    The language: `q = x + y; f = q * z` (; or a new line), or one expression, which is then called f; + - * / ** @, exp log
    sqrt sin cos tanh sigmoid relu abs, max and min of two, max min sum mean of one (axis=, keepdims=), .T, indices [0, -1].
    Shapes: inputs are numbers or arrays, broadcast as in NumPy. `upstream`, the gradient at the last statement, broadcasts
    to its shape, so that an array is differentiated as its sum unless told. Gradients are shaped as what they belong to.
    Gives `value` of the last statement, `gradients` by input, `nodes`: statement -> (value, gradient), and `steps`.
    Conventions: at a tie max and min of two give half to each, reductions equal shares; slope 0 of relu and abs at 0. What
    does not lead to the last statement has gradient 0, a statement of constants alone None. Results are float64; with
    `exact` nested tuples of fractions and SymPy expressions, where a float is the shortest decimal it is printed as.
    Raises: InputError for what is not in the language (^ is not), names that are missing, unused, bound twice or called
    upstream, shapes that do not fit, and statements without a finite value; over 10,000 numbers for exact and `steps`.
    Source: Rumelhart, Hinton and Williams, 1986; CS231n, backpropagation, intuitions.

    >>> r = backprop("q = x + y; f = q * z", {"x": -2, "y": 5, "z": -4})
    >>> r.value, r.gradients, r.nodes["q"].gradient
    (-12.0, {'x': -4.0, 'y': -4.0, 'z': 3.0}, -4.0)
    >>> backprop("sigmoid(x)", {"x": 0}, exact=True).gradients["x"]
    Fraction(1, 4)
    """
    data = _inputs(formula, inputs)
    graph = _parsed(formula, tuple((name, given.shape) for name, given in data.items()))
    return solved(Task(problem("backprop"), graph, data, upstream_of(graph, upstream)), BackpropResult, engine, exact)


def _inputs(formula: str, inputs: Any) -> dict[str, Given]:
    if not isinstance(inputs, Mapping):
        raise InputError(f"inputs is {shown(inputs)}: give a dictionary of names and numbers, such as {{'x': -2}}")
    wanted = language.names(formula)
    if missing := [name for name in wanted if name not in inputs]:
        raise InputError(f"inputs has no {missing[0]!r}, which the formula uses: give {', '.join(wanted)}")
    if UPSTREAM in inputs:
        raise InputError("inputs holds 'upstream', which is kept for the gradient at the output: take another name")
    return {name: numbers(f"inputs[{name!r}]", value) for name, value in inputs.items()}


@lru_cache(maxsize=256)
def _parsed(formula: str, shapes: tuple[tuple[str, Shape], ...]) -> Graph:
    graph = language.parse(formula, dict(shapes))
    if unused := [name for name, _ in shapes if name not in graph]:
        raise InputError(f"inputs holds {unused[0]!r}, which the formula does not use: leave it out")
    if UPSTREAM in graph:
        raise InputError("formula binds 'upstream', which is kept for the gradient at the output: take another name")
    if not graph.differentiable:
        raise InputError("formula: the last statement depends on no input, use at least one name in it")
    return graph


def conv_relu_pool(
    image: Any, kernels: Any, *, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1,
    relu: bool = True, pool: str | None = "max", pool_size: Any = 2, pool_stride: Any = None, pool_padding: Any = 0,
    upstream: Any = None, engine: str = "numpy", exact: bool = False,
) -> ConvReluPoolResult:
    """conv -> ReLU -> pool, and back where `upstream` is given. "conv" is cross-correlation: the filter is not flipped.

    Shapes: image (H, W), (C, H, W) or (N, C, H, W); kernels (kH, kW) or (F, C/groups, kH, kW), or None to leave them out;
    bias (F,). (H, W) with (kH, kW) gives (H', W'), with (F, 1, kH, kW) it gives (F, H', W'). `upstream` is shaped as
    `pooled`, or one number. Stride, padding, dilation and the pool's sizes are ints or (vertical, horizontal) pairs; sizes
    floor, and the pool's stride is its size unless given.
    Gives `conv` (with the bias), `relu`, `pooled`, where a part left out (kernels=None, relu=False, pool=None) passes its
    input on; `dimage`, `dkernels`, `dbias` with `upstream`, else None; and `steps`.
    Conventions: as PyTorch: zero padding, counted in by pool="avg"; slope 0 of ReLU at 0; the first of equal maxima in row
    order. Results are float64; with `exact` nested tuples of fractions.
    Raises: InputError for empty, ragged, not finite or not real arrays, shapes that do not fit each other, windows larger
    than what they slide over, pool padding over half the window, and other words than are listed here; over 10,000 numbers
    for exact and `steps`.
    Source: Dumoulin and Visin, A guide to convolution arithmetic, 2016; torch.nn.functional.

    >>> image = [[1, 2, 3, 4, 5], [2, 2, 1, 1, 1], [3, 2, 1, 1, 1], [4, 1, 1, 1, 1], [5, 1, 1, 1, 1]]
    >>> r = conv_relu_pool(image, [[0, -1, 0], [1, 1, 1], [0, -1, 0]], stride=2)
    >>> r.conv.tolist(), r.pooled.tolist()
    ([[1.0, -2.0], [3.0, 1.0]], [[3.0]])
    """
    how = {
        "stride": pair("stride", stride, 1), "padding": pair("padding", padding, 0), "dilation": pair("dilation", dilation, 1),
        "groups": whole("groups", groups, 1), "relu": flag("relu", relu), "pool": choice("pool", pool, ("max", "avg", None)),
        "pool_size": pair("pool_size", pool_size, 1), "pool_padding": pair("pool_padding", pool_padding, 0),
        "pool_stride": None if pool_stride is None else pair("pool_stride", pool_stride, 1),
    }
    given = {"image": image, "kernels": kernels, "bias": bias}
    data = {name: numbers(name, value) for name, value in given.items() if value is not None}
    return solved(_network_task(data, how, upstream), ConvReluPoolResult, engine, exact)


def _network_task(given: dict[str, Given], how: dict[str, Any], upstream: Any) -> Task:
    """The net with arrays of full rank, and the shapes of results where matrices came bare."""
    data = {name: array.reshaped(_full(name, array.shape)) for name, array in given.items()}
    dims = {name: array.shape for name, array in data.items()}
    _check_fit(dims, how)
    graph = network(dims["image"], dims.get("kernels"), bias="bias" in data, **how)
    task = Task(problem("conv_relu_pool"), graph, data, None)
    shapes = {f"d{name}": array.shape for name, array in given.items()}
    if len(given["image"].shape) == 2 and ("kernels" not in given or len(given["kernels"].shape) == 2):
        shapes |= {name: graph[place.node].shape[1:] for name, place in task.fields.items() if not place.gradient}
    return replace(task, shapes=shapes, upstream=_upstream(graph, upstream, shapes.get("pooled")))


def _full(name: str, dims: Shape) -> Shape:
    """The shape with the axes that may be left out: of channels, of filters, of a single bias."""
    expected = {"image": (2, 3, 4), "kernels": (2, 4), "bias": (0, 1)}
    if len(dims) not in expected[name]:
        raise InputError(f"{name} has shape {dims}, expected {SHAPES[name]}")
    rank = {"image": max(3, len(dims)), "kernels": 4, "bias": 1}[name]
    return (1,) * (rank - len(dims)) + dims


def _upstream(graph: Graph, value: Any, bare: Shape | None) -> Given | None:
    """The gradient at `pooled`, in exactly its shape, or one number for all of it."""
    if value is None:
        return None
    given, dims = numbers(UPSTREAM, value), graph[graph.output].shape
    if given.shape not in ((), bare or dims):
        raise InputError(f"upstream has shape {given.shape}, expected {bare or dims} as pooled, or a single number")
    return upstream_of(graph, given.reshaped(dims) if given.shape else given)


def _check_fit(dims: dict[str, Shape], how: dict[str, Any]) -> None:
    """Raises: InputError naming the argument that does not fit the image, or the map before it."""
    height, width = dims["image"][-2:]
    if "kernels" in dims:
        _check_channels(dims, how["groups"])
        height, width = _slid("kernels", dims["kernels"][-2:], (height, width), how["stride"], how["padding"], how["dilation"])
    elif "bias" in dims:
        raise InputError("bias is given without kernels: leave it out too")
    if how["pool"] is not None:
        size, padding = how["pool_size"], how["pool_padding"]
        if any(2 * p > s for p, s in zip(padding, size, strict=True)):
            raise InputError(f"pool_padding is {padding}, more than half of pool_size {size}: a window would see nothing else")
        _slid("pool_size", size, (height, width), how["pool_stride"] or size, padding, (1, 1))


def _check_channels(dims: dict[str, Shape], groups: int) -> None:
    channels, (filters, planes) = dims["image"][-3], dims["kernels"][:2]
    if channels % groups or filters % groups:
        raise InputError(f"groups is {groups}: it has to divide the image's {channels} channels and the {filters} filters")
    if planes != channels // groups:
        raise InputError(
            f"kernels has {planes} channels, expected {channels // groups}: the image has {channels} in {groups} group(s)"
        )
    if dims.get("bias", (filters,)) != (filters,):
        raise InputError(f"bias has shape {dims['bias']}, expected ({filters},): one number per filter")


def _slid(name: str, size: Any, over: Any, stride: Any, padding: Any, dilation: Any) -> tuple[int, int]:
    """How often the window fits, down and across."""
    found = tuple(map(out_length, over, size, stride, padding, dilation))
    if min(found) < 1:
        raise InputError(
            f"{name}: a window of {size[0]}×{size[1]} with dilation {dilation} does not fit {over[0]}×{over[1]} cells with"
            f" padding {padding}: take a smaller window or more padding"
        )
    return found[0], found[1]
