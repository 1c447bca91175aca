"""Proof of many instances of one structure at once: every engine runs on a stack, and arrays are compared, not numbers.

What the comparison of arrays cannot vouch for is compared again as `verifying.prove` does it, number by number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from examgen.batches import FailedAt, Stack, floats, placed, slices, stacked
from examgen.engines._engine import Evaluation
from examgen.errors import EngineUnavailable, ProofError
from examgen.graph import Graph
from examgen.model import Exact
from examgen.verifying import (
    DIGITS,
    FLOAT_BOUND,
    LARGEST_SCALE,
    REFERENCE,
    Proof,
    Run,
    What,
    blurred_of,
    certified,
    compare,
    compared,
    engine,
    fraction,
    prove,
    runs,
    skipped,
)

Array = npt.NDArray[Any]
SIZE = 1024  # instances at a time: more gain nothing, and memory stays bounded
SURE = 0.5  # of a bound: what is within it is within the bound however the comparison itself rounds


@dataclass(frozen=True)
class Exacts:
    """SymPy's numbers of so many instances: arrays (count, cells) of every value and every gradient."""

    count: int
    arrays: Mapping[What, Array]

    @cached_property
    def named(self) -> Evaluation:
        """The same by name, values and gradients apart."""
        values = {name: array for (name, gradient), array in self.arrays.items() if not gradient}
        return Evaluation(values, {name: array for (name, gradient), array in self.arrays.items() if gradient})

    @cached_property
    def approximate(self) -> dict[What, Array]:
        return {what: array.astype(np.float64) for what, array in self.arrays.items()}

    @cached_property
    def rational(self) -> dict[What, bool]:
        """Which hold fractions, of every instance alike, and no digits of something irrational."""
        return {what: not any(hasattr(cell, "_mpf_") for cell in array[:1].flat) for what, array in self.arrays.items()}

    @cached_property
    def largest(self) -> Array:
        """The size of what float64 has to hold, instance by instance."""
        sizes = [np.abs(array).max(axis=1, initial=1.0) for array in self.approximate.values()]
        return np.asarray(np.minimum(LARGEST_SCALE, np.max(sizes, axis=0)))

    @cached_property
    def doubles(self) -> Array:
        """Whether a double holds every value of an instance."""
        values = [what for what in self.arrays if not what[1]]
        held = [np.asarray(self.arrays[what] == self.approximate[what].astype(object), dtype=bool) for what in values]
        return np.asarray(np.all([each.all(axis=1) for each in held], axis=0))

    @cached_property
    def fractions(self) -> dict[What, list[list[Fraction]]]:
        return {what: _fractions(array).tolist() for what, array in self.arrays.items()}

    def of(self, place: int) -> Evaluation:
        """One instance's flat cells as fractions."""
        values = {name: flats[place] for (name, gradient), flats in self.fractions.items() if not gradient}
        return Evaluation(values, {name: flats[place] for (name, gradient), flats in self.fractions.items() if gradient})


_fractions = np.frompyfunc(fraction, 1, 1)


def prove_all(graph: Graph, datas: Sequence[Mapping[str, Exact]], device: str = "cpu") -> list[Proof]:
    """The proof of each of so many instances of one graph, as `prove` gives them one by one.

    Raises: FailedAt naming the instance, with what `prove` raises for it as its cause; EngineUnavailable.
    """
    found: list[Proof] = []
    for start in range(0, len(datas), SIZE):
        part = datas[start : start + SIZE]
        try:
            found += _sought(graph, part, device)
        except FailedAt as failed:
            raise FailedAt(start + failed.place) from failed.__cause__
    return found


def _sought(graph: Graph, datas: Sequence[Mapping[str, Exact]], device: str) -> list[Proof]:
    """Where arrays fail, the instance is sought on which an engine fails by itself."""
    try:
        return _proved(graph, datas, device)
    except (FailedAt, EngineUnavailable):
        raise
    except Exception:
        for place, data in enumerate(datas):
            with placed(place):
                prove(graph, data, device)
        raise


def _proved(graph: Graph, datas: Sequence[Mapping[str, Exact]], device: str) -> list[Proof]:
    stack = stacked(graph, datas)
    approximate = floats(stack)
    exact = exacts(graph, stack)
    engines = [*runs(device)]
    for run in engines:
        given = stack if run.exact else approximate
        _agreed(graph, run, run.evaluate(graph, given.data, given.upstream, count=stack.count), exact)
    certificates: dict[frozenset[str], Any] = {}
    proofs = []
    for place in range(stack.count):
        one = exact.of(place)
        blurred = frozenset() if exact.doubles[place] else frozenset(blurred_of(graph, one.values))
        if blurred not in certificates:
            certificates[blurred] = certified(exact.rational, engines, blurred)
        proofs.append(Proof(one.values, one.gradients, certificates[blurred]))
    return proofs


def exacts(graph: Graph, stack: Stack) -> Exacts:
    """What SymPy derives, of a stack of exact numbers. Raises: FailedAt."""
    found = engine(REFERENCE).evaluate(graph, stack.data, stack.upstream, count=stack.count)
    both = ((found.values, False), (found.gradients, True))
    return Exacts(
        stack.count,
        {(name, gradient): np.asarray(a).reshape(stack.count, -1) for arrays, gradient in both for name, a in arrays.items()},
    )


def _agreed(graph: Graph, run: Run, found: Evaluation, exact: Exacts) -> None:
    """Raises: FailedAt with a ProofError that names the node and the engine."""
    for what in compared(run, found, exact.named):
        name, gradient = what
        mine = np.asarray((found.gradients if gradient else found.values)[name])
        if mine.shape != (exact.count, *graph[name].shape):
            raise ProofError(f"{run.engine} gives {name} shape {mine.shape} for {exact.count} instances of {graph[name].shape}")
        sure = _same if run.exact else _near
        for place in np.flatnonzero(~sure(mine.reshape(exact.count, -1), what, exact)).tolist():
            one = exact.of(place)
            if not skipped(run, what, blurred_of(graph, one.values)):
                with placed(place):
                    alone = Evaluation({}, {name: mine[place]}) if gradient else Evaluation({name: mine[place]}, {})
                    largest = float(exact.largest[place])
                    compare(run, what, alone, one, exact.rational[what], graph[name].shape, largest)


def _near(mine: Array, what: What, exact: Exacts) -> Array:
    """Whether float64 is surely within its bound, instance by instance."""
    theirs = exact.approximate[what]
    allowed = FLOAT_BOUND * np.maximum(exact.largest[:, None], np.abs(theirs))
    return np.asarray((np.abs(mine - theirs) <= SURE * allowed).all(axis=1))


def _same(mine: Array, what: What, exact: Exacts) -> Array:
    """Whether exact numbers are surely the same, instance by instance."""
    theirs = exact.arrays[what]
    alike = _equal(mine, theirs) if exact.rational[what] else _close(mine, theirs)
    return np.asarray(alike.astype(bool).all(axis=1))


def _alike(mine: Any, theirs: Any) -> bool:
    return mine == theirs and not isinstance(mine, float)


def _digits_alike(mine: Any, theirs: Any) -> bool:
    if not (hasattr(mine, "_mpf_") and hasattr(theirs, "_mpf_")):
        return False
    return bool(abs(mine - theirs) * 10**DIGITS <= SURE * max(1, abs(theirs)))


_equal: Callable[..., Any] = np.frompyfunc(_alike, 2, 1)
_close: Callable[..., Any] = np.frompyfunc(_digits_alike, 2, 1)


def agreed(graph: Graph, stack: Stack, device: str = "cpu") -> Array:
    """Whether NumPy's float64 and PyTorch's agree on every value and gradient of an instance, without an exact reference.

    `stack` is of floats. This says how fast they are, and how near; it proves nothing.
    """
    found = []
    for part in slices(stack, SIZE):
        ours = engine("numpy").evaluate(graph, part.data, part.upstream, count=part.count)
        theirs = engine("torch").evaluate(graph, part.data, part.upstream, device=device, count=part.count)
        pairs = [*_pairs(part.count, ours.values, theirs.values), *_pairs(part.count, ours.gradients, theirs.gradients)]
        sizes = np.max([np.abs(mine).max(axis=1, initial=1.0) for mine, _ in pairs], axis=0)
        allowed = FLOAT_BOUND * np.minimum(LARGEST_SCALE, sizes)[:, None]
        within = [np.abs(mine - other) <= np.maximum(allowed, FLOAT_BOUND * np.abs(mine)) for mine, other in pairs]
        found.append(np.all([each.all(axis=1) for each in within], axis=0))
    return np.concatenate(found)


def _pairs(count: int, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[tuple[Array, Array]]:
    for name, array in ours.items():
        yield np.asarray(array, dtype=np.float64).reshape(count, -1), np.asarray(theirs[name]).reshape(count, -1)
