"""Simulated honest students against the accepted intervals: how many are refused, of every preset. It should be none.

    python benchmarks/honest.py [-n STUDENTS] [--working 4] [--decimals 2]

Each student rounds after each node as it likes (half-up, half-even, cut off, or not at all; to `working` decimals or more), by
one of the routes, and writes the answer to the decimals asked or more. Ends with status 1 if anybody is refused.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from examgen import registry
from examgen.graph import routes
from examgen.model import Instance, cells
from examgen.registry import graph_of
from examgen.solving import Contract, draw, solve
from tests.rounding.students import answers, refused

CLASS = 2_000  # students who get the same variant by the same route


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-n", type=int, default=100_000, help="students of each preset")
    parser.add_argument("--working", type=int, default=4)
    parser.add_argument("--decimals", type=int, default=2)
    return parser.parse_args()


def variants(name: str, label: str, students: int, contract: Contract) -> Iterator[Instance]:
    """As many variants as give every student one."""
    taught, turn = 0, 0
    while taught < students:
        instance = draw(name, registry.preset(name, label), "students", turn, contract=contract)
        taught, turn = taught + CLASS * len(routes(graph_of(name, instance.params))), turn + 1
        yield instance


def wrongly_refused(instance: Instance, contract: Contract, seed: int) -> tuple[int, int]:
    """Students of one variant, and answers (cells) of theirs that are refused."""
    solution = solve(instance, contract.decimals, working=contract.working)
    places = [answer.decimals for answer in solution.answers]
    accept = {answer.ask.key: list(cells(answer.accept)) for answer in solution.answers}
    found = 0
    for ask, written in answers(instance, CLASS, contract.working, places, seed):
        ends = accept[ask.key]
        found += sum(refused(cell, *end) for cell, end in zip(written, zip(ends[::2], ends[1::2], strict=True), strict=True))
    return CLASS * len(routes(graph_of(instance.problem, instance.params))), found


def main() -> int:
    asked = options()
    contract, total = Contract(asked.working, asked.decimals), 0
    for name, problem in registry.problems().items():
        for label in problem.presets:
            started, students, lost = time.perf_counter(), 0, 0
            for turn, instance in enumerate(variants(name, label, asked.n, contract)):
                taught, found = wrongly_refused(instance, contract, turn)
                students, lost = students + taught, lost + found
            total += lost
            print(f"{name:16} {label:18} {students:8,} students, {lost} answers refused, {time.perf_counter() - started:.1f} s")
    print(f"refused: {total}")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
