"""The lecture's two-layer network: forward, loss, all gradients by hand, and one step of gradient descent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from examgen.drawing import Stream
from examgen.errors import InputError
from examgen.graph import Builder, Graph, Ref
from examgen.mistakes import Mistake
from examgen.model import Ask, Convention, Exact, Instance, Reminder, Step, shape
from examgen.narration import Worked
from examgen.problem import Preset, param
from examgen.problems import _layers as layers
from examgen.problems import _net_words as words
from examgen.problems._net_mistakes import net_mistakes

SLOPED = {"sigmoid": (Fraction(3, 10), Fraction(2)), "tanh": (Fraction(3, 10), Fraction(3, 2))}  # |h|: beyond, it rounds away
LARGEST_HIDDEN, LARGEST_OUTPUT = 12, 30
LEAST = Fraction(1, 20)


@dataclass(frozen=True)
class Params:
    samples: int = param(1, "N, examples", low=1, high=3)
    inputs: int = param(2, "D, numbers of an example", low=1, high=4)
    hidden: int = param(3, "H, hidden units", low=2, high=4)
    outputs: int = param(1, "numbers that come out, or classes", low=1, high=4)
    bias: bool = param(False, "add a bias in each layer")
    activation: str = param("relu", "between the layers", choices=("relu", "sigmoid", "tanh"))
    loss: str = param("squared", "sum of squared errors, or softmax cross-entropy", choices=("squared", "softmax"))
    rate: Fraction = param(Fraction(0), "learning rate of one step of SGD; 0: no step", low=0, high=1)

    @property
    def whole(self) -> bool:
        """Whether everything is worked out in whole numbers, up to the step."""
        return self.activation == "relu" and self.loss == "squared"


class TwoLayerNet(layers.LayersProblem):
    name = "two_layer_net"
    title = "Two-layer network"
    source = "the seed lecture's two-layer network (PyTorch: tensors); Rumelhart, Hinton and Williams, 1986"
    params = Params
    default = "relu"
    example = 'x="2 -1" w1="1 2; 3 -2" w2="2; -1" y=3 --rate 0.1'
    presets = {
        "relu": Preset(Params(), (5, 5)),
        "relu_step": Preset(Params(hidden=2, rate=Fraction(1, 10)), (5, 6)),
        "batch": Preset(Params(samples=2, hidden=2, bias=True), (7, 7)),
        "softmax": Preset(Params(hidden=2, outputs=2, activation="tanh", loss="softmax"), (11, 12), "homework", "scientific"),
    }

    def check(self, params: Params) -> None:
        if params.loss == "softmax" and params.outputs < 2:
            raise InputError(f"outputs = {params.outputs}: loss = 'softmax' needs at least two classes")
        self.graph(params)

    def draw(self, params: Params, stream: Stream) -> Instance:
        """Unit by unit until all are off every kink, one clipped and one not; the target leaves a small error."""
        rows = [tuple(stream.signed(1, 3 if params.whole else 2) for _ in range(params.inputs)) for _ in range(params.samples)]
        signs = stream.shuffled([1, -1, *(stream.choice((1, 1, -1)) for _ in range(params.hidden - 2))])
        units = [_unit(params, stream, rows, sign) for sign in signs]
        ends = [_column(params, stream, params.hidden) for _ in range(params.outputs)]
        data: dict[str, Exact] = {"x": _lead(params, rows)}
        for place, columns in (("1", units), ("2", ends)):
            *weights, bias = zip(*columns, strict=True)
            data |= {f"w{place}": tuple(weights)} | ({f"b{place}": bias} if params.bias else {})
        if params.loss == "softmax":
            return Instance(self.name, params, data | {"labels": _lead(params, [stream.below(params.outputs) for _ in rows])})
        found = [_layer(ends, [max(h, 0) for h in _layer(units, x)]) if params.whole else [0] * params.outputs for x in rows]
        target = [tuple(out - stream.signed(2, 3) for out in outs) for outs in found]
        return Instance(self.name, params, data | {"y": _lead(params, target)})

    def graph(self, params: Params) -> Graph:
        b, lead = Builder(), (params.samples,) if params.samples > 1 else ()
        x = b.input("x", (*lead, params.inputs))
        h = _linear(b, params, x, "1", params.hidden, "h")
        y_pred = _linear(b, params, b.op(params.activation, h, name="a"), "2", params.outputs, "y_pred")
        if params.loss == "softmax":
            labels = b.input("labels", lead, discrete=True)
            b.op("pick", b.op("softmax", y_pred, name="probabilities"), labels, keepdims=False, name="true_probabilities")
            terms = b.op("cross_entropy", y_pred, labels, name="losses")
        else:
            terms = b.power(y_pred - b.input("y", y_pred.shape), 2)
        loss = b.reduce("sum", terms, name="loss")
        for name in _weights(params) if params.rate else ():
            b.op("sub", b.ref(name), b.const(params.rate) * b.gradient(b.ref(name)), name=f"{name}_new")
        return b.build(loss)

    def asks(self, params: Params) -> tuple[Ask, ...]:
        graph, kind = self.graph(params), "integer" if params.whole else "number"
        values = ["h", "y_pred", *(["probabilities"] if params.loss == "softmax" else []), "loss"]
        back = ["w2", *(["b2"] if params.bias else []), "h", "w1", *(["b1"] if params.bias else [])]
        stepped = [f"{name}_new" for name in _weights(params)] if params.rate else []
        return (
            *(layers.box(graph, name, kind, "values") for name in values),
            *(layers.box(graph, name, kind, "gradients", gradient=True) for name in back),
            *(layers.box(graph, name, "number", "step") for name in stepped),
        )

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        return tuple(words.conventions(instance))

    def formula(self, params: Params) -> tuple[str, ...]:
        return tuple(words.forward(params.bias, params.activation, params.loss).values())

    def reminders(self, params: Params) -> tuple[Reminder, ...]:
        return tuple(words.reminders(params))

    def flaws(self, instance: Instance, values: Mapping[str, Any]) -> Iterator[str]:
        if any(abs(out) > LARGEST_OUTPUT for out in values["y_pred"]):
            yield f"an output is beyond ±{LARGEST_OUTPUT}"
        if not any(values["a"]):
            yield "every hidden unit is clipped"
        if any(not LEAST <= p <= 1 - LEAST for p in values.get("true_probabilities", ())):
            yield "the network is all but sure"

    def mistakes(self, params: Params) -> tuple[Mistake, ...]:
        return tuple(net_mistakes(params))

    def steps(self, worked: Worked) -> Iterator[Step]:
        graph = worked.graph
        soft = "losses" in graph
        forward = words.forward("b1" in graph, graph["a"].op, "softmax" if soft else "squared")
        stepped = {node.name: words.stepped(node.name) for node in graph.nodes if node.name.endswith("_new")}
        return layers.steps(worked, forward, words.back(graph), stepped, {"loss": words.cross_entropy} if soft else {})

    def sizes(self, given: Mapping[str, Any], data: Mapping[str, Exact]) -> dict[str, Any]:
        (inputs, hidden), (_, outputs) = layers.matrix(data, "w1"), layers.matrix(data, "w2")
        rank = shape(data.get("x", ()))
        sizes = {"samples": rank[0] if len(rank) > 1 else 1, "inputs": inputs, "hidden": hidden, "outputs": outputs}
        return {**sizes, "bias": "b1" in data, "loss": "softmax" if "labels" in data else "squared"}

    def completed(self, params: Params, data: dict[str, Exact]) -> dict[str, Exact]:
        """One example may stand as a row or a table of one row, one output as a number."""
        ranks = {"x": 1, "y": 1, "labels": 0} if params.samples == 1 else {}
        for name, rank in ranks.items():
            while name in data and len(shape(data[name])) > rank and len(data[name]) == 1:
                data[name] = data[name][0]
        bare = [name for name in ("y", "b1", "b2") if name in data and not isinstance(data[name], tuple)]
        return data | {name: (data[name],) for name in bare}


def _weights(params: Params) -> tuple[str, ...]:
    return ("w1", "b1", "w2", "b2") if params.bias else ("w1", "w2")


def _linear(b: Builder, params: Params, x: Ref, place: str, width: int, name: str) -> Ref:
    w = b.input(f"w{place}", (x.shape[-1], width))
    if not params.bias:
        return b.matmul(x, w, name)
    return b.op("add", b.matmul(x, w), b.input(f"b{place}", (width,)), name=name)


def _lead(params: Params, rows: Sequence[Any]) -> Any:
    """One example stands by itself."""
    return rows[0] if params.samples == 1 else tuple(rows)


def _column(params: Params, stream: Stream, count: int) -> tuple[Exact, ...]:
    """So many weights and a bias: whole numbers, or tenths."""
    draw = partial(stream.signed, 1, 3) if params.whole else partial(stream.signed_decimal, "0.2", "1.5", 1)
    return (*(draw() for _ in range(count)), draw() if params.bias else 0)


def _layer(columns: Sequence[Sequence[Any]], x: Sequence[Any]) -> list[Any]:
    return [sum(w * a for w, a in zip(column, (*x, 1), strict=True)) for column in columns]


def _unit(params: Params, stream: Stream, rows: Sequence[Any], sign: int) -> tuple[Exact, ...]:
    """A column whose result has the sign for the first example, and is off the kink, or on the slope, for each of them."""
    low, high = SLOPED.get(params.activation, (1, LARGEST_HIDDEN))
    while True:
        column = _column(params, stream, params.inputs)
        h = [_layer([column], x)[0] for x in rows]
        if h[0] * sign > 0 and all(low <= abs(value) <= high for value in h):
            return column


PROBLEM = TwoLayerNet()
