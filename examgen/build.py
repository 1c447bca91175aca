"""The pipeline that fills an output folder: draw, solve, prove by all engines, render, write."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from examgen import entries, unfinished
from examgen.batches import FailedAt
from examgen.bundle import certificates_json, fragment, key_json, manifest_json, streamed, variant_json, vouched
from examgen.cluster import cluster
from examgen.copies import Copy, assignment_csv, handout
from examgen.entries import SOLUTIONS, solution_name, volumes
from examgen.erring import mistaken_all
from examgen.errors import naming
from examgen.exam import Choice, Exam, Task
from examgen.formulas import formula_sheet
from examgen.model import Solution
from examgen.pieces import Made, Piece, make, said
from examgen.processes import Report, Workers, silent, terminable, workers
from examgen.render.html import check_templates, formulas_html, handout_html, key_html, sheets_html
from examgen.render.paper import SolvedVariant
from examgen.selecting import variants
from examgen.setting import key_pdf, paper, sheets_pdf, solutions_pdf, uncollected, write_pdf
from examgen.sheets import Solved, Variant, copy_sheets, head, marking_tables, solved_variant, strips, unlike
from examgen.solving import Contract, notes, solve_all, untellable
from examgen.staging import PIECES, STOPS, publish, record, staging, write
from examgen.verifying import engine
from examgen.versions import environment, fingerprint, versions

PRINTED = ("sheets.pdf", "sheets-large.pdf", "formulas.pdf", "handout.pdf")
CHUNK = 20  # variants that a worker solves at a time
WORKED = 15  # chunks whose worked solutions are set together, since their looks are laid out once
DRAWN = f"{PIECES}/drawn"
NOTES = ".notes"  # behind the name of a piece: what there is to say of it
AGAIN = "the same command goes on from there, and --fresh begins anew"


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
        return entries.of(PRINTED, self.files)

    @property
    def office(self) -> tuple[str, ...]:
        """What must not leave the office."""
        there = entries.of(entries.OFFICE, (*self.files, SOLUTIONS))
        return tuple(f"{name}/" if name == SOLUTIONS else name for name in there)


@dataclass(frozen=True)
class Options:
    """What a build is asked for, as far as its files depend on it: `build` says what each is."""

    count: int | None
    device: str
    full: bool
    copies: tuple[Copy, ...]
    html: bool


def build(
    exam: Exam, folder: Path, *, count: int | None = None, jobs: int = 1, scheduler: str | None = None, device: str = "cpu",
    full: bool = False, copies: Sequence[Copy] = (), html: bool = False, fresh: bool = False, report: Report = silent,
    tell: Callable[[str], None] = lambda text: None,
) -> Built:
    """Draws, solves, proves, renders and writes; nothing stands in the folder before all of it is there.

    `count` sets only the first so many variants; `full` leaves no step out of the worked solutions. The sheets are `copies`
    in their order, with lists of them; without any they are one of each variant. `html` makes pages for browsers too.
    The work is that of `jobs` processes, or of the Dask cluster of a `scheduler`; results do not depend on either.
    What a build that was stopped has finished is kept, which `tell` is told, and the next one of the same goes on from there
    unless it is to be `fresh`.
    Raises: DrawError, ProofError, EngineUnavailable, OutputError or Stopped; the folder then holds what it held before.
    """
    asked = Options(count, device, full, tuple(copies), html)
    with terminable():
        _ready(device)
        check_templates(head(exam))
        with staging(folder, fingerprint(exam, asked), fresh=fresh, tell=tell) as stage:
            done, pieces = dict(unfinished.finished(stage)), list[Piece]()
            kept = bool(done)
            with _telling(pieces, done, tell):
                with _pool(jobs, scheduler) as pool:
                    drawn = _drawn(exam, stage, count, done)
                    report("draw", len(drawn), len(drawn))
                    pieces += _pieces(exam, drawn, stage, asked)
                    if kept:
                        tell(f"goes on from what a stopped build has finished: {said(pieces, done)}")
                    make(pool, pieces, done, partial(record, stage), report)
                made = {name: checksum for files in done.values() for name, checksum in files.items()}
                found = _write_data(stage, exam, drawn, made, full)
                slow = _told(stage, made)
                removed = publish(stage, folder)
    files = entries.in_order({*made, "key.json", "manifest.json"})
    found = (*found, *slow, *_gone(removed))
    return Built(folder, _shown(files), tuple(solution_name(variant.code) for variant in drawn), len(drawn), found)


@contextmanager
def _pool(jobs: int, scheduler: str | None) -> Iterator[Workers]:
    """Those who do the work."""
    with workers(jobs, _warm) if scheduler is None else cluster(scheduler, environment()) as pool:
        yield pool


def _warm() -> None:
    """Loads, while variants are drawn, what takes seconds."""
    paper()
    for name in ("sympy", "torch"):
        find_spec(name) and engine(name)


@contextmanager
def _telling(pieces: Sequence[Piece], done: Mapping[str, Made], tell: Callable[[str], None]) -> Iterator[None]:
    """Where the work in it is stopped, what is finished so far is told."""
    try:
        yield
    except STOPS:
        if done:
            tell(f"stopped; {said(pieces, done)}: {AGAIN}")
        raise


def _drawn(exam: Exam, stage: Path, count: int | None, done: dict[str, Made]) -> Sequence[Variant]:
    if DRAWN in done:
        return tuple(pickle.loads((stage / DRAWN).read_bytes()))
    drawn = variants(exam, count)
    done[DRAWN] = {DRAWN: write(stage, DRAWN, pickle.dumps(drawn))}
    record(stage, DRAWN, done[DRAWN])
    return drawn


def _pieces(exam: Exam, drawn: Sequence[Variant], stage: Path, asked: Options) -> list[Piece]:
    """All that is to be made: what takes longest comes first, and the key as soon as its variants are solved."""
    chunks = [drawn[i : i + CHUNK] for i in range(0, len(drawn), CHUNK)]
    named = {f"{PIECES}/{chunk[0].number:06}": chunk for chunk in chunks}
    solve = [
        Piece(name, "prove", _write_solved, (exam, chunk, stage, name, asked.device, asked.full), (), len(chunk))
        for name, chunk in named.items()
    ]
    key = []
    for name, places in volumes("key.pdf", len(drawn)).items():
        codes = {drawn[place].code for place in places}
        needs = [piece for piece, chunk in named.items() if any(variant.code in codes for variant in chunk)]
        key.append(Piece(name, "set", _write_key, (exam, codes, needs, stage, name, asked.html), needs))
    work = [
        Piece(f"{names[0]}.pdf", "work", _write_solutions, (exam, stage, names), names, _count(named, names))
        for names in (list(named)[i : i + WORKED] for i in range(0, len(named), WORKED))
    ]
    return [*_printed(exam, drawn, stage, asked), *solve, *key, *work]


def _count(named: Mapping[str, Sequence[Variant]], names: Sequence[str]) -> int:
    return sum(len(named[name]) for name in names)


def _printed(exam: Exam, drawn: Sequence[Variant], stage: Path, asked: Options) -> Iterator[Piece]:
    """Everything that is handed out; where nobody has an ordinary sheet there is a nameless one of each variant used."""
    copies = asked.copies
    large = [copy for copy in copies if copy.large]
    used = dict.fromkeys(copy.variant for copy in copies) or [variant.number for variant in drawn]
    ordinary = [copy for copy in copies if not copy.large] or [Copy(variant) for variant in sorted(used)]
    among = unlike(drawn, copies or ordinary)
    for whole, some in (("sheets.pdf", ordinary), ("sheets-large.pdf", large)):
        for name, places in volumes(whole, len(some)).items() if some else ():
            part = some[places.start : places.stop]
            needed = _of([*part, *among], drawn)
            yield Piece(name, "set", _write_sheets, (exam, needed, stage, name, part, whole == "sheets-large.pdf", among))
    codes = {variant.number: variant.code for variant in drawn}
    for name, places in volumes("handout.pdf", len(copies)).items() if copies else ():
        yield Piece(name, "set", _write_handout, (exam, codes, stage, name, copies, places))
    if copies:
        yield Piece("assignment.csv", "set", _write_assignment, (codes, stage, copies))
    for name, places in volumes("sheets.html", len(copies or ordinary)).items() if asked.html else ():
        volume = list((copies or ordinary)[places.start : places.stop])
        yield Piece(name, "set", _write_page, (exam, _of(volume, drawn), stage, name, volume))
    if exam.formulas:
        yield Piece("formulas.pdf", "set", _write_formulas, (exam, stage))


def _of(copies: Sequence[Copy], drawn: Sequence[Variant]) -> list[Variant]:
    """The variants that copies are of."""
    used = {copy.variant for copy in copies}
    return [variant for variant in drawn if variant.number in used]


def _told(stage: Path, made: Mapping[str, str]) -> list[str]:
    """What there is to say of the files that were made."""
    noted = [name for name in made if name.startswith(f"{PIECES}/") and name.endswith(NOTES)]
    lines = (line for name in noted for line in (stage / name).read_text(encoding="utf-8").splitlines())
    return list(dict.fromkeys(lines))


def _gone(removed: Sequence[str]) -> Iterator[str]:
    """A note on the files of the build before that this one does not have."""
    if removed:
        *most, last = removed
        listed = f"{', '.join(most)} and {last}" if most else last
        yield f"{listed} of the build before {'are' if most else 'is'} removed"


def _shown(names: Sequence[str]) -> tuple[str, ...]:
    """Files in the order in which they are told: those that every build has first."""
    return (*entries.of(entries.FILES, names), *entries.of(entries.OPTIONAL, names))


def _write_data(stage: Path, exam: Exam, drawn: Sequence[Variant], made: Mapping[str, str], full: bool) -> tuple[str, ...]:
    """The key as data and the manifest of everything; gives the notes on pinned numbers."""
    found = _notes(exam)
    hashes = {**made, "key.json": _joined(stage, "key.json", key_json(exam, ()), "variants", made)}
    sheets = max(entries.last("sheets.pdf", made), 1)
    further = [name for name in entries.optional(made) if entries.whole(name) not in ("key.pdf", "sheets.pdf")]
    names = vouched([variant.code for variant in drawn], sheets, further)
    manifest = manifest_json(exam, (), {name: hashes[name] for name in names}, versions(), found, full=full)
    _joined(stage, "manifest.json", manifest, "certificates", made)
    return found


def _joined(stage: Path, name: str, document: Mapping[str, Any], field: str, made: Mapping[str, str]) -> str:
    """One of the JSON files, whose long list was made in pieces."""
    parts = sorted(part for part in made if part.startswith(f"{PIECES}/") and part.endswith(f".{field}"))
    return write(stage, name, streamed(document, field, ((stage / part).read_bytes() for part in parts)))


def default_folder(definition: Path, *, proof: bool = False) -> Path:
    """Beside the definition and named after it; a proof has a folder of its own, so that it replaces no exam."""
    return definition.with_name(definition.stem + ("-proof" if proof else ""))


def _ready(device: str) -> None:
    """Tells before any work what is missing. Raises: EngineUnavailable.

    PyTorch takes seconds to load, so it is loaded here only where it has something to say.
    """
    if find_spec("torch") is None or device != "cpu":
        engine("torch").device_named(device)
    paper()


def _write_solved(exam: Exam, chunk: Sequence[Variant], stage: Path, name: str, device: str, full: bool) -> Made:
    """Solutions of a few variants, as they are and written out, and what the files of data say of them."""
    solved = list(zip(chunk, _solve_chunk(exam, chunk, device), strict=True))
    told = {
        ".solved": pickle.dumps(solved),
        ".worked": pickle.dumps([_worked(exam, one, full) for one in solved]),
        ".variants": fragment(variant_json(exam, *one) for one in solved),
        ".certificates": fragment(entry for one in solved for entry in certificates_json(exam, one)),
    }
    return {f"{name}{kind}": write(stage, f"{name}{kind}", content) for kind, content in told.items()}


def _read_solved(stage: Path, names: Sequence[str]) -> list[Solved]:
    return [one for name in names for one in pickle.loads((stage / f"{name}.solved").read_bytes())]


def _read_worked(stage: Path, names: Sequence[str]) -> list[SolvedVariant]:
    return [one for name in names for one in pickle.loads((stage / f"{name}.worked").read_bytes())]


def _solve_chunk(exam: Exam, chunk: Sequence[Variant], device: str) -> list[tuple[Solution, ...]]:
    with uncollected():
        columns = [_solve_task(task, place, chunk, device) for place, task in enumerate(exam.tasks)]
    return list(zip(*columns, strict=True))


def _solve_task(task: Task, place: int, chunk: Sequence[Variant], device: str) -> list[Solution]:
    """One task of every variant, those of one structure together."""
    try:
        with naming(f"task {task.number}"):
            instances = [variant.instances[place] for variant in chunk]
            solutions = solve_all(instances, task.decimals, device, task.working)
            told = zip(solutions, mistaken_all(solutions), strict=True)
            return [replace(solution, mistakes=mistakes) for solution, mistakes in told]
    except FailedAt as failed:
        variant = chunk[failed.place]
        with naming(f"variant {variant.number} ({variant.code}), task {task.number}"):
            raise (failed.__cause__ or failed) from None


def _write_sheets(
    exam: Exam, drawn: Sequence[Variant], stage: Path, name: str, copies: Sequence[Copy], large: bool, among: Sequence[Copy]
) -> Made:
    """A volume of sheets; `among` are copies of every structure that the exam has, which decide how many pages all take."""
    first, notes = copy_sheets(exam, drawn, among), list[str]()
    pdf = sheets_pdf(head(exam), copy_sheets(exam, drawn, copies), large=large, among=first, tell=notes.append)
    return {name: write(stage, name, pdf), **_noted(stage, name, notes)}


def _noted(stage: Path, name: str, notes: Sequence[str]) -> Made:
    """What there is to say of a file, kept in a piece of its own."""
    told = f"{PIECES}/{name}{NOTES}"
    return {told: write(stage, told, "\n".join(notes).encode())} if notes else {}


def _write_page(exam: Exam, drawn: Sequence[Variant], stage: Path, name: str, copies: Sequence[Copy]) -> Made:
    """The sheets for browsers, in one file."""
    page = sheets_html(head(exam), copy_sheets(exam, drawn, copies), screen=True)
    return {name: write(stage, name, page.encode("utf-8"))}


def _write_formulas(exam: Exam, stage: Path) -> Made:
    with naming("the formula sheet"):
        made = write_pdf(formulas_html(head(exam), formula_sheet(exam)), head(exam))
    return {"formulas.pdf": write(stage, "formulas.pdf", made)}


def _write_handout(
    exam: Exam, codes: Mapping[int, str], stage: Path, name: str, copies: Sequence[Copy], places: range
) -> Made:
    """The list to hand out by, of the copies at these places of the pile."""
    made = write_pdf(handout_html(head(exam), handout(copies, codes).part(places)), head(exam))
    return {name: write(stage, name, made)}


def _write_assignment(codes: Mapping[int, str], stage: Path, copies: Sequence[Copy]) -> Made:
    """The proposal who gets which sheet, as a table."""
    return {"assignment.csv": write(stage, "assignment.csv", assignment_csv(copies, codes))}


def _write_key(
    exam: Exam, codes: Collection[str], solved: Sequence[str], stage: Path, name: str, html: bool
) -> Made:
    """A volume of the key: of the variants with these codes, out of the pieces in which they were solved."""
    some = [one for one in _read_solved(stage, solved) if one[0].code in codes]
    worked = [one for one in _read_worked(stage, solved) if one.code in codes]
    told = head(exam), marking_tables(exam, some), strips(exam, some), worked
    notes = list[str]()
    made = {name: write(stage, name, key_pdf(*told, tell=notes.append)), **_noted(stage, name, notes)}
    if html:
        page = f"{Path(name).stem}.html"
        made[page] = write(stage, page, key_html(*told, screen=True).encode("utf-8"))
    return made


def _write_solutions(exam: Exam, stage: Path, names: Sequence[str]) -> Made:
    """The worked solutions of some variants, each in a file of its own."""
    worked = _read_worked(stage, names)
    made: dict[str, str] = {}

    def keep(one: SolvedVariant, content: bytes) -> None:
        made[solution_name(one.code)] = write(stage, solution_name(one.code), content)

    notes = list[str]()
    solutions_pdf(head(exam), worked, keep, tell=notes.append)
    return {**made, **_noted(stage, f"{SOLUTIONS}-{worked[0].code}", notes)}


def _worked(exam: Exam, one: Solved, full: bool) -> SolvedVariant:
    variant, solutions = one
    with naming(f"the solution of variant {variant.number} ({variant.code})"):
        return solved_variant(exam, variant, solutions, full=full)


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
