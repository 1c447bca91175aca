"""Practice on a terminal: fresh tasks one after another, each asked, marked box by box and, on demand, solved.

No right value is shown before somebody asks for the worked solution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from rich.cells import cell_len
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from examgen import feedback, marking
from examgen.asking import name_of, task_parts
from examgen.explaining import solution_steps
from examgen.keyfile import Rules
from examgen.marking import Mark
from examgen.model import Instance
from examgen.problem import Preset
from examgen.registry import asks_of
from examgen.render.paper import SheetTask
from examgen.sheets import sheet_task
from examgen.solving import STANDARD, Contract, draw
from examgen.terminal import ROUNDING, steps
from examgen.unproved import task_key
from examgen.writing import Box, Style, write

Read = Callable[[str], str | None]  # prompt -> the line that was typed; None at the end of the input
Show = Callable[[RenderableType], None]
Grade = Callable[[Mapping[str, Any], Mapping[str, Any], str | None], Mark]
Command = Literal["next", "again", "solution", "quit"]

RULES = Rules(blank="strict")  # whoever practises is told what is still to be found
COMMANDS: Mapping[str, Command] = {
    "": "next", "a": "again", "s": "solution", "q": "quit",
    "ф": "again", "ы": "solution", "й": "quit",  # the same keys of a Russian keyboard
}  # fmt: skip
HOW = (
    "Type an answer and press Enter; pass over what you do not know. A matrix stands on one line, its rows parted by "
    "semicolons: 1 -2; 3 1. Fractions and expressions such as 19/15 or ln(9/2) are answers too. Keep at least %(working)s "
    "decimals while working."
)
NEXT = "Enter: next task · a: answer again · s: solution · q: quit"
LAST = "Enter: finish · a: answer again · s: solution · q: quit"
RIGHT = "Tasks right: %(right)s of %(tasks)s."
SEED = "The same tasks again: --seed %(seed)s"
MESSAGES = (HOW, NEXT, LAST, RIGHT, SEED)


@dataclass(frozen=True)
class Exercise:
    """One drawn task: its numbers, what a student reads of it, and the key that the answers are marked by."""

    instance: Instance
    sheet: SheetTask
    key: Mapping[str, Any] = field(repr=False)

    def solution(self, style: Style) -> Iterator[RenderableType]:
        """The worked solution in its long form."""
        places = ((ask.node, ask.gradient, ask.index or ()) for ask in asks_of(self.instance))
        asked = (Box(box.decimals, box.label, len(box.options)) for box in self.sheet.boxes)
        boxes = dict(zip(places, asked, strict=True))
        yield Text(style.say(ROUNDING, {"working": style.working}), "dim")
        yield from steps(write(solution_steps(self.instance), style, boxes), style)


def exercises(
    name: str, preset: Preset, seed: str, language: str, contract: Contract = STANDARD
) -> Iterator[Exercise]:
    """Tasks 1, 2, … of a seed without end, each drawn when it is asked for. Raises: DrawError."""
    for number in count(1):
        instance = draw(name, preset, "practice", seed, number, contract=contract)
        sheet = sheet_task(number, instance, language, decimals=contract.decimals)
        yield Exercise(instance, sheet, task_key(instance, language, number=number, contract=contract, rules=RULES))


@dataclass
class Session:
    """One sitting: `read` and `show` are the terminal, `style` one for text; `tasks` were answered, `right` of them rightly.

    A task is right where every box earns all its points before its solution was seen, at whichever attempt.
    """

    style: Style
    read: Read
    show: Show
    grade: Grade = marking.grade
    tasks: int = 0
    right: int = 0

    def run(self, drawn: Iterable[Exercise], most: int | None = None) -> None:
        """One task after another, `most` of them at most, until somebody has enough or the input ends."""
        self._say(HOW, {"working": self.style.working})
        for place, exercise in enumerate(drawn, start=1):
            last = place == most
            if not self._worked(exercise, LAST if last else NEXT) or last:
                break
        self._say(RIGHT, {"right": self.right, "tasks": self.tasks}, "bold")

    def _worked(self, exercise: Exercise, prompt: str) -> bool:
        """One task from its question on; says whether to go on with the next."""
        self.show("")
        for part in task_parts(exercise.sheet, self.style):
            self.show(part)
        first, open_ = True, True  # open_: neither right already nor solved before everybody's eyes
        while (answers := self._answers(exercise.sheet)) is not None:
            mark = self.grade(exercise.key, answers, None)
            self._marked(mark, exercise.sheet)
            self.tasks += first
            scores = open_ and mark.points == mark.most
            self.right += scores
            first, open_ = False, open_ and not scores
            while (command := self._command(prompt)) == "solution":
                open_ = False
                for part in exercise.solution(self.style):
                    self.show(part)
            if command != "again":
                return command == "next"
        return False

    def _answers(self, sheet: SheetTask) -> dict[str, str] | None:
        """What is typed into the boxes, one after another; None where the input ends before the last."""
        names = [name_of(box) for box in sheet.boxes]
        wide = max(map(cell_len, names)), max(cell_len(box.label) for box in sheet.boxes)
        typed: dict[str, str] = {}
        for box, name in zip(sheet.boxes, names, strict=True):
            line = self.read(f"  {_filled(box.label, wide[1])}  {_filled(name, wide[0])} = ")
            if line is None:
                return None
            typed[box.label] = line.strip()
        return typed

    def _marked(self, mark: Mark, sheet: SheetTask) -> None:
        """Each box with what became of it and its sentences, then the points."""
        names = {box.label: name_of(box) for box in sheet.boxes}
        table, *rest = feedback.parts(mark, self.style, names)
        self.show(Padding(table, (1, 0, 0, 2)))
        for part in rest:
            self.show(part)

    def _command(self, prompt: str) -> Command:
        """What is to be done next; at the end of the input nothing more."""
        while True:
            line = self.read(f"{self.style.say(prompt)} > ")
            if line is None:
                return "quit"
            if (word := line.strip().lower()) in COMMANDS:
                return COMMANDS[word]

    def _say(self, message: str, values: Mapping[str, Any], style: str = "") -> None:
        self.show(Text(self.style.say(message, values), style))


def _filled(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
