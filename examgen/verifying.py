"""Proof by independent derivations: every node and every gradient must come out the same in all engines."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import import_module
from typing import Any

from mpmath.libmp import to_rational

from examgen.engines._engine import Evaluation
from examgen.errors import EngineUnavailable, ProofError
from examgen.graph import Graph, kinks_of, split
from examgen.model import Exact, cells, shape

FLOAT_BOUND = 1e-12  # of the largest number in the task, or of 1: a few thousand roundings of float64
LARGEST_SCALE = 1e6  # a larger number does not loosen the bound: float64 would then prove nothing of small ones beside it
DIGITS = 50
REFERENCE = "sympy"
ENGINES = ("numpy", "torch", REFERENCE)
BLURRED = "not compared: at a kink that rounded data miss"

Flat = list[Any]
What = tuple[str, bool]  # a node, and whether its gradient is meant


@dataclass(frozen=True)
class Proof:
    """Exact flat cells of every node (`values`) and every gradient: fractions, of 55 digits behind exp and log.

    `met` holds, for each node and for its gradient, the bound that each engine met; SymPy's numbers are the reference.
    """

    values: Mapping[str, Flat]
    gradients: Mapping[str, Flat]
    met: Mapping[What, Mapping[str, str]]

    def bounds(self, node: str, gradient: bool) -> Mapping[str, str]:
        """Engine -> the bounds it met on one node's value or gradient."""
        return self.met[node, gradient]


@dataclass(frozen=True)
class Run:
    """One engine in one kind of numbers: exact ones, or float64, which cannot hold every decimal."""

    engine: str
    exact: bool
    where: str
    evaluate: Callable[..., Evaluation]

    def bound(self, rational: bool) -> str:
        """What agreement means for numbers that are rational, or not."""
        if not self.exact:
            place = f" on {self.where}" if self.where else ""
            return f"float64{place} within {FLOAT_BOUND:g} of the largest number"
        return "exact" if rational else f"{DIGITS} digits"

    def agrees(self, mine: Any, theirs: Fraction, rational: bool, largest: float) -> bool:
        """Whether a number meets the reference within the bound; `largest` is the size of what float64 had to hold."""
        if not self.exact:
            return bool(abs(mine - float(theirs)) <= FLOAT_BOUND * max(largest, abs(float(theirs))))
        if isinstance(mine, float):
            return False
        difference = abs(fraction(mine) - theirs)
        return difference == 0 if rational else difference <= max(Fraction(1), abs(theirs)) / 10**DIGITS


def prove(graph: Graph, data: Mapping[str, Exact], device: str = "cpu") -> Proof:
    """Runs every engine and compares every node and gradient with SymPy's exact result.

    Raises: ProofError naming the node and the engine; EngineUnavailable where an engine cannot run.
    """
    inputs, upstream = split(graph, data)
    reference = engine(REFERENCE).evaluate(graph, inputs, upstream)
    rational = _rational(reference)
    exact = Evaluation(_fractions(reference.values), _fractions(reference.gradients))
    blurred = blurred_of(graph, exact.values)
    sizes = (abs(float(cell)) for flat in (*exact.values.values(), *exact.gradients.values()) for cell in flat)
    largest = min(LARGEST_SCALE, max(1.0, *sizes))
    engines = [*runs(device)]
    for run in engines:
        found = run.evaluate(graph, inputs, upstream)
        for what in compared(run, found, exact):
            if not skipped(run, what, blurred):
                compare(run, what, found, exact, rational[what], graph[what[0]].shape, largest)
    return Proof(exact.values, exact.gradients, certified(rational, engines, blurred))


def skipped(run: Run, what: What, blurred: Container[str]) -> bool:
    """Whether a gradient is not compared in float64: it stands above a kink that rounded data miss."""
    return not run.exact and what[1] and what[0] in blurred


def certified(
    rational: Mapping[What, bool], engines: Sequence[Run], blurred: Container[str]
) -> dict[What, dict[str, str]]:
    """The bounds that all engines have met once nothing differs; `rational` says which values and gradients are fractions."""
    met = {what: {REFERENCE: "exact" if rational[what] else f"{DIGITS} digits"} for what in rational}
    for what, bounds in met.items():
        for run in engines:
            bound = BLURRED if skipped(run, what, blurred) else run.bound(rational[what])
            bounds[run.engine] = "; ".join(filter(None, (bounds.get(run.engine), bound)))
    return met


def runs(device: str = "cpu") -> Iterator[Run]:
    """Every engine but the reference, in every kind of numbers it has."""
    for name in ENGINES:
        if name != REFERENCE:
            for exact, where, evaluate in engine(name).runs(device):
                yield Run(name, exact, where, evaluate)


@cache
def engine(name: str) -> Any:
    """An engine's module. Raises EngineUnavailable where its library is not installed."""
    try:
        return _named(name)
    except ImportError as missing:
        brings = "'examgen-dl[torch]'" if missing.name == "torch" else missing.name  # the one that is an extra
        raise EngineUnavailable(
            f"the {name} engine needs {missing.name}, which is not installed: pip install {brings}"
        ) from missing


def _named(name: str) -> Any:
    return import_module(f"examgen.engines._{name}")


def _fractions(arrays: Mapping[str, Any]) -> dict[str, Flat]:
    return {name: [fraction(cell) for cell in cells(value)] for name, value in arrays.items()}


def fraction(cell: Any) -> Fraction:
    return Fraction(*map(int, to_rational(cell._mpf_))) if hasattr(cell, "_mpf_") else Fraction(cell)


def _rational(reference: Evaluation) -> dict[What, bool]:
    """Which values and gradients hold fractions, and no digits of something irrational."""
    both = ((reference.values, False), (reference.gradients, True))
    return {
        (name, gradient): all(isinstance(cell, int | Fraction) for cell in cells(value))
        for arrays, gradient in both
        for name, value in arrays.items()
    }


def blurred_of(graph: Graph, values: Mapping[str, Flat]) -> set[str]:
    """The nodes whose gradients float64 cannot know: above a kink that is hit by way of numbers which no double holds."""
    if all(Fraction(float(cell)) == cell for flat in values.values() for cell in flat):
        return set()
    kinked = {node.name for node in graph.nodes if any(kinks_of(graph, node, values))}
    above: set[str] = set()
    for node in reversed(graph.nodes):
        if node.name in kinked or node.name in above:
            above.update(node.inputs)
    return above


def compared(run: Run, found: Evaluation, exact: Evaluation) -> list[What]:
    """What is compared: all values forward, then all gradients from the output down, so that the node where a rule is
    wrong is named, not what lies behind it."""
    if found.values.keys() != exact.values.keys() or found.gradients.keys() != exact.gradients.keys():
        raise ProofError(f"{run.engine} and {REFERENCE} do not speak of the same nodes")
    return [(name, False) for name in exact.values] + [(name, True) for name in list(exact.gradients)[::-1]]


def compare(
    run: Run, what: What, found: Evaluation, exact: Evaluation, rational: bool, dims: tuple[int, ...], largest: float
) -> None:
    name, gradient = what
    told = f"the gradient at {name}" if gradient else f"the value of {name}"
    listed = _listed((found.gradients if gradient else found.values)[name])
    got, expected = list(cells(listed)), (exact.gradients if gradient else exact.values)[name]
    if shape(listed) != dims or len(got) != len(expected):
        raise ProofError(f"{run.engine} gives {told} shape {shape(listed)}, {REFERENCE} {dims}")
    for place, (mine, theirs) in enumerate(zip(got, expected, strict=True)):
        if not run.agrees(mine, theirs, rational, largest):
            raise ProofError(
                f"{run.engine} and {REFERENCE} disagree on {told}, cell {place}: {mine} and {float(theirs)!r}"
                f" (bound: {run.bound(rational)})"
            )


def _listed(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value
