"""What the command line says about copies, made a plan."""

from __future__ import annotations

import re
from pathlib import Path

from examgen.copies._copy import Room
from examgen.copies._plan import Plan, plan
from examgen.copies._roster import Roster, read_roster
from examgen.errors import InputError
from examgen.exam import Exam
from examgen.spreadsheets import passed_over

_ROOM = re.compile(r"\s*(\d{1,3})\s*[x×хX*Х]\s*(\d{1,3})\s*")  # Latin or Cyrillic, as it comes from the keyboard


def ordered(
    exam: Exam, variants: int, *, roster: Path | None = None, count: int | None = None, room: str | None = None, spare: int = 0
) -> tuple[Plan | None, tuple[str, ...]]:
    """The copies of the first `variants` variants, and notes on them; None where neither a class nor a number is given.

    Raises: InputError naming the option, or the line of the class list.
    """
    if roster is None and count is None and room is None:
        if spare:
            raise InputError(f"--spare {spare}: spare copies of what? Give --roster, --copies or --room as well")
        return None, ()
    seats = _room(room) if room is not None else None
    listed = read_roster(roster, exam, seats) if roster is not None else Roster(())
    made = plan(listed.people, variants, exam.seed, count=count, room=seats, spare=spare, sitting=exam.sitting)
    unused = tuple(f"column {head[:40]!r} of {roster} is not used" for head in listed.unused)
    spares = (f"{passed_over(listed.spare)}, --spare makes new ones",) if listed.spare else ()
    return made, (*unused, *spares, *made.notes(variants))


def _room(text: str) -> Room:
    found = _ROOM.fullmatch(text)
    if not found or not int(found[1]) or not int(found[2]):
        raise InputError(f"--room {text[:40]}: give rows and seats in a row, such as 8x12")
    return Room(int(found[1]), int(found[2]))
