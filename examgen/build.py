"""The pipeline that fills an output folder: draw, solve, prove by all engines, render, write."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib import metadata
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from examgen import __version__, codes
from examgen.bundle import key_json, manifest_json
from examgen.errors import DrawError, EngineUnavailable, ExamgenError, OutputError
from examgen.exam import Choice, Exam, Task
from examgen.model import Instance, Solution
from examgen.render.html import key_html, sheets_html
from examgen.render.pdf import write_pdf
from examgen.sheets import Solved, Variant, head, marking_tables, sheet_variant, strips
from examgen.solving import draw, notes, solve

REDRAWS = 200  # tries to make a variant differ from those before it
CHUNK = 5  # variants that a worker solves at a time

Report = Callable[[str, int, int], None]  # stage, done, of how many


def silent(stage: str, done: int, total: int) -> None:
    """Reports nothing."""


@dataclass(frozen=True)
class Built:
    """What a build has written, and what the instructor should know: notes on pinned numbers."""

    folder: Path
    files: tuple[str, ...]
    variants: int
    notes: tuple[str, ...]


def variants(exam: Exam, count: int | None = None) -> tuple[Variant, ...]:
    """The first `count` variants (all by default): no two share the numbers of a drawn task.

    Raises: DrawError where the parameters leave no room for so many.
    """
    seen: list[dict[tuple[str, str], int]] = [{} for _ in exam.tasks]
    return tuple(
        Variant(
            number,
            codes.encode(number, exam.seed, exam.sitting),
            tuple(_drawn(exam, task, number, seen[task.number - 1]) for task in exam.tasks),
        )
        for number in range(1, (exam.variants if count is None else count) + 1)
    )


def _drawn(exam: Exam, task: Task, variant: int, seen: dict[tuple[str, str], int]) -> Instance:
    choice = task.choice(variant)
    if choice.pinned is not None:
        return choice.pinned
    for redraw in range(REDRAWS):
        parts = (exam.seed, exam.sitting, task.number, variant, redraw, choice.label)
        instance = draw(choice.problem, choice.preset, *parts)
        numbers = (choice.problem, repr((instance.params, sorted(instance.data.items()))))
        if seen.setdefault(numbers, variant) == variant:
            return instance
    raise DrawError(_no_room(task, choice, seen))


def _no_room(task: Task, choice: Choice, seen: Mapping[tuple[str, str], int]) -> str:
    found = sum(name == choice.problem for name, _ in seen)
    return (
        f"task {task.number}: only {found} distinct variants of {choice.problem} were found with these parameters:"
        " ask for fewer variants, or take a preset with more room"
    )


def build(
    exam: Exam, folder: Path, *, count: int | None = None, jobs: int = 1, device: str = "cpu", report: Report = silent
) -> Built:
    """Draws, solves, proves, renders and writes; nothing stands in the folder before all of it is there.

    `count` sets only the first so many variants. Results do not depend on `jobs`.
    Raises: DrawError, ProofError, EngineUnavailable or OutputError; the folder then holds what it held before.
    """
    with _staging(folder) as stage, _workers(jobs) as pool:
        drawn = variants(exam, count)
        report("draw", len(drawn), len(drawn))
        sheets = pool.submit(_write_sheets, exam, drawn, stage / "sheets.pdf")
        solved = _solved(pool, exam, drawn, device, report)
        key = pool.submit(_write_key, exam, solved, stage / "key.pdf")
        _write_text(stage / "key.json", key_json(exam, solved))
        for done, future in enumerate((sheets, key), start=1):
            future.result()
            report("set", done, 2)
        found = _notes(exam)
        hashes = {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(stage.iterdir())}
        _write_text(stage / "manifest.json", manifest_json(exam, solved, hashes, versions(), found))
        files = _publish(stage, folder)
    return Built(folder, files, len(drawn), found)


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
        try:
            solutions.append(solve(instance, task.decimals, device))
        except EngineUnavailable:  # not the fault of this variant
            raise
        except ExamgenError as error:
            error.args = (f"variant {variant.number} ({variant.code}), task {task.number}: {error}",)
            raise
    return tuple(solutions)


def _write_sheets(exam: Exam, drawn: Sequence[Variant], path: Path) -> None:
    path.write_bytes(write_pdf(sheets_html(head(exam), [sheet_variant(exam, variant) for variant in drawn])))


def _write_key(exam: Exam, solved: Sequence[Solved], path: Path) -> None:
    path.write_bytes(write_pdf(key_html(head(exam), marking_tables(exam, solved), strips(exam, solved))))


def _write_text(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")


def _notes(exam: Exam) -> tuple[str, ...]:
    return tuple(
        f"task {task.number} ({choice.problem}): {note}"
        for task in exam.tasks
        for choice in task.choices
        if choice.pinned is not None
        for note in notes(choice.pinned)
    )


def versions() -> dict[str, str]:
    """Of everything that the bytes of a build depend on."""
    libraries = ("numpy", "sympy", "mpmath", "torch", "jinja2", "weasyprint", "babel")
    found = {"examgen": __version__}
    for library in libraries:
        try:
            found[library] = metadata.version(library).split("+")[0]
        except metadata.PackageNotFoundError:
            found[library] = "not installed"
    return found


class _Inline(Executor):
    """An executor that works at once in this process: one job needs no second interpreter."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        from concurrent.futures import Future

        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@contextmanager
def _workers(jobs: int) -> Iterator[Executor]:
    if jobs == 1:
        yield _Inline()
        return
    quietly = (signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches every process: only this one has to speak of it
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=signal.signal, initargs=quietly)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A hidden folder inside the output folder, gone in the end; made first, so that a bad place is told at once.

    Raises: OutputError where the folder cannot be made or written.
    """
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stage = tempfile.TemporaryDirectory(prefix=".building-", dir=folder)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}), choose another folder with -o") from None
    try:
        with stage:
            yield Path(stage.name)
    except OSError as error:
        raise OutputError(f"{folder}: writing failed ({error.strerror or error}), what stood there before is kept") from error
    finally:
        if made and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _publish(stage: Path, folder: Path) -> tuple[str, ...]:
    """Moves the finished files to their place, the manifest last: its checksums say whether all others arrived."""
    names = sorted((path.name for path in stage.iterdir()), key=lambda name: (name == "manifest.json", name))
    for name in names:
        os.replace(stage / name, folder / name)
    return tuple(names)
