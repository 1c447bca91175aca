"""Proof by independent derivations: every node and every gradient must come out the same in all engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import import_module
from math import prod
from typing import Any

from mpmath.libmp import to_rational

from examgen.engines._engine import Evaluation
from examgen.errors import EngineUnavailable, ProofError
from examgen.graph import Graph, kinks
from examgen.model import Exact, cells, nest, shape

FLOAT_BOUND = 1e-12  # absolute, or relative where a number is above 1: a few hundred roundings of float64
DIGITS = 50
ENGINES = ("numpy", "sympy", "torch")

Flat = list[Any]


@dataclass(frozen=True)
class Proof:
    """Exact flat cells of every node (`values`) and every gradient, and the bound that each engine met.

    Cells are fractions; where exp or log occur, the 55-digit number as a fraction.
    """

    values: Mapping[str, Flat]
    gradients: Mapping[str, Flat]
    bounds: Mapping[str, str]


@dataclass(frozen=True)
class Run:
    """One engine in one kind of numbers, and the bound within which it has to meet the reference."""

    engine: str
    bound: str
    evaluate: Callable[[Graph, Mapping[str, Exact], Exact], Evaluation]
    agrees: Callable[[Any, Any], bool]
    rounds: bool = True  # float64, which cannot hold every decimal


def split(graph: Graph, data: Mapping[str, Exact]) -> tuple[dict[str, Exact], Exact]:
    """An instance's data without the upstream gradient, and that gradient in the output's shape: ones unless given."""
    rest = {name: value for name, value in data.items() if name != "upstream"}
    dims = graph[graph.output].shape
    given = data.get("upstream", 1)
    return rest, given if shape(given) == dims else nest([given] * prod(dims), dims)


def prove(graph: Graph, data: Mapping[str, Exact], device: str = "cpu") -> Proof:
    """Runs every engine and compares every node and gradient with SymPy's exact result.

    Raises: ProofError naming the node and the engine; EngineUnavailable where an engine cannot run.
    """
    inputs, upstream = split(graph, data)
    reference = engine("sympy").evaluate(graph, inputs, upstream)
    values, gradients = _exact(reference.values), _exact(reference.gradients)
    blurred = _blurred(graph, data, values)
    bounds = {"sympy": f"{DIGITS} digits" if graph.transcendental else "exact"}
    for run in runs(graph, device):
        found = run.evaluate(graph, inputs, upstream)
        _compare(run, "the value of", found.values, values)
        bound = run.bound
        if blurred and run.rounds:
            bound += ", gradients not compared: at a kink rounded data decide the side"
        else:
            # from the output down, so that the node where a rule is wrong is named, not what lies behind it
            _compare(run, "the gradient at", found.gradients, dict(reversed(gradients.items())))
        bounds[run.engine] = f"{bounds[run.engine]}; {bound}" if run.engine in bounds else bound
    return Proof(values, gradients, bounds)


def _blurred(graph: Graph, data: Mapping[str, Exact], values: Mapping[str, Flat]) -> bool:
    """Whether float64 cannot know on which side of a kink it is: data at a kink that no double holds."""
    rounded = any(Fraction(float(cell)) != cell for value in data.values() for cell in cells(value))
    return rounded and next(kinks(graph, values), None) is not None


def runs(graph: Graph, device: str) -> tuple[Run, ...]:
    """NumPy in exact numbers and in float64, PyTorch in float64."""
    exact = (f"{DIGITS} digits", _to_50_digits) if graph.transcendental else ("exact", _equal)
    rounded = f"float64 within {FLOAT_BOUND:g}"

    def in_numpy(kind: str) -> Callable[..., Evaluation]:
        return lambda graph, data, upstream: _named("numpy").evaluate(graph, data, upstream, kind)

    def in_torch(graph: Graph, data: Mapping[str, Exact], upstream: Exact) -> Evaluation:
        result: Evaluation = engine("torch").evaluate(graph, data, upstream, device)
        return result

    return (
        Run("numpy", exact[0], in_numpy("exact"), exact[1], rounds=False),
        Run("numpy", rounded, in_numpy("float"), _to_float64),
        Run("torch", f"{rounded} on {device.split(':')[0]}", in_torch, _to_float64),
    )


@cache
def engine(name: str) -> Any:
    """An engine's module. Raises EngineUnavailable where its library is not installed."""
    try:
        return _named(name)
    except ModuleNotFoundError as missing:
        raise EngineUnavailable(
            f"the {name} engine needs {missing.name}, which is not installed: pip install {missing.name}"
        ) from missing


def _named(name: str) -> Any:
    return import_module(f"examgen.engines._{name}")


def _exact(arrays: Mapping[str, Any]) -> dict[str, Flat]:
    return {name: [_fraction(cell) for cell in cells(value)] for name, value in arrays.items()}


def _fraction(cell: Any) -> Fraction:
    return Fraction(*map(int, to_rational(cell._mpf_))) if hasattr(cell, "_mpf_") else Fraction(cell)


def _compare(run: Run, what: str, found: Mapping[str, Any], reference: Mapping[str, Flat]) -> None:
    if found.keys() != reference.keys():
        raise ProofError(f"{run.engine} and sympy do not speak of the same nodes")
    for name, expected in reference.items():
        got = _flat(found[name])
        if len(got) != len(expected):
            raise ProofError(f"{run.engine} gives {what} {name} another shape than sympy: {len(got)} cells, {len(expected)}")
        for place, (mine, theirs) in enumerate(zip(got, expected, strict=True)):
            if not run.agrees(mine, theirs):
                raise ProofError(
                    f"{run.engine} and sympy disagree on {what} {name}, cell {place}: {mine} and {float(theirs)!r}"
                    f" (bound: {run.bound})"
                )


def _flat(value: Any) -> Flat:
    listed = value.tolist() if hasattr(value, "tolist") else value
    return list(cells(listed))


def _equal(mine: Any, theirs: Fraction) -> bool:
    return not isinstance(mine, float) and Fraction(mine) == theirs


def _to_50_digits(mine: Any, theirs: Fraction) -> bool:
    scale = max(Fraction(1), abs(theirs))
    return bool(abs(_fraction(mine) - theirs) <= scale / 10**DIGITS)


def _to_float64(mine: Any, theirs: Fraction) -> bool:
    nearest = float(theirs)
    return bool(abs(mine - nearest) <= FLOAT_BOUND * max(1.0, abs(nearest)))


def disagreements(graph: Graph, data: Mapping[str, Exact], device: str = "cpu") -> Iterator[str]:
    """The first disagreement of a proof, as text; nothing where all engines agree."""
    try:
        prove(graph, data, device)
    except ProofError as error:
        yield str(error)
