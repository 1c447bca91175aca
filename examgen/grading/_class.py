"""A class marked by a key: one student after another, with what was decided since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from examgen.errors import InputError
from examgen.grading._data import Complaint, Entry, Marked, share
from examgen.grading._scale import Scale
from examgen.keyfile import Key
from examgen.marking import NONE, Corrections, Mark, Marker


@dataclass(frozen=True)
class Class:
    """Everybody in the order of the table, and what is wrong with it. `notes` are worth a look, and nothing is lost by them."""

    title: str
    language: str
    says: Mapping[tuple[int, str], str]  # task and mistake -> the rule to point to
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
    says = {
        (task.number, mistake.key): mistake.says
        for code in dict.fromkeys(entry.variant for entry in entries if entry.variant)
        for task in key[code].tasks
        for mistake in task.mistakes
    }
    return Class(key.title, key.language, says, tuple(found), tuple(wrong), tuple(_notes(entries, corrections)))


def _marked(marker: Marker, before: Marker | None, entry: Entry, scale: Scale | None) -> Marked:
    if entry.absent:
        return Marked(entry, None)
    mark = _mark(marker, entry)
    grade = scale.grade(share(mark)) if scale else ""
    return Marked(entry, mark, grade, _mark(before, entry) if before else None)


def _mark(marker: Marker, entry: Entry) -> Mark:
    return marker.mark(entry.answers, entry.variant, points=entry.points, student=entry.student)


def _notes(entries: Sequence[Entry], corrections: Corrections) -> Iterator[Complaint]:
    for entry in entries:
        if not entry.absent and not entry.answers and not entry.points:
            says = f"nothing stands in the row of {entry.student}: write absent as status if the student was not there"
            yield Complaint(entry.line, says)
    known = {entry.student for entry in entries}
    for given in corrections.given:
        if given.student not in known:
            yield Complaint(0, f"corrections give points to {given.student}, who is not in the table")
