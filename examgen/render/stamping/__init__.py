"""Sheets laid out once for each structure and stamped for each variant.

What differs between variants of one structure are numbers in slots of fixed widths. One sheet of each structure is laid out
with numbers that know their places; its pages are taken apart into what all share, kept once in the file, and slots, which
are written anew for each variant. A sheet that is not printed like its master, such as one with a number wider than its
slot, is a master of its own: what is stamped cannot be told from what is set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, BinaryIO, NamedTuple

from markupsafe import Markup, escape

from examgen.errors import InputError
from examgen.model import cells
from examgen.render import tracing
from examgen.render.html import around_sheets, environment, sheet_html
from examgen.render.paging import set_sheets, sheets_pdf, structure
from examgen.render.paper import Head, SheetTask, SheetVariant
from examgen.render.pdf import lay_out
from examgen.render.sizes import PAPERS
from examgen.render.stamping._document import Document, Template
from examgen.render.stamping._masters import taken, traced_sheet
from examgen.render.stamping._pages import Cutter
from examgen.render.stamping._texts import Texts, Unlike
from examgen.render.stamping._wording import Wording, asking
from examgen.render.typeset.streams import Unreadable

DIGITS = "0123456789−,./ "
LETTERS = "\ue003"  # stands for the letters until all are known
MANY = 20  # structures that an exam has where its tasks do not take shapes of their own
LOOKED = 50  # sheets of a structure among which those with extreme numbers are found
FEW = 4  # sheets that may all be masters of their own


@dataclass(frozen=True)
class Stamped:
    """How sheets were made: structures laid out, sheets stamped, and why others were laid out by themselves.

    `plain` says why all of them were, without any stamping; it is empty where that was not so.
    """

    structures: int
    stamped: int
    alone: Counter[str] = field(default_factory=Counter)
    plain: str = ""

    @property
    def note(self) -> str:
        """What took longer than stamping, in a sentence; empty where nothing did."""
        if self.plain:
            return f"every sheet was laid out by itself: {self.plain}"
        count, sheets = self.alone.total(), self.alone.total() + self.stamped
        if count:
            whys = [why if len(self.alone) == 1 else f"{why} ({times})" for why, times in self.alone.most_common()]
            told = "was laid out by itself" if count == 1 else "were laid out by themselves"
            return f"{count} of {sheets} sheets {told}: {', '.join(whys)}"
        if self.structures > max(MANY, sheets // 2):
            return f"{self.structures} of {sheets} sheets were laid out by themselves: each has a structure of its own"
        return ""


def stamp_sheets(
    head: Head, sheets: Sequence[SheetVariant], out: BinaryIO, *, large: bool = False, among: Sequence[SheetVariant] = (),
) -> Stamped:
    """Writes the sheets as PDF, each on as many pages as those it is `among`; `large` enlarges them to the next larger paper.

    Where the head has them untagged they are smaller and say nothing of their structure.
    Raises: FatalURLFetchingError and InputError as `paging.set_sheets` does.
    """
    numbered = [replace(sheet, sheet=place) for place, sheet in enumerate(sheets, start=1)]
    try:
        plan = _Plan(head, numbered, large, among)
    except (Unreadable, Unlike, ValueError, LookupError) as why:
        if isinstance(why, InputError) and head.templates is None:
            raise
        out.write(sheets_pdf(head, sheets, large=large, among=among))  # which raises what is wrong with own templates
        return Stamped(0, 0, plain=str(why))
    plan.write(out)
    return Stamped(len(plan.groups), len(numbered) - len(plan.alone), Counter(plan.alone.values()))


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


class _Plan:
    """Which sheets are stamped from which masters: these are laid out until every sheet has one that it is like.

    Raises: Unreadable and others where a master cannot be taken apart, or where hardly any sheet is like another one.
    """

    def __init__(self, head: Head, sheets: Sequence[SheetVariant], large: bool, among: Sequence[SheetVariant]) -> None:
        if why := asking(head.templates):
            raise Unreadable(why)
        self.head, self.sheets = head, sheets
        self.alone: dict[int, str] = {}
        self.groups: dict[Hashable, list[SheetVariant]] = {}
        self.texts: dict[int, list[str]] = {}  # of those that are stamped, in the order of their masters' holes
        self.worded: set[tuple[int, int]] = set()
        self._group((look(head, sheet), sheet) for sheet in sheets)
        letters = _letters(head, sheets)
        while True:
            masters = [*(group[0] for group in self.groups.values()), *(sheets[place - 1] for place in self.alone)]
            self.made = _Made(head, masters, large, [*among, *sheets], letters)
            self.texts = {}
            unlike = dict(self._unlike())
            if not unlike:
                break
            self._apart(unlike)

    def _group(self, told: Iterable[tuple[Hashable, SheetVariant]]) -> None:
        """Sheets that may have one master, which comes first; where its own numbers are too wide, it is no master."""
        groups: dict[Hashable, list[SheetVariant]] = {}
        for key, sheet in told:
            groups.setdefault(key, []).append(sheet)
        for key, group in groups.items():
            group.sort(key=_length)
            while len(group) > 1 and (why := _refused(self.head, group[0])):
                self.alone[group.pop(0).sheet] = why
            self.groups[key] = group

    def _unlike(self) -> Iterator[tuple[int, Unlike]]:
        """The sheets that cannot be stamped from the master of their group, and why."""
        for master, *others in self.groups.values():
            template, wording = self.made.templates[master.sheet], self.made.wordings[master.sheet]
            looked = {sheet.sheet for sheet in (others if self.head.templates else _sample(others))}
            for sheet in others:
                try:
                    texts = template.check(sheet)
                    if sheet.sheet in looked and (master.sheet, sheet.sheet) not in self.worded:
                        wording.check(sheet, texts)
                        self.worded.add((master.sheet, sheet.sheet))
                except Unlike as why:
                    yield sheet.sheet, why
                else:
                    self.texts[sheet.sheet] = texts

    def _apart(self, unlike: Mapping[int, Unlike]) -> None:
        """Those that are not like their master get masters of their own, one for all that have in common why."""
        others: dict[Hashable, list[SheetVariant]] = {}
        for key, group in self.groups.items():
            for sheet in [sheet for sheet in group if sheet.sheet in unlike]:
                group.remove(sheet)
                why = unlike[sheet.sheet]
                again = why.like is None or isinstance(key, _Like)
                others.setdefault(sheet.sheet if again else _Like(key, why.like), []).append(sheet)
        self._group((key, sheet) for key, group in others.items() if len(group) > 1 for sheet in group)
        self.alone |= {group[0].sheet: str(unlike[group[0].sheet]) for group in others.values() if len(group) == 1}
        if len(self.alone) > max(FEW, len(self.sheets) // 2):
            ((most, _),) = Counter(self.alone.values()).most_common(1)
            raise Unreadable(most)

    def write(self, out: BinaryIO) -> None:
        """Writes all sheets."""
        masters = {sheet.sheet: group[0].sheet for group in self.groups.values() for sheet in group}
        chosen = [self.made.templates[masters.get(sheet.sheet, sheet.sheet)] for sheet in self.sheets]
        texts = (self.texts.get(sheet.sheet) for sheet in self.sheets)
        self.made.document.write(out, list(zip(self.sheets, chosen, texts, strict=True)))


class _Like(NamedTuple):
    """What sheets have in common that are not like the master of their look."""

    look: Hashable
    like: Hashable


def _length(sheet: SheetVariant) -> tuple[int, int]:
    """The shortest name makes the master: longer ones may be set smaller."""
    return len(sheet.name) + len(sheet.group), sheet.sheet


def _refused(head: Head, sheet: SheetVariant) -> str:
    """Why no other sheet can be printed like this one; empty where others can."""
    trace = tracing.Trace()
    with tracing.into(trace):
        sheet_html(head, traced_sheet(sheet))
    return next(iter(trace.refused.values()), "")


def _sample(sheets: Sequence[SheetVariant]) -> list[SheetVariant]:
    """The first and the last of some sheets, and of some in between those with the largest and the smallest numbers."""
    some = sheets[:: -(-len(sheets) // LOOKED)] if sheets else []
    return [sheets[0], sheets[-1], max(some, key=_largest), min(some, key=_largest)] if some else []


def _largest(sheet: SheetVariant) -> Fraction:
    numbers = (cell for task in sheet.tasks for value in task.data.values() for cell in cells(value))
    return max((abs(Fraction(number)) for number in numbers), default=Fraction(0))


class _Made:
    """Masters laid out and cut into templates."""

    def __init__(
        self, head: Head, masters: Sequence[SheetVariant], large: bool, among: Sequence[SheetVariant],
        letters: set[str],
    ) -> None:
        self.head, self.masters, self.large, self.letters = head, masters, large, letters
        self.trace, self.marked = tracing.Trace(), [Markup()]
        laid = set_sheets(head, masters, large=large, among=among, lay=self._lay)
        self.per_sheet = (len(laid.pages) - 1) // len(masters)
        self.found = taken(laid, head, self.trace, PAPERS[head.paper].scale if large else 1.0)
        self.document = Document(self.found, self.per_sheet, tagged=head.tagged)
        self.templates: dict[int, Template] = {}
        self.wordings: dict[int, Wording] = {}
        for place, (own, sheet) in enumerate(zip(masters, self.masters, strict=True)):
            texts = Texts(self.trace, sheet.sheet)
            self.templates[own.sheet] = self._template(sheet, texts, place * self.per_sheet)
            self.wordings[own.sheet] = Wording(self.marked[place], sheet, self.trace, texts, head)

    def _lay(self, sheets: Sequence[SheetVariant]) -> Any:
        """The masters, with a page of letters behind them."""
        self.masters, self.trace = sheets, tracing.Trace()
        with tracing.into(self.trace):
            self.marked = [sheet_html(self.head, traced_sheet(sheet)) for sheet in sheets]
        pages = max(sheet.pages for sheet in sheets)
        html = self.trace.split(around_sheets(self.head, self.marked, pages, large=self.large, letters=LETTERS))
        words = {piece for told in (*self.trace.slots, *self.trace.texts.values()) for piece in told if isinstance(piece, str)}
        letters = f"0{''.join(sorted({*self.letters, *''.join(words)}))}0"  # no space at an end
        return lay_out(html.replace(LETTERS, str(escape(letters))), self.head)

    def _template(self, sheet: SheetVariant, texts: Texts, first: int) -> Template:
        exam = (sheet.head or self.head).exam
        cutter = Cutter(self.found, sheet, texts, self.document.form, exam, tagged=self.head.tagged)
        cut = [cutter.template(self.found.pages[first + i], i + 1) for i in range(self.per_sheet)]
        return self.document.template(cut, texts, self.found.bookmarks, first)


def _letters(head: Head, sheets: Sequence[SheetVariant]) -> set[str]:
    """Every character that a slot may show."""
    letters = set(DIGITS)
    for language, comma in {((sheet.head or head).language, (sheet.head or head).decimal_comma) for sheet in sheets}:
        names: Any = environment(language, comma, head.templates).globals["class_names"]
        letters.update(*names)
    for sheet in sheets:
        letters.update(sheet.code, sheet.name, sheet.group, sheet.place)
    return letters


__all__ = ["Stamped", "Unreadable", "stamp_sheets"]
