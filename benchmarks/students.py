"""Simulated students against the accepted intervals: how many honest answers are refused, how many mistaken ones accepted.

    python benchmarks/students.py [-n STUDENTS] [-v VARIANTS] [-j JOBS] [--working 4] [--decimals 2]

Of every preset so many honest students, and so many again of each mistake, on variants drawn anew. Each student rounds after
each node as it likes (half-up, half-even, cut off, or not at all; to `working` decimals or more), the honest ones by one of the
routes, and writes the answer to the decimals asked or more. Ends with status 1 if an honest answer is refused, or if somebody
who makes a mistake that is no exception of the preset is accepted in all boxes at once.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from examgen import registry
from examgen.graph import routes
from examgen.registry import graph_of
from examgen.solving import Contract, draw, unproved
from examgen.students import marked


@dataclass
class Tally:
    """What became of the students of one preset; `made` and `accepted` count those who make each mistake."""

    variants: int = 0
    honest: int = 0
    refused: int = 0
    made: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-n", type=int, default=100_000, help="honest students of each preset, and students of each mistake")
    parser.add_argument("-v", type=int, default=200, help="variants of each preset that they share")
    parser.add_argument("-j", type=int, default=2, help="processes")
    parser.add_argument("--working", type=int, default=4)
    parser.add_argument("--decimals", type=int, default=2)
    return parser.parse_args()


def presets() -> Iterator[tuple[str, str]]:
    for name, problem in registry.problems().items():
        yield from ((name, label) for label in problem.presets)


def tally(students: int, variants: int, contract: Contract, which: tuple[str, str]) -> Tally:
    """Students of one preset, as many by each route and of each mistake in every variant."""
    result, started, (name, label) = Tally(variants), time.perf_counter(), which
    each = -(-students // variants)
    for turn in range(variants):
        instance = draw(name, registry.preset(name, label), "students", turn, contract=contract)
        by_route = -(-each // len(routes(graph_of(name, instance.params))))
        found = marked(instance, unproved(instance, contract), contract.working, by_route, each, turn)
        result.honest, result.refused = result.honest + found.honest, result.refused + found.refused
        spared = registry.problem(name).exceptions(instance.params)
        for key, count in found.accepted.items():
            if key not in spared:
                result.made[key] += found.mistaken
                result.accepted[key] += count
    result.seconds = time.perf_counter() - started
    return result


def main() -> int:
    """Prints a line per preset. Returns 1 where a marker was wrong."""
    asked = options()
    work = partial(tally, asked.n, asked.v, Contract(asked.working, asked.decimals))
    honest = mistaken = refused = accepted = 0
    with ProcessPoolExecutor(asked.j) as pool:
        for (name, label), found in zip(presets(), pool.map(work, presets()), strict=True):
            print(
                f"{name:16}{label:18}{found.honest:9,} honest, {found.refused} answers refused; {len(found.made):2} mistakes, "
                f"{found.made.total():9,} mistaken, {found.accepted.total()} accepted {dict(+found.accepted) or ''}"
                f" {found.seconds:6.1f} s", flush=True,
            )
            honest, refused = honest + found.honest, refused + found.refused
            mistaken, accepted = mistaken + found.made.total(), accepted + found.accepted.total()
    print(f"{honest:,} honest students, {refused} answers refused; {mistaken:,} mistaken ones, {accepted} accepted")
    return 1 if refused or accepted else 0


if __name__ == "__main__":
    sys.exit(main())
