"""Forward and backward pass through a computational graph: a fixed formula, one of one's own, or a random graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from examgen import formula
from examgen.drawing import Stream
from examgen.errors import DrawError, InputError
from examgen.graph import UNNAMED, Graph, Node
from examgen.mistakes import Mistake
from examgen.model import Ask, Calculator, Convention, Exact, Instance, Reminder, cells, shape
from examgen.narration import loss_symbol
from examgen.ops import OPS
from examgen.points import HALF
from examgen.problem import Preset, Problem, param
from examgen.problems import _reminders as rules
from examgen.problems._backward_mistakes import backward_mistakes

LARGEST_VALUE = 60
SLOPED = {"sigmoid": (0.5, 2.0), "tanh": (0.5, 1.5)}  # |z|: beyond, the slope rounds away
FORMULAS = {
    "sum_times": "f = (x + y) * z",
    "product_max": "f = x * y + max(z, w)",
    "fan_out": "f = (a + b) * (b + 1)",
    "fan_out_relu": "h = relu(a * b + c); g = h + a; f = h * g",
    "sigmoid_neuron": "z = w0 * x0 + w1 * x1 + w2; f = sigmoid(z)",
    "sigmoid_gates": "p = w0 * x0; q = w1 * x1; s = p + q; z = s + w2; m = -z; e = exp(m); d = 1 + e; f = 1 / d",
    "tanh_neuron": "z = w0 * x0 + w1 * x1 + w2; f = tanh(z)",
}
NEURON = {"w0", "x0", "w1", "x1", "w2"}
RANDOM_OPS = ("add", "sub", "mul", "max", "relu")
GATES = {"max": "maximum"}  # what the graph calls them
TEXT = {"add": "{} + {}", "sub": "{} - {}", "mul": "{} * {}", "max": "max({}, {})", "relu": "relu({})"}


@dataclass(frozen=True)
class Params:
    formula: str = param("sigmoid_neuron", "a name (" + ", ".join(FORMULAS) + "), random, or statements of one's own")
    ask: str = param("default", "output, pre-activation and all inputs, or every gate", choices=("default", "all"))
    upstream: str = param("one", "gradient at the output: 1, or drawn and not 1", choices=("one", "drawn"), timed=False)
    depth: int = param(3, "gates of a random graph", low=2, high=12)
    ops: tuple[str, ...] = param(RANDOM_OPS, "ops of a random graph: some of " + ", ".join(RANDOM_OPS))
    limit: int = param(5, "inputs lie within ± this and are not 0", low=2, high=50)


class Backprop(Problem):
    name = "backprop"
    title = "Computational graph"
    source = "Rumelhart, Hinton and Williams, 1986; CS231n, backpropagation, intuitions"
    params = Params
    default = "sigmoid_neuron"
    text = "formula"
    example = '"1/(1+exp(-(w0*x0+w1*x1+w2)))" w0=1 w1=-2 w2=1 x0=-1 x1=1'
    presets = {
        "sum_times": Preset(Params("sum_times"), (3, 3), "quiz", version=2, room=380),
        "product_max": Preset(Params("product_max", upstream="drawn"), (4, 5), version=2, room=11_000),
        "fan_out": Preset(Params("fan_out", upstream="drawn"), (5, 5), version=2, room=380),
        "fan_out_relu": Preset(Params("fan_out_relu", upstream="drawn"), (7, 7), version=2, room=490),
        "sigmoid_neuron": Preset(Params("sigmoid_neuron"), (7, 10), calculator="scientific", version=2),
        "sigmoid_gates": Preset(Params("sigmoid_gates", ask="all"), (13, 16), "homework", "scientific", version=2),
        "tanh_neuron": Preset(Params("tanh_neuron", upstream="drawn"), (8, 10), calculator="scientific", version=3),
        "random_3": Preset(Params("random", depth=3, upstream="drawn"), (6, 6), version=2),
        "random_5": Preset(Params("random", depth=5), (12, 12), "homework", version=2),
    }

    def check(self, params: Params) -> None:
        if wrong := [op for op in params.ops if op not in RANDOM_OPS]:
            raise InputError(f"ops holds {wrong[0]!r}: allowed are {', '.join(RANDOM_OPS)}")
        if params.formula != "random":
            self.graph(params)

    def calculator(self, params: Params) -> Calculator:
        """A random graph has none but whole numbers; any other is looked at."""
        return "none" if params.formula == "random" else super().calculator(params)

    def draw(self, params: Params, stream: Stream) -> Instance:
        if params.formula == "random":
            text, data = _random_statements(params, stream)
            params = replace(params, formula=text)
        else:
            data = _inputs(self.graph(params), params, stream)
        upstream = 1 if params.upstream == "one" else stream.choice((-4, -3, -2, 2, 3, 4))
        return Instance(self.name, params, data | {"upstream": upstream})

    def graph(self, params: Params) -> Graph:
        return self._checked(_read(FORMULAS.get(params.formula, params.formula)))

    def own_graph(self, params: Params, data: Mapping[str, Exact]) -> Graph:
        """Inputs may be vectors and matrices."""
        shapes = {name: shape(value) for name, value in data.items() if name != "upstream"}
        return self._checked(formula.parse(FORMULAS.get(params.formula, params.formula), shapes))

    def _checked(self, graph: Graph) -> Graph:
        if "upstream" in graph:
            raise InputError("formula: the name 'upstream' is kept for the gradient at the output, take another")
        if not graph.differentiable:
            raise InputError("formula: the last statement depends on no input, use at least one name in it")
        return graph

    def asks(self, params: Params) -> tuple[Ask, ...]:
        """By default the output, the pre-activation, the gradient at it and the gradients of all inputs."""
        graph = self.graph(params)
        leaves = sorted((node for node in graph.inputs if node in graph.differentiable), key=lambda node: node.name)
        inner = tuple(node for node in _inner(graph, params.ask) if node.name != graph.output)
        exact = not graph.transcendental and all(map(_keeps_whole, graph.nodes))
        kind: Any = "integer" if exact else "number"
        each = Fraction(1) if params.ask == "default" else HALF
        top = _top(graph, params)
        return (
            *(_ask(graph, node, kind, HALF, "values") for node in (*inner, graph[graph.output])),
            *(_ask(graph, node, kind, each, "inner", top) for node in reversed(inner) if node in graph.differentiable),
            *(_ask(graph, node, kind, HALF, "inputs", top) for node in leaves),
        )

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        params, graph = instance.params, self.graph(instance.params)
        names = {"output": symbol(graph, graph.output), "loss": _top(graph, params)}
        given = {"upstream": instance.data.get("upstream", 1), **names}
        said = [Convention("upstream", UPSTREAM[params.upstream], given)]
        said.append(Convention("edges", EDGES, names))
        if any(node.op == "sigmoid" for node in graph.nodes):
            said.append(Convention("gates", SIGMOID))
        return tuple(said)

    def formula(self, params: Params) -> tuple[str, ...]:
        return tuple(formula.latex(FORMULAS.get(params.formula, params.formula)))

    def reminders(self, params: Params) -> tuple[Reminder, ...]:
        """The chain rule and the local derivatives of the gates; those of a random graph are any of its ops."""
        if params.formula == "random":
            return (rules.CHAIN, rules.TWICE, *(rules.GATES[GATES.get(op, op)] for op in RANDOM_OPS if op in params.ops))
        return (rules.CHAIN, rules.TWICE, *rules.gates(self.graph(params)))

    def flaws(self, instance: Instance, values: Mapping[str, Any]) -> Iterator[str]:
        """Not hand-sized, or a unit that passes nothing."""
        graph = self.graph(instance.params)
        for node in graph.nodes:
            found = values[node.name]
            if any(abs(v) > LARGEST_VALUE for v in found):
                yield f"{node.name} is beyond ±{LARGEST_VALUE}"
            if node.op == "relu" and not any(found):
                yield f"{node.name} is a dead unit"
            if node.op in SLOPED and not _sloped(node.op, values[node.inputs[0]]):
                yield f"{node.inputs[0]} is where {node.op} has no slope to speak of"
        if not any(values[graph.output]):
            yield "the output is 0"

    def mistakes(self, params: Params) -> tuple[Mistake, ...]:
        return tuple(backward_mistakes(given=params.upstream == "drawn"))

    def sizes(self, given: Mapping[str, Any], data: Mapping[str, Exact]) -> dict[str, Any]:
        return {"upstream": "drawn" if any(v != 1 for v in cells(data.get("upstream", 1))) else "one"}

    def completed(self, params: Params, data: dict[str, Exact]) -> dict[str, Exact]:
        data.setdefault("upstream", 1)
        return data


@lru_cache(maxsize=256)
def _read(text: str) -> Graph:
    return formula.parse(text)


UPSTREAM = {
    "one": r"**The gradient at the output is $\partial %(output)s/\partial %(output)s=1$.**",
    "drawn": r"**Let $%(loss)s$ depend on $%(output)s$ with $\partial %(loss)s/\partial %(output)s=%(upstream)s$.**",
}
EDGES = "On the circuit write the value above an edge and the gradient of $%(loss)s$ with respect to it below."
SIGMOID = (
    r"The gate $\sigma$ is the sigmoid $\sigma(z)=\frac{1}{1+e^{-z}}$; it may be one node or unfolded."
)


def _top(graph: Graph, params: Params) -> str:
    """What is differentiated: the output itself, or a loss behind it whose letter the formula does not use."""
    if params.upstream == "one":
        return symbol(graph, graph.output)
    return loss_symbol(graph)


def _sloped(op: str, values: Any) -> bool:
    low, high = SLOPED[op]
    return all(low <= abs(v) <= high for v in values)


def _inner(graph: Graph, ask: str) -> tuple[Node, ...]:
    """All gates, or only the pre-activations: the named nodes that are squashed, which a course calls z."""
    squashed = {name for node in graph.nodes if node.op in SLOPED for name in node.inputs}
    gates = (node for node in graph.nodes if node.op not in ("input", "const"))
    return tuple(node for node in gates if ask == "all" or (node.name in squashed and node.name[0] != UNNAMED))


def _keeps_whole(node: Node) -> bool:
    """Whether whole numbers remain whole behind a node."""
    return node.op not in ("div", "pow") and not (node.op == "const" and any(cell % 1 for cell in cells(node["value"])))


def _ask(graph: Graph, node: Node, kind: Any, points: Fraction, group: str, top: str = "") -> Ask:
    """The value of a node, or the gradient of `top` with respect to it."""
    sign = symbol(graph, node.name)
    if not top:
        return Ask(node.name, node.name, sign, kind, points=points, group=group)
    return Ask(f"d{node.name}", node.name, rf"\partial {top}/\partial {sign}", kind, True, points=points, group=group)


def symbol(graph: Graph, name: str) -> str:
    """A node's name as LaTeX; a gate without a name is written out."""
    node = graph[name]
    if not name.startswith(UNNAMED):
        return formula.symbol(name)
    if node.op == "const":
        return str(node["value"])
    parts = [symbol(graph, source) for source in node.inputs]
    return f"({OPS[node.op].latex.format(*parts, **dict(node.attrs))})"


def _inputs(graph: Graph, params: Params, stream: Stream) -> dict[str, Exact]:
    names = [node.name for node in graph.inputs]
    squashing = [node.op for node in graph.nodes if node.op in SLOPED]
    if set(names) == NEURON:
        return _neuron(stream, "1.5" if "tanh" in squashing else "2")
    if params.formula == "fan_out_relu" and params.limit > 2:
        return _active(params.limit, stream)
    if graph.transcendental:
        return {name: stream.signed_decimal("0.2", 2, 1) for name in names}
    return dict(zip(names, _factors(len(names), params.limit, stream), strict=True))


def _factors(count: int, limit: int, stream: Stream) -> list[int]:
    """Integers that are not 0, of different size as far as there are enough, ±1 at most once since it hides mistakes."""
    sizes = list(stream.shuffled(range(1, limit + 1)))
    while len(sizes) < count:
        sizes.append(stream.integer(2, limit))
    return [size * stream.choice((-1, 1)) for size in sizes[:count]]


def _active(limit: int, stream: Stream) -> dict[str, Exact]:
    """Factors of different size behind which the ReLU passes more than 1, all hand-sized; the last one is what fits."""
    while True:
        a, b = _factors(2, limit, stream)
        h = {c: a * b + c for c in range(-limit, limit + 1) if abs(c) not in (0, abs(a), abs(b))}
        if fits := [c for c in h if h[c] > 1 and 0 < abs(h[c] * (h[c] + a)) <= LARGEST_VALUE]:
            return {"a": a, "b": b, "c": stream.choice(fits)}


def _neuron(stream: Stream, largest: str) -> dict[str, Exact]:
    """Weights in tenths and whole inputs; the pre-activation is drawn first, and the last weight is what is left over."""
    tenths = [Fraction(k, 10) for k in range(-20, 21) if abs(k) not in (0, 1, 10)]
    while True:
        w0, w1 = stream.choice(tenths), stream.choice(tenths)
        x0, x1 = stream.signed(1, 3), stream.signed(2, 3)
        z = stream.signed_decimal("0.5", largest, 1)
        w2 = z - w0 * x0 - w1 * x1
        if abs(w2) not in (0, 1) and abs(w2) <= 5:
            return {"w0": w0, "x0": x0, "w1": w1, "x1": x1, "w2": w2}


def _random_statements(params: Params, stream: Stream) -> tuple[str, dict[str, Exact]]:
    """A chain of gates, each fed by the one before and by a new input or an earlier node, kept off kinks as it grows.

    The number of inputs follows from the depth, so that all variants have the same boxes.
    """
    count = (params.depth + 3) // 2
    unused = dict(zip("abcdeghij", _factors(count, params.limit, stream), strict=False))
    inputs = dict(unused)
    values: dict[str, Any] = {"a": unused.pop("a")}
    last, statements = "a", []
    slopes = {name: {name: 1} for name in inputs}  # of every node with respect to every input
    for step in range(params.depth):
        name = "f" if step == params.depth - 1 else f"q{step + 1}"
        op, other = _gate(params, stream, values, last, unused, must=len(unused) == params.depth - step)
        if other in unused:
            values[other] = unused.pop(other)
        slopes[name] = _slopes(op, values[last], values.get(other, 0), slopes[last], slopes.get(other, {}))
        values[name] = _value(op, values[last], values.get(other, 0))
        statements.append(f"{name} = {TEXT[op].format(last, other)}")
        last = name
    if "mul" in params.ops and not any("*" in statement for statement in statements):
        raise DrawError("a graph without a product has nothing to work out backward")
    if sum(slopes["f"].get(name, 0) == 0 for name in inputs) > 1:
        raise DrawError("more than one input has no influence")
    return "; ".join(statements), inputs


def _gate(
    params: Params, stream: Stream, values: Mapping[str, Any], last: str, unused: Mapping[str, int], *, must: bool
) -> tuple[str, str]:
    """An op and its second operand whose value is hand-sized, not 0 and off every kink.

    A new input is three times as likely as an earlier node; `must` takes one, since as many are left as gates.
    """
    binary = [op for op in params.ops if op != "relu"]
    candidates = [(op, name) for op in binary for name in list(unused)[:1] * 3]
    if not must:
        candidates += [(op, name) for op in binary for name in values if name != last]
        candidates += [("relu", "")] if "relu" in params.ops and last != "a" else []
    for op, other in stream.shuffled(candidates):
        x, y = values[last], {**values, **unused}.get(other, 0)
        kink = (op == "max" and x == y) or (op == "relu" and x < 0)
        if not kink and 0 < abs(_value(op, x, y)) <= LARGEST_VALUE:
            return op, other
    raise DrawError("no gate keeps the graph hand-sized")


def _value(op: str, x: int, y: int) -> int:
    return {"add": x + y, "sub": x - y, "mul": x * y, "max": max(x, y), "relu": max(x, 0)}[op]



def _slopes(op: str, x: int, y: int, dx: Mapping[str, int], dy: Mapping[str, int]) -> dict[str, int]:
    """The gate's derivatives by every input, from those of its operands."""
    by_x, by_y = {
        "add": (1, 1), "sub": (1, -1), "mul": (y, x), "max": (int(x > y), int(y > x)), "relu": (int(x > 0), 0),
    }[op]
    return {name: by_x * dx.get(name, 0) + by_y * dy.get(name, 0) for name in {**dx, **dy}}


PROBLEM = Backprop()
