"""Builds in processes of their own that can be killed at any moment; forked ones have loaded everything already."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

LONGEST = 120.0  # seconds after which a process hangs


@dataclass(frozen=True)
class Ended:
    """How a process ended, and all that it said."""

    status: int
    said: str

    @property
    def clear(self) -> bool:
        """Whether the one who started it knows what happened: it was killed, all is well, or the last line is a sentence."""
        last = (self.said.strip().splitlines() or [""])[-1]
        sentence = self.status in (1, 2) and last.startswith("examgen: ") and len(last) < 500
        return "Traceback" not in self.said and (self.status in (0, -signal.SIGKILL) or sentence)

    @property
    def between(self) -> bool:
        """Whether the files of a build may stand elsewhere: it was killed, or says where."""
        return self.status == -signal.SIGKILL or "what stood there is now in" in self.said


@dataclass(frozen=True)
class Child:
    """A process that leads a group of its own, and the file that it writes to."""

    pid: int
    log: Path

    def wait(self) -> Ended:
        """Raises: TimeoutError where it does not end."""
        end = time.monotonic() + LONGEST
        while (found := self._ended()) is None:
            if time.monotonic() > end:
                self.killed(0)
                raise TimeoutError(f"it hangs: {self.log.read_text(errors='replace')[-300:]}")
            time.sleep(0.002)
        return found

    def killed(self, after: float, *, group: bool = False) -> Ended:
        """SIGKILL to it alone, or to all that it has started too, some seconds from now, unless it is quicker."""
        end = time.monotonic() + after
        while time.monotonic() < end:
            if (found := self._ended()) is not None:
                return found
            time.sleep(0.0005)
        (os.killpg if group else os.kill)(self.pid, signal.SIGKILL)
        return self._told(os.waitpid(self.pid, 0)[1])

    def until(self, true: Callable[[], bool]) -> None:
        """Waits for something that it does, or for its end."""
        while not true() and not self._gone():
            time.sleep(0.0002)

    def sleep(self, seconds: float) -> None:
        """Waits for a while, or for its end."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end)

    def _gone(self) -> bool:
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _ended(self) -> Ended | None:
        return self._told(os.waitpid(self.pid, 0)[1]) if self._gone() else None

    def _told(self, status: int) -> Ended:
        return Ended(os.waitstatus_to_exitcode(status), self.log.read_text(encoding="utf-8", errors="replace"))


def forked(arguments: Sequence[str], log: Path, laid: bool, inside: Callable[[], None]) -> Child:
    """`examgen` with these arguments as a fork of this process, in which `inside` runs first."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        _run(arguments, log, laid, inside)
    return Child(pid, log)


def started(command: Sequence[str | Path], log: Path, environment: dict[str, str] | None = None) -> Child:
    """A command in a process of its own."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment, start_new_session=True
        )
    process.returncode = 0  # it is waited for here, not there
    return Child(process.pid, log)


def warm(exam: Path, folder: Path) -> None:
    """Loads in this process what its forks need, and fills its caches by a build that lays nothing out."""
    import pytest
    import torch

    import examgen.build
    from examgen.exam import read_exam

    torch.set_num_threads(1)  # threads do not survive a fork
    examgen.build._warm()
    with pytest.MonkeyPatch.context() as patch:
        _unset(patch)
        examgen.build.build(read_exam(exam), folder)


def _run(arguments: Sequence[str], log: Path, laid: bool, inside: Callable[[], None]) -> NoReturn:
    """The life of a fork."""
    status = 70
    try:
        os.setsid()
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.dup2(file, 1)
        os.dup2(file, 2)
        sys.stdout, sys.stderr = (os.fdopen(place, "w", encoding="utf-8", closefd=False) for place in (1, 2))
        if not laid:
            _unset()
        inside()
        from examgen.cli import main

        sys.argv = ["examgen", *arguments]
        main()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _unset(patch: Any = None) -> None:
    """Nothing is laid out from here on, for good unless there is a patch."""
    import examgen.build
    from tests.building import quick
    from tests.unset import unset

    unset(patch, quick.write_pdf)
    (patch.setattr if patch else setattr)(examgen.build, "sheets_pdf", quick.sheets_pdf)
