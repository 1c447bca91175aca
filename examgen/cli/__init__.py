"""The command line: parse, call, print. No logic lives here.

A module of commands adds them to `app` when it is imported.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
import unicodedata

import typer

from examgen.cli._app import app, seen
from examgen.errors import ExamgenError

# isort: split
# the help lists commands in the order of these imports
from examgen.cli import _building as _building

# isort: split
from examgen.cli import _solving as _solving

# isort: split
from examgen.cli import _checking as _checking

# isort: split
from examgen.cli import _grading as _grading

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
        app(prog_name="examgen")
    except ExamgenError as error:
        typer.echo(f"examgen: {seen(str(error))}", err=True)
        sys.exit(error.exit_status)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
