"""Draws every preset of every problem many times: no kink, no tie, no trivial variant, no failure.

    python benchmarks/draws.py               20,000 draws of each preset
    python benchmarks/draws.py -n 2000 -p backprop -p svm_loss

Kinks are looked for anew by plain loops, which share nothing with the op table that the drawing loop asks. Exit status 1
where anything is found.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from examgen import registry
from examgen.engines import _numpy
from examgen.graph import Graph, split
from examgen.model import Instance, cells, nest, pick
from examgen.problem import Preset, Problem
from examgen.sifting import Ahead
from examgen.solving import ATTEMPTS, STANDARD, exact_values
from examgen.testing import Drawn, draw_counted, kinks_by_loops

COLUMNS = ("problem", "preset", "draws", "failures", "kinks", "trivial", "candidates/draw", "ms/draw", "distinct")
TOGETHER = 500  # draws whose candidates are looked at together
WIDTHS = (16, 16, 8, 9, 6, 8, 16, 8, 9)


@dataclass
class Tally:
    """What many draws of one preset came to; `first` is the first thing found wrong."""

    draws: int = 0
    failures: int = 0
    kinks: int = 0
    trivial: int = 0
    candidates: int = 0
    seconds: float = 0.0
    distinct: int = 0
    first: str = ""

    @property
    def sound(self) -> bool:
        return not (self.failures or self.kinks or self.trivial)

    def row(self) -> tuple[object, ...]:
        each = max(1, self.draws)
        return (
            self.draws, self.failures, self.kinks, self.trivial,
            f"{self.candidates / each:.2f}", f"{1000 * self.seconds / each:.2f}", self.distinct,
        )


def tally(problem: Problem, label: str, draws: int) -> Tally:
    """Draws one preset so many times and looks at every instance."""
    result, seen, start = Tally(draws), set(), perf_counter()
    for number, found in enumerate(drawn(problem, problem.presets[label], draws)):
        result.seconds += perf_counter() - start
        result.candidates += found.candidates
        if found.instance is None:
            result.failures += 1
            result.first = result.first or f"draw {number}: {found.failure}"
        else:
            seen.add(hash((found.instance.params, *found.instance.data.values())))
            look(problem, found.instance, number, result)
        start = perf_counter()
    result.distinct = len(seen)
    return result


def drawn(problem: Problem, preset: Preset, draws: int) -> Iterator[Drawn]:
    """Every draw in order, many looked at together; where one raises what a draw should not, each of them by itself."""
    for start in range(0, draws, TOGETHER):
        numbers = range(start, min(draws, start + TOGETHER))
        try:
            ahead = Ahead(problem.name, preset, STANDARD)
            keys = [ahead.key("benchmark", number) for number in numbers]
            ahead.look(keys, ATTEMPTS)
        except Exception:
            yield from (draw_counted(problem, preset, "benchmark", number) for number in numbers)
            continue
        for key in keys:
            place = next((place for place, looked in enumerate(key.found) if looked.fits), None)
            if place is None:
                yield Drawn(None, len(key.found), f"none of {len(key.found)} candidates")
            else:
                yield Drawn(key.found[place].instance, place + 1)


def look(problem: Problem, instance: Instance, number: int, result: Tally) -> None:
    """Counts an instance that sits on a kink or asks for nothing but zeros."""
    graph = registry.graph_of(instance.problem, instance.params)
    values = exact_values(graph, instance.data)
    if kink := next(kinks_by_loops(graph, values), None):
        result.kinks += 1
        result.first = result.first or f"draw {number}: {kink}"
    if not any(asked(problem, graph, instance, values)):
        result.trivial += 1
        result.first = result.first or f"draw {number}: every answer is 0"


def asked(problem: Problem, graph: Graph, instance: Instance, values: dict[str, list[Any]]) -> Iterator[Any]:
    """The cells of every asked value, then of every asked gradient."""
    boxes = problem.asks(instance.params)
    for box in boxes:
        if not box.gradient:
            yield from cells(pick(nest(values[box.node], graph[box.node].shape), box.index))
    data, upstream = split(graph, instance.data)
    gradients = _numpy.evaluate(graph, data, upstream).gradients
    for box in boxes:
        if box.gradient:
            yield from gradients[box.node].ravel().tolist()


def line(cells_: tuple[object, ...]) -> str:
    left = [f"{cell!s:<{width}}" for cell, width in zip(cells_[:2], WIDTHS[:2], strict=True)]
    right = [f"{cell!s:>{width}}" for cell, width in zip(cells_[2:], WIDTHS[2:], strict=True)]
    return "".join(left + right)


def main(arguments: list[str] | None = None) -> int:
    """Prints a line per preset. Returns 1 where any draw was unsound."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-n", type=int, default=20_000, help="draws of each preset")
    parser.add_argument("-p", action="append", choices=list(registry.problems()), help="this problem only")
    chosen = parser.parse_args(arguments)
    print(f"Python {platform.python_version()} on {platform.machine()}, one process")
    print(line(COLUMNS))
    unsound = 0
    for name in chosen.p or registry.problems():
        problem = registry.problem(name)
        for label in problem.presets:
            result = tally(problem, label, chosen.n)
            print(line((name, label, *result.row())), flush=True)
            if not result.sound:
                unsound += 1
                print(f"  {result.first}")
    return 1 if unsound else 0


if __name__ == "__main__":
    sys.exit(main())
