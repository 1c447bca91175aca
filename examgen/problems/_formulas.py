"""A network of matrices in formulas of whole arrays, forward and backward, read off its graph.

A gate without a name stands inside the formula of the named one that follows from it.
Of a product A B, A takes the gradient times the transposed B, and B the transposed A times the gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from examgen.graph import UNNAMED, Graph, Node
from examgen.ops import OPS

Symbols = Callable[[str], str]  # of a node
ARRAYS = {"add": "{0}+{1}", "sub": "{0}-{1}", "mul": r"{0}\circ {1}", "matmul": r"{0}\,{1}", "relu": r"\max(0,\,{0})"}
SLOPES = {  # by the operand {0} and the value {1}
    "relu": "[{0}>0]",
    "tanh": "(1-{1}^2)",
    "sigmoid": r"{1}\circ(1-{1})",
}
SUMS = ("add", "sub")


def d(symbol: str) -> str:
    """LaTeX of the gradient with respect to it."""
    return rf"\partial L/\partial {symbol}"


def forward(graph: Graph, symbols: Symbols) -> dict[str, str]:
    """What each named node of a single gate or more is, by its name: an equation."""
    named = (node for node in graph.nodes if node.inputs and not _unnamed(node) and node.name not in graph.behind)
    return {node.name: f"{symbols(node.name)}={_gate(graph, node, symbols)}" for node in named}


def backward(graph: Graph, symbols: Symbols) -> dict[str, str]:
    """What the gradient at each named node is, by its name; without those that other gates than these pass on."""
    named = (node for node in graph.differentiable if not _unnamed(node) and node.name != graph.output)
    found = {node.name: _gradient(graph, node, symbols) for node in named}
    return {name: formula for name, formula in found.items() if formula}


def _unnamed(node: Node) -> bool:
    return node.name.startswith(UNNAMED)


def _gate(graph: Graph, node: Node, symbols: Symbols) -> str:
    operands = (_operand(graph, graph[name], node, symbols) for name in node.inputs)
    return ARRAYS.get(node.op, OPS[node.op].latex).format(*operands, **dict(node.attrs))


def _operand(graph: Graph, node: Node, gate: Node, symbols: Symbols) -> str:
    if not _unnamed(node):
        return symbols(node.name)
    inner = _gate(graph, node, symbols)
    return f"({inner})" if node.op in SUMS and gate.op not in SUMS else inner


def _gradient(graph: Graph, node: Node, symbols: Symbols) -> str:
    """The sum of what comes back by every use, the last use first; nothing where one of them is told elsewhere."""
    parts = list(_parts(graph, node, symbols))
    return "" if not all(parts) else "+".join(parts)


def _parts(graph: Graph, node: Node, symbols: Symbols) -> Iterator[str]:
    for user in reversed(graph.nodes):
        for place, name in enumerate(user.inputs):
            if name == node.name and user.name not in graph.behind and user.name in graph.real:
                above = _gradient(graph, user, symbols) if _unnamed(user) else d(symbols(user.name))
                yield _passed(graph, user, place, above, symbols) if above else ""


def _passed(graph: Graph, user: Node, place: int, above: str, symbols: Symbols) -> str:
    """What a gate hands on of the gradient above it to one of its operands; nothing of a gate that is told elsewhere."""
    operands = [_operand(graph, graph[name], user, symbols) for name in user.inputs]
    if user.op == "add":
        return above if graph[user.inputs[place]].shape == user.shape else rf"\sum {above}"
    if user.op == "matmul":
        return rf"{operands[0]}^T\,{above}" if place else rf"{above}\,{operands[1]}^T"
    if user.op == "mul":
        return rf"{above}\circ {operands[1 - place]}"
    slope = SLOPES.get(user.op)
    return "" if slope is None else rf"{above}\circ {slope.format(operands[0], symbols(user.name))}"
