"""What small networks of matrices share: boxes, symbols, and the worked solution part by part forward and back.

Each part is said by its formula in whole arrays, then cell by cell. Only gradients that are asked, or lie on the way to
one, are worked out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from math import prod
from typing import Any

from examgen.graph import UNNAMED, Builder, Graph, Node, Ref
from examgen.model import Ask, Expression, Index, Line, Step
from examgen.narration import OF_NODE, OTHERS, Worked, cell_symbol, given, grids, indices
from examgen.points import HALF
from examgen.problem import Problem
from examgen.problems._formulas import backward, d, forward

Formulas = Mapping[str, str]  # node -> LaTeX
Telling = Callable[[Worked], Expression]
FIRST = 4  # cells written out in the short form
LETTERS = {"loss": "L", "probabilities": "p"}
BACK = "Backward pass: $%(formula)s$."
BACK_CELLWISE = r"Backward pass: $%(formula)s$; $\circ$ is the product cell by cell."
CELLWISE = r"\circ"
STEPPED = "The step: $%(formula)s$."


class LayersProblem(Problem):
    """A problem type on a small network of matrices: how its cells are called, and its parts told one by one."""

    def symbol(self, graph: Graph, node: str, index: Index) -> str:
        return symbol(graph, node, index)

    def lines(self, graph: Graph) -> Formulas:
        """What each part that is told is, as LaTeX: an equation. By default every named node."""
        return forward(graph, partial(symbol, graph, index=()))

    def slopes(self, graph: Graph) -> Formulas:
        """What the gradient with respect to each part that is told is, as LaTeX."""
        return backward(graph, partial(symbol, graph, index=()))

    def formula(self, params: Any) -> tuple[str, ...]:
        return tuple(self.lines(self.graph(params)).values())

    def steps(self, worked: Worked) -> Iterator[Step]:
        return steps(worked, self.lines(worked.graph), self.slopes(worked.graph))


def met(column: Sequence[Any], x: Sequence[Any]) -> Any:
    """What a column of weights, with its bias behind them, makes of a row."""
    return sum(w * a for w, a in zip(column, (*x, 1), strict=True))


def linear(b: Builder, x: Ref, place: str, width: int, name: str, *, bias: bool) -> Ref:
    """A layer of so many numbers on a row, or on each row of a matrix, with inputs w and b of its place."""
    w = b.input(f"w{place}", (x.shape[-1], width))
    if not bias:
        return b.matmul(x, w, name)
    return b.op("add", b.matmul(x, w), b.input(f"b{place}", (width,)), name=name)


def boxes(graph: Graph, kind: Any, group: str, names: Iterable[str], *, gradient: bool = False) -> tuple[Ask, ...]:
    """A box for each of some nodes."""
    return tuple(box(graph, name, kind, group, gradient=gradient) for name in names)


def box(
    graph: Graph, name: str, kind: Any, group: str, *, gradient: bool = False, points: Fraction = HALF
) -> Ask:
    """One box for all of a node, or for the gradient of L with respect to it; an array of one cell is a number.

    `kind` is integer or number.
    """
    dims, sign = graph[name].shape, symbol(graph, name, ())
    key, sign = (f"d{name}", d(sign)) if gradient else (name, sign)
    if prod(dims) == 1:
        return Ask(key, name, sign, kind, gradient, (0,) * len(dims) or None, (), points, group, kind)
    return Ask(key, name, sign, "array", gradient, None, dims, points, group, kind)


def symbol(graph: Graph, node: str, index: Index) -> str:
    """As everywhere, but L for a loss and p for probabilities; the cell of an array of one cell has no index."""
    own = cell_symbol(graph, node, () if graph[node].shape == (1,) else index)
    return LETTERS.get(node, own) if not index else own.replace(r"\mathrm{probabilities}", "p")


def steps(
    worked: Worked, forward: Formulas, back: Formulas, behind: Formulas | None = None,
    instead: Mapping[str, Telling] | None = None,
) -> Iterator[Step]:
    """`forward` says what each named part is, `back` what the gradient of L with respect to it is, `behind` what follows.

    `instead` writes the one cell of some parts over other numbers than the op does.
    """
    graph, needed = worked.graph, _on_the_way(worked)
    explained = any(CELLWISE in formula for formula in forward.values())  # then the task has said what it is
    yield _given(worked)
    for node in graph.nodes:
        if node.name in forward:
            term = (instead or {}).get(node.name)
            yield from _cells(worked, "node", OF_NODE, {"symbol": forward[node.name]}, node.name, _values(worked, node, term))
    for node in reversed(graph.differentiable):
        if node.name in back and node.name in needed and node.name != graph.output:  # what is given there is given
            lines = [_slope(worked, node.name, index, {*back, graph.output}) for index in indices(node.shape)]
            said = {"formula": f"{d(worked.symbol(node.name))}={back[node.name]}"}
            new = not explained and CELLWISE in back[node.name]
            explained |= new
            yield from _cells(worked, "gradient", BACK_CELLWISE if new else BACK, said, node.name, lines, gradient=True)
    for node in graph.nodes:
        if behind and node.name in behind:
            yield from _cells(worked, "step", STEPPED, {"formula": behind[node.name]}, node.name, _values(worked, node, None))


def _given(worked: Worked) -> Step:
    """True classes stand in the formula of the loss: numbers there count from 1."""
    step = given(worked)
    discrete = {node.name for node in worked.graph.inputs if node["discrete"]}
    shown = tuple(grid for grid in step.grids if grid.what is None or grid.what[0] not in discrete)
    return replace(step, grids=shown, lines=() if discrete else step.lines)


def _values(worked: Worked, node: Node, term: Telling | None) -> list[Line]:
    if term is None:
        return [worked.line(node.name, index) for index in indices(node.shape)]
    return [worked.equation(worked.symbol(node.name), term(worked), worked.value(node.name), what=(node.name, False, ()))]


def _slope(worked: Worked, name: str, index: Index, over: Collection[str]) -> Line:
    term, value = worked.slope(name, index, over), worked.value(name, index, True)
    return worked.equation(worked.symbol(name, index, True), term, value, what=(name, True, index))


def _on_the_way(worked: Worked) -> set[str]:
    """The named nodes whose gradients are asked or needed for one that is."""
    wanted = {worked.both.gradients[name] for name, gradient in worked.wanted if gradient}
    held = wanted | {worked.place(name).name for name, gradient in worked.wanted if name in worked.graph.behind}
    for node in reversed(worked.both.graph.nodes):
        if node.name in held:
            held.update(node.inputs)
    asked = {name for name, gradient in worked.wanted if gradient}
    named = (node for node in worked.graph.differentiable if not node.name.startswith(UNNAMED))
    return asked | {node.name for node in named if node.inputs and worked.both.gradients[node.name] in held}


def _cells(
    worked: Worked, key: str, says: str, values: Mapping[str, str], name: str, lines: list[Line], *, gradient: bool = False
) -> Iterator[Step]:
    """Equations of the first cells, then those of all others in the long form alone; of several cells all of them together."""
    shown = grids(worked, name, gradient) if len(lines) > 1 else ()
    yield Step(key, says, values, lines=tuple(lines[:FIRST]), grids=shown)
    if len(lines) > FIRST:
        yield Step(f"{key}_cells", OTHERS, lines=tuple(lines[FIRST:]), brief=False)
