"""Monsters for the command: name -> files, arguments and words of the refusal; each in a process that may take little."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.sources import ROOT

SECONDS, MEGABYTES = 30, 1000  # of processor time, at the peak
ADDRESSES = 3 * 2**30  # bytes that the system gives at most
EXAM = 'title = "T"\nvariants = 2\nseed = "5b1f0c52e7b94a39"\n{}\n[[task]]\nproblem = "svm_loss"\npreset = "2x3"\n{}'
BUILD = ("build", "exam.toml", "-o", "out")
ROSTER = (*BUILD, "--roster", "roster.csv")
# a small process between: of one that is started directly the system counts what the runner of tests has filled as well
WATCHED = """
import os, resource, subprocess, sys
addresses, seconds = map(int, sys.argv[1:3])
resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
process = subprocess.Popen(sys.argv[3:], stderr=subprocess.STDOUT)
_, status, used = os.wait4(process.pid, 0)
print(used.ru_maxrss, file=sys.stderr)
os._exit(max(os.waitstatus_to_exitcode(status), 0) or 255 * (status != 0))
"""
Write = Callable[[Path], None]


def exam(top: str = "", task: str = "", text: str = EXAM) -> Write:
    return lambda folder: written(folder / "exam.toml", text.format(top, task))


def written(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def sparse(name: str, head: str, text: str = EXAM) -> Write:
    """An exam, and a file of 2 GB that takes no room."""

    def write(folder: Path) -> None:
        exam(text=text)(folder)
        with (folder / name).open("wb") as file:
            file.write(head.encode())
            file.truncate(2 * 2**30)

    return write


def roster(text: Callable[[], str]) -> Write:
    def write(folder: Path) -> None:
        exam()(folder)
        written(folder / "roster.csv", text())

    return write


def squarings(count: int) -> str:
    return "; ".join(f"a{i + 1} = a{i} * a{i}" for i in range(count))


EXTREMES: Mapping[str, tuple[Write, Sequence[str], str]] = {
    "x**x**x": (exam(), ("solve", "backprop", "x**x**x", "x=9"), "no finite value"),
    "9**9**9**9": (exam(), ("solve", "backprop", "9**9**9**9 * x", "x=2"), "the exponent is beyond 1000"),
    "exp of exp of exp": (exam(), ("solve", "backprop", "exp(exp(exp(exp(x))))", "x=9"), "no finite value"),
    "a hundred squarings": (exam(), ("solve", "backprop", squarings(100), "a0=3"), "no finite value"),
    "5000 parentheses": (exam(), ("solve", "backprop", "(" * 4000 + "x" + ")" * 4000, "x=3"), "more than 100 brackets"),
    "a number of 100,000 digits": (exam(), ("solve", "backprop", "x * y", "x=" + "9" * 100_000, "y=2"), "within ±1e40"),
    "1e999999999": (exam(), ("solve", "backprop", "x * y", "x=1e999999999", "y=2"), "within ±1e40"),
    "10,000,000 variants": (exam(), (*BUILD, "-n", "10000000"), "must be at most 100000"),
    "10,000,000 variants, in the file": (
        exam(text=EXAM.replace("variants = 2", "variants = 10000000")), BUILD, "must be at most 100000",
    ),
    "1,000,000,000 copies": (exam(), (*BUILD, "--copies", "1000000000"), "at most 20000 can be made at once"),
    "TOML nested 100,000 deep": (exam("x = " + "[" * 100_000 + "]" * 100_000), BUILD, "nested too deeply"),
    "a key of 100,000 parts": (exam(".".join(["a"] * 100_000) + " = 1"), BUILD, "nested too deeply"),
    "100,000 digits in TOML": (exam("minutes = " + "9" * 100_000), BUILD, "too many digits"),
    "points = 1e999999999": (exam(task="points = 1e999999999"), BUILD, "is too much"),
    "TOML of 2 GB": (sparse("exam.toml", EXAM), BUILD, "is larger than 2 MB"),
    "TOML without an end": (exam(), ("build", "/dev/zero", "-o", "out"), "is larger than 2 MB"),
    "a seed of 2 GB": (sparse("seed", "s", EXAM.replace('seed = "5b1f0c52e7b94a39"', 'seed_file = "seed"')), BUILD, "1 MB"),
    "CSV of 2 GB": (sparse("roster.csv", "name;group\n"), ROSTER, "is larger than 50 MB"),
    "CSV without an end": (exam(), (*BUILD, "--roster", "/dev/zero"), "is larger than 50 MB"),
    "1,000,000 students": (
        roster(lambda: "name;id\n" + "".join(f"N;{i}\n" for i in range(10**6))), ROSTER, "more than 100,000 rows",
    ),
    "1,000,000 open quotes": (roster(lambda: "name;id\n" + '"N;1\n' * 10**6), ROSTER, "cannot be read"),
    "a cell of 10 MB": (roster(lambda: "name;id\n" + "N" * 10**7 + ";1\n"), ROSTER, "cannot be read"),
    "numbers of 2 GB": (sparse("s.csv", "1,2\n"), ("solve", "svm_loss", "s.csv"), "is larger than 20 MB"),
    "numbers without an end": (exam(), ("solve", "svm_loss", "/dev/zero"), "is larger than 20 MB"),
}


@dataclass(frozen=True)
class Tried:
    """What the command did with a monster; `wrong` is empty where all was as it should be."""

    status: int
    said: str
    seconds: float
    megabytes: float
    wrong: str


def tried(name: str, folder: Path) -> Tried:
    """Gives the command a monster, in a process of its own."""
    write, arguments, says = EXTREMES[name]
    write(folder)
    return ended([sys.executable, "-m", "examgen", *arguments], folder, says)


def ended(command: Sequence[str], folder: Path, says: str) -> Tried:
    """Runs a command within the limits and looks whether it refuses what it got with one sentence."""

    world = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    world.pop("EXAMGEN_SEED", None)
    began = time.monotonic()
    words = [sys.executable, "-S", "-c", WATCHED, str(ADDRESSES), str(SECONDS), *command]
    done = subprocess.run(words, cwd=folder, env=world, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    said = done.stdout.decode("utf-8", "replace").strip()
    peak = float(done.stderr.split()[-1]) / 1024
    wrong = _wrong(done.returncode, said, says, peak)
    return Tried(done.returncode, said, time.monotonic() - began, peak, wrong)


def _wrong(status: int, said: str, says: str, peak: float) -> str:
    if status != 2 or not said.startswith("examgen: ") or "\n" in said or says not in said:
        return f"status {status}, and not {says!r} but {said[-300:]!r}"
    return f"{peak:.0f} MB" if peak > MEGABYTES else ""
