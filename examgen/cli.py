"""The command line: parse, call, print. No logic lives here."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from examgen.errors import ExamgenError, InputError

if TYPE_CHECKING:
    from rich.console import RenderableType

app = typer.Typer(
    name="examgen",
    help="Randomized variants of pen-and-paper deep-learning tasks, with proved answers, as PDF.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

STAGES = {
    "draw": "drawn",
    "sit": "sat by simulated students",
    "prove": "solved and proved",
    "work": "worked solutions set",
    "set": "sheets and key set",
}
PROCESSES = min(2, os.cpu_count() or 1)

Definition = Annotated[Path, typer.Argument(metavar="EXAM.toml", help="The exam definition.", show_default=False)]
Detail = Annotated[str, typer.Option("--key", help="How the worked solutions are written out.", metavar="short|full")]
Jobs = Annotated[int, typer.Option("-j", "--jobs", min=1, help="Processes.")]
Device = Annotated[str, typer.Option(help="Where PyTorch proves: cpu or cuda.", metavar="cpu|cuda")]


@app.command()
def build(
    definition: Definition,
    number: Annotated[int | None, typer.Option("-n", "--variants", min=1, help="Variants, instead of the file's.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder to fill; by default the file's name.")] = None,
    jobs: Jobs = PROCESSES,
    proof: Annotated[int | None, typer.Option(min=1, help="Set only so many variants, in a folder of their own.")] = None,
    key: Detail = "short",
    device: Device = "cpu",
    language: Annotated[str | None, typer.Option(metavar="ru|en", help="Language of the paper, instead of the file's.")] = None,
) -> None:
    """Draw, solve, prove and print the variants of an exam.

    Example: examgen build variants/lecture6.toml --proof 2
    """
    from examgen.build import build as run
    from examgen.build import default_folder
    from examgen.exam import read_exam

    _known_device(device)
    if key not in ("short", "full"):
        raise InputError(f"--key {key}: allowed are short and full")
    exam = read_exam(definition, variants=number, language=language)
    folder = output or default_folder(definition, proof=proof is not None)
    count = min(proof or exam.variants, exam.variants)
    with _progress() as report:
        built = run(exam, folder, count=count, jobs=jobs, device=device, full=key == "full", report=report)
    for note in (*built.notes, *exam.warnings):
        typer.echo(f"note: {note}")
    for line in exam.timing:
        typer.echo(line)
    typer.echo(f"{built.variants} variant{'s' * (built.variants != 1)}, every answer proved:")
    for name in built.files:
        typer.echo(f"  {built.folder / name}")
    typer.echo(f"  {(built.folder / built.solutions[0]).parent}/ ({built.variants} PDF{'s' * (built.variants != 1)})")


@app.command()
def audit(
    definition: Definition,
    number: Annotated[int | None, typer.Option("-n", "--variants", min=1, help="Variants, instead of the file's.")] = None,
    students: Annotated[int, typer.Option(min=1, max=100_000, help="Simulated students of each kind who sit a variant.")] = 200,
    jobs: Jobs = PROCESSES,
    html: Annotated[Path | None, typer.Option(help="Write the report as a web page, with plots.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead.")] = False,
) -> None:
    """Report on an exam before it is printed: effort, differences, answers, mistakes, simulated students.

    Example: examgen audit variants/lecture6.toml --html audit.html
    """
    from examgen.audit import audit as run
    from examgen.audit import page, parts
    from examgen.exam import read_exam
    from examgen.staging import write_file

    _apart("--html", html, [definition])
    if html is not None and not html.absolute().parent.is_dir():
        raise InputError(f"--html {html}: there is no folder {html.parent}, make it first")
    exam = read_exam(definition, variants=number)
    with _progress() as report:
        found = run(exam, students=students, jobs=jobs, report_to=report)
    if html is not None:
        write_file(html, page(found).encode("utf-8"))
        typer.echo(f"{html} is written", err=as_json)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=1))
    elif html is None:
        _print(parts(found))
    for line in found.broken:
        typer.echo(line, err=True)
    if found.broken:
        raise typer.Exit(1)


def _print(parts: Iterable[RenderableType]) -> None:
    from rich.console import Console

    console = Console()
    for part in parts:
        console.print(part, highlight=False)


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that build has filled.", show_default=False)],
    device: Device = "cpu",
) -> None:
    """Prove a built folder again: its checksums, and every answer by every engine.

    Example: examgen verify variants/lecture6
    """
    from examgen.folder import verify as run

    _known_device(device)
    with _progress() as report:
        verdict = run(folder, device=device, report=report)
    for failure in verdict.failures:
        typer.echo(failure, err=True)
    if verdict.failures:
        typer.echo(f"{folder}: {len(verdict.failures)} things do not hold", err=True)
        raise typer.Exit(1)
    engines = ", ".join(verdict.engines)
    typer.echo(f"{verdict.files} files unchanged; {verdict.answers} answers of {verdict.variants} variants proved by {engines}")


@app.command()
def init(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="Where to write it.")] = Path("exam.toml"),
    language: Annotated[str, typer.Option(metavar="ru|en", help="Language of the paper.")] = "ru",
) -> None:
    """Write a commented exam definition with a secret random seed.

    Example: examgen init midterm.toml --language en
    """
    from examgen.starting import write_definition

    write_definition(file, language)
    typer.echo(f"{file} is written. Its seed is secret: who has it can compute every answer.")
    typer.echo(f"Next: edit it, then look at two variants with: examgen build {file} --proof 2")


@app.command()
def problems(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One problem type, in full.", show_default=False)] = None,
) -> None:
    """List the problem types, their presets and parameters.

    Example: examgen problems NAME
    """
    from rich.console import Console

    from examgen.listing import overview, parameters, presets
    from examgen.registry import problem

    console = Console()
    if name is None:
        console.print(overview())
        return
    chosen = problem(name)
    console.print(f"[bold]{chosen.name}[/bold]: {chosen.title}. Source: {chosen.source}.", highlight=False)
    console.print(presets(chosen))
    console.print(parameters(chosen))


class _WithExamples(TyperCommand):
    """Help that ends with an example of each problem type, read from the problems when somebody asks."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        from examgen.registry import problems as known

        lines = [f"examgen solve {chosen.name} {chosen.example}" for chosen in known().values() if chosen.example]
        self.epilog = "Examples:\n\n" + "\n\n".join(lines)
        super().format_help(ctx, formatter)


@app.command(cls=_WithExamples, context_settings={"ignore_unknown_options": True})
def solve(
    problem: Annotated[str, typer.Argument(metavar="PROBLEM", help="A problem type: examgen problems.", show_default=False)],
    numbers: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NUMBERS",
            help="Files (.toml, .csv), - for standard input, NAME=VALUE or --NAME VALUE for inputs and parameters.",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[str, typer.Option(metavar="numpy|sympy|torch", help="What computes the results.")] = "numpy",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead.")] = False,
    pdf: Annotated[Path | None, typer.Option(help="Write the worked solution as PDF.", show_default=False)] = None,
    html: Annotated[Path | None, typer.Option(help="Write the worked solution as a web page.", show_default=False)] = None,
    language: Annotated[str, typer.Option(metavar="ru|en", help="Language of the solution.")] = "en",
    working: Annotated[int, typer.Option(min=1, max=9, help="Decimals shown of numbers on the way.")] = 4,
    decimals: Annotated[int, typer.Option(min=0, max=6, help="Decimals of an answer.")] = 2,
    short: Annotated[bool, typer.Option("--short", help="Leave out what repeats.")] = False,
) -> None:
    """Solve one's own numbers: results and every step.

    Example: examgen solve PROBLEM homework.toml
    """
    from examgen import homework
    from examgen.reading import instances
    from examgen.registry import problem as named
    from examgen.staging import write_file
    from examgen.terminal import task_parts
    from examgen.writing import style_for

    for option, path in (("--html", html), ("--pdf", pdf)):
        _apart(option, path, numbers or [])
    chosen, style = named(problem), style_for(language, working)
    tasks = [homework.solved(instance, chosen, engine, decimals) for instance in instances(chosen, numbers or [])]
    if html is not None:
        write_file(html, homework.page(tasks, style, full=not short, screen=True).encode("utf-8"))
    if pdf is not None:
        from examgen.build import write_pdf

        write_file(pdf, write_pdf(homework.page(tasks, style, full=not short, screen=False)))
    for path in filter(None, (html, pdf)):
        typer.echo(f"{path} is written", err=as_json)
    if as_json:
        found = [task.to_dict(replace(style, text=True), full=not short) for task in tasks]
        typer.echo(json.dumps(found if len(found) > 1 else found[0], ensure_ascii=False, indent=1))
    elif html is None and pdf is None:
        told = replace(style, text=True)
        _print(part for task in tasks for part in task_parts(task, told, full=not short))


def _apart(option: str, path: Path | None, sources: Sequence[str | Path]) -> None:
    """Raises: InputError where a file would be written over what it comes from."""
    if path is not None and any(path.exists() and Path(word).exists() and path.samefile(word) for word in sources):
        raise InputError(f"{option} {path}: is the file that the numbers come from, choose another name")


def _known_device(device: str) -> None:
    if device not in ("cpu", "cuda"):
        raise InputError(f"--device {device}: allowed are cpu and cuda")


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar per stage on a terminal; elsewhere a line when a stage is done."""
    if not sys.stderr.isatty():
        yield lambda stage, done, total: typer.echo(f"{STAGES[stage]}: {done}", err=True) if done == total else None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:18}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        bars = {stage: bar.add_task(text, total=None, visible=False) for stage, text in STAGES.items()}
        yield lambda stage, done, total: bar.update(bars[stage], completed=done, total=total, visible=True)


NEAREST = {"−": "-", "≈": "~", "→": "->", "·": "*", "×": "x", "÷": "/", "∂": "d", "Σ": "sum", "σ": "sigmoid", "…": "..."}


def _nearest(error: UnicodeError) -> tuple[str, int]:
    """What a terminal that does not know a sign gets: the nearest in ASCII, or a question mark."""
    assert isinstance(error, UnicodeEncodeError)
    signs = error.object[error.start : error.end]
    plain = (NEAREST.get(sign) or unicodedata.normalize("NFKD", sign) for sign in signs)
    return "".join(text if text.isascii() else "?" for text in plain), error.end


def main() -> None:
    """Runs the command; what examgen raises on purpose becomes one sentence and an exit status."""
    codecs.register_error("nearest", _nearest)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="nearest")
    try:
        app()
    except ExamgenError as error:
        # one line whatever a file's name or content held
        said = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in str(error))
        typer.echo(f"examgen: {said}", err=True)
        sys.exit(error.exit_status)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
