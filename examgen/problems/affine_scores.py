"""Scores of an affine classifier, f = Wx + b, a loss on them, L2 regularisation, and the gradient with respect to W."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from examgen.drawing import Stream
from examgen.errors import InputError
from examgen.graph import Builder, Graph, Node, Ref
from examgen.mistakes import Data, Mistake, local, node_replaced, passed, skipped
from examgen.model import Ask, Convention, Exact, Index, Instance, Reminder, Step, nest
from examgen.narration import Worked
from examgen.problem import Preset, Problem, param
from examgen.problems import _reminders as rules
from examgen.problems._affine_steps import steps
from examgen.problems._hinge import hinge_mistakes
from examgen.problems._score_mistakes import LABEL
from examgen.problems._softmax_mistakes import WITHOUT_ONE, softmax_mistakes

HIDDEN = {"svm_negative_score", "svm_only_worst"}  # by one image seldom shown
LETTERS = {"losses": "L_{1}", "loss": "L", "true_probabilities": "p_{y}"}
LEAST_PROBABILITY = 0.02


@dataclass(frozen=True)
class Params:
    loss: str = param("svm", "loss on the scores, of SVM with margin 1", choices=("svm", "softmax"))
    classes: int = param(3, "C, classes: rows of W", low=2, high=6)
    features: int = param(3, "D, numbers of the image: columns of W", low=1, high=6)
    strength: Fraction = param(Fraction(1, 10), "of the L2 regularisation, above 0", low=0, high=10, timed=False)
    gradient: bool = param(True, "ask for the gradient with respect to W")

    margin, squared = Fraction(1), False


class AffineScores(Problem):
    name = "affine_scores"
    title = "Affine classifier"
    source = "CS231n, linear classification"
    params = Params
    default = "svm"
    sized = {"W": ("classes", "features")}
    example = 'W="1 -2; 0 3; 2 1" x=2,1 b=0,1,-1 label=2'
    presets = {
        "svm_scores": Preset(Params(features=4, gradient=False), (5, 6)),
        "svm": Preset(Params(), (6, 7)),
        "softmax": Preset(Params("softmax", 3, 2), (9, 10), calculator="scientific"),
    }

    def check(self, params: Params) -> None:
        if params.strength <= 0:
            raise InputError(f"strength = {params.strength}: must be above 0")

    def draw(self, params: Params, stream: Stream) -> Instance:
        """A bias is what leads from a drawn row of W to a score that no other class has, and to no margin of 0."""
        scale, largest, far = (1, 3, 12) if params.loss == "svm" else (10, 15, 20)
        x = tuple(stream.integer(1, 4) for _ in range(params.features))
        rows, scores = list[tuple[int, ...]](), list[int]()
        while len(rows) < params.classes:
            row = tuple(stream.signed(1, largest) for _ in x)
            met = sum(w * value for w, value in zip(row, x, strict=True))
            taken = {score + way for score in scores for way in (-scale, 0, scale)}
            if near := [b for b in range(-4 * scale, 4 * scale + 1) if b and abs(met + b) <= far and met + b not in taken]:
                rows.append((*row, stream.choice(near)))
                scores.append(met + rows[-1][-1])
        weights, bias = tuple(_over(scale, row[:-1]) for row in rows), _over(scale, [row[-1] for row in rows])
        label = stream.choice([j for j in range(params.classes) if scores[j] != max(scores)])
        return Instance(self.name, params, {"W": weights, "x": x, "b": bias, "label": label})

    def graph(self, params: Params) -> Graph:
        b = Builder()
        weights, x = b.input("W", (params.classes, params.features)), b.input("x", (params.features,))
        bias, label = b.input("b", (params.classes,)), b.input("label", discrete=True)
        f = b.op("add", b.matmul(weights, x), bias, name="f")
        if params.loss == "svm":
            raised = b.op("others", f, label) - b.op("pick", f, label, keepdims=True, name="true_scores")
            margins = b.op("relu", b.op("add", raised, b.const(params.margin), name="raised"), name="margins")
            losses = b.reduce("sum", margins, name="losses")
        else:
            b.op("pick", b.op("softmax", f, name="probabilities"), label, keepdims=False, name="true_probabilities")
            losses = b.op("cross_entropy", f, label, name="losses")
        squares = b.reduce("sum", b.power(weights, 2, name="squares"), name="R")
        penalty = b.op("mul", b.const(params.strength), squares, name="penalty")
        return b.build(b.op("add", losses, penalty, name="loss"))

    def asks(self, params: Params) -> tuple[Ask, ...]:
        kind: Any = "integer" if params.loss == "svm" else "number"
        boxes = [Ask("f", "f", "f", "array", shape=(params.classes,), cell_kind=kind)]
        if params.loss == "softmax":
            boxes.append(Ask("p", "true_probabilities", LETTERS["true_probabilities"]))
        boxes += [Ask("data_loss", "losses", "L_{1}", kind), Ask("R", "R", "R", kind), Ask("loss", "loss", "L")]
        if params.gradient:
            dims = params.classes, params.features
            boxes.append(Ask("dW", "W", r"\partial L/\partial W", "array", True, shape=dims, points=Fraction(2)))
        return tuple(boxes)

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        params, true = instance.params, int(instance.data["label"]) + 1
        told = (
            Convention("scores", SCORES, {"true": true}),
            Convention("loss", LOSS[params.loss]),
            Convention("regularisation", REGULARISATION, {"strength": params.strength}),
        )
        return (*told, Convention("gradient", GRADIENT)) if params.gradient else told

    def reminders(self, params: Params) -> tuple[Reminder, ...]:
        return (SUM, *((rules.CHAIN, rules.TWICE, rules.SQUARE) if params.gradient else ()))

    def flaws(self, instance: Instance, values: Mapping[str, Any]) -> Iterator[str]:
        """There is a loss, the max acts, and no probability rounds to nothing."""
        if max(values["f"]) == values["f"][instance.data["label"]]:
            yield "the true class has the largest score"
        if 0 not in values.get("margins", (0,)):
            yield "no margin is met: the max never acts"
        if min(values.get("true_probabilities", (1,))) < LEAST_PROBABILITY:
            yield f"the true class's probability is below {LEAST_PROBABILITY}"

    def mistakes(self, params: Params) -> tuple[Mistake, ...]:
        hinge = (mistake for mistake in hinge_mistakes(params) if mistake.key not in HIDDEN)
        softmax = (*softmax_mistakes(averaged=False, labels="label"), WITHOUT_ONE)
        return (
            Mistake("affine_bias", BIAS, skipped("f")),
            Mistake("loss_wrong_label", LABEL, reading=_predicted),
            *(hinge if params.loss == "svm" else softmax),
            Mistake("affine_squares", SQUARES, node_replaced("squares", _absolute)),
            Mistake("affine_strength", STRENGTH, node_replaced("penalty", lambda b, node: passed(b, b.ref("R"), node.name))),
            Mistake("affine_penalty", PENALTY, slopes={"pow": lambda b, node, g: (None,)}),
            Mistake("affine_penalty_slope", SLOPE, slopes={"pow": local(lambda b, node: b.inputs(node)[0])}),
            Mistake("affine_input", INPUT, slopes={"matmul": _without_input}),
        )

    def completed(self, params: Params, data: dict[str, Exact]) -> dict[str, Exact]:
        if data.get("label", 0) not in range(params.classes):
            raise InputError(f"label holds {data['label']}: with {params.classes} classes it is one of 0..{params.classes - 1}")
        return data

    def symbol(self, graph: Graph, node: str, index: Index) -> str:
        if node == "probabilities":
            return f"p_{{{index[0] + 1}}}"
        return LETTERS.get(node) or super().symbol(graph, node, index)

    def steps(self, worked: Worked) -> Iterator[Step]:
        return steps(worked)


def _over(scale: int, row: Sequence[int]) -> tuple[Exact, ...]:
    """Whole numbers in units of a scale."""
    found = [Fraction(cell, scale) for cell in row]
    return tuple(cell.numerator if cell.denominator == 1 else cell for cell in found)


def _predicted(data: Data) -> Data:
    """The class of the largest score taken for the true one."""
    pairs = zip(data["W"], data["b"], strict=True)
    scores = [sum(w * x for w, x in zip(row, data["x"], strict=True)) + b for row, b in pairs]
    return {**data, "label": scores.index(max(scores))}


def _absolute(b: Builder, node: Node) -> Ref:
    return b.op("abs", b.ref("W"), name=node.name)


def _without_input(b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    """The gradient at a score in every cell of its row."""
    weights, x = b.inputs(node)
    return b.op("spread", g, axes=(-1,), shape=weights.shape), b.const(nest([0] * x.shape[0], x.shape))


SCORES = (
    "An image is the column of numbers $x$. A linear classifier gives it the scores $f=Wx+b$: **row $j$ of $W$ and $b_j$ "
    "belong to class $j$**. The true class is $y=%(true)s$."
)
LOSS = {
    "svm": r"Find the scores and the multiclass SVM loss with margin 1: $$L_1=\sum_{j\ne y}\max(0,\; f_j-f_y+1)$$",
    "softmax": (
        "Find the scores, the probability of the **true** class (the sum runs over all classes, the true one "
        r"included) and the loss (ln is the natural logarithm): $$p_y=\frac{e^{f_y}}{\sum_j e^{f_j}},\qquad L_1=-\ln p_y.$$"
    ),
}
REGULARISATION = (
    r"Then add L2 regularisation of all weights, but not of the biases: "
    r"$$R=\sum_{j,k}W_{jk}^2,\qquad L=L_1+%(strength)s\cdot R.$$"
)
GRADIENT = r"Also find $\partial L/\partial W$, laid out as $W$; the regularisation is part of $L$."
BIAS = "Each class adds its bias to its score."
SQUARES = "The regularisation sums the squares of the weights."
STRENGTH = "The regularisation enters the loss times its strength λ."
PENALTY = "The regularisation has its part in the gradient too."
SLOPE = "The derivative of a square has the factor 2."
INPUT = "The gradient of a row of W is that at its score times x."
SUM = Reminder("Loss with L2 regularisation of strength $\\lambda$:", r"L=L_1+\lambda\sum_{j,k}W_{jk}^2")
PROBLEM = AffineScores()
