"""The lecture's ParallelBlock: two linear layers side by side, their product cell by cell, then ReLU; forward and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from examgen.drawing import Stream
from examgen.graph import Builder, Graph, Node, Ref
from examgen.mistakes import Mistake, node_replaced, other_op, passed, read_as, transposed, zeros
from examgen.model import Ask, Convention, Exact, Instance, Reminder, Step
from examgen.narration import Worked
from examgen.problem import Preset, param
from examgen.problems import _layers as layers
from examgen.problems import _reminders as rules
from examgen.problems._conv_reminders import WEIGHTED
from examgen.problems._layers import d

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
        layered = []
        for place in "12":
            w = b.input(f"w{place}", (params.inputs, params.outputs))
            bias = b.input(f"b{place}", (params.outputs,)) if params.bias else None
            name = f"h{place}"
            layered.append(b.op("add", b.matmul(x, w), bias, name=name) if bias else b.matmul(x, w, name))
        return b.build(b.op("relu", b.op("mul", *layered, name="p"), name="y"))

    def asks(self, params: Params) -> tuple[Ask, ...]:
        graph = self.graph(params)
        leaves = [node.name for node in graph.inputs if node.name != "x"]
        return (
            *(layers.box(graph, name, "integer", "values") for name in ("h1", "h2", "y")),
            *(layers.box(graph, name, "integer", "gradients", gradient=True) for name in ("h1", "h2", *leaves, "x")),
        )

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        shapes = Convention("shapes", SHAPES[instance.params.bias], {"inputs": instance.params.inputs})
        return shapes, Convention("product", PRODUCT), Convention("upstream", UPSTREAM)

    def formula(self, params: Params) -> tuple[str, ...]:
        return tuple(_forward(params.bias).values())

    def reminders(self, params: Params) -> tuple[Reminder, ...]:
        return (rules.CHAIN, rules.TWICE, WEIGHTED, rules.GATES["mul"], rules.RELU)

    def flaws(self, instance: Instance, values: Mapping[str, Any]) -> Iterator[str]:
        if any(abs(cell) > LARGEST_PRODUCT for cell in values["p"]):
            yield f"a product is beyond ±{LARGEST_PRODUCT}"
        if max(values["p"]) <= 0:
            yield "ReLU passes nothing"
        if len(values["p"]) > 1 and min(values["p"]) >= 0:
            yield "ReLU clips nothing"

    def mistakes(self, params: Params) -> tuple[Mistake, ...]:
        return (*_forward_mistakes(params), *layers.slips(SLIPS, given=True))

    def exceptions(self, params: Params) -> Mapping[str, str]:
        return {"block_relu": "the one product is above 0, or nothing comes back"} if params.outputs == 1 else {}

    def steps(self, worked: Worked) -> Iterator[Step]:
        return layers.steps(worked, _forward("b1" in worked.graph), BACK)

    def sizes(self, given: Mapping[str, Any], data: Mapping[str, Exact]) -> dict[str, Any]:
        inputs, outputs = layers.matrix(data, "w1")
        return {"inputs": inputs, "outputs": outputs, "bias": "b1" in data}


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
        h1, h2 = (sum(w * a for w, a in zip(column, (*x, 1), strict=True)) for column in found)
        fits = all(1 < abs(h) <= LARGEST_LAYER for h in (h1, h2)) and abs(h1) != abs(h2)
        if fits and 0 < h1 * h2 * sign <= LARGEST_PRODUCT:
            return found


def _forward(bias: bool) -> dict[str, str]:
    layered = {f"h{i}": rf"h_{i}=x\,w_{i}" + (f"+b_{i}" if bias else "") for i in (1, 2)}
    return layered | {"p": r"p=h_1\circ h_2", "y": r"y=\max(0,\,p)"}


def _forward_mistakes(params: Params) -> Iterator[Mistake]:
    yield Mistake("block_relu", CLIPS, node_replaced("y", lambda b, node: passed(b, b.inputs(node)[0], node.name)))
    yield Mistake("block_sum", MULTIPLIED, other_op("mul", "add"))
    yield Mistake("block_relu_first", AFTER, node_replaced("p", _clipped_factors))
    if params.inputs == params.outputs > 1:
        yield Mistake("block_transposed", ROWS, reading=read_as(("w1", "w2"), transposed))
    if params.bias:
        yield Mistake("block_bias", BIAS, reading=read_as(("b1", "b2"), zeros))


def _clipped_factors(b: Builder, node: Node) -> Ref:
    return b.op("mul", *(b.op("relu", x) for x in b.inputs(node)), name=node.name)


SLIPS = ("bp_mul_own_factor", "bp_mul_unchanged", "bp_upstream", "bp_upstream_given", "bp_fanout", "bp_fanout_other", "bp_relu")
BACK = {
    "p": rf"{d('y')}\circ[p>0]",
    "h1": rf"{d('p')}\circ h_2",
    "h2": rf"{d('p')}\circ h_1",
    "w1": rf"x^T\,{d('h_1')}",
    "w2": rf"x^T\,{d('h_2')}",
    "b1": d("h_1"),
    "b2": d("h_2"),
    "x": rf"{d('h_1')}\,w_1^T+{d('h_2')}\,w_2^T",
}
SHAPES = {
    False: (
        r"$x$ is a row of %(inputs)s numbers, $w_1$ and $w_2$ have %(inputs)s rows: each result is the row $x$ times a "
        "column of the weights. There is no bias."
    ),
    True: (
        r"$x$ is a row of %(inputs)s numbers, $w_1$ and $w_2$ have %(inputs)s rows: each result is the row $x$ times a "
        "column of the weights, plus its bias."
    ),
}
PRODUCT = r"$\circ$ is the product cell by cell, and ReLU is taken of that product: negative cells become 0."
UPSTREAM = (
    r"**The gradient at the output, $\partial L/\partial y$, is given.** Find the values and the gradients that are asked."
)
CLIPS = "ReLU turns negatives into zero."
MULTIPLIED = "The results of the two layers are multiplied, not added."
AFTER = "ReLU is taken of the product, not of its factors."
ROWS = "Each result is the row x times a column of the weights."
BIAS = "The bias is added to each result."
PROBLEM = ParallelBlock()
