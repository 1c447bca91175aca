"""The pipeline that fills an output folder: draw, solve, prove by all engines, render, write."""

from __future__ import annotations

import gc
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from examgen.bundle import key_json, manifest_json, vouched
from examgen.copies import Copy, assignment_csv, handout
from examgen.errors import EngineUnavailable, ExamgenError, OutputError
from examgen.exam import Choice, Exam
from examgen.formulas import formula_sheet
from examgen.mistaken import mistaken
from examgen.model import Solution
from examgen.processes import Report, silent, terminable, workers
from examgen.render.html import check_templates, formulas_html, handout_html, key_html, sheets_html, solution_html
from examgen.render.paper import Head, SheetVariant, SolvedVariant
from examgen.selecting import variants
from examgen.sheets import Solved, Variant, copy_sheets, head, marking_tables, solved_variant, strips
from examgen.solving import Contract, notes, solve, untellable
from examgen.staging import FILES, OFFICE, OPTIONAL, SOLUTIONS, publish, solution_name, staging, write
from examgen.verifying import engine
from examgen.versions import versions

LARGE = "sheets-large.pdf"
PRINTED = ("sheets.pdf", LARGE, "formulas.pdf", "handout.pdf")
CHUNK = 5  # variants that a worker solves at a time


@dataclass(frozen=True)
class Built:
    """What a build has written, and what the instructor should know: notes on pinned numbers, own parameters, removed files."""

    folder: Path
    files: tuple[str, ...]
    solutions: tuple[str, ...]  # further files, one per variant
    variants: int
    notes: tuple[str, ...]

    @property
    def printed(self) -> tuple[str, ...]:
        """What is handed out, and the list to do it by."""
        return tuple(name for name in PRINTED if name in self.files)

    @property
    def office(self) -> tuple[str, ...]:
        """What must not leave the office."""
        return tuple(name if name in self.files else f"{name}/" for name in OFFICE if name in (*self.files, SOLUTIONS))


def build(
    exam: Exam, folder: Path, *, count: int | None = None, jobs: int = 1, device: str = "cpu", full: bool = False,
    copies: Sequence[Copy] = (), html: bool = False, report: Report = silent,
) -> Built:
    """Draws, solves, proves, renders and writes; nothing stands in the folder before all of it is there.

    `count` sets only the first so many variants; `full` leaves no step out of the worked solutions. The sheets are `copies`
    in their order, with lists of them; without any they are one of each variant. `html` makes pages for browsers too.
    Results do not depend on `jobs`.
    Raises: DrawError, ProofError, EngineUnavailable or OutputError; the folder then holds what it held before.
    """
    with terminable():
        _ready(device)
        check_templates(head(exam))
        with staging(folder) as stage, workers(jobs) as pool:
            drawn = variants(exam, count)
            report("draw", len(drawn), len(drawn))
            sheets = _printed(pool, exam, drawn, stage, copies, html)
            solved = _solved(pool, exam, drawn, device, report)
            _set(pool, stage, exam, solved, full, html, sheets, report)
            slow = [note for made in sheets for note in made.result() or ()]
            further = _further(stage)
            found = _write_data(stage, exam, solved, full, further)
            removed = publish(stage, folder)
    found = (*found, *slow, *_gone(removed))
    return Built(folder, (*FILES, *further), tuple(solution_name(variant.code) for variant in drawn), len(drawn), found)


def _printed(
    pool: Executor, exam: Exam, drawn: Sequence[Variant], stage: Path, copies: Sequence[Copy], html: bool
) -> list[Future[Any]]:
    """Everything that is handed out; where nobody has an ordinary sheet there is a nameless one of each variant used."""
    large = [copy for copy in copies if copy.large]
    used = dict.fromkeys(copy.variant for copy in copies) or [variant.number for variant in drawn]
    ordinary = [copy for copy in copies if not copy.large] or [Copy(variant) for variant in sorted(used)]
    made: list[Future[Any]] = [pool.submit(_write_sheets, exam, drawn, stage, ordinary, False, copies)]
    if large:
        made.append(pool.submit(_write_sheets, exam, drawn, stage, large, True, copies))
    if copies:
        made.append(pool.submit(_write_lists, exam, drawn, stage, copies))
    if html:
        made.append(pool.submit(_write_page, exam, drawn, stage, copies or ordinary))
    if exam.formulas:
        made.append(pool.submit(_write_formulas, exam, stage))
    return made


def _set(
    pool: Executor, stage: Path, exam: Exam, solved: Sequence[Solved], full: bool, html: bool,
    sheets: Sequence[Future[Any]], report: Report,
) -> None:
    """Sets the key, which takes longest, beside the worked solutions, and waits for the sheets."""
    key = pool.submit(_write_key, exam, solved, stage, full, html)
    pending = [pool.submit(_write_solution, exam, one, stage, full) for one in solved]
    for what, futures in (("work", pending), ("set", [*sheets, key])):
        for done, future in enumerate(futures, start=1):
            future.result()
            report(what, done, len(futures))


def _gone(removed: Sequence[str]) -> Iterator[str]:
    """A note on the files of the build before that this one does not have."""
    if removed:
        *most, last = removed
        listed = f"{', '.join(most)} and {last}" if most else last
        yield f"{listed} of the build before {'are' if most else 'is'} removed"


def _further(stage: Path) -> tuple[str, ...]:
    """The optional files that were made."""
    return tuple(name for name in OPTIONAL if (stage / name).exists())


def _write_data(stage: Path, exam: Exam, solved: Sequence[Solved], full: bool, further: Sequence[str]) -> tuple[str, ...]:
    """The key as data and the manifest of everything; gives the notes on pinned numbers."""
    found = _notes(exam)
    _write_json(stage, "key.json", key_json(exam, solved))
    names = vouched((variant.code for variant, _ in solved), further)
    hashes = {name: sha256((stage / name).read_bytes()).hexdigest() for name in names}
    _write_json(stage, "manifest.json", manifest_json(exam, solved, hashes, versions(), found, full=full))
    return found


def default_folder(definition: Path, *, proof: bool = False) -> Path:
    """Beside the definition and named after it; a proof has a folder of its own, so that it replaces no exam."""
    return definition.with_name(definition.stem + ("-proof" if proof else ""))


def _ready(device: str) -> None:
    """Tells before any work what is missing. Raises: EngineUnavailable.

    PyTorch takes seconds to load, so it is loaded here only where it has something to say.
    """
    if find_spec("torch") is None or device != "cpu":
        engine("torch").device_named(device)
    _paper()


def _paper() -> Any:
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
    paper = _paper()
    with _uncollected():
        return bytes(paper.write_pdf(html, head or paper.PLAIN))


def sheets_pdf(
    head: Head, sheets: Sequence[SheetVariant], *, large: bool = False, among: Sequence[SheetVariant] = (),
    tell: Callable[[str], Any] = lambda text: None,
) -> bytes:
    """The PDF of sheets, all of them on as many pages, and on as many as those they are among; `tell` is told what is slow."""
    _paper()
    from examgen.render.stamping import stamp_sheets

    with _uncollected(), io.BytesIO() as out:
        if note := stamp_sheets(head, sheets, out, large=large, among=among).note:
            tell(note)
        return out.getvalue()


@contextmanager
def _uncollected() -> Iterator[None]:
    """While a document is laid out nothing is collected as garbage."""
    collecting = gc.isenabled()
    gc.disable()  # the collector would walk through a growing layout again and again, and find nothing: a sixth of the time
    try:
        yield
    finally:
        if collecting:
            gc.enable()
            gc.collect(0)  # all that was made meanwhile is of the youngest generation


def _solved(pool: Executor, exam: Exam, drawn: Sequence[Variant], device: str, report: Report) -> list[Solved]:
    chunks = [drawn[i : i + CHUNK] for i in range(0, len(drawn), CHUNK)]
    pending = [pool.submit(_solve_chunk, exam, chunk, device) for chunk in chunks]
    solved: list[Solved] = []
    for chunk, future in zip(chunks, pending, strict=True):
        solved += zip(chunk, future.result(), strict=True)
        report("prove", len(solved), len(drawn))
    return solved


def _solve_chunk(exam: Exam, chunk: Sequence[Variant], device: str) -> list[tuple[Solution, ...]]:
    return [_solve_variant(exam, variant, device) for variant in chunk]


def _solve_variant(exam: Exam, variant: Variant, device: str) -> tuple[Solution, ...]:
    solutions = []
    for task, instance in zip(exam.tasks, variant.instances, strict=True):
        with _naming(f"variant {variant.number} ({variant.code}), task {task.number}"):
            solution = solve(instance, task.decimals, device, task.working)
            solutions.append(replace(solution, mistakes=mistaken(solution)))
    return tuple(solutions)


@contextmanager
def _naming(place: str) -> Iterator[None]:
    """Whatever fails in it says where it did: in its sentence, or beside the traceback of a bug."""
    try:
        yield
    except (EngineUnavailable, OutputError):  # not the fault of this place
        raise
    except ExamgenError as error:
        error.args = (f"{place}: {error}",)
        raise
    except Exception as error:
        error.add_note(f"This happened in {place}.")
        raise


def _write_sheets(
    exam: Exam, drawn: Sequence[Variant], stage: Path, copies: Sequence[Copy], large: bool, among: Sequence[Copy]
) -> list[str]:
    """Writes the sheets; gives the notes on them."""
    every, found, name = copy_sheets(exam, drawn, among), list[str](), LARGE if large else "sheets.pdf"
    made = sheets_pdf(head(exam), copy_sheets(exam, drawn, copies), large=large, among=every, tell=found.append)
    write(stage, name, made)
    return [f"{name}: {note}" for note in found]


def _write_page(exam: Exam, drawn: Sequence[Variant], stage: Path, copies: Sequence[Copy]) -> None:
    """The sheets for browsers, in one file."""
    page = sheets_html(head(exam), copy_sheets(exam, drawn, copies), screen=True)
    write(stage, "sheets.html", page.encode("utf-8"))


def _write_formulas(exam: Exam, stage: Path) -> None:
    with _naming("the formula sheet"):
        write(stage, "formulas.pdf", write_pdf(formulas_html(head(exam), formula_sheet(exam)), head(exam)))


def _write_lists(exam: Exam, drawn: Sequence[Variant], stage: Path, copies: Sequence[Copy]) -> None:
    """Who gets which sheet: the list to hand out by, and the proposal as a table."""
    codes = {variant.number: variant.code for variant in drawn}
    html = handout_html(head(exam), handout(copies, codes))
    write(stage, "handout.pdf", write_pdf(html, head(exam)))
    write(stage, "assignment.csv", assignment_csv(copies, codes))


def _write_key(exam: Exam, solved: Sequence[Solved], stage: Path, full: bool, html: bool) -> None:
    worked = [_worked(exam, one, full) for one in solved]
    told = head(exam), marking_tables(exam, solved), strips(exam, solved), worked
    write(stage, "key.pdf", write_pdf(key_html(*told), head(exam)))
    if html:
        write(stage, "key.html", key_html(*told, screen=True).encode("utf-8"))


def _write_solution(exam: Exam, one: Solved, stage: Path, full: bool) -> None:
    worked = _worked(exam, one, full)
    with _naming(f"the solution of variant {worked.number} ({worked.code})"):
        write(stage, solution_name(worked.code), write_pdf(solution_html(head(exam), worked), head(exam)))


def _worked(exam: Exam, one: Solved, full: bool) -> SolvedVariant:
    variant, solutions = one
    with _naming(f"the solution of variant {variant.number} ({variant.code})"):
        return solved_variant(exam, variant, solutions, full=full)


def _write_json(stage: Path, name: str, document: Mapping[str, Any]) -> None:
    write(stage, name, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8"))


def _notes(exam: Exam) -> tuple[str, ...]:
    return tuple(
        f"task {task.number} ({choice.problem}): {note}"
        for task in exam.tasks
        for choice in task.choices
        for note in _notes_on(choice, Contract(task.working, task.decimals))
    )


def _notes_on(choice: Choice, contract: Contract) -> Iterator[str]:
    if choice.pinned is not None:
        yield from notes(choice.pinned, contract)
        return
    for mistake in sorted(untellable(choice.problem, choice.preset.params, contract)):
        yield f"hardly any numbers show the mistake {mistake} with these parameters"
