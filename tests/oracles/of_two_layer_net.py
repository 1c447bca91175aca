"""The two-layer network as the lecture's listing has it, in plain Python line by line, and as a `torch.nn` module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import torch
import torch.nn.functional as F

from tests.oracles import networks
from tests.oracles.direct import Expected, decimal, precise, transposed
from tests.oracles.networks import Mistake, Rows, boxed, linear, plus, row_times
from tests.oracles.torch_code import tensor

STEPPED = ("w1", "b1", "w2", "b2")
EXTRAS: dict[str, dict[str, Any]] = {
    "everything": {
        "samples": 2, "inputs": 3, "hidden": 2, "outputs": 2, "bias": True, "activation": "sigmoid", "rate": Fraction(1, 20),
    },
    "classes": {"samples": 2, "hidden": 2, "outputs": 3, "bias": True, "loss": "softmax", "rate": Fraction(1, 10)},
    "sigmoid": {"hidden": 2, "outputs": 2, "activation": "sigmoid", "loss": "softmax"},
    "tanh": {"hidden": 2, "activation": "tanh", "rate": Fraction(1, 10)},
}


def sigmoid(z: Any) -> Decimal:
    return 1 / (1 + (-decimal(z)).exp())


def matmul(x: Rows, w: Rows) -> list[list[Any]]:
    return [row_times(row, w) for row in x]


def cellwise(function: Callable[..., Any], *tables: Rows) -> list[list[Any]]:
    return [[function(*cells) for cells in zip(*rows, strict=True)] for rows in zip(*tables, strict=True)]


def ones(table: Rows) -> list[list[int]]:
    return [[1] * len(row) for row in table]


ACT: dict[str, Callable[[Any], Any]] = {"relu": lambda h: max(h, 0), "sigmoid": sigmoid, "tanh": networks.tanh}
SLOPE: dict[str, Callable[[Any, Any], Any]] = {  # of h and its activation
    "relu": lambda h, a: int(h > 0), "sigmoid": lambda h, a: a * (1 - a), "tanh": lambda h, a: 1 - a * a,
}


@precise
def direct(
    params: Any, data: Mapping[str, Any], *, linear_units: bool = False, factor: int = 2, squares: bool = True,
    slope: Callable[[Any, Any], Any] | None = None, local: bool = False, ascent: bool = False, rate: Any = None,
    soft: Mapping[str, bool] = {},
) -> Expected:
    """As the listing says it; a wrong option is a mistake. `local` takes 1 for what comes from above in layers and units."""
    single = params.samples == 1
    number = Fraction if params.activation == "relu" and params.loss == "squared" else decimal
    given = {name: cast(value, number) for name, value in data.items() if name != "labels"}
    x = [given["x"]] if single else given["x"]
    biases = [given.get(name, [number(0)] * width) for name, width in (("b1", params.hidden), ("b2", params.outputs))]
    act, sloped = ACT[params.activation], slope or SLOPE[params.activation]
    if linear_units:
        act, sloped = lambda h: h, lambda h, a: 1
    h = [plus(row, biases[0]) for row in matmul(x, given["w1"])]
    a = cellwise(act, h)
    y_pred = [plus(row, biases[1]) for row in matmul(a, given["w2"])]
    found: dict[str, Any] = {"h": h, "y_pred": y_pred}
    if params.loss == "squared":
        e = cellwise(lambda p, t: p - t, y_pred, [given["y"]] if single else given["y"])
        found["loss"] = sum(cell * cell if squares else cell for row in e for cell in row)
        grad_y_pred = cellwise(lambda cell: factor * cell, e) if squares else ones(e)
    else:
        labels = [data["labels"]] if single else data["labels"]
        found["probabilities"], found["loss"], grad_y_pred = softmax(y_pred, labels, **soft)
    above = ones(grad_y_pred) if local else grad_y_pred
    grad_a = matmul(above, transposed(given["w2"]))
    grad_h = cellwise(lambda g, cell, unit: sloped(cell, unit) * (1 if local else g), grad_a, h, a)
    gradients = {
        "w2": matmul(transposed(a), above), "w1": matmul(transposed(x), ones(grad_h) if local else grad_h),
        "b2": plus(*grad_y_pred), "b1": plus(*grad_h),
    }
    found |= {"dh": grad_h} | {f"d{name}": gradient for name, gradient in gradients.items()}
    taken = (params.rate if rate is None else rate) * (-1 if ascent else 1)
    for name in STEPPED if params.rate else ():
        if name in given:
            found[f"{name}_new"] = stepped(given[name], gradients[name], number(taken))
    rows = ("h", "y_pred", "dh", "probabilities")
    return boxed({key: value[0] if single and key in rows else value for key, value in found.items()})


def cast(value: Any, number: Callable[[Any], Any]) -> Any:
    return [cast(part, number) for part in value] if isinstance(value, (list, tuple)) else number(value)


def stepped(weights: Any, gradient: Any, rate: Any) -> Any:
    if isinstance(weights, list):
        return [stepped(w, g, rate) for w, g in zip(weights, gradient, strict=True)]
    return weights - rate * gradient


def softmax(
    scores: Rows, labels: Sequence[int], *, ten: bool = False, minus: bool = True, logarithm: bool = True, powers: bool = True,
    without_true: bool = False, less_one: bool = True,
) -> tuple[Any, Any, Any]:
    """Probabilities, the sum of the losses, and p - 1 back at the scores."""
    rows, loss, back = [], Decimal(0), []
    for row, y in zip(scores, labels, strict=True):
        weights = [cell.exp() if powers else cell for cell in row]
        p = [w / (sum(weights) - (weights[y] if without_true else 0)) for w in weights]
        log = (p[y].log10() if ten else p[y].ln()) if logarithm and p[y] > 0 else None
        part = p[y] if not logarithm else None if log is None else -log if minus else log
        loss = None if part is None or loss is None else loss + part
        rows.append(p)
        back.append([cell - (k == y and less_one) for k, cell in enumerate(p)])
    return rows, loss, back


def _wrongly(**options: Any) -> Callable[[Any, Any], Expected]:
    return lambda params, data: direct(params, data, **options)


def _without_bias(params: Any, data: Mapping[str, Any]) -> Expected:
    zeros = {name: [0] * len(data[name]) for name in ("b1", "b2")}
    return direct(params, {**data, **zeros})


def _transposed(params: Any, data: Mapping[str, Any]) -> Expected:
    return direct(params, {**data, "w1": transposed(data["w1"])})


MISTAKES: dict[str, Mistake] = {
    "no activation": (lambda p: True, _wrongly(linear_units=True)),
    "factor 2": (lambda p: p.loss == "squared", _wrongly(factor=1)),
    "p for p - 1": (lambda p: p.loss == "softmax", _wrongly(soft={"less_one": False})),
    "nothing masked": (lambda p: p.activation == "relu", _wrongly(slope=lambda h, a: 1)),
    "ascent": (lambda p: p.rate > 0, _wrongly(ascent=True)),
    "another rate": (lambda p: p.rate > 0, _wrongly(rate=1)),
}
WRONG: list[tuple[str, str, Callable[[Any, Any], Expected]]] = [
    ("net_activation", "relu", _wrongly(linear_units=True)),
    ("net_activation", "softmax", _wrongly(linear_units=True)),
    ("net_bias", "batch", _without_bias),
    ("net_transposed", "relu_step", _transposed),
    ("net_square", "relu_step", _wrongly(squares=False)),
    ("net_factor", "batch", _wrongly(factor=1)),
    ("net_mask", "batch", _wrongly(slope=lambda h, a: 1)),
    ("bp_upstream", "relu", _wrongly(local=True)),
    ("bp_upstream", "softmax", _wrongly(local=True)),
    ("bp_relu", "relu_step", _wrongly(slope=lambda h, a: a)),
    ("bp_tanh", "softmax", _wrongly(slope=lambda h, a: 1 - a)),
    ("bp_sigmoid", "sigmoid", _wrongly(slope=lambda h, a: a)),
    ("bp_sigmoid_one_minus", "everything", _wrongly(slope=lambda h, a: 1 - a)),
    ("net_ascent", "relu_step", _wrongly(ascent=True)),
    ("net_rate", "relu_step", _wrongly(rate=1)),
    ("softmax_grad_minus_one", "softmax", _wrongly(soft={"less_one": False})),
    ("softmax_log10", "softmax", _wrongly(soft={"ten": True})),
    ("softmax_no_minus", "softmax", _wrongly(soft={"minus": False})),
    ("softmax_no_log", "softmax", _wrongly(soft={"logarithm": False})),
    ("softmax_no_exp", "softmax", _wrongly(soft={"powers": False})),
    ("softmax_denominator", "softmax", _wrongly(soft={"without_true": True})),
]
FURTHER = [{"activation": "sigmoid"}]


class TwoLayerNet(torch.nn.Module):
    """As in the lecture, with the activation and the loss that the task names."""

    def __init__(self, params: Any, data: Mapping[str, Any]) -> None:
        super().__init__()
        self.linear1, self.linear2 = linear(data, "w1", "b1"), linear(data, "w2", "b2")
        self.activation = {"relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}[params.activation]

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        h = self.linear1(x)
        return h, self.linear2(self.activation(h))


def by_torch(params: Any, data: Mapping[str, Any]) -> Expected:
    """`mse_loss` or `cross_entropy`, added over the examples; `torch.optim.SGD` takes the step."""
    model = TwoLayerNet(params, data)
    h, y_pred = model(tensor(data["x"]))
    h.retain_grad()
    if params.loss == "squared":
        loss = F.mse_loss(y_pred, tensor(data["y"]), reduction="sum")
    else:
        loss = F.cross_entropy(y_pred, torch.tensor(data["labels"]), reduction="sum")
    loss.backward()
    found: dict[str, Any] = {"h": h, "y_pred": y_pred, "loss": loss, "dh": h.grad}
    found["probabilities"] = torch.softmax(y_pred, -1)
    layers = {"1": model.linear1, "2": model.linear2}
    for place, layer in layers.items():
        found[f"dw{place}"] = layer.weight.grad.T
        found |= {f"db{place}": layer.bias.grad} if params.bias else {}
    if params.rate:
        torch.optim.SGD(model.parameters(), lr=float(params.rate)).step()
    for place, layer in layers.items():
        found[f"w{place}_new"] = layer.weight.T
        found |= {f"b{place}_new": layer.bias} if params.bias else {}
    return boxed({key: value.tolist() for key, value in found.items()})


def misused_torch(params: Any, data: Mapping[str, Any]) -> Expected:
    """The first layer's weights with the other sign."""
    return by_torch(params, {**data, "w1": [[-cell for cell in row] for row in data["w1"]]})
