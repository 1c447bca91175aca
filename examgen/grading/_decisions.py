"""`corrections.toml`: what was decided after the exam, checked against the key."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from examgen import archive
from examgen.errors import InputError
from examgen.keyfile import Key, KeyBox, KeyTask, KeyVariant
from examgen.labels import typed
from examgen.marking import NONE, Accept, Cancel, Corrections, Given, points_of, read_box
from examgen.tables import read_toml

NAME, KEY = "corrections.toml", "key.json"  # one beside the other
REMEDY = "write [[accept]], [[cancel]] or [[points]] tables into it"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)


class _Accept(_Strict):
    reason: str
    box: str | None = None
    task: int | None = None
    variant: str | None = None
    value: Any = None
    reading: str | None = None


class _Cancel(_Strict):
    reason: str
    box: str
    variant: str | None = None
    give: str = "none"


class _Points(_Strict):
    reason: str
    id: Any
    box: str
    points: Any


class _File(_Strict):
    accept: list[_Accept] = []
    cancel: list[_Cancel] = []
    points: list[_Points] = []


def read_corrections(path: Traversable, key: Key) -> Corrections:
    """The corrections of a file. Raises: InputError, one sentence that names the file and the entry."""
    try:
        told = _File.model_validate(read_toml(path, "the corrections", REMEDY))
    except ValidationError as error:
        raise InputError(f"{path}: {_sentence(error)}") from None
    checked = _Checked(key, str(path))
    return Corrections(
        tuple(checked.accept(number, entry) for number, entry in enumerate(told.accept, 1)),
        tuple(checked.cancel(number, entry) for number, entry in enumerate(told.cancel, 1)),
        tuple(checked.points(number, entry) for number, entry in enumerate(told.points, 1)),
    )


def corrections_at(folder: Path, given: Path | None, key: Key) -> Corrections:
    """The corrections of a file that was named, or of the one beside the key, if there is one. Raises: InputError."""
    if given is not None:
        return read_corrections(given, key)
    beside = (folder.parent if folder.name == KEY else archive.opened(folder)) / NAME
    return read_corrections(beside, key) if beside.is_file() else NONE


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = [str(int(part) + 1) if isinstance(part, int) else str(part)[:40] for part in first["loc"]]
    allowed = "allowed are accept, cancel and points, each with a reason"
    return f"{' '.join(place)}: {first['msg'][0].lower()}{first['msg'][1:]}; {allowed}"


class _Checked:
    """Entries that fit the key."""

    def __init__(self, key: Key, told: str) -> None:
        self.key, self.told = key, told

    def accept(self, number: int, entry: _Accept) -> Accept:
        place = f"{self.told}: accept {number}"
        if (entry.value is None) == (entry.reading is None):
            raise InputError(f"{place}: give either a value, or a reading: the name of a mistake that counts as right")
        if (entry.box is None) == (entry.task is None) or (entry.box is None and entry.value is not None):
            raise InputError(f"{place}: give a box; a reading may name a task instead, in all of whose boxes it is right")
        label = self._label(place, entry.box) if entry.box is not None else None
        found = self._places(place, label, entry.task, entry.variant)
        value = _text(entry.value) if entry.value is not None else None
        if value is not None:
            self._readable(place, value, [box for _, _, box in found])
        elif not any(_reads(task, box, entry.reading) for _, task, box in found):
            raise InputError(f"{place}: reading {entry.reading!r} leads to nothing else there; {self._readings(found)}")
        reason, code = self._reason(place, entry.reason), self._code(place, entry.variant)
        return Accept(reason, label, entry.task, code, value, entry.reading)

    def cancel(self, number: int, entry: _Cancel) -> Cancel:
        place = f"{self.told}: cancel {number}"
        if entry.give not in ("none", "full"):
            raise InputError(f"{place}: give = {entry.give!r}: allowed are none (counts for nobody) and full (for everybody)")
        label = self._label(place, entry.box)
        self._places(place, label, None, entry.variant)
        reason, code = self._reason(place, entry.reason), self._code(place, entry.variant)
        return Cancel(reason, label, code, entry.give)  # type: ignore[arg-type]  # none or full, as asked above

    def points(self, number: int, entry: _Points) -> Given:
        place = f"{self.told}: points {number}"
        label = self._label(place, entry.box)
        most = max(box.points for _, _, box in self._places(place, label, None, None))
        try:
            points = points_of(entry.points, label, most)
        except InputError as error:
            raise InputError(f"{place}: {error}") from None
        return Given(self._reason(place, entry.reason), " ".join(str(entry.id).split()), label, points)

    def _reason(self, place: str, reason: str) -> str:
        if not 0 < len(reason) <= 300 or not reason.isprintable():
            raise InputError(f"{place}: give a reason, one line of up to 300 characters: students will read it")
        return reason

    def _label(self, place: str, said: str) -> str:
        known = {label for variant in self.key.variants for label in variant.labels}
        label = said if said in known else typed([said], self.key.language).get(said)
        if label not in known or label is None:
            raise InputError(f"{place}: no variant has a box {said[:40]!r}")
        return label

    def _code(self, place: str, said: str | None) -> str | None:
        if said is None:
            return None
        try:
            return self.key[said].code
        except InputError as error:
            raise InputError(f"{place}: {error}") from None

    def _places(
        self, place: str, label: str | None, number: int | None, variant: str | None
    ) -> list[tuple[KeyVariant, KeyTask, KeyBox]]:
        code = self._code(place, variant)
        found = [
            (one, task, box)
            for one in self.key.variants if code in (None, one.code)
            for task in one.tasks
            for box in task.boxes if label == box.label or (label is None and task.number == number)
        ]
        if not found:
            raise InputError(f"{place}: there is no such box or task{'' if code is None else f' in variant {code}'}")
        return found

    def _readable(self, place: str, value: str, boxes: Sequence[KeyBox]) -> None:
        """A value has to make sense in every box it is meant for, whatever variants ask there."""
        for box in boxes:
            try:
                read_box(value, box)
            except InputError as error:
                raise InputError(f"{place}: value for box {box.label}: {error}") from None

    def _readings(self, found: Sequence[tuple[KeyVariant, KeyTask, KeyBox]]) -> str:
        known = {mistake.key for _, task, box in found for mistake in task.mistakes if box.key in mistake.results}
        return f"known there are {', '.join(sorted(known))}" if known else "no mistake is known there"


def _reads(task: KeyTask, box: KeyBox, reading: str | None) -> bool:
    return any(mistake.key == reading and box.key in mistake.results for mistake in task.mistakes)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_text, value)) + "]"
    return str(value)
