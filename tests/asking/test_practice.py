"""Practice: what is asked, said and counted; a right value stands nowhere before the solution is asked for."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any
from unittest.mock import patch

import pytest
from rich.console import Console, RenderableType

from examgen.marking import BoxMark, Mark, TaskMark, grade
from examgen.practising import Exercise, Session, exercises
from examgen.registry import preset, problems
from examgen.render.language import languages, say
from examgen.writing import Style, style_for
from tests.asking.reading import task_text
from tests.asking.test_task import NUMBER
from tests.cli.commands import Ended, run

TEXT = replace(style_for("en"), text=True)


@dataclass
class Terminal:
    """Somebody who types these lines, and all that the terminal shows, prompts and echoes included."""

    lines: list[str]
    console: Console = field(
        default_factory=lambda: Console(file=io.StringIO(), width=80, color_system=None, legacy_windows=False)
    )
    prompts: list[str] = field(default_factory=list)

    def read(self, prompt: str) -> str | None:
        self.prompts.append(prompt)
        return self.lines.pop(0) if self.lines else None

    def show(self, part: RenderableType) -> None:
        self.console.print(part, highlight=False)

    @property
    def text(self) -> str:
        assert isinstance(self.console.file, io.StringIO)
        return self.console.file.getvalue()


def fake(key: Mapping[str, Any], answers: Mapping[str, Any], variant: str | None = None) -> Mark:
    """Right is what reads "yes"."""
    boxes = tuple(
        BoxMark(1, label, label, Fraction(text == "yes"), Fraction(1), "right" if text == "yes" else "wrong", text, ("Look.",))
        for label, text in answers.items()
    )
    return Mark("", "en", (TaskMark(1, "", boxes),))


def sat(lines: Iterable[str], most: int | None = None, label: str = "2x3", style: Style = TEXT) -> tuple[Session, Terminal]:
    """A sitting with three boxes to a task."""
    terminal = Terminal(list(lines))
    session = Session(style, terminal.read, terminal.show, fake)
    session.run(drawn("svm_loss", label, style.language), most)
    return session, terminal


def drawn(name: str, label: str, language: str = "en", seed: str = "practice") -> Iterator[Exercise]:
    return exercises(name, preset(name, label), seed, language)


YES, NO = ["yes"] * 3, ["yes", "no", "yes"]


@pytest.mark.parametrize(
    ("lines", "counted"),
    [
        ([], (0, 0)),
        (["yes", "yes"], (0, 0)),
        (YES, (1, 1)),
        ([*YES, "q"], (1, 1)),
        ([*NO, "q"], (1, 0)),
        ([*YES, "", *NO, "", *YES], (3, 2)),
        ([*NO, "a", *YES, "q"], (1, 1)),
        ([*YES, "a", *YES, "q"], (1, 1)),
        ([*YES, "a", *NO, "q"], (1, 1)),
        ([*NO, "s", "a", *YES, "q"], (1, 0)),
        ([*YES, "s", "", "yes"], (1, 1)),
        ([*NO, "what?", " Ф ", *YES, "й"], (1, 1)),
    ],
)
def test_what_counts(lines: list[str], counted: tuple[int, int]) -> None:
    """A task answered to its last box; right at any attempt, but not behind its solution. The end of input ends politely."""
    session, terminal = sat(lines)
    assert counted == (session.tasks, session.right)
    assert terminal.text.endswith(f"Tasks right: {counted[1]} of {counted[0]}.\n")


def test_so_many_tasks_and_no_more() -> None:
    """The last one says that it is the last; nothing is read behind it."""
    session, terminal = sat([*YES, "", *YES, "", "never read"], most=2)
    assert (2, ["never read"]) == (session.tasks, terminal.lines)
    assert ["Enter: next task", "Enter: finish"] == [p.partition(" ·")[0] for p in terminal.prompts if p.startswith("Enter")]


def test_each_box_is_asked_and_told() -> None:
    """By its label and symbol; with what became of it, and its sentences."""
    _, terminal = sat([*NO, "q"])
    assert ["  1a  L₁ = ", "  1b  L₂ = ", "  1c  L  = "] == terminal.prompts[:3]
    assert re.search(r"^  1a  L₁  right  Look\.", terminal.text, re.MULTILINE)
    assert re.search(r"^  1b  L₂  wrong  Look\.", terminal.text, re.MULTILINE)
    assert "Points: 2 of 3." in terminal.text


def test_an_exercise_is_that_of_its_seed() -> None:
    """The same numbers again, others with another seed, and no two alike."""
    one, again, other = (drawn("svm_loss", "3x3", seed=seed) for seed in "aab")
    first = [next(one).instance for _ in range(3)]
    assert first == [next(again).instance for _ in range(3)]
    assert 6 == len({str(instance.data) for instance in (*first, *(next(other).instance for _ in range(3)))})


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", problems())
def test_no_right_value_is_shown_unasked(name: str, language: str) -> None:
    """Behind wrong answers stand points and labels alone, in the language; behind `s` the solution."""
    exercise = next(drawn(name, problems()[name].default, language))
    style = replace(style_for(language), text=True)
    boxes = exercise.sheet.boxes
    unasked, asked = Terminal(["x", *[""] * (len(boxes) - 1)]), Terminal(["x", *[""] * (len(boxes) - 1), "s"])
    for terminal in (unasked, asked):
        Session(style, terminal.read, terminal.show, grade).run([exercise])
    told = unasked.text.replace(task_text(exercise.sheet, style).strip(), "")
    known = set(NUMBER.findall(f"{task_text(exercise.sheet, style)} 0 1 -2 3 4 15 19 2 9"))
    assert set() == set(NUMBER.findall(told)) - known
    assert say(language, "unreadable") in unasked.text and say(language, "blank") in unasked.text
    assert len(asked.text) > 1.3 * len(unasked.text)
    assert [] == [line for line in asked.text.splitlines() if len(line) > 80]


def test_the_right_answers_are_right() -> None:
    """The marker itself in the loop: values of the key, rounded as asked."""
    exercise = next(drawn("svm_loss", "3x3"))
    values = [f"{answer['value']:.2f}" for answer in exercise.key["variants"][0]["tasks"][0]["answers"]]
    terminal = Terminal([*values, "q"])
    session = Session(TEXT, terminal.read, terminal.show)
    session.run([exercise])
    assert (1, 1) == (session.tasks, session.right)
    assert "Points: 4 of 4." in terminal.text


def piped(text: str, *arguments: object) -> Ended:
    with patch("sys.stdin", io.StringIO(text)):
        return run("practice", *arguments)


@pytest.mark.parametrize("language", languages())
def test_the_command_reads_a_pipe(language: str) -> None:
    """Lines are echoed as if typed; the seed that brings the tasks back is named last."""
    ended = piped("1\n2\n3\n4\n\n5\n", "svm_loss", "--seed", "my seed", "--language", language)
    assert (0, "") == (ended.status, ended.err)
    assert "L₁ = 1\n" in ended.out and "L₁ = 5\n" in ended.out
    assert ended.out.endswith(
        say(language, "Tasks right: %(right)s of %(tasks)s.", {"right": 0, "tasks": 1})
        + "\n" + say(language, "The same tasks again: --seed %(seed)s", {"seed": "'my seed'"}) + "\n"
    )  # fmt: skip


def test_the_example_of_the_help_runs() -> None:
    """As it stands there."""
    words = run("practice", "--help").out.partition("Such as: examgen practice ")[2].split()
    assert "--preset" == words[1]
    assert 0 == piped("", *words[:3]).status


def test_a_seed_is_drawn_where_none_is_given() -> None:
    """Another one each time, and the one that is named draws the same tasks."""
    first, second = piped("", "backprop", "--preset", "fan_out"), piped("", "backprop", "--preset", "fan_out")
    seeds = [ended.out.split()[-1] for ended in (first, second)]
    assert 2 == len({*seeds})
    assert first == piped("", "backprop", "--preset", "fan_out", "--seed", seeds[0])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nosuch"], "unknown problem 'nosuch'"),
        (["svm_loss", "--preset", "9x9"], "svm_loss has no preset '9x9'"),
        (["svm_loss", "--language", "tlh"], "has no catalogue"),
    ],
)
def test_what_cannot_be_practised_is_named(arguments: list[str], said: str) -> None:
    """Before anything is printed."""
    ended = piped("", *arguments)
    assert (2, "") == (ended.status, ended.out)
    assert said in ended.err
