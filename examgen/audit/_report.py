"""The report as data: what is found of an exam, gathered by task and problem type, and over all variants."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import chain, pairwise
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from examgen.audit._examine import Measured, Tested
from examgen.effort import GRID, Profile
from examgen.exam import Choice, Exam, Task
from examgen.labels import labels
from examgen.registry import asks_of, mistakes_of, problem
from examgen.render.language import say
from examgen.selecting import Selection
from examgen.sheets import Variant
from examgen.solving import Contract, untellable

HIDDEN = "hardly any numbers show it with these parameters"
Distances = npt.NDArray[np.float64]  # (variants, variants)


@dataclass(frozen=True)
class Spread:
    """How the answers of one box are distributed over the variants that ask it.

    `numbers` are all its cells as they are printed; `distinct` counts different answers, `commonest` how often the most
    frequent one is right.
    """

    label: str
    key: str
    numbers: tuple[float, ...]
    distinct: int
    commonest: int

    @property
    def summary(self) -> tuple[float, float, float]:
        """The least, the median and the largest number."""
        return min(self.numbers), median(self.numbers), max(self.numbers)


@dataclass(frozen=True)
class Noticed:
    """One mistake over the variants: in how many it applies, and in how many a marker sees it; what its students got.

    `accepted` counts students right in all boxes at once. `excepted` says why its problem lists it as an exception, where it
    does.
    """

    key: str
    says: str
    applies: int
    told: int
    students: int
    accepted: int
    excepted: str


@dataclass(frozen=True)
class Part:
    """One problem type of one task.

    `variants` are numbers, `profiles` in their order. `repeats` counts, by rule of difference, the variants that share
    something with another. `alike` counts, by pair of mistakes, the variants in which both lead to the same in every box.
    `refused` counts candidates by reason, beside those that were kept; `seconds` is the search. `honest` counts simulated
    students by all routes, `wrongly_refused` answers of theirs (cells).
    """

    task: int
    problem: str
    preset: str
    minutes: float | None
    pinned: bool
    variants: tuple[int, ...]
    profiles: tuple[Profile, ...]
    spreads: tuple[Spread, ...]
    repeats: Mapping[str, int]
    mistakes: tuple[Noticed, ...]
    alike: Mapping[tuple[str, str], int]
    refused: Mapping[str, int]
    seconds: float
    honest: int
    wrongly_refused: int

    @property
    def efforts(self) -> tuple[float, ...]:
        """Seconds of arithmetic of each variant."""
        return tuple(profile.seconds for profile in self.profiles)

    @property
    def candidates(self) -> int:
        """How many were looked at."""
        return sum(self.refused.values()) + len(self.variants)

    @property
    def broken(self) -> Iterator[str]:
        """What of the promises about marking does not hold; pinned numbers are exempt."""
        where = f"task {self.task} ({self.problem})"
        if self.wrongly_refused and not self.pinned:
            yield f"{where}: {self.wrongly_refused} answers of simulated honest students are refused"
        for mistake in () if self.pinned else self.mistakes:
            if mistake.accepted and not mistake.excepted:
                yield f"{where}: {mistake.accepted} simulated students who make the mistake {mistake.key} have all boxes right"


@dataclass(frozen=True)
class Audit:
    """What an instructor should know of an exam before printing.

    `needed` are a median student's minutes, where they are known, of the `minutes` given. `codes` and `efforts` (seconds of
    arithmetic over all tasks) are in the order of the variants. `distances` is symmetric: the share of printed answers in
    which two variants differ, as the mean over tasks, 1 where a task is of another problem type. `neighbours` is how many
    pairs of variants beside each other share the final answer of some task.
    """

    title: str
    minutes: int
    needed: float
    timing: tuple[str, ...]
    warnings: tuple[str, ...]
    band: float
    codes: tuple[str, ...]
    parts: tuple[Part, ...]
    distances: Distances
    neighbours: int

    @cached_property
    def efforts(self) -> tuple[float, ...]:
        total = defaultdict[int, float](float)
        for part in self.parts:
            for number, seconds in zip(part.variants, part.efforts, strict=True):
                total[number] += seconds
        return tuple(total[number] for number in range(1, len(self.codes) + 1))

    @property
    def hardest(self) -> int:
        """The number of the variant with the largest effort."""
        return max(range(len(self.codes)), key=lambda place: self.efforts[place]) + 1

    @property
    def nearest(self) -> tuple[float, int, int] | None:
        """The least distance, and between which two variants; None where there is one variant only."""
        rows, columns = np.triu_indices(len(self.codes), 1)
        if not len(rows):
            return None
        place = int(np.argmin(self.distances[rows, columns]))
        return float(self.distances[rows[place], columns[place]]), int(rows[place]) + 1, int(columns[place]) + 1

    @property
    def broken(self) -> tuple[str, ...]:
        """What of the promises about marking does not hold."""
        return tuple(chain.from_iterable(part.broken for part in self.parts))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "title": self.title, "minutes": self.minutes, "needed": self.needed, "timing": self.timing,
            "warnings": self.warnings, "band": self.band,
            "hardest": self.hardest,
            "variants": [
                {"number": number, "code": code, "seconds": seconds}
                for number, (code, seconds) in enumerate(zip(self.codes, self.efforts, strict=True), 1)
            ],
            "tasks": [_plain(part) for part in self.parts],
            "distances": np.round(self.distances, 4).tolist(),
            "neighbours_sharing_a_final_answer": self.neighbours,
            "broken": self.broken,
        }


def _plain(part: Part) -> dict[str, Any]:
    alike = [{"mistakes": pair, "variants": count} for pair, count in part.alike.items()]
    profiles = [{**asdict(profile), "mistakes": sorted(profile.mistakes)} for profile in part.profiles]
    return {**asdict(part), "alike": alike, "profiles": profiles, "candidates": part.candidates}


def report(
    exam: Exam, selection: Selection, variants: Sequence[Variant], measured: Sequence[Sequence[Measured]],
    tested: Sequence[Sequence[Tested]],
) -> Audit:
    """The report of what was found in every task of every variant."""
    parts = []
    for place, task in enumerate(exam.tasks):
        for choice in task.choices:
            rows = [i for i, variant in enumerate(variants) if task.choice(variant.number) is choice]
            if rows:
                shown = [measured[i][place] for i in rows], [tested[i][place] for i in rows]
                parts.append(_part(exam, selection, task, choice, *shown))
    kinds = [[task.choice(variant.number).problem for task in exam.tasks] for variant in variants]
    return Audit(
        exam.title, exam.minutes, exam.working_minutes, exam.timing, exam.warnings, float(exam.band),
        tuple(variant.code for variant in variants), tuple(parts),
        distances(kinds, measured), _shared_by_neighbours(kinds, measured),
    )


def _part(
    exam: Exam, selection: Selection, task: Task, choice: Choice, measured: Sequence[Measured], tested: Sequence[Tested]
) -> Part:
    place = task.number, choice.problem
    marked = [one.marked for one in tested]
    return Part(
        *place, choice.label, choice.minutes, choice.pinned is not None, tuple(one.variant for one in measured),
        tuple(one.profile for one in measured), tuple(_spreads(exam, task, choice, measured)), _repeats(measured),
        tuple(_noticed(exam, choice, Contract(task.working, task.decimals), tested)),
        dict(Counter(pair for one in tested for pair in one.same)),
        dict(selection.refused[place]), selection.seconds[place],
        sum(one.honest for one in marked), sum(one.refused for one in marked),
    )


def _spreads(exam: Exam, task: Task, choice: Choice, measured: Sequence[Measured]) -> Iterator[Spread]:
    asks = asks_of(choice.example)
    for place, (ask, label) in enumerate(zip(asks, labels(task.number, len(asks), exam.language), strict=True)):
        answers = Counter(one.answers[place] for one in measured)
        numbers = tuple(cell / 10**GRID for one in measured for cell in one.answers[place])
        yield Spread(label, ask.key, numbers, len(answers), max(answers.values()))


def _repeats(measured: Sequence[Measured]) -> dict[str, int]:
    """By rule: how many variants share a mark with another; rules that nobody breaks have 0."""
    found: dict[str, Counter[Any]] = {}
    for one in measured:
        for rule, mark in one.marks.items():
            found.setdefault(rule, Counter())[mark] += 1
    return {rule: sum(count for count in counts.values() if count > 1) for rule, counts in found.items()}


def _noticed(exam: Exam, choice: Choice, contract: Contract, tested: Sequence[Tested]) -> Iterator[Noticed]:
    params = choice.example.params
    hidden = dict.fromkeys(untellable(choice.problem, params, contract), HIDDEN)
    exceptions = {**hidden, **problem(choice.problem).exceptions(params)}
    for mistake in mistakes_of(choice.problem, params):
        told = [one.told[mistake.key] for one in tested if mistake.key in one.told]
        sat = [one.marked for one in tested if mistake.key in one.marked.accepted]
        if told:
            students, accepted = sum(one.mistaken for one in sat), sum(one.accepted[mistake.key] for one in sat)
            yield Noticed(
                mistake.key, say(exam.language, mistake.says), len(told), sum(map(bool, told)), students, accepted,
                exceptions.get(mistake.key, ""),
            )


def distances(kinds: Sequence[Sequence[str]], measured: Sequence[Sequence[Measured]]) -> Distances:
    """Between every two variants, as `Audit.distances`; `kinds` are the problem types of their tasks."""
    total = np.zeros((len(measured), len(measured)))
    for place in range(len(kinds[0])):
        total += _apart([(kind[place], *row[place].answers) for kind, row in zip(kinds, measured, strict=True)])
    return total / len(kinds[0])


def _apart(rows: Sequence[tuple[Any, ...]]) -> Distances:
    """The share of places in which two rows differ: all of them where they differ in the first."""
    known: dict[Any, int] = {}
    coded = np.full((len(rows), max(map(len, rows))), -1)
    for i, row in enumerate(rows):
        coded[i, : len(row)] = [known.setdefault(place_and_cell, len(known)) for place_and_cell in enumerate(row)]
    used = np.array([len(row) - 1 for row in rows])
    differing = np.array([(coded[:, 1:] != row[1:]).sum(axis=1) for row in coded]) / np.maximum(used[:, None], used)
    return np.where(coded[:, None, 0] == coded[None, :, 0], differing, 1.0)


def _shared_by_neighbours(kinds: Sequence[Sequence[str]], measured: Sequence[Sequence[Measured]]) -> int:
    """How many pairs of variants beside each other share the final answer of a task."""
    finals = [[(kind, one.final) for kind, one in zip(*row, strict=True)] for row in zip(kinds, measured, strict=True)]
    return sum(any(one == other for one, other in zip(*pair, strict=True)) for pair in pairwise(finals))
