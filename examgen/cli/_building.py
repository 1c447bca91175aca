"""Commands around an exam: build, audit, verify, init, problems, new-problem."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from examgen.cli._app import PROCESSES, Definition, Jobs, apart, command, print_parts, seen
from examgen.cli._completing import languages, one_of, problem_names
from examgen.cli._voice import progress, voice
from examgen.errors import InputError

if TYPE_CHECKING:
    from examgen.build import Built
    from examgen.copies import Plan
    from examgen.exam import Exam
    from examgen.problem import Problem

DETAILS, DEVICES = ("short", "full"), ("cpu", "cuda")
Detail = Annotated[
    str,
    typer.Option(
        "--key", help="How the worked solutions are written out.", metavar="short|full", autocompletion=one_of(*DETAILS)
    ),
]
Device = Annotated[
    str, typer.Option(help="Where PyTorch proves: cpu or cuda.", metavar="cpu|cuda", autocompletion=one_of(*DEVICES))
]
Language = Annotated[
    str | None,
    typer.Option(metavar="LANGUAGE", help="Language of the paper, instead of the file's.", autocompletion=languages),
]
Roster = Annotated[Path | None, typer.Option(help="A class list: name, group, id, row, seat.", show_default=False)]
Copies = Annotated[int | None, typer.Option(min=1, help="So many sheets, which repeat the variants.")]
InRoom = Annotated[str | None, typer.Option(help="Rows and seats: neighbours get other variants.", metavar="8x12")]
Spare = Annotated[int, typer.Option(min=0, help="Nameless sheets more, at the end.")]
WebPages = Annotated[bool, typer.Option("--html", help="Sheets and key as web pages too, each in one file.")]
Scheduler = Annotated[str | None, typer.Option(metavar="ADDRESS", help="A Dask cluster to work on, such as tcp://host:8786.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Keep nothing of what a stopped build has finished.")]
Own = Annotated[Path | None, typer.Option(metavar="DIR", help="Own templates, instead of the file's.", show_default=False)]


@command()
def build(
    definition: Definition,
    number: Annotated[int | None, typer.Option("-n", "--variants", min=1, help="Variants, instead of the file's.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder to fill; by default the file's name.")] = None,
    jobs: Jobs = PROCESSES,
    proof: Annotated[int | None, typer.Option(min=1, help="Set only so many variants, in a folder of their own.")] = None,
    key: Detail = "short",
    device: Device = "cpu",
    language: Language = None,
    roster: Roster = None,
    copies: Copies = None,
    room: InRoom = None,
    spare: Spare = 0,
    html: WebPages = False,
    templates: Own = None,
    scheduler: Scheduler = None,
    fresh: Fresh = False,
) -> None:
    """Draw, solve, prove and print the variants of an exam.

    Example: examgen build variants/lecture6.toml --proof 2
    """
    from examgen.build import build as run
    from examgen.build import default_folder
    from examgen.copies import ordered
    from examgen.exam import read_exam

    _one_of("--device", device, DEVICES)
    _one_of("--key", key, DETAILS)
    exam = read_exam(definition, variants=number, language=language, templates=templates)
    folder = output or default_folder(definition, proof=proof is not None)
    voice.now(f"{definition} is read: {exam.variants} variants of {len(exam.tasks)} tasks")
    count = min(proof or exam.variants, exam.variants)
    plan, seating = ordered(exam, count, roster=roster, count=copies, room=room, spare=spare)
    with progress() as report:
        built = run(
            exam, folder, count=count, jobs=jobs, scheduler=scheduler, device=device, full=key == "full", html=html,
            fresh=fresh, copies=plan.copies if plan else (), report=report, tell=partial(_note, err=True),
        )
    _filled(exam, built, plan, seating)


def _note(text: str, *, err: bool = False) -> None:
    voice.tell(f"note: {seen(text)}", err=err)


def _filled(exam: Exam, built: Built, plan: Plan | None, seating: Sequence[str]) -> None:
    """Notes, how long the tasks take, what stands in the folder now, what of it is printed, what nobody else may see."""
    for note in (*built.notes, *exam.warnings, *seating):
        _note(note)
    for line in exam.timing:
        voice.tell(line)
    voice.tell(f"{built.variants} variant{'s' * (built.variants != 1)}, every answer proved:")
    for name in built.files:
        voice.tell(f"  {built.folder / name}")
    voice.tell(f"  {(built.folder / built.solutions[0]).parent}/ ({built.variants} PDF{'s' * (built.variants != 1)})")
    if plan is not None:
        voice.tell(f"to print: {', '.join(built.printed)} ({plan})")
    voice.tell(f"must not leave the office, readable by you alone: {', '.join(built.office)}")


@command()
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

    apart("--html", html, [definition])
    if html is not None and not html.absolute().parent.is_dir():
        raise InputError(f"--html {html}: there is no folder {html.parent}, make it first")
    exam = read_exam(definition, variants=number)
    voice.now(f"{definition} is read: {exam.variants} variants of {len(exam.tasks)} tasks")
    with progress() as report:
        found = run(exam, students=students, jobs=jobs, report_to=report)
    if html is not None:
        write_file(html, page(found).encode("utf-8"))
        voice.tell(f"{html} is written", err=as_json)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=1))
    elif html is None:
        print_parts(parts(found))
    for line in found.broken:
        typer.echo(line, err=True)
    if found.broken:
        raise typer.Exit(1)


@command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that build has filled.", show_default=False)],
    device: Device = "cpu",
) -> None:
    """Prove a built folder again: its checksums, and every answer by every engine.

    Example: examgen verify variants/lecture6
    """
    from examgen.folder import verify as run

    _one_of("--device", device, DEVICES)
    with progress() as report:
        verdict = run(folder, device=device, report=report)
    for note in verdict.notes:
        _note(note)
    for failure in verdict.failures:
        typer.echo(failure, err=True)
    if verdict.failures:
        wrong = "1 thing does not" if len(verdict.failures) == 1 else f"{len(verdict.failures)} things do not"
        typer.echo(f"{folder}: {wrong} hold", err=True)
        raise typer.Exit(1)
    engines = ", ".join(verdict.engines)
    voice.tell(f"{verdict.files} files unchanged; {verdict.answers} answers of {verdict.variants} variants proved by {engines}")


@command()
def init(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="Where to write it.")] = Path("exam.toml"),
    language: Annotated[
        str, typer.Option(metavar="LANGUAGE", help="Language of the paper.", autocompletion=languages)
    ] = "ru",
) -> None:
    """Write a commented exam definition with a secret random seed.

    Example: examgen init midterm.toml --language en
    """
    from examgen.starting import write_definition

    write_definition(file, language)
    voice.tell(f"{file} is written. Its seed is secret: who has it can compute every answer.")
    voice.tell(f"Next: edit it, then look at two variants with: examgen build {file} --proof 2")


@command()
def problems(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="One problem type, in full.", show_default=False, autocompletion=problem_names),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Run the conformance suite on it; without a name, on all.")] = False,
) -> None:
    """List the problem types, their presets and parameters; those of other distributions too.

    Example: examgen problems NAME
    """
    from rich.console import Console

    from examgen.listing import overview, parameters, presets
    from examgen.registry import faults, problem

    chosen = None if name is None else problem(name)
    if check:
        _conforming(chosen)
        return
    console = Console()
    if chosen is None:
        console.print(overview())
        for fault in faults().values():
            _note(fault, err=True)
        return
    console.print(f"[bold]{chosen.name}[/bold]: {chosen.title}. Source: {chosen.source}.", highlight=False)
    console.print(presets(chosen))
    console.print(parameters(chosen))


def _conforming(chosen: Problem | None) -> None:
    """Each rule that is broken in a line of its own; what is left out breaks one too."""
    from examgen.registry import faults, problems
    from examgen.testing import checks, failures

    broken = list(faults().values()) if chosen is None else []
    for problem in [chosen] if chosen else problems().values():
        found = list(failures(problem))
        broken += found
        voice.now(f"{problem.name} is checked")
        if not found:
            voice.tell(f"{problem.name}: {len(checks())} rules hold on {len(problem.presets)} presets")
    for line in broken:
        typer.echo(seen(line), err=True)
    if broken:
        raise typer.Exit(1)


@command("new-problem")
def new_problem(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it will be called, such as dropout.", show_default=False)],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A new folder; by default NAME.")] = None,
) -> None:
    """Write a problem type of one's own to begin with: a distribution with a working example.

    Example: examgen new-problem dropout
    """
    from examgen.authoring import write_problem

    folder = output or Path(name)
    for file in write_problem(name, folder):
        voice.tell(f"  {folder / file}")
    voice.tell(f"Next: pip install -e {shlex.quote(str(folder))}, then examgen problems {name} --check")


def _one_of(option: str, word: str, allowed: Sequence[str]) -> None:
    if word not in allowed:
        raise InputError(f"{option} {word}: allowed are {' and '.join(allowed)}")
