"""The lecture's MyCell, h_t = tanh(W x_t + b + h_{t-1}): one or two steps forward, and back through time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from examgen.graph import Builder, Graph, Node, Ref
from examgen.mistakes import node_replaced, read_as, skipped, transposed, without, zeros
from examgen.problem import Ask, Convention, Exact, Instance, Mistake, Preset, Reminder, Stream, param
from examgen.problems import _layers as layers
from examgen.problems import _reminders as rules
from examgen.problems._backward_mistakes import backward_mistakes

LEAST, MOST = Fraction(3, 10), Fraction(3, 2)  # of |z|: nearer to 0 tanh is the identity, beyond its slope rounds away
SHARE = Fraction(3, 5)  # about what a state adds to the next step, while it is not yet worked out
LARGEST_BIAS = 4


@dataclass(frozen=True)
class Params:
    inputs: int = param(2, "D, numbers that come in at each step", low=1, high=4)
    hidden: int = param(1, "H, numbers of the state", low=1, high=4)
    steps: int = param(2, "steps in time", low=1, high=2)
    limit: int = param(2, "inputs are whole numbers within ± this and not 0", low=2, high=9)


class RnnCell(layers.LayersProblem):
    name = "rnn_cell"
    title = "Recurrent cell"
    source = "the seed lecture's MyCell (static PyTorch: TorchScript); Werbos, Backpropagation through time, 1990"
    params = Params
    default = "2_steps"
    sized = {"W": ("hidden", "inputs")}
    example = 'W="0.5 -1" b=0.2 h0=0.5 x1="1 2" x2="-1 1" upstream=2'
    presets = {
        "1_step": Preset(Params(hidden=2, steps=1), (6, 6), calculator="scientific", version=2),
        "2_steps": Preset(Params(), (6, 7), calculator="scientific", version=2),
        "2_steps_2": Preset(Params(hidden=2), (10, 12), "homework", "scientific", version=2),
    }

    def draw(self, params: Params, stream: Stream) -> Instance:
        """Each pre-activation of the first step is drawn, and the bias is what is left over; the second step has to fit."""
        while True:
            weights = _rows(params, stream)
            state = [stream.signed_decimal("0.2", "0.9", 1) for _ in range(params.hidden)]
            first, second = (tuple(stream.signed(1, params.limit) for _ in range(params.inputs)) for _ in "12")
            sums = [stream.signed_decimal("0.3", "1.5", 1) for _ in range(params.hidden)]
            bias = [z - layers.met((*row, h), first) for z, row, h in zip(sums, weights, state, strict=True)]
            shares = [SHARE if z > 0 else -SHARE for z in sums]
            later = [layers.met((*row, c + share), second) for row, c, share in zip(weights, bias, shares, strict=True)]
            fits = params.steps == 1 or (first != second and all(LEAST <= abs(z) <= MOST for z in later))
            if fits and all(0 < abs(c) <= LARGEST_BIAS for c in bias):
                break
        data: dict[str, Exact] = {"W": weights, "b": tuple(bias), "h0": tuple(state), "x1": first}
        data |= {"x2": second} if params.steps == 2 else {}
        return Instance(self.name, params, data | {"upstream": tuple(stream.signed_decimal("0.3", "1.2", 1) for _ in state)})

    def graph(self, params: Params) -> Graph:
        b, wide = Builder(), (params.hidden,)
        weights = b.input("W", (params.hidden, params.inputs))
        bias, state = b.input("b", wide), b.input("h0", wide)
        for t in range(1, params.steps + 1):
            x = b.input(f"x{t}", (params.inputs,))
            state = b.op("tanh", b.op("add", b.matmul(weights, x) + bias, state, name=f"z{t}"), name=f"h{t}")
        return b.build(state)

    def asks(self, params: Params) -> tuple[Ask, ...]:
        graph, steps = self.graph(params), range(1, params.steps + 1)
        values = layers.boxes(graph, "number", "values", (f"{letter}{t}" for t in steps for letter in "zh"))
        back = (*(f"z{t}" for t in reversed(steps)), "W", "b")  # what comes back to h0 is that of z1 once more
        return values + layers.boxes(graph, "number", "gradients", back, gradient=True)

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        upstream = Convention("upstream", UPSTREAM[instance.params.steps])
        return Convention("state", STATE), Convention("columns", COLUMNS), upstream

    def reminders(self, params: Params) -> tuple[Reminder, ...]:
        return (rules.CHAIN, *((rules.TWICE,) if params.steps == 2 else ()), rules.WEIGHTED, rules.GATES["tanh"])

    def flaws(self, instance: Instance, values: Mapping[str, Any]) -> Iterator[str]:
        for t in range(1, instance.params.steps + 1):
            if not all(LEAST <= abs(z) <= MOST for z in values[f"z{t}"]):
                yield f"z{t} is where tanh is flat, or straight"

    def mistakes(self, params: Params) -> tuple[Mistake, ...]:
        return (*_forward_mistakes(params), *backward_mistakes(given=True, graph=self.graph(params)))

    def sizes(self, given: Mapping[str, Any], data: Mapping[str, Exact]) -> dict[str, Any]:
        return super().sizes(given, data) | {"steps": 2 if "x2" in data else 1}


def _rows(params: Params, stream: Stream) -> tuple[tuple[Fraction, ...], ...]:
    """Weights in tenths that differ from row to row."""
    return stream.distinct(
        params.hidden, lambda: tuple(stream.signed_decimal("0.2", "1.5", 1) for _ in range(params.inputs))
    )


def _forward_mistakes(params: Params) -> Iterator[Mistake]:
    yield Mistake("rnn_state", "Each step adds the state before it.", skipped("z1", "z2"))
    if params.steps == 2:
        carried = "The second step starts from the state behind the first."
        yield Mistake("rnn_first_state", carried, node_replaced("z2", _from_the_first))
    yield Mistake("rnn_bias", "The bias is added at each step.", reading=read_as("b", zeros))
    yield Mistake("rnn_tanh", "The state is tanh of the sum, not the sum.", without("tanh"))
    if params.inputs == params.hidden > 1:
        yield Mistake("rnn_transposed", "Each result is a row of W times the column x.", reading=read_as("W", transposed))


def _from_the_first(b: Builder, node: Node) -> Ref:
    return b.op("add", b.inputs(node)[0], b.ref("h0"), name=node.name)


STATE = "Each step adds the previous state; the new state is the hyperbolic tangent of the sum, cell by cell."
COLUMNS = "Vectors are columns; in the boxes they are written as rows."
UPSTREAM = {
    1: (
        r"**The gradient at the output, $\partial L/\partial h_1$, is given.** Find the values and the gradients that are "
        "asked."
    ),
    2: (
        r"**The gradient at the last state, $\partial L/\partial h_2$, is given; $L$ depends on nothing else.** Find the "
        "values and the gradients that are asked; both steps share $W$ and $b$."
    ),
}
PROBLEM = RnnCell()
