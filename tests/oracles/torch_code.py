"""The tasks in PyTorch's own words: its loss functions, convolution and pooling, differentiated by autograd."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F

from tests.oracles.direct import Expected, conv_boxes


def tensor(value: Any) -> torch.Tensor:
    return torch.tensor(_floats(value), dtype=torch.float64)


def _floats(value: Any) -> Any:
    return [_floats(part) for part in value] if isinstance(value, (tuple, list)) else float(value)


def _loss_boxes(params: Any, scores: torch.Tensor, losses: torch.Tensor) -> Expected:
    """`scores` as printed; the gradient comes back through a transpose where columns are images."""
    loss = losses.mean() if params.reduction == "mean" else losses.sum()
    boxes: Expected = {f"losses[{i}]": value for i, value in enumerate(losses.tolist())}
    boxes["loss"] = loss.item()
    if params.gradient:
        boxes["dscores"] = torch.autograd.grad(loss, scores)[0].tolist()
    return boxes


def svm(params: Any, data: Mapping[str, Any], *, times_classes: bool = True) -> Expected:
    """`multi_margin_loss` divides each loss by the number of classes, which no course does: multiplied back."""
    scores = tensor(data["scores"]).requires_grad_()
    losses = F.multi_margin_loss(
        scores if params.class_axis == 1 else scores.T,
        torch.tensor(data["labels"]),
        p=2 if params.squared else 1,
        margin=float(params.margin),
        reduction="none",
    )
    return _loss_boxes(params, scores, losses * params.classes if times_classes else losses)


def softmax(params: Any, data: Mapping[str, Any]) -> Expected:
    """`cross_entropy`; the probabilities are read back from the losses."""
    given = tensor(data["scores"])
    scores = (given.log() if params.log_scores else given).requires_grad_()
    rows = scores if params.class_axis == 1 else scores.T
    losses = F.cross_entropy(rows, torch.tensor(data["labels"]), reduction="none")
    shares = {f"p[{i}]": p for i, p in enumerate((-losses).exp().tolist())}
    return shares | _loss_boxes(params, scores, losses)


def conv(params: Any, data: Mapping[str, Any], *, turned: bool = False) -> Expected:
    """`conv2d`, `relu`, `max_pool2d` or `avg_pool2d`; `turned` filters (wrong on purpose) give convolution proper."""
    image, kernels = (tensor(data[name]).requires_grad_() for name in ("image", "kernels"))
    bias = tensor(data["bias"]).requires_grad_() if params.bias else None
    laid = kernels.flip(-1, -2) if turned else kernels
    how = {"stride": params.stride, "padding": params.padding, "dilation": params.dilation}
    maps = last = F.conv2d(image.unsqueeze(0), laid, bias, **how)
    found: dict[str, Any] = {"conv": maps[0].tolist()}
    if params.relu:
        last = F.relu(last)
        found["relu"] = last[0].tolist()
    if params.pool != "none":
        pool = F.max_pool2d if params.pool == "max" else F.avg_pool2d
        last = pool(last, params.pool_size, params.pool_stride)
        found["pooled"] = last[0].tolist()
    if params.gradient == "none":
        return conv_boxes(params, found)
    target = (last[0] * tensor(data["upstream"])).sum() if params.gradient == "upstream" else None
    if target is None:
        target = F.mse_loss(last[0], tensor(data["target"]), reduction="sum") / 2
        found["loss"] = target.item()
    leaves = {"dconv": maps, "dkernels": kernels, "dimage": image} | ({} if bias is None else {"dbias": bias})
    gradients = torch.autograd.grad(target, list(leaves.values()))
    found |= {name: gradient.tolist() for name, gradient in zip(leaves, gradients, strict=True)}
    found["dconv"] = found["dconv"][0]
    return conv_boxes(params, found)
