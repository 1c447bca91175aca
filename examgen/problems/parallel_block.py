"""The lecture's ParallelBlock: two linear layers side by side, their product cell by cell, then ReLU; forward and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from examgen.graph import Builder, Graph, Node, Ref
from examgen.mistakes import node_replaced, other_op, read_as, skipped, transposed, zeros
from examgen.problem import Ask, Convention, Exact, Instance, Mistake, Preset, Reminder, Stream, param
from examgen.problems import _layers as layers
from examgen.problems import _reminders as rules
from examgen.problems._backward_mistakes import backward_mistakes

LARGEST_LAYER, LARGEST_PRODUCT = 12, 60


@dataclass(frozen=True)
class Params:
    inputs: int = param(2, "D, numbers that come in", low=1, high=4)
    outputs: int = param(2, "H, numbers that each layer gives", low=1, high=4)
    bias: bool = param(False, "add a bias behind each layer, as torch.nn.Linear does")
    limit: int = param(3, "inputs and weights lie within ± this and are not 0", low=2, high=20)


class ParallelBlock(layers.LayersProblem):
    name = "parallel_block"
    title = "Block of two parallel layers"
    source = "the seed lecture's ParallelBlock (PyTorch: nn.Module, new layers); CS231n, backpropagation, intuitions"
    params = Params
    default = "2x2"
    sized = {"w1": ("inputs", "outputs")}
    present = {"bias": "b1"}
    example = 'x="2 -1" w1="1 2; 3 -1" w2="-1 2; 2 2" upstream="2 3"'
    presets = {
        "2x1": Preset(Params(outputs=1, limit=4), (5, 5), "quiz"),
        "2x2": Preset(Params(), (6, 7)),
        "2x2_bias": Preset(Params(bias=True), (7, 7)),
    }

    def draw(self, params: Params, stream: Stream) -> Instance:
        """Column by column of both weights: the sign of each product is chosen first, so that ReLU clips one and passes one."""
        x = _factors(params, stream, params.inputs)
        signs = stream.shuffled([1, -1] * (params.outputs // 2) + [1] * (params.outputs % 2))
        pairs = [_columns(params, stream, x, sign) for sign in signs]
        data: dict[str, Exact] = {"x": x}
        for place in (0, 1):
            *weights, bias = zip(*(pair[place] for pair in pairs), strict=True)
            data[f"w{place + 1}"] = tuple(weights)
            data |= {f"b{place + 1}": bias} if params.bias else {}
        return Instance(self.name, params, data | {"upstream": tuple(stream.signed(2, 4) for _ in signs)})

    def graph(self, params: Params) -> Graph:
        b = Builder()
        x = b.input("x", (params.inputs,))
        both = [layers.linear(b, x, place, params.outputs, f"h{place}", bias=params.bias) for place in "12"]
        return b.build(b.op("relu", b.op("mul", *both, name="p"), name="y"))

    def asks(self, params: Params) -> tuple[Ask, ...]:
        graph = self.graph(params)
        back = ("h1", "h2", *(node.name for node in graph.inputs if node.name != "x"), "x")
        values = layers.boxes(graph, "integer", "values", ("h1", "h2", "y"))
        return values + layers.boxes(graph, "integer", "gradients", back, gradient=True)

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        shapes = Convention("shapes", SHAPES, {"inputs": instance.params.inputs})
        bias = Convention("bias", BIAS if instance.params.bias else "There is no bias.")
        return shapes, bias, Convention("product", PRODUCT), Convention("upstream", GIVEN)

    def reminders(self, params: Params) -> tuple[Reminder, ...]:
        return (rules.CHAIN, rules.TWICE, rules.WEIGHTED, rules.GATES["mul"], rules.RELU)

    def flaws(self, instance: Instance, values: Mapping[str, Any]) -> Iterator[str]:
        if any(abs(cell) > LARGEST_PRODUCT for cell in values["p"]):
            yield f"a product is beyond ±{LARGEST_PRODUCT}"
        if max(values["p"]) <= 0:
            yield "ReLU passes nothing"
        if len(values["p"]) > 1 and min(values["p"]) >= 0:
            yield "ReLU clips nothing"

    def mistakes(self, params: Params) -> tuple[Mistake, ...]:
        return (*_forward_mistakes(params), *backward_mistakes(given=True, graph=self.graph(params)))

    def exceptions(self, params: Params) -> Mapping[str, str]:
        return {"block_relu": "the one product is above 0, or nothing comes back"} if params.outputs == 1 else {}


def _factors(params: Params, stream: Stream, count: int) -> tuple[int, ...]:
    """Whole numbers that are not 0, ±1 at most once as far as there are others, since it hides mistakes."""
    while True:
        found = tuple(stream.signed(1, params.limit) for _ in range(count))
        if count > params.limit or sum(abs(number) == 1 for number in found) <= 1:
            return found


def _columns(params: Params, stream: Stream, x: Sequence[int], sign: int) -> list[tuple[int, ...]]:
    """A column of each weight, with its bias behind it: the two results differ in size, and their product has the sign."""
    while True:
        found = [(*_factors(params, stream, len(x)), stream.signed(1, 3) if params.bias else 0) for _ in "12"]
        h1, h2 = (layers.met(column, x) for column in found)
        fits = all(1 < abs(h) <= LARGEST_LAYER for h in (h1, h2)) and abs(h1) != abs(h2)
        if fits and 0 < h1 * h2 * sign <= LARGEST_PRODUCT:
            return found


def _forward_mistakes(params: Params) -> Iterator[Mistake]:
    yield Mistake("block_relu", "ReLU turns negatives into zero.", skipped("y"))
    yield Mistake("block_sum", "The results of the two layers are multiplied, not added.", other_op("mul", "add"))
    yield Mistake("block_relu_first", "ReLU is taken of the product, not of its factors.", node_replaced("p", _clipped_factors))
    if params.inputs == params.outputs > 1:
        yield Mistake("block_transposed", ROWS, reading=read_as(("w1", "w2"), transposed))
    if params.bias:
        yield Mistake("block_bias", BIAS, reading=read_as(("b1", "b2"), zeros))


def _clipped_factors(b: Builder, node: Node) -> Ref:
    return b.op("mul", *(b.op("relu", x) for x in b.inputs(node)), name=node.name)


SHAPES = (
    r"$x$ is a row of %(inputs)s numbers, $w_1$ and $w_2$ have %(inputs)s rows: each result is the row $x$ times a column of "
    "the weights."
)
ROWS, BIAS = "Each result is the row x times a column of the weights.", "The bias is added to each result."
PRODUCT = r"$\circ$ is the product cell by cell, and ReLU is taken of that product: negative cells become 0."
GIVEN = r"**The gradient at the output, $\partial L/\partial y$, is given.** Find the values and the gradients that are asked."
PROBLEM = ParallelBlock()
