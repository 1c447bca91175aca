"""Every op that can stand in a formula can be drawn as a gate."""

from __future__ import annotations

import pytest

from examgen.model import Instance
from examgen.ops import OPS
from examgen.registry import problem
from examgen.render.diagram import Diagram, Node
from examgen.render.html import sheets_html
from examgen.render.notation import math
from examgen.render.paper import Head, SheetVariant
from examgen.sheets import sheet_task

FORMULA = (
    "a = exp(x) + log(y); b = sqrt(a) - sin(x) * cos(y); c = tanh(b) / sigmoid(x); d = relu(c) + abs(x);"
    " e = max(d, min(x, y)); g = sum(e) + mean(x); f = -g ** 2"
)


@pytest.mark.parametrize("op", [op for op in OPS.values() if op.gate], ids=lambda op: op.name)
def test_a_gate_can_be_set(op: object) -> None:
    """The sign in the circle is LaTeX that the notation knows."""
    gate = op.gate  # type: ignore[attr-defined]  # there are only gates here
    assert "<math" in math(Node("n", gate=gate, sources=("x",)).inside)


def test_a_gate_of_unknown_signs_is_noticed() -> None:
    """The tooth: a sign that the notation cannot read is not passed over."""
    with pytest.raises(Exception, match="√"):
        math(Diagram((Node("n", gate="√"),), "n").nodes[0].inside)


def test_a_formula_of_every_function_is_set() -> None:
    """All functions of the formula language reach the sheet."""
    chosen = problem("backprop")
    instance = chosen.pin({"formula": FORMULA}, {"x": 2, "y": 3})
    assert isinstance(instance, Instance)
    task = sheet_task(1, instance, "en")
    assert "circuit" in sheets_html(Head("All functions"), [SheetVariant(1, "K7Q2MX", (task,))])
