"""How long it takes to mark a class: in this process, and the whole command with its start.

    python benchmarks/grading.py               200 and 2,000 students
    python benchmarks/grading.py -n 500

The class is simulated, its right marks are known. Exit status 1 where a student gets another mark.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the simulated class is one of the tests'

from examgen import grading, keyfile  # noqa: E402  # once the path is set
from tests.grading.exams import DEFINITION, VARIANTS, drawn  # noqa: E402  # once the path is set
from tests.grading.simulated import simulated  # noqa: E402  # once the path is set
from tests.grading.tables import Dialect, labels, rows  # noqa: E402  # once the path is set

SEED = 1


def measured(told: Mapping[str, Any], papers: Any, count: int) -> bool:
    """Prints a line for a class of this size. Returns whether all marks are right."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "key.json").write_text(json.dumps(told), encoding="utf-8")
        students = simulated(papers, count, SEED)
        (place / "table.csv").write_bytes(Dialect().bytes(rows(students, labels(told))))
        start = perf_counter()
        key = keyfile.load(place)
        table = grading.read_table(place / "table.csv", key)
        read = perf_counter()
        found = grading.mark_class(key, table.entries, table.complaints)
        marked = perf_counter()
        grading.marks_csv(found)
        written = perf_counter()
        words = [sys.executable, "-m", "examgen", "grade", folder, str(place / "table.csv"), "-o", str(place / "marks.csv")]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, check=False)
        whole = perf_counter() - written
    wrong = sum(not one.absent and entry.mark is not None and one.due != {box.label: box.points for box in entry.mark.boxes}
                for one, entry in zip(students, found.students, strict=True))  # fmt: skip
    times = (read - start, marked - read, written - marked, whole)
    print(f"{count:>9,}" + "".join(f"{seconds:>10.2f}" for seconds in times) + f"{wrong:>8}", flush=True)
    return not wrong and not done.returncode


def main(arguments: list[str] | None = None) -> int:
    """Prints a line per class. Returns 1 where any mark is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-n", type=int, action="append", help="students")
    chosen = parser.parse_args(arguments)
    print(f"Python {platform.python_version()} on {platform.machine()}; {VARIANTS} variants of {DEFINITION.name}; seconds")
    print(f"{'students':>9}{'read':>10}{'mark':>10}{'write':>10}{'command':>10}{'wrong':>8}")
    told, papers = drawn()
    return 0 if all([measured(told, papers, count) for count in chosen.n or (200, 2000)]) else 1


if __name__ == "__main__":
    sys.exit(main())
