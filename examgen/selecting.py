"""The variants of an exam, one after another: alike in effort, unlike in numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from time import perf_counter

from examgen import codes
from examgen.avoiding import Earlier, earlier
from examgen.differing import DATA, Marks, Printed, Seen, marks_of
from examgen.effort import Profile, numbers_of, profile_of, work_of
from examgen.errors import DefinitionError, DrawError, InputError
from examgen.exam import Choice, Exam, Task
from examgen.fairness import reference, unfair
from examgen.model import Instance
from examgen.sheets import Variant
from examgen.solving import Contract, candidates, first

SEARCH = 2000  # candidates looked at for a task of a variant


def variants(exam: Exam, count: int | None = None) -> tuple[Variant, ...]:
    """The first `count` variants (all by default); each depends on those before it and on nothing behind.

    Raises: DrawError where the parameters leave no room for so many; DefinitionError where an earlier key cannot be read.
    """
    return tuple(Selection(exam).take(exam.variants if count is None else count))


@dataclass
class Selection:
    """Variants as they are found, and what they must not repeat.

    `seen` holds what was there before, by problem type; `refused` counts, by task and problem type, why candidates were not
    used, and `seconds` how long the search took.
    """

    exam: Exam
    seen: dict[str, Seen] = field(default_factory=dict)
    refused: dict[tuple[int, str], Counter[str]] = field(default_factory=dict)
    seconds: defaultdict[tuple[int, str], float] = field(default_factory=lambda: defaultdict(float))
    avoided: Counter[str] = field(default_factory=Counter)  # problem type -> tasks of earlier exams
    neighbour: dict[int, Printed] = field(default_factory=dict)  # task -> the final answer of the variant before

    def __post_init__(self) -> None:
        for path in self.exam.avoid:
            found = list(earlier(path))
            for name, marks in chain.from_iterable(variant.tasks for variant in found):
                self.seen.setdefault(name, Seen()).add(marks)
                self.avoided[name] += 1
            if found and all(map(self._has_our_code, found)):
                raise DefinitionError(
                    f"avoid: {path}: its variants have the codes of this exam, so that two papers would bear the same one:"
                    " write sitting = 2, or another seed"
                )

    def _has_our_code(self, variant: Earlier) -> bool:
        try:
            return variant.code == self._code(variant.number)
        except InputError:  # no exam has such a variant
            return False

    def _code(self, number: int) -> str:
        return codes.encode(number, self.exam.seed, self.exam.sitting)

    def take(self, count: int) -> Iterator[Variant]:
        """So many variants, from the first on."""
        for number in range(1, count + 1):
            instances = tuple(self._drawn(task, number) for task in self.exam.tasks)
            yield Variant(number, self._code(number), instances)

    def _drawn(self, task: Task, variant: int) -> Instance:
        choice = task.choice(variant)
        if choice.pinned is not None:
            return choice.pinned
        started = perf_counter()
        found = self._searched(task, choice, variant)
        self.seconds[task.number, choice.problem] += perf_counter() - started
        return found

    def _searched(self, task: Task, choice: Choice, variant: int) -> Instance:
        contract = Contract(task.working, task.decimals)
        middle = reference(choice.problem, choice.preset, contract, self.exam.band)
        search = Search(task, middle, self.exam.band, self.seen.setdefault(choice.problem, Seen()), self.neighbour)
        parts = (self.exam.seed, self.exam.sitting, task.number, variant, choice.label)
        tried = candidates(choice.problem, choice.preset, *parts, contract=contract, refusal=search.refusal)
        try:
            found = first(choice.problem, tried, SEARCH, self.refused.setdefault((task.number, choice.problem), Counter()))
        except DrawError as error:
            raise DrawError(search.failure(choice, self.avoided[choice.problem]) or f"task {task.number}: {error}") from None
        search.keep()
        return found


@dataclass
class Search:
    """The search for one task of one variant: why a candidate is refused, and what is known of the last that was not."""

    task: Task
    middle: Profile
    band: Fraction
    seen: Seen
    neighbour: dict[int, Printed]
    repeats: int = 0
    marks: Marks | None = None

    def refusal(self, instance: Instance) -> str | None:
        """Why an instance is refused: unlike the others in effort, or too much like one of them in numbers."""
        work = work_of(instance)
        try:
            numbers = numbers_of(work, instance.data)
        except ArithmeticError as error:
            return str(error)
        found = profile_of(work, numbers, instance, self.task.decimals)
        if reason := next(unfair(found, self.middle, self.band), None):
            return reason
        self.marks = marks_of(work, numbers, instance.data, self.task.decimals)
        rule = self.seen.repeated(self.marks, self.neighbour.get(self.task.number))
        self.repeats += rule == DATA
        return rule and f"{rule} would be those of another variant"

    def keep(self) -> None:
        """Takes note of the candidate looked at last."""
        assert self.marks is not None
        self.seen.add(self.marks)
        self.neighbour[self.task.number] = self.marks.final

    def failure(self, choice: Choice, avoided: int) -> str | None:
        """What went wrong where candidates were good but for having been drawn before."""
        if not self.repeats:
            return None
        beside = f", beside {avoided} tasks to avoid" if avoided else ""
        return (
            f"task {self.task.number}: only {self.seen.count - avoided} distinct variants of {choice.problem} fit these"
            f" parameters{beside}: ask for fewer variants, or take a preset with more room"
        )
