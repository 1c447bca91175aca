"""The affine classifier in plain Python and in PyTorch: `W @ x + b`, a loss, the squares of the weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import torch
import torch.nn.functional as F

from tests.oracles.direct import Expected, decimal, precise
from tests.oracles.torch_code import tensor

EXTRAS: dict[str, dict[str, Any]] = {
    "four_classes": {"classes": 4, "features": 2, "strength": Fraction(1, 4)},
    "softmax_square": {"loss": "softmax", "classes": 2, "features": 2, "strength": Fraction(1, 2)},
    "softmax_alone": {"loss": "softmax", "classes": 4, "features": 1, "gradient": False},
}
FURTHER: list[dict[str, Any]] = []


def slopes_of_hinge(f: Any, y: int, *, own: bool, margin: int, hinge: bool, sign: int, squared: bool) -> tuple[Any, list[Any]]:
    """Loss and its slope at every score."""
    gaps = [sign * (s - f[y]) + margin if j != y else Fraction(margin * own) for j, s in enumerate(f)]
    terms = [max(Fraction(0), gap) for gap in gaps] if hinge else gaps
    counted = [(j != y) * (2 * term if squared else 1) * (term > 0 or not hinge) for j, term in enumerate(terms)]
    slopes = [Fraction(sign) * each for each in counted]
    slopes[y] = -sum(slopes)
    return sum(term**2 if squared else term for term in terms), slopes


def slopes_of_softmax(f: Any, y: int, *, ten: bool, minus: int, log: bool, power: bool, whole: bool, one: bool) -> Any:
    """Loss, slopes and the true class's probability; p - 1 and p are the slopes whatever becomes of the loss."""
    weights = [decimal(s).exp() if power else decimal(s) for s in f]
    shares = [weight / (sum(weights) - (0 if whole else weights[y])) for weight in weights]
    p = shares[y]
    loss = None if log and p <= 0 else -minus * (p.log10() if ten else p.ln()) if log else p
    return loss, [share - (one and j == y) for j, share in enumerate(shares)], p


@precise
def direct(
    params: Any, data: Mapping[str, Any], *, bias: int = 1, predicted: bool = False, absolute: bool = False,
    strength: Fraction | None = None, penalty: Fraction = Fraction(2), outer: bool = True, **loss: Any,
) -> Expected:
    """Loops over classes and numbers of the image; `loss` holds the mistakes of a loss."""
    weights, x = data["W"], data["x"]
    f = [sum((Fraction(w) * v for w, v in zip(row, x, strict=True)), Fraction(0)) + bias * b
         for row, b in zip(weights, data["b"], strict=True)]
    y = f.index(max(f)) if predicted else data["label"]
    boxes: Expected = {"f": f}
    if params.loss == "svm":
        value, slopes = slopes_of_hinge(f, y, **{**HINGE, **loss})
    else:
        value, slopes, boxes["p"] = slopes_of_softmax(f, y, **{**SOFTMAX, **loss})
    squares = sum(abs(w) if absolute else Fraction(w) ** 2 for row in weights for w in row)
    factor = params.strength if strength is None else strength
    boxes |= {"data_loss": value, "R": squares, "loss": None if value is None else value + plus(factor * squares, value)}
    if params.gradient:
        boxes["dW"] = [
            [slope * (v if outer else 1) + plus(factor * (abs(w) / Fraction(w) if absolute else penalty * w), slope)
             for w, v in zip(row, x, strict=True)]
            for slope, row in zip(slopes, weights, strict=True)
        ]
    return boxes


def plus(part: Fraction, beside: Any) -> Any:
    """A fraction as what it is added to."""
    return part if isinstance(beside, (int, Fraction)) else decimal(part)


HINGE: dict[str, Any] = {"own": False, "margin": 1, "hinge": True, "sign": 1, "squared": False}
SOFTMAX: dict[str, Any] = {"ten": False, "minus": 1, "log": True, "power": True, "whole": True, "one": True}


def by_torch(params: Any, data: Mapping[str, Any], times: float = 1) -> Expected:
    """`multi_margin_loss` or `cross_entropy` of `W @ x + b`, the penalty by `torch.sum`, the gradient by autograd."""
    weights = tensor(data["W"]).requires_grad_()
    f = weights @ tensor(data["x"]) + tensor(data["b"])
    rows, label = f.unsqueeze(0), torch.tensor([data["label"]])
    softmax = params.loss == "softmax"
    loss = F.cross_entropy(rows, label) if softmax else F.multi_margin_loss(rows, label) * params.classes
    penalty = (weights * weights).sum()
    total = loss + times * float(params.strength) * penalty
    boxes: Expected = {"f": f.tolist(), "data_loss": loss.item(), "R": penalty.item(), "loss": total.item()}
    if softmax:
        boxes["p"] = F.softmax(f, dim=0)[data["label"]].item()
    if params.gradient:
        boxes["dW"] = torch.autograd.grad(total, weights)[0].tolist()
    return boxes


def misused_torch(params: Any, data: Mapping[str, Any]) -> Expected:
    """As `weight_decay` has it, with half of the square."""
    return by_torch(params, data, times=0.5)


def with_(**options: Any) -> Callable[[Any, Any], Expected]:
    return lambda params, data: direct(params, data, **options)


def svm(params: Any) -> bool:
    return bool(params.loss == "svm")


MISTAKES = {
    "bias forgotten": (lambda p: True, with_(bias=0)),
    "no regularisation": (lambda p: True, with_(strength=Fraction(0))),
    "half of its slope": (lambda p: p.gradient, with_(penalty=Fraction(1))),
    "sign reversed": (svm, with_(sign=-1)),
    "log base ten": (lambda p: not svm(p), with_(ten=True)),
}
WRONG = [
    *((key, label, with_(**options)) for label in ("svm", "softmax") for key, options in {
        "affine_bias": {"bias": 0}, "loss_wrong_label": {"predicted": True}, "affine_squares": {"absolute": True},
        "affine_strength": {"strength": Fraction(1)}, "affine_penalty_slope": {"penalty": Fraction(1)},
        "affine_penalty": {"penalty": Fraction(0)}, "affine_input": {"outer": False},
    }.items()),
    *((key, "svm", with_(**options)) for key, options in {
        "svm_true_counted": {"own": True}, "svm_margin_forgotten": {"margin": 0}, "svm_max_forgotten": {"hinge": False},
        "svm_sign": {"sign": -1}, "svm_squared": {"squared": True},
    }.items()),
    *((key, "softmax", with_(**options)) for key, options in {
        "softmax_log10": {"ten": True}, "softmax_no_minus": {"minus": -1}, "softmax_no_log": {"log": False},
        "softmax_no_exp": {"power": False}, "softmax_denominator": {"whole": False}, "softmax_grad_minus_one": {"one": False},
    }.items()),
]
