"""The variants of an exam, one after another: alike in effort, unlike in numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
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
from examgen.registry import graph_of
from examgen.sheets import Variant
from examgen.solving import Candidate, Contract, candidates, exact_values, first
from examgen.tabulating import off_the_table

SEARCH = 2000  # candidates looked at for a task of a variant
Place = tuple[int, str]  # a task's number and a problem type


def variants(exam: Exam, count: int | None = None) -> tuple[Variant, ...]:
    """The first `count` variants (all by default); each depends on those before it and on nothing behind.

    Raises: DrawError where the parameters leave no room for so many; DefinitionError where an earlier key cannot be read.
    """
    return tuple(Selection(exam).take(exam.variants if count is None else count))


@dataclass
class Selection:
    """Variants as they are found, and what they must not repeat.

    `given` holds the numbers that were there before, by problem type; `seen` what else was, by task and problem type;
    `refused` counts why candidates were not used, and `seconds` how long the search took.
    """

    exam: Exam
    given: defaultdict[str, set[Hashable]] = field(default_factory=lambda: defaultdict(set))
    seen: defaultdict[Place, Seen] = field(default_factory=lambda: defaultdict(Seen))
    refused: defaultdict[Place, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    seconds: defaultdict[Place, float] = field(default_factory=lambda: defaultdict(float))
    avoided: Counter[str] = field(default_factory=Counter)  # problem type -> tasks of earlier exams
    neighbour: dict[int, Printed] = field(default_factory=dict)  # task -> the final answer of the variant before

    def __post_init__(self) -> None:
        for path in self.exam.avoid:
            found = list(earlier(path))
            for name, marks in chain.from_iterable(variant.tasks for variant in found):
                self._avoid(name, marks)
            if found and all(map(self._has_our_code, found)):
                raise DefinitionError(
                    f"avoid: {path}: its variants have the codes of this exam, so that two papers would bear the same one:"
                    " write sitting = 2, or another seed"
                )

    def _avoid(self, name: str, marks: Marks) -> None:
        self.avoided[name] += 1
        self.given[name].add(marks.rules[DATA])
        for task in self.exam.tasks:
            if any(choice.problem == name for choice in task.choices):
                self.seen[task.number, name].add(marks)

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
        contract, place = Contract(task.working, task.decimals), (task.number, choice.problem)
        middle = reference(choice.problem, choice.preset, contract)
        beside = self.neighbour.get(task.number)
        given, tables = self.given[choice.problem], bool(choice.tables)
        search = Search(task.decimals, middle, self.exam.band, given, self.seen[place], beside, tables)
        parts = (self.exam.seed, self.exam.sitting, task.number, variant, choice.label)
        tried = candidates(choice.problem, choice.preset, *parts, contract=contract, refusal=search.refusal)
        try:
            found = first(choice.problem, map(search.judged, tried), SEARCH, self.refused[place])
        except DrawError as error:
            full = search.full and self._full(task, choice)
            raise DrawError(f"task {task.number}: {full or error}") from None
        self.neighbour[task.number] = search.keep()
        return found

    def _full(self, task: Task, choice: Choice) -> str:
        """What is said where there are no more numbers."""
        avoided = self.avoided[choice.problem]
        beside = f", beside {avoided} tasks to avoid" if avoided else ""
        placed = self.seen[task.number, choice.problem].count - avoided
        return (
            f"only {placed} distinct variants of {choice.problem} fit these parameters{beside}:"
            " ask for fewer variants, or take a preset with more room"
        )


@dataclass
class Search:
    """The search for one task of one variant: why a candidate is refused, and the marks of the last that was fair.

    `beside` is the final answer of the same task in the variant before. With `tables` functions are looked up. `fair` counts
    candidates as hard as the others, and `repeats` those of them whose numbers were there before.
    """

    decimals: int
    middle: Profile
    band: Fraction
    given: set[Hashable]
    seen: Seen
    beside: Printed | None
    tables: bool = False
    fair: int = 0
    repeats: int = 0
    marks: Marks | None = None

    def refusal(self, instance: Instance) -> str | None:
        """Why an instance is refused before anything else is asked: unlike the others in effort, or its numbers were there."""
        work = work_of(instance)
        try:
            numbers = numbers_of(work, instance.data)
            found = profile_of(work, numbers, instance, self.decimals)
        except ArithmeticError as error:
            return str(error)
        if reason := next(unfair(found, self.middle, self.band), None) or (self.tables and _missed(instance)):
            return reason
        self.marks = marks_of(work, numbers, instance.data, self.decimals)
        self.fair += 1
        known = self.marks.rules[DATA] in self.given
        self.repeats += known
        return _taken(DATA) if known else None

    def judged(self, candidate: Candidate) -> Candidate:
        """The candidate after the other rules, whose patience only one that could be used may try."""
        if candidate.reason is not None or self.marks is None:
            return candidate
        rule = self.seen.repeated(self.marks, self.beside)
        return Candidate(candidate.instance, rule and _taken(rule))

    @property
    def full(self) -> bool:
        """Whether most candidates were good but for having been drawn before."""
        return 2 * self.repeats > self.fair

    def keep(self) -> Printed:
        """Takes note of the candidate looked at last; gives its final answer."""
        assert self.marks is not None
        self.given.add(self.marks.rules[DATA])
        self.seen.add(self.marks)
        return self.marks.final


def _missed(instance: Instance) -> str | None:
    """Why nobody finds an instance's numbers in the tables."""
    graph = graph_of(instance.problem, instance.params)
    return off_the_table(graph, exact_values(graph, instance.data))


def _taken(rule: str) -> str:
    return f"{rule} would be those of another variant"
