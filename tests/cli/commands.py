"""The command run in this process as a shell would run it: arguments in; exit status and both streams out."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

from examgen.cli import main


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    status: int
    out: str
    err: str


def run(*arguments: object) -> Ended:
    """Runs `examgen` with these arguments; anything but an exit escapes, as a traceback would."""
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with patch("sys.argv", ["examgen", *map(str, arguments)]), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as stopped:
            status = stopped.code if isinstance(stopped.code, int) else int(bool(stopped.code))
    return Ended(status, out.getvalue(), err.getvalue())


def complaint(ended: Ended) -> str:
    """The one sentence of a refused run; fails where there is anything else."""
    assert (2, "") == (ended.status, ended.out), ended
    assert 1 == ended.err.count("\n") and ended.err.endswith("\n"), f"not one line: {ended.err!r}"
    assert ended.err.isprintable() or ended.err[:-1].isprintable(), f"control characters: {ended.err!r}"
    assert ended.err.startswith("examgen: "), ended.err
    assert "Traceback" not in ended.err
    assert len(ended.err) < 500, f"no sentence but a page: {ended.err!r}"
    return ended.err.removeprefix("examgen: ").rstrip("\n")
