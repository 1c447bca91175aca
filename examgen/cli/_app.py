"""The application that commands are added to, and what several of them share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from examgen.errors import InputError

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
Jobs = Annotated[int, typer.Option("-j", "--jobs", min=1, help="Processes.")]


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


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
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
