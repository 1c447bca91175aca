"""Candidates of many keys drawn ahead and looked at together, each with the verdict that it would get by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from examgen.batches import by_structure
from examgen.differing import Marks
from examgen.drawing import Stream, key
from examgen.effort import Profile
from examgen.errors import DrawError
from examgen.mistaken import solvers
from examgen.model import Instance
from examgen.problem import Preset
from examgen.registry import problem
from examgen.sifting._batch import Batch
from examgen.sifting._numbers import Numbers
from examgen.sifting._written import Unwritable
from examgen.solving import ATTEMPTS, STANDARD, Candidate, Contract, faults, first, unfit, untellable
from examgen.tabulating import off_the_table

TOGETHER = 256  # candidates in one stack
ALONE = 4  # so few are faster one by one
AHEAD = 32  # candidates at most that are drawn at once for one key, and in all where few keys are left


@dataclass
class Looked:
    """A candidate: why nothing was drawn or it is unlike the others, what it is known by, and why else it is not used."""

    instance: Instance | None
    refusal: str | None = None
    marks: Marks | None = None
    unfit: str | None = None

    @property
    def fits(self) -> bool:
        return self.refusal is None and self.unfit is None


@dataclass(frozen=True, eq=False)
class Likeness:
    """What candidates must be like: `refuse` says why a profile is unlike the others', `alone` the same of an instance, with
    its marks where it is not. With `tables` functions are looked up."""

    decimals: int
    refuse: Callable[[Profile], str | None]
    alone: Callable[[Instance], tuple[str | None, Marks | None]]
    tables: bool = False


@dataclass(eq=False)
class Key:
    """The candidates of one key, as far as they have been looked at, and how many of those that fit are `wanted`."""

    stream: Stream
    found: list[Looked] = field(default_factory=list)
    fitting: int = 0
    wanted: int = 1

    def add(self, looked: Looked) -> None:
        self.found.append(looked)
        self.fitting += looked.fits


class Ahead:
    """Looks at candidates of one problem's preset for many keys at once.

    `contract` None: nothing is asked of rounding or mistakes. Without `likeness` candidates may be unlike each other.
    """

    def __init__(self, name: str, preset: Preset, contract: Contract | None, likeness: Likeness | None = None) -> None:
        self.chosen, self.preset, self.contract, self.likeness = problem(name), preset, contract, likeness
        self.spared = untellable(name, preset.params, contract) if contract else frozenset[str]()
        self.drawn, self.fitting = 1, 1  # of all so far: how many candidates it takes for one that fits
        self.keys, self.used = 0, 0  # whose candidates were asked for, and those of them that fit
        self.apart = False  # whether each candidate has a structure of its own, so that none is worth looking at for nothing

    def key(self, *parts: str | int) -> Key:
        return Key(Stream(key("draw", *parts, self.chosen.name, self.preset.version)))

    def candidates(self, keys: Sequence[Key], most: int) -> Iterator[Looked]:
        """Those of the first key, one after another; when they run out, the keys behind it are looked ahead for as well."""
        own = keys[0]
        self.keys += 1
        for place in range(most):
            if place == len(own.found):
                own.wanted = own.fitting + 1
                usual = ceil(self.used / self.keys)
                for other in keys[1:]:
                    other.wanted = max(other.wanted, usual)
                self.look(keys[:1] if self.apart else keys, most)
            self.used += own.found[place].fits
            yield own.found[place]

    def look(self, keys: Sequence[Key], most: int) -> None:
        """Goes on until each key has as many candidates that fit as are wanted, or `most` in all."""
        while left := [each for each in keys if each.fitting < each.wanted and len(each.found) < most]:
            few = max(1, AHEAD // len(left) // 2)
            taken: list[tuple[Key, Instance | None, str | None]] = []
            for each in left:
                count = round((each.wanted - each.fitting) * self.drawn / self.fitting)
                count = 1 if self.apart else min(max(few, min(count, AHEAD)), most - len(each.found))
                taken += [(each, *self._drawn(each, len(each.found) + ahead)) for ahead in range(count)]
            self._take(taken)

    def _drawn(self, each: Key, attempt: int) -> tuple[Instance | None, str | None]:
        try:
            return self.chosen.draw(self.preset.params, each.stream.fork(attempt)), None
        except DrawError as error:
            return None, str(error)

    def _take(self, taken: Sequence[tuple[Key, Instance | None, str | None]]) -> None:
        found = self.verdicts([instance for _, instance, _ in taken if instance is not None])
        for each, instance, failure in taken:
            looked = Looked(None, failure) if instance is None else next(found)
            self.drawn, self.fitting = self.drawn + 1, self.fitting + looked.fits
            each.add(looked)

    def verdicts(self, instances: Sequence[Instance]) -> Iterator[Looked]:
        """In their order."""
        found: dict[int, Looked] = {}
        structures = by_structure(instances)
        self.apart = self.apart or ALONE <= len(instances) < ALONE * len(structures)
        for places in structures.values():
            for start in range(0, len(places), TOGETHER):
                some = places[start : start + TOGETHER]
                found.update(zip(some, self._together([instances[place] for place in some]), strict=True))
        return (found[place] for place in range(len(instances)))

    def _together(self, instances: Sequence[Instance]) -> list[Looked]:
        if len(instances) < ALONE:
            return [self._alone(instance) for instance in instances]
        try:
            with np.errstate(all="ignore"):
                return self._sifted(instances)
        except Unwritable:
            self.apart = True
            return [self._alone(instance) for instance in instances]

    def _sifted(self, instances: Sequence[Instance]) -> list[Looked]:
        batch = Batch(self.chosen, instances, self.contract, effort=self.likeness is not None)
        found = self._weighed(batch) if self.likeness else [Looked(instance) for instance in instances]
        which = np.array([place for place, looked in enumerate(found) if looked.refusal is None], dtype=np.intp)
        if len(which):
            reasons, doubt = batch.unfit(which, self.spared)
            for place, reason, unsure in zip(which.tolist(), reasons, doubt.tolist(), strict=True):
                found[place].unfit = self._unfit(instances[place]) if unsure else reason
        return found

    def _weighed(self, batch: Batch) -> list[Looked]:
        likeness = self.likeness
        assert likeness is not None
        profiles, grid = batch.weighed(likeness.decimals)
        mistakes = frozenset(solver.mistake.key for solver in solvers(batch.instances[0]))
        doubt, found = batch.doubt.of.tolist(), []
        for place, instance in enumerate(batch.instances):
            if doubt[place]:
                found.append(Looked(instance, *likeness.alone(instance)))
                continue
            refusal = likeness.refuse(profiles.profile(place, mistakes))
            if refusal is None and likeness.tables:
                refusal = off_the_table(batch.graph, Numbers(batch.plan.values[0], batch.spans, place))
            found.append(Looked(instance, refusal, None if refusal else batch.marks(grid, place, likeness.decimals)))
        return found

    def _alone(self, instance: Instance) -> Looked:
        looked = Looked(instance, *self.likeness.alone(instance)) if self.likeness else Looked(instance)
        if looked.refusal is None:
            looked.unfit = self._unfit(instance)
        return looked

    def _unfit(self, instance: Instance) -> str | None:
        """By the reference, one by one."""
        if self.contract is None:
            return next(faults(self.chosen, instance), None)
        return next(unfit(self.chosen, instance, self.contract, self.spared), None)


def draw_all(
    name: str, preset: Preset, keys: Iterable[Sequence[str | int]], contract: Contract | None = STANDARD
) -> Iterator[Instance]:
    """The instances that belong to many keys, each as `solving.draw` gives it; without a contract they are free of kinks and
    flaws, and nothing else is asked of them.

    Raises: DrawError naming the problem and the commonest reason.
    """
    ahead, parts = Ahead(name, preset, contract), list(keys)
    for start in range(0, len(parts), TOGETHER):
        some = [ahead.key(*each) for each in parts[start : start + TOGETHER]]
        ahead.look(some, ATTEMPTS)
        for each in some:
            yield first(name, (Candidate(looked.instance, looked.refusal or looked.unfit) for looked in each.found))
