"""Seconds of a person's arithmetic, counted on the graph cell by cell, and what else makes one variant harder than another.

Counted is what the boxes need: the forward pass with every op written out as on paper, and where gradients are asked the
textbook's way back. Numbers are float64, snapped to a grid far finer than any paper, so that every machine counts alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, product
from math import floor, isfinite, prod
from typing import Any

from examgen.engines import _numpy
from examgen.graph import Backward, Graph, Node, split, worked
from examgen.mistaken import solvers
from examgen.model import Ask, Instance, Leaf, cells, nest, pick
from examgen.ops import OPS
from examgen.ops._cells import At, Operand
from examgen.registry import asks_of, graph_of, unrounded

SECONDS: Mapping[str, float] = {
    "read": 75,  # the task, once
    "copy": 3,  # a number into a box, or from one line to the next
    "small sum": 3,  # of two whole numbers below 10 that are not negative
    "sum": 6,  # of two other whole numbers
    "decimal sum": 7,  # or difference, of numbers with decimals
    "small product": 4,  # of two numbers of one digit each
    "calculator": 15,  # any other product, quotient or power
    "function": 12,  # exp, ln and the like
    "circuit": 9,  # a gate, or a wire back: its two operands, or the gradient above and the slope, and the result copied
}
ARRAY = 4  # cells from which on an array on the way must be a variant's own
GRID = 9  # decimals of the grid
CHOOSING = frozenset(("pick", "others", "put_others", "one_hot", "maxpool_dx"))  # labels or winners say which cells
FUNCTIONS = frozenset(("exp", "log", "sqrt", "sin", "cos", "tanh"))
LEFT = FUNCTIONS | {"/"}  # as they are, where no calculator is allowed and nothing is rounded


@dataclass(frozen=True)
class Profile:
    """What makes an instance as hard as another, beside its boxes.

    `active` and `clipped` count the cells above and below 0 that a ReLU or a hinge meets; `zeros` and `negatives` the
    given numbers. `clean` says whether all means end within the decimals of an answer; None where none is taken. `mistakes`
    are those that can be made.
    """

    seconds: float
    active: int
    clipped: int
    zeros: int
    negatives: int
    clean: bool | None
    mistakes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Work:
    """What the boxes of one structure need: nodes in order of evaluation, and in which cells every box finds its numbers.

    `means`, `hinges` (what a ReLU meets), `labels` and `arrays` (of four cells or more on the way) name nodes; `drawn` are
    the gates of a circuit of scalars, and what comes back along its wires. With `written` functions and fractions are left
    as they are.
    """

    graph: Graph
    both: Backward
    needed: tuple[Node, ...]
    asks: Sequence[Ask]
    boxes: tuple[tuple[tuple[str, int], ...], ...]
    drawn: frozenset[str]
    means: tuple[str, ...]
    hinges: tuple[str, ...]
    labels: frozenset[str]
    arrays: tuple[str, ...]
    written: bool


Numbers = Mapping[str, Sequence[float]]  # node -> flat cells, on the grid


def profile(instance: Instance, decimals: int = 2) -> Profile:
    """Effort and traits of an instance. Raises: ArithmeticError where a number is infinite or none at all."""
    work = work_of(instance)
    return profile_of(work, numbers_of(work, instance.data), instance, decimals)


def profile_of(work: Work, numbers: Numbers, instance: Instance, decimals: int) -> Profile:
    """The same of numbers that are worked out already."""
    given = [cell for name, value in instance.data.items() if name not in work.labels for cell in cells(value)]
    hinged = [cell for name in work.hinges for cell in numbers[name]]
    means = [ends(cell, decimals) for name in work.means for cell in numbers[name]]
    return Profile(
        seconds_of(work, numbers), sum(cell > 0 for cell in hinged), sum(cell < 0 for cell in hinged),
        given.count(0), sum(cell < 0 for cell in given), all(means) if means else None,
        frozenset(solver.mistake.key for solver in solvers(instance)),
    )


def ends(number: float, decimals: int) -> bool:
    """Whether a number can be written out with so many decimals."""
    unit: int = 10 ** (GRID - decimals)
    return bool(round(number * 10**GRID) % unit == 0)


def work_of(instance: Instance) -> Work:
    """What an instance's boxes need, found once for all instances of one structure."""
    name, params = instance.problem, instance.params
    return work_for(graph_of(name, params), asks_of(instance), unrounded(name, params))


@lru_cache(maxsize=512)
def work_for(graph: Graph, asks: Sequence[Ask], written: bool = False) -> Work:
    """What the boxes of a graph need; `written` as in `Work`."""
    both = worked(graph)
    found = [(ask, both.holder(ask.node, gradient=ask.gradient)) for ask in asks]
    wanted = {name for _, name in found}
    for node in reversed(both.graph.nodes):
        if node.name in wanted:
            wanted.update(node.inputs)
    needed = tuple(node for node in both.graph.nodes if node.name in wanted)
    boxes = tuple(tuple((name, cell) for cell in _box(ask, graph[ask.node].shape)) for ask, name in found)
    means = tuple(node.name for node in needed if node.op in ("mean", "avgpool"))
    hinges = tuple(node.inputs[0] for node in needed if node.op == "relu")
    gates = {node.name for node in graph.nodes if node.op not in ("input", "const")}
    drawn = gates | {*both.parts.values()} if all(node.shape == () for node in graph.nodes) else set()
    labels = frozenset(node.name for node in graph.inputs if node["discrete"])
    arrays = tuple(node.name for node in needed if node.name in graph and node.op != "input" and prod(node.shape) >= ARRAY)
    return Work(graph, both, needed, asks, boxes, frozenset(drawn & wanted), means, hinges, labels, arrays, written)


def _box(ask: Ask, dims: tuple[int, ...]) -> tuple[int, ...]:
    """The flat cells of a node that a box asks for."""
    places = nest(range(prod(dims)), dims)
    return tuple(cells(pick(places, ask.index)))


def numbers_of(work: Work, given: Mapping[str, Any]) -> Numbers:
    """All that is worked out, on the grid. Raises: ArithmeticError where a number is infinite or none at all."""
    data, upstream = split(work.graph, given)
    names = [node.name for node in work.needed]
    arrays = _numpy.run(work.both.graph, {**data, work.both.upstream: upstream}, "float", names)
    numbers = {name: [round(float(cell), GRID) for cell in array.ravel().tolist()] for name, array in arrays.items()}
    if not all(isfinite(cell) for flat in numbers.values() for cell in flat):
        raise ArithmeticError("a node has no value")
    return numbers


def seconds_of(work: Work, numbers: Numbers) -> float:
    """The task read, every box filled in, and every cell worked out that one of them needs."""
    total = SECONDS["read"]
    wanted: dict[str, set[int]] = {}
    for name, cell in chain.from_iterable(work.boxes):
        total += SECONDS["copy"]
        wanted.setdefault(name, set()).add(cell)
    for node in reversed(work.needed):
        asked = wanted.get(node.name)
        if asked is None or node.op in ("input", "const"):
            continue
        sources = [numbers[name] for name in node.inputs]
        parts = _parts(work.both.graph, node, sources)
        for cell in asked:
            total += _value(parts[cell], sources, work.written)[1]
            for place, needed in _operands(parts[cell]):
                wanted.setdefault(node.inputs[place], set()).add(needed)
        if node.name in work.drawn and numbers[node.name][0]:
            total += SECONDS["circuit"]
    return total


def _operands(part: Any) -> Iterator[tuple[int, int]]:
    """(place, flat cell) of every operand of a written-out cell."""
    if isinstance(part, tuple):
        if isinstance(part[0], int):
            yield part
        else:
            for arg in part[1]:
                yield from _operands(arg)


def _parts(graph: Graph, node: Node, sources: Sequence[Sequence[float]]) -> Sequence[Any]:
    """Every cell written out, with operands as (place, flat cell)."""
    return _written(graph, node, sources) if node.op in CHOOSING else _static(graph, node)


@lru_cache(maxsize=8192)
def _static(graph: Graph, node: Node) -> tuple[Any, ...]:
    """Of an op whose cells are written the same whatever the numbers."""
    return _written(graph, node, [() for _ in node.inputs])


def _written(graph: Graph, node: Node, sources: Sequence[Sequence[float]]) -> tuple[Any, ...]:
    dims = [graph[name].shape for name in node.inputs]
    operands = [Operand(shape, flat) for shape, flat in zip(dims, sources, strict=True)]
    rule = OPS[node.op].cell
    assert rule is not None, node.op
    return tuple(_placed(rule(node, at, *operands), dims) for at in product(*map(range, node.shape)))


def _placed(part: Any, dims: Sequence[tuple[int, ...]]) -> Any:
    """Cells of operands as (place, flat cell), numbers as they are."""
    if isinstance(part, At):
        flat = 0
        for i, length in zip(part.index, dims[part.place], strict=True):
            flat = flat * length + i
        return part.place, flat
    if isinstance(part, Leaf):
        return float(part.value)
    return part.do, tuple(_placed(arg, dims) for arg in part.args)


def _value(part: Any, sources: Sequence[Sequence[float]], written: bool) -> tuple[float, float]:
    """Value and seconds of a cell written out over given operands."""
    if isinstance(part, float):
        return part, 0
    first, rest = part
    if isinstance(first, int):
        return sources[first][rest], 0
    found = [_value(arg, sources, written) for arg in rest]
    value, cost = COUNTED[first]([value for value, _ in found])
    if written and first in LEFT:
        cost = SECONDS["copy"]
    return value, cost + sum(cost for _, cost in found)


def _whole(*numbers: float) -> bool:
    return all(number % 1 == 0 for number in numbers)


def _digit(number: float) -> bool:
    """Whether one digit says the number, such as 3 or 0.3."""
    return abs(number) < 10 and (number % 1 == 0 or round(number * 10, GRID) in range(-9, 10))


def _sum(numbers: Sequence[float]) -> tuple[float, float]:
    """Added one after another; what is 0 is left out."""
    total, cost = 0.0, 0.0
    for number in filter(None, numbers):
        cost += _added(total, number) if total else 0
        total = round(total + number, GRID)
    return total, cost


def _added(x: float, y: float) -> float:
    if not _whole(x, y):
        return SECONDS["decimal sum"]
    return SECONDS["small sum" if 0 <= x < 10 and 0 <= y < 10 else "sum"]


def _difference(numbers: Sequence[float]) -> tuple[float, float]:
    x, y = numbers
    return round(x - y, GRID), _added(x, -y) if x and y else 0


def _multiplied(x: float, y: float) -> float:
    if not x or not y:
        return 0
    if abs(x) == 1 or abs(y) == 1:
        return SECONDS["copy"]
    return SECONDS["small product" if _digit(x) and _digit(y) else "calculator"]


def _product(numbers: Sequence[float]) -> tuple[float, float]:
    total, cost = numbers[0], 0.0
    for number in numbers[1:]:
        cost += _multiplied(total, number)
        total = round(total * number, GRID)
    return total, cost


def _quotient(numbers: Sequence[float]) -> tuple[float, float]:
    x, y = numbers
    found = round(x / y, GRID) if y else 0.0  # smaller than the grid
    easy = _whole(x, y, found) and _digit(y) and _digit(found)
    return found, 0 if x == 0 or y in (-1, 1) else SECONDS["small product" if easy else "calculator"]


def _power(numbers: Sequence[float]) -> tuple[float, float]:
    x, exponent = numbers
    found = round(x**exponent, GRID)
    return found, _multiplied(x, x) if exponent in (-1, 2) else 0 if exponent in (0, 1) else SECONDS["calculator"]


def _chosen(choose: Callable[[Sequence[float]], float]) -> Callable[[Sequence[float]], tuple[float, float]]:
    """The largest or the smallest, written down once more."""
    return lambda numbers: (choose(numbers), SECONDS["copy"])


def _through(numbers: Sequence[float]) -> tuple[float, float]:
    """A function on a calculator. Its value is seldom an operand of the same line: an own node holds it, exactly."""
    return numbers[0], SECONDS["function"]


def _slope(numbers: Sequence[float]) -> tuple[float, float]:
    """1 or 0, seen at a glance: its value is held by an own node too."""
    return numbers[0], 0


COUNTED: Mapping[str, Callable[[Sequence[float]], tuple[float, float]]] = {
    "+": _sum,
    "-": _difference,
    "*": _product,
    "/": _quotient,
    "**": _power,
    "neg": lambda numbers: (-numbers[0], 0),
    "abs": lambda numbers: (abs(numbers[0]), 0),
    "floor": _chosen(lambda numbers: floor(numbers[0])),
    "max": _chosen(max),
    "min": _chosen(min),
    "sigmoid": _through,
    **dict.fromkeys(FUNCTIONS, _through),
    "step": lambda numbers: (float(numbers[0] > 0), 0),
    **dict.fromkeys(("sign", "share", "largest", "smallest"), _slope),
}
