"""The marker: a student's answers beside a key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, cast

from examgen import keyfile
from examgen.errors import InputError
from examgen.keyfile import Key, KeyTask, KeyVariant
from examgen.marking._answers import by_label, text_of
from examgen.marking._corrections import NONE, Corrections
from examgen.marking._judging import Answer, in_shape
from examgen.marking._marks import BoxMark, Mark, Status, TaskMark
from examgen.marking._task import TaskMarker
from examgen.render.language import say
from examgen.written import excerpt

LONGEST = 1000  # characters of an answer that a mark keeps
VARIANT = "variant"  # the name under which answers may hold their variant's code
CANCELLED = "Does not count: %(reason)s"
FOR_ALL = "Everybody has these points: %(reason)s"
BY_HAND = "Points given by hand."
BY_HAND_SINCE = "Points given by hand: %(reason)s"
UNKNOWN = "%(labels)s: the sheet has no such box."


def grade(
    key: Mapping[str, Any] | Key, answers: Mapping[str, Any], variant: str | None = None, *,
    points: Mapping[str, Any] | None = None, corrections: Corrections = NONE, student: str = "",
) -> Mark:
    """The mark of one student.

    `key` is what `key.json` of a built folder holds, or a `keyfile.Key` of it. `answers` maps the labels of boxes to what
    the student wrote: text as people write numbers, a number, or nested lists of them; None and "" are blank. `variant` is
    the code on the sheet, or the variant's number; it may also stand among the answers under "variant", and be left out where
    the key has one variant. `points` are given by hand, by label, and win over what is marked, or accepted since.
    `corrections` were decided after the exam: points in them win over boxes that they cancel, and those over `points`;
    `student` is the one of whom they may speak.

    Pure: nothing is read, printed or kept. An answer that cannot be read is an error of that box alone.
    Raises: InputError where the key is none, the variant is unknown, or points by hand are not possible.
    """
    exam = key if isinstance(key, Key) else keyfile.read(key)
    return Marker(exam, corrections).mark(answers, variant, points=points, student=student)


class Marker:
    """Marks one student after another by the same key, and works out once what they share."""

    def __init__(self, key: Key, corrections: Corrections = NONE) -> None:
        self.key, self.corrections = key, corrections
        self._tasks: dict[tuple[str, int], TaskMarker] = {}

    def mark(
        self, answers: Mapping[str, Any], variant: str | None = None, *, points: Mapping[str, Any] | None = None,
        student: str = "",
    ) -> Mark:
        """As `grade`, of which this is one half."""
        written = {name: answer for name, answer in answers.items() if name != VARIANT}
        chosen = self.variant(answers.get(VARIANT) if variant is None else variant)
        texts, unknown = by_label(written, chosen, self.key.language)
        given, strange = by_label(points or {}, chosen, self.key.language)
        if strange:
            raise InputError(f"points for {', '.join(strange)}: variant {chosen.code} has no such box")
        by_hand = {label: value for label, value in given.items() if text_of(value)}
        tasks = tuple(self._task(chosen, task, texts, by_hand, student) for task in chosen.tasks)
        notes = (self._say(UNKNOWN, {"labels": ", ".join(map(excerpt, unknown))}),) if unknown else ()
        return Mark(chosen.code, self.key.language, tasks, notes)

    def variant(self, said: Any) -> KeyVariant:
        """The variant that is meant. Raises: InputError."""
        if text_of(said):
            return self.key[text_of(said)]
        if len(self.key.variants) == 1:
            return self.key.variants[0]
        raise InputError(f"the variant is missing: give the code on the sheet, the exam has {len(self.key.variants)} variants")

    def marker(self, variant: KeyVariant, task: KeyTask) -> TaskMarker:
        """What marks one task of a variant."""
        place = variant.code, task.number
        if place not in self._tasks:
            self._tasks[place] = TaskMarker(variant, task, self.key.rules, self.corrections, self._say)
        return self._tasks[place]

    def _say(self, message: str, values: Mapping[str, Any]) -> str:
        return say(self.key.language, message, values)

    def _task(
        self, variant: KeyVariant, task: KeyTask, texts: Mapping[str, Any], points: Mapping[str, Any], student: str
    ) -> TaskMark:
        answers = self.marker(variant, task).mark([text_of(texts.get(box.label)) for box in task.boxes])
        boxes = (self._settled(variant, _box(task, answer), points, student) for answer in answers)
        return TaskMark(task.number, task.problem, tuple(boxes))

    def _settled(self, variant: KeyVariant, found: BoxMark, points: Mapping[str, Any], student: str) -> BoxMark:
        """What people decided: points for this student, now or when the paper was marked, and boxes that do not count."""
        given, cancel = self.corrections.points(student, found.label), self.corrections.cancel(variant, found.label)
        if given and given.points > found.most:
            most, more = float(found.most), float(given.points)
            raise InputError(f"corrections give {more:g} points for {found.label}, which has {most:g} in this variant")
        if given:
            says = self._say(BY_HAND_SINCE, {"reason": given.reason})
            return replace(found, points=given.points, status="hand", says=(says,))
        if cancel:
            worth = found.most if cancel.give == "full" else Fraction(0)
            says = self._say(FOR_ALL if cancel.give == "full" else CANCELLED, {"reason": cancel.reason})
            return replace(found, points=worth, most=worth, status="cancelled", says=(says,))
        if found.label in points:
            told = points_of(points[found.label], found.label, found.most)
            return replace(found, points=told, status="hand", says=(self._say(BY_HAND, {}),))
        return found


def _box(task: KeyTask, answer: Answer) -> BoxMark:
    box = answer.box
    wrong = tuple(in_shape(answer, place) for place in answer.wrong) if box.shape else ()
    status = cast(Status, answer.status)
    return BoxMark(
        task.number, box.label, box.key, answer.share * box.points, box.points, status, answer.text[:LONGEST], answer.says,
        answer.mistakes, wrong,
    )


def points_of(told: Any, label: str, most: Fraction) -> Fraction:
    """Points that a person gave. Raises: InputError where they are none, or more than the box has."""
    text = text_of(told)
    number = re.fullmatch(r"\d{1,3}([.,]\d{1,4})?", text, re.ASCII)
    if number is None or Fraction(text.replace(",", ".")) > most:
        raise InputError(f"{label}: {text[:40]!r} points, give a number from 0 to {float(most):g}")
    return Fraction(text.replace(",", "."))
