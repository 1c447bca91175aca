"""The hull of `honesty` by a tape: what every cell of every route is worked out from, written down once per structure.

Routes share most of their way, and so do cells; on the tape each interval stands once. A run goes along the tape and does
nothing but the arithmetic of `honesty`. Results are the same to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache, partial
from itertools import product
from math import ceil, floor, prod
from typing import Any

from examgen.graph import Backward, Graph, Node, routes
from examgen.honesty import RULES, SCALE, SLOPES, Flat, Hull, Interval, hull, needed, power, widened
from examgen.model import Exact, Index, Leaf, Term, cells, shape
from examgen.ops import OPS
from examgen.ops._cells import At, Operand, window

KEPT = 512  # structures whose tapes are kept


class Unwritten(Exception):
    """Something decides on the way, in a manner of its own, what is worked out: no tape can hold that."""


def reach(
    graph: Graph, data: Mapping[str, Exact], upstream: Exact, working: int, gradients: Collection[str] | None = None
) -> Hull:
    """As `honesty.hull`. Raises: Unbounded."""
    tape = tape_of(graph, None if gradients is None else frozenset(gradients))
    return hull(graph, data, upstream, working, gradients) if tape is None else tape.run(data, upstream, working)


@lru_cache(maxsize=KEPT)
def tape_of(graph: Graph, gradients: frozenset[str] | None) -> Tape | None:
    """The tape of a graph's routes; none where it cannot be written down."""
    writer = _Writer(graph)
    try:
        found = [writer.walk(route, nodes) for route, nodes in zip(routes(graph), needed(graph, gradients), strict=True)]
    except Unwritten:
        return None
    values = {node.name: _together([each.values[node.name] for each in found]) for node in graph.nodes}
    names = [name for name in found[0].gradients if all(name in each.gradients for each in found)]
    reached = {name: _together([each.gradients[name] for each in found]) for name in names}
    return Tape(tuple(writer.leaves), tuple(writer.steps), values, reached, tuple(writer.watched))


def _together(ways: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """For each cell the different places where its intervals stand."""
    return [tuple(dict.fromkeys(places)) for places in zip(*ways, strict=True)]


@dataclass(frozen=True)
class Tape:
    """Leaves, then one step per interval: a rule and the places of its operands; no rule means widened by rounding.

    A leaf is an input, or "" for the gradient at the output, with how many cells it has. `watched` are the places of slopes,
    and of the cells of pooling windows, that rounding may lead to the other side, with their nodes.
    """

    leaves: tuple[tuple[str, int], ...]
    steps: tuple[tuple[Callable[..., Any] | None, tuple[int, ...]], ...]
    values: Mapping[str, Sequence[tuple[int, ...]]]
    gradients: Mapping[str, Sequence[tuple[int, ...]]]
    watched: tuple[tuple[str, bool, tuple[int, ...]], ...]

    def run(self, data: Mapping[str, Exact], upstream: Exact, working: int) -> Hull:
        """Raises: Unbounded."""
        found: list[Any] = []
        for name, count in self.leaves:
            found += _leaf(data[name] if name else upstream, count)
        unit = SCALE // 10**working
        for rule, places in self.steps:
            if rule is None:
                interval = found[places[0]]
                exact = not (interval[0] % unit or interval[1] % unit)  # nothing can be rounded
                found.append(interval if exact else widened(interval, working))
            else:
                found.append(rule(*[found[place] for place in places]))
        straddling = (name for name, slope, places in self.watched if (_open if slope else _tight)([found[p] for p in places]))
        return Hull(_joined(self.values, found), _joined(self.gradients, found), tuple(dict.fromkeys(straddling)))


def _leaf(value: Exact, count: int) -> list[Interval]:
    flat = list(cells(value)) if shape(value) else [value] * count
    return [
        (cell * SCALE, cell * SCALE) if isinstance(cell, int) else (floor(cell * SCALE), ceil(cell * SCALE)) for cell in flat
    ]


def _joined(names: Mapping[str, Sequence[tuple[int, ...]]], found: Sequence[Interval]) -> dict[str, Flat]:
    return {name: [_join([found[place] for place in ways]) for ways in flat] for name, flat in names.items()}


def _join(ways: Sequence[Interval]) -> Interval:
    return ways[0] if len(ways) == 1 else (min(low for low, _ in ways), max(high for _, high in ways))


def _open(slope: Sequence[Interval]) -> bool:
    """Whether a slope is not the same wherever its operands lie."""
    return slope[0][1] - slope[0][0] > 1


def _tight(inside: Sequence[Interval]) -> bool:
    """Whether another cell than the winner of a pooling window can win."""
    first = _winner(*inside)
    best = inside[first]
    rivals = [each for place, each in enumerate(inside) if place != first and each[1] >= best[0]]
    return bool(rivals) and not all(low == high == best[0] == best[1] for low, high in rivals)


def _winner(*inside: Interval) -> int:
    """Which cell of a pooling window is the first largest, by what is in the middle."""
    middle = [low + high for low, high in inside]
    return middle.index(max(middle))


def _chosen(label: Interval, *ways: Interval) -> Interval:
    return ways[label[0] // SCALE]


def _won(positions: Sequence[int], *operands: Any) -> Interval:
    """The sum of gradients of the windows that a cell wins: operands are winners, then gradients."""
    half = len(positions)
    won = [g for where, who, g in zip(positions, operands[:half], operands[half:], strict=True) if where == who]
    return won[0] if len(won) == 1 else (sum(low for low, _ in won), sum(high for _, high in won))


@dataclass(frozen=True)
class _Choice:
    """One of several parts, by the number that stands in a cell of an operand."""

    label: At
    ways: tuple[Any, ...]


class _Labels(Operand):
    """An operand of labels that are all the same, which tells which of them is looked at."""

    def __init__(self, dims: tuple[int, ...], value: int, looked: list[Index]) -> None:
        super().__init__(dims, (value,) * prod(dims))
        object.__setattr__(self, "looked", looked)

    def __getitem__(self, index: Index) -> Any:
        self.looked.append(index)  # type: ignore[attr-defined]  # set on a frozen object
        return super().__getitem__(index)


@dataclass(frozen=True)
class _Unseen(Operand):
    """An operand whose numbers must not decide what is worked out."""

    def __getitem__(self, index: Index) -> Any:
        raise Unwritten


@dataclass(frozen=True)
class _Places:
    """Where the cells of each node stand on a tape, of its value and of the gradient at it."""

    values: Mapping[str, Sequence[int]]
    gradients: Mapping[str, Sequence[int]]


@dataclass
class _Writer:
    """Writes tapes: every different interval gets one place."""

    graph: Graph
    leaves: list[tuple[str, int]] = field(default_factory=list)
    steps: list[tuple[Callable[..., Any] | None, tuple[int, ...]]] = field(default_factory=list)
    watched: list[tuple[str, bool, tuple[int, ...]]] = field(default_factory=list)
    known: dict[Any, int] = field(default_factory=dict)
    count: int = 0

    def __post_init__(self) -> None:
        sizes = {node.name: prod(node.shape) for node in self.graph.inputs}
        for name, size in (*sizes.items(), ("", prod(self.graph[self.graph.output].shape))):
            self.leaves.append((name, size))
            for cell in range(size):
                self.known[name, cell] = self.count
                self.count += 1

    def walk(self, both: Backward, nodes: Sequence[Node]) -> _Places:
        """Where all cells of a route stand."""
        found: dict[str, Any] = {}
        for node in nodes:
            if node.op == "input":
                name = "" if node.name == both.upstream else node.name
                found[node.name] = [self.known[name, cell] for cell in range(prod(node.shape))]
            elif node.op == "const":
                found[node.name] = [self._constant(cell) for cell in _flat_value(node)]
            else:
                found[node.name] = [self._place(None, place) for place in self._cells(both.graph, node, found)]
                self._watch_windows(both.graph, node, found)
        gradients = {name: found[held] for name, held in both.gradients.items() if held in found}
        return _Places({name: found[held] for name, held in both.values.items()}, gradients)

    def _cells(self, graph: Graph, node: Node, found: Mapping[str, Sequence[int]]) -> list[int]:
        if node.op == "maxpool_dx":
            return list(self._winners(graph, node, found))
        sources = [(found[name], graph[name].shape) for name in node.inputs]
        return [self._written(node.name, part, sources) for part in _parts(graph, node)]

    def _winners(self, graph: Graph, node: Node, found: Mapping[str, Sequence[int]]) -> Iterator[int]:
        """Of the gradient through max pooling: each cell gets what comes to the windows that it wins."""
        g, image = node.inputs
        dims = graph[image].shape
        taken: dict[Index, list[tuple[int, int, int]]] = {}
        for cell, at in zip(found[g], product(*map(range, graph[g].shape)), strict=True):
            inside = window(node, at, dims)
            who = self._place(_winner, *(found[image][_flat(index, dims)] for index in inside))
            for position, index in enumerate(inside):
                taken.setdefault(index, []).append((position, who, cell))
        for at in product(*map(range, node.shape)):
            positions, winners, upstreams = zip(*taken[at], strict=True) if at in taken else ((), (), ())
            yield self._place(partial(_won, positions), *winners, *upstreams, key=("won", positions))

    def _watch_windows(self, graph: Graph, node: Node, found: Mapping[str, Sequence[int]]) -> None:
        if node.op in ("maxpool", "maxpool_dx"):
            source = node.inputs[-1]
            dims = graph[source].shape
            pooled = node.shape if node.op == "maxpool" else graph[node.inputs[0]].shape
            for at in product(*map(range, pooled)):
                inside = tuple(found[source][_flat(index, dims)] for index in window(node, at, dims))
                self.watched.append((node.name, False, inside))

    def _written(self, name: str, part: Any, sources: Sequence[tuple[Sequence[int], tuple[int, ...]]]) -> int:
        if isinstance(part, At):
            places, dims = sources[part.place]
            return places[_flat(part.index, dims)]
        if isinstance(part, Leaf):
            return self._constant(part.value)
        if isinstance(part, _Choice):
            if any(isinstance(way, (Term, _Choice)) for way in part.ways):
                raise Unwritten  # it would be worked out without need
            return self._place(_chosen, *(self._written(name, each, sources) for each in (part.label, *part.ways)))
        if part.do == "**":
            exponent = Fraction(part.args[1].value)
            base = self._written(name, part.args[0], sources)
            return self._place(partial(power, exponent=exponent), base, key=("**", exponent))
        place = self._place(RULES[part.do], *(self._written(name, arg, sources) for arg in part.args))
        if part.do in SLOPES:
            self.watched.append((name, True, (place,)))
        return place

    def _constant(self, value: Exact) -> int:
        exact = Fraction(value) * SCALE
        interval = floor(exact), ceil(exact)
        return self._place(lambda: interval, key=("constant", interval))

    def _place(self, rule: Callable[..., Any] | None, *operands: int, key: Any = None) -> int:
        """Where what a rule makes of operands stands."""
        what = (rule if key is None else key, operands)
        if what not in self.known:
            self.known[what] = self.count
            self.steps.append((rule, operands))
            self.count += 1
        return self.known[what]


def _flat_value(node: Node) -> list[Any]:
    value = node["value"]
    return list(cells(value)) if shape(value) else [value] * prod(node.shape)


def _flat(index: Index, dims: Sequence[int]) -> int:
    flat = 0
    for i, length in zip(index, dims, strict=True):
        flat = flat * length + i
    return flat


CLASSES: Mapping[str, Callable[[Node, Sequence[tuple[int, ...]]], int]] = {  # of ops that look at labels, their last operand
    **dict.fromkeys(("pick", "others", "cross_entropy"), lambda node, dims: dims[0][-1]),
    **dict.fromkeys(("one_hot", "put_others"), lambda node, dims: node.shape[-1]),
}


def _parts(graph: Graph, node: Node) -> Iterator[Any]:
    """What each cell is worked out from, with choices where a label decides. Raises: Unwritten."""
    rule = OPS[node.op].cell
    assert rule is not None, node.op
    dims = [graph[name].shape for name in node.inputs]
    if node.op not in CLASSES:
        operands = [_Unseen(shape, ()) for shape in dims]
        yield from (rule(node, at, *operands) for at in product(*map(range, node.shape)))
        return
    place, classes = len(dims) - 1, CLASSES[node.op](node, dims)
    for at in product(*map(range, node.shape)):
        looked: list[Index] = []
        ways = [
            rule(node, at, *(_Labels(x, c, looked) if i == place else _Unseen(x, ()) for i, x in enumerate(dims)))
            for c in range(classes)
        ]
        yield _merged(ways, At(place, looked[0])) if len(set(looked)) == 1 else ways[0]


def _merged(ways: Sequence[Any], label: At) -> Any:
    """One part of all that there is label by label, which chooses as deep inside as it can."""
    first = ways[0]
    if all(way == first for way in ways):
        return first
    if all(isinstance(way, Term) and way.do == first.do and len(way.args) == len(first.args) for way in ways):
        return Term(first.do, tuple(_merged(args, label) for args in zip(*(way.args for way in ways), strict=True)))
    return _Choice(label, tuple(ways))
