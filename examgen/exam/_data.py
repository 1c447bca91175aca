"""A checked exam as frozen data, and what an instructor should know of it before handing out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from examgen.fairness import BAND
from examgen.keyfile import STANDARD, Rules
from examgen.model import Calculator, Instance
from examgen.points import Points
from examgen.printing import Printing
from examgen.problem import CALCULATORS, Preset

SHIPPED_SEEDS = ("sample",)  # known to everybody: their builds are marked as samples
SHORTEST_SEED = 12  # characters; fewer can be guessed by trying


def enough(wanted: Preset, calculator: str) -> bool:
    """Whether a calculator can do what a preset needs."""
    order: tuple[str, ...] = CALCULATORS
    return order.index(wanted.calculator) <= order.index(calculator)


@dataclass(frozen=True)
class Choice:
    """One problem that a task may be: a preset with its final parameters, or pinned numbers.

    `preset.calculator` is what the final parameters need. `example` is an instance of it, drawn from a key that no exam
    uses: it shows what boxes there are. `minutes` is a median student's time, the middle of the preset's bounds, `estimated`
    where parameters make another task of the preset; None for numbers without a preset, whose minutes nobody has stated.
    `tables` are the functions that students look up on the formula sheet, for want of a calculator.
    """

    problem: str
    label: str
    preset: Preset
    example: Instance
    minutes: float | None
    estimated: bool = False
    pinned: Instance | None = None
    tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """One task of the exam; its choices alternate from variant to variant. `points` as in `points.distribute`.

    `space` is the least room for its working, mm; None leaves it to the page.
    """

    number: int
    choices: tuple[Choice, ...]
    points: Points
    working: int
    decimals: int
    space: float | None = None

    def choice(self, variant: int) -> Choice:
        """The problem that variant 1, 2, … gets."""
        return self.choices[(variant - 1) % len(self.choices)]

    @property
    def minutes(self) -> float | None:
        """A median student's minutes for the slowest choice; None where those of any choice are unknown."""
        known = [choice.minutes for choice in self.choices if choice.minutes is not None]
        return max(known) if len(known) == len(self.choices) else None


@dataclass(frozen=True)
class Exam:
    """A checked definition. `definition` is what the file says, without the seed; `seed_from` says where that came from.

    `band` is by how much the effort of a variant may differ, as a share; `avoid` are keys of earlier builds; `rules` say how
    the exam is marked, `printing` how it is printed; `formulas` whether a sheet of formulas is handed out. `remarks` are
    notes on how the definition was read.
    """

    printing: Printing
    language: str
    minutes: int
    variants: int
    sitting: int
    working: int
    decimals: int
    calculator: Calculator
    exact_forms: bool
    decimal_comma: bool | None
    tasks: tuple[Task, ...]
    definition: Mapping[str, Any]
    seed_from: str
    seed: str = field(repr=False, default="")
    band: Fraction = BAND
    avoid: tuple[Path, ...] = ()
    rules: Rules = STANDARD
    formulas: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """The functions of which the formula sheet holds a table."""
        return tuple(dict.fromkeys(name for task in self.tasks for choice in task.choices for name in choice.tables))

    @property
    def title(self) -> str:
        """The title in the language of the exam."""
        return self.printing.titled(self.language)

    @property
    def sample(self) -> bool:
        """Whether everybody can know the numbers: drawn from a seed that ships with the project."""
        return self.seed in SHIPPED_SEEDS and self.drawn

    @property
    def drawn(self) -> bool:
        return any(choice.pinned is None for task in self.tasks for choice in task.choices)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What an instructor should think about before handing out: time that is too short first."""
        return tuple(self._warnings())

    def _warnings(self) -> Iterator[str]:
        if self.working_minutes > self.minutes * 2 / 3:
            needed = f"{self.working_minutes:g} of {self.minutes} minutes"
            yield f"a median student needs about {needed}; plan for two thirds of the time"
        yield from self.remarks
        if self.drawn and not self.sample and len(self.seed) < SHORTEST_SEED:
            yield f"the seed has fewer than {SHORTEST_SEED} characters and can be guessed: examgen init writes a random one"
        for task in self.tasks:
            if task.minutes is None:
                yield f"task {task.number}: minutes unknown, since it is no preset: solve it with a watch"
            elif any(choice.estimated for choice in task.choices):
                yield f"task {task.number}: minutes estimated, since it is no preset as it stands: solve it with a watch"
            for choice in task.choices:
                wanted = -(-self.variants // len(task.choices))
                if choice.preset.room is not None and choice.pinned is None and wanted > choice.preset.room:
                    holds = f"{choice.problem} {choice.label} holds about {choice.preset.room} different variants"
                    yield f"task {task.number}: {holds}, {wanted} are wanted: the build may find no room for them"
                if choice.pinned and not choice.tables and not enough(choice.preset, self.calculator):
                    needed, but = choice.preset.calculator, ", and no table holds them" if self.formulas else ""
                    allowed = f"the exam allows {self.calculator!r}{but}"
                    yield f"task {task.number}: its numbers need calculator = {needed!r}, {allowed}"

    @property
    def timing(self) -> tuple[str, ...]:
        """A median student's minutes for each task, where they are known, and what it is; then those for all together."""
        return tuple(self._timing())

    def _timing(self) -> Iterator[str]:
        for task in self.tasks:
            if task.minutes is not None:
                what = ", ".join(f"{c.problem} {c.label}{' with params' * c.estimated}" for c in task.choices)
                yield f"task {task.number}: about {task.minutes:g} minutes ({what})"
        if self.minutes_known:
            yield f"all tasks: about {self.working_minutes:g} of {self.minutes} minutes"
        elif self.working_minutes:
            yield f"all tasks: more than {self.working_minutes:g} of {self.minutes} minutes"

    @property
    def working_minutes(self) -> float:
        """What a median student needs for all tasks whose minutes are known."""
        return sum((task.minutes for task in self.tasks if task.minutes is not None), 0.0)

    @property
    def minutes_known(self) -> bool:
        """Whether `working_minutes` counts every task."""
        return all(task.minutes is not None for task in self.tasks)
