"""Sheets laid out once for each structure and stamped for each variant.

What differs between variants of one structure are numbers in slots of fixed widths. One sheet of each structure is laid out
with numbers that know their places; its pages are taken apart into what all share, kept once in the file, and slots, which
are written anew for each variant. A sheet that is not printed like its master, such as one with a number wider than its
slot, is a master of its own: what is stamped cannot be told from what is set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from markupsafe import escape

from examgen.model import cells
from examgen.render import tracing
from examgen.render.html import environment, sheets_html
from examgen.render.paging import set_sheets, structure
from examgen.render.paper import Head, SheetTask, SheetVariant
from examgen.render.pdf import lay_out
from examgen.render.sizes import PAPERS
from examgen.render.stamping._document import Document, Template
from examgen.render.stamping._masters import Masters, taken, traced_sheet
from examgen.render.stamping._pages import Cutter
from examgen.render.stamping._streams import Unreadable
from examgen.render.stamping._texts import Texts, Unlike

DIGITS = "0123456789−,./ "
LETTERS = "\ue003"  # stands for the letters until all are known


@dataclass(frozen=True)
class Stamped:
    """How sheets were made: structures laid out, sheets stamped, and why others were laid out by themselves."""

    structures: int
    stamped: int
    alone: Counter[str]


def stamp_sheets(
    head: Head, sheets: Sequence[SheetVariant], out: BinaryIO, *, large: bool = False, among: Sequence[SheetVariant] = (),
    tagged: bool = True,
) -> Stamped:
    """Writes the sheets as PDF, each on as many pages as those it is `among`; `large` enlarges them to the next larger paper.

    Untagged sheets are smaller and say nothing of their structure.
    Raises: FatalURLFetchingError and InputError as `paging.set_sheets` does.
    """
    numbered = [replace(sheet, sheet=place) for place, sheet in enumerate(sheets, start=1)]
    groups: dict[Hashable, list[SheetVariant]] = {}
    for sheet in numbered:
        groups.setdefault(look(head, sheet), []).append(sheet)
    firsts = {key: min(group, key=_length) for key, group in groups.items()}
    alone: dict[int, str] = {}
    letters = _letters(head, numbered)
    while True:
        made = _Made(head, [*firsts.values(), *(numbered[place - 1] for place in alone)], large, among, tagged, letters)
        unlike = dict(made.unlike(firsts, groups, alone))
        if not unlike:
            break
        alone |= unlike
    places = {id(sheet): made.templates[firsts[key].sheet] for key, group in groups.items() for sheet in group}
    chosen = [made.templates.get(sheet.sheet) if sheet.sheet in alone else places[id(sheet)] for sheet in numbered]
    made.document.write(out, list(zip(numbered, chosen, strict=True)))
    return Stamped(len(firsts), len(numbered) - len(alone), Counter(alone.values()))


def look(head: Head, sheet: SheetVariant) -> Hashable:
    """What sheets that are stamped from one master have in common: all but their numbers."""
    known = tuple(bool(text) for text in (sheet.name, sheet.group, sheet.place))
    return sheet.head or head, known, tuple(map(_task_look, sheet.tasks)), structure(head, sheet)


def _task_look(task: SheetTask) -> Hashable:
    nodes = () if task.diagram is None else tuple(
        replace(node, value=node.value if node.constant else None, gradient=None if node.gradient is None else 1)
        for node in task.diagram.nodes
    )
    sizes = tuple((name, sum(1 for _ in cells(value))) for name, value in task.data.items())
    return task.number, task.boxes, tuple(task.says.items()), nodes, sizes, task.decimals, task.space, task.unrounded


def _length(sheet: SheetVariant) -> tuple[int, int]:
    """The shortest name makes the master: longer ones may be set smaller."""
    return len(sheet.name) + len(sheet.group), sheet.sheet


class _Made:
    """Masters laid out and cut into templates."""

    def __init__(
        self, head: Head, masters: Sequence[SheetVariant], large: bool, among: Sequence[SheetVariant], tagged: bool,
        letters: set[str],
    ) -> None:
        self.head, self.masters = head, [replace(sheet, sheet=i) for i, sheet in enumerate(masters, start=1)]
        self.own = [sheet.sheet for sheet in masters]
        self.letters = letters
        self.zoom = PAPERS[head.paper].scale if large else 1.0
        self.large, self.trace = large, tracing.Trace()
        laid = set_sheets(head, masters, large=large, among=[*among, *masters], lay=self._lay)
        per_sheet = (len(laid.pages) - 1) // len(masters)
        found = taken(laid, head, self.trace, per_sheet, self.zoom)
        self.document = Document(found, per_sheet, tagged=tagged)
        self.templates: dict[int, Template] = {}
        for i, sheet in enumerate(self.masters):
            self.templates[self.own[i]] = self._template(found, sheet, i * per_sheet, per_sheet, tagged)

    def _lay(self, sheets: Sequence[SheetVariant]) -> Any:
        """The masters, with a page of letters behind them."""
        self.trace = tracing.Trace()
        with tracing.into(self.trace):
            html = sheets_html(self.head, [traced_sheet(sheet) for sheet in sheets], large=self.large, letters=LETTERS)
        html = self.trace.split(html)
        words = {piece for told in (*self.trace.slots, *self.trace.texts.values()) for piece in told if isinstance(piece, str)}
        letters = f"0{''.join(sorted({*self.letters, *''.join(words)}))}0"  # no space at an end
        return lay_out(html.replace(LETTERS, str(escape(letters))), self.head)

    def _template(self, found: Masters, sheet: SheetVariant, first: int, pages: int, tagged: bool) -> Template:
        texts = Texts(found.trace, sheet.sheet)
        exam = (sheet.head or self.head).exam
        cutter = Cutter(found, sheet, texts, self.document.form, exam, tagged=tagged)
        cut = [cutter.template(found.pages[first + i], i + 1) for i in range(pages)]
        return self.document.template(cut, texts, found.bookmarks, first)

    def unlike(self, firsts: Any, groups: Any, alone: Any) -> Any:
        """The sheets that cannot be stamped from the master of their group, and why."""
        for key, group in groups.items():
            template = self.templates[firsts[key].sheet]
            for sheet in group:
                if sheet is firsts[key] or sheet.sheet in alone:
                    continue
                try:
                    template.check(sheet)
                except Unlike as why:
                    yield sheet.sheet, str(why)


def _letters(head: Head, sheets: Sequence[SheetVariant]) -> set[str]:
    """Every character that a slot may show."""
    letters = set(DIGITS)
    for language, comma in {((sheet.head or head).language, (sheet.head or head).decimal_comma) for sheet in sheets}:
        letters.update(*environment(language, comma, head.templates).globals["class_names"])
    for sheet in sheets:
        letters.update(sheet.code, sheet.name, sheet.group, sheet.place)
    return letters


__all__ = ["Stamped", "Unreadable", "stamp_sheets"]
