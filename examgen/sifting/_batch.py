"""Many candidates of one structure looked at together: the same verdict on each as `solving` and `effort` give one by one.

What bounds of int64 or float64 leave open is asked there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from examgen.differing import Marks, marks_of
from examgen.effort import Work, work_of
from examgen.mistaken import solvers
from examgen.model import Instance
from examgen.problem import Problem
from examgen.registry import asks_of, graph_of
from examgen.sifting._fixed import Array, Doubt
from examgen.sifting._numbers import Numbers
from examgen.sifting._plan import exact_plan, rounded_plan
from examgen.sifting._sharp import Accepted, accepted, blurred
from examgen.sifting._sound import doubt_kinks, small
from examgen.sifting._stack import Given, given, part
from examgen.sifting._told import HIDDEN, OPEN, TOLD, Told
from examgen.sifting._walk import Spans, walked
from examgen.sifting._weighed import ONE, Grid, Weighed, gridded, weighed
from examgen.sifting._written import Unwritable
from examgen.solving import Contract

FINEST = 6  # decimals, of results on the way or of answers, beyond which bounds of 14 decimals say too little
Reasons = list[str | None]


class Batch:
    """So many instances of one structure, with all that is worked out of them exactly.

    `doubt` holds those on which nothing can be said here. Raises: Unwritable where that goes for the whole structure.
    """

    def __init__(self, chosen: Problem, instances: Sequence[Instance], contract: Contract | None, *, effort: bool) -> None:
        self.chosen, self.instances, self.contract = chosen, instances, contract
        first = instances[0]
        self.graph, self.asks = graph_of(first.problem, first.params), asks_of(first)
        if contract is not None and max(contract.working, contract.decimals) > FINEST:
            raise Unwritable("many decimals")
        self.doubt = Doubt(len(instances))
        self.stack = given(self.graph, [instance.data for instance in instances], self.doubt)
        if not self.stack.whole and _whole_asked(chosen, first.params):
            raise Unwritable("boxes that depend on the numbers")
        if not small(self.graph, self.stack.whole):
            raise Unwritable("long fractions")
        self.work: Work | None = work_of(first) if effort else None
        self.gradients = frozenset(ask.node for ask in self.asks if ask.gradient) if contract else frozenset[str]()
        more = frozenset(node.name for node in self.work.needed) if self.work else frozenset[str]()
        self.plan = exact_plan(self.graph, self.gradients, more)
        self.spans = walked(self.plan, self.stack, None, self.doubt)

    def weighed(self, decimals: int) -> tuple[Weighed, Grid]:
        """Profiles, and the numbers that they were counted on; `doubt` says which of them hold."""
        assert self.work is not None
        grid = gridded(self.work, self.plan.held[0], self.spans, self.doubt)
        return weighed(self.work, grid, self.stack, decimals, self.doubt), grid

    def unfit(self, which: Array, spared: Collection[str]) -> tuple[Reasons, Array]:
        """Why candidates, by their places, are not used, as `solving.unfit` has it, and which of them are in doubt."""
        doubt = Doubt(len(which))
        doubt.of |= self.doubt.of[which]
        spans = [span[:, which] for span in self.spans]
        doubt_kinks(self.graph, self.plan.values[0], spans, doubt)
        reasons: Reasons = [None] * len(which)
        for place, candidate in enumerate(which.tolist()):
            if not doubt.of[place]:
                self._look(place, candidate, spans, reasons, doubt)
        if self.contract is not None:
            self._round(which, spans, reasons, doubt, {*spared, *self.chosen.exceptions(self.instances[0].params)})
        return reasons, doubt.of

    def _look(self, place: int, candidate: int, spans: Spans, reasons: Reasons, doubt: Doubt) -> None:
        """What the problem itself refuses, where the bounds of the numbers tell."""
        numbers = Numbers(self.plan.values[0], spans, place)
        try:
            reasons[place] = next(self.chosen.flaws(self.instances[candidate], numbers), None)
        except (ArithmeticError, TypeError, ValueError, AttributeError):  # asked again with exact numbers
            doubt.of[place] = True

    def _round(self, which: Array, spans: Spans, reasons: Reasons, doubt: Doubt, spared: Collection[str]) -> None:
        """What rounding blurs, and the mistakes that are not told apart, of those that are sound."""
        left = np.array([place for place, why in enumerate(reasons) if why is None and not doubt.of[place]], dtype=np.intp)
        if not len(left) or self.contract is None:
            return
        stack, unsure = part(self.stack, which[left]), Doubt(len(left))
        plan = rounded_plan(self.graph, self.gradients)
        rounded = plan, walked(plan, stack, self.contract.working, unsure)
        exact = self.plan, [span[:, left] for span in spans]
        boxes = accepted(self.graph, self.asks, exact, rounded, self.contract.decimals, unsure)
        found: Reasons = [None] * len(left)
        blurred(boxes, found, unsure)
        self._tell(which[left], stack, boxes, found, unsure, spared)
        doubt.of[left] |= unsure.of
        for place, why in zip(left.tolist(), found, strict=True):
            reasons[place] = why

    def _tell(
        self, which: Array, stack: Given, boxes: Sequence[Accepted], found: Reasons, unsure: Doubt, spared: Collection[str]
    ) -> None:
        instances = [self.instances[candidate] for candidate in which.tolist()]
        told = Told(self.graph, instances, stack, boxes)
        left = np.array([place for place, why in enumerate(found) if why is None and not unsure.of[place]], dtype=np.intp)
        for solver in solvers(instances[0]):
            if solver.mistake.key in spared or not len(left):
                continue
            states = told.apart(solver, left)
            unsure.of[left[states == OPEN]] = True
            for place in left[states == HIDDEN].tolist():
                found[place] = f"its numbers do not tell the mistake {solver.mistake.key} apart"
            left = left[states == TOLD]

    def marks(self, grid: Grid, candidate: int, decimals: int) -> Marks:
        """What one candidate is known by."""
        assert self.work is not None
        numbers = _Listed(grid, candidate)
        return marks_of(self.work, numbers, self.instances[candidate].data, decimals)


class _Listed(dict[str, list[float]]):
    """The numbers of one candidate on the grid, made when they are asked for."""

    def __init__(self, grid: Grid, candidate: int) -> None:
        super().__init__()
        self.grid, self.candidate = grid, candidate

    def __missing__(self, name: str) -> list[float]:
        found: list[float] = (self.grid[name][self.candidate] / ONE).tolist()
        self[name] = found
        return found


@lru_cache(maxsize=1024)
def _whole_asked(chosen: Problem, params: Any) -> bool:
    return any(ask.whole for ask in chosen.asks(params))
