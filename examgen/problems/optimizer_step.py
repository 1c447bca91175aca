"""Two steps of an optimizer on given gradients, by the conventions of `torch.optim`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any

from examgen.drawing import Stream
from examgen.errors import InputError
from examgen.formula import symbol
from examgen.graph import UNNAMED, Graph, Node
from examgen.mistakes import Mistake
from examgen.model import Ask, Convention, Exact, Instance, Reminder, Step, shape
from examgen.narration import Worked, given, grids, indices
from examgen.points import HALF
from examgen.problem import Preset, Problem, ResultField, param
from examgen.problems._lists import listed
from examgen.problems._optimizers import DATA, dims_of, step_mistakes, two_steps


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
    example = "theta0=2 g1=3 g2=-1 --optimizer adam"
    presets = {
        "sgd": Preset(Params("sgd", weights=2), (2, 3), "quiz"),
        "momentum": Preset(Params("momentum", weights=2), (4, 4)),
        "adam": Preset(Params("adam", limit=9), (8, 10), calculator="scientific", room=20_000),
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
        """Where each step leads, and of the second one what it is made of."""
        dims, inner = dims_of(params), {"sgd": (), "momentum": ("v2",), "adam": ("M2", "V2")}[params.optimizer]
        asked = {"theta1": Fraction(1), **dict.fromkeys(inner, HALF), "theta2": Fraction(1)}
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

    def sizes(self, given: Mapping[str, Any], data: Mapping[str, Exact]) -> dict[str, Any]:
        if missing := [name for name in DATA if name not in data]:
            raise InputError(f"data has no {missing[0]!r}: give {', '.join(DATA)}, a number or a list each")
        return {"weights": len(listed(data["theta0"]))}

    def completed(self, params: Params, data: dict[str, Exact]) -> dict[str, Exact]:
        """Lists, or tables of one row; one weight is a lone number."""
        rows = {name: listed(value) for name, value in data.items()}
        return {name: row[0] if shape(row) == (1,) else row for name, row in rows.items()}


def _made_on_the_way(graph: Graph) -> list[Node]:
    return [node for node in graph.nodes if node.op not in ("input", "const") and not node.name.startswith(UNNAMED)]


EACH = "Each weight has a step of its own; the first index counts the steps, the second the weights."
START = (
    r"An optimizer makes two steps by the conventions of PyTorch, with the learning rate $\eta=%(rate)s$. Given are the start "
    r"$\theta_0$ and the gradients $g_1$ and $g_2$ of the loss, at the start and after the first step."
)
RULE = {
    "sgd": {"rule": r"Gradient descent (SGD): $$\theta_t=\theta_{t-1}-\eta\,g_t$$"},
    "momentum": {
        "rule": (
            r"SGD with momentum $\mu=%(momentum)s$: $$v_t=\mu\,v_{t-1}+g_t,\quad \theta_t=\theta_{t-1}-\eta\,v_t$$"
        ),
        "first": "The first velocity is the first gradient, $v_1=g_1$, and each new gradient counts whole (no dampening).",
    },
    "adam": {
        "rule": (
            r"Adam with $\beta_1=%(beta1)s$ and $\beta_2=%(beta2)s$: $$m_t=\beta_1 m_{t-1}+(1-\beta_1)\,g_t,\quad "
            r"v_t=\beta_2 v_{t-1}+(1-\beta_2)\,g_t^2,\quad m_0=v_0=0$$"
        ),
        "correction": (
            r"Both means are corrected for their start at 0: $$M_t=\frac{m_t}{1-\beta_1^t},\quad V_t=\frac{v_t}{1-\beta_2^t},"
            r"\quad \theta_t=\theta_{t-1}-\eta\,\frac{M_t}{\sqrt{V_t}}$$"
        ),
        "epsilon": (
            r"PyTorch adds $\varepsilon=10^{-8}$ to the root, so that nothing is divided by 0; it is left out here, since no "
            "answer shows it."
        ),
    },
}
PARTS = {  # of a step, by the nodes that they find
    "Step %(number)s: what is kept of all gradients so far.": ("m", "v"),
    "Step %(number)s: the means corrected.": ("M", "V"),
    "Step %(number)s: the weights move.": ("theta",),
}
REMINDERS = {
    "sgd": (Reminder("Gradient descent:", r"\theta_t=\theta_{t-1}-\eta\,g_t"),),
    "momentum": (Reminder("SGD with momentum:", r"v_t=\mu\,v_{t-1}+g_t,\quad \theta_t=\theta_{t-1}-\eta\,v_t"),),
    "adam": (
        Reminder("Adam, means:", r"m_t=\beta_1 m_{t-1}+(1-\beta_1)\,g_t,\quad v_t=\beta_2 v_{t-1}+(1-\beta_2)\,g_t^2"),
        Reminder("Adam, corrections:", r"M_t=\frac{m_t}{1-\beta_1^t},\quad V_t=\frac{v_t}{1-\beta_2^t}"),
        Reminder("Adam, step:", r"\theta_t=\theta_{t-1}-\eta\,\frac{M_t}{\sqrt{V_t}}"),
    ),
}
PROBLEM = OptimizerStep()
