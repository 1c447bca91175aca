"""Commands for a student's own answers: answers, check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from examgen.cli._app import command, print_parts
from examgen.errors import InputError

Place = Annotated[
    Path,
    typer.Argument(metavar="DIR|EXAM.toml", help="A built folder or an archive of one, or a definition.", show_default=False),
]
Variant = Annotated[str | None, typer.Option("--variant", help="The code on the sheet, or the number.", show_default=False)]


@command()
def answers(place: Place, variant: Variant = None) -> None:
    """Print an empty form for answers: every box of a variant, none of its answers.

    Example: examgen answers variants/homework6.toml > my.toml
    """
    from examgen import checking

    key = checking.key_at(place, variant)
    typer.echo(checking.form(key, checking.chosen(key, variant)), nl=False)


@command()
def check(
    place: Place,
    form: Annotated[Path, typer.Argument(metavar="MY.toml", help="The form, filled in.", show_default=False)],
    variant: Variant = None,
    reveal: Annotated[bool, typer.Option("--reveal", help="Print the right values too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead.")] = False,
) -> None:
    """Tell of each answer whether it is right, and where a known mistake or one's own number explains it.

    Example: examgen check variants/homework6.toml my.toml
    """
    from examgen import checking
    from examgen.marking import VARIANT, grade, text_of

    written = checking.read_form(form)
    code = variant if variant is not None else written.get(VARIANT)
    key = checking.key_at(place, None if code is None else text_of(code))
    told = written.get(VARIANT)
    if variant is not None and told and key[variant] is not key[text_of(told)]:
        raise InputError(f"--variant {variant}: the form is of variant {told}, leave one of the two out")
    decided = checking.decided_at(place, key)
    mark = grade(key, written, None if code is None else text_of(code), corrections=decided)
    if as_json:
        typer.echo(json.dumps(mark.to_dict(), ensure_ascii=False, indent=1))
    else:
        print_parts(checking.parts(key, mark, reveal=reveal))
    if mark.points < mark.most:
        raise typer.Exit(1)
