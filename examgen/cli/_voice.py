"""How much a command says: errors always, notes and progress unless it is to be quiet, what it does and when if verbose."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

import typer

from examgen.errors import InputError

STAGES = {
    "draw": "drawn",
    "sit": "sat by simulated students",
    "prove": "solved and proved",
    "work": "worked solutions set",
    "set": "sheets and key set",
}


class Voice:
    """What was asked for of this run, and when it began."""

    quiet = verbose = False
    began = 0.0

    def begin(self) -> None:
        """A new run, of which nothing is known."""
        self.quiet = self.verbose = False
        self.began = perf_counter()

    def ask(self, *, quiet: bool, verbose: bool) -> None:
        """Adds what stands before the command, or after it. Raises: InputError where both are asked for."""
        self.quiet, self.verbose = self.quiet or quiet, self.verbose or verbose
        if self.quiet and self.verbose:
            raise InputError("--quiet and --verbose: leave one of the two out")

    def tell(self, text: str, *, err: bool = False) -> None:
        """A note, or word of what was written."""
        if not self.quiet:
            typer.echo(text, err=err)

    def now(self, text: str) -> None:
        """What has just been done, with the seconds since the beginning."""
        if self.verbose:
            typer.echo(f"{perf_counter() - self.began:7.2f} s  {text}", err=True)


voice = Voice()


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar per stage on a terminal that can move its cursor; elsewhere, and if verbose, a line when a stage is done."""
    if voice.quiet:
        yield lambda stage, done, total: None
        return
    if voice.verbose or not sys.stderr.isatty():
        yield _line
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if console.is_dumb_terminal:
        yield _line
        return
    columns = (TextColumn("{task.description:18}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        bars = {stage: bar.add_task(text, total=None, visible=False) for stage, text in STAGES.items()}
        yield lambda stage, done, total: bar.update(bars[stage], completed=done, total=total, visible=True)


def _line(stage: str, done: int, total: int) -> None:
    if done == total:
        text = f"{STAGES[stage]}: {done}"
        voice.now(text) if voice.verbose else voice.tell(text, err=True)
