"""The lecture's two-layer network: forward, loss, all gradients by hand, and one step of gradient descent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from examgen.graph import Builder, Graph
from examgen.model import shape
from examgen.problem import Exact, InputError, Instance, Preset, Stream, param
from examgen.problems import _layers as layers
from examgen.problems._net import NetProblem

SLOPED = {"sigmoid": (Fraction(3, 10), Fraction(2)), "tanh": (Fraction(3, 10), Fraction(3, 2))}  # |h|: beyond, it rounds away
LARGEST_HIDDEN, LARGEST_OUTPUT, LEAST = 12, 30, Fraction(1, 20)


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


class TwoLayerNet(NetProblem):
    name = "two_layer_net"
    title = "Two-layer network"
    source = "the seed lecture's two-layer network (PyTorch: tensors); Rumelhart, Hinton and Williams, 1986"
    params = Params
    default = "relu"
    sized = {"w1": ("inputs", "hidden"), "w2": ("hidden", "outputs")}
    present = {"bias": "b1"}
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
        hidden = [[max(layers.met(unit, x), 0) if params.whole else 0 for unit in units] for x in rows]
        target = [tuple((layers.met(end, h) if params.whole else 0) - stream.signed(2, 3) for end in ends) for h in hidden]
        return Instance(self.name, params, data | {"y": _lead(params, target)})

    def graph(self, params: Params) -> Graph:
        b, lead = Builder(), (params.samples,) if params.samples > 1 else ()
        x = b.input("x", (*lead, params.inputs))
        h = layers.linear(b, x, "1", params.hidden, "h", bias=params.bias)
        a = b.op(params.activation, h, name="a")
        y_pred = layers.linear(b, a, "2", params.outputs, "y_pred", bias=params.bias)
        if params.loss == "softmax":
            labels = b.input("labels", lead, discrete=True)
            b.op("pick", b.op("softmax", y_pred, name="probabilities"), labels, keepdims=False, name="true_probabilities")
            terms = b.op("cross_entropy", y_pred, labels, name="losses")
        else:
            terms = b.power(y_pred - b.input("y", y_pred.shape), 2)
        loss = b.reduce("sum", terms, name="loss")
        weights = ("w1", "b1", "w2", "b2") if params.bias else ("w1", "w2")
        for name in weights if params.rate else ():
            b.op("sub", b.ref(name), b.const(params.rate) * b.gradient(b.ref(name)), name=f"{name}_new")
        return b.build(loss)

    def flaws(self, instance: Instance, values: Mapping[str, Any]) -> Iterator[str]:
        if any(abs(out) > LARGEST_OUTPUT for out in values["y_pred"]):
            yield f"an output is beyond ±{LARGEST_OUTPUT}"
        if not any(values["a"]):
            yield "every hidden unit is clipped"
        if any(not LEAST <= p <= 1 - LEAST for p in values.get("true_probabilities", ())):
            yield "the network is all but sure"

    def sizes(self, given: Mapping[str, Any], data: Mapping[str, Exact]) -> dict[str, Any]:
        samples = len(data["x"]) if len(shape(data.get("x", ()))) > 1 else 1
        loss = "softmax" if "labels" in data else "squared"
        return super().sizes(given, data) | {"samples": samples, "loss": loss}


def _lead(params: Params, rows: Sequence[Any]) -> Any:
    """One example stands by itself."""
    return rows[0] if params.samples == 1 else tuple(rows)


def _column(params: Params, stream: Stream, count: int) -> tuple[Exact, ...]:
    """So many weights and a bias: whole numbers, or tenths."""
    draw = partial(stream.signed, 1, 3) if params.whole else partial(stream.signed_decimal, "0.2", "1.5", 1)
    return (*(draw() for _ in range(count)), draw() if params.bias else 0)


def _unit(params: Params, stream: Stream, rows: Sequence[Any], sign: int) -> tuple[Exact, ...]:
    """A column whose result has the sign for the first example, and is off the kink, or on the slope, for each of them."""
    low, high = SLOPED.get(params.activation, (1, LARGEST_HIDDEN))
    while True:
        column = _column(params, stream, params.inputs)
        h = [layers.met(column, x) for x in rows]
        if h[0] * sign > 0 and all(low <= abs(value) <= high for value in h):
            return column


PROBLEM = TwoLayerNet()
