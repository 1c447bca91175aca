"""A student's own answers: the form they are written into, and what becomes of each, read from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from examgen import feedback, keyfile
from examgen.choices import letter
from examgen.errors import InputError
from examgen.keyfile import Key, KeyBox, KeyTask, KeyVariant
from examgen.marking import NONE, VARIANT, Corrections, Mark, StripRow, right_values
from examgen.model import Exact, shape
from examgen.registry import problems
from examgen.render.language import decimal_mark, say
from examgen.render.notation import num
from examgen.tables import read_toml
from examgen.writing import plain, style_for

DEFINITION = ".toml"
HOW = (
    "Write each answer between its quotes: 1.27, -0,5, 19/15, ln(9/2); a matrix row by row: 1 -2; 3 1. "
    "Leave empty what you do not know."
)
TASK, VARIANT_SAYS = "Task %(number)s", "variant %(number)s"
MESSAGES = (HOW, TASK, VARIANT_SAYS)


def key_at(place: Path, variant: str | None = None) -> Key:
    """The key of a built folder, an archive or a key.json; of a definition (.toml) one that is worked out without proofs.

    Of a definition only as many variants are drawn as are needed for one told by its number. Raises: InputError, DrawError.
    """
    if place.suffix != DEFINITION:
        return keyfile.load(place)
    from examgen.exam import read_exam
    from examgen.unproved import unproved_key

    exam = read_exam(place)
    told = (variant or "").strip()
    count = int(told) if told.isascii() and told.isdigit() and 0 < int(told) <= exam.variants else None
    return keyfile.read(unproved_key(exam, count), str(place))


def decided_at(place: Path, key: Key) -> Corrections:
    """What was decided after the exam and stands beside the key; nothing for a definition. Raises: InputError."""
    if place.suffix == DEFINITION:
        return NONE
    from examgen.grading import corrections_at

    return corrections_at(place, None, key)


def chosen(key: Key, variant: str | None) -> KeyVariant:
    """The variant that is asked for; the only one where none is. Raises: InputError."""
    if variant is not None:
        return key[variant]
    if len(key.variants) > 1:
        raise InputError(f"which of the {len(key.variants)} variants? Give --variant, the code on the sheet")
    return key.variants[0]


def form(key: Key, variant: KeyVariant) -> str:
    """An empty form for answers, as TOML: every box of the variant with what it takes, and no answer."""
    lines = [f"# {key.title}, {say(key.language, VARIANT_SAYS, {'number': variant.number})}"]
    lines += [f"# {part}" for part in _sentences(say(key.language, HOW))]
    lines.append(f"{VARIANT} = {json.dumps(variant.code)}")
    for task in variant.tasks:
        lines += ["", f"# {say(key.language, TASK, {'number': task.number})}. {_title(task, key.language)}"]
        lines += _aligned([(f'"{box.label}" = ""', f"# {name_of(box)}: {_takes(box, key.language)}") for box in task.boxes])
    return "\n".join(lines) + "\n"


def _title(task: KeyTask, language: str) -> str:
    """The problem's name; the one in the key where this version does not know it."""
    known = problems()
    return say(language, known[task.problem].title) if task.problem in known else task.problem


def _takes(box: KeyBox, language: str) -> str:
    return feedback.takes(box.shape, box.whole, box.decimals, language, box.options)


def name_of(box: KeyBox) -> str:
    """What is asked, as text: L₁ or ∂f/∂x."""
    return plain(box.symbol) if box.symbol else box.key


def _sentences(text: str) -> list[str]:
    return text.replace(". ", ".\n").split("\n")


def _aligned(pairs: list[tuple[str, str]]) -> list[str]:
    wide = max(len(left) for left, _ in pairs)
    return [f"{left:{wide}}  {right}" for left, right in pairs]


def read_form(path: Path) -> dict[str, Any]:
    """The answers of a form, as text, lists or numbers. Raises: InputError, one sentence that names the file and the entry."""
    told = read_toml(path, "the answers", "write one with: examgen answers DIR --variant CODE > {}")
    for name, value in told.items():
        if isinstance(value, (dict, bool)) or (isinstance(value, list) and not _plain(value)):
            raise InputError(f'{path}: {name[:40]} holds no answer: write it in quotes, such as "{name[:40]}" = "1.27"')
    return told


def _plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_plain, value))
    return not isinstance(value, (dict, bool))


def parts(key: Key, mark: Mark, *, reveal: bool = False) -> Iterator[RenderableType]:
    """Each box with what became of it; right values only where they are to be revealed."""
    style = replace(style_for(key.language), text=True)
    names = {box.label: name_of(box) for box in key[mark.variant].boxes}
    right = right_values(key, mark.variant) if reveal else {}
    options = {box.label: box.options for box in key[mark.variant].boxes}
    values = {label: printed(value, style.comma, options[label]) for label, value in right.items()}
    return feedback.parts(mark, style, names, written=True, values=values)


def printed(value: Exact | None, comma: bool, options: tuple[str, ...] = ()) -> str:
    """A number, what a choice is called, or a matrix row by row."""
    if value is None:
        return "—"
    if options:
        return letter(value, options)
    if not shape(value):
        return num(value, comma)
    if len(shape(value)) == 1:
        return " ".join(num(cell, comma) for cell in value)
    return "; ".join(printed(row, comma) for row in value)


def strip(rows: Sequence[StripRow], language: str) -> Table:
    """An answer strip with what follows from a student's own numbers beside what is right; → marks what differs."""
    comma = decimal_mark(language) == ","
    table = Table(box=None, pad_edge=False, header_style="italic", padding=(0, 2, 0, 0))
    for head in ("box", "right", "", "from the student's own"):
        table.add_column(head)
    for row in rows:
        sign = "=" if row.own else "→" if row.changed else ""
        own = printed(row.follows, comma, row.options) if row.changed or row.own else ""
        right, follows = Text(printed(row.right, comma, row.options)), Text(own, "" if row.own else "bold")
        table.add_row(Text(row.label, "bold"), right, Text(sign), follows)
    return table
