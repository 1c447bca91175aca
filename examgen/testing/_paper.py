"""Checks of the sheet: it says all that a solver must be told, in every language, and has no place for an answer."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from itertools import product
from typing import Any

from examgen.render.language import languages, translations
from examgen.render.notation import prose
from examgen.testing._case import Case, check

ANSWERING = frozenset({"answer", "answers", "solution", "solutions", "value", "values", "exact", "accept", "accepted"})
WORDS = re.compile(r"[A-Za-z]{3,}")


@check
def conventions_stand_on_the_sheet(case: Case) -> None:
    """Everything a solver must be told is text on the sheet, in every language."""
    for instance in case.instances:
        keys = [told.key for told in case.problem.conventions(instance)]
        case.expect(keys and len(set(keys)) == len(keys), f"conventions are missing or share a key: {keys}")
    for language, task, sheet in case.sheets:
        printed = _text(sheet)
        for key, sentence in task.says.items():
            case.expect(_text(str(prose(sentence))) in printed, f"the {language} sheet does not say {key}: {sentence}")


@check
def boxes_stand_on_the_sheet(case: Case) -> None:
    """Every box is on the sheet under its label, in every language."""
    for language, task, sheet in case.sheets:
        case.expect(task.boxes, f"the {language} sheet has no box")
        for box in task.boxes:
            there = re.search(rf">\s*{re.escape(box.label)}\s*<", sheet)
            case.expect(there, f"the {language} sheet has no box {box.label} ({box.key})")


@check
def wording_is_translated(case: Case) -> None:
    """Every sentence a solver is told exists in every language."""
    said = {told.says for instance in case.instances for told in case.problem.conventions(instance)}
    for language, message in product(languages(), sorted(said)):
        if language != "en" and WORDS.search(re.sub(r"\$[^$]*\$", "", message)):
            other = translations(language).gettext(message)
            case.expect(other != message, f"the catalogue {language} does not translate {message!r}")


@check
def sheets_hold_no_answer(case: Case) -> None:
    """Nothing that a sheet is made of has a place for an answer."""
    for _, task, _ in case.sheets:
        case.expect(task.data == _instance_of(case, task).data, "the sheet's data is not the instance's")
        found = ANSWERING & set(_field_names(task, {"diagram"}))
        case.expect(not found, f"the sheet's context has the field {min(found, default='')!r}, where an answer could stand")
