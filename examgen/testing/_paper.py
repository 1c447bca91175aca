"""Checks of the sheet: it says all that a solver must be told, in every language, and has no place for an answer."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from examgen.errors import InputError
from examgen.model import cells
from examgen.render.html import environment, key_html, sheets_html
from examgen.render.language import languages, say
from examgen.render.notation import math, num, prose
from examgen.render.paper import Head, SheetVariant, SolvedTask, SolvedVariant
from examgen.render.pdf import lay_out
from examgen.testing._case import Case, check, untranslated
from examgen.testing._pages import page_faults
from examgen.writing import Style, write

LAID_OUT = 2  # variants that are laid out: numbers stand in places of fixed widths
ANSWERING = frozenset({"answer", "answers", "solution", "solutions", "value", "values", "exact", "accept", "accepted"})


@check
def conventions_stand_on_the_sheet(case: Case) -> None:
    """Everything a solver must be told is text on the sheet, in every language."""
    for sheet in case.sheets:
        told = [convention.key for convention in case.problem.conventions(sheet.instance)]
        case.expect(told and len(set(told)) == len(told), f"conventions are missing or share a key: {told}")
        case.expect(set(told) == set(sheet.task.says), f"the sheet's task says {list(sheet.task.says)}, not {told}")
        printed = _text(sheet.html)
        for key, sentence in sheet.task.says.items():
            says = _text(str(prose(sentence)))
            case.expect(says and "%(" not in says, f"the {sheet.language} sentence of {key} is not whole: {sentence!r}")
            case.expect(says in printed, f"the {sheet.language} sheet does not say {key}: {sentence}")


@check
def numbers_stand_on_the_sheet(case: Case) -> None:
    """Every number of the data is printed in an element of its own, as often as it occurs; labels become words."""
    for sheet in case.sheets:
        graph = case.graph(sheet.instance)
        comma = Head("", sheet.language).decimal_comma
        there = Counter(words[-1] for text in re.findall(r">([^<]+)<", sheet.html) if (words := text.split()))
        for name, value in sheet.instance.data.items():
            if name in graph and graph[name]["discrete"]:
                continue
            shown = (Counter(num(cell, comma, decimals) for cell in cells(value)) for decimals in (None, *range(4)))
            whole = any(wanted <= there for wanted in shown)
            case.expect(whole, f"the {sheet.language} sheet does not print all of {name}")


@check
def boxes_stand_on_the_sheet(case: Case) -> None:
    """Every box is on the sheet under its label, in every language."""
    for sheet in case.sheets:
        asked = [ask.key for ask in case.problem.asks(sheet.instance.params)]
        case.expect([box.key for box in sheet.task.boxes] == asked, f"the sheet's boxes are not those asked: {asked}")
        for box in sheet.task.boxes:
            there = re.search(rf">\s*{re.escape(box.label)}\s*<", sheet.html)
            case.expect(there, f"the {sheet.language} sheet has no box {box.label} ({box.key})")


@check
def choices_stand_on_the_sheet(case: Case) -> None:
    """Every choice of a box is on the sheet behind its letter, in every language."""
    for sheet in case.sheets:
        printed = _text(sheet.html)
        for box in sheet.task.boxes:
            for letter, option in zip(box.letters, box.options, strict=True):
                says = _text(f"{letter}) {prose(option)}")
                case.expect(says in printed, f"the {sheet.language} sheet does not offer {letter}) {option} in box {box.label}")


@check
def wording_is_translated(case: Case) -> None:
    """The title, every sentence a solver is told and every choice exist in every language."""
    said = {told.says for instance in case.instances for told in case.problem.conventions(instance)}
    said |= {option for _, ask in case.boxes() for option in ask.options}
    said.add(case.problem.title)
    for language in languages():
        for message in untranslated(language, sorted(said)):
            case.fail(f"the catalogue {language} does not translate {message!r}")


@check
def template_is_translated(case: Case) -> None:
    """What the problem's template says by itself exists in every language."""
    world = environment("en", False)
    assert world.loader is not None
    source = world.loader.get_source(world, f"problems/{case.problem.name}.html.j2")[0]
    told = world.extract_translations(source)  # type: ignore[attr-defined]  # an extension of Jinja2 adds it
    extracted = [said for *_, said in told]
    found = [part for said in extracted for part in ((said,) if isinstance(said, str) else said or ()) if part is not None]
    for language in languages():
        for message in untranslated(language, found):
            case.fail(f"the catalogue {language} does not translate {message!r} of its template")


@check
def reminders_are_worded(case: Case) -> None:
    """Every formula of the formula sheet says what it is, in every language."""
    said = [reminder.says for reminder in case.problem.reminders(case.preset.params)]
    case.expect(all(map(str.strip, said)), "a reminder does not say what it is")
    for language in languages():
        for message in untranslated(language, said):
            case.fail(f"the catalogue {language} does not translate {message!r} of a reminder")


@check
def reminders_can_be_set(case: Case) -> None:
    """The LaTeX of the formula sheet, in its words too, is what the paper can set."""
    for reminder in case.problem.reminders(case.preset.params):
        try:
            case.expect(reminder.latex.strip() and math(reminder.latex), f"the reminder {reminder.says!r} has no formula")
            for language in languages():
                prose(say(language, reminder.says))
        except InputError as error:
            case.fail(f"the reminder {reminder.says!r} cannot be set: {error}")


@check
def pages_are_sound(case: Case) -> None:
    """Sheets and worked solutions keep to their pages in every language: nothing runs out, overlaps or is cut."""
    told = [sheet for language in languages() for sheet in case.sheets if sheet.language == language]
    shown = [sheet for sheet in told if sheet.instance in case.instances[:LAID_OUT]]
    sheets = [
        SheetVariant(1, "AAAAAA", (sheet.task,), head=Head("", sheet.language), sheet=place)
        for place, sheet in enumerate(shown, start=1)
    ]
    for fault in page_faults(lay_out(sheets_html(Head(""), sheets))):
        case.fail(f"the sheets: {fault}")
    for language in languages():
        head = Head("", language)
        style = Style(language, head.decimal_comma, head.working)
        solved = (SolvedTask(1, "", write(steps, style, {}, full=False)) for _, steps in case.explained[:LAID_OUT])
        worked = [SolvedVariant(number, "AAAAAA", (task,)) for number, task in enumerate(solved, start=1)]
        for fault in page_faults(lay_out(key_html(head, (), (), worked))):
            case.fail(f"the {language} worked solutions: {fault}")


@check
def sheets_hold_no_answer(case: Case) -> None:
    """Nothing that a sheet is made of has a place for an answer, but for a circuit's nodes, whose places are empty."""
    for sheet in case.sheets:
        task = sheet.task
        case.expect(task.data == sheet.instance.data, "the sheet's data is not the instance's")
        found = ANSWERING & set(_field_names(task, skipped={"diagram"}))
        case.expect(not found, f"the sheet's context has the field {min(found, default='')!r}: a place for an answer")
        if task.diagram:
            gates = [node for node in task.diagram.nodes if node.sources]
            told = [node.name for node in gates if node.value is not None]
            told += [node.name for node in gates if node.gradient is not None and node.name != task.diagram.output]
            case.expect(not told, f"the circuit gives away {told}")


def _text(markup: str) -> str:
    """What a reader sees of a piece of HTML, without white space."""
    visible = re.sub(r"(?s)<(style|title)\b.*?</\1>", "", markup)
    return re.sub(r"\s+", "", html.unescape(re.sub(r"<[^>]*>", "", visible)))


def _field_names(value: Any, skipped: Collection[str] = ()) -> Iterator[str]:
    """The names of all fields and keys, however deep."""
    if is_dataclass(value):
        for name in (field.name for field in fields(value) if field.name not in skipped):
            yield name
            yield from _field_names(getattr(value, name), skipped)
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield name
            yield from _field_names(part, skipped)
    elif isinstance(value, tuple):
        for part in value:
            yield from _field_names(part, skipped)
