"""A linear neuron with squared error, forward and backward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from examgen.drawing import Stream
from examgen.graph import Builder, Graph
from examgen.mistakes import Mistake, local, skipped
from examgen.model import Ask, Convention, Instance
from examgen.problem import Preset, Problem, param


@dataclass(frozen=True)
class Params:
    inputs: int = param(2, "n, inputs of the neuron", low=2, high=6)
    limit: int = param(5, "inputs lie within ± this", low=3, high=9)


class LinearNeuron(Problem):
    name = "linear_neuron"
    title = "Linear neuron with squared error"
    source = "Widrow and Hoff, 1960"
    params = Params
    default = "2_inputs"
    sized = {"x": ("inputs",)}
    presets = {
        "2_inputs": Preset(Params(2), (3, 3), "quiz"),
        "3_inputs": Preset(Params(3), (4, 5)),
    }

    def draw(self, params: Params, stream: Stream) -> Instance:
        """The target lies beside the output, so that the error is neither 0 nor out of hand."""
        x = stream.sample([k for k in range(-params.limit, params.limit + 1) if k], params.inputs)
        w = tuple(stream.signed(2, 3) for _ in x)
        b, error = stream.signed(1, 4), stream.signed(2, 5)
        target = sum(a * c for a, c in zip(w, x, strict=True)) + b - error
        return Instance(self.name, params, {"x": x, "w": w, "b": b, "t": target})

    def graph(self, params: Params) -> Graph:
        b = Builder()
        x, w = b.input("x", (params.inputs,)), b.input("w", (params.inputs,))
        s = b.reduce("sum", b.op("mul", w, x, name="q"), name="s")
        p = b.op("add", s, b.input("b"), name="p")
        return b.build(b.power(b.op("sub", p, b.input("t"), name="e"), 2, name="L"))

    def asks(self, params: Params) -> tuple[Ask, ...]:
        slope = r"\partial L/\partial "
        return (
            Ask("p", "p", "p", "integer"),
            Ask("L", "L", "L", "integer"),
            Ask("dw", "w", f"{slope}w", "array", gradient=True, shape=(params.inputs,), cell_kind="integer"),
            Ask("db", "b", f"{slope}b", "integer", gradient=True),
        )

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        return Convention("model", MODEL, {"n": instance.params.inputs}), Convention("asked", ASKED)

    def mistakes(self, params: Any) -> tuple[Mistake, ...]:
        forgotten = skipped("p")
        halved = {"pow": local(lambda b, node: b.inputs(node)[0])}
        return Mistake("linear_neuron_bias", BIAS, forgotten), Mistake("linear_neuron_factor", FACTOR, slopes=halved)


MODEL = r"A linear neuron with %(n)s inputs and squared error: $$p=\sum_i w_i x_i+b,\quad L=(p-t)^2$$"
ASKED = r"Find the output $p$, the loss $L$, and the gradients of $L$ with respect to $w$ and $b$."
BIAS = "The bias is added to the sum of the products."
FACTOR = "The derivative of a square has the factor 2."
PROBLEM = LinearNeuron()
