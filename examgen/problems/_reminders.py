"""Formulas of the lecture that several problems remind of: the chain rule, and the local derivatives of gates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from examgen.graph import Graph, Node
from examgen.model import Reminder, cells

CHAIN = Reminder(
    "Chain rule:",
    r"\frac{\partial L}{\partial x}=\frac{\partial L}{\partial y}\cdot\frac{\partial y}{\partial x}",
)
TWICE = Reminder(
    "A value that is used more than once:",
    r"\frac{\partial L}{\partial x}=\sum_k\frac{\partial L}{\partial y_k}\cdot\frac{\partial y_k}{\partial x}",
)
WEIGHTED = Reminder(
    "Derivatives of a weighted sum:",
    r"z=\sum_k w_k x_k+b:\quad \frac{\partial z}{\partial w_k}=x_k,\quad \frac{\partial z}{\partial x_k}=w_k,"
    r"\quad \frac{\partial z}{\partial b}=1",
)
SQUARE = Reminder("Derivative of a square:", r"(x^2)'=2x")
RELU = Reminder(
    "Derivative of ReLU:",
    r"\frac{d}{dx}\,\max(0,\,x)=1\;(x>0),\quad 0\;(x<0)",
)
LOGARITHM = Reminder("Derivative of the logarithm:", r"(\ln x)'=\frac{1}{x}")
RECIPROCAL = Reminder("Derivative of a reciprocal:", r"\left(\frac{1}{x}\right)'=-\frac{1}{x^2}")
GATES: Mapping[str, Reminder] = {
    "add": Reminder("Sum:", r"f=x+y:\quad \frac{\partial f}{\partial x}=1,\quad \frac{\partial f}{\partial y}=1"),
    "sub": Reminder("Difference:", r"f=x-y:\quad \frac{\partial f}{\partial x}=1,\quad \frac{\partial f}{\partial y}=-1"),
    "neg": Reminder("Change of sign:", r"(-x)'=-1"),
    "mul": Reminder("Product:", r"f=x\cdot y:\quad \frac{\partial f}{\partial x}=y,\quad \frac{\partial f}{\partial y}=x"),
    "div": Reminder(
        "Quotient:",
        r"f=\frac{x}{y}:\quad \frac{\partial f}{\partial x}=\frac{1}{y},\quad \frac{\partial f}{\partial y}=-\frac{x}{y^2}",
    ),
    "pow": Reminder("Derivative of a power:", r"(x^n)'=n\,x^{n-1}"),
    "exp": Reminder("Derivative of the exponential:", r"(e^x)'=e^x"),
    "log": LOGARITHM,
    "sqrt": Reminder("Derivative of the root:", r"(\sqrt{x})'=\frac{1}{2\sqrt{x}}"),
    "sin": Reminder("Derivative of the sine:", r"(\sin x)'=\cos x"),
    "cos": Reminder("Derivative of the cosine:", r"(\cos x)'=-\sin x"),
    "tanh": Reminder(
        "Hyperbolic tangent:",
        r"\tanh z=\frac{e^z-e^{-z}}{e^z+e^{-z}},\quad (\tanh z)'=1-(\tanh z)^2",
    ),
    "sigmoid": Reminder("Sigmoid:", r"\sigma(z)=\frac{1}{1+e^{-z}},\quad \sigma'(z)=\sigma(z)\,(1-\sigma(z))"),
    "relu": RELU,
    "abs": Reminder("Derivative of the absolute value:", r"|x|'=1\;(x>0),\quad -1\;(x<0)"),
    "maximum": Reminder(
        "Maximum:", r"f=\max(x,\,y):\quad \frac{\partial f}{\partial x}=1\;(x>y),\quad 0\;(x<y)"
    ),
    "minimum": Reminder(
        "Minimum:", r"f=\min(x,\,y):\quad \frac{\partial f}{\partial x}=1\;(x<y),\quad 0\;(x>y)"
    ),
}


def gates(graph: Graph) -> Iterator[Reminder]:
    """The local derivative of every kind of gate in a circuit, in the order of the table above."""
    used = [node for node in graph.nodes if node.name in graph.real]
    for op, reminder in GATES.items():
        nodes = [node for node in used if node.op == op]
        if nodes:
            yield RECIPROCAL if op == "div" and all(_of_one(graph, node) for node in nodes) else reminder


def _of_one(graph: Graph, node: Node) -> bool:
    """Whether a quotient is 1 / x."""
    above = graph[node.inputs[0]]
    return above.op == "const" and all(cell == 1 for cell in cells(above["value"]))
