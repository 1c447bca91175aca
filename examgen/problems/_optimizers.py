"""Optimizers by the conventions of `torch.optim`: two steps as a graph, the habits that lead elsewhere, and what is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from examgen.graph import Builder, Graph, Ref
from examgen.mistakes import Mistake
from examgen.model import Reminder

DATA = ("theta0", "g1", "g2")


@dataclass(frozen=True)
class Habits:
    """How somebody makes the steps; as it stands, soundly."""

    descends: bool = True
    rated: bool = True
    going_on: bool = True  # the second step begins where the first has ended
    twice: bool = True  # the second step is made
    keeps: bool = True  # the velocity before
    averages: bool = False  # the velocity before with the new gradient
    corrects: bool = True
    powers: bool = True  # of beta, step by step
    roots: bool = True
    exchanges: bool = False  # one beta for the other


SOUND = Habits()


def dims_of(params: Any) -> tuple[int, ...]:
    """One weight is a lone number."""
    return (params.weights,) if params.weights > 1 else ()


def step_mistakes(params: Any) -> Iterator[Mistake]:
    """Of every step, then of its rule."""
    for key, (says, habit) in {**HABITS[""], **HABITS[params.optimizer]}.items():
        yield Mistake(key, says, _made_by(params, Habits(**habit)))


def _made_by(params: Any, habits: Habits) -> Callable[[Graph], Graph]:
    return lambda graph: two_steps(params, habits)


def two_steps(params: Any, habits: Habits = SOUND) -> Graph:
    """Both steps, node by node under the same names whatever the habits."""
    b = Builder()
    start, *gradients = (b.input(name, dims_of(params)) for name in DATA)
    rate = b.const(params.rate if habits.rated else 1, "eta")
    direction = {"sgd": _plain, "momentum": _momentum, "adam": _adam}[params.optimizer](b, params, habits)
    here = start
    for t, g in enumerate(gradients, start=1):
        origin, way = here if habits.going_on else start, rate * direction(t, g)
        if t == 2 and not habits.twice:
            here = b.op("add", here, b.const(0), name="theta2")
        else:
            here = b.op("sub" if habits.descends else "add", origin, way, name=f"theta{t}")
    return b.build(here)


Direction = Callable[[int, Ref], Ref]  # of the number of a step and its gradient


def _plain(b: Builder, params: Any, habits: Habits) -> Direction:
    return lambda t, g: g


def _momentum(b: Builder, params: Any, habits: Habits) -> Direction:
    """The velocity; PyTorch begins with the first gradient itself, and takes each new one whole."""
    kept = b.const(params.momentum if habits.keeps else 0, "mu")
    return _running(b, "v", kept, b.const(1) - kept if habits.averages else b.const(1))


def _adam(b: Builder, params: Any, habits: Habits) -> Direction:
    """Means of gradients and of their squares, both corrected for their start at 0."""
    shares = (params.beta2, params.beta1) if habits.exchanges else (params.beta1, params.beta2)
    mean, square = (_corrected(b, letter, b.const(share, name), habits) for letter, share, name in zip(
        "mv", shares, ("beta1", "beta2"), strict=True
    ))

    def direction(t: int, g: Ref) -> Ref:
        above, below = mean(t, g), square(t, b.power(g, 2))
        return above / (b.op("sqrt", below) if habits.roots else below)

    return direction


def _running(b: Builder, letter: str, kept: Ref, share: Ref) -> Direction:
    """What is left of all before, and a share of what is new."""
    before: list[Ref] = []

    def running(t: int, new: Ref) -> Ref:
        own = (kept * before[-1], share * new) if before else (share, new)
        before.append(b.op("add" if before else "mul", *own, name=f"{letter}{t}"))
        return before[-1]

    return running


def _corrected(b: Builder, letter: str, beta: Ref, habits: Habits) -> Direction:
    one = b.const(1)
    mean = _running(b, letter, beta, one - beta)

    def corrected(t: int, new: Ref) -> Ref:
        power = b.power(beta, t if habits.powers else 1)
        return b.op("div", mean(t, new), one - power if habits.corrects else one, name=f"{letter.upper()}{t}")

    return corrected


HABITS: Mapping[str, Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "": {
        "opt_sign": ("A step goes against the gradient: it is subtracted.", {"descends": False}),
        "opt_rate": ("The step is multiplied by the learning rate.", {"rated": False}),
        "opt_one_step": ("The second step is made too, with its own gradient.", {"twice": False}),
        "opt_start": ("The second step begins where the first has ended.", {"going_on": False}),
    },
    "sgd": {},
    "momentum": {
        "opt_no_velocity": ("The velocity of the step before is kept, times the momentum.", {"keeps": False}),
        "opt_dampened": ("In PyTorch the new gradient enters the velocity whole.", {"averages": True}),
    },
    "adam": {
        "opt_no_correction": ("Both means are corrected for their start at 0.", {"corrects": False}),
        "opt_correction_power": ("The correction of step t takes beta to the power t.", {"powers": False}),
        "opt_no_root": ("The step is divided by the root of the mean square.", {"roots": False}),
        "opt_betas": ("Beta 1 belongs to the gradient, beta 2 to its square.", {"exchanges": True}),
    },
}
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
            r"Both means are bias-corrected, since they start at 0: $$M_t=\frac{m_t}{1-\beta_1^t},\quad "
            r"V_t=\frac{v_t}{1-\beta_2^t},\quad \theta_t=\theta_{t-1}-\eta\,\frac{M_t}{\sqrt{V_t}}$$"
        ),
        "epsilon": (
            r"PyTorch adds $\varepsilon=10^{-8}$ to the root, so that nothing is divided by 0; it is omitted here, since it "
            "does not change the answers."
        ),
    },
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
