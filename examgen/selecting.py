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
from examgen.sifting import Ahead, Key, Likeness, Looked
from examgen.solving import Candidate, Contract, candidates, exact_values, first
from examgen.tabulating import off_the_table

SEARCH = 2000  # candidates looked at for a task of a variant
CHUNK = 64  # variants whose candidates are looked at together
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
    `refused` counts why candidates were not used, and `seconds` how long the search took. Candidates of many variants are
    looked at `together`, or one after another, with the same result.
    """

    exam: Exam
    given: defaultdict[str, set[Hashable]] = field(default_factory=lambda: defaultdict(set))
    seen: defaultdict[Place, Seen] = field(default_factory=lambda: defaultdict(Seen))
    refused: defaultdict[Place, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    seconds: defaultdict[Place, float] = field(default_factory=lambda: defaultdict(float))
    avoided: Counter[str] = field(default_factory=Counter)  # problem type -> tasks of earlier exams
    neighbour: dict[int, Printed] = field(default_factory=dict)  # task -> the final answer of the variant before
    together: bool = True
    foreseen: dict[int, Foreseen] = field(default_factory=dict)  # by the identity of a choice, which the exam keeps
    last: int = 0  # the variant up to which candidates are looked at ahead

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
            self.last = min(count, -(-number // CHUNK) * CHUNK)
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
        fair = Fair(task.decimals, middle, self.exam.band, bool(choice.tables))
        search = Search(fair, self.given[choice.problem], self.seen[place], beside)
        if self.together:
            tried: Iterator[Candidate] = map(search.looked_at, self._foreseen(task, choice, variant, contract, fair))
        else:
            parts = self._parts(task, choice, variant)
            tried = candidates(choice.problem, choice.preset, *parts, contract=contract, refusal=search.refusal)
        try:
            found = first(choice.problem, map(search.judged, tried), SEARCH, self.refused[place])
        except DrawError as error:
            full = search.full and self._full(task, choice)
            raise DrawError(f"task {task.number}: {full or error}") from None
        self.neighbour[task.number] = search.keep()
        return found

    def _parts(self, task: Task, choice: Choice, variant: int) -> tuple[str | int, ...]:
        return self.exam.seed, self.exam.sitting, task.number, variant, choice.label

    def _foreseen(self, task: Task, choice: Choice, variant: int, contract: Contract, fair: Fair) -> Iterator[Looked]:
        """The candidates of one variant, looked at together with those of the variants behind it."""
        if id(choice) not in self.foreseen:
            likeness = Likeness(fair.decimals, fair.unlike, fair.marked, fair.tables)
            self.foreseen[id(choice)] = Foreseen(Ahead(choice.problem, choice.preset, contract, likeness))
        ahead, keys = self.foreseen[id(choice)].ahead, self.foreseen[id(choice)].keys
        behind = [number for number in range(variant, self.last + 1) if task.choice(number) is choice]
        for number in behind:
            if number not in keys:
                keys[number] = ahead.key(*self._parts(task, choice, number))
        return ahead.candidates([keys.pop(variant), *(keys[number] for number in behind[1:])], SEARCH)

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
class Foreseen:
    """Candidates of variants to come, for one task and problem type."""

    ahead: Ahead
    keys: dict[int, Key] = field(default_factory=dict)


@dataclass(frozen=True)
class Fair:
    """What variants are alike in: they lie near the `middle`, within the `band`. With `tables` functions are looked up."""

    decimals: int
    middle: Profile
    band: Fraction
    tables: bool = False

    def unlike(self, found: Profile) -> str | None:
        return next(unfair(found, self.middle, self.band), None)

    def marked(self, instance: Instance) -> tuple[str | None, Marks | None]:
        """Why an instance is unlike the others in effort, or what it is known by."""
        work = work_of(instance)
        try:
            numbers = numbers_of(work, instance.data)
            found = profile_of(work, numbers, instance, self.decimals)
        except ArithmeticError as error:
            return str(error), None
        reason = self.unlike(found) or (_missed(instance) if self.tables else None)
        return reason, None if reason else marks_of(work, numbers, instance.data, self.decimals)


@dataclass
class Search:
    """The search for one task of one variant: why a candidate is refused, and the marks of the last that was fair.

    `beside` is the final answer of the same task in the variant before. `found` counts candidates as hard as the others, and
    `repeats` those of them whose numbers were there before.
    """

    fair: Fair
    given: set[Hashable]
    seen: Seen
    beside: Printed | None
    found: int = 0
    repeats: int = 0
    marks: Marks | None = None

    def refusal(self, instance: Instance) -> str | None:
        """Why an instance is refused before anything else is asked: unlike the others in effort, or its numbers were there."""
        return self._refused(*self.fair.marked(instance))

    def _refused(self, reason: str | None, marks: Marks | None) -> str | None:
        if reason is not None or marks is None:
            return reason
        self.marks = marks
        self.found += 1
        known = marks.rules[DATA] in self.given
        self.repeats += known
        return _taken(DATA) if known else None

    def looked_at(self, looked: Looked) -> Candidate:
        """The same of a candidate looked at together with others."""
        return Candidate(looked.instance, self._refused(looked.refusal, looked.marks) or looked.unfit)

    def judged(self, candidate: Candidate) -> Candidate:
        """The candidate after the other rules, whose patience only one that could be used may try."""
        if candidate.reason is not None or self.marks is None:
            return candidate
        rule = self.seen.repeated(self.marks, self.beside)
        return Candidate(candidate.instance, rule and _taken(rule))

    @property
    def full(self) -> bool:
        """Whether most candidates were good but for having been drawn before."""
        return 2 * self.repeats > self.found

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
