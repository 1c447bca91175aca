"""From a key to a proved answer: drawing kink-free instances, solving and proving them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Any

from examgen.drawing import Stream, key
from examgen.engines import _numpy
from examgen.errors import DrawError, InputError
from examgen.graph import UNNAMED, Graph, kinks
from examgen.model import Answer, Ask, Certificate, Exact, Instance, Solution, cells, nest, pick
from examgen.problem import Preset, Problem
from examgen.registry import graph_of, problem
from examgen.verifying import Proof, engine, prove, split

ATTEMPTS = 200
LONGEST_EXACT = 200
LARGEST = 10**30  # of any value or gradient: far beyond what can be printed, far within float64
GUARD = 4  # decimals beyond those of the answer in an accepted interval, rounded outward


def draw(name: str, preset: Preset, *parts: str | int) -> Instance:
    """The instance that belongs to a key: the first of a bounded number of candidates without kink or flaw.

    `parts` are what the draw depends on, such as exam seed, sitting, task and variant.
    Raises: DrawError naming the problem and the commonest reason.
    """
    chosen = problem(name)
    stream = Stream(key("draw", *parts, name, preset.version))
    reasons: dict[str, int] = {}
    for attempt in range(ATTEMPTS):
        try:
            instance = chosen.draw(preset.params, stream.fork(attempt))
        except DrawError as error:
            reasons[str(error)] = reasons.get(str(error), 0) + 1
            continue
        reason = next(faults(chosen, instance), None)
        if reason is None:
            return instance
        reasons[reason] = reasons.get(reason, 0) + 1
    commonest = max(reasons, key=lambda reason: reasons[reason])
    raise DrawError(
        f"{name}: none of {ATTEMPTS} candidates fits these parameters, most often since {commonest}: change the parameters"
    )


def faults(chosen: Problem, instance: Instance) -> Iterator[str]:
    """Kinks and ties by the ops' own rules, on exact numbers, then what the problem itself refuses."""
    graph = graph_of(instance.problem, instance.params)
    try:
        values = exact_values(graph, instance.data)
    except (ArithmeticError, ValueError) as error:
        yield f"a node has no value ({error})"
        return
    yield from kinks(graph, values)
    yield from chosen.flaws(instance, values)


def exact_values(graph: Graph, data: Mapping[str, Exact]) -> dict[str, list[Any]]:
    """Node name -> flat cells, all fractions: behind exp or log those of 45 decimals, so that equal numbers are equal."""
    arrays = _numpy.run(graph, split(graph, data)[0], "exact")
    return {name: [_snapped(cell) for cell in array.ravel().tolist()] for name, array in arrays.items()}


def _snapped(cell: Any) -> int | Fraction:
    """Raises: ValueError for what is no real number of a size that can be written out."""
    rational = isinstance(cell, (int, Fraction))
    if not rational and not hasattr(cell, "_mpf_"):
        raise ValueError("it is no real number")
    if not abs(cell) <= LARGEST:  # infinite, or no number at all
        raise ValueError("it is too large")
    return cell if rational else Fraction(round(cell * 10**45), 10**45)


def check_values(instance: Instance) -> None:
    """Raises: InputError where a node of pinned numbers has no value or no gradient, or one too large to print."""
    graph = graph_of(instance.problem, instance.params)
    data, upstream = split(graph, instance.data)
    try:
        found = _numpy.evaluate(graph, data, upstream, "exact")
    except (ArithmeticError, ValueError):
        raise InputError("data: with these numbers something has no value, such as a quotient by 0: change them") from None
    for what, arrays in (("value", found.values), ("gradient", found.gradients)):
        for name, array in arrays.items():
            try:
                for cell in array.ravel().tolist():
                    _snapped(cell)
            except ValueError as error:
                where = "an unnamed gate" if name.startswith(UNNAMED) else name
                raise InputError(f"data: the {what} at {where} cannot be printed, {error}: change the numbers") from None


def solve(instance: Instance, decimals: int = 2, device: str = "cpu") -> Solution:
    """Every asked answer with its certificate, and notes on what pinned numbers leave open.

    Raises: ProofError where engines disagree, EngineUnavailable where one cannot run.
    """
    chosen, graph = problem(instance.problem), graph_of(instance.problem, instance.params)
    proof = prove(graph, instance.data, device)
    asks = chosen.asks(instance.params)
    closed = _closed_forms(graph, instance, asks)
    answers = tuple(
        _answer(graph, proof, ask, form, decimals_of(graph, ask, decimals)) for ask, form in zip(asks, closed, strict=True)
    )
    return Solution(instance, answers, tuple(Certificate(ask.key, proof.bounds) for ask in asks))


def notes(instance: Instance) -> tuple[str, ...]:
    """What an instructor should know of pinned numbers: kinks, and readings they leave open."""
    chosen, graph = problem(instance.problem), graph_of(instance.problem, instance.params)
    at_kinks = (f"kink at {where}" for where in kinks(graph, exact_values(graph, instance.data)))
    return (*at_kinks, *chosen.readings(instance))


def decimals_of(graph: Graph, ask: Ask, decimals: int) -> int:
    """None for whole numbers; one more than usual, at least 3, for a gradient through exp, sigmoid or tanh."""
    if "integer" in (ask.kind, ask.cell_kind):
        return 0
    return max(decimals, 3) if ask.gradient and graph.transcendental else decimals


def rounded(value: Exact, decimals: int) -> Exact:
    """Half-up (away from zero), cell by cell."""
    scale = 10**decimals

    def one(cell: Fraction) -> Fraction:
        size = floor(abs(cell) * scale + Fraction(1, 2))
        return Fraction(size if cell >= 0 else -size, scale)

    return _each(value, one)


def accepted(value: Exact, decimals: int, *, integer: bool) -> Any:
    """The closed interval that is marked right, cell by cell, as a pair of decimal strings rounded outward.

    Whole numbers accept exactly themselves; others the exact value ± one unit of the last decimal asked.
    """

    def one(cell: Fraction) -> tuple[str, str]:
        if integer:
            return str(cell), str(cell)
        unit, places = Fraction(1, 10**decimals), decimals + GUARD
        low, high = floor((cell - unit) * 10**places), ceil((cell + unit) * 10**places)
        return decimal_text(Fraction(low, 10**places), places), decimal_text(Fraction(high, 10**places), places)

    return _each(value, one)


def decimal_text(value: Fraction, places: int) -> str:
    """A decimal with exactly so many places; the value must be a multiple of the last."""
    sign = "-" if value < 0 else ""
    digits = str(int(abs(value) * 10**places)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else sign + digits


def _each(value: Exact, change: Any) -> Any:
    return tuple(_each(part, change) for part in value) if isinstance(value, tuple) else change(value)


def _answer(graph: Graph, proof: Proof, ask: Ask, form: Any, decimals: int) -> Answer:
    flat = (proof.gradients if ask.gradient else proof.values)[ask.node]
    value = pick(nest(flat, graph[ask.node].shape), ask.index)
    integer = "integer" in (ask.kind, ask.cell_kind)
    if integer and any(cell.denominator != 1 for cell in cells(value)):
        integer, decimals = False, 2
    return Answer(ask, form, value, accepted(value, decimals, integer=integer), decimals)


def _closed_forms(graph: Graph, instance: Instance, asks: tuple[Ask, ...]) -> list[Any]:
    data, upstream = split(graph, instance.data)
    wanted = [(ask.node, ask.gradient) for ask in asks]
    forms = engine("sympy").closed_form(graph, data, upstream, wanted)
    return [_each(pick(form, ask.index), _short) for form, ask in zip(forms, asks, strict=True)]


def _short(form: Any) -> str | None:
    text = str(form)
    return text if len(text) <= LONGEST_EXACT else None
