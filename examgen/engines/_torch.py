"""The independent judge: `torch.nn.functional` forward, autograd backward, float64, on CPU or CUDA.

Given `count`, all data are arrays of so many instances along an axis in front, and so are the results. No op mixes instances,
so that autograd's gradients of all outputs together are those of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F

from examgen.engines._engine import Evaluation
from examgen.errors import EngineUnavailable
from examgen.graph import Graph, Node
from examgen.model import Exact

Tensor = torch.Tensor


def device_named(wanted: str) -> torch.device:
    """The device to run on. Raises EngineUnavailable for a CUDA device that PyTorch cannot see."""
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise EngineUnavailable(
            "--device cuda: PyTorch sees no CUDA device here; take --device cpu, or install a CUDA build of PyTorch"
        )
    return torch.device(wanted)


def evaluate(
    graph: Graph, data: Mapping[str, Exact], upstream: Exact = 1, device: str = "cpu", count: int | None = None
) -> Evaluation:
    """Every node's value and its gradient by autograd, as float64 arrays brought back to the CPU."""
    values, gradients = tensors(graph, data, upstream, device, count)
    return Evaluation({n: _array(t) for n, t in values.items()}, {n: _array(g) for n, g in gradients.items()})


def tensors(
    graph: Graph, data: Mapping[str, Exact], upstream: Exact, device: str, count: int | None
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The same as tensors on the device: values and gradients."""
    with _one_thread():
        return _tensors(graph, data, upstream, device_named(device), () if count is None else (count,))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Hand-sized arrays are done before threads have met, and others may be at work on the same processors."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _tensors(
    graph: Graph, data: Mapping[str, Exact], upstream: Exact, where: torch.device, lead: tuple[int, ...]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    values: dict[str, Tensor] = {}
    for node in graph.nodes:
        if node.op in ("input", "const"):
            values[node.name] = _leaf(node, data, where, lead)
        elif node.name not in graph.behind:
            values[node.name] = _worked(node, values, lead)
    wanted = [node.name for node in graph.differentiable]
    if not wanted:
        return values, {}
    seed = _tensor(upstream, where).broadcast_to((*lead, *graph[graph.output].shape))
    found = torch.autograd.grad(values[graph.output], [values[n] for n in wanted], grad_outputs=seed)
    gradients = dict(zip(wanted, found, strict=True))
    for node in graph.nodes:
        if node.name in graph.behind:
            values[node.name] = gradients[node.inputs[0]] if node.op == "gradient" else _worked(node, values, lead)
    return values, gradients


def _worked(node: Node, values: Mapping[str, Tensor], lead: tuple[int, ...]) -> Tensor:
    operands = [values[source] for source in node.inputs]
    if lead and node.op in BROADCASTING:
        operands = [_aligned(x, len(node.shape)) for x in operands]
    return TABLE[node.op](node, *operands)


def _aligned(x: Tensor, rank: int) -> Tensor:
    """A stack of arrays of this many axes: what broadcasts gets its missing ones behind the stack's own."""
    return x.reshape(x.shape[0], *(1,) * (rank + 1 - x.dim()), *x.shape[1:])


def _array(tensor: Tensor) -> Any:
    return tensor.detach().cpu().numpy()


def runs(device: str) -> tuple[tuple[bool, str, Callable[..., Evaluation]], ...]:
    """In float64 on the device."""
    return ((False, device.partition(":")[0], partial(evaluate, device=device)),)


def _leaf(node: Node, data: Mapping[str, Exact], where: torch.device, lead: tuple[int, ...]) -> Tensor:
    if node.op == "const":
        value = _tensor(node["value"], where)
        return value.expand((*lead, *node.shape)) if lead else value
    if node["discrete"]:
        return torch.tensor(data[node.name], dtype=torch.int64, device=where)
    return _tensor(data[node.name], where).requires_grad_()


def _tensor(value: Any, where: torch.device) -> Tensor:
    numbers = value if hasattr(value, "__array__") else _floats(value)
    return torch.tensor(numbers, dtype=torch.float64, device=where)


def _floats(value: Any) -> Any:
    return [_floats(part) for part in value] if isinstance(value, (list, tuple)) else float(value)


def _axes(node: Node) -> dict[str, Any]:
    return {"dim": tuple(node["axes"]), "keepdim": node["keepdims"]}


def _sum(node: Node, x: Tensor) -> Tensor:
    return x.sum(**_axes(node)) if node["axes"] else x.clone()


def _mean(node: Node, x: Tensor) -> Tensor:
    return x.mean(**_axes(node)) if node["axes"] else x.clone()


def _amax(node: Node, x: Tensor) -> Tensor:
    return x.amax(**_axes(node)) if node["axes"] else x.clone()


def _amin(node: Node, x: Tensor) -> Tensor:
    return x.amin(**_axes(node)) if node["axes"] else x.clone()


def _spread(node: Node, x: Tensor) -> Tensor:
    rank = len(node["shape"])
    for axis in sorted((axis % rank - rank for axis in node["axes"]), reverse=True):
        x = x.unsqueeze(axis)
    return x.expand(_stacked(node["shape"], x, rank))


def _stacked(shape: tuple[int, ...], like: Tensor, rank: int) -> tuple[int, ...]:
    """The shape behind the axes in front of the last `rank` ones of another tensor: those of a stack."""
    return (*like.shape[: like.dim() - rank], *shape)


def _getitem(node: Node, x: Tensor) -> Tensor:
    return x[(..., *node["index"], *(slice(None),) * len(node.shape))]


def _matmul(node: Node, x: Tensor, y: Tensor) -> Tensor:
    rows, columns = node["ranks"]
    if x.dim() == rows:  # no stack
        return torch.matmul(x, y)
    if columns == 2:
        return torch.matmul(x, y) if rows == 2 else torch.matmul(x.unsqueeze(-2), y).squeeze(-2)
    return (x * (y if rows == 1 else y.unsqueeze(-2))).sum(-1)


def _piecewise(node: Node, x: Tensor) -> Tensor:
    """On each piece its own line and at each knot one with the knot's slope: autograd sees the line that is taken."""
    slopes, below, value = [*map(float, node["slopes"])], float(node["knots"][0]), float(node["base"])
    result = value + slopes[0] * (x - below)
    for knot, own, before, after in zip(map(float, node["knots"]), map(float, node["at"]), slopes, slopes[1:], strict=False):
        value, below = value + before * (knot - below), knot
        result = torch.where(x > knot, value + after * (x - knot), result)
        result = torch.where(x == knot, value + own * (x - knot), result)
    return result


def _pick(node: Node, scores: Tensor, labels: Tensor) -> Tensor:
    column = scores.gather(-1, labels.unsqueeze(-1))
    return column if node["keepdims"] else column.squeeze(-1)


def _others(node: Node, scores: Tensor, labels: Tensor) -> Tensor:
    wrong = ~F.one_hot(labels, scores.shape[-1]).bool()
    return scores[wrong].reshape(*scores.shape[:-1], scores.shape[-1] - 1)


def _cross_entropy(node: Node, scores: Tensor, labels: Tensor) -> Tensor:
    rows = F.cross_entropy(scores.reshape(-1, scores.shape[-1]), labels.reshape(-1), reduction="none")
    return rows.reshape(labels.shape)


def _conv2d(node: Node, x: Tensor, kernels: Tensor) -> Tensor:
    how = {name: node[name] for name in ("stride", "padding", "dilation")}
    if kernels.dim() == 4:
        images = x.reshape(-1, *x.shape[-3:])
        maps = F.conv2d(images, kernels, **how, groups=node["groups"])
        return maps.reshape(*x.shape[:-3], *maps.shape[-3:])
    count, filters = kernels.shape[:2]  # of a stack each instance is a group, with channels and filters of its own
    images = x.reshape(count, -1, *x.shape[-3:]).transpose(0, 1).flatten(1, 2)
    maps = F.conv2d(images, kernels.flatten(0, 1), **how, groups=count * node["groups"])
    return maps.reshape(-1, count, filters, *maps.shape[-2:]).transpose(0, 1).reshape(*x.shape[:-3], filters, *maps.shape[-2:])


def _pool(function: Callable[..., Tensor]) -> Callable[[Node, Tensor], Tensor]:
    def pool(node: Node, x: Tensor) -> Tensor:
        planes = x.reshape(-1, 1, *x.shape[-2:])
        pooled = function(planes, node["size"], stride=node["stride"], padding=node["padding"])
        return pooled.reshape(*x.shape[:-2], *pooled.shape[-2:])

    return pool


BROADCASTING = frozenset(("add", "sub", "mul", "div", "maximum", "minimum"))
TABLE: dict[str, Callable[..., Tensor]] = {
    "add": lambda node, x, y: torch.add(x, y),
    "sub": lambda node, x, y: torch.sub(x, y),
    "mul": lambda node, x, y: torch.mul(x, y),
    "div": lambda node, x, y: torch.div(x, y),
    "neg": lambda node, x: torch.neg(x),
    "pow": lambda node, x: torch.pow(x, float(node["exponent"])),
    "exp": lambda node, x: torch.exp(x),
    "log": lambda node, x: torch.log(x),
    "sqrt": lambda node, x: torch.sqrt(x),
    "sin": lambda node, x: torch.sin(x),
    "cos": lambda node, x: torch.cos(x),
    "tanh": lambda node, x: torch.tanh(x),
    "sigmoid": lambda node, x: torch.sigmoid(x),
    "relu": lambda node, x: torch.relu(x),
    "step": lambda node, x: torch.relu(torch.sign(x)),  # autograd knows the sign's slope, which is 0
    "abs": lambda node, x: torch.abs(x),
    "floor": lambda node, x: torch.floor(x),
    "piecewise": _piecewise,
    "maximum": lambda node, x, y: torch.maximum(x, y),
    "minimum": lambda node, x, y: torch.minimum(x, y),
    "sum": _sum,
    "mean": _mean,
    "amax": _amax,
    "amin": _amin,
    "matmul": _matmul,
    "transpose": lambda node, x: x.transpose(-1, -2),
    "getitem": _getitem,
    "spread": _spread,
    "pick": _pick,
    "others": _others,
    "softmax": lambda node, x: F.softmax(x, dim=-1),
    "cross_entropy": _cross_entropy,
    "conv2d": _conv2d,
    "maxpool": _pool(F.max_pool2d),
    "avgpool": _pool(F.avg_pool2d),
}
