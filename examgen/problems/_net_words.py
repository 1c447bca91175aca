"""What is said of a network of two layers: formulas forward and back, conventions, and its cross-entropy told over p."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from examgen.graph import Graph
from examgen.model import Convention, Expression, Instance, Reminder, Term, cells
from examgen.narration import Worked, indices
from examgen.problems import _reminders as rules
from examgen.problems._conv_reminders import WEIGHTED
from examgen.problems._layers import d


def conventions(instance: Instance) -> Iterator[Convention]:
    params, labels = instance.params, instance.data.get("labels", ())
    yield Convention("rows", ROWS[params.samples > 1, params.bias], {"samples": params.samples})
    yield Convention("activation", ACTIVATION[params.activation])
    classes = ", ".join(str(label + 1) for label in cells(labels))
    yield Convention("loss", LOSS[params.loss, params.samples > 1], {"classes": classes})
    yield Convention("asked", ASKED)
    if params.rate:
        yield Convention("step", STEP, {"rate": params.rate})


def reminders(params: Any) -> Iterator[Reminder]:
    yield rules.CHAIN
    if params.samples > 1:
        yield rules.TWICE
    yield WEIGHTED
    yield rules.GATES[params.activation]
    yield rules.SQUARE if params.loss == "squared" else GRADIENT


def forward(bias: bool, activation: str, loss: str) -> dict[str, str]:
    b1, b2 = ("+b_1", "+b_2") if bias else ("", "")
    lines = {"h": f"h=x\\,w_1{b1}", "a": f"a={ACTED[activation]}", "y_pred": rf"{OUT}=a\,w_2{b2}"}
    if loss == "squared":
        return lines | {"loss": rf"L=\sum({OUT}-y)^2"}
    return lines | {"probabilities": rf"p=\operatorname{{softmax}}({OUT})", "loss": r"L=-\sum\ln p_{\mathrm{true}}"}


def back(graph: Graph) -> dict[str, str]:
    """The listing, line by line."""
    slope = {"relu": "[h>0]", "sigmoid": "a\\circ(1-a)", "tanh": "(1-a^2)"}[graph["a"].op]
    several = len(graph["x"].shape) > 1
    return {
        "y_pred": rf"p-{TRUE}" if "losses" in graph else rf"2\,({OUT}-y)",
        "w2": rf"a^T\,{d(OUT)}",
        "b2": rf"\sum {d(OUT)}" if several else d(OUT),
        "a": rf"{d(OUT)}\,w_2^T",
        "h": rf"{d('a')}\circ {slope}",
        "w1": rf"x^T\,{d('h')}",
        "b1": rf"\sum {d('h')}" if several else d("h"),
        "x": rf"{d('h')}\,w_1^T",
    }


def stepped(name: str) -> str:
    own = rf"{name[0]}_{name[1]}"
    return rf"{name[0]}_{{{name[1]},\mathrm{{new}}}}={own}-\eta\,{d(own)}"


def cross_entropy(worked: Worked) -> Expression:
    """Over the probabilities found before."""
    labels, lead = worked.values["labels"], worked.graph["labels"].shape
    places = [(*at, int(label)) for at, label in zip(indices(lead), labels, strict=True)]
    parts = tuple(Term("neg", (Term("log", (worked.leaf("probabilities", place),)),)) for place in places)
    return Term("+", parts) if len(parts) > 1 else parts[0]


OUT, TRUE = r"y_{\mathrm{pred}}", r"y_{\mathrm{true}}"
ACTED = {"relu": r"\max(0,\,h)", "sigmoid": r"\sigma(h)", "tanh": r"\tanh h"}
ROWS = {
    (False, False): "$x$ is a row; each layer takes the row times a column of its weights. There is no bias.",
    (False, True): "$x$ is a row; each layer takes the row times a column of its weights, plus the bias.",
    (True, False): (
        "Each of the %(samples)s rows of $x$ is an example; each layer takes the row times a column of its weights. There is "
        "no bias."
    ),
    (True, True): (
        "Each of the %(samples)s rows of $x$ is an example; each layer takes the row times a column of its weights, plus the "
        "bias."
    ),
}
ACTIVATION = {
    "relu": "ReLU acts cell by cell: negative cells become 0, the others stay.",
    "sigmoid": r"The sigmoid $\sigma(z)=\frac{1}{1+e^{-z}}$ acts cell by cell.",
    "tanh": "The hyperbolic tangent acts cell by cell.",
}
LOSS = {
    ("squared", False): r"The loss is the sum of squares, without $\frac{1}{2}$ and without a mean.",
    ("squared", True): r"The loss is the sum of squares over all examples, without $\frac{1}{2}$ and without a mean.",
    ("softmax", False): (
        r"Softmax is $p_k=\frac{e^{s_k}}{\sum_j e^{s_j}}$ with $s=y_{\mathrm{pred}}$; ln is the natural logarithm. **The true "
        "class is %(classes)s**, classes are counted from 1."
    ),
    ("softmax", True): (
        r"Softmax is $p_k=\frac{e^{s_k}}{\sum_j e^{s_j}}$ with $s$ a row of $y_{\mathrm{pred}}$; ln is the natural logarithm, "
        "and the losses of the examples are added. **The true classes are %(classes)s**, counted from 1."
    ),
}
ASKED = "Find the values and the gradients that are asked."
STEP = (
    r"Then take one step of gradient descent (SGD) with the learning rate $\eta=%(rate)s$: for all weights "
    r"$w_{\mathrm{new}}=w-\eta\,\partial L/\partial w$, all gradients being those before the step."
)
GRADIENT = Reminder("Softmax loss, by a score:", r"\frac{\partial L}{\partial s_k}=p_k-[k=\text{true}]")
