"""The rounding contract: between which numbers an honest solver's result must lie, node by node.

A solver may round half-up or half-even, or truncate, to `working` decimals or more, or keep everything, after any node, and
take any route that the ops list. Intervals are pairs of whole numbers of 10^-30, rounded outward, so that nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import ceil, floor
from typing import Any

import mpmath

from examgen.graph import Backward, Graph, Node, routes
from examgen.model import Exact, Index, Leaf, cells, shape
from examgen.ops import OPS
from examgen.ops._cells import At, Operand, window

SCALE = 10**30
LARGEST_POWER = 10**5  # of 2: nobody can tell what the exponential of a number such as 10^30 is
REMEMBERED = 1 << 14  # values of a function, which routes and variants ask for again and again
FINEST = 8  # decimals beyond `working` to which somebody may round; finer rounding moves nothing that counts

Interval = tuple[int, int]
Flat = list[Interval]

mp = mpmath.MPContext()
mp.dps = 60


class Unbounded(ArithmeticError):
    """A quotient by what may be 0, a logarithm of what may not be above it, or more digits than can be worked with: an honest
    result can be anything."""


@dataclass(frozen=True)
class Hull:
    """What honest solvers can reach: node -> intervals of its cells, of the value and of the gradient, over all routes.

    `straddling` names the nodes where rounding alone can lead to the other side of a kink.
    """

    values: Mapping[str, Flat]
    gradients: Mapping[str, Flat]
    straddling: tuple[str, ...]


def hull(
    graph: Graph, data: Mapping[str, Exact], upstream: Exact, working: int, gradients: Collection[str] | None = None
) -> Hull:
    """The hull over all routes of a graph, with the gradients at the nodes named, or at all. Raises: Unbounded."""
    asked = None if gradients is None else frozenset(gradients)
    found = [
        _walked(route, nodes, data, upstream, working)
        for route, nodes in zip(routes(graph), needed(graph, asked), strict=True)
    ]
    values = {node.name: _joined([each.values[node.name] for each in found]) for node in graph.nodes}
    names = [name for name in found[0].gradients if all(name in each.gradients for each in found)]
    reached = {name: _joined([each.gradients[name] for each in found]) for name in names}
    return Hull(values, reached, tuple(dict.fromkeys(name for each in found for name in each.straddling)))


@lru_cache(maxsize=512)
def needed(graph: Graph, gradients: frozenset[str] | None) -> tuple[tuple[Node, ...], ...]:
    """Per route all nodes forward, all slopes, which tell on which side of a kink somebody stands, and the way back that
    the gradients need."""
    found = []
    for route in routes(graph):
        names = route.gradients if gradients is None else gradients & route.gradients.keys()
        wanted = {route.gradients[name] for name in names} | {route.upstream}
        wanted |= {*route.values.values()} | {node.name for node in route.graph.nodes if node.op in ("step", "sign", "share")}
        for node in reversed(route.graph.nodes):
            if node.name in wanted or node.op in ("extreme_share", "maxpool"):
                wanted.update((node.name, *node.inputs))
        found.append(tuple(node for node in route.graph.nodes if node.name in wanted))
    return tuple(found)


def _joined(parts: Sequence[Flat]) -> Flat:
    return [(min(low for low, _ in each), max(high for _, high in each)) for each in zip(*parts, strict=True)]


def _walked(both: Backward, nodes: Sequence[Node], data: Mapping[str, Exact], upstream: Exact, working: int) -> Hull:
    """One route: every node of the forward and the backward pass, widened by what rounding can do to it."""
    walk = walked(both, nodes, data, upstream, working)
    gradients = {name: walk.found[held] for name, held in both.gradients.items() if held in walk.found}
    values = {name: walk.found[held] for name, held in both.values.items()}
    return Hull(values, gradients, tuple(dict.fromkeys(walk.straddling)))


def walked(
    both: Backward, nodes: Sequence[Node], data: Mapping[str, Exact], upstream: Exact, working: int | None
) -> Walk:
    """One route walked through, node by node. Raises: Unbounded."""
    walk = Walk(both.graph, working)
    for node in nodes:
        walk.add(node, upstream if node.name == both.upstream else data.get(node.name))
    return walk


@dataclass(frozen=True)
class _Operand(Operand):
    """An operand that tells when a number of it is looked at."""

    name: str
    looked: list[str]

    def __getitem__(self, index: Index) -> Any:
        self.looked.append(self.name)
        return super().__getitem__(index)


class Walk:
    """Intervals of all cells, node after node; `working` None: nobody rounds on the way."""

    def __init__(self, graph: Graph, working: int | None) -> None:
        self.graph, self.working = graph, working
        self.found: dict[str, Flat] = {}
        self.middle: dict[str, list[Any]] = {}  # a number within each interval: decides which cells take part
        self.straddling: list[str] = []
        self.parts: dict[str, list[Any]] = {}  # of nodes whose cells are worked out alike whatever the numbers are

    def branch(self) -> Walk:
        """Another walk that has come as far as this one."""
        other = Walk(self.graph, self.working)
        other.found, other.middle, other.parts = dict(self.found), dict(self.middle), self.parts
        return other

    def carry(self, name: str, carried: Mapping[int, Interval]) -> None:
        """Goes on from these intervals in some cells of a node, whatever leads there."""
        self.found[name] = [carried.get(cell, interval) for cell, interval in enumerate(self.found[name])]
        self.middle[name] = [low + high for low, high in self.found[name]]

    def add(self, node: Node, given: Exact | None) -> None:
        if node.op in ("input", "const"):
            self._leaf(node, node["value"] if node.op == "const" else given)
            return
        intervals = [self._rounded(self._interval(part, node)) for part in self._parts(node)]
        if node.op in ("maxpool", "maxpool_dx"):
            self._watch_windows(node)
        self.found[node.name] = intervals
        self.middle[node.name] = [low + high for low, high in intervals]

    def _parts(self, node: Node) -> list[Any]:
        """What each cell is worked out from; derived once where no number decides it that can be another one next time."""
        if node.name in self.parts:
            return self.parts[node.name]
        rule, looked = OPS[node.op].cell, list[str]()
        assert rule is not None, node.op
        operands = [_Operand(self.graph[name].shape, self.middle[name], name, looked) for name in node.inputs]
        parts = [rule(node, at, *operands) for at in product(*map(range, node.shape))]
        if all(self.graph[name].op == "input" for name in looked):  # labels
            self.parts[node.name] = parts
        return parts

    def _rounded(self, interval: Interval) -> Interval:
        return interval if self.working is None else widened(interval, self.working)

    def _leaf(self, node: Node, value: Exact) -> None:
        flat = list(cells(value)) if shape(value) else [value] * _count(node)
        exact = [Fraction(cell) for cell in flat]
        self.found[node.name] = [(floor(cell * SCALE), ceil(cell * SCALE)) for cell in exact]
        discrete = node.op == "input" and node["discrete"]
        self.middle[node.name] = [int(cell) for cell in exact] if discrete else [2 * cell * SCALE for cell in exact]

    def _interval(self, part: Any, node: Node) -> Interval:
        if isinstance(part, At):
            source = node.inputs[part.place]
            return self.found[source][_flat(part.index, self.graph[source].shape)]
        if isinstance(part, Leaf):
            exact = Fraction(part.value) * SCALE
            return floor(exact), ceil(exact)
        if part.do == "**":
            return power(self._interval(part.args[0], node), Fraction(part.args[1].value))
        operands = [self._interval(arg, node) for arg in part.args]
        if part.do in SLOPES and not decided(part.do, operands):
            self.straddling.append(node.name)
        return RULES[part.do](*operands)

    def _watch_windows(self, node: Node) -> None:
        """Whether the winner of every pooling window wins whatever is rounded."""
        source = node.inputs[-1]
        dims = self.graph[source].shape
        for at in product(*map(range, self._pooled(node))):
            inside = [self.found[source][_flat(index, dims)] for index in window(node, at, dims)]
            best = max(inside, key=sum)
            rivals = [each for each in inside if each[1] >= best[0] and each is not best]
            if rivals and not all(low == high == best[0] == best[1] for low, high in rivals):
                self.straddling.append(node.name)

    def _pooled(self, node: Node) -> tuple[int, ...]:
        return node.shape if node.op == "maxpool" else self.graph[node.inputs[0]].shape


def _count(node: Node) -> int:
    count = 1
    for length in node.shape:
        count *= length
    return count


def _flat(index: Index, dims: Sequence[int]) -> int:
    flat = 0
    for i, length in zip(index, dims, strict=True):
        flat = flat * length + i
    return flat


def widened(interval: Interval, working: int) -> Interval:
    """Between which numbers the results of an interval's numbers lie once they are rounded in any allowed way."""
    low, high = interval
    return _rounded_down(low, working), -_rounded_down(-high, working)


def _rounded_down(low: int, working: int) -> int:
    """The lowest that rounding makes of a number: cut off where it is positive, half-up where it is negative.

    Fewer decimals cut off more. Where half-up does not raise a size, one decimal more may; where it does, none raises it more.
    """
    unit: int = SCALE // 10**working
    if low >= 0:
        return low // unit * unit
    for _ in range(FINEST):
        size = (-low + unit // 2) // unit * unit
        if size >= -low:
            return -size
        unit //= 10
    return low


def _add(*parts: Interval) -> Interval:
    if len(parts) == 2:
        (a, b), (c, d) = parts
        return a + c, b + d
    return sum([low for low, _ in parts]), sum([high for _, high in parts])


def _sub(x: Interval, y: Interval) -> Interval:
    return x[0] - y[1], x[1] - y[0]


def _mul(*factors: Interval) -> Interval:
    low, high = factors[0]
    for c, d in factors[1:]:
        if low == high and c == d:
            least = largest = low * c
        else:
            ends = low * c, low * d, high * c, high * d
            least, largest = min(ends), max(ends)
        low, high = least // SCALE, -(-largest // SCALE)
    return low, high


def _div(x: Interval, y: Interval) -> Interval:
    if y[0] <= 0 <= y[1]:
        raise Unbounded("a quotient by what may be 0")
    ends = [(a * SCALE, b) for a in x for b in y]
    return min(a // b for a, b in ends), max(-(-a // b) for a, b in ends)


def power(x: Interval, exponent: Fraction) -> Interval:
    """Whole powers of an interval; of others the base has to be above 0."""
    if exponent.denominator == 1:
        n = int(exponent)
        if n < 0:
            return _div((SCALE, SCALE), power(x, -exponent))
        if n == 0:
            return SCALE, SCALE
        even = n % 2 == 0
        low, high = (0 if x[0] <= 0 <= x[1] else min(map(abs, x)), max(map(abs, x))) if even else x
        return _mul(*[(low, low)] * n)[0], _mul(*[(high, high)] * n)[1]
    if x[0] <= 0:
        raise Unbounded("a root of what may not be above 0")
    return _root(exponent)(x)


@lru_cache(maxsize=64)
def _root(exponent: Fraction) -> Callable[[Interval], Interval]:
    return _monotone(lambda v: mp.power(v, mp.mpf(exponent.numerator) / exponent.denominator))


def _monotone(function: Callable[[Any], Any]) -> Callable[[Interval], Interval]:
    @lru_cache(maxsize=REMEMBERED)
    def around(end: int) -> Interval:
        found = function(mp.mpf(end) / SCALE) * SCALE
        if mp.isinf(found) or mp.mag(found) > LARGEST_POWER:
            raise Unbounded("a number of too many digits")
        return int(mp.floor(found)) - 1, int(mp.ceil(found)) + 1

    def rule(x: Interval) -> Interval:
        first = around(x[0])
        if x[0] == x[1]:
            return first
        last = around(x[1])
        return min(first[0], last[0]), max(first[1], last[1])

    return rule


def _log(x: Interval) -> Interval:
    if x[0] <= 0:
        raise Unbounded("a logarithm of what may not be above 0")
    return _monotone(mp.log)(x)


def _wave(function: Callable[[Any], Any], shift: int) -> Callable[[Interval], Interval]:
    """sin or cos: the turning points inside the interval count too."""

    def rule(x: Interval) -> Interval:
        low, high = _monotone(function)(x)
        quarter = mp.pi / 2
        first, last = (mp.mpf(end) / SCALE / quarter for end in x)
        start = int(mp.ceil(first))
        inside = range(start, min(int(mp.floor(last)), start + 4) + 1)  # five of them hold both
        peaks = [k + shift for k in inside if (k + shift) % 2]
        return (-SCALE if any(k % 4 == 3 for k in peaks) else low), (SCALE if any(k % 4 == 1 for k in peaks) else high)

    return rule


def _abs(x: Interval) -> Interval:
    return (0 if x[0] <= 0 <= x[1] else min(map(abs, x))), max(map(abs, x))


def _step(x: Interval) -> Interval:
    return (SCALE if x[0] > 0 else 0), (SCALE if x[1] > 0 else 0)


def _sign(x: Interval) -> Interval:
    return tuple(SCALE * ((end > 0) - (end < 0)) for end in x)  # type: ignore[return-value]  # of two ends


def _share(x: Interval, y: Interval) -> Interval:
    if x[0] == x[1] == y[0] == y[1]:
        return SCALE // 2, SCALE // 2
    return (SCALE if x[0] > y[1] else 0), (SCALE if x[1] > y[0] else 0)


def _largest(own: Interval, *others: Interval) -> Interval:
    """The equal share of the largest: whole, in parts, or none."""
    equal = sum(other == own and own[0] == own[1] for other in others)
    if any(other[0] > own[1] for other in others):
        return 0, 0
    if all(other[1] < own[0] or (other == own and own[0] == own[1]) for other in others):
        return SCALE // (equal + 1), -(-SCALE // (equal + 1))
    return 0, SCALE


def _smallest(own: Interval, *others: Interval) -> Interval:
    def turned(x: Interval) -> Interval:
        return -x[1], -x[0]

    return _largest(turned(own), *map(turned, others))


SLOPES = frozenset(("step", "sign", "share", "largest", "smallest"))


def decided(do: str, operands: Sequence[Interval]) -> bool:
    """Whether a slope is the same wherever in their intervals the operands lie."""
    low, high = RULES[do](*operands)
    return high - low <= 1


RULES: dict[str, Callable[..., Interval]] = {
    "+": _add,
    "-": _sub,
    "*": _mul,
    "/": _div,
    "neg": lambda x: (-x[1], -x[0]),
    "abs": _abs,
    "max": lambda *parts: (max(low for low, _ in parts), max(high for _, high in parts)),
    "min": lambda *parts: (min(low for low, _ in parts), min(high for _, high in parts)),
    "floor": lambda x: (x[0] // SCALE * SCALE, x[1] // SCALE * SCALE),
    "exp": _monotone(mp.exp),
    "log": _log,
    "sqrt": lambda x: power(x, Fraction(1, 2)) if x[0] > 0 else (0, _monotone(mp.sqrt)((0, max(x[1], 0)))[1]),
    "sin": _wave(mp.sin, 0),
    "cos": _wave(mp.cos, 1),
    "tanh": _monotone(mp.tanh),
    "sigmoid": _monotone(lambda v: 1 / (1 + mp.exp(-v))),
    "step": _step,
    "sign": _sign,
    "share": _share,
    "largest": _largest,
    "smallest": _smallest,
}

