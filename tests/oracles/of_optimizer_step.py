"""Two steps of SGD, momentum and Adam in plain Python, weight by weight, and by `torch.optim` itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import torch

from examgen.model import cells
from tests.oracles.direct import Expected, decimal, precise
from tests.oracles.torch_code import tensor

EXTRAS: dict[str, dict[str, Any]] = {
    "adam_of_two": {"optimizer": "adam", "weights": 2, "beta1": Fraction(8, 10)},
    "one_weight": {"optimizer": "momentum", "rate": Fraction(1, 2), "momentum": Fraction(1, 2)},
    "slow": {"optimizer": "sgd", "weights": 3, "rate": Fraction(1, 100)},
}
FURTHER: list[dict[str, Any]] = []


def of_weight(
    p: Any, start: Any, gradients: Any, *, sign: int = -1, rate: Any = None, again: bool = False, stops: bool = False,
    keeps: bool = True, dampens: bool = False, corrects: bool = True, power: bool = True, root: bool = True,
    turned: bool = False,
) -> dict[str, Any]:
    """What one weight goes through; every option is a mistake."""
    here, found, v, m = Fraction(start), {}, Fraction(0), Fraction(0)
    one, two = (p.beta2, p.beta1) if turned else (p.beta1, p.beta2)
    for t, g in enumerate(map(Fraction, gradients), start=1):
        if p.optimizer == "adam":
            m, v = one * m + (1 - one) * g, two * v + (1 - two) * g * g
            k = t if power else 1
            found[f"M{t}"], found[f"V{t}"] = (m / (1 - one**k), v / (1 - two**k)) if corrects else (m, v)
            below = decimal(found[f"V{t}"]).sqrt() if root else decimal(found[f"V{t}"])
            way: Any = decimal(found[f"M{t}"]) / below
        elif p.optimizer == "momentum":
            mu = p.momentum if keeps else Fraction(0)
            v = mu * v + (1 - mu if dampens else 1) * g
            found[f"v{t}"] = way = v
        else:
            way = g
        factor, origin = sign * (p.rate if rate is None else rate), Fraction(start) if again else here
        here = decimal(origin) + decimal(factor) * way if p.optimizer == "adam" else origin + factor * way
        if stops and t == 2:
            here = found["theta1"]
        found[f"theta{t}"] = here
        here = Fraction(here)
    return found


@precise
def direct(params: Any, data: Mapping[str, Any], **mistake: Any) -> Expected:
    columns = zip(*(list(cells(data[name])) for name in ("theta0", "g1", "g2")), strict=True)
    each = [of_weight(params, start, gradients, **mistake) for start, *gradients in columns]
    return {name: [one[name] for one in each] if params.weights > 1 else each[0][name] for name in each[0]}


def by_torch(params: Any, data: Mapping[str, Any], eps: float = 0.0, **options: Any) -> Expected:
    """The parameter after each `step()`, and what the optimizer remembers of it."""
    theta = tensor(data["theta0"]).clone().requires_grad_()
    rate, betas = float(params.rate), (float(params.beta1), float(params.beta2))
    if params.optimizer == "adam":
        optimizer: Any = torch.optim.Adam([theta], rate, betas, eps=eps, **options)
    else:
        momentum = float(params.momentum) if params.optimizer == "momentum" else 0.0
        optimizer = torch.optim.SGD([theta], rate, momentum=momentum, **options)
    found: Expected = {}
    for t in (1, 2):
        theta.grad = tensor(data[f"g{t}"])
        optimizer.step()
        state = optimizer.state[theta]
        found[f"theta{t}"] = theta.detach().tolist()
        if params.optimizer == "adam":
            found[f"M{t}"] = (state["exp_avg"] / (1 - betas[0] ** t)).tolist()
            found[f"V{t}"] = (state["exp_avg_sq"] / (1 - betas[1] ** t)).tolist()
        elif params.optimizer == "momentum":
            found[f"v{t}"] = state["momentum_buffer"].tolist()
    return found


def misused_torch(params: Any, data: Mapping[str, Any]) -> Expected:
    """Climbing."""
    return by_torch(params, data, maximize=True)


def with_(**options: Any) -> Callable[[Any, Any], Expected]:
    return lambda params, data: direct(params, data, **options)


def of(optimizer: str) -> Callable[[Any], bool]:
    return lambda params: bool(params.optimizer == optimizer)


MISTAKES = {
    "uphill": (lambda p: True, with_(sign=1)),
    "no velocity": (of("momentum"), with_(keeps=False)),
    "no correction": (of("adam"), with_(corrects=False)),
    "no root": (of("adam"), with_(root=False)),
}
COMMON: dict[str, dict[str, Any]] = {
    "opt_sign": {"sign": 1}, "opt_rate": {"rate": Fraction(1)}, "opt_start": {"again": True}, "opt_one_step": {"stops": True},
}
OWN: dict[str, dict[str, dict[str, Any]]] = {
    "sgd": {},
    "momentum": {"opt_no_velocity": {"keeps": False}, "opt_dampened": {"dampens": True}},
    "adam": {
        "opt_no_correction": {"corrects": False}, "opt_correction_power": {"power": False}, "opt_no_root": {"root": False},
        "opt_betas": {"turned": True},
    },
}
WRONG = [(key, label, with_(**options)) for label, own in OWN.items() for key, options in (COMMON | own).items()]
