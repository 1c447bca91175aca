"""Sheets and keys as HTML: the templates, with everything they may call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache, partial
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from examgen.choices import letter
from examgen.codes import page_label
from examgen.errors import InputError
from examgen.model import cells
from examgen.render import describing, notation, own, sizing, tracing
from examgen.render.diagram import draw_circuit, placed
from examgen.render.handout import Handout
from examgen.render.language import say, translations
from examgen.render.measuring import clean, cut, fitting
from examgen.render.measuring import width as text_width
from examgen.render.paper import (
    CLASSES,
    IMAGE,
    FormulaSheet,
    Head,
    MarkingTable,
    Misled,
    SheetVariant,
    SolvedTask,
    SolvedVariant,
    Strip,
    WrittenStep,
)
from examgen.render.qr import Drawn, drawn
from examgen.render.sizes import MEASURE, page_rule
from examgen.render.slips import Slip, fitted
from examgen.resources import find

COLUMN = 42  # letters in a line of a third of the page
FOOTER = (8.5, 0.56 * MEASURE - 1)  # points of a title at the foot of a page, and its room in mm: print.css has both
BLOCK = 30  # lines of mistakes that stay together
SIZING = ("grid_size", "side_by_side", "score_size", "column_groups", "small_width", "strip_columns")
PAPER_STYLES = ("print", "math")  # what WeasyPrint has no MathML for, a style sheet does
STYLES = (*PAPER_STYLES, "browser", "screen", "audit", "slips", "handout")
GUESSED_PAGES = 6  # that a sheet gets codes for as long as nobody has counted them


def sheets_html(
    head: Head, variants: Sequence[SheetVariant], *, large: bool = False, screen: bool = False, letters: str = ""
) -> str:
    """Every sheet, each starting on its own page, and each in the language of its own head where it has one.

    `large` lays the pages out that are enlarged when they are written; `screen` makes a document for browsers, which stands
    alone in one file. `letters` are set in all faces on a page behind the last sheet.
    """
    sheets = [sheet_html(head, each, screen=screen) for each in variants]
    pages = max((variant.pages or GUESSED_PAGES for variant in variants), default=0)
    return around_sheets(head, sheets, pages, large=large, screen=screen, letters=letters)


def around_sheets(
    head: Head, sheets: Sequence[Markup], pages: int, *, large: bool = False, screen: bool = False, letters: str = ""
) -> str:
    """The document around sheets that have so many pages at most."""
    made = _rendered("sheets", head, sheets=sheets, pages=pages, large=large, screen=screen, letters=letters)
    return own.inlined(head.templates, made) if screen else made


def sheet_html(head: Head, variant: SheetVariant, *, screen: bool = False) -> Markup:
    """One sheet as it stands in the document of all."""
    return Markup(_rendered("sheet", variant.head or head, variant=replace(variant, head=None), screen=screen))


def key_html(
    head: Head, tables: Sequence[MarkingTable], strips: Sequence[Strip], solved: Sequence[SolvedVariant] = (), *,
    screen: bool = False,
) -> str:
    """A marking sheet per task, then an answer strip per variant, then a worked solution per variant.

    `screen` makes a document for browsers, which stands alone in one file.
    """
    made = _rendered("key", head, tables=tables, strips=strips, solved=solved, screen=screen)
    return own.inlined(head.templates, made) if screen else made


def solution_html(head: Head, solved: SolvedVariant) -> str:
    """One variant's worked solution, each task with its numbers."""
    return _rendered("solution", head, solved=solved)


def formulas_html(head: Head, sheet: FormulaSheet) -> str:
    """The formula sheet, the same for all variants."""
    return _rendered("formulas", head, sheet=sheet)


def homework_html(head: Head, tasks: Sequence[SolvedTask], *, screen: bool) -> str:
    """Worked solutions of one's own numbers as a document, for a browser (`screen`) or for the printer."""
    return _rendered("homework", head, tasks=tasks, screen=screen)


def slips_html(head: Head, slips: Sequence[Slip]) -> str:
    """Feedback slips, four to a page, each within its quarter whatever it says; no slip leaves an empty page."""
    told = [fitted(head.title, slip, head.language) for slip in slips]
    return _rendered("slips", head, title=clean(head.title), slips=told)


def handout_html(head: Head, papers: Handout) -> str:
    """The list by which the papers of a pile are handed out."""
    return _rendered("handout", head, papers=papers)


def steps_html(head: Head, steps: Sequence[WrittenStep]) -> str:
    """A worked solution as a piece of HTML that brings its style along, for a browser or a notebook."""
    return _rendered("screen", head, steps=steps)


def audit_html(title: str, variants: int, sections: Sequence[Any], plots: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """The report on an exam; `plots` are alternative text and SVG, by section key."""
    drawn = {key: [(says, Markup(svg)) for says, svg in found] for key, found in plots.items()}
    return _rendered("audit", Head(title), title=title, variants=variants, sections=sections, plots=drawn)


def check_templates(head: Head) -> None:
    """Looks at the own templates of an exam, if it has any. Raises: InputError naming file and line."""
    if head.templates is not None:
        own.check(head.templates, environment(head.language, head.decimal_comma, head.templates))


def _rendered(name: str, head: Head, **told: Any) -> str:
    """A template filled in. Raises: InputError where one of the instructor's own fails, naming its line."""
    world = environment(head.language, head.decimal_comma, head.templates)
    try:
        # a path would be a hand that reaches every file
        return world.get_template(f"{name}.html.j2").render(head=replace(head, templates=None), **told)
    except Exception as error:
        place = own.place(head.templates, error)
        if place is None:
            raise
        raise InputError(f"{place}: {str(error) or type(error).__name__}") from None


@cache
def environment(language: str, comma: bool, folder: Path | None = None) -> Environment:
    """The templates' world: escaping, silent about nothing that is undefined, and sandboxed where a `folder` holds own ones."""
    environment = (Environment if folder is None else own.Sandbox)(
        loader=own.loader(folder),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # what an extension adds to an environment, mypy does not see
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]  # see above
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters |= {"math": notation.math, "equation": notation.equation, "prose": notation.prose}
    environment.tests["broken"] = notation.is_broken
    environment.filters["num"] = partial(_number, comma)
    environment.globals |= {"places": _places, "indexed": notation.indexed}
    environment.filters["when"] = tracing.when
    environment.globals["letter"] = letter
    environment.globals["class_names"] = tracing.Names(say(language, name) for name in CLASSES)
    environment.globals["describe"] = partial(describing.describe, language=language, comma=comma)
    environment.filters["words"] = partial(describing.words, language=language)
    environment.globals["image_names"] = partial(image_names, language)
    environment.globals["mistake_blocks"] = mistake_blocks
    environment.globals |= {"draw_circuit": draw_circuit, "placed": placed, "style": _style, "text_width": _text_width}
    environment.globals |= {name: partial(getattr(sizing, name), comma) for name in SIZING}
    environment.globals |= {"blank_size": sizing.blank_size, "beside_working": sizing.beside_working}
    environment.globals["even_edges"] = sizing.even_edges
    environment.globals["footer"] = partial(cut, size=FOOTER[0], room=FOOTER[1])
    environment.globals["right_footer"] = partial(cut, size=FOOTER[0], room=MEASURE - FOOTER[1] - 12)
    environment.globals |= {"page_rule": page_rule, "qr": _qr, "guessed_pages": GUESSED_PAGES}
    environment.globals |= {"fitting": tracing.guarded(fitting), "cut": tracing.guarded(cut)}
    return environment


def _qr(exam: str, code: str, page: int) -> Drawn:
    """The code of a page for scanners."""
    return drawn(page_label(exam, code, page))


def _number(comma: bool, value: Any, decimals: int | None = None) -> str | Markup:
    """A number as text; text that comes finished (a closed form) is LaTeX."""
    if isinstance(value, int | Fraction):
        return tracing.written(value, ("number", comma, decimals), partial(notation.num, comma=comma, decimals=decimals))
    return notation.math(str(value))


def _places(value: Any) -> int | None:
    """The decimals that show every number of an array."""
    return tracing.same_decimals(notation.places(cells(value)), value)


def _text_width(text: str, size: float) -> float:
    """How wide text is, in mm."""
    return text_width(tracing.plain(text), size)


def image_names(language: str, count: int, numbered: bool) -> list[str]:
    """What the rows or columns of a table of scores are called; by number alone where there is no room for more."""
    return [str(i) if numbered else say(language, IMAGE, {"number": i}) for i in range(1, count + 1)]


def mistake_blocks(strip: Strip, count: int = 3) -> Iterator[list[list[list[Misled]]]]:
    """What mistakes lead to in columns of about the same length, each column's by task; in blocks that a page can hold.

    Columns of CSS would do the same, and take as long as all the rest of the key.
    """
    rows = [(place, misled) for place, task in enumerate(strip.tasks) for misled in task.mistakes]
    ends = list(accumulate(_length(misled) for _, misled in rows))
    for _, block in groupby(zip(rows, ends, strict=True), key=lambda pair: (pair[1] - 1) // (count * BLOCK * COLUMN)):
        yield _columns([row for row, _ in block], count)


def _columns(rows: Sequence[tuple[int, Misled]], count: int) -> list[list[list[Misled]]]:
    total, used = sum(_length(misled) for _, misled in rows), 0
    columns: list[dict[int, list[Misled]]] = [{} for _ in range(count)]
    for place, misled in rows:
        middle = used + _length(misled) / 2
        columns[min(count - 1, int(count * middle / total))].setdefault(place, []).append(misled)
        used += _length(misled)
    return [list(column.values()) for column in columns]


def _length(misled: Misled) -> int:
    """About as many letters as a row has, filled up to whole lines of a column."""
    letters = len(misled.says) + sum(4 + 6 * sum(1 for _ in cells(value or 0)) for _, value in misled.found)
    return -(-letters // COLUMN) * COLUMN


@cache
def _style(*names: str) -> Markup:
    """Style sheets, by default those of paper; they are ours and hold no markup."""
    for name in names:
        if name not in STYLES:
            raise InputError(f"style({name!r}): there is no such style sheet, only {', '.join(STYLES)}")
    files = (find("templates") / f"{name}.css" for name in names or PAPER_STYLES)
    return Markup("\n".join(file.read_text(encoding="utf-8") for file in files))
