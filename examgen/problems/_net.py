"""What is asked and said of a network of two layers: boxes, conventions, formulas, and its cross-entropy told over p."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from examgen.graph import Graph
from examgen.mistakes import Mistake
from examgen.model import Ask, Convention, Expression, Instance, Reminder, Step, Term, cells
from examgen.narration import Worked, indices
from examgen.problems import _layers as layers
from examgen.problems import _reminders as rules
from examgen.problems._formulas import d
from examgen.problems._layers import Formulas
from examgen.problems._net_mistakes import BIAS, net_mistakes


class NetProblem(layers.LayersProblem):
    """A network whose parts are h, a, y_pred and the loss: what is asked of it, said of it, and got wrong."""

    def asks(self, params: Any) -> tuple[Ask, ...]:
        graph = self.graph(params)
        kind = "integer" if params.whole else "number"
        values = [name for name in ("h", "y_pred", "probabilities", "loss") if name in graph]
        back = [name for name in ("w2", "b2", "h", "w1", "b1") if name in graph]
        gradients = layers.boxes(graph, kind, "gradients", back, gradient=True)
        return layers.boxes(graph, kind, "values", values) + gradients + layers.boxes(graph, "number", "step", _moved(graph))

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        params, several = instance.params, instance.params.samples > 1
        classes = ", ".join(str(label + 1) for label in cells(instance.data.get("labels", ())))
        return (
            Convention("rows", ROWS[several], {"samples": params.samples}),
            Convention("bias", BIAS if params.bias else "There is no bias."),
            Convention("activation", ACTIVATION[params.activation]),
            Convention("loss", LOSS[params.loss, several], {"classes": classes}),
            Convention("asked", ASKED),
            *([Convention("step", STEP, {"rate": params.rate})] if params.rate else []),
        )

    def reminders(self, params: Any) -> tuple[Reminder, ...]:
        last = rules.SQUARE if params.loss == "squared" else GRADIENT
        twice = (rules.TWICE,) if params.samples > 1 else ()
        return (rules.CHAIN, *twice, rules.WEIGHTED, rules.GATES[params.activation], last)

    def mistakes(self, params: Any) -> tuple[Mistake, ...]:
        return tuple(net_mistakes(params))

    def lines(self, graph: Graph) -> Formulas:
        """A cross-entropy over probabilities, without the nodes that it is made of."""
        lines = dict(super().lines(graph))
        soft = {"loss": r"L=-\sum\ln p_{\mathrm{true}}"} if "losses" in lines else {}
        return {name: line for name, line in (lines | soft).items() if name not in ("true_probabilities", "losses")}

    def slopes(self, graph: Graph) -> Formulas:
        return {**super().slopes(graph), "y_pred": rf"p-{TRUE}" if "losses" in graph else rf"2\,({OUT}-y)"}

    def steps(self, worked: Worked) -> Iterator[Step]:
        """Forward and back as other networks, then the weights after the step."""
        stepped = {name: _stepped(name) for name in _moved(worked.graph)}
        soft = {"loss": _cross_entropy} if "losses" in worked.graph else {}
        return layers.steps(worked, self.lines(worked.graph), self.slopes(worked.graph), stepped, soft)


def _moved(graph: Graph) -> list[str]:
    return [node.name for node in graph.nodes if node.name.endswith("_new")]


def _stepped(name: str) -> str:
    own = rf"{name[0]}_{name[1]}"
    return rf"{name[0]}_{{{name[1]},\mathrm{{new}}}}={own}-\eta\,{d(own)}"


def _cross_entropy(worked: Worked) -> Expression:
    """Over the probabilities found before."""
    labels, lead = worked.values["labels"], worked.graph["labels"].shape
    places = [(*at, int(label)) for at, label in zip(indices(lead), labels, strict=True)]
    parts = tuple(Term("neg", (Term("log", (worked.leaf("probabilities", place),)),)) for place in places)
    return Term("+", parts) if len(parts) > 1 else parts[0]


OUT, TRUE = r"y_{\mathrm{pred}}", r"y_{\mathrm{true}}"
OUT, TRUE = r"y_{\mathrm{pred}}", r"y_{\mathrm{true}}"
ROWS = {  # by whether there are several
    False: "$x$ is a row; each layer takes the row times a column of its weights.",
    True: "Each of the %(samples)s rows of $x$ is an example; each layer takes the row times a column of its weights.",
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
