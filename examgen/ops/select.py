"""Ops that read labels: true-class scores, softmax and cross-entropy. Classes lie along the last axis, labels count from 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from examgen.ops import _cells as cells
from examgen.ops._op import Op, Shape, ShapeError

if TYPE_CHECKING:
    from examgen.graph import Builder, Node, Ref

LINEAR = "CS231n, linear classification"
BRIDLE = "Bridle, 1990; CS231n, linear classification"


def _labelled(scores: Shape, labels: Shape) -> Shape:
    if len(scores) < 1 or scores[:-1] != labels:
        raise ShapeError(f"labels of shape {labels} do not fit scores of shape {scores}: one label for each row")
    return scores


def _pick_shape(attrs: dict[str, Any], scores: Shape, labels: Shape) -> Shape:
    rows = _labelled(scores, labels)[:-1]
    return (*rows, 1) if attrs["keepdims"] else rows


def _others_shape(attrs: dict[str, Any], scores: Shape, labels: Shape) -> Shape:
    return (*_labelled(scores, labels)[:-1], scores[-1] - 1)


def _pick(b: Builder, node: Node, g: Ref) -> tuple[Ref | None, ...]:
    scores, labels = b.inputs(node)
    if not node["keepdims"]:
        g = b.op("spread", g, axes=(-1,), shape=(*g.shape, 1))
    return g * b.one_hot(labels, scores.shape[-1]), None


def _others(b: Builder, node: Node, g: Ref) -> tuple[Ref | None, ...]:
    scores, labels = b.inputs(node)
    return b.op("put_others", g, labels, shape=scores.shape), None


def _softmax(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    p = b.ref(node)
    return (p * (g - b.reduce("sum", g * p, axes=(-1,), keepdims=True)),)


def _cross_entropy(b: Builder, node: Node, g: Ref) -> tuple[Ref | None, ...]:
    scores, labels = b.inputs(node)
    rows = b.op("spread", g, axes=(-1,), shape=(*g.shape, 1))
    return rows * (b.op("softmax", scores) - b.one_hot(labels, scores.shape[-1])), None


def _softmax_on_paper(b: Builder, node: Node, name: str | None) -> Ref:
    (scores,) = b.inputs(node)
    exponentials = b.op("exp", scores)
    return b.op("div", exponentials, b.reduce("sum", exponentials, axes=(-1,), keepdims=True), name=name)


def _cross_entropy_on_paper(b: Builder, node: Node, name: str | None) -> Ref:
    scores, labels = b.inputs(node)
    true = b.op("pick", b.op("softmax", scores), labels, keepdims=False)
    return b.op("neg", b.op("log", true), name=name)


def _shifted(b: Builder, scores: Ref) -> Ref:
    return b.op("sub", scores, b.reduce("amax", scores, axes=(-1,), keepdims=True))


def _softmax_shifted(b: Builder, node: Node, name: str | None) -> Ref:
    (scores,) = b.inputs(node)
    exponentials = b.op("exp", _shifted(b, scores))
    return b.op("div", exponentials, b.reduce("sum", exponentials, axes=(-1,), keepdims=True), name=name)


def _log_of_sum(b: Builder, node: Node, name: str | None) -> Ref:
    """ln of the sum of exponentials, less the true class's score."""
    scores, labels = b.inputs(node)
    return _log_sum_less(b, scores, labels, name)


def _log_of_sum_shifted(b: Builder, node: Node, name: str | None) -> Ref:
    scores, labels = b.inputs(node)
    return _log_sum_less(b, _shifted(b, scores), labels, name)


def _log_sum_less(b: Builder, scores: Ref, labels: Ref, name: str | None) -> Ref:
    total = b.op("log", b.reduce("sum", b.op("exp", scores), axes=(-1,)))
    return b.op("sub", total, b.op("pick", scores, labels, keepdims=False), name=name)


SELECT = (
    Op("pick", _pick_shape, _pick, latex="{0}_{{y}}", gate="y", source=LINEAR, cell=cells.pick),
    Op("others", _others_shape, _others, latex="{0}_{{j \\ne y}}", gate="j \\ne y", source=LINEAR, cell=cells.others),
    Op(
        "softmax", lambda attrs, x: x, _softmax, expand=_softmax_on_paper, transcendental=True,
        latex="\\operatorname{{softmax}}({0})", gate="softmax", source=BRIDLE,
        cell=cells.softmax,
        ways=(_softmax_on_paper, _softmax_shifted),
    ),
    Op(
        "cross_entropy", lambda attrs, x, y: _labelled(x, y)[:-1], _cross_entropy,
        expand=_cross_entropy_on_paper, transcendental=True,
        latex="-\\ln \\operatorname{{softmax}}({0})_{{y}}", gate="-\\ln p", source=BRIDLE,
        cell=cells.cross_entropy,
        ways=(_cross_entropy_on_paper, _log_of_sum, _log_of_sum_shifted),
    ),
    Op("one_hot", lambda attrs, labels: (*labels, attrs["classes"]), source="1 at the label, 0 elsewhere", cell=cells.one_hot),
    Op(
        "put_others", lambda attrs, g, labels: tuple(attrs["shape"]), source="transpose of others: zero at the label",
        cell=cells.put_others,
    ),
)
