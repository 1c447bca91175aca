"""Two steps of an optimizer on given gradients, by the conventions of `torch.optim`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any

from examgen.formula import symbol
from examgen.graph import UNNAMED, Graph, Node
from examgen.model import Ask, Convention, Instance, Reminder, Step
from examgen.narration import given, grids, indices
from examgen.problem import HALF, InputError, Mistake, Preset, Problem, ResultField, Stream, Worked, param
from examgen.problems._optimizers import REMINDERS, RULE, dims_of, step_mistakes, two_steps


@dataclass(frozen=True)
class Params:
    optimizer: str = param("sgd", "the rule of a step", choices=("sgd", "momentum", "adam"))
    weights: int = param(1, "numbers that are optimized", low=1, high=4)
    rate: Fraction = param(Fraction(1, 10), "learning rate, above 0", low=0, timed=False)
    momentum: Fraction = param(Fraction(9, 10), "share of the velocity that is kept, from 0 to below 1", low=0)
    beta1: Fraction = param(Fraction(9, 10), "Adam: share of the mean gradient that is kept, below 1", low=0)
    beta2: Fraction = param(Fraction(99, 100), "Adam: share of the mean square that is kept, below 1", low=0)
    limit: int = param(6, "gradients lie within ± this and are not 0 or ±1", low=3, high=20)


class OptimizerStep(Problem):
    name = "optimizer_step"
    title = "Steps of an optimizer"
    source = "torch.optim; Polyak, 1964; Kingma and Ba, Adam, 2015"
    params = Params
    default = "momentum"
    sized = {"theta0": ("weights",)}
    example = "theta0=2 g1=3 g2=-1 --optimizer adam"
    presets = {
        "sgd": Preset(Params("sgd", weights=2), (2, 3), "quiz"),
        "momentum": Preset(Params("momentum", weights=2), (4, 4)),
        "adam": Preset(Params("adam", limit=9), (8, 10), calculator="scientific", version=2, room=20_000),
    }

    def check(self, params: Params) -> None:
        shares = {"momentum": params.momentum, "beta1": params.beta1, "beta2": params.beta2}
        if wrong := next((name for name, share in shares.items() if share >= 1), None):
            raise InputError(f"{wrong} = {shares[wrong]}: must be below 1")
        if params.rate <= 0:
            raise InputError(f"rate = {params.rate}: must be above 0")

    def draw(self, params: Params, stream: Stream) -> Instance:
        """Starts of one decimal; the two gradients of a weight differ in size, and none is ±1, which hides a root."""
        dims = dims_of(params)
        pairs = [stream.sample(range(2, params.limit + 1), 2) for _ in range(params.weights)]
        first, second = ([size * stream.choice((-1, 1)) for size in sizes] for sizes in zip(*pairs, strict=True))
        start = [stream.signed_decimal("0.2", 5, 1) for _ in pairs]
        data = {"theta0": start, "g1": first, "g2": second}
        return Instance(self.name, params, {name: tuple(row) if dims else row[0] for name, row in data.items()})

    def graph(self, params: Params) -> Graph:
        return two_steps(params)

    def asks(self, params: Params) -> tuple[Ask, ...]:
        """Where each step leads, and of the second one what it is made of; Adam's first step is as long as the rate."""
        dims, inner = dims_of(params), {"sgd": (), "momentum": ("v2",), "adam": ("M2", "V2")}[params.optimizer]
        first, part = (HALF, Fraction(1)) if params.optimizer == "adam" else (Fraction(1), HALF)
        asked = {"theta1": first, **dict.fromkeys(inner, part), "theta2": Fraction(1)}
        kind: Any = "array" if dims else "number"
        return tuple(
            Ask(name, name, symbol(name), kind, shape=dims, points=points, group=name) for name, points in asked.items()
        )

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        params = instance.params
        numbers = {name: getattr(params, name) for name in ("rate", "momentum", "beta1", "beta2")}
        told = (Convention(key, says, numbers) for key, says in RULE[params.optimizer].items())
        each = (Convention("each", EACH),) if params.weights > 1 else ()
        return (Convention("start", START, numbers), *told, *each)

    def reminders(self, params: Params) -> tuple[Reminder, ...]:
        return REMINDERS[params.optimizer]

    def mistakes(self, params: Params) -> tuple[Mistake, ...]:
        return tuple(step_mistakes(params))

    def results(self, graph: Graph) -> Mapping[str, ResultField]:
        """What the steps are made of; nobody asks for the way back through them."""
        return {node.name: ResultField(node.name) for node in _made_on_the_way(graph)}

    def steps(self, worked: Worked) -> Iterator[Step]:
        yield given(worked)
        for t in "12":
            for says, letters in PARTS.items():
                nodes = [node for node in _made_on_the_way(worked.graph) if node.name[-1] == t and node.name[:-1] in letters]
                lines = tuple(worked.line(node.name, at) for node in nodes for at in indices(node.shape))
                shown = (grids(worked, node.name) for node in nodes if node.shape and worked.wants(node.name))
                if lines:
                    yield Step("step", says, {"number": t}, lines=lines, grids=tuple(chain(*shown)))


def _made_on_the_way(graph: Graph) -> list[Node]:
    return [node for node in graph.nodes if node.op not in ("input", "const") and not node.name.startswith(UNNAMED)]


EACH = "Each weight has a step of its own; the first index counts the steps, the second the weights."
START = (
    r"An optimizer makes two steps by the conventions of PyTorch, with the learning rate $\eta=%(rate)s$. Given are the start "
    r"$\theta_0$ and the gradients $g_1$ and $g_2$ of the loss, at the start and after the first step."
)
PARTS = {  # of a step, by the nodes that they find
    "Step %(number)s: what is kept of all gradients so far.": ("m", "v"),
    "Step %(number)s: the means corrected.": ("M", "V"),
    "Step %(number)s: the weights move.": ("theta",),
}
PROBLEM = OptimizerStep()
