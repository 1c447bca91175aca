"""What a process costs: processor time, elapsed time and peak memory, each measured thing in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
ONE_CORE = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


class NotRun(Exception):
    """Why a thing was not measured; what is not measured does not pass."""


@dataclass(frozen=True)
class Cost:
    """Of one process and all that it waited for: seconds of processor time, seconds elapsed, MB at its peak; what it said.

    The peak is that of the largest of them, and never less than what the process that asked had taken itself.
    """

    processor: float
    elapsed: float
    peak: float
    said: str

    @property
    def least(self) -> float:
        """The smaller of both times: kind to programs with several threads, and to all on a machine that others use too."""
        return min(self.processor, self.elapsed)


def python(module: str, *given: object) -> list[str]:
    """The command that runs a module of ours."""
    return [sys.executable, "-m", module, *map(str, given)]


def run(
    command: Sequence[str], folder: Path = ROOT, environment: Mapping[str, str] | None = None, fine: Sequence[int] = (0,)
) -> Cost:
    """Runs a command to its end. Raises: NotRun with the last line it wrote where its status is none of the `fine` ones."""
    world = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = perf_counter()
        with subprocess.Popen(command, cwd=folder, env=world, stdin=subprocess.DEVNULL, stdout=out, stderr=err) as child:
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        elapsed = perf_counter() - start
        said, wrong = (_written(file) for file in (out, err))
    if child.returncode not in fine:
        last = (wrong or said).strip().splitlines()[-1:] or [f"status {child.returncode}"]
        raise NotRun(last[0])
    return Cost(used.ru_utime + used.ru_stime, elapsed, used.ru_maxrss / 1024, said)


def _written(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")
