"""Sheets set so that all of them take the same pages, and what is left of a page is room for working.

What differs between variants of one structure are numbers in slots of fixed widths, so one sheet of each structure is laid
out to learn how all of them fall into pages.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, pairwise
from typing import Any

from examgen.errors import InputError
from examgen.render.html import sheets_html
from examgen.render.paper import Head, SheetVariant
from examgen.render.pdf import lay_out, written
from examgen.render.sizes import PAPERS

MM = 96 / 25.4  # CSS pixels
SLACK = 4.0  # mm that stay free at the foot of a page, for lines that are a little higher in another variant
FIELD, WORKING, BELOW, TASK = "answers-and-working", "working", "below", "task"  # classes of the templates


@dataclass(frozen=True)
class _Fall:
    """How a sheet falls into pages: how many, and the room for working of each task, mm."""

    pages: int
    rooms: tuple[float | None, ...]


def sheets_pdf(
    head: Head, variants: Sequence[SheetVariant], *, large: bool = False, among: Sequence[SheetVariant] = ()
) -> bytes:
    """The sheets as PDF, as `set_sheets` lays them out; `large` enlarges them to the next larger paper."""
    document = set_sheets(head, variants, large=large, among=among)
    return written(document, head, PAPERS[head.paper].scale if large else 1.0)


def set_sheets(
    head: Head, variants: Sequence[SheetVariant], *, large: bool = False, among: Sequence[SheetVariant] = (),
    lay: Callable[[Sequence[SheetVariant]], Any] | None = None,
) -> Any:
    """The sheets laid out: each on as many pages as the longest, on an even number where both sides are printed.

    `among` are all sheets of the exam where these are only some of them; large ones fall into pages as others do. `lay` lays
    out sheets that know their pages, where they are not set as they stand.
    Raises: FatalURLFetchingError as `pdf.lay_out` does; InputError where own templates lose the end of a sheet.
    """
    lay = lay or partial(_laid_out, head, large=large)
    numbered = _numbered(variants)
    falls = _falls(head, _numbered([*among, *variants]))
    pages = _pages(head, falls.values())
    told = [_told(variant, falls[structure(head, variant)], pages) for variant in numbered]
    document = lay(told)
    if {*_counts(head, document, told)} != {pages}:  # a line more in one of them than in the first of its structure
        each = _fallen(head, _laid_out(head, numbered, large), numbered)
        pages = _pages(head, [*falls.values(), *each])
        told = [_told(variant, fall, pages) for variant, fall in zip(numbered, each, strict=True)]
        document = lay(told)
    return document


def _numbered(variants: Sequence[SheetVariant]) -> list[SheetVariant]:
    return [replace(variant, sheet=place) for place, variant in enumerate(variants, start=1)]


def _laid_out(head: Head, variants: Sequence[SheetVariant], large: bool = False) -> Any:
    return lay_out(sheets_html(head, variants, large=large), head)


def _pages(head: Head, falls: Iterable[_Fall]) -> int:
    """How many pages every sheet takes."""
    longest = max((fall.pages for fall in falls), default=0)
    return longest + longest % 2 if head.duplex else longest


def _told(variant: SheetVariant, fall: _Fall, pages: int) -> SheetVariant:
    """A sheet that knows its pages, and how much room each of its tasks has."""
    rooms = (*fall.rooms, *(None for _ in variant.tasks))  # an own template may show a task without a field
    tasks = tuple(replace(task, space=room) for task, room in zip(variant.tasks, rooms, strict=False))
    return replace(variant, tasks=tasks, pages=pages, spare=pages - fall.pages)


def structure(head: Head, variant: SheetVariant) -> Hashable:
    """What decides how a sheet falls into pages."""
    tasks = tuple((task.problem, task.params, task.formula) for task in variant.tasks)
    return (variant.head or head).language, tasks


def _falls(head: Head, variants: Sequence[SheetVariant]) -> dict[Hashable, _Fall]:
    """How the sheets of each structure fall into pages, learned from its first."""
    first: dict[Hashable, SheetVariant] = {}
    for variant in variants:
        first.setdefault(structure(head, variant), variant)
    return dict(zip(first, _fallen(head, _laid_out(head, list(first.values())), list(first.values())), strict=True))


def _fallen(head: Head, document: Any, variants: Sequence[SheetVariant]) -> list[_Fall]:
    """How each of these sheets has fallen into pages."""
    counts = _counts(head, document, variants)
    starts = accumulate(counts, initial=0)
    return [
        _Fall(count, _rooms(document.pages[start : start + count], variant))
        for start, count, variant in zip(starts, counts, variants, strict=False)
    ]


def _counts(head: Head, document: Any, variants: Sequence[SheetVariant]) -> list[int]:
    """How many pages each sheet takes."""
    last = {anchor: number for number, page in enumerate(document.pages, start=1) for anchor in page.anchors}
    ends = [last.get(f"end-{variant.sheet}") for variant in variants]
    if head.templates is not None and None in ends:
        raise InputError(f"{head.templates / 'sheet.html.j2'}: a sheet has no end, extend examgen/sheet.html.j2 block by block")
    return [end - before for before, end in pairwise([0, *ends])]  # type: ignore[operator]  # our sheets all end


def _rooms(pages: Sequence[Any], variant: SheetVariant) -> tuple[float | None, ...]:
    """The room for working of each task: what it has, and its share of what its page has left."""
    rooms: list[float | None] = []
    seen: set[int] = set()  # one that is longer than its page goes on on the next
    for page in pages:
        fields = [box for box in _boxes(page, FIELD) if id(box.element) not in seen]
        seen |= {id(box.element) for box in fields}
        begun = [_room(box) for box in fields]
        tasks = variant.tasks[len(rooms) : len(rooms) + len(begun)]
        open_ones = sum(task.space is None for task in tasks)
        share = _left(page) / open_ones if open_ones else 0.0
        rooms += [room + share if task.space is None else task.space for task, room in zip(tasks, begun, strict=True)]
    return tuple(rooms)


def _left(page: Any) -> float:
    """How much of a page is free below its last task, mm."""
    frame = page._page_box
    foot: float = frame.content_box_y() + frame.height
    ends = [box.position_y + box.margin_height() for box in _boxes(page, TASK)]
    return max(0.0, (foot - max(ends, default=foot)) / MM - SLACK)


def _room(field: Any) -> float:
    """The height for working in the field of a task, mm: all of it, unless boxes stand below the working."""
    working = _within(field, WORKING)
    return float((working[0] if working and BELOW in _classes(field) else field).height) / MM


def _boxes(page: Any, name: str) -> list[Any]:
    return _within(page._page_box, name)


def _within(parent: Any, name: str) -> list[Any]:
    """The outermost box of every element of a class, in their order on the page."""
    found: dict[int, Any] = {}
    for box in parent.descendants():
        if box.element is not None and name in _classes(box):
            found.setdefault(id(box.element), box)
    return list(found.values())


def _classes(box: Any) -> list[str]:
    return (box.element.get("class") or "").split()
