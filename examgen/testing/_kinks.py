"""Kinks and ties found by plain loops that share nothing with the op table's own rules but the names of the ops."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

from examgen.graph import Graph, Node
from examgen.ops import OPS

Source = tuple[Node, Any]


def kinks_by_loops(graph: Graph, values: Mapping[str, Any]) -> Iterator[str]:
    """The nodes that sit on a kink or a tie; `values`: node name -> flat exact cells."""
    for node in graph.nodes:
        # an op that has a kink rule and no loop here is an oversight: let it be a KeyError
        loop = _LOOPS[node.op] if OPS[node.op].kinks else _LOOPS.get(node.op)
        if loop is not None and loop(node, *((graph[name], values[name]) for name in node.inputs)):
            yield f"{node.name} ({node.op}) sits on a kink"


def _at_zero(node: Node, x: Source) -> bool:
    return any(cell == 0 for cell in x[1])


def _equal_pair(node: Node, x: Source, y: Source) -> bool:
    return any(_broadcast(x, at) == _broadcast(y, at) for at in product(*map(range, node.shape)))


def _broadcast(source: Source, at: tuple[int, ...]) -> Any:
    node, flat = source
    place = 0
    for length, i in zip(node.shape, at[len(at) - len(node.shape) :], strict=True):
        place = place * length + (i if length > 1 else 0)
    return flat[place]


def _extreme_twice(node: Node, x: Source) -> bool:
    source, flat = x
    kept = [i for i in range(len(source.shape)) if i - len(source.shape) not in node["axes"]]
    groups: dict[tuple[int, ...], list[Any]] = {}
    for at, cell in zip(product(*map(range, source.shape)), flat, strict=True):
        groups.setdefault(tuple(at[i] for i in kept), []).append(cell)
    ordered = [sorted(group, reverse=node.op == "amax") for group in groups.values()]
    return any(len(group) > 1 and group[0] == group[1] for group in ordered)


def _pool_tie(node: Node, x: Source) -> bool:
    source, flat = x
    height, width = source.shape[-2:]
    for start in range(0, len(flat), height * width):
        for top, left in product(range(node.shape[-2]), range(node.shape[-1])):
            y0, x0 = (k * s - p for k, s, p in zip((top, left), node["stride"], node["padding"], strict=True))
            rows, columns = (range(o, o + n) for o, n in zip((y0, x0), node["size"], strict=True))
            inside = [flat[start + y * width + c] for y in rows for c in columns if 0 <= y < height and 0 <= c < width]
            first, *rest = sorted(inside, reverse=True)
            clipped_whole = source.op == "relu" and first == 0
            if rest and first == rest[0] and not clipped_whole:
                return True
    return False


_LOOPS: dict[str, Callable[..., bool]] = {
    "relu": _at_zero,
    "abs": _at_zero,
    "maximum": _equal_pair,
    "minimum": _equal_pair,
    "amax": _extreme_twice,
    "amin": _extreme_twice,
    "maxpool": _pool_tie,
}
