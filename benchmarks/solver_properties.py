"""Do the public functions agree with PyTorch on many random tasks, values and gradients?

    python benchmarks/solver_properties.py [-n CASES] [--seed SEED]

Prints, per kind of task, the cases, the seconds and the largest difference |ours - theirs| / max(1, |theirs|) of any cell.
Ends with 1 at the first one beyond 1e-9, which it prints.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from random import Random
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the cases are those of the test suite

from tests.solvers.comparing import BOUND, CASES


def main() -> int:
    parser = argparse.ArgumentParser(description="The public functions against PyTorch on random tasks.")
    parser.add_argument("-n", type=int, default=10_000, help="cases of each kind")
    parser.add_argument("--seed", default="properties")
    given = parser.parse_args()
    print(f"{'kind':<12}{'cases':>9}{'seconds':>9}  worst difference")
    for name, case in CASES.items():
        start, worst = perf_counter(), 0.0
        for i in range(given.n):
            found = case(Random(f"{given.seed} {name} {i}"))
            worst = max(worst, found.worst)
            if found.worst > BOUND:
                print(f"DISAGREEMENT by {found.worst:.1e}, case {i}: {found.case}", file=sys.stderr)
                return 1
        print(f"{name:<12}{given.n:>9}{perf_counter() - start:>9.1f}  {worst:.1e}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
