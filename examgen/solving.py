"""From a key to a proved answer: drawing kink-free instances, solving and proving them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import chain, count, islice
from math import prod
from typing import Any, NamedTuple

from examgen.answers import accepted, decimals_of, snapped, units
from examgen.batches import FailedAt, by_structure, placed
from examgen.drawing import Stream, key
from examgen.engines import _numpy
from examgen.errors import DrawError, InputError, ProofError
from examgen.formula import expression
from examgen.graph import UNNAMED, Graph, kinks, split
from examgen.honesty import Hull, Interval, Unbounded, hull
from examgen.mistaken import confusions, told_apart
from examgen.model import Answer, Ask, Certificate, Exact, Expression, Instance, Leaf, Solution, cells, each, nest, pick
from examgen.problem import Preset, Problem
from examgen.proving import prove_all
from examgen.reaching import reach as taped
from examgen.reckoning import reckon, same
from examgen.registry import asks_of, graph_of, problem
from examgen.verifying import Proof, engine, prove

ATTEMPTS = 200
WIDEST_VALUE, WIDEST_GRADIENT = 5, 3  # units of the last decimal that an accepted interval may span
LONGEST_EXACT = 200
BLURRED = re.compile(r"^rounding |^the accepted interval ")  # how the reasons of `blurs` begin
PROBES, SELDOM = 40, 0.1  # candidates that show which mistakes can be told apart at all: those that so many of them tell
FEWEST, LARGE, TRIES = 4, 4000, 10  # probes of a large task, in cells of its graph; candidates looked at for each probe


@dataclass(frozen=True)
class Contract:
    """How a sheet asks for numbers: decimals kept in intermediate results, and those of an answer."""

    working: int = 4
    decimals: int = 2


class Candidate(NamedTuple):
    """What may become an instance: none where the problem draws nothing, and why it is not used."""

    instance: Instance | None
    reason: str | None


STANDARD = Contract()
Refusal = Callable[[Instance], str | None]


def draw(name: str, preset: Preset, *parts: str | int, contract: Contract = STANDARD) -> Instance:
    """The instance that belongs to a key: the first of a bounded number of candidates without kink or flaw.

    `parts` are what the draw depends on, such as exam seed, sitting, task and variant. The answers of a candidate must be
    sharp enough to be marked under the contract.
    Raises: DrawError naming the problem and the commonest reason.
    """
    return first(name, candidates(name, preset, *parts, contract=contract))


def candidates(
    name: str, preset: Preset, *parts: str | int, contract: Contract = STANDARD, refusal: Refusal = lambda instance: None
) -> Iterator[Candidate]:
    """One candidate after another for a key, without end, each with the reason why it is not used, if there is one.

    `refusal` says why a candidate is not wanted, None where it is.
    """
    chosen = problem(name)
    stream = Stream(key("draw", *parts, name, preset.version))
    spared = untellable(name, preset.params, contract)
    for attempt in count():
        try:
            instance = chosen.draw(preset.params, stream.fork(attempt))
        except DrawError as error:
            yield Candidate(None, str(error))
            continue
        yield Candidate(instance, refusal(instance) or next(unfit(chosen, instance, contract, spared), None))


def first(
    name: str, found: Iterator[Candidate], attempts: int = ATTEMPTS, refused: Counter[str] | None = None
) -> Instance:
    """The first candidate that can be used; `refused` counts the reasons of those before it.

    Raises: DrawError naming the problem and the commonest reason where none of so many attempts can.
    """
    reasons: Counter[str] = Counter()
    try:
        for instance, reason in islice(found, attempts):
            if instance is not None and reason is None:
                return instance
            reasons[str(reason)] += 1
    finally:
        if refused is not None:
            refused.update(reasons)
    commonest = reasons.most_common(1)[0][0]
    remedy = "keep more decimals (working)" if BLURRED.search(commonest) else "change the parameters"
    raise DrawError(f"{name}: none of {attempts} candidates fits these parameters, most often since {commonest}: {remedy}")


def unfit(
    chosen: Problem, instance: Instance, contract: Contract, spared: Collection[str] = frozenset()
) -> Iterator[str]:
    """Why a candidate is not used, what is cheap to find out first; mistakes that are `spared` need not be told apart."""
    yield from faults(chosen, instance)
    accept = yield from blurs(instance, contract)
    spared = {*spared, *chosen.exceptions(instance.params)}
    found = confusions(instance, accept, contract.decimals, spared)
    yield from (f"its numbers do not tell the mistake {key} apart" for key in found)


@lru_cache(maxsize=256)
def untellable(name: str, params: Any, contract: Contract) -> frozenset[str]:
    """The mistakes that somebody's own parameters hide, such as a formula without a second factor: nearly no draw tells them.

    Where nearly none tells all others together either, as of two sides of a max that cannot both show, those that are told
    least go as well. A preset has none but its problem's exceptions.
    """
    chosen = problem(name)
    if any(preset.params == params for preset in chosen.presets.values()):
        return frozenset()
    found = _probes(chosen, params, contract)
    applied = Counter(mistake for told in found for mistake in told)
    seen = Counter(mistake for told in found for mistake, boxes in told.items() if boxes)
    by_share = sorted(applied, key=lambda mistake: (seen[mistake] / applied[mistake], mistake))
    spared = {mistake for mistake in by_share if seen[mistake] < SELDOM * applied[mistake]}
    for mistake in by_share:
        if sum(all(boxes or key in spared for key, boxes in told.items()) for told in found) >= SELDOM * len(found):
            break
        spared.add(mistake)
    return frozenset(spared)


def _probes(chosen: Problem, params: Any, contract: Contract) -> list[Mapping[str, Sequence[str]]]:
    """What usable candidates tell apart."""
    stream = Stream(key("probe", chosen.name, repr(params)))
    wanted = budget(chosen.name, params, PROBES)
    tried = (_probed(chosen, params, contract, stream.fork(number)) for number in range(TRIES * wanted))
    return list(islice(filter(None, tried), wanted))


def budget(name: str, params: Any, most: int) -> int:
    """How many candidates are looked at to learn something of all of them: fewer where each takes long."""
    return max(FEWEST, min(most, LARGE // graph_of(name, params).size))


def _probed(chosen: Problem, params: Any, contract: Contract, stream: Stream) -> Mapping[str, Sequence[str]]:
    """What one candidate tells apart; nothing where it would not be used anyway."""
    try:
        instance = chosen.draw(params, stream)
    except DrawError:
        return {}
    found = chain(faults(chosen, instance), blurs(instance, contract))
    return {} if next(found, None) else told_apart(instance, accepts(instance, contract), contract.decimals)


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


def accepts(instance: Instance, contract: Contract) -> dict[str, Any]:
    """What is accepted in every box, without a proof. Raises: Unbounded."""
    return {answer.ask.key: answer.accept for answer in unproved(instance, contract)}


def unproved(instance: Instance, contract: Contract) -> tuple[Answer, ...]:
    """Every box with its value and what is accepted in it, as NumPy alone has them: enough to mark by. Raises: Unbounded."""
    graph = graph_of(instance.problem, instance.params)
    data, upstream = split(graph, instance.data)
    reach = taped(graph, data, upstream, contract.working, _asked_gradients(instance))
    return _reckoned(instance, graph, reach, contract)


def reckoned(instance: Instance, contract: Contract) -> Solution:
    """As `solve`, without closed forms and without a proof.

    Raises: ValueError or ArithmeticError where something has no value.
    """
    graph = graph_of(instance.problem, instance.params)
    reach = honest_reach(graph, instance.data, contract.working)
    return Solution(instance, _reckoned(instance, graph, reach, contract), ())


def _asked_gradients(instance: Instance) -> set[str]:
    return {ask.node for ask in asks_of(instance) if ask.gradient}


def _reckoned(instance: Instance, graph: Graph, reach: Hull | None, contract: Contract) -> tuple[Answer, ...]:
    data, upstream = split(graph, instance.data)
    asks = asks_of(instance)
    arrays = _numpy.evaluate(graph, data, upstream, "exact", [(ask.node, ask.gradient) for ask in asks])
    found = []
    for ask in asks:
        flat = (arrays.gradients if ask.gradient else arrays.values)[ask.node].ravel().tolist()
        value = pick(nest([snapped(cell) for cell in flat], graph[ask.node].shape), ask.index)
        places = decimals_of(graph, ask, contract.decimals)
        accept = accepted(value, reached(reach, graph, ask), places, whole=ask.whole)
        found.append(Answer(ask, each(value, lambda _: None), value, accept, places))
    return tuple(found)


def blurs(instance: Instance, contract: Contract) -> Generator[str, None, dict[str, Any]]:
    """Why honest roundings could not be told from mistakes: another side of a kink, or too wide an interval.

    Returns what is accepted, box by box.
    """
    graph = graph_of(instance.problem, instance.params)
    data, upstream = split(graph, instance.data)
    try:
        reach = taped(graph, data, upstream, contract.working, _asked_gradients(instance))
    except Unbounded as error:
        yield f"rounding can lead to {error}"
        return {}
    for name in reach.straddling:
        yield f"rounding decides on which side of a kink {name} lies"
    accept = {answer.ask.key: answer.accept for answer in _reckoned(instance, graph, reach, contract)}
    for ask in asks_of(instance):
        ends, places = list(cells(accept[ask.key])), decimals_of(graph, ask, contract.decimals)
        widest = max(units(ends_of, places) for ends_of in zip(ends[::2], ends[1::2], strict=True))
        allowed = WIDEST_GRADIENT if ask.gradient else WIDEST_VALUE
        if widest > allowed:
            yield f"the accepted interval of {ask.key} is wider than {allowed} units of its last decimal"
    return accept


def exact_values(graph: Graph, data: Mapping[str, Exact]) -> dict[str, list[Any]]:
    """Node name -> flat cells, all fractions: behind exp or log those of 45 decimals, so that equal numbers are equal."""
    inputs, upstream = split(graph, data)
    every = [(node.name, False) for node in graph.nodes]
    arrays = _numpy.evaluate(graph, inputs, upstream, "exact", every).values
    return {name: [snapped(cell) for cell in array.ravel().tolist()] for name, array in arrays.items()}


def check_values(instance: Instance) -> None:
    """Raises: InputError where a node of pinned numbers has no value or no gradient, or one too large to print."""
    graph = graph_of(instance.problem, instance.params)
    data, upstream = split(graph, instance.data)
    try:
        found = _numpy.evaluate(graph, data, upstream, "exact")
    except (ArithmeticError, ValueError):
        raise InputError(
            "data: with these numbers something has no value, such as a quotient by 0, or one too large for paper: change them"
        ) from None
    for what, arrays in (("value", found.values), ("gradient", found.gradients)):
        for name, array in arrays.items():
            try:
                for cell in array.ravel().tolist():
                    snapped(cell)
            except ValueError as error:
                where = "an unnamed gate" if name.startswith(UNNAMED) else name
                raise InputError(f"data: the {what} at {where} cannot be printed, {error}: change the numbers") from None


def solve(
    instance: Instance, decimals: int = 2, device: str = "cpu", working: int = 4, *, forms: bool = True
) -> Solution:
    """Every asked answer with its certificate and what is accepted: all that honest solvers write who keep `working` decimals.

    Closed forms are left out unless `forms`.
    Raises: ProofError where engines disagree, EngineUnavailable where one cannot run.
    """
    graph = graph_of(instance.problem, instance.params)
    proof = prove(graph, instance.data, device)
    return _solution(instance, graph, proof, honest_reach(graph, instance.data, working), decimals, forms)


def solve_all(
    instances: Sequence[Instance], decimals: int = 2, device: str = "cpu", working: int = 4, *, forms: bool = True
) -> list[Solution]:
    """As `solve` solves each of them: those of one structure are proved together.

    Raises: FailedAt naming the instance, with what `solve` raises for it as its cause; EngineUnavailable.
    """
    found: dict[int, Solution] = {}
    for (name, params), places in by_structure(instances).items():
        graph = graph_of(name, params)
        if len(places) == 1:  # what is derived for many would take longer than it saves
            with placed(places[0]):
                found[places[0]] = solve(instances[places[0]], decimals, device, working, forms=forms)
            continue
        try:
            proofs = prove_all(graph, [instances[place].data for place in places], device)
        except FailedAt as failed:
            raise FailedAt(places[failed.place]) from failed.__cause__
        for place, proof in zip(places, proofs, strict=True):
            with placed(place):
                instance = instances[place]
                reach = honest_reach(graph, instance.data, working, by=taped)
                found[place] = _solution(instance, graph, proof, reach, decimals, forms)
    return [found[place] for place in range(len(instances))]


def _solution(
    instance: Instance, graph: Graph, proof: Proof, reach: Hull | None, decimals: int, forms: bool
) -> Solution:
    asks = asks_of(instance)
    closed = _closed_forms(graph, instance, asks) if forms else [_unwritten(graph, ask) for ask in asks]
    answers = tuple(_answer(graph, proof, ask, form, decimals, reach) for ask, form in zip(asks, closed, strict=True))
    return Solution(instance, answers, tuple(Certificate(ask.key, proof.bounds(ask.node, ask.gradient)) for ask in asks))


def notes(instance: Instance, contract: Contract = STANDARD) -> tuple[str, ...]:
    """What an instructor should know of pinned numbers: kinks, answers that rounding blurs, and readings they leave open."""
    chosen, graph = problem(instance.problem), graph_of(instance.problem, instance.params)
    at_kinks = (f"kink at {where}" for where in kinks(graph, exact_values(graph, instance.data)))
    return (*at_kinks, *blurs(instance, contract), *chosen.readings(instance))


def honest_reach(
    graph: Graph, data: Mapping[str, Exact], working: int, by: Callable[..., Hull] = hull
) -> Hull | None:
    """What honest solvers can reach; None where rounding can lead to anything, which pinned numbers alone may do."""
    inputs, upstream = split(graph, data)
    try:
        return by(graph, inputs, upstream, working)
    except Unbounded:
        return None


def reached(reach: Hull | None, graph: Graph, ask: Ask) -> list[Interval] | None:
    """The intervals of the cells that a box asks for, flat."""
    if reach is None or ask.whole:
        return None
    flat = (reach.gradients if ask.gradient else reach.values)[ask.node]
    return _pairs(pick(nest(flat, graph[ask.node].shape), ask.index))


def _pairs(nested: Any) -> list[Interval]:
    """Nested pairs, flat."""
    if isinstance(nested[0], int):
        return [nested]
    return [pair for part in nested for pair in _pairs(part)]


def _answer(graph: Graph, proof: Proof, ask: Ask, form: Any, decimals: int, reach: Hull | None) -> Answer:
    flat = (proof.gradients if ask.gradient else proof.values)[ask.node]
    value, places = pick(nest(flat, graph[ask.node].shape), ask.index), decimals_of(graph, ask, decimals)
    for text, cell in zip(cells(form), cells(value), strict=True):
        if text is not None and not states(text, cell):
            raise ProofError(f"sympy's closed form {text} of {ask.key} is not the proved {float(cell)!r}")
    return Answer(ask, form, value, accepted(value, reached(reach, graph, ask), places, whole=ask.whole), places)


def _closed_forms(graph: Graph, instance: Instance, asks: tuple[Ask, ...]) -> list[Any]:
    data, upstream = split(graph, instance.data)
    forms = engine("sympy").closed_form(graph, data, upstream, [(ask.node, ask.gradient) for ask in asks])
    return [each(pick(form, ask.index), _readable) for form, ask in zip(forms, asks, strict=True)]


def _unwritten(graph: Graph, ask: Ask) -> Any:
    """No closed form in any cell of a box."""
    dims = graph[ask.node].shape
    return pick(nest([None] * prod(dims), dims), ask.index)


def _readable(form: str | None) -> str | None:
    """The closed form where it is short and our own grammar can read it."""
    if form is None or len(form) > LONGEST_EXACT:
        return None
    try:
        _read(form)
    except InputError:
        return None
    return form


@lru_cache(maxsize=1 << 12)
def _read(text: str) -> Expression:
    """Raises: InputError where the text is not in the language of our formulas."""
    try:
        return Leaf(Fraction(text))
    except ValueError:
        return expression(text)


def states(text: str, cell: Fraction) -> bool:
    """Whether a fraction or a closed form is the number, to 40 digits where it is irrational.

    Raises: InputError where the text is not in the language of our formulas.
    """
    return same(reckon(_read(text)), cell)
