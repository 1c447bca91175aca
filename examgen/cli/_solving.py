"""Commands for one's own numbers: solve."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from examgen.cli._app import apart, app, print_parts


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
        apart(option, path, numbers or [])
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
        print_parts(part for task in tasks for part in task_parts(task, told, full=not short))
