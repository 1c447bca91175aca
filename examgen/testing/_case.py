"""One preset of one problem under test: its draws, proofs and sheets, each computed once, and how a check is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import NoReturn, Protocol
from unittest import mock

from examgen import registry
from examgen.errors import EngineUnavailable, ExamgenError, ProofError
from examgen.explaining import solution_steps
from examgen.fairness import reference
from examgen.graph import Graph
from examgen.model import Ask, Instance, Solution, Step
from examgen.problem import Preset, Problem
from examgen.render.html import sheets_html
from examgen.render.language import languages, translations
from examgen.render.paper import Head, SheetTask, SheetVariant
from examgen.sheets import sheet_task
from examgen.solving import draw, solve, untellable

WORDS = re.compile(r"[A-Za-z]{3,}")


class CheckFailed(ExamgenError, AssertionError):
    """A problem type breaks a rule of the suite: the message names problem, preset, what came and the rule."""

    exit_status = 1


@dataclass(frozen=True)
class Drawn:
    """What one key gave: an instance or the failure, and after how many candidates."""

    instance: Instance | None
    candidates: int
    failure: str = ""


@dataclass(frozen=True)
class Sheet:
    """One instance as printed in one language."""

    instance: Instance
    language: str
    task: SheetTask
    html: str


@dataclass(frozen=True)
class Case:
    """One preset of one problem with its draws; what several checks look at is computed once."""

    problem: Problem
    label: str
    draws: int = 20

    @property
    def preset(self) -> Preset:
        return self.problem.presets[self.label]

    @cached_property
    def drawn(self) -> tuple[Drawn, ...]:
        return tuple(draw_counted(self.problem, self.preset, "conformance", number) for number in range(self.draws))

    @property
    def instances(self) -> tuple[Instance, ...]:
        return tuple(found.instance for found in self.drawn if found.instance is not None)

    @cached_property
    def proofs(self) -> tuple[Solution | ProofError, ...]:
        return tuple(map(_proved, self.instances))

    @property
    def solutions(self) -> tuple[Solution, ...]:
        return tuple(proof for proof in self.proofs if isinstance(proof, Solution))

    @cached_property
    def explained(self) -> tuple[tuple[Solution, tuple[Step, ...]], ...]:
        """Every solution with its worked steps."""
        return tuple((solution, solution_steps(solution.instance)) for solution in self.solutions)

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        """Every instance in every language."""
        return tuple(_sheet(instance, language) for instance in self.instances for language in languages())

    def graph(self, instance: Instance) -> Graph:
        return registry.graph_of(instance.problem, instance.params)

    def boxes(self) -> Iterator[tuple[Graph, Ask]]:
        """Every box of every drawn structure, each once."""
        for params in dict.fromkeys(instance.params for instance in self.instances):
            graph = registry.graph_of(self.problem.name, params)
            yield from ((graph, ask) for ask in self.problem.asks(params))

    def fail(self, message: str) -> NoReturn:
        raise CheckFailed(f"{self.problem.name}, preset {self.label}: {message}")

    def expect(self, holds: object, message: str) -> None:
        if not holds:
            self.fail(message)


class Check(Protocol):
    """A rule of the suite; name and docstring say which."""

    __name__: str

    def __call__(self, case: Case) -> None: ...


_CHECKS: list[Check] = []


def checks() -> tuple[Check, ...]:
    """All checks, in the order in which they are best read."""
    return tuple(_CHECKS)


def check(function: Callable[[Case], None]) -> Check:
    """Adds a check to the suite; whatever else goes wrong inside it is a failure of that check."""

    @wraps(function)
    def checked(case: Case) -> None:
        try:
            with known(case.problem):
                function(case)
        except (CheckFailed, EngineUnavailable):  # the latter says nothing of the problem
            raise
        except Exception as error:
            raise CheckFailed(
                f"{case.problem.name}, preset {case.label}: the check stumbled over {type(error).__name__}: {error}"
            ) from error

    _CHECKS.append(checked)
    return checked


@contextmanager
def known(problem: Problem) -> Iterator[None]:
    """The registry with a problem in it that need not be installed."""
    if registry.problems().get(problem.name) is problem:
        yield
        return
    there = {**registry.problems(), problem.name: problem}
    _forget()
    try:
        with mock.patch.object(registry, "problems", lambda: there):
            yield
    finally:
        _forget()


def _forget() -> None:
    """Graphs and mistakes are kept by the problem's name."""
    registry.forget()
    untellable.cache_clear()
    reference.cache_clear()


def untranslated(language: str, messages: Iterable[str]) -> Iterator[str]:
    """The messages with words in them for which a language has none."""
    for message in dict.fromkeys(messages):
        words = WORDS.search(re.sub(r"\$[^$]*\$", "", message))
        if language != "en" and words and translations(language).gettext(message) == message:
            yield message


def draw_counted(problem: Problem, preset: Preset, *parts: str | int) -> Drawn:
    """A draw through the door that everybody uses, with the candidates it took."""
    with mock.patch.object(problem, "draw", wraps=problem.draw) as asked:
        try:
            instance = draw(problem.name, preset, *parts)
        except Exception as error:
            return Drawn(None, asked.call_count, f"{type(error).__name__}: {error}")
    return Drawn(instance, asked.call_count)


def _proved(instance: Instance) -> Solution | ProofError:
    try:
        return solve(instance)
    except ProofError as error:
        return error


def _sheet(instance: Instance, language: str) -> Sheet:
    task = sheet_task(1, instance, language)
    variant = SheetVariant(1, "AAAAAA", (task,))
    return Sheet(instance, language, task, sheets_html(Head("", language), (variant,)))
