"""Many variants of one structure at once: how much faster they are solved and proved than one by one.

    python benchmarks/batches.py                         300 variants of each problem, in turn of all its presets
    python benchmarks/batches.py -n 10000 -p svm_loss
    python benchmarks/batches.py --device cuda -n 1000000    NumPy on the CPU against PyTorch on a GPU, in float64

Per problem, how many times faster than one by one and variants per second of one processor's time: NumPy and PyTorch alone
in float64; proved with SymPy too; with what honest roundings reach and all mistakes; and as a build solves, with closed
forms. Drawing is not counted. On a GPU variants are as many as asked: numbers of drawn ones crossed, on a grid that float64
holds exactly, so that both engines meet the same kinks. Ends with 1 where anything differs.
"""

from __future__ import annotations

import argparse
import gc
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from math import lcm
from time import perf_counter, process_time
from typing import Any

import numpy as np

from examgen.batches import Stack, by_structure, floats, stacked
from examgen.engines._engine import Evaluation
from examgen.erring import mistaken_all
from examgen.graph import Graph, split
from examgen.mistaken import mistaken
from examgen.model import Instance
from examgen.proving import agreed, prove_all
from examgen.registry import graph_of, problems
from examgen.solving import draw, solve, solve_all
from examgen.verifying import engine, prove

SEED = "batches"
CHUNK = 500  # instances at a time
SINGLE = 40  # how many are worked out one by one, to compare with
CROSSED = 64  # drawn instances whose numbers are crossed
PART = 8192  # crossed instances at a time, unless --part says otherwise


@dataclass(frozen=True)
class Way:
    """One amount of work: on many instances at once, and on one."""

    name: str
    together: Callable[[Sequence[Instance]], Any]
    alone: Callable[[Instance], Any]


def grouped(instances: Sequence[Instance]) -> Iterator[tuple[Graph, list[Any]]]:
    """The graph and the data of all instances of each structure."""
    for (name, params), places in by_structure(instances).items():
        yield graph_of(name, params), [instances[place].data for place in places]


def in_floats(instances: Sequence[Instance]) -> None:
    for graph, datas in grouped(instances):
        if not agreed(graph, floats(stacked(graph, datas))).all():
            raise AssertionError("NumPy and PyTorch differ")


def floats_alone(instance: Instance) -> None:
    graph = graph_of(instance.problem, instance.params)
    found = [engine(name).evaluate(graph, *split(graph, instance.data)) for name in ("numpy", "torch")]
    for ours, theirs in ((found[0].values, found[1].values), (found[0].gradients, found[1].gradients)):
        if not all(np.allclose(array, theirs[name], rtol=1e-12, atol=1e-9) for name, array in ours.items()):
            raise AssertionError("NumPy and PyTorch differ")


def proved(instances: Sequence[Instance]) -> None:
    for graph, datas in grouped(instances):
        prove_all(graph, datas)


WAYS = (
    Way("float64", in_floats, floats_alone),
    Way("proved", proved, lambda one: prove(graph_of(one.problem, one.params), one.data)),
    Way(
        "contract, mistakes",
        lambda many: mistaken_all(solve_all(many, forms=False)), lambda one: mistaken(solve(one, forms=False)),
    ),
    Way("all of it", lambda many: mistaken_all(solve_all(many)), lambda one: mistaken(solve(one))),
)


def seconds(work: Callable[[], Any]) -> float:
    """Of the processor's time, without the collection of garbage, which a build puts off as well."""
    gc.collect()
    gc.disable()
    start = process_time()
    work()
    taken = process_time() - start
    gc.enable()
    return taken


def fixed(name: str) -> list[Any]:
    """The presets whose structure is the same in every draw."""
    presets = problems()[name].presets.values()
    return [one for one in presets if len({repr(draw(name, one, SEED, number).params) for number in range(3)}) == 1]


def row(name: str, count: int) -> list[str]:
    """Times faster and variants per second, in every way."""
    presets = fixed(name)
    instances = [draw(name, preset, SEED, number) for number, preset in enumerate(islice(cycle(presets), count))]
    chunks = [instances[start : start + CHUNK] for start in range(0, count, CHUNK)]
    first = [draw(name, preset, SEED, "first", number) for preset in presets for number in range(2)]
    found = []
    for way in WAYS:
        way.together(first)  # what is derived once per structure
        together = sum(seconds(lambda chunk=chunk, way=way: way.together(chunk)) for chunk in chunks) / count  # type: ignore[misc]  # a loop's variable is kept
        some = instances[:SINGLE]
        alone = seconds(lambda way=way, some=some: [way.alone(one) for one in some]) / len(some)  # type: ignore[misc]  # a loop's variable is kept
        found.append(f"{alone / together:.1f} x {1 / together:,.0f}/s")
    return found


def crossed(stack: Stack, count: int, random: np.random.Generator) -> Stack:
    """So many instances, each cell from any of those in the stack; numbers that are not whole on a grid of 2 to some power."""

    def chosen(array: Any) -> Any:
        flat = array.reshape(stack.count, -1)
        rows = random.integers(stack.count, size=(count, flat.shape[1]))
        return np.take_along_axis(flat, rows, axis=0).reshape(count, *array.shape[1:])

    data = {name: chosen(on_grid(array)) for name, array in stack.data.items()}
    return Stack(count, data, chosen(on_grid(stack.upstream)))


def on_grid(array: Any) -> Any:
    """Numbers in float64 whose sums and products are exact: tenths become sixteenths."""
    if array.dtype == np.int64:
        return array
    scale = lcm(*(cell.denominator for cell in array.flat))
    return (array * scale).astype(np.float64) / 2.0 ** (scale - 1).bit_length()


def crossing(name: str, count: int, device: str, at_once: int = PART) -> tuple[str, int]:
    """NumPy against PyTorch on the device: variants per second of each, and how many differ."""
    random = np.random.default_rng(len(name))
    taken, wrong, worst, done = {"numpy": 0.0, "torch": 0.0}, 0, 0.0, 0
    presets = problems()[name].presets.values()
    drawn = [draw(name, preset, SEED, number) for preset in presets for number in range(CROSSED)]
    stacks = [(graph, stacked(graph, datas)) for graph, datas in grouped(drawn)]
    engine("torch").evaluate(stacks[0][0], *_given(crossed(stacks[0][1], 2, random)), device=device, count=2)
    for graph, stack in cycle(stacks):
        if done == count:
            break
        # a structure that was drawn once has few numbers of its own, and gets few of the variants
        size = min(max(1, at_once * stack.count // CROSSED), max(1, count * stack.count // len(drawn)), count - done)
        part = crossed(stack, size, random)
        found = []
        for one, where in (("numpy", {}), ("torch", {"device": device})):
            start = perf_counter()
            found.append(engine(one).evaluate(graph, *_given(part), count=size, **where))
            taken[one] += perf_counter() - start
        differences = difference(found[0], found[1], size)
        wrong, worst, done = wrong + int((~(differences <= 1e-12)).sum()), max(worst, float(differences.max())), done + size
    speeds = "".join(f"{done / taken[one]:>14,.0f}/s" for one in taken)
    return f"{done:>10,}{taken['numpy'] / taken['torch']:>8.1f} x{speeds}{wrong:>8}  {worst:.1e}", wrong


def device_name(device: str) -> str:
    import torch

    return torch.cuda.get_device_name(device) if device.startswith("cuda") else device


def _given(stack: Stack) -> tuple[Any, Any]:
    return stack.data, stack.upstream


def difference(ours: Evaluation, theirs: Evaluation, count: int) -> Any:
    """The largest difference of every instance, in parts of its largest number, or of 1."""
    worst, largest = np.zeros(count), np.ones(count)
    for mine, other in ((ours.values, theirs.values), (ours.gradients, theirs.gradients)):
        for name, array in mine.items():
            flat = np.asarray(array, dtype=np.float64).reshape(count, -1)
            worst = np.maximum(worst, np.abs(flat - np.asarray(other[name]).reshape(count, -1)).max(axis=1, initial=0.0))
            largest = np.maximum(largest, np.abs(flat).max(axis=1, initial=0.0))
    return worst / largest


def main(arguments: list[str] | None = None) -> int:
    """Prints a line per problem. Returns 1 where engines differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-n", type=int, default=300, help="variants of each problem")
    parser.add_argument("-p", action="append", choices=list(problems()), help="this problem only")
    parser.add_argument("--device", help="where PyTorch runs: NumPy against PyTorch alone, on crossed numbers")
    parser.add_argument("--part", type=int, default=PART, help="with --device: crossed variants at a time")
    given = parser.parse_args(arguments)
    chosen = given.p or list(problems())
    if given.device:
        machine = f"Python {platform.python_version()} on {platform.machine()}"
        print(f"{machine}, NumPy on the CPU, PyTorch on {device_name(given.device)}")
        print(f"{'problem':<16}{'variants':>10}{'faster':>10}{'NumPy':>16}{'PyTorch':>16}{'differ':>8}  worst")
        differing = 0
        for name in chosen:
            told, wrong = crossing(name, given.n, given.device, given.part)
            differing += wrong
            print(f"{name:<16}{told}", flush=True)
        return 1 if differing else 0
    print(f"Python {platform.python_version()} on {platform.machine()}, one process, {given.n} variants of each problem")
    print(f"{'problem':<16}" + "".join(f"{way.name:>22}" for way in WAYS))
    for name in chosen:
        print(f"{name:<16}" + "".join(f"{told:>22}" for told in row(name, given.n)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
