"""Everything that becomes PDF: sheets stamped, keys and solutions set from looks, all else laid out."""

from __future__ import annotations

import gc
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any

from examgen.errors import EngineUnavailable, naming
from examgen.render.html import key_html, solution_html
from examgen.render.paper import Head, MarkingTable, SheetVariant, SolvedVariant, Strip

REASON = 160  # characters of a reason in the summary


def paper() -> Any:
    """The module that sets PDF. Raises: EngineUnavailable where WeasyPrint's shared libraries are not there."""
    try:
        with redirect_stdout(io.StringIO()):  # WeasyPrint prints a page of advice where one sentence will do
            from examgen.render import pdf
    except (ImportError, OSError) as error:
        raise EngineUnavailable(
            f"WeasyPrint cannot be loaded ({str(error).split(':')[0]}): install it and the system libraries Pango and"
            " HarfBuzz-Subset (on Debian and Ubuntu: libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0)"
        ) from error
    return pdf


def write_pdf(html: str, head: Head | None = None) -> bytes:
    """The PDF of one HTML document, of an exam or of none."""
    module = paper()
    with uncollected():
        return bytes(module.write_pdf(html, head or module.PLAIN))


def sheets_pdf(
    head: Head, sheets: Sequence[SheetVariant], *, large: bool = False, among: Sequence[SheetVariant] = (),
    tell: Callable[[str], Any] = lambda text: None,
) -> bytes:
    """The PDF of sheets, all of them on as many pages, and on as many as those they are among; `tell` is told what is slow."""
    paper()
    from examgen.render.stamping import stamp_sheets

    with uncollected(), io.BytesIO() as out:
        if note := stamp_sheets(head, sheets, out, large=large, among=among).note:
            tell(note)
        return out.getvalue()


def key_pdf(
    head: Head, tables: Sequence[MarkingTable], strips: Sequence[Strip], solved: Sequence[SolvedVariant],
    tell: Callable[[str], Any] = lambda text: None,
) -> bytes:
    """The PDF of a key; `tell` is told what is slow."""
    paper()
    from examgen.render.galley import Unfit, set_key

    with uncollected():
        try:
            return set_key(head, tables, strips, solved)
        except Unfit as why:
            tell(f"the key was laid out page by page: {_short(why)}")
            return write_pdf(key_html(head, tables, strips, solved), head)


def _short(why: Exception) -> str:
    """A reason in one line of a summary."""
    return " ".join(str(why).split())[:REASON]


def solutions_pdf(
    head: Head, solved: Sequence[SolvedVariant], keep: Callable[[SolvedVariant, bytes], None],
    tell: Callable[[str], Any] = lambda text: None,
) -> None:
    """The PDF of each worked solution, handed to `keep`; `tell` is told what is slow."""
    paper()
    from examgen.render.galley import Unfit, set_solutions

    with uncollected():
        try:
            set_solutions(head, solved, keep)
        except Unfit as why:
            tell(f"worked solutions were laid out page by page: {_short(why)}")
            for one in solved:
                with naming(f"the solution of variant {one.number} ({one.code})"):
                    keep(one, write_pdf(solution_html(head, one), head))


@contextmanager
def uncollected() -> Iterator[None]:
    """While a document is laid out nothing is collected as garbage."""
    collecting = gc.isenabled()
    gc.disable()  # the collector would walk through a growing layout again and again, and find nothing: a sixth of the time
    try:
        yield
    finally:
        if collecting:
            gc.enable()
            gc.collect(0)  # all that was made meanwhile is of the youngest generation
