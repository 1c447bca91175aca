"""Is whatever people may hand in read or refused in one sentence, soon and in little memory?

    python benchmarks/fuzz.py [-n EXAMPLES] [-s SEED] [--only KIND] [--extremes] [--built EXAMS]

Tries random inputs of every kind that the tests try too: definitions, formulas, answers, tables, keys. `--extremes` gives
the command the monsters of the tests, each in a process of its own, and prints its seconds and memory. `--built` builds and
proves so many random exams. Ends with 1 at the first traceback, hang or page instead of a sentence, which it prints.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the inputs are those of the test suite

from tests.fuzzing.built import EXAMS, proved
from tests.fuzzing.extremes import EXTREMES, tried
from tests.fuzzing.inputs import INPUTS, Endless, read

MEMORY = 6 * 2**30  # bytes that this process may take


def fuzzed(values: SearchStrategy[Any], count: int, first: int, each: Callable[[Any], str]) -> tuple[Counter[str], float]:
    """What became of so many values, and the seconds that the slowest took."""
    found, slowest = Counter[str](), 0.0

    @seed(first)
    @settings(
        max_examples=count, database=None, deadline=None, derandomize=False, phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(values)
    def fuzz(value: Any) -> None:
        nonlocal slowest
        began = monotonic()
        found[each(value)] += 1
        slowest = max(slowest, monotonic() - began)

    fuzz()
    return found, slowest


def inputs(names: Sequence[str], count: int, first: int) -> int:
    """Prints a line for each kind of input; gives how many kinds failed."""
    failed = 0
    print(f"{'input':<20}{'examples':>9}{'read':>9}{'refused':>9}{'slowest':>10}{'seconds':>9}")
    for name in names:
        kind, began = INPUTS[name], monotonic()
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            try:
                found, slowest = fuzzed(
                    kind.values, count * kind.weight, first,
                    lambda value: "read" if read(kind.reader, value, folder) is None else "refused",  # noqa: B023  # called within the turn
                )
            except (Exception, Endless):
                traceback.print_exc()
                print(f"{name:<20} FAILED", flush=True)
                failed += 1
                continue
        seconds = monotonic() - began
        row = f"{name:<20}{found.total():>9}{found['read']:>9}{found['refused']:>9}{slowest:>8.2f} s{seconds:>9.0f}"
        print(row, flush=True)
    return failed


def extremes() -> int:
    """Prints a line for each monster; gives how many were too much."""
    failed = 0
    with tempfile.TemporaryDirectory() as place:
        for name in EXTREMES:
            found = tried(name, Path(place))
            failed += bool(found.wrong)
            said = found.wrong or found.said
            print(f"{name:<34}{found.status:>3}{found.seconds:>7.1f} s{found.megabytes:>6.0f} MB  {said[:120]}", flush=True)
    return failed


def built(count: int, first: int) -> int:
    """Prints what became of so many exams; gives 1 where one was built that is not proved."""
    began = monotonic()
    with tempfile.TemporaryDirectory() as place:
        try:
            found, slowest = fuzzed(EXAMS, count, first, lambda text: proved(text, Path(place)))
        except (Exception, Endless):
            traceback.print_exc()
            return 1
    told = ", ".join(f"{number} {what}" for what, number in found.most_common())
    print(f"{found.total()} exams: {told}; slowest {slowest:.1f} s, {monotonic() - began:.0f} seconds")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 1 where something is not as it should be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-n", type=int, default=500, help="examples of the slowest kind; of others several times as many")
    parser.add_argument("-s", type=int, default=0, help="seed")
    parser.add_argument("--only", choices=INPUTS, action="append", help="kinds of input, instead of all")
    parser.add_argument("--extremes", action="store_true", help="monsters instead of random inputs")
    parser.add_argument("--built", type=int, help="random exams instead of random inputs")
    chosen = parser.parse_args(arguments)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if chosen.extremes:
        return 1 if extremes() else 0
    if chosen.built:
        return built(chosen.built, chosen.s)
    return 1 if inputs(chosen.only or list(INPUTS), chosen.n, chosen.s) else 0


if __name__ == "__main__":
    sys.exit(main())
