"""The application that commands are added to, and what several of them share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from examgen import __version__
from examgen.cli._voice import voice
from examgen.errors import InputError

if TYPE_CHECKING:
    from rich.console import RenderableType

app = typer.Typer(
    name="examgen",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

PROCESSES = min(2, os.cpu_count() or 1)
LIBRARIES = ("numpy", "sympy", "torch", "weasyprint")

Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors and what was asked for.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Say what is being done, and after how many seconds.")]
LOUDNESS = tuple(
    Parameter(name, Parameter.KEYWORD_ONLY, default=False, annotation=kind)
    for name, kind in (("quiet", Quiet), ("verbose", Verbose))
)
Definition = Annotated[Path, typer.Argument(metavar="EXAM.toml", help="The exam definition.", show_default=False)]
Jobs = Annotated[int, typer.Option("-j", "--jobs", min=1, help="Processes.")]


def _versions() -> str:
    import platform

    from examgen.versions import version_of

    told = (f"{library} {version_of(library)}" for library in LIBRARIES)
    return ", ".join([f"Python {platform.python_version()}", *told])


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"examgen {__version__}\n{_versions()}")
        raise typer.Exit


@app.callback()
def examgen(
    version: Annotated[
        bool, typer.Option("--version", help="Show versions and exit.", is_eager=True, callback=_show_version)
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Randomized variants of pen-and-paper deep-learning tasks, with proved answers, as PDF."""
    voice.begin()
    voice.ask(quiet=quiet, verbose=verbose)


def command(*arguments: Any, **options: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Adds a command, which may be told to be quiet or verbose behind its name as well as before it."""

    def add(run: Callable[..., None]) -> Callable[..., None]:
        @wraps(run)
        def aloud(*, quiet: bool, verbose: bool, **given: Any) -> None:
            voice.ask(quiet=quiet, verbose=verbose)
            if voice.verbose:
                voice.now(f"examgen {__version__}, {_versions()}")
            try:
                run(**given)
            finally:
                voice.now(f"examgen {run.__name__.replace('_', '-')} ends")

        known = signature(run, eval_str=True)  # typer takes a signature that is set as it is
        described = known.replace(parameters=[*known.parameters.values(), *LOUDNESS])
        aloud.__signature__ = described  # type: ignore[attr-defined]  # what `inspect.signature` reads
        return app.command(*arguments, **options)(aloud)

    return add


def print_parts(parts: Iterable[RenderableType]) -> None:
    from rich.console import Console

    console = Console()
    for part in parts:
        console.print(part, highlight=False)


def seen(text: str) -> str:
    """One line that any terminal can show, whatever a file's name or content held."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def apart(option: str, path: Path | None, sources: Sequence[str | Path]) -> None:
    """Raises: InputError where a file would be written over what it comes from."""
    if path is None or not os.path.exists(path):
        return
    if any(os.path.exists(word) and path.samefile(word) for word in sources):
        raise InputError(f"{option} {path}: is the file that the numbers come from, choose another name")
