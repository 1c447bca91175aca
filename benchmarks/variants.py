"""How many candidates a fair variant takes: every preset by itself, as an exam of so many variants draws it.

    python benchmarks/variants.py [-n VARIANTS]

Counted are all candidates: those that problem, rounding or mistakes refuse, those unlike the others in effort, and those too
much like one of them in numbers.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from examgen import registry
from examgen.exam import read_exam
from examgen.selecting import Selection

EXAM = 'title = "T"\nvariants = {}\nseed = "a benchmark of variants"\ncalculator = "scientific"\n[[task]]\n'
TASK = 'problem = "{}"\npreset = "{}"\n'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-n", type=int, default=30, help="variants of each preset")
    count = parser.parse_args().n
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "exam.toml"
        for name, problem in registry.problems().items():
            for label in problem.presets:
                path.write_text(EXAM.format(count) + TASK.format(name, label), encoding="utf-8")
                selection = Selection(read_exam(path))
                list(selection.take(count))
                refused, seconds = selection.refused[1, name], selection.seconds[1, name]
                why = ", ".join(f"{reason} ({times})" for reason, times in refused.most_common(2))
                tried = (refused.total() + count) / count
                print(f"{name:15} {label:16} {tried:6.1f} candidates, {1000 * seconds / count:4.0f} ms a variant; {why}")


if __name__ == "__main__":
    main()
