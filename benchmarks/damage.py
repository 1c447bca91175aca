"""What can be wrong around a build: disks without room or locked, files that may not grow, clocks, locales."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

from benchmarks.children import Child, started

ROOT = Path(__file__).resolve().parents[1]
SLOW = 0.004  # seconds of a slow move
NOBODY = 65534  # a user who may do nothing: what is read-only is so for all but the superuser
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}


def nothing() -> None:
    """No damage."""


@cache
def mounts() -> bool:
    """Whether small disks can be made here."""
    return os.geteuid() == 0 and shutil.which("mount") is not None and _mounting_works()


def _mounting_works() -> bool:
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        if _mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", place):
            unmount(Path(place))
            return True
    return False


def _mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


def disk(place: Path, size: int) -> None:
    """A small disk at a place. Raises: OSError."""
    if not _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)):
        raise OSError(f"{place}: nothing can be mounted")


def unmount(place: Path) -> None:
    subprocess.run(["umount", "-l", str(place)], check=True)


def enlarge(place: Path) -> None:
    """Room on a small disk."""
    assert _mount("-o", "remount,size=256m", str(place))


class Lock:
    """A folder that can be made read-only: its disk where one can be mounted, else its permissions."""

    def __init__(self, place: Path) -> None:
        self.place = place
        if mounts():
            disk(place, 256 * 2**20)

    def close(self) -> None:
        """From now on; where a file is just being written, a moment later."""
        if not mounts():
            for folder in (self.place, *(path for path in self.place.rglob("*") if path.is_dir())):
                folder.chmod(0o555)
            return
        for _ in range(500):
            if _mount("-o", "remount,ro", str(self.place)):
                return
            time.sleep(0.001)

    def open(self) -> None:
        """As before."""
        if mounts():
            assert _mount("-o", "remount,rw", str(self.place))
        for folder in (self.place, *(path for path in self.place.rglob("*") if path.is_dir())):
            folder.chmod(0o755)

    def inside(self) -> None:
        """In the process that is to be kept out: permissions do not bind the superuser."""
        if not mounts() and os.geteuid() == 0:
            os.setuid(NOBODY)

    def gone(self) -> None:
        if mounts():
            unmount(self.place)


def slow_moves() -> None:
    """What takes microseconds takes milliseconds, so that other things can happen in between."""
    import examgen.staging

    real = examgen.staging._move

    def move(source: Path, target: Path) -> None:
        time.sleep(SLOW)
        real(source, target)

    examgen.staging._move = move


def limit(largest: int) -> None:
    """No file grows beyond so many bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))


def jumping_clock(seed: float) -> None:
    """The time of day is any from 1970 to 2100, each time anew."""
    random = Random(seed)
    kept: dict[str, Callable[..., object]] = {name: getattr(time, name) for name in ("localtime", "gmtime", "strftime")}
    time.time = lambda: random.uniform(0, 2**32)
    time.time_ns = lambda: random.randrange(2**32 * 10**9)
    time.localtime = lambda secs=None: kept["localtime"](time.time() if secs is None else secs)
    time.gmtime = lambda secs=None: kept["gmtime"](time.time() if secs is None else secs)


def in_ascii(exam: Path, folder: Path, laid: bool, log: Path) -> Child:
    """A build in a new process for which all text is ASCII."""
    program = ["-m", "examgen"] if laid else [ROOT / "tests" / "building" / "quick.py", 20]
    command = [sys.executable, *program, "build", exam, "-o", folder, "-j", 1]
    return started(command, log, {**os.environ, **ASCII, "PYTHONPATH": str(ROOT)})
