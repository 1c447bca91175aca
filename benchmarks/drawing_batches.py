"""How long a draw takes, candidates looked at together against one by one, in the same run: every preset.

    python benchmarks/drawing_batches.py               5,000 draws of each preset together, 20 one by one
    python benchmarks/drawing_batches.py -n 10000 -p backprop -p svm_loss

First draws that have no kink and no flaw, then those that keep the rounding contract and tell all mistakes apart, retries
counted. Times are of the process, so that neighbours on the machine count less. Exit status 1 where the two differ in a number.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable, Sequence
from itertools import count
from time import process_time
from typing import Any

from examgen import registry
from examgen.drawing import Stream, key
from examgen.errors import DrawError
from examgen.model import Instance
from examgen.problem import Preset
from examgen.sifting import draw_all
from examgen.solving import STANDARD, Contract, draw, faults

HEADS = ("problem", "preset", "kink-free: ms", "one by one", "times", "contract: ms", "one by one", "times")
WIDTHS = (16, 16, 14, 11, 7, 14, 11, 7)


def kink_free(name: str, preset: Preset, *parts: str | int) -> Instance:
    """The first candidate of a key without kink and flaw, by the reference."""
    problem = registry.problem(name)
    stream = Stream(key("draw", *parts, name, preset.version))
    for attempt in count():
        try:
            instance = problem.draw(preset.params, stream.fork(attempt))
        except DrawError:
            continue
        if next(faults(problem, instance), None) is None:
            return instance
    raise AssertionError


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = process_time()
    return work(), process_time() - start


def compared(name: str, label: str, draws: int, alone: int, contract: Contract | None) -> tuple[float, float, bool]:
    """Milliseconds a draw together and one by one, and whether both gave the same numbers."""
    preset = registry.preset(name, label)
    keys = [("batches", number) for number in range(draws)]
    list(draw_all(name, preset, [("warm", number) for number in range(16)], contract))  # what a structure takes once
    found, together = timed(lambda: list(draw_all(name, preset, keys, contract)))
    one = kink_free if contract is None else draw
    reference, single = timed(lambda: [one(name, preset, *key) for key in keys[:alone]])
    return 1000 * together / draws, 1000 * single / len(reference), found[: len(reference)] == reference


def row(name: str, label: str, draws: int, alone: int) -> tuple[Sequence[str], bool]:
    cells, same = [name, label], True
    for contract in (None, STANDARD):
        together, single, equal = compared(name, label, draws, alone, contract)
        cells += [f"{together:.3f}", f"{single:.2f}", f"{single / together:.0f}"]
        same = same and equal
    return cells, same


def line(cells: Sequence[str]) -> str:
    left = [f"{cell:<{width}}" for cell, width in zip(cells[:2], WIDTHS[:2], strict=True)]
    return "".join(left + [f"{cell:>{width}}" for cell, width in zip(cells[2:], WIDTHS[2:], strict=True)])


def main(arguments: list[str] | None = None) -> int:
    """Prints a line per preset. Returns 1 where a number differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-n", type=int, default=5000, help="draws of each preset together")
    parser.add_argument("-r", type=int, default=20, help="of which one by one")
    parser.add_argument("-p", action="append", choices=list(registry.problems()), help="this problem only")
    chosen = parser.parse_args(arguments)
    print(f"Python {platform.python_version()} on {platform.machine()}, one process")
    print(line(HEADS))
    different = 0
    for name in chosen.p or registry.problems():
        for label in registry.problem(name).presets:
            cells, same = row(name, label, chosen.n, chosen.r)
            different += not same
            print(line(cells) + ("" if same else "  other numbers"), flush=True)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
