"""Tables of functions that stand in for a calculator: of which functions there are some, and how far they go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from examgen.graph import Graph, irrational

STEP = Fraction(1, 10)


@dataclass(frozen=True)
class Tabulated:
    """A function with a table from 0 to `reach`: its name and its derivative as LaTeX, and the rules to read it by.

    A table goes on beyond what is drawn, so that it does not give away that somebody's own number is wrong.
    """

    reach: int
    name: str
    slope: str
    rules: tuple[str, ...]


TABULATED: Mapping[str, Tabulated] = {
    "sigmoid": Tabulated(
        4, r"\sigma", r"\sigma'(z)",
        (r"\sigma'(z)=\sigma(z)\,(1-\sigma(z))", r"\sigma(-z)=1-\sigma(z)", r"\sigma'(-z)=\sigma'(z)"),
    ),
    "tanh": Tabulated(
        3, r"\tanh", r"\tanh'z", (r"\tanh'z=1-(\tanh z)^2", r"\tanh(-z)=-\tanh z", r"\tanh'(-z)=\tanh'z")
    ),
}


def functions(graph: Graph) -> tuple[str, ...]:
    """The functions that would have to be looked up; none where a table is of no use.

    It is of use where tabulated functions alone lead out of the fractions, and each is taken of a fraction: no table holds
    what came out of another one.
    """
    found: dict[str, None] = {}
    behind: set[str] = set()
    for node in graph.nodes:
        looked_up = not behind.isdisjoint(node.inputs)
        if irrational(node):
            if looked_up or node.op not in TABULATED:
                return ()
            found[node.op] = None
        if looked_up or irrational(node):
            behind.add(node.name)
    return tuple(found)


def off_the_table(graph: Graph, values: Mapping[str, Sequence[Any]]) -> str | None:
    """Why a table does not do for these numbers: one lies between its rows or beyond them. `values`: node -> exact cells."""
    for node in graph.nodes:
        for cell in values[node.inputs[0]] if node.op in TABULATED else ():
            if cell % STEP or abs(cell) > TABULATED[node.op].reach:
                return f"the table of {node.op} does not hold one of its numbers"
    return None
