"""Commands for whoever works a task out: solve, practice."""

from __future__ import annotations

import json
import secrets
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from examgen.cli._app import apart, command, print_parts
from examgen.cli._completing import languages, one_of, presets, problem_names
from examgen.cli._voice import voice

Problem = Annotated[
    str,
    typer.Argument(
        metavar="PROBLEM", help="A problem type: examgen problems.", show_default=False, autocompletion=problem_names
    ),
]
Numbers = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NUMBERS",
        help="Files (.toml, .csv), - for standard input, NAME=VALUE or --NAME VALUE for inputs and parameters.",
        show_default=False,
    ),
]
ENGINES = ("numpy", "sympy", "torch")
Engine = Annotated[
    str, typer.Option(metavar="|".join(ENGINES), help="What computes the results.", autocompletion=one_of(*ENGINES))
]


class _WithExamples(TyperCommand):
    """Help that ends with an example of each problem type, read from the problems when somebody asks."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        from examgen.registry import problems as known

        lines = [f"examgen solve {chosen.name} {chosen.example}" for chosen in known().values() if chosen.example]
        self.epilog = "Examples:\n\n" + "\n\n".join(lines)
        super().format_help(ctx, formatter)


@command(cls=_WithExamples, context_settings={"ignore_unknown_options": True})
def solve(
    problem: Problem,
    numbers: Numbers = None,
    engine: Engine = "numpy",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead.")] = False,
    pdf: Annotated[Path | None, typer.Option(help="Write the worked solution as PDF.", show_default=False)] = None,
    html: Annotated[Path | None, typer.Option(help="Write the worked solution as a web page.", show_default=False)] = None,
    language: Annotated[
        str, typer.Option(metavar="LANGUAGE", help="Language of the solution.", autocompletion=languages)
    ] = "en",
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
    from examgen.terminal import task_parts
    from examgen.writing import style_for

    for option, path in (("--html", html), ("--pdf", pdf)):
        apart(option, path, numbers or [])
    chosen, style = named(problem), style_for(language, working)
    tasks = [homework.solved(instance, chosen, engine, decimals) for instance in instances(chosen, numbers or [])]
    voice.now(f"{len(tasks)} solved")
    for path, screen in ((html, True), (pdf, False)):
        if path is not None:
            _write(path, homework.page(tasks, style, full=not short, screen=screen), screen=screen)
            voice.tell(f"{path} is written", err=as_json)
    if as_json:
        found = [task.to_dict(replace(style, text=True), full=not short) for task in tasks]
        typer.echo(json.dumps(found if len(found) > 1 else found[0], ensure_ascii=False, indent=1))
    elif html is None and pdf is None:
        told = replace(style, text=True)
        print_parts(part for task in tasks for part in task_parts(task, told, full=not short))


def _write(path: Path, page: str, *, screen: bool) -> None:
    """A web page as it is, or the PDF that is laid out from it."""
    from examgen.staging import write_file

    if screen:
        write_file(path, page.encode("utf-8"))
        return
    from examgen.setting import write_pdf

    write_file(path, write_pdf(page))


class _WithPreset(TyperCommand):
    """Help that ends with an example that can be typed as it stands: a problem and a preset that is not its usual one."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        from examgen.registry import problems as known

        pairs = ((name, label) for name, one in known().items() for label in one.presets if label != one.default)
        name, label = next(pairs)
        self.epilog = f"Such as: examgen practice {name} --preset {label}"
        super().format_help(ctx, formatter)


@command(cls=_WithPreset)
def practice(
    problem: Problem,
    preset: Annotated[
        str | None, typer.Option(help="One of its presets.", show_default="the usual one", autocompletion=presets)
    ] = None,
    language: Annotated[
        str, typer.Option(metavar="LANGUAGE", help="Language of the tasks.", autocompletion=languages)
    ] = "en",
    seed: Annotated[str | None, typer.Option(help="Any text: the same one draws the same tasks.", show_default=False)] = None,
    number: Annotated[int | None, typer.Option("--count", min=1, help="Tasks, instead of no end.", show_default=False)] = None,
) -> None:
    """Practise in the terminal: fresh tasks, your answers marked at once, worked solutions on demand.

    Example: examgen practice PROBLEM --preset LABEL
    """
    from rich.console import Console

    from examgen import practising
    from examgen.registry import preset as labelled
    from examgen.registry import problem as named
    from examgen.writing import style_for

    chosen, style = named(problem), replace(style_for(language), text=True)
    label, seed = preset or chosen.default, seed or _random_seed()
    drawn = practising.exercises(chosen.name, labelled(chosen.name, label), seed, language)
    console = Console()
    session = practising.Session(style, _line, lambda part: console.print(part, highlight=False))
    session.run(drawn, number)
    typer.echo(style.say(practising.SEED, {"seed": shlex.quote(seed)}))


def _random_seed() -> str:
    return str(secrets.randbelow(900_000) + 100_000)


def _line(prompt: str) -> str | None:
    """A line that somebody types, or one from a pipe, which is shown as if it had been typed; None where there are no more."""
    try:
        line = input(prompt)
    except (EOFError, KeyboardInterrupt):
        typer.echo()
        return None
    if not sys.stdin.isatty():
        typer.echo(line)
    return line
