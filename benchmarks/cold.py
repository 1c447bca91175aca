"""How long commands take from a cold start: medians of fresh processes, of the clock and of the processor.

    python benchmarks/cold.py [-n RUNS]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

HERE = Path(__file__).resolve().parents[1]
HOMEWORK = "variants/homework6.toml"


def seconds(command: Sequence[str], runs: int) -> tuple[float, float]:
    """By the clock and of the processor, whatever the command says; a form without answers is wrong, which is its status."""
    clock, processor = [], []
    for _ in range(runs):
        began, used = perf_counter(), _used()
        subprocess.run([sys.executable, *command], cwd=HERE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        clock.append(perf_counter() - began)
        processor.append(_used() - used)
    return median(clock), median(processor)


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-n", type=int, default=10, help="runs of each command")
    asked = parser.parse_args()
    examgen = ["-m", "examgen"]
    with tempfile.TemporaryDirectory() as folder:
        form = Path(folder) / "my.toml"
        told = subprocess.run([sys.executable, *examgen, "answers", HOMEWORK], cwd=HERE, stdout=subprocess.PIPE, check=True)
        form.write_bytes(told.stdout)
        commands = {
            "python -c pass": ["-c", "pass"],
            "examgen --help": [*examgen, "--help"],
            "examgen problems": [*examgen, "problems"],
            f"examgen check {HOMEWORK} my.toml": [*examgen, "check", HOMEWORK, str(form)],
        }
        for shown, command in commands.items():
            clock, processor = seconds(command, asked.n)
            print(f"{shown:48}{clock:6.2f} s{processor:6.2f} s of the processor")


if __name__ == "__main__":
    main()
