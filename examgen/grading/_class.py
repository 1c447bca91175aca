"""A class marked by a key: one student after another, with what was decided since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from examgen.errors import InputError
from examgen.grading._data import Complaint, Entry, Marked, share
from examgen.grading._scale import Scale
from examgen.keyfile import Key
from examgen.marking import NONE, Corrections, Mark, Marker
from examgen.writing import plain


@dataclass(frozen=True)
class Class:
    """Everybody in the order of the table, and what is wrong with it. `notes` are worth a look, and nothing is lost by them."""

    title: str
    language: str
    says: Mapping[tuple[int, str], str]  # task and mistake -> the rule to point to
    names: Mapping[tuple[int, str, str], str]  # task, problem and box -> what is asked, as text
    students: tuple[Marked, ...]
    complaints: tuple[Complaint, ...] = ()
    notes: tuple[Complaint, ...] = ()

    @property
    def present(self) -> list[tuple[Marked, Mark]]:
        """Those who have a mark, with it."""
        return [(one, one.mark) for one in self.students if one.mark is not None]

    @property
    def changed(self) -> list[Marked]:
        """Whose mark corrections have changed."""
        return [one for one in self.students if one.changed]


def mark_class(
    key: Key, entries: Sequence[Entry], complaints: Sequence[Complaint] = (), *, corrections: Corrections = NONE,
    scale: Scale | None = None,
) -> Class:
    """Every row's mark; a row that cannot be marked is a complaint, and the others are marked all the same.

    Where corrections are given, each student also keeps the mark without them.
    """
    marker = Marker(key, corrections)
    before = Marker(key) if corrections != NONE else None
    found: list[Marked] = []
    wrong = list(complaints)
    for entry in entries:
        try:
            found.append(_marked(marker, before, entry, scale))
        except InputError as error:
            wrong.append(Complaint(entry.line, str(error)))
    wrong.sort(key=lambda complaint: complaint.line)
    tasks = [task for code in dict.fromkeys(entry.variant for entry in entries if entry.variant) for task in key[code].tasks]
    says = {(task.number, mistake.key): mistake.says for task in tasks for mistake in task.mistakes}
    names = {(task.number, task.problem, box.key): plain(box.symbol or box.key) for task in tasks for box in task.boxes}
    notes = tuple(_notes(key, entries, found, corrections))
    return Class(key.title, key.language, says, names, tuple(found), tuple(wrong), notes)


def _marked(marker: Marker, before: Marker | None, entry: Entry, scale: Scale | None) -> Marked:
    if entry.absent or entry.empty:
        return Marked(entry, None)
    mark = _mark(marker, entry)
    grade = scale.grade(share(mark)) if scale else ""
    return Marked(entry, mark, grade, _mark(before, entry) if before else None)


def _mark(marker: Marker, entry: Entry) -> Mark:
    return marker.mark(entry.answers, entry.variant, points=entry.points, student=entry.student)


def _notes(key: Key, entries: Sequence[Entry], found: Sequence[Marked], corrections: Corrections) -> Iterator[Complaint]:
    """What is no mistake, or none that anybody can be sure of."""
    for entry in (one.entry for one in found):
        if entry.empty:
            says = f"nothing stands in the row of {entry.student}, so there is no mark: write absent as status, or 0 points"
            yield Complaint(entry.line, says)
        elif entry.points:
            missing = [box.label for box in key[entry.variant].boxes if box.label not in {**entry.points, **entry.answers}]
            if missing:
                says = f"{entry.student} has neither points nor an answer for {', '.join(missing)}: 0 points"
                yield Complaint(entry.line, says)
    yield from (Complaint(0, says) for says in _idle(entries, found, corrections))


def _idle(entries: Sequence[Entry], found: Sequence[Marked], corrections: Corrections) -> Iterator[str]:
    """Corrections that cannot do what they say."""
    boxes = {one.entry.student: {box.label for box in one.mark.boxes} for one in found if one.mark is not None}
    for given in corrections.given:
        if given.student not in {entry.student for entry in entries}:
            yield f"corrections give points to {given.student}, who is not in the table"
        elif given.box not in boxes.get(given.student, ()):
            yield f"corrections give points to {given.student} for {given.box}, who has no mark or no such box"
    hand = sum(bool(entry.points) for entry in entries)
    if corrections.accepts and hand:
        yield f"what corrections accept changes no points that were given by hand, as {hand} students have"
